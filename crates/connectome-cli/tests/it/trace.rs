//! Traces of the model that ships, and of the goldens'.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{PROMPT, Place, Tensors, edit_json, finish};

// What circuit-tracer gives on the same files (`goldens/two_hop`).
#[test]
fn the_first_command_gives_the_reference_graph() {
    let report = Place::new().json(&["trace", PROMPT, "--exhaustive"]);
    assert_eq!(report["nodes"]["total"], 589);
    assert_eq!(report["pruned"]["nodes"]["total"], 77);
    assert_eq!(report["pruned"]["edges"], 974);
    let score = |name: &str| report["scores"][name]["value"].as_f64().unwrap();
    assert!((score("replacement") - 0.849_686_5).abs() < 1e-5, "{}", score("replacement"));
    assert!((score("completeness") - 0.955_534_2).abs() < 1e-5, "{}", score("completeness"));
    assert_eq!(report["predictions"][0]["text"], "Alder");
    assert_eq!(report["certificate"]["unresolved_share_of_targets"], 0.0);
}

#[test]
fn the_default_trace_keeps_its_certificate() {
    let place = Place::new();
    let (full, report) =
        (place.json(&["trace", PROMPT, "--exhaustive"]), place.json(&["trace", PROMPT]));
    let unresolved = report["certificate"]["unresolved_share_of_targets"].as_f64().unwrap();
    assert!(unresolved > 0.0 && unresolved <= 0.01, "{unresolved}");
    for score in ["replacement", "completeness"] {
        let number = |key: &str| report["scores"][score][key].as_f64().unwrap();
        let truth = full["scores"][score]["value"].as_f64().unwrap();
        assert!(number("lo") <= truth && truth <= number("hi"), "{score}: {truth}");
    }
    let rows = report["certificate"]["expanded_features"].as_u64().unwrap();
    assert!(rows < 538, "{rows}");
}

#[test]
fn a_budget_is_kept_and_bounds_nothing() {
    let report = Place::new().json(&["trace", PROMPT, "--max-feature-nodes", "100"]);
    assert_eq!(report["nodes"]["features"], 100);
    assert_eq!(report["certificate"]["left_out_features"], 438);
    assert_eq!(report["certificate"]["unresolved_share_of_targets"], Value::Null);
    assert_eq!(report["scores"]["replacement"]["hi"], Value::Null);
    assert_eq!(report["residual"], Value::Null);
}

#[test]
fn text_says_what_the_numbers_are_shares_of() {
    let page = Place::new().ok(&["trace", PROMPT, "--exhaustive"]).stdout;
    for line in [
        "Next token after position 9  probability over all 401 tokens",
        "all     589 nodes: 538 features, 40 errors, 10 tokens, 1 target",
        "pruned  77 nodes: ",
        "replacement   0.8497: of the walks that end, those that end in a token",
        "completeness  0.9555: ",
        "rows          538 of 538 active features expanded",
        "max |pre-activation − (row sum + constants)| = ",
        "direct logit effect: ",
        "share of the walks that come this way",
        "--output FILE keeps the graph",
    ] {
        assert!(page.contains(line), "no `{line}` in\n{page}");
    }
    assert!(!page.contains('\u{1b}'), "colours where there is no terminal");
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
}

#[test]
fn colours_are_there_when_asked_for() {
    let place = Place::new();
    let page = place.ok(&["trace", PROMPT, "--color", "always"]).stdout;
    assert!(page.contains("\u{1b}[1m"), "{page}");
}

