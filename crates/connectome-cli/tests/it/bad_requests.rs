//! Requests that make no sense, or ask for what is not there.

use crate::support::{PROMPT, Place, Tensors};

const MODEL: [&str; 4] = ["--model", "model", "--transcoder", "transcoders"];

fn refused(args: &[&str], sentence: &str, hint: &str) {
    let place = Place::new();
    place.refused(&[&["trace", PROMPT], args].concat(), sentence, hint);
}

#[test]
fn an_empty_prompt_is_told() {
    let place = Place::new();
    std::fs::write(place.path("empty.txt"), "\n").unwrap();
    place.refused(&["trace", ""], "the prompt is empty", "at least one");
    place.refused(&["trace", "--prompt-file", "empty.txt"], "the prompt is empty", "at least one");
    place.refused(&["trace", "-"], "the prompt is empty", "at least one");
    place.refused(&["trace", "--token-ids", ""], "the prompt is empty", "at least one");
    place.refused(&["trace"], "no prompt was given", "try `connectome trace");
}

#[test]
fn a_prompt_beyond_the_context_is_told_with_both_lengths() {
    let place = Place::new();
    let prompt = "the ".repeat(70);
    place.refused(&["trace", &prompt], "71 tokens, the model's context holds 64", "shorten");
}

#[test]
fn a_prompt_that_cannot_be_read_is_told() {
    let place = Place::new();
    place.refused(&["trace", "--prompt-file", "no.txt"], "from `no.txt`", "permissions");
    std::fs::write(place.path("latin1.txt"), b"caf\xe9").unwrap();
    place.refused(&["trace", "--prompt-file", "latin1.txt"], "not UTF-8", "UTF-8");
    std::fs::create_dir(place.path("folder")).unwrap();
    place.refused(&["trace", "--prompt-file", "folder"], "from `folder`", "permissions");
}

#[test]
fn token_ids_are_checked() {
    let place = Place::new();
    place.refused(&["trace", "--token-ids", "1,two,3"], "`two` is not a token id", "commas");
    place.refused(&["trace", "--token-ids", "1,-2"], "`-2` is not a token id", "commas");
    place.refused(&["trace", "--token-ids", "1,,2"], "`` is not a token id", "commas");
    let sentence = "token id 401 is outside the vocabulary of 401";
    place.refused(&["trace", "--token-ids", "398,401"], sentence, "tokenizer");
    refused(&["--target", "id:401"], sentence, "tokenizer");
}

#[test]
fn a_token_string_that_is_several_tokens_is_taken_apart() {
    let place = Place::new();
    place.golden("llama_clt_relu");
    let args = [&["trace", "The capital"], &MODEL[..], &["--target", "Paris"]].concat();
    place.refused(&args, "`Paris` is several tokens: `P`, ", "id:N");
    refused(&["--target", "oak port"], "`oak port` is several tokens: `oak`, `port`", "id:N");
    refused(&["--contrast", "Alder", "oak port"], "`oak port` is several tokens", "id:N");
    refused(&["--target", "Paris"], "`Paris` is not in the vocabulary", "id:N");
}

#[test]
fn positions_and_features_that_are_not_there_are_told() {
    refused(&["--position", "10"], "position 10 is outside the prompt of 10 tokens", "-1");
    refused(&["--position", "-11"], "position -11 is outside", "-1 is the last");
    refused(&["--feature", "L2/370", "--position", "4"], "does not fire at position 4", "8, 9");
    refused(&["--feature", "L9/1"], "layer 9 is outside the 4 layers", "inspect");
    refused(&["--feature", "seventeen"], "expected the form `L12/4071`", "listed");
}

#[test]
fn directions_are_checked() {
    let place = Place::new();
    let write = |name: &str, width: usize, names: &[&str]| {
        let tensor = (safetensors::Dtype::F32, vec![width], vec![0_u8; 4 * width]);
        let tensors = names.iter().map(|name| ((*name).to_owned(), tensor.clone()));
        Tensors(tensors.collect()).write(&place.path(name));
    };
    write("narrow.safetensors", 7, &["a"]);
    write("two.safetensors", 128, &["a", "b"]);
    let direction = |text: &'static str, sentence: &str, hint: &str| {
        place.refused(&["trace", PROMPT, "--direction", text], sentence, hint);
    };
    direction("no.safetensors", "no file `no.safetensors`", "complete");
    direction("narrow.safetensors", "tensor `a` is [7], expected 128 numbers", "dimension");
    direction("two.safetensors", "holds 2 tensors", "`a`, `b`");
    direction("two.safetensors:c", "no tensor `c`", "belong together");
    direction("two.safetensors:a@-1", "weight of a direction is -1", "--help");
    direction("two.safetensors:a@x", "is no direction", "@0.7");
    direction("two.npy", "is no direction", "for example");
}

#[test]
fn numbers_are_checked_before_anything_is_loaded() {
    refused(&["--tolerance", "0"], "tolerance is 0, expected a number between 0 and 1", "--help");
    refused(&["--tolerance", "nan"], "tolerance is NaN", "--help");
    refused(&["--node-threshold", "1.5"], "node threshold is 1.5", "0.8");
    refused(&["--edge-threshold", "-0.1"], "edge threshold is -0.1", "0.98");
    refused(&["--desired-logit-prob", "2"], "probability of the targets is 2", "--help");
    refused(&["--max-n-logits", "500"], "asked for 500 logits", "--max-n-logits");
    refused(&["--max-n-logits", "0"], "no attribution target", "--target");
    let batch = ["--max-feature-nodes", "9", "--batch-size", "0"];
    refused(&batch, "batch size is 0", "--help");
}

