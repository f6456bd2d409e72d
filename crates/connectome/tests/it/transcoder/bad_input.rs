//! One precise error for each thing that can be wrong with a dictionary, and never a panic.

use connectome::LoadError;
use connectome::ops::Mat;
use connectome::transcoder::Transcoder;
use safetensors::Dtype;

use super::files::{
    Files, Tensor, Tensors, dictionary, edit, edit_config, folder, goldens, npy, npz, read_all,
};

const PLT: &str = "llama_plt_relu";
const PLT_JUMP: &str = "gemma2_plt_jumprelu";
const CLT: &str = "llama_clt_jumprelu";

/// The message of opening these files.
fn refused(files: &Files) -> String {
    match Transcoder::open(&folder(files)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("opened, expected an error"),
    }
}

/// The message of opening a golden dictionary after a change of its files.
fn after(case: &str, change: impl FnOnce(&mut Files)) -> String {
    let mut files = dictionary(case);
    change(&mut files);
    refused(&files)
}

/// The message after a change of one file's tensors.
fn after_tensors(case: &str, file: &str, change: impl FnOnce(&mut Tensors)) -> String {
    after(case, |files| edit(files, file, change))
}

/// The message after a change of the config's text.
fn after_config(case: &str, from: &str, to: &str) -> String {
    after(case, |files| edit_config(files, from, to))
}

fn set(tensor: &mut Tensor, at: usize, value: f32) {
    tensor.bytes[4 * at..4 * at + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn configs() {
    let without = |files: &mut Files| drop(files.remove("config.yaml"));
    assert_eq!(after(PLT, without), "no file `config.yaml` in `memory`");

    let text = |text: &'static str| {
        after(PLT, |files| drop(files.insert("config.yaml".to_owned(), text.into())))
    };
    assert_eq!(
        text("- a\n- b\n"),
        "not valid YAML (not a mapping of keys to values): `memory/config.yaml`"
    );
    assert!(text("a: [1, 2").starts_with("not valid YAML ("));
    assert!(text("a: \u{0}").starts_with("not valid YAML ("));
    assert!(text("").starts_with("not valid YAML ("));

    let missing = |key: &str| format!("no key `{key}` in `memory/config.yaml`");
    let kind = "model_kind: transcoder_set\n";
    assert_eq!(after_config(PLT, kind, ""), missing("model_kind"));
    let reads = "feature_input_hook: mlp.hook_in\n";
    assert_eq!(after_config(PLT, reads, ""), missing("feature_input_hook"));
    let writes = "feature_output_hook: mlp.hook_out\n";
    assert_eq!(after_config(PLT, writes, "feature_output_hook:\n"), missing("feature_output_hook"));

    assert_eq!(
        after_config(PLT, reads, "feature_input_hook: hook_attn_in\n"),
        "`feature_input_hook` is `hook_attn_in`, supported: hook_resid_mid, \
         ln2.hook_normalized, mlp.hook_in, in `memory/config.yaml`"
    );
    assert_eq!(
        after_config(PLT, kind, "model_kind: crosscoder\n"),
        "`model_kind` is `crosscoder`, supported: transcoder_set, cross_layer_transcoder, in \
         `memory/config.yaml`"
    );
    assert_eq!(
        after_config(PLT, kind, "model_kind: [a, b]\n"),
        "`model_kind` is `a list of 2`, expected a string, in `memory/config.yaml`"
    );
    assert_eq!(
        after_config(PLT, kind, &format!("{kind}transcoders: []\n")),
        "`transcoders` is `a list of 0`, expected a list of strings, one a layer, in \
         `memory/config.yaml`"
    );
    assert_eq!(
        after_config(PLT, "scan: ref/llama_plt_relu", "scan: 3"),
        "`scan` is `3`, expected a string or a list of strings, in `memory/config.yaml`"
    );
}

// Ten levels of ten aliases each would be ten thousand million nodes.
#[test]
fn a_config_cannot_grow_without_end() {
    let mut text = "a0: &a0 x\n".to_owned();
    for level in 1..=10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let bomb = after(PLT, |files| drop(files.insert("config.yaml".to_owned(), text.into())));
    assert!(bomb.starts_with("not valid YAML ("), "{bomb}");

    // The parser follows each of these aliases, and each brings all items: 100 million.
    let text = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(10_000), "*a,".repeat(10_000));
    let bomb = after(PLT, |files| drop(files.insert("config.yaml".to_owned(), text.into())));
    assert!(bomb.contains("its aliases repeat too much"), "{bomb}");

    let long = vec![b'#'; (1 << 16) + 1];
    assert_eq!(
        after(PLT, |files| drop(files.insert("config.yaml".to_owned(), long))),
        "not valid YAML (65537 bytes, expected at most 65536): `memory/config.yaml`"
    );
}

