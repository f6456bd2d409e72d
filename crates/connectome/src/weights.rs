//! Names to tensors: one safetensors file, or a sharded checkpoint with its index.
//!
//! Files are mapped; a tensor is a view. Shapes and types are checked here, once, with the
//! file and the tensor's name in every error. What the tensors mean is not known here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use safetensors::SafeTensors;

use crate::error::LoadError;
use crate::files::Folder;
use crate::ops::dense::first_not_finite;
use crate::ops::matrix::{Dtype, Matrix, Stored};

/// The tensors of one or more safetensors files.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
    root: PathBuf,
}

/// One tensor of a file.
#[derive(Clone, Debug)]
struct Tensor {
    shape: Vec<usize>,
    content: Content,
    path: PathBuf,
}

#[derive(Clone, Debug)]
enum Content {
    Float(Stored),
    /// Integers and booleans: the type, so that the error can say what was found, and the
    /// value if there is one element.
    Other {
        dtype: String,
        single: Option<i64>,
    },
}

impl Weights {
    /// All tensors of one file.
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingFile`], [`LoadError::Read`], or [`LoadError::Safetensors`] if the
    /// header lies about the file (cut short, holes, overlaps, a size beyond the file's end).
    pub fn open(folder: &Folder, file: &str) -> Result<Self, LoadError> {
        let mut weights = Self { tensors: BTreeMap::new(), root: folder.path(file) };
        weights.add_file(folder, file)?;
        Ok(weights)
    }

    /// A checkpoint: `model.safetensors`, or every shard that `model.safetensors.index.json`
    /// names.
    ///
    /// # Errors
    ///
    /// As [`Weights::open`]; [`LoadError::MissingFile`] names a shard that is absent.
    pub fn open_checkpoint(folder: &Folder) -> Result<Self, LoadError> {
        const INDEX: &str = "model.safetensors.index.json";
        if !folder.has(INDEX) {
            return Self::open(folder, "model.safetensors");
        }
        let index = folder.json(INDEX)?;
        let bad = |found: String| LoadError::BadValue {
            key: "weight_map".to_owned(),
            found,
            expected: "an object of tensor names to file names",
            path: folder.path(INDEX),
        };
        let map =
            index["weight_map"].as_object().ok_or_else(|| bad(index["weight_map"].to_string()))?;
        let mut shards = std::collections::BTreeSet::new();
        for file in map.values() {
            let name = file.as_str().ok_or_else(|| bad(file.to_string()))?;
            if name.contains(['/', '\\']) || name.starts_with('.') {
                return Err(bad(name.to_owned()));
            }
            shards.insert(name);
        }
        let mut weights = Self { tensors: BTreeMap::new(), root: folder.path(INDEX) };
        for shard in shards {
            weights.add_file(folder, shard)?;
        }
        Ok(weights)
    }

    fn add_file(&mut self, folder: &Folder, file: &str) -> Result<(), LoadError> {
        let bytes = folder.open(file)?;
        let path = folder.path(file);
        let parsed = SafeTensors::deserialize(&bytes).map_err(|source| LoadError::Safetensors {
            path: path.clone(),
            reason: source.to_string(),
        })?;
        for (name, view) in parsed.tensors() {
            let dtype = match view.dtype() {
                safetensors::Dtype::F32 => Some(Dtype::F32),
                safetensors::Dtype::BF16 => Some(Dtype::Bf16),
                safetensors::Dtype::F16 => Some(Dtype::F16),
                _ => None,
            };
            let content = match dtype {
                Some(dtype) => {
                    // `view.data()` borrows from `bytes`, so its offset is their distance.
                    let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
                    let len = view.shape().iter().product();
                    Content::Float(Stored::new(bytes.clone(), start, len, dtype))
                }
                None => Content::Other {
                    dtype: format!("{:?}", view.dtype()),
                    single: single_integer(view.dtype(), view.data()),
                },
            };
            let shape = view.shape().to_vec();
            self.tensors.insert(name, Tensor { shape, content, path: path.clone() });
        }
        Ok(())
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Whether there is such a tensor.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Shape of a tensor, if there is one.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    /// The file a tensor lies in, or the checkpoint's.
    #[must_use]
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.tensors.get(name).map_or_else(|| self.root.clone(), |tensor| tensor.path.clone())
    }

    /// The numbers of a tensor of this shape.
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingTensor`], [`LoadError::Shape`], [`LoadError::Dtype`].
    pub fn stored(&self, name: &str, shape: &[usize]) -> Result<Stored, LoadError> {
        let missing =
            || LoadError::MissingTensor { tensor: name.to_owned(), path: self.root.clone() };
        let tensor = self.tensors.get(name).ok_or_else(missing)?;
        if tensor.shape != shape {
            return Err(LoadError::Shape {
                tensor: name.to_owned(),
                found: tensor.shape.clone(),
                expected: shape.to_vec(),
                path: tensor.path.clone(),
            });
        }
        match &tensor.content {
            Content::Float(stored) => Ok(stored.clone()),
            Content::Other { dtype, .. } => Err(LoadError::Dtype {
                tensor: name.to_owned(),
                found: dtype.clone(),
                path: tensor.path.clone(),
            }),
        }
    }

    /// A matrix `[n_rows, n_cols]`, as a view.
    ///
    /// # Errors
    ///
    /// As [`Weights::stored`].
    pub fn matrix(&self, name: &str, n_rows: usize, n_cols: usize) -> Result<Matrix, LoadError> {
        Ok(Matrix::new(self.stored(name, &[n_rows, n_cols])?, n_rows, n_cols))
    }

    /// A vector of `len` finite numbers, widened to f32.
    ///
    /// # Errors
    ///
    /// As [`Weights::stored`], and [`LoadError::NotFinite`].
    pub fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, LoadError> {
        let values = self.stored(name, &[len])?.to_vec();
        self.check_finite(name, &values)?;
        Ok(values)
    }

    /// The value of an integer tensor of one element, if `name` is such a tensor.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.tensors.get(name)?.content {
            Content::Other { single, .. } => single,
            Content::Float(_) => None,
        }
    }

    fn check_finite(&self, name: &str, values: &[f32]) -> Result<(), LoadError> {
        match first_not_finite(values) {
            None => Ok(()),
            Some((at, value)) => Err(LoadError::NotFinite {
                tensor: name.to_owned(),
                value,
                at,
                path: self.path_of(name),
            }),
        }
    }

    /// Reads every float tensor and reports the first NaN or infinity. Slow (all bytes); called
    /// when a forward pass is not finite, to say why.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotFinite`] with the tensor's name and the element.
    pub fn check_all_finite(&self) -> Result<(), LoadError> {
        for (name, tensor) in &self.tensors {
            if let Content::Float(stored) = &tensor.content {
                self.check_finite(name, &stored.to_vec())?;
            }
        }
        Ok(())
    }

    /// A digest of what the checkpoint is: blake3 over `config` and every tensor's name, type,
    /// shape and first and last 1,024 numbers. It tells two models apart in milliseconds; it is not a
    /// proof that every byte is equal.
    #[must_use]
    pub fn fingerprint(&self, config: &[u8]) -> String {
        const END: usize = 1024;
        let mut hasher = blake3::Hasher::new();
        hasher.update(config);
        for (name, tensor) in &self.tensors {
            hasher.update(format!("{name} {:?}", tensor.shape).as_bytes());
            match &tensor.content {
                Content::Other { dtype, .. } => {
                    hasher.update(dtype.as_bytes());
                }
                Content::Float(stored) => {
                    hasher.update(format!("{:?}", stored.dtype()).as_bytes());
                    let n = END.min(stored.len());
                    let mut ends = vec![0.0; 2 * n];
                    let (first, last) = ends.split_at_mut(n);
                    stored.widen(0, first);
                    stored.widen(stored.len() - n, last);
                    hasher.update(bytemuck::cast_slice(&ends));
                }
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The value of a 32- or 64-bit integer tensor of one element.
fn single_integer(dtype: safetensors::Dtype, data: &[u8]) -> Option<i64> {
    match dtype {
        safetensors::Dtype::I64 => data.try_into().ok().map(i64::from_le_bytes),
        safetensors::Dtype::I32 => data.try_into().ok().map(|x| i32::from_le_bytes(x).into()),
        _ => None,
    }
}
