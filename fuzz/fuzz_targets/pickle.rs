//! The members of a `.pt`, put into an archive that is right: the input is the pickle, then the
//! storages `data/0`, `data/1`, …, each after its length in 16 bits.
#![no_main]

use std::io::{Cursor, Write};

use connectome_graph::wire::torch;
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fuzz_target!(|data: &[u8]| {
    if let Ok(graph) = torch::import(&archive(data)) {
        connectome_fuzz::graphs::explore(&graph);
    }
});

fn archive(mut rest: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let names = std::iter::once("data.pkl".to_owned()).chain((0..16).map(|n| format!("data/{n}")));
    for name in names {
        let Some((len, after)) = rest.split_first_chunk() else { break };
        let (member, after) = after.split_at(after.len().min(u16::from_le_bytes(*len).into()));
        zip.start_file(format!("archive/{name}"), stored).expect("memory has room");
        zip.write_all(member).expect("memory has room");
        rest = after;
    }
    zip.finish().expect("memory has room").into_inner()
}
