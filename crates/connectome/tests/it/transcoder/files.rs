//! Golden files as values that a test can change and put into a folder in memory.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use connectome::files::Folder;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

/// A folder of the repository's goldens.
pub(super) fn goldens(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens").join(name)
}

/// All files below a folder, by path relative to it.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The files of a folder, at any depth.
pub(super) fn read_all(folder: &Path) -> Files {
    let mut files = Files::new();
    collect(folder, "", &mut files);
    assert!(!files.is_empty(), "no files in `{}`", folder.display());
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// The dictionary of a golden case.
pub(super) fn dictionary(case: &str) -> Files {
    read_all(&goldens(case).join("transcoders"))
}

/// Files as a folder that messages call `memory`.
pub(super) fn folder(files: &Files) -> Folder {
    Folder::memory("memory", files.clone())
}

/// Replaces the text `from`, which must be there, in the config.
pub(super) fn edit_config(files: &mut Files, from: &str, to: &str) {
    let text = String::from_utf8(files["config.yaml"].clone()).unwrap();
    assert!(text.contains(from), "`{from}` is not in the config");
    files.insert("config.yaml".to_owned(), text.replace(from, to).into_bytes());
}

/// One tensor.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

impl Tensor {
    pub(super) fn f32(shape: &[usize], values: &[f32]) -> Self {
        assert_eq!(shape.iter().product::<usize>(), values.len());
        let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self { dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    pub(super) fn i64(shape: &[usize], values: &[i64]) -> Self {
        let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self { dtype: Dtype::I64, shape: shape.to_vec(), bytes }
    }

    /// The numbers, widened.
    pub(super) fn values(&self) -> Vec<f32> {
        let halves = || self.bytes.as_chunks::<2>().0.iter();
        match self.dtype {
            Dtype::F32 => {
                self.bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect()
            }
            Dtype::BF16 => halves().map(|x| half::bf16::from_le_bytes(*x).to_f32()).collect(),
            Dtype::F16 => halves().map(|x| half::f16::from_le_bytes(*x).to_f32()).collect(),
            dtype => panic!("{dtype:?} is no float of ours"),
        }
    }

    pub(super) fn integers(&self) -> Vec<i64> {
        assert_eq!(self.dtype, Dtype::I64);
        self.bytes.as_chunks::<8>().0.iter().map(|x| i64::from_le_bytes(*x)).collect()
    }

    /// The transpose of a matrix.
    pub(super) fn transposed(&self) -> Self {
        let [rows, cols] = self.shape[..] else { panic!("not a matrix") };
        let values = self.values();
        let flipped: Vec<f32> =
            (0..rows * cols).map(|i| values[(i % rows) * cols + i / rows]).collect();
        Self::f32(&[cols, rows], &flipped)
    }
}

/// The tensors of a safetensors file.
pub(super) type Tensors = BTreeMap<String, Tensor>;

pub(super) fn tensors(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let owned = |(name, view): (String, TensorView<'_>)| {
        let (dtype, shape) = (view.dtype(), view.shape().to_vec());
        (name, Tensor { dtype, shape, bytes: view.data().to_vec() })
    };
    file.tensors().into_iter().map(owned).collect()
}

pub(super) fn safetensors(tensors: &Tensors) -> Vec<u8> {
    let views = tensors.iter().map(|(name, tensor)| {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).unwrap();
        (name, view)
    });
    safetensors::serialize(views, None).unwrap()
}

/// Changes the tensors of one file.
pub(super) fn edit(files: &mut Files, file: &str, change: impl FnOnce(&mut Tensors)) {
    let mut found = tensors(&files[file]);
    change(&mut found);
    files.insert(file.to_owned(), safetensors(&found));
}

/// An `.npy` file of a header and its numbers.
pub(super) fn npy(descr: &str, fortran_order: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let text =
        format!("{{'descr': {descr}, 'fortran_order': {fortran_order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    bytes.extend(text.bytes());
    bytes.extend(numbers);
    bytes
}

/// A stored archive of `.npy` files.
pub(super) fn npz<'a>(arrays: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), stored).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