#[test]
fn activations() {
    let kind = "model_kind: transcoder_set\n";
    let with = |case: &str, line: &str| after_config(case, kind, &format!("{kind}{line}\n"));
    assert_eq!(
        with(PLT, "activation: gelu"),
        "`activation` is `gelu`, supported: relu, jumprelu, topk, in `memory/config.yaml`"
    );
    assert_eq!(
        with(PLT, "activation: jumprelu"),
        "no tensor `activation_function.threshold` in `memory/layer_0.safetensors`"
    );
    assert_eq!(
        with(PLT_JUMP, "activation: relu"),
        "`activation` is `relu`, expected jumprelu, since the layers hold thresholds, in \
         `memory/config.yaml`"
    );
    assert_eq!(
        with(PLT_JUMP, "activation: topk\nk: 4"),
        "`activation` is `topk`, expected jumprelu, since the layers hold thresholds, in \
         `memory/config.yaml`"
    );
    assert_eq!(with(PLT, "activation: topk"), "no key `k` in `memory/config.yaml`");
    assert_eq!(
        with(PLT, "activation: topk\nk: 0"),
        "`k` is `0`, expected a whole number above zero, in `memory/config.yaml`"
    );
    assert_eq!(
        with(PLT, "activation: topk\nk: many"),
        "`k` is `many`, expected a whole number above zero, in `memory/config.yaml`"
    );
    assert_eq!(
        with(PLT, "activation: topk\nk: 65"),
        "`k` is `65`, expected at most the number of features of a layer, in \
         `memory/config.yaml`"
    );
    let clt = "model_kind: cross_layer_transcoder\n";
    assert_eq!(
        after_config("llama_clt_relu", clt, &format!("{clt}activation: topk\nk: 4\n")),
        "`activation` is `topk`, supported: relu, jumprelu for cross-layer dictionaries, in \
         `memory/config.yaml`"
    );
    let some = after_tensors(PLT_JUMP, "layer_2.safetensors", |tensors| {
        tensors.remove("activation_function.threshold").unwrap();
    });
    let message = "no tensor `activation_function.threshold` in `memory/layer_2.safetensors`";
    assert_eq!(some, message);
}

#[test]
fn saved_k() {
    let with_k = |layer: usize, k: i64| {
        move |files: &mut Files| {
            edit(files, &format!("layer_{layer}.safetensors"), |tensors| {
                tensors.insert("k".to_owned(), Tensor::i64(&[], &[k]));
            });
        }
    };
    assert_eq!(
        after("qwen3_plt_topk", with_k(1, 5)),
        "`k` is `4`, expected the `k` that the layer files hold, in `memory/config.yaml`"
    );
    assert_eq!(
        after(PLT, |files| {
            with_k(0, 4)(files);
            with_k(3, 5)(files);
        }),
        "`k` is `5`, expected the `k` of the layers below, in `memory/layer_3.safetensors`"
    );
    assert_eq!(
        after(PLT, with_k(0, -1)),
        "`k` is `-1`, expected a whole number above zero, in `memory/config.yaml`"
    );
    assert_eq!(
        after(PLT, |files| {
            with_k(0, 4)(files);
            edit_config(files, "scan", "activation: relu\nscan");
        }),
        "`activation` is `relu`, expected topk, since the layers hold `k`, in \
         `memory/config.yaml`"
    );
}

