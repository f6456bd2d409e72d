//! What must hold of interventions whatever the numbers are.
