//! Training: gradients against definitions, runs against themselves.

// What models leave at the sites, a sequence or many at a time.
mod activations;
// Gates that choose, as the thresholds that files hold.
mod calibrated;
// Gradients against finite differences of the loss as it is written down.
mod gradients;
// Small nets and batches for the tests here.
mod nets;
// Tokens far from the others, and who never sees them.
mod outliers;
// The loss in f64, as a page of loops.
mod plain;
// Lists and products, one thread and many: the same step.
mod same;
// One step against PyTorch's.
mod torch;
// Whole runs on the shipped model: stopped, resumed, exported.
mod runs;
