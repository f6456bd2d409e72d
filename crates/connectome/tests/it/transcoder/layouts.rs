//! Every published layout gives the numbers of the native one.

use std::collections::BTreeMap;

use connectome::files::Folder;
use connectome::transcoder::{Activation, Firing, LayoutName, Transcoder};

use super::files::{
    Files, Tensor, dictionary, edit, edit_config, folder, goldens, npy, npz, read_all, tensors,
};
use super::goldens::{Golden, TOLERANCE, active, assert_firings, encode, errors, layers, worst};

fn open_case(name: &str) -> Transcoder {
    Transcoder::open(&Folder::Disk(goldens(name).join("transcoders"))).unwrap()
}

/// Everything a dictionary holds, as f32 bits.
fn contents(transcoder: &Transcoder) -> Vec<Vec<u32>> {
    let card = transcoder.card();
    let n_features = u32::try_from(card.n_features).unwrap();
    let all: Vec<u32> = (0..n_features).collect();
    let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
    let mut contents = Vec::new();
    for layer in 0..card.n_layers {
        contents.push(bits(transcoder.encoder_rows(layer, &all).data()));
        contents.push(bits(transcoder.b_enc(layer)));
        contents.push(bits(transcoder.b_dec(layer)));
        let rows = transcoder.decoders(layer, &all).unwrap();
        let mut direction_d = vec![0.0; card.d_model];
        for row in 0..rows.n() {
            for output in 0..rows.n_outputs() {
                rows.read(row, output, &mut direction_d);
                contents.push(bits(&direction_d));
            }
        }
    }
    contents
}

/// Asserts that two dictionaries are one, in what they hold and in what fires.
fn assert_same(found: &Transcoder, expected: &Transcoder, golden: &Golden) {
    assert_eq!(contents(found), contents(expected));
    assert_eq!(found.card().activation, expected.card().activation);
    let (found, expected) = (encode(found, &golden.reads), encode(expected, &golden.reads));
    let id = |firing: &Firing| (firing.pos, firing.index);
    for (found, expected) in found.iter().zip(&expected) {
        let (ids, expected_ids) = (found.iter().map(id), expected.iter().map(id));
        assert!(ids.eq(expected_ids));
        for (x, y) in found.iter().zip(expected) {
            assert!((x.activation - y.activation).abs() < TOLERANCE);
        }
    }
}

#[test]
fn gemma_scope_layouts_are_the_native_dictionary() {
    for (layout, native, name) in [
        ("gemmascope1", "gemma2_plt_jumprelu", LayoutName::GemmaScope1),
        ("gemmascope2_plt", "gemma3_plt_jumprelu_skip", LayoutName::GemmaScope2PerLayer),
        ("gemmascope2_clt", "gemma2_clt_jumprelu", LayoutName::GemmaScope2CrossLayer),
    ] {
        let found = open_case(&format!("layouts/{layout}"));
        assert_eq!(found.card().layout, name);
        let golden = Golden::of(native);
        assert_same(&found, &open_case(native), &golden);
        let firings = encode(&found, &golden.reads);
        let native_errors = {
            let native = open_case(native);
            let firings = encode(&native, &golden.reads);
            errors(&native, &firings, &golden.reads, &golden.writes)
        };
        let found_errors = errors(&found, &firings, &golden.reads, &golden.writes);
        assert!(worst(&found_errors, &native_errors) < TOLERANCE, "{layout}");
    }
}

// A CLT's skip is `x · W`, a PLT's `x · Wᵀ`; the golden tells them apart.
#[test]
fn cross_layer_skips_are_not_transposed() {
    let golden = Golden::of("gemma3_clt_relu");
    let folder_of = goldens("layouts/gemmascope2_clt_skip");
    let expected = tensors(&std::fs::read(folder_of.join("golden.safetensors")).unwrap());
    let published = open_case("layouts/gemmascope2_clt_skip");

    let mut native = dictionary("gemma3_clt_relu");
    for layer in 0..4 {
        let file = format!("clt/width_64_l0_medium_affine/params_layer_{layer}.safetensors");
        let bytes = std::fs::read(folder_of.join("transcoders").join(file)).unwrap();
        let affine = tensors(&bytes)["affine_skip_connection"].clone();
        edit(&mut native, &format!("W_enc_{layer}.safetensors"), |tensors| {
            tensors.insert(format!("W_skip_{layer}"), affine);
        });
    }
    let native = Transcoder::open(&folder(&native)).unwrap();

    for transcoder in [published, native] {
        assert!(transcoder.card().has_skip);
        let firings = encode(&transcoder, &golden.reads);
        assert_firings("gemmascope2_clt_skip", &firings, active(&expected), &[]);
        let errors = errors(&transcoder, &firings, &golden.reads, &golden.writes);
        assert!(worst(&errors, &layers(&expected["error_vectors"])) < TOLERANCE);
    }
}

