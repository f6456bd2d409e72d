//! Which places of a forward pass a dictionary's sites are.

use crate::lm::Site;
use crate::transcoder::{ReadSite, WriteSite};

/// The layer whose dictionary reads at this place, if one does.
pub(crate) fn read_layer(reads: ReadSite, site: Site) -> Option<usize> {
    match (reads, site) {
        (ReadSite::ResidMid, Site::ResidMid(layer))
        | (ReadSite::Ln2Normalized, Site::Ln2Normalized(layer))
        | (ReadSite::MlpIn, Site::MlpIn(layer)) => Some(layer),
        _ => None,
    }
}

/// The layer whose MLP output the dictionary imitates at this place, if it is one.
pub(crate) fn write_layer(writes: WriteSite, site: Site) -> Option<usize> {
    match (writes, site) {
        (WriteSite::MlpOutRaw, Site::MlpOutRaw(layer))
        | (WriteSite::MlpOut, Site::MlpOut(layer)) => Some(layer),
        _ => None,
    }
}
