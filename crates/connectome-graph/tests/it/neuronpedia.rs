//! Neuronpedia's schema of graph files, constraint by constraint, on what we write.
//!
//! The table says what `apps/webapp/app/api/graph/graph-schema.json` of `hijohnnylin/neuronpedia`
//! demands (version 1.0.0, as of commit b8efe84): which keys a file must have, and of which type
//! each is where it stands. It has no other constraints: no enumerations, ranges or patterns, and
//! it allows keys that it does not name.

use serde_json::{Value, json};

use connectome_graph::{Thresholds, prune, wire::circuit_tracer};

use crate::common::{Golden, golden_cases};
use crate::file::rich_graph;

/// What may stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Object,
    List,
    Text,
    Number,
    Integer,
    Null,
}
use Type::{Integer, List, Null, Number, Object, Text};

/// A place, whether an object that could hold it must, and what may stand there. `[]` is every
/// element of a list.
type Rule = (&'static str, bool, &'static [Type]);

const MUST: bool = true;
const MAY: bool = false;

const SCHEMA: &[Rule] = &[
    ("", MUST, &[Object]),
    ("metadata", MUST, &[Object]),
    ("metadata.slug", MUST, &[Text]),
    ("metadata.scan", MUST, &[Text]),
    ("metadata.prompt_tokens", MUST, &[List]),
    ("metadata.prompt_tokens[]", MAY, &[Text]),
    ("metadata.prompt", MUST, &[Text]),
    ("metadata.feature_details", MAY, &[Object]),
    ("metadata.feature_details.feature_json_base_url", MAY, &[Text]),
    ("metadata.feature_details.neuronpedia_source_set", MAY, &[Text]),
    ("metadata.feature_details.neuronpedia_lorsa_source_set", MAY, &[Text]),
    ("metadata.node_threshold", MAY, &[Number]),
    ("metadata.info", MAY, &[Object]),
    ("metadata.info.description", MAY, &[Text]),
    ("metadata.info.creator_name", MAY, &[Text]),
    ("metadata.info.creator_url", MAY, &[Text]),
    ("metadata.info.source_urls", MAY, &[List]),
    ("metadata.info.generator", MAY, &[Object]),
    ("metadata.info.generator.name", MAY, &[Text]),
    ("metadata.info.generator.version", MAY, &[Text]),
    ("metadata.info.generator.url", MAY, &[Text]),
    ("metadata.info.generator.email", MAY, &[Text]),
    ("metadata.info.create_time_ms", MAY, &[Number]),
    ("metadata.generation_settings", MAY, &[Object]),
    ("metadata.generation_settings.max_n_logits", MAY, &[Integer]),
    ("metadata.generation_settings.desired_logit_prob", MAY, &[Number]),
    ("metadata.generation_settings.batch_size", MAY, &[Integer]),
    ("metadata.generation_settings.max_feature_nodes", MAY, &[Integer]),
    ("metadata.pruning_settings", MAY, &[Object]),
    ("metadata.pruning_settings.node_threshold", MAY, &[Number]),
    ("metadata.pruning_settings.edge_threshold", MAY, &[Number]),
    ("qParams", MUST, &[Object]),
    ("qParams.pinnedIds", MAY, &[List]),
    ("qParams.pinnedIds[]", MAY, &[Text]),
    ("qParams.supernodes", MAY, &[List]),
    ("qParams.linkType", MAY, &[Text]),
    ("qParams.clickedId", MAY, &[Text]),
    ("qParams.sg_pos", MAY, &[Text]),
    ("nodes", MUST, &[List]),
    ("nodes[]", MAY, &[Object]),
    ("nodes[].node_id", MUST, &[Text]),
    ("nodes[].feature", MUST, &[Integer, Null]),
    ("nodes[].layer", MUST, &[Text, Integer]),
    ("nodes[].ctx_idx", MUST, &[Integer]),
    ("nodes[].feature_type", MUST, &[Text]),
    ("nodes[].jsNodeId", MUST, &[Text]),
    ("nodes[].clerp", MUST, &[Text]),
    ("nodes[].influence", MAY, &[Number, Null]),
    ("nodes[].activation", MAY, &[Number, Null]),
    ("links", MUST, &[List]),
    ("links[]", MAY, &[Object]),
    ("links[].source", MUST, &[Text]),
    ("links[].target", MUST, &[Text]),
    ("links[].weight", MUST, &[Number]),
];

/// The rules that a file breaks.
fn broken(file: &Value) -> Vec<&'static Rule> {
    let breaks = |rule: &&Rule| {
        let (place, must, types) = rule;
        let (parent, key) = place.rsplit_once('.').unwrap_or(("", place));
        let found = match key.strip_suffix("[]") {
            Some(list) => {
                let list = all_at(file, &[parent, list].join("."));
                list.into_iter().filter_map(Value::as_array).flatten().collect()
            }
            None => all_at(file, place),
        };
        let n_parents = all_at(file, parent).iter().filter(|parent| parent.is_object()).count();
        let lacks = *must && found.len() < n_parents;
        lacks || found.iter().any(|value| !types.iter().any(|one| is(value, *one)))
    };
    SCHEMA.iter().filter(breaks).collect()
}

