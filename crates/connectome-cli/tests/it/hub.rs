//! What is shipped and cached.

use crate::support::{Place, finish, golden};

/// A model in the Hub's cache, as its own tools leave it.
fn cache(place: &Place) {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let folder = place.path(".cache/huggingface/hub/models--user--tiny");
    let snapshot = folder.join("snapshots").join(commit);
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(folder.join("refs")).unwrap();
    std::fs::write(folder.join("refs/main"), commit).unwrap();
    for entry in std::fs::read_dir(golden("llama_clt_relu").join("model")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), snapshot.join(entry.file_name())).unwrap();
    }
}

#[test]
fn what_ships_is_nowhere_to_be_fetched_from() {
    let place = Place::new();
    for args in [["hub", "where", "two-hop"], ["hub", "fetch", "two-hop/clt"]] {
        place.refused(&args, "ships inside the program", "`--transcoder`");
    }
}

/// What ships is written as folders that open like any others, and give the same graph.
#[test]
fn what_ships_is_written_for_other_tools() {
    let place = Place::new();
    place.ok(&["hub", "fetch", "two-hop", "--out", "model"]);
    let report = place.json(&["hub", "fetch", "two-hop/clt", "--out", "made/clt"]);
    assert_eq!((&report["kind"], &report["path"]), (&"dictionary".into(), &"made/clt".into()));
    let prompt = "the capital of the state containing oak port is";
    let nodes = |model, clt| {
        let args = ["trace", prompt, "--model", model, "--transcoder", clt, "--quiet"];
        place.json(&args)["nodes"].clone()
    };
    assert_eq!(nodes("model", "made/clt"), nodes("two-hop", "two-hop/clt"));
    let again = ["hub", "fetch", "two-hop", "--out", "model"];
    place.refused(&again, "the folder is not empty", "a new or an empty folder");
    // A model of the Hub is copied from the cache, without its links.
    cache(&place);
    place.ok(&["hub", "fetch", "user/tiny", "--offline", "--out", "tiny"]);
    assert_eq!(place.json(&["inspect", "tiny"])["kind"], "model");
}

#[test]
fn the_list_holds_what_ships_and_what_is_cached() {
    let place = Place::new();
    assert!(place.ok(&["hub", "list"]).stdout.contains("elegans-base"));
    assert_eq!(place.json(&["hub", "list"])["cached"].as_array().unwrap().len(), 0);
    cache(&place);
    let report = place.json(&["hub", "list"]);
    assert_eq!(report["shipped"][0]["name"], "elegans-base");
    assert_eq!(report["cached"][0]["repo"], "user/tiny");
    assert_eq!(report["cached"][0]["revision"], "main");
}

#[test]
fn a_cached_model_is_found_and_used_by_its_id() {
    let place = Place::new();
    cache(&place);
    let report = place.json(&["hub", "where", "user/tiny"]);
    assert_eq!(report["kind"], "model");
    let path = report["path"].as_str().unwrap();
    assert!(path.contains("models--user--tiny/snapshots/"), "{path}");
    assert_eq!(place.json(&["inspect", "user/tiny"])["kind"], "model");
    place.golden("llama_clt_relu");
    let args = ["trace", "The capital", "--model", "user/tiny", "--transcoder", "transcoders"];
    let report = place.json(&[&args[..], &["--quiet"]].concat());
    assert_eq!(report["model"]["name"], "user/tiny");
}

// Port 1 of this machine: whoever listens there is no Hub, and nobody does.
#[test]
fn a_hub_that_does_not_answer_is_told() {
    let place = Place::new();
    let mut command = place.command();
    command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", "http://127.0.0.1:1");
    let ran = finish(command.args(["hub", "fetch", "user/repo"]));
    ran.refused("cannot reach `http://127.0.0.1:1`", "--offline");
}
