//! Finding CUDA's libraries: by the loader's own names first, then by full path in the places
//! where toolkits, drivers and Python wheels put them.
//!
//! `cudarc` asks the loader by name when it first needs a library, and panics if there is none.
//! So each is looked for here before: one that the loader does not know is loaded by its path, and
//! the loader then gives the same one to whoever asks by name.

use std::path::{Path, PathBuf};

use cudarc::{cublas, driver, nvrtc};
use libloading::Library;

use crate::device::DeviceError;

/// Where toolkits and drivers are on a usual Linux machine, in the order of preference.
const ROOTS: [&str; 7] = [
    "/usr/local/cuda",
    "/opt/cuda",
    "/usr/local/nvidia",
    "/usr/lib/wsl",
    "/usr/local",
    "/usr",
    "/opt/conda",
];

/// Folders below a root that hold libraries; `*` is any one folder.
const BELOW: [&str; 8] = [
    "",
    "lib64",
    "lib",
    "lib/x86_64-linux-gnu",
    "lib/aarch64-linux-gnu",
    "targets/*/lib",
    "nvidia/*/lib",
    "lib/*/*/nvidia/*/lib",
];

/// Where to look for CUDA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Roots to look below before the usual ones: an unpacked toolkit, a Python environment, its
    /// `site-packages`.
    pub roots: Vec<PathBuf>,
}

impl Search {
    /// Folders that exist, each once, in the order in which they are looked into.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let usual = ROOTS.iter().map(PathBuf::from);
        let mut folders: Vec<PathBuf> = Vec::new();
        for root in self.roots.iter().cloned().chain(usual) {
            for pattern in BELOW {
                for folder in matching(&root, pattern) {
                    if !folders.contains(&folder) {
                        folders.push(folder);
                    }
                }
            }
        }
        folders
    }

    /// Makes the driver's library available.
    pub(super) fn driver(&self) -> Result<(), DeviceError> {
        // SAFETY: loading the driver's library has no effect but its own initialization.
        let is_present = || unsafe { driver::sys::is_culib_present() };
        self.provide("CUDA driver", &["cuda"], u32::MAX, is_present)
    }

    /// Makes the run-time compiler available, of at most this major version if several are there.
    pub(super) fn nvrtc(&self, major: u32) -> Result<(), DeviceError> {
        // SAFETY: as above.
        let is_present = || unsafe { nvrtc::sys::is_culib_present() };
        self.provide("NVRTC", &["nvrtc-builtins", "nvrtc"], major, is_present)
    }

    /// Makes cuBLAS available, of at most this major version if several are there.
    pub(super) fn cublas(&self, major: u32) -> Result<(), DeviceError> {
        // SAFETY: as above.
        let is_present = || unsafe { cublas::sys::is_culib_present() };
        self.provide("cuBLAS", &["cublasLt", "cublas"], major, is_present)
    }

    /// Loads the newest of the libraries `stems` (what the last one needs comes first), unless
    /// the loader finds the last one by itself.
    fn provide(
        &self,
        what: &'static str,
        stems: &[&str],
        major: u32,
        is_present: impl Fn() -> bool,
    ) -> Result<(), DeviceError> {
        if is_present() {
            return Ok(());
        }
        let folders = self.folders();
        let stem = stems[stems.len() - 1];
        let mut found: Vec<(Vec<u32>, PathBuf)> =
            folders.iter().flat_map(|folder| versions(folder, stem)).collect();
        found.retain(|(version, _)| version.first().is_none_or(|own| *own <= major));
        // The newest first; of equals, the one in the earlier folder.
        found.sort_by(|a, b| b.0.cmp(&a.0));
        for (version, path) in &found {
            let own = version.first().copied();
            let folder = path.parent().unwrap_or(Path::new("/"));
            for needed in &stems[..stems.len() - 1] {
                let fits = |(version, _): &(Vec<u32>, PathBuf)| version.first().copied() == own;
                versions(folder, needed).into_iter().filter(fits).for_each(|(_, path)| {
                    load(&path);
                });
            }
            if load(path) && is_present() {
                return Ok(());
            }
        }
        let file = format!("lib{stem}.so");
        let unusable = found.into_iter().map(|(_, path)| path).collect();
        Err(DeviceError::Library { what, file, folders, unusable })
    }
}

/// Loads a library for the whole process, for good.
fn load(path: &Path) -> bool {
    #[cfg(unix)]
    let loaded = {
        use libloading::os::unix::{Library as Unix, RTLD_GLOBAL, RTLD_NOW};
        // SAFETY: CUDA's libraries have no effect on loading but their own initialization.
        unsafe { Unix::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }.map(Library::from)
    };
    #[cfg(not(unix))]
    // SAFETY: as above.
    let loaded = unsafe { Library::new(path) };
    // Never unloaded: `cudarc` keeps pointers into it.
    loaded.map(std::mem::forget).is_ok()
}

/// Folders below `root` that a pattern names, sorted.
fn matching(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        folders = folders
            .into_iter()
            .flat_map(
                |folder| if part == "*" { children(&folder) } else { vec![folder.join(part)] },
            )
            .collect();
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Files of a folder that are `lib{stem}.so` or `lib{stem}.so.{version}`, with their version.
fn versions(folder: &Path, stem: &str) -> Vec<(Vec<u32>, PathBuf)> {
    let plain = format!("lib{stem}.so");
    let version = |path: &Path| -> Option<Vec<u32>> {
        let rest = path.file_name()?.to_str()?.strip_prefix(&plain)?;
        if rest.is_empty() {
            return Some(Vec::new());
        }
        rest.strip_prefix('.')?.split('.').map(|part| part.parse().ok()).collect()
    };
    let files = children(folder).into_iter();
    files.filter_map(|path| version(&path).map(|version| (version, path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        root
    }

    #[test]
    fn wheels_and_toolkits_are_found_below_a_root() {
        let root = tree(&[
            "lib/python3.11/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
            "targets/x86_64-linux/lib/libcublas.so.12",
            "share/libcublas.so.11",
        ]);
        let below: Vec<PathBuf> = Search { roots: vec![root.path().to_owned()] }
            .folders()
            .into_iter()
            .filter_map(|folder| folder.strip_prefix(root.path()).ok().map(Path::to_owned))
            .collect();
        let expected =
            ["", "lib", "targets/x86_64-linux/lib", "lib/python3.11/site-packages/nvidia/cu13/lib"];
        assert_eq!(below, expected.map(PathBuf::from));
    }

    #[test]
    fn only_the_library_itself_counts_and_its_version_is_read() {
        let root = tree(&[
            "libnvrtc.so.13",
            "libnvrtc.so.12.9.86",
            "libnvrtc.alt.so.13",
            "libnvrtc-builtins.so.13.0",
            "libnvrtc.so",
            "libnvrtc.so.old",
        ]);
        let mut found: Vec<Vec<u32>> =
            versions(root.path(), "nvrtc").into_iter().map(|(version, _)| version).collect();
        found.sort();
        assert_eq!(found, [vec![], vec![12, 9, 86], vec![13]]);
    }

    #[test]
    fn what_is_not_a_library_is_named_as_unusable() {
        let root = tree(&["libnothing.so.7", "libnothing.so.9"]);
        let search = Search { roots: vec![root.path().to_owned()] };
        let error = search.provide("nothing", &["nothing"], 8, || false).unwrap_err().to_string();
        assert!(error.starts_with("no nothing: `libnothing.so` is not known to the loader"));
        assert!(error.contains("libnothing.so.7` cannot be loaded"), "{error}");
        assert!(!error.contains("libnothing.so.9`"), "{error}");
    }
}
