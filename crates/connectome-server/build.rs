//! Puts the page (`web/dist`) into the program: each file as it is and compressed by brotli, with
//! an ETag. Without that folder the program has no page, and says so when it is asked for one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let dist = root.join("../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for (at, path) in files.iter().enumerate() {
        let bytes = fs::read(path)?;
        let packed = out.join(format!("{at}.br"));
        fs::write(&packed, brotli(&bytes)?)?;
        let below = path.strip_prefix(&dist).map_err(io::Error::other)?;
        let name = below.to_string_lossy().replace('\\', "/");
        let etag = blake3::hash(&bytes).to_hex();
        writeln!(
            list,
            "Asset {{ path: {name:?}, etag: \"\\\"{}\\\"\", plain: include_bytes!({:?}), brotli: \
             include_bytes!({:?}) }},",
            &etag[..16],
            path.canonicalize()?,
            packed
        )
        .map_err(io::Error::other)?;
    }
    list.push(']');
    fs::write(out.join("page.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut io::Cursor::new(bytes), &mut packed, &params)?;
    Ok(packed)
}