#[test]
fn missing_files() {
    let lacking = |case: &str, file: &str| after(case, |files| drop(files.remove(file).unwrap()));
    let message = |file: &str| format!("no file `{file}` in `memory`");
    for (case, file) in [
        (PLT, "layer_0.safetensors"),
        (PLT, "layer_2.safetensors"),
        (CLT, "W_enc_1.safetensors"),
        (CLT, "W_enc_3.safetensors"),
        (CLT, "W_dec_3.safetensors"),
    ] {
        assert_eq!(lacking(case, file), message(file));
    }
    let config_only =
        |case: &str| after(case, |files| files.retain(|name, _| name == "config.yaml"));
    assert_eq!(config_only(PLT), message("layer_0.safetensors"));
    assert_eq!(config_only(CLT), message("W_enc_0.safetensors"));
    let listed = "layer_2/width_64/average_l0_6/params.npz";
    assert_eq!(lacking("layouts/gemmascope1", listed), message(listed));
    // A number that no vector of files could hold.
    let huge = format!("layer_{}.safetensors", usize::MAX);
    assert_eq!(
        after(PLT, |files| drop(files.insert(huge, Vec::new()))),
        message("layer_4.safetensors")
    );
}

#[test]
fn files_of_the_other_kind() {
    assert_eq!(
        after_config(PLT, "transcoder_set", "cross_layer_transcoder"),
        "`model_kind` is `cross_layer_transcoder`, expected transcoder_set, since the files are \
         layer_*.safetensors, in `memory/config.yaml`"
    );
    assert_eq!(
        after_config(CLT, "cross_layer_transcoder", "transcoder_set"),
        "`model_kind` is `transcoder_set`, expected cross_layer_transcoder, since the files are \
         W_enc_*.safetensors, in `memory/config.yaml`"
    );
    let stacked =
        after_config("layouts/gemmascope2_clt", "cross_layer_transcoder", "transcoder_set");
    assert_eq!(
        stacked,
        "tensor `w_dec` is [64, 4, 32], expected [64, 32], in \
         `memory/clt/width_64_l0_medium_affine/params_layer_0.safetensors`"
    );
}

#[test]
fn listed_paths_stay_inside_the_folder() {
    let outside = goldens(PLT).join("transcoders/layer_0.safetensors");
    for entry in [
        "../layer_0.safetensors",
        "a/../../b",
        "/etc/passwd",
        ".",
        "\"\"",
        outside.to_str().unwrap(),
    ] {
        let line = format!("transcoders: [layer_0.safetensors, {entry}]\nscan");
        let shown = entry.trim_matches('"');
        assert_eq!(
            after_config(PLT, "scan", &line),
            format!(
                "`transcoders[1]` is `{shown}`, expected a path inside the folder, or \
                 hf://ORG/REPO/PATH, in `memory/config.yaml`"
            )
        );
    }
}