/// The same dictionary with all floats widened to f32.
fn widened(mut files: Files) -> Files {
    let names: Vec<String> = files.keys().filter(|n| n.ends_with("tensors")).cloned().collect();
    for name in names {
        edit(&mut files, &name, |tensors| {
            for tensor in tensors.values_mut() {
                *tensor = Tensor::f32(&tensor.shape, &tensor.values());
            }
        });
    }
    files
}

#[test]
fn half_precision_is_widened_and_nothing_else() {
    for (layout, case) in
        [("llama_clt_bf16", "llama_clt_jumprelu"), ("llama_plt_f16", "llama_plt_relu")]
    {
        let half = read_all(&goldens("layouts").join(layout).join("transcoders"));
        let wide = Transcoder::open(&folder(&widened(half))).unwrap();
        let half = open_case(&format!("layouts/{layout}"));
        assert_eq!(half.card().activation, Activation::JumpRelu);
        assert_same(&half, &wide, &Golden::of(case));
        let rows = half.decoders(0, &[3]).unwrap();
        assert_eq!(rows.as_f32_row(0, 0), None);
        let row_bytes = rows.n_outputs() * rows.d_model() * 2;
        assert_eq!(rows.n_bytes(), row_bytes);
        assert!(wide.decoders(0, &[3]).unwrap().as_f32_row(0, 0).is_some());
    }
}

/// GemmaScope 1 with both matrices stored column by column, as numpy does with a transpose.
fn column_major(native: &Files) -> Files {
    let mut files = Files::new();
    let mut config = native["config.yaml"].clone();
    config.extend(b"transcoders:\n");
    for layer in 0..4 {
        let t = tensors(&native[&format!("layer_{layer}.safetensors")]);
        let vector =
            |name: &str| npy("'<f4'", "False", &format!("({},)", t[name].shape[0]), &t[name].bytes);
        let file = format!("layer_{layer}/params.npz");
        config.extend(format!("  - {file}\n").bytes());
        let w_dec = t["W_dec"].transposed();
        let arrays = [
            ("W_enc", npy("'<f4'", "True", "(32, 64)", &t["W_enc"].bytes)),
            ("W_dec", npy("'<f4'", "True", "(64, 32)", &w_dec.bytes)),
            ("b_enc", vector("b_enc")),
            ("b_dec", vector("b_dec")),
            ("threshold", vector("activation_function.threshold")),
        ];
        files.insert(file, npz(arrays));
    }
    files.insert("config.yaml".to_owned(), config);
    files
}

#[test]
fn numpy_arrays_may_lie_column_by_column() {
    let files = column_major(&dictionary("gemma2_plt_jumprelu"));
    let found = Transcoder::open(&folder(&files)).unwrap();
    assert_same(&found, &open_case("gemma2_plt_jumprelu"), &Golden::of("gemma2_plt_jumprelu"));
}

// The k largest pre-activations stay as they are. A ReLU before or after the choice would lose
// three quarters of these.
#[test]
fn topk_keeps_negative_pre_activations() {
    let golden = Golden::of("llama_plt_topk_skip");
    let name = "layouts/llama_plt_topk_negative";
    let expected = tensors(&std::fs::read(goldens(name).join("golden.safetensors")).unwrap());
    let transcoder = open_case(name);
    let firings = encode(&transcoder, &golden.reads);
    assert_firings(name, &firings, active(&expected), &[]);
    let n_negative = firings.iter().flatten().filter(|firing| firing.activation < 0.0).count();
    assert_eq!(n_negative, 120);
    let errors = errors(&transcoder, &firings, &golden.reads, &golden.writes);
    assert!(worst(&errors, &layers(&expected["error_vectors"])) < TOLERANCE);
}

