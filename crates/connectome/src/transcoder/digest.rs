//! A fast digest of a dictionary: enough to tell which one a graph was made with.

use super::formats::Source;
use crate::error::LoadError;

/// Bytes hashed at either end of a file's numbers.
const END: usize = 1024;

/// BLAKE3 over the config and, of every file: its name, length, header, first and last KiB.
pub(super) fn digest(config: &[u8], sources: &[Source]) -> Result<String, LoadError> {
    let mut hasher = blake3::Hasher::new();
    // Lengths first, so that no two lists of parts run together to the same bytes.
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(config);
    for source in sources {
        let bytes = source.bytes()?;
        part(source.entry().as_bytes());
        part(&(bytes.len() as u64).to_le_bytes());
        let (header, numbers) = bytes.split_at(header_len(&bytes));
        part(header);
        part(&numbers[..END.min(numbers.len())]);
        part(&numbers[numbers.len().saturating_sub(END)..]);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Length of a safetensors header with its prefix; zero for a numpy archive, whose directory is
/// in its last KiB.
fn header_len(bytes: &[u8]) -> usize {
    let Some((prefix, rest)) = bytes.split_first_chunk::<8>() else { return 0 };
    let claimed = usize::try_from(u64::from_le_bytes(*prefix)).unwrap_or(usize::MAX);
    if claimed <= rest.len() { 8 + claimed } else { 0 }
}