#[test]
fn shapes_and_types() {
    let at = |file: &str| format!("in `memory/{file}`");
    let (zero, two) = ("layer_0.safetensors", "layer_2.safetensors");
    let plt = |file: &str, name: &str, tensor: Tensor| {
        after_tensors(PLT, file, |tensors| drop(tensors.insert(name.to_owned(), tensor)))
    };
    let zeros = |shape: &[usize]| Tensor::f32(shape, &vec![0.0; shape.iter().product()]);
    assert_eq!(
        plt(two, "W_dec", zeros(&[64, 31])),
        format!("tensor `W_dec` is [64, 31], expected [64, 32], {}", at(two))
    );
    assert_eq!(
        plt(two, "W_enc", zeros(&[63, 32])),
        format!("tensor `W_enc` is [63, 32], expected [64, 32], {}", at(two))
    );
    assert_eq!(
        plt(zero, "b_enc", zeros(&[32])),
        format!("tensor `b_enc` is [32], expected [64], {}", at(zero))
    );
    assert_eq!(
        plt(zero, "W_skip", zeros(&[32, 64])),
        format!("tensor `W_skip` is [32, 64], expected [32, 32], {}", at(zero))
    );
    assert_eq!(
        plt(zero, "threshold", zeros(&[7])),
        format!("tensor `threshold` is [7], expected [64], {}", at(zero))
    );
    for shape in [vec![64], vec![0, 32], vec![64, 0], vec![2, 32, 32]] {
        assert_eq!(
            plt(zero, "W_enc", zeros(&shape)),
            format!(
                "`shape of W_enc` is `{shape:?}`, expected two axes, features and width, neither \
                 empty nor above 4294967295, {}",
                at(zero)
            )
        );
    }
    let whole = Tensor { dtype: Dtype::I32, ..zeros(&[64, 32]) };
    assert_eq!(
        plt(zero, "W_enc", whole),
        format!("tensor `W_enc` has type I32, expected F32, BF16 or F16, {}", at(zero))
    );
    assert_eq!(
        after_tensors(PLT, two, |tensors| drop(tensors.remove("b_dec").unwrap())),
        format!("no tensor `b_dec` {}", at(two))
    );
    assert_eq!(
        after_tensors(CLT, "W_dec_1.safetensors", |tensors| {
            tensors.insert("W_dec_1".to_owned(), zeros(&[64, 4, 32]));
        }),
        format!(
            "tensor `W_dec_1` is [64, 4, 32], expected [64, 3, 32], {}",
            at("W_dec_1.safetensors")
        )
    );
}

#[test]
fn cut_and_lying_safetensors() {
    let file = "layer_1.safetensors";
    for len in [0, 7, 8, 100, 17_000] {
        let message = after(PLT, |files| files.get_mut(file).unwrap().truncate(len));
        assert!(message.starts_with("not a whole safetensors file ("), "{len}: {message}");
        assert!(message.ends_with("): `memory/layer_1.safetensors`"), "{len}: {message}");
    }
    let claim = |bytes: u64| {
        after(PLT, |files| {
            files.get_mut(file).unwrap()[..8].copy_from_slice(&bytes.to_le_bytes());
        })
    };
    for bytes in [10 << 30, u64::MAX, 17_000] {
        let message = claim(bytes);
        assert!(message.starts_with("not a whole safetensors file ("), "{bytes}: {message}");
    }
    // A header of a tensor of 10 GB in a file of a few bytes.
    let header =
        br#"{"W_enc":{"dtype":"F32","shape":[50000,50000],"data_offsets":[0,10000000000]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    let message = after(PLT, |files| drop(files.insert(file.to_owned(), bytes)));
    assert!(message.starts_with("not a whole safetensors file ("), "{message}");
}

#[test]
fn numbers_that_are_none() {
    let file = "layer_2.safetensors";
    let broken = |case: &str, name: &'static str, value: f32| {
        after_tensors(case, file, |tensors| set(tensors.get_mut(name).unwrap(), 5, value))
    };
    let message = |name: &str, value: &str| {
        format!(
            "tensor `{name}` holds {value} at element 5, expected finite numbers, in \
             `memory/{file}`"
        )
    };
    assert_eq!(broken(PLT, "b_enc", f32::NAN), message("b_enc", "NaN"));
    assert_eq!(broken(PLT, "b_dec", f32::INFINITY), message("b_dec", "inf"));
    let threshold = "activation_function.threshold";
    assert_eq!(broken(PLT_JUMP, threshold, f32::NAN), message(threshold, "NaN"));
    assert_eq!(broken("llama_plt_relu_skip", "W_skip", f32::NAN), message("W_skip", "NaN"));
    let scalar = after_tensors(PLT, file, |tensors| {
        tensors.insert("threshold".to_owned(), Tensor::f32(&[], &[f32::NAN]));
    });
    assert_eq!(
        scalar,
        format!(
            "tensor `threshold` holds NaN at element 0, expected finite numbers, in `memory/{file}`"
        )
    );
}

