//! Running the binary in a folder of its own, and files to run it on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::Value;

/// The question that the shipped model answers, and whose graph is a golden.
pub(crate) const PROMPT: &str = "the capital of the state containing oak port is";

/// A folder that a command runs in.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The binary with nothing of this machine's: no cache, no network, no colours.
    pub(crate) fn command(&self) -> Command {
        self.prepared(env!("CARGO_BIN_EXE_connectome"))
    }

    /// Another program, in the same surroundings.
    pub(crate) fn prepared(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("HF_HUB_OFFLINE", "1")
            // The small fixture, unless a test names another: it answers in milliseconds.
            .env("CONNECTOME_MODEL", "two-hop")
            .stdin(Stdio::null());
        command
    }

    /// Puts stand-ins of CUDA's libraries here, which run the kernels on this CPU.
    #[cfg(target_os = "linux")]
    pub(crate) fn pretend_cuda(&self) {
        use crate::emulation::{emulation, fake_cuda};
        fake_cuda(self.dir.path(), &emulation());
    }

    /// The binary where the loader finds libraries in the folder itself.
    #[cfg(target_os = "linux")]
    pub(crate) fn with_cuda(&self) -> Command {
        let mut command = self.command();
        command.env("LD_LIBRARY_PATH", self.dir.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(self.command().args(args))
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        ran
    }

    /// Runs a command that must succeed, for its document.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let ran = self.ok(&[args, &["--json"]].concat());
        assert_eq!(ran.stderr, "", "{args:?}");
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    /// Runs a command that must be refused: one sentence and a hint on stderr, nothing on
    /// stdout, exit code 2, no file made.
    pub(crate) fn refused(&self, args: &[&str], sentence: &str, hint: &str) {
        let before = self.files();
        let ran = self.run(args);
        ran.refused(sentence, hint);
        assert_eq!(ran.stdout, "", "{args:?}");
        assert_eq!(self.files(), before, "{args:?} left something behind");
    }

    /// The checkpoints in a folder, oldest first.
    pub(crate) fn checkpoints(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(folder)) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("step-")).collect();
        names.sort();
        names
    }

    /// Starts a run, and ends it with a signal once it has written a checkpoint to `folder`.
    #[cfg(unix)]
    pub(crate) fn broken_off(&self, args: &[&str], folder: &str, signal: &str) -> Option<i32> {
        let mut command = self.command();
        command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        while self.checkpoints(folder).is_empty() {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before its first checkpoint");
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = child.id().to_string();
        assert!(self.prepared("kill").args([signal, &pid]).status().unwrap().success());
        child.wait().unwrap().code()
    }

    /// A graph file of the shipped model's question.
    pub(crate) fn oak(&self) {
        self.ok(&["trace", PROMPT, "--output", "oak.graph"]);
    }

    /// A copy of a golden's model and dictionary: `model/` and `transcoders/`.
    pub(crate) fn golden(&self, case: &str) {
        for folder in ["model", "transcoders"] {
            copy(&golden(case).join(folder), &self.path(folder));
        }
    }

    /// All files below, with their sizes.
    fn files(&self) -> BTreeMap<PathBuf, u64> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    files.insert(entry.path(), entry.metadata().unwrap().len());
                }
            }
        }
        files
    }
}

impl Ran {
    /// Checks that the command was refused as it should be.
    pub(crate) fn refused(&self, sentence: &str, hint: &str) {
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        let [error, help] = lines[..] else { panic!("not two lines: {}", self.stderr) };
        assert!(error.starts_with("error: ") && !error.ends_with('.'), "{error}");
        assert!(help.starts_with("hint: "), "{help}");
        assert!(error.contains(sentence), "`{error}` lacks `{sentence}`");
        assert!(help.contains(hint), "`{help}` lacks `{hint}`");
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A golden's folder.
pub(crate) fn golden(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens").join(case)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The tensors of a file, to be changed and written again.
pub(crate) struct Tensors(pub(crate) BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let parsed = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = parsed.tensors().into_iter().map(|(name, view)| {
            (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
        });
        Self(tensors.collect())
    }

    pub(crate) fn write(&self, path: &Path) {
        let views = self.0.iter().map(|(name, (dtype, shape, data))| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }

    pub(crate) fn set(&mut self, name: &str, at: usize, value: f32) {
        let (dtype, _, data) = self.0.get_mut(name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(*dtype, Dtype::F32);
        data[4 * at..4 * at + 4].copy_from_slice(&value.to_le_bytes());
    }
}

/// Changes a JSON file.
pub(crate) fn edit_json(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    edit(&mut json);
    std::fs::write(path, json.to_string()).unwrap();
}

/// A safetensors file whose header claims to be ten gigabytes long.
pub(crate) fn ten_gigabyte_header() -> Vec<u8> {
    let mut bytes = 10_000_000_000_u64.to_le_bytes().to_vec();
    bytes.extend_from_slice(b"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
    bytes
}
