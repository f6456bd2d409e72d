//! Checkpoints, dictionaries and graphs that are not what they should be.

use serde_json::json;

use crate::support::{PROMPT, Place, Tensors, edit_json, finish, ten_gigabyte_header};

const CASE: &str = "llama_clt_relu";
const TRACE: [&str; 6] =
    ["trace", "The capital of France is", "--model", "model", "--transcoder", "transcoders"];

fn place() -> Place {
    let place = Place::new();
    place.golden(CASE);
    place
}

// Else every test below would pass for another reason.
#[test]
fn the_golden_itself_is_fine() {
    place().ok(&TRACE);
}

/// Splits the checkpoint in two shards with an index.
fn shard(place: &Place) {
    let all = Tensors::read(&place.path("model/model.safetensors"));
    let mut halves = [Tensors(Default::default()), Tensors(Default::default())];
    let mut map = serde_json::Map::new();
    for (at, (name, tensor)) in all.0.into_iter().enumerate() {
        let half = at % 2;
        map.insert(name.clone(), json!(format!("model-0000{}-of-00002.safetensors", half + 1)));
        halves[half].0.insert(name, tensor);
    }
    for (half, tensors) in halves.iter().enumerate() {
        let name = format!("model/model-0000{}-of-00002.safetensors", half + 1);
        tensors.write(&place.path(&name));
    }
    std::fs::remove_file(place.path("model/model.safetensors")).unwrap();
    let index = json!({ "metadata": {}, "weight_map": map });
    std::fs::write(place.path("model/model.safetensors.index.json"), index.to_string()).unwrap();
}

#[test]
fn a_missing_shard_is_named() {
    let place = place();
    shard(&place);
    place.ok(&TRACE);
    std::fs::remove_file(place.path("model/model-00002-of-00002.safetensors")).unwrap();
    place.refused(&TRACE, "no file `model-00002-of-00002.safetensors`", "download complete");
}

#[test]
fn a_truncated_shard_is_named() {
    let place = place();
    shard(&place);
    let path = place.path("model/model-00001-of-00002.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    place.refused(&TRACE, "not a whole safetensors file", "cut off");
    std::fs::write(&path, &bytes[..5]).unwrap();
    place.refused(&TRACE, "model-00001-of-00002.safetensors", "cut off");
    std::fs::write(&path, []).unwrap();
    place.refused(&TRACE, "model-00001-of-00002.safetensors", "cut off");
}

#[test]
fn a_wrong_shape_is_told_with_both_shapes() {
    let place = place();
    edit_json(&place.path("model/config.json"), |config| config["intermediate_size"] = json!(65));
    place.refused(&TRACE, "[64, 32], expected [65, 32]", "belong together");
}

#[test]
fn a_wrong_shape_in_a_dictionary_is_told_too() {
    let place = place();
    let path = place.path("transcoders/W_dec_1.safetensors");
    let mut tensors = Tensors::read(&path);
    let (_, shape, data) = tensors.0.get_mut("W_dec_1").unwrap();
    shape[1] -= 1;
    data.truncate(4 * shape.iter().product::<usize>());
    tensors.write(&path);
    place.refused(&TRACE, "tensor `W_dec_1` is [64, 2, 32], expected [64, 3, 32]", "layouts");
}

#[test]
fn nan_and_infinity_in_a_model_are_found() {
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let place = place();
        let path = place.path("model/model.safetensors");
        let mut tensors = Tensors::read(&path);
        tensors.set("model.layers.1.mlp.down_proj.weight", 7, value);
        tensors.write(&path);
        let sentence =
            format!("tensor `model.layers.1.mlp.down_proj.weight` holds {shown} at element 7");
        place.refused(&TRACE, &sentence, "damaged");
    }
}