// circuit-tracer saves a TopK layer with its `k` and then cannot load it; read without that
// `k`, the set would run as ReLU.
#[test]
fn a_saved_k_makes_the_set_topk() {
    let case = "llama_plt_topk_skip";
    let mut files = dictionary(case);
    for layer in 0..4 {
        edit(&mut files, &format!("layer_{layer}.safetensors"), |tensors| {
            tensors.insert("k".to_owned(), Tensor::i64(&[], &[4]));
        });
    }
    edit_config(&mut files, "k: 4\n", "");
    assert_same(&Transcoder::open(&folder(&files)).unwrap(), &open_case(case), &Golden::of(case));
    edit_config(&mut files, "activation: topk\n", "");
    assert_same(&Transcoder::open(&folder(&files)).unwrap(), &open_case(case), &Golden::of(case));
}

#[test]
fn thresholds_may_be_scalar_by_either_name() {
    let case = "llama_plt_relu";
    let golden = Golden::of(case);
    let mut found = Vec::new();
    for (name, shape) in
        [("activation_function.threshold", vec![]), ("threshold", vec![1]), ("threshold", vec![64])]
    {
        let mut files = dictionary(case);
        let n = shape.iter().product();
        for layer in 0..4 {
            edit(&mut files, &format!("layer_{layer}.safetensors"), |tensors| {
                tensors.insert(name.to_owned(), Tensor::f32(&shape, &vec![0.25; n]));
            });
        }
        let transcoder = Transcoder::open(&folder(&files)).unwrap();
        assert_eq!(transcoder.card().activation, Activation::JumpRelu);
        found.push(encode(&transcoder, &golden.reads));
    }
    let relu = encode(&open_case(case), &golden.reads);
    let passes =
        |layer: &Vec<Firing>| layer.iter().filter(|f| f.activation > 0.25).copied().collect();
    let expected: Vec<Vec<Firing>> = relu.iter().map(passes).collect();
    assert!(relu != expected && expected.iter().any(|layer| !layer.is_empty()));
    for found in found {
        assert_eq!(found, expected);
    }
}

#[test]
fn remote_entries_are_opened_where_they_were_fetched() {
    let case = "llama_plt_relu";
    let uri = |layer: usize| format!("hf://org/repo/sub/layer_{layer}.safetensors?revision=main");
    let mut files = dictionary(case);
    let list: String = (0..4).map(|layer| format!("  - {}\n", uri(layer))).collect();
    edit_config(&mut files, "model_kind", &format!("transcoders:\n{list}model_kind"));
    let config = Files::from([("config.yaml".to_owned(), files["config.yaml"].clone())]);
    let config = folder(&config);

    let wanted: Vec<String> = (0..4).map(uri).collect();
    assert_eq!(Transcoder::remote_files(&config).unwrap(), wanted);
    let error = Transcoder::open(&config).unwrap_err();
    assert_eq!(error.to_string(), format!("no file `{}` in `memory`", uri(0)));

    let on_disk = |layer| goldens(case).join(format!("transcoders/layer_{layer}.safetensors"));
    let fetched: BTreeMap<_, _> = (0..4).map(|layer| (uri(layer), on_disk(layer))).collect();
    let found = Transcoder::open_fetched(&config, &fetched).unwrap();
    assert_same(&found, &open_case(case), &Golden::of(case));
    assert_eq!(Transcoder::remote_files(&folder(&dictionary(case))).unwrap(), [""; 0]);
}

#[test]
fn the_digest_is_of_the_content() {
    for case in ["gemma2_plt_jumprelu", "llama_clt_relu", "layouts/gemmascope1"] {
        let files = dictionary(case);
        let on_disk = open_case(case).digest();
        assert_eq!(on_disk, Transcoder::open(&folder(&files)).unwrap().digest(), "{case}");
        assert_eq!(on_disk.len(), 64);

        let mut renamed = files.clone();
        edit_config(&mut renamed, "ref/", "fer/");
        assert_ne!(on_disk, Transcoder::open(&folder(&renamed)).unwrap().digest(), "{case}");
    }
    let files = dictionary("llama_clt_relu");
    let digest = Transcoder::open(&folder(&files)).unwrap().digest();
    for last in [false, true] {
        let mut files = files.clone();
        edit(&mut files, "W_dec_3.safetensors", |tensors| {
            let bytes = &mut tensors.get_mut("W_dec_3").unwrap().bytes;
            let at = if last { bytes.len() - 4 } else { 0 };
            bytes[at] ^= 1;
        });
        assert_ne!(digest, Transcoder::open(&folder(&files)).unwrap().digest(), "last: {last}");
    }
}