// Encoders and decoders are not read when a dictionary opens, so these are found in use.
#[test]
fn numbers_that_are_none_where_they_are_read() {
    let input_td = Mat::from_vec(vec![0.5; 3 * 32], 3, 32);
    let opened = |case: &str, file: &str, name: &str, at: usize, value: f32| {
        let mut files = dictionary(case);
        edit(&mut files, file, |tensors| set(tensors.get_mut(name).unwrap(), at, value));
        Transcoder::open(&folder(&files)).unwrap()
    };
    let message = |name: &str, value: &str, at: usize, file: &str| {
        format!(
            "tensor `{name}` holds {value} at element {at}, expected finite numbers, in \
             `memory/{file}`"
        )
    };
    let (file, at) = ("layer_1.safetensors", 63 * 32 + 31);
    let broken = opened(PLT, file, "W_enc", at, f32::NAN);
    let error = broken.encode(1, &input_td, 1).unwrap_err();
    assert_eq!(error.to_string(), message("W_enc", "NaN", at, file));
    assert!(broken.encode(0, &input_td, 1).is_ok());

    let stacked = "clt/width_64_l0_medium_affine/params_layer_1.safetensors";
    let case = "layouts/gemmascope2_clt";
    let broken = opened(case, stacked, "w_enc", 3 * 64 + 7, f32::NEG_INFINITY);
    let error = broken.encode(1, &input_td, 1).unwrap_err();
    assert_eq!(error.to_string(), message("w_enc", "-inf", 3 * 64 + 7, stacked));

    // Feature 7 of layer 1 at output layer 3, component 5. Other rows are not looked at.
    let at = 7 * 4 * 32 + 3 * 32 + 5;
    let broken = opened(case, stacked, "w_dec", at, f32::NAN);
    let error = broken.decoders(1, &[2, 7, 9]).unwrap_err();
    assert_eq!(error.to_string(), message("w_dec", "NaN", at, stacked));
    assert!(broken.decoders(1, &[2, 9]).is_ok());
    // Below the feature's own layer nothing is used.
    assert!(opened(case, stacked, "w_dec", 7 * 4 * 32 + 5, f32::NAN).decoders(1, &[7]).is_ok());

    let whole = Transcoder::open(&folder(&dictionary(PLT))).unwrap();
    let mut input_td = input_td;
    input_td.row_mut(2)[4] = f32::NAN;
    let error = whole.encode(1, &input_td, 1).unwrap_err();
    assert_eq!(error.to_string(), message("input of W_enc", "NaN", 4, file));
}

#[test]
fn dictionaries_of_another_model() {
    let transcoder = Transcoder::open(&folder(&dictionary(CLT))).unwrap();
    assert!(transcoder.check_fits(4, 32, "some/llama-tiny", true).is_ok());
    assert!(transcoder.check_fits(4, 32, "some/fine-tune", true).is_ok());
    assert_eq!(transcoder.name_mismatch("/models/Llama-Tiny/"), None);
    assert_eq!(transcoder.name_mismatch("some/fine-tune").as_deref(), Some("ref/llama-tiny"));
    let refused = |n_layers, d_model, name, has_resid_mid| {
        let fits = transcoder.check_fits(n_layers, d_model, name, has_resid_mid);
        fits.unwrap_err().to_string()
    };
    assert_eq!(
        refused(26, 32, "google/gemma-2-2b", true),
        "the dictionary's number of layers is 4 (trained on `ref/llama-tiny`), the model's is 26: \
         `memory`"
    );
    assert_eq!(
        refused(4, 2304, "ref/llama-tiny", true),
        "the dictionary's width is 32, the model's is 2304: `memory`"
    );
    assert_eq!(
        refused(4, 32, "ref/llama-tiny", false),
        "the dictionary's reading site is hook_resid_mid, the model's is mlp.hook_in or \
         ln2.hook_normalized: `memory`"
    );
}