#[test]
fn a_prompt_comes_from_anywhere() {
    let place = Place::new();
    let expected = place.json(&["trace", PROMPT]);
    std::fs::write(place.path("prompt.txt"), format!("{PROMPT}\n")).unwrap();
    assert_eq!(place.json(&["trace", "--prompt-file", "prompt.txt"]), expected);
    let ids = "398,390,391,394,390,395,396,3,28,397";
    assert_eq!(place.json(&["trace", "--token-ids", ids]), expected);
    let mut child = place.command();
    child.args(["trace", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(PROMPT.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), expected);
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let place = Place::new();
    for name in ["a.graph", "b.graph"] {
        place.ok(&["trace", PROMPT, "--output", name]);
    }
    place.ok(&["trace", PROMPT, "--output", "c.graph", "--threads", "1"]);
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(bytes("a.graph"), bytes("b.graph"));
    assert_eq!(bytes("a.graph"), bytes("c.graph"));
}

#[test]
fn words_that_the_model_does_not_know_are_told() {
    let ran = Place::new().ok(&["trace", "the capital of France is"]);
    assert!(ran.stderr.contains("`France` is not in the vocabulary"), "{}", ran.stderr);
    let ran = Place::new().ok(&["trace", "the capital of France is", "--quiet"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn targets_are_what_was_asked_for() {
    let place = Place::new();
    Tensors([("probe".to_owned(), (safetensors::Dtype::F32, vec![128], vec![63_u8; 512]))].into())
        .write(&place.path("probe.safetensors"));
    let report = place.json(&[
        "trace",
        PROMPT,
        "--target",
        "Vyrnwy",
        "--target",
        "id:100",
        "--contrast",
        "Alder",
        "Rowan",
        "--direction",
        "probe.safetensors:probe@0.5",
        "--feature",
        "L2/370",
    ]);
    let targets = report["targets"].as_array().unwrap();
    let of = |key: &str| -> Vec<&str> {
        targets.iter().map(|target| target[key].as_str().unwrap()).collect()
    };
    assert_eq!(of("kind"), ["logit", "logit", "contrast", "direction", "feature"]);
    assert_eq!(of("label"), ["Vyrnwy", "Alder", "Alder − Rowan", "probe", "L2/370"]);
    assert_eq!(targets[3]["weight"], 0.5);
    assert!(targets.iter().all(|target| target["pos"] == 9));
    let report = place.json(&["trace", PROMPT, "--position", "-3"]);
    assert_eq!(report["position"], 7);
}

#[test]
fn a_dictionary_alone_names_its_model() {
    for name in ["two-hop", "two-hop/clt"] {
        let report = Place::new().json(&["trace", PROMPT, "--transcoder", name]);
        assert_eq!(report["model"]["name"], "two-hop");
        // What is printed can be typed.
        assert_eq!(report["dictionary"]["name"], "two-hop/clt");
    }
    let report = Place::new().json(&["inspect", "two-hop/clt"]);
    assert_eq!(report["name"], "two-hop/clt");
}

#[test]
fn a_model_without_a_tokenizer_is_traced_by_ids() {
    let place = Place::new();
    place.golden("qwen3_plt_relu");
    std::fs::remove_file(place.path("model/tokenizer.json")).unwrap();
    let model = ["--model", "model", "--transcoder", "transcoders", "--quiet"];
    let report = place.json(&[&["trace", "--token-ids", "1,50,60"], &model[..]].concat());
    assert_eq!(report["prompt"]["tokens"][1]["text"], "[50]");
}

#[test]
fn a_chat_is_rendered_by_the_models_template() {
    let place = Place::new();
    place.golden("llama_clt_relu");
    edit_json(&place.path("model/tokenizer_config.json"), |config| {
        let template = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }} \
                        {% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
        config["chat_template"] = template.into();
    });
    let model = ["--model", "model", "--transcoder", "transcoders", "--quiet"];
    let chat = ["trace", "The capital", "--chat", "--system", "of France"];
    let report = place.json(&[&chat[..], &model[..]].concat());
    assert_eq!(report["prompt"]["text"], "<bos>[system] of France [user] The capital [assistant]");
    // The template's own first token is the one that counts: none is added.
    assert_eq!(report["prompt"]["tokens"][1]["text"], "[");
}

// CUDA's libraries are stand-ins that run the kernels on this CPU.
#[cfg(target_os = "linux")]
#[test]
fn rows_on_a_gpu_make_the_same_graph_and_the_graph_says_where() {
    let place = Place::new();
    place.pretend_cuda();
    let on = |device: &str| {
        let args = ["trace", PROMPT, "--exhaustive", "--device", device, "--json"];
        let output = ["--output", "x.graph"];
        let ran = finish(place.with_cuda().args([&args[..], &output].concat()));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{device}");
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let (gpu, cpu) = (on("cuda"), on("cpu"));
    assert_eq!(gpu["device"]["name"], "cuda:0 (Fake GPU, sm_90)");
    assert_eq!(gpu["device"]["because"], Value::Null);
    let graph = place.json(&["inspect", "x.graph"]);
    assert_eq!(graph["flags"]["device"], "cpu");
    for key in ["nodes", "pruned", "certificate", "predictions"] {
        assert_eq!(gpu[key], cpu[key], "{key}");
    }
    let score = |report: &Value| report["scores"]["replacement"]["value"].as_f64().unwrap();
    assert!((score(&gpu) - score(&cpu)).abs() < 1e-5);
    let auto = on("auto");
    assert_eq!(auto["device"]["name"], "cpu");
    assert!(auto["device"]["because"].as_str().unwrap().contains("small"), "{}", auto["device"]);
    let page = finish(place.with_cuda().args(["trace", PROMPT, "--device", "cuda:0"])).stdout;
    assert!(page.contains("rows on cuda:0 (Fake GPU, sm_90)"), "{page}");
}

#[test]
fn a_cuda_device_is_used_or_refused_and_never_replaced() {
    let ran = Place::new().run(&["trace", PROMPT, "--device", "cuda:0", "--json"]);
    if ran.code == Some(0) {
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["nodes"]["total"], 589);
    } else {
        ran.refused("CUDA", "--device");
    }
}