#[test]
fn devices_that_are_not_there_are_told() {
    refused(&["--device", "gpu"], "`gpu` is no device", "on the CPU");
    refused(&["--device", "cuda:x"], "`cuda:x` is no device", "on the CPU");
}

#[test]
fn paths_that_cannot_be_written_are_told_before_the_work() {
    let place = Place::new();
    std::fs::write(place.path("file"), "").unwrap();
    std::fs::create_dir(place.path("folder")).unwrap();
    for output in ["no/such/folder/x.graph", "file/x.graph", "folder"] {
        let sentence = format!("cannot write `{output}`");
        let args = ["trace", PROMPT, "--output", output];
        place.refused(&args, &sentence, "nothing was left behind");
    }
    place.refused(&["score", "folder"], "cannot read `folder`", "permissions");
    place.refused(&["score", "file/x"], "cannot read `file/x`", "permissions");
}

#[test]
fn a_hub_reference_cannot_leave_the_cache() {
    let place = Place::new();
    std::fs::create_dir(place.path("work")).unwrap();
    for (reference, sentence) in [
        ("user/../../etc", "a segment is `.` or `..`"),
        ("user/repo/../../../etc/passwd", "a segment is `.` or `..`"),
        ("user/repo@../../main", "a segment is `.` or `..`"),
        ("hf://user/repo/..?revision=main", "a segment is `.` or `..`"),
        ("user/repo/a\\..\\b", "a backslash"),
        ("user/re\u{1}po", "a control character"),
    ] {
        for args in [
            vec!["hub", "fetch", reference],
            vec!["hub", "where", reference],
            vec!["trace", "x", "--model", reference, "--transcoder", "two-hop"],
            vec!["trace", "x", "--transcoder", reference],
        ] {
            place.refused(&args, sentence, "user/repo");
        }
    }
    for reference in ["../../no/such", "/no/such/folder", "~/x"] {
        let args = ["trace", "x", "--transcoder", reference];
        place.refused(&args, "no directory `", "check the path");
    }
}

// A config may name the files of its layers: none of them may lie elsewhere.
#[test]
fn a_dictionary_cannot_name_files_outside_its_folder() {
    let place = Place::new();
    place.golden("llama_plt_relu");
    let path = place.path("transcoders/config.yaml");
    let config = std::fs::read_to_string(&path).unwrap();
    for entry in ["../../etc/passwd", "/etc/passwd", "hf://user/../../repo/x"] {
        let list = format!("{config}\ntranscoders: ['{entry}', '{entry}', '{entry}', '{entry}']\n");
        std::fs::write(&path, list).unwrap();
        let ran = place.run(&[&["trace", "x"], &MODEL[..]].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("hint: ") && !ran.stderr.contains("panicked"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_model_without_a_dictionary_is_not_guessed_at() {
    let place = Place::new();
    place.golden("llama_clt_relu");
    let args = ["trace", "x", "--model", "model"];
    place.refused(&args, "no dictionary was named for the model `model`", "--transcoder");
    let args = ["trace", "x", "--model", "model/config.json", "--transcoder", "transcoders"];
    place.refused(&args, "found a file, expected a directory", "folder");
}

#[test]
fn what_is_not_on_this_machine_is_told_without_a_network() {
    let place = Place::new();
    let sentence = "`user/repo` is not cached and the network is off";
    place.refused(&["hub", "where", "user/repo"], sentence, "hub fetch");
    place.refused(&["inspect", "user/repo"], sentence, "hub fetch");
    let args = ["trace", "x", "--model", "user/repo", "--transcoder", "user/repo", "--offline"];
    place.refused(&args, sentence, "hub fetch");
}

#[test]
fn chats_are_refused_where_there_is_no_template() {
    refused(&["--chat"], "the tokenizer has no chat template", "--chat");
    refused(&["--chat", "--date", "tomorrow"], "`tomorrow` is not a date", "2026");
}

#[test]
fn nodes_that_are_not_there_are_told_with_what_is() {
    let place = Place::new();
    place.oak();
    let find = |name: &'static str, sentence: &str, hint: &str| {
        place.refused(&["inspect", "oak.graph", "--node", name], sentence, hint);
    };
    find("L2/370@4", "L2/370 fires at positions 8, 9", "paths --help");
    find("L2/9@4", "L2/9 does not fire on this prompt", "paths --help");
    find("L2/370@99", "there are 10 positions", "paths --help");
    find("error:L7@1", "there are 4 layers", "paths --help");
    find("token:10", "there are 10 positions", "paths --help");
    find("target:3", "there are 1 targets", "paths --help");
    find("logit:Paris", "no target and no token is called that", "paths --help");
    find("the", "`the` names 2 nodes", "`token:1`, `token:4`");
    let args = ["paths", "oak.graph", "Alder", "token:7"];
    place.refused(&args, "nothing feeds `token:7`, as it is a token", "swap");
    let args = ["inspect", "oak.graph", "--edge", "Alder", "error:L1@2"];
    place.refused(&args, "nothing feeds `error:L1@2`", "swap");
    let args = ["inspect", "two-hop", "--node", "token:1"];
    place.refused(&args, "`--node` is for graphs", "inspect --help");
}
