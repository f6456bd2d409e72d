//! Parameters that already look back, read as each family's checkpoint stores them.

use connectome::lm::config::HfConfig;
use connectome::lm::families;
use connectome::train::lm::{Net, mimetic, start};
use serde_json::{Value, json};

const WIDTH: usize = 16;
const HEADS: usize = 4;
const D_HEAD: usize = 4;

/// A weight: its tensor, and where in it.
type Place = (String, usize);

/// How a family stores one layer's maps. Outputs are counted from the head's first.
struct Stored {
    config: Value,
    /// Query heads that share a key head, of which the first third match.
    group: usize,
    query: fn(head: usize, at: usize, input: usize) -> Place,
    key: fn(head: usize, at: usize, input: usize) -> Place,
    value: fn(head: usize, at: usize, input: usize) -> Place,
    /// From a head to the stream.
    out: fn(head: usize, at: usize, stream: usize) -> Place,
    embeddings: [&'static str; 2],
}

/// Maps of their own, rows to outputs; two query heads share a key head.
fn llama() -> Stored {
    let config = json!({
        "model_type": "llama", "hidden_size": WIDTH, "num_hidden_layers": 1,
        "num_attention_heads": HEADS, "num_key_value_heads": 2, "head_dim": D_HEAD,
        "intermediate_size": 8, "vocab_size": 20, "max_position_embeddings": 16,
        "rms_norm_eps": 1e-5, "tie_word_embeddings": false,
    });
    fn of(map: &str, output: usize, input: usize) -> Place {
        (format!("model.layers.0.self_attn.{map}.weight"), output * WIDTH + input)
    }
    Stored {
        config,
        group: 2,
        query: |head, at, input| of("q_proj", head * D_HEAD + at, input),
        key: |head, at, input| of("k_proj", head * D_HEAD + at, input),
        value: |head, at, input| of("v_proj", head * D_HEAD + at, input),
        out: |head, at, stream| of("o_proj", stream, head * D_HEAD + at),
        embeddings: ["model.embed_tokens.weight", "lm_head.weight"],
    }
}

/// One map of queries, keys and values, columns to outputs; the unembedding is the embedding.
fn gpt2() -> Stored {
    let config = json!({
        "model_type": "gpt2", "n_embd": WIDTH, "n_layer": 1, "n_head": HEADS, "n_inner": 8,
        "vocab_size": 20, "n_positions": 16, "layer_norm_epsilon": 1e-5,
    });
    fn joined(part: usize, head: usize, at: usize, input: usize) -> Place {
        let output = (part * HEADS + head) * D_HEAD + at;
        ("h.0.attn.c_attn.weight".to_owned(), input * 3 * WIDTH + output)
    }
    Stored {
        config,
        group: 1,
        query: |head, at, input| joined(0, head, at, input),
        key: |head, at, input| joined(1, head, at, input),
        value: |head, at, input| joined(2, head, at, input),
        out: |head, at, stream| {
            ("h.0.attn.c_proj.weight".to_owned(), (head * D_HEAD + at) * WIDTH + stream)
        },
        embeddings: ["wte.weight"; 2],
    }
}

/// One map, rows to outputs, each head's query, key and value side by side.
fn gpt_neox() -> Stored {
    let config = json!({
        "model_type": "gpt_neox", "hidden_size": WIDTH, "num_hidden_layers": 1,
        "num_attention_heads": HEADS, "intermediate_size": 8, "vocab_size": 20,
        "max_position_embeddings": 16, "rotary_pct": 0.5, "layer_norm_eps": 1e-5,
        "use_parallel_residual": true, "tie_word_embeddings": false,
    });
    fn joined(part: usize, head: usize, at: usize, input: usize) -> Place {
        let output = (3 * head + part) * D_HEAD + at;
        let name = "gpt_neox.layers.0.attention.query_key_value.weight";
        (name.to_owned(), output * WIDTH + input)
    }
    Stored {
        config,
        group: 1,
        query: |head, at, input| joined(0, head, at, input),
        key: |head, at, input| joined(1, head, at, input),
        value: |head, at, input| joined(2, head, at, input),
        out: |head, at, stream| {
            let name = "gpt_neox.layers.0.attention.dense.weight";
            (name.to_owned(), stream * WIDTH + head * D_HEAD + at)
        },
        embeddings: ["gpt_neox.embed_in.weight", "embed_out.weight"],
    }
}

#[test]
fn heads_match_and_copy_in_every_layout() {
    for stored in [llama(), gpt2(), gpt_neox()] {
        let family = stored.config["model_type"].clone();
        let hf = HfConfig::new(stored.config.clone(), "config.json".into());
        let (config, names) = families::describe(&hf).unwrap();
        let net = Net::new(config, &names);
        let random = start::random(net.layout(), net.config(), 1, 0.02);
        let mut changed = random.clone();
        mimetic(net.layout(), &mut changed, 0.02);
        let tensor = |name: &str| {
            let mut tensors = net.layout().tensors().iter();
            let found = tensors.find(|tensor| tensor.name.ends_with(name));
            found.unwrap_or_else(|| panic!("{family}: no {name}")).slot
        };
        let read = |all: &[f32], (name, at): Place| tensor(&name).of(all)[at];
        let n_matching = (HEADS / stored.group).div_ceil(3);
        for head in 0..HEADS {
            let key_head = head / stored.group;
            let is_matching = key_head < n_matching;
            for (at, input) in (0..D_HEAD).flat_map(|at| (0..WIDTH).map(move |i| (at, i))) {
                let told = format!("{family}, head {head}, {at} of {input}");
                let of = |map: fn(usize, usize, usize) -> Place, head| {
                    [&random, &changed].map(|all| read(all, map(head, at, input)))
                };
                let [key_before, key] = of(stored.key, key_head);
                let [query_before, query] = of(stored.query, head);
                let [value_before, value] = of(stored.value, key_head);
                let [out_before, out] = of(stored.out, head);
                let (gain, added) = if is_matching { (3.0, key) } else { (1.0, 0.0) };
                assert_eq!(key, gain * key_before, "{told}");
                assert_eq!(query, query_before + added, "{told}");
                assert_eq!(value, value_before, "{told}");
                assert_eq!(out, out_before + 0.5 * value, "{told}");
            }
        }
        let [embed, unembed] = stored.embeddings.map(|name| tensor(name).of(&changed));
        assert_eq!(embed, unembed, "{family}");
        assert_eq!(embed, tensor(stored.embeddings[0]).of(&random), "{family}");
    }
}

// Three times the spread, and no more of it in what heads match and copy and the logits read.
#[test]
fn gains_follow_the_spread() {
    let stored = llama();
    let hf = HfConfig::new(stored.config.clone(), "config.json".into());
    let (config, names) = families::describe(&hf).unwrap();
    let net = Net::new(config, &names);
    let random = start::random(net.layout(), net.config(), 1, 0.06);
    let mut changed = random.clone();
    mimetic(net.layout(), &mut changed, 0.06);
    let tensor = |name: &str| {
        let mut tensors = net.layout().tensors().iter();
        tensors.find(|tensor| tensor.name.ends_with(name)).unwrap().slot
    };
    let read = |all: &[f32], (name, at): Place| f64::from(tensor(&name).of(all)[at]);
    let close = |one: f64, other: f64| assert!((one - other).abs() < 1e-6, "{one}, {other}");
    let [key_before, key] = [&random, &changed].map(|all| read(all, (stored.key)(0, 1, 2)));
    close(key, key_before);
    let [out_before, out] = [&random, &changed].map(|all| read(all, (stored.out)(0, 1, 2)));
    close(out, out_before + read(&random, (stored.value)(0, 1, 2)) / 6.0);
    let [embed, unembed] = stored.embeddings.map(|name| tensor(name).of(&changed)[5]);
    close(f64::from(unembed), f64::from(embed) / 3.0);
    // Weights that are all zero stay so.
    let mut none = vec![0.0; random.len()];
    mimetic(net.layout(), &mut none, 0.0);
    assert!(none.iter().all(|weight| *weight == 0.0));
}