/// All values at a place.
fn all_at<'a>(file: &'a Value, place: &str) -> Vec<&'a Value> {
    let mut at = vec![file];
    for key in place.split('.').filter(|key| !key.is_empty()) {
        let (name, in_list) = (key.trim_end_matches("[]"), key.ends_with("[]"));
        at = at.into_iter().filter_map(|value| value.get(name)).collect();
        if in_list {
            at = at.into_iter().filter_map(Value::as_array).flatten().collect();
        }
    }
    at
}

fn is(value: &Value, kind: Type) -> bool {
    match kind {
        Object => value.is_object(),
        List => value.is_array(),
        Text => value.is_string(),
        Number => value.is_number(),
        // Draft 7: a number without a fraction.
        Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Null => value.is_null(),
    }
}

#[test]
fn every_export_keeps_the_schema() {
    let goldens = golden_cases().into_iter().map(|folder| Golden::read(&folder).graph());
    for graph in goldens.chain([rich_graph()]) {
        for thresholds in [Thresholds::default(), Thresholds { nodes: 1.0, edges: 1.0 }] {
            let pruned = prune(&graph, &thresholds).unwrap();
            let bytes = circuit_tracer::export(&graph, &pruned, "a-graph").unwrap().to_bytes();
            let file: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(broken(&file), Vec::<&Rule>::new(), "{}", graph.prompt().text);
        }
    }
}

// If the table asked for something else than Neuronpedia does, the peer's files would show it.
#[test]
fn the_peers_files_keep_the_schema() {
    let files = golden_cases().into_iter().filter_map(|folder| Golden::read(&folder).graph_json());
    let n_files = files.map(|file| assert_eq!(broken(&file), Vec::<&Rule>::new())).count();
    assert!(n_files >= 6, "{n_files} files of the peer");
}

/// The least and the most that the schema speaks of.
fn full() -> Value {
    json!({
        "metadata": {
            "slug": "a", "scan": "b", "prompt_tokens": ["c"], "prompt": "c", "node_threshold": 0.8,
            "feature_details": { "feature_json_base_url": "", "neuronpedia_source_set": "",
                                 "neuronpedia_lorsa_source_set": "" },
            "info": { "description": "", "creator_name": "", "creator_url": "", "source_urls": [],
                      "generator": { "name": "", "version": "", "url": "", "email": "" },
                      "create_time_ms": 1.5 },
            "generation_settings": { "max_n_logits": 1, "desired_logit_prob": 0.9, "batch_size": 1,
                                     "max_feature_nodes": 1, "own": [] },
            "pruning_settings": { "node_threshold": 0.8, "edge_threshold": 1 },
        },
        "qParams": { "pinnedIds": ["x"], "supernodes": [["s", "x"]], "linkType": "both",
                     "clickedId": "", "sg_pos": "" },
        "nodes": [{ "node_id": "x", "feature": 1, "layer": "0", "ctx_idx": 0, "clerp": "",
                    "feature_type": "logit", "jsNodeId": "x", "influence": 0.5, "activation": 1 }],
        "links": [{ "source": "x", "target": "y", "weight": -1.5 }],
    })
}

/// The value at a place of [`full`], to be changed.
fn slot<'a>(file: &'a mut Value, place: &str) -> &'a mut Value {
    let mut pointer = place.replace("[]", ".0").replace('.', "/");
    if !pointer.is_empty() {
        pointer.insert(0, '/');
    }
    file.pointer_mut(&pointer).unwrap_or_else(|| panic!("nothing at {place}"))
}

// A check that nothing breaks would hold of any file.
#[test]
fn a_file_that_breaks_a_rule_is_found_by_that_rule() {
    assert_eq!(broken(&full()), Vec::<&Rule>::new());
    for rule @ (place, must, types) in SCHEMA {
        let samples =
            [json!({}), json!([]), json!("text"), json!(1.5), json!(2), Value::Null, json!(true)];
        let mut n_wrong = 0;
        for sample in samples {
            let fits = types.iter().any(|one| is(&sample, *one));
            let mut file = full();
            *slot(&mut file, place) = sample.clone();
            assert_eq!(broken(&file).contains(&rule), !fits, "{place}: {sample}");
            n_wrong += usize::from(!fits);
        }
        assert!(n_wrong > 2, "{place} refuses too little");
        if let Some((parent, key)) = place.rsplit_once('.').or(Some(("", place)))
            && !key.is_empty()
            && !key.ends_with("[]")
        {
            let mut file = full();
            slot(&mut file, parent).as_object_mut().unwrap().remove(key);
            assert_eq!(broken(&file).contains(&rule), *must, "{place} left out");
        }
    }
}