#[test]
fn nan_and_infinity_in_a_dictionary_are_found() {
    for (file, tensor, value, shown) in [
        ("W_enc_0", "W_enc_0", f32::NAN, "NaN"),
        ("W_enc_2", "b_enc_2", f32::INFINITY, "inf"),
        ("W_enc_3", "b_dec_3", f32::NEG_INFINITY, "-inf"),
    ] {
        let place = place();
        let path = place.path(&format!("transcoders/{file}.safetensors"));
        let mut tensors = Tensors::read(&path);
        tensors.set(tensor, 3, value);
        tensors.write(&path);
        let sentence = format!("tensor `{tensor}` holds {shown} at element 3");
        place.refused(&TRACE, &sentence, "damaged");
    }
    // A decoder is read only where a feature fires, so all of it is broken here.
    let place = place();
    let path = place.path("transcoders/W_dec_0.safetensors");
    let mut tensors = Tensors::read(&path);
    for at in 0..tensors.0["W_dec_0"].2.len() / 4 {
        tensors.set("W_dec_0", at, f32::NAN);
    }
    tensors.write(&path);
    place.refused(&TRACE, "tensor `W_dec_0` holds NaN", "damaged");
}

#[test]
fn a_dictionary_of_another_model_is_told_by_what_differs() {
    let place = place();
    let args = ["trace", "x", "--model", "model", "--transcoder", "two-hop"];
    place.refused(&args, "width is 128 (trained on `two-hop`), the model's is 32", "--transcoder");
    let args = ["trace", "x", "--model", "two-hop", "--transcoder", "transcoders"];
    place.refused(&args, "the dictionary's width is 32", "--transcoder");
}

#[test]
fn an_unknown_architecture_is_told_with_those_known() {
    let place = place();
    edit_json(&place.path("model/config.json"), |config| config["model_type"] = json!("mamba"));
    place.refused(&TRACE, "`model_type` is `mamba`, supported: gpt2, llama", "supported");
}

#[test]
fn an_unknown_activation_is_told_with_those_known() {
    let place = place();
    edit_json(&place.path("model/config.json"), |config| config["hidden_act"] = json!("swoosh"));
    place.refused(&TRACE, "`hidden_act` is `swoosh`, supported:", "supported");

    let place = self::place();
    let path = place.path("transcoders/config.yaml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{config}\nactivation: gated\n")).unwrap();
    place.refused(&TRACE, "`activation` is `gated`", "supported");
}

#[test]
fn a_header_of_ten_gigabytes_is_not_believed() {
    for file in ["model/model.safetensors", "transcoders/W_enc_0.safetensors"] {
        let place = place();
        std::fs::write(place.path(file), ten_gigabyte_header()).unwrap();
        place.refused(&TRACE, "not a whole safetensors file", "cut off");
    }
    let place = place();
    std::fs::write(place.path("huge.safetensors"), ten_gigabyte_header()).unwrap();
    let args = [&TRACE[..], &["--direction", "huge.safetensors"]].concat();
    place.refused(&args, "not a whole safetensors file", "cut off");
    for command in ["prune", "score", "paths", "inspect"] {
        place.refused(
            &[command, "huge.safetensors"],
            "cannot be read as a graph",
            "graphs are made",
        );
    }
}

#[test]
fn a_folder_that_is_no_model_says_what_is_missing() {
    let place = place();
    std::fs::create_dir(place.path("empty")).unwrap();
    let args = ["trace", "x", "--model", "empty", "--transcoder", "transcoders"];
    place.refused(&args, "no file `config.json` in `empty`", "config.json");
    let args = ["trace", "x", "--model", "model", "--transcoder", "empty"];
    place.refused(&args, "no file `config.yaml` in `empty`", "config.yaml");
    place.refused(&["inspect", "empty"], "found neither", "config.yaml");
    std::fs::remove_file(place.path("model/tokenizer.json")).unwrap();
    place.refused(&TRACE, "no file `tokenizer.json` in `model`", "complete");
}