const PARAMS: &str = "layer_1/width_64/average_l0_5/params.npz";

/// The message of GemmaScope 1 with the archive of layer 1 replaced.
fn with_npz(bytes: Vec<u8>) -> String {
    after("layouts/gemmascope1", |files| drop(files.insert(PARAMS.to_owned(), bytes)))
}

/// An archive that is right but for one array.
fn arrays_but(name: &'static str, bytes: Option<Vec<u8>>) -> Vec<u8> {
    let zeros = |shape: &str, n: usize| npy("'<f4'", "False", shape, &vec![0; 4 * n]);
    let mut arrays = vec![
        ("W_enc", zeros("(32, 64)", 2048)),
        ("W_dec", zeros("(64, 32)", 2048)),
        ("b_enc", zeros("(64,)", 64)),
        ("b_dec", zeros("(32,)", 32)),
        ("threshold", zeros("(64,)", 64)),
    ];
    arrays.retain(|(other, _)| *other != name);
    arrays.extend(bytes.map(|bytes| (name, bytes)));
    npz(arrays)
}

#[test]
fn numpy_archives() {
    let whole = arrays_but("", None);
    let mut files = read_all(&goldens("layouts/gemmascope1/transcoders"));
    files.insert(PARAMS.to_owned(), whole.clone());
    assert!(Transcoder::open(&folder(&files)).is_ok(), "the archive below is right as such");

    let unreadable =
        |reason: &str| format!("not a readable numpy archive ({reason}): `memory/{PARAMS}`");
    let numbers = vec![0; 4 * 64 * 32];
    let bad = |name, array: Vec<u8>| with_npz(arrays_but(name, Some(array)));
    assert_eq!(
        with_npz(arrays_but("W_dec", None)),
        format!("no tensor `W_dec` in `memory/{PARAMS}`")
    );
    assert_eq!(
        bad("W_dec", npy("'<f4'", "False", "(64, 33)", &numbers)),
        unreadable("`W_dec.npy` is [64, 33] of <f4 and holds 8192 bytes")
    );
    assert_eq!(
        bad("W_enc", npy("'<f4'", "False", "(50000, 50000)", &numbers)),
        unreadable("`W_enc.npy` is [50000, 50000] of <f4 and holds 8192 bytes")
    );
    let huge = usize::MAX / 2;
    assert_eq!(
        bad("W_enc", npy("'<f4'", "False", &format!("({huge}, {huge})"), &numbers)),
        unreadable(&format!("`W_enc.npy` is [{huge}, {huge}] of <f4 and holds 8192 bytes"))
    );
    assert_eq!(
        bad("W_dec", npy("'<f4'", "False", "(32, 64)", &numbers)),
        format!("tensor `W_dec` is [32, 64], expected [64, 32], in `memory/{PARAMS}`")
    );
    assert_eq!(
        bad("b_dec", npy("'<f8'", "False", "(32,)", &[0; 256])),
        format!("tensor `b_dec` has type <f8, expected F32, BF16 or F16, in `memory/{PARAMS}`")
    );
    assert_eq!(
        bad("threshold", npy("'|O'", "False", "(64,)", b"\x80\x04K\x01.")),
        format!("tensor `threshold` has type |O, expected F32, BF16 or F16, in `memory/{PARAMS}`")
    );
    assert_eq!(
        bad("W_enc", b"\x93NUMPX".to_vec()),
        unreadable("`W_enc.npy` does not begin like a numpy array")
    );
    let nan = vec![f32::NAN; 64].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    assert_eq!(
        bad("threshold", npy("'<f4'", "False", "(64,)", &nan)),
        format!(
            "tensor `threshold` holds NaN at element 0, expected finite numbers, in \
             `memory/{PARAMS}`"
        )
    );
    for len in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        let message = with_npz(whole[..len].to_vec());
        assert!(message.starts_with("not a readable numpy archive ("), "{len}: {message}");
    }
}

