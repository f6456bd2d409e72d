//! Our graph file, sealed anew after every mutation: version and checksum are made right, from
//! the description of the format and not with the library's own code.
#![no_main]

use std::collections::BTreeMap;

use connectome_graph::AttributionGraph;
use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::{Map, Value, json};

fuzz_target!(|data: &[u8]| {
    let Some(sealed) = sealed(data) else { return };
    if let Ok(graph) = AttributionGraph::from_bytes(&sealed) {
        connectome_fuzz::graphs::explore(&graph);
    }
});

/// The same tensors and card in a file that says all is well.
fn sealed(data: &[u8]) -> Option<Vec<u8>> {
    let (_, header) = SafeTensors::read_metadata(data).ok()?;
    let card = header.metadata().as_ref()?.get("card")?.clone();
    let file = SafeTensors::deserialize(data).ok()?;
    let tensors: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("connectome_graph 1\n{}\n{card}\n", card.len()).as_bytes());
    let (mut header, mut numbers) = (Map::new(), Vec::new());
    for (name, tensor) in &tensors {
        let (dtype, shape) = (tensor.dtype().to_string(), tensor.shape());
        hasher.update(format!("{name}\n{dtype}\n{shape:?}\n").as_bytes());
        hasher.update(tensor.data());
        let offsets = [numbers.len(), numbers.len() + tensor.data().len()];
        numbers.extend_from_slice(tensor.data());
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets });
        header.insert(name.clone(), entry);
    }
    let blake3 = hasher.finalize().to_hex().to_string();
    let metadata = json!({ "connectome_graph": "1", "card": card, "blake3": blake3 });
    header.insert("__metadata__".to_owned(), metadata);
    let header = Value::Object(header).to_string().into_bytes();
    let mut sealed = (header.len() as u64).to_le_bytes().to_vec();
    sealed.extend(header);
    sealed.extend(numbers);
    Some(sealed)
}
