//! Probes: `probes/000001.json` says what was found, `probes/000001.grids` holds the numbers, as
//! `connectome features grid --out` writes them.

use std::path::PathBuf;

use connectome::probe::Grids;

use super::Store;
use super::files::{make_folder, numbered, numbers, read_json, write_json};
use crate::error::ServeError;
use crate::wire::{Probe, ProbeRow};

impl Store {
    pub(super) fn probes_folder(&self) -> PathBuf {
        self.root.join("probes")
    }

    pub(super) fn grids_path(&self, number: u32) -> PathBuf {
        numbered(&self.probes_folder(), number).with_extension("grids")
    }

    /// Saves a probe under the next number.
    pub(crate) fn add_probe(&self, mut probe: Probe, grids: &Grids) -> Result<u32, ServeError> {
        let folder = self.probes_folder();
        let _writing = self.lock();
        make_folder(&folder)?;
        let taken = numbers(&folder).into_iter().chain(self.trashed_probes());
        probe.number = taken.max().map_or(1, |last| last + 1);
        grids.write(&self.grids_path(probe.number))?;
        // What is told comes last: it is what makes the two one probe.
        write_json(&numbered(&folder, probe.number), &probe)?;
        Ok(probe.number)
    }

    pub(crate) fn probe(&self, number: u32) -> Result<Probe, ServeError> {
        read_json(&self.existing_probe(number)?)
    }

    pub(crate) fn grids(&self, number: u32) -> Result<Grids, ServeError> {
        self.existing_probe(number)?;
        Ok(Grids::read(&self.grids_path(number))?)
    }

    /// Rows of all probes, the newest first.
    pub(crate) fn probes(&self) -> Vec<ProbeRow> {
        let all = numbers(&self.probes_folder()).into_iter().rev();
        let row = |probe: Probe| ProbeRow {
            number: probe.number,
            created: probe.created,
            template: probe.ask.template,
            model: probe.model,
            dictionary: probe.dictionary,
            dictionary_digest: probe.dictionary_digest,
            n_values: [probe.values[0].len(), probe.values[1].len()],
            n_features: probe.features.len(),
        };
        all.filter_map(|number| self.probe(number).ok().map(row)).collect()
    }

    pub(super) fn existing_probe(&self, number: u32) -> Result<PathBuf, ServeError> {
        let path = numbered(&self.probes_folder(), number);
        if path.is_file() {
            return Ok(path);
        }
        Err(ServeError::Missing { what: "probe", name: number.to_string() })
    }
}