/// Offset of the last central directory record in an archive without a comment.
fn last_record(bytes: &[u8]) -> usize {
    bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap()
}

#[test]
fn numpy_archives_that_lie_about_sizes() {
    // A deflated member (layer 3 of the golden) that claims 3 GiB.
    let file = "layer_3/width_64/average_l0_7/params.npz";
    let message = after("layouts/gemmascope1", |files| {
        let bytes = files.get_mut(file).unwrap();
        let record = last_record(bytes);
        bytes[record + 24..record + 28].copy_from_slice(&(3_u32 << 30).to_le_bytes());
    });
    assert!(message.contains("claims 3221225472 bytes from "), "{message}");

    // A stored member that reaches past the end of the file.
    let mut bytes = arrays_but("", None);
    let record = last_record(&bytes);
    bytes[record + 20..record + 28].copy_from_slice(&[0, 0, 0, 0x70, 0, 0, 0, 0x70]);
    let message = with_npz(bytes);
    assert!(message.starts_with("not a readable numpy archive ("), "{message}");
}

/// A linear congruential generator (Knuth's MMIX constants): the same damage on every run.
struct Damage(u64);

impl Damage {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

// Whatever the bytes are, the readers answer; a panic or an endless allocation fails here.
#[test]
fn damaged_files_never_panic() {
    let input_td = Mat::from_vec(vec![0.5; 2 * 32], 2, 32);
    let mut damage = Damage(1);
    let (mut opened, mut refused) = (0, 0);
    for case in [
        "llama_plt_topk_skip",
        CLT,
        "layouts/gemmascope1",
        "layouts/gemmascope2_plt",
        "layouts/gemmascope2_clt_skip",
        "layouts/llama_clt_bf16",
    ] {
        let whole = dictionary(case);
        let names: Vec<&String> = whole.keys().collect();
        for _ in 0..150 {
            let mut files = whole.clone();
            let name = names[damage.below(names.len())];
            let bytes = files.get_mut(name).unwrap();
            // Headers and directories are at the ends; that is where damage tells.
            let end = bytes.len().min(600);
            for _ in 0..1 + damage.below(4) {
                let at = match damage.below(3) {
                    0 => damage.below(bytes.len()),
                    1 => damage.below(end),
                    _ => bytes.len() - 1 - damage.below(end),
                };
                bytes[at] ^= 1 << damage.below(8);
            }
            if damage.below(8) == 0 {
                let len = damage.below(bytes.len());
                bytes.truncate(len);
            }
            match Transcoder::open(&folder(&files)) {
                Ok(transcoder) => {
                    opened += 1;
                    use_all(&transcoder, &input_td);
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(opened > 50 && refused > 50, "{opened} opened, {refused} refused");
}

/// Reads every tensor of an opened dictionary.
fn use_all(transcoder: &Transcoder, input_td: &Mat) {
    if transcoder.card().d_model != input_td.n_cols() {
        return;
    }
    for layer in 0..transcoder.card().n_layers {
        let encoded = transcoder.encode(layer, input_td, 0);
        assert!(encoded.is_ok() || matches!(encoded, Err(LoadError::NotFinite { .. })));
        let decoded = transcoder.decoders(layer, &[0, 1]);
        assert!(decoded.is_ok() || matches!(decoded, Err(LoadError::NotFinite { .. })));
    }
}