#[test]
fn a_config_that_is_no_config_is_told() {
    let place = place();
    std::fs::write(place.path("model/config.json"), "{\"model_type\": ").unwrap();
    place.refused(&TRACE, "not valid JSON", "damaged");
    let place = self::place();
    std::fs::write(place.path("transcoders/config.yaml"), "model_kind: [").unwrap();
    place.refused(&TRACE, "not valid YAML", "damaged");
    let place = self::place();
    std::fs::write(place.path("model/tokenizer.json"), "[]").unwrap();
    place.refused(&TRACE, "`tokenizer.json`", "--token-ids");
}

#[test]
fn a_damaged_graph_is_not_read() {
    let place = Place::new();
    place.oak();
    let bytes = std::fs::read(place.path("oak.graph")).unwrap();
    std::fs::write(place.path("cut.graph"), &bytes[..bytes.len() - 9]).unwrap();
    place.refused(&["score", "cut.graph"], "`cut.graph` cannot be read as a graph", "graphs are");
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(place.path("flipped.graph"), flipped).unwrap();
    place.refused(&["score", "flipped.graph"], "checksum", "changed");
    place.refused(&["score", "absent.graph"], "cannot read `absent.graph`", "permissions");
}

// A pickle that would run a program if it were unpickled.
#[test]
fn a_pickle_that_would_run_something_is_named_and_not_run() {
    let place = Place::new();
    std::fs::write(place.path("evil.pt"), b"PK\x03\x04 not really a zip").unwrap();
    place.refused(
        &["import", "evil.pt", "--output", "x.graph"],
        "`evil.pt` cannot be read",
        "made",
    );
    std::fs::write(place.path("x.bin"), b"\x80\x02cos\nsystem\n").unwrap();
    place.refused(
        &["import", "x.bin", "--output", "x.graph"],
        "neither a JSON graph nor a `.pt` file",
        ".json",
    );
    std::fs::write(place.path("x.json"), "{\"nodes\": 1}").unwrap();
    place.refused(&["import", "x.json", "--output", "x.graph"], "not a JSON graph", "made");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let place = Place::new();
    place.oak();
    place.ok(&["export", "oak.graph", "--format", "json", "--output", "oak.json"]);
    std::fs::write(place.path("old.graph"), "what was there before").unwrap();
    // A limit on the size of files stands for the full disk. SIGXFSZ, which would end the
    // process, is ignored, so that writes fail as they do on a disk.
    let run = |args: &str| {
        let script = format!(
            "trap '' XFSZ; ulimit -f 8; exec {} {args} --json",
            env!("CARGO_BIN_EXE_connectome")
        );
        finish(place.prepared("sh").args(["-c", &script]))
    };
    for args in [
        format!("trace '{PROMPT}' --output old.graph"),
        "export oak.graph --format json --output old.graph".to_owned(),
        "export oak.graph --format safetensors --output old.graph".to_owned(),
        "prune oak.graph --output old.graph".to_owned(),
        "import oak.json --output old.graph".to_owned(),
    ] {
        let ran = run(&args);
        ran.refused("cannot write `old.graph`", "is there room? nothing was left behind");
        assert_eq!(ran.stdout, "", "{args}");
        let there = std::fs::read_to_string(place.path("old.graph")).unwrap();
        assert_eq!(there, "what was there before", "{args}");
        let mut names: Vec<_> = std::fs::read_dir(place.path("."))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["oak.graph", "oak.json", "old.graph"], "{args}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_behind_stdout_is_told() {
    let place = Place::new();
    let script = format!("{} trace '{PROMPT}' > /dev/full", env!("CARGO_BIN_EXE_connectome"));
    finish(place.prepared("sh").args(["-c", &script]))
        .refused("cannot write to standard output", "full");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let script = format!(
        "{{ {} trace '{PROMPT}' --json; echo $? >&2; }} | true",
        env!("CARGO_BIN_EXE_connectome")
    );
    let ran = finish(place.prepared("sh").args(["-c", &script]));
    assert_eq!(ran.stderr, "0\n");
}
