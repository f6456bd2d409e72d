//! Tokens a second of a language model's training step, and its share of the peak of a matrix
//! product: `cargo run --release -p connectome --example train_speed -- [elegans|nano] [ROWS] [ROWS A PART]
//! [LANES] [bf16]`.

#![expect(clippy::print_stdout, reason = "an example reports to a person")]

use std::time::Instant;

use connectome::lm::config::HfConfig;
use connectome::lm::families;
use connectome::ops::matmul::{Arithmetic, Into, Threads, View, flops, sgemm};
use connectome::train::lm::{Cut, Gradient, Net, Rows};
use serde_json::json;

fn main() {
    let mut args = std::env::args().skip(1);
    let shape = args.next().unwrap_or_else(|| "elegans".to_owned());
    let n_rows: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(64);
    let n_tokens = 97;
    let [d, layers, heads, kv, m, v] = match shape.as_str() {
        "nano" => [96, 4, 4, 4, 256, 1024],
        _ => [192, 8, 6, 3, 512, 2304],
    };
    let config = json!({
        "model_type": "llama", "hidden_size": d, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": kv, "head_dim": d / heads,
        "intermediate_size": m, "vocab_size": v, "max_position_embeddings": 128,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false,
    });
    let (config, names) = families::describe(&HfConfig::new(config, "config.json".into()))
        .expect("the shapes above are a Llama's");
    let net = Net::new(config, &names);
    let n_params = net.layout().len();
    let params: Vec<f32> =
        (0..n_params).map(|i| 0.05 * ((i as f32 * 12.9898).sin() * 43758.547).fract()).collect();
    let mut rows = Rows::empty(n_tokens);
    for row in 0..n_rows {
        let ids: Vec<u32> =
            (0..n_tokens).map(|t| ((row * 7919 + t * 104_729) % v) as u32).collect();
        rows.push(&ids, &vec![1.0; n_tokens]);
    }
    let mut cut = Cut::suited(n_params, n_rows, n_tokens);
    if let Some(part) = args.next().and_then(|n| n.parse().ok()) {
        cut.part_rows = part;
    }
    if let Some(lanes) = args.next().and_then(|n| n.parse().ok()) {
        cut.n_lanes = lanes;
    }
    let arithmetic = match args.next().as_deref() {
        Some("bf16") => Arithmetic::Bf16,
        _ => Arithmetic::F32,
    };
    let mut gradient = Gradient::new(&net, cut, arithmetic);
    let positions = (n_rows * (n_tokens - 1)) as f64;
    let mut best = f64::MAX;
    let (mut work, mut loss) = (0, 0.0);
    for _ in 0..8 {
        let (start, before) = (Instant::now(), flops());
        loss = gradient.compute(&net, &params, &rows, None);
        best = best.min(start.elapsed().as_secs_f64());
        work = flops() - before;
    }
    let peak = peak();
    let rate = work as f64 / best;
    println!(
        "{shape}: {n_params} parameters, {cut:?}, loss {loss:.4}; {:.0} tokens/s, {:.1} MFLOP/token, {:.1} of {:.1} GFLOP/s ({:.0} %)",
        positions / best,
        work as f64 / positions / 1e6,
        rate / 1e9,
        peak / 1e9,
        100.0 * rate / peak
    );
}

/// FLOP/s of a large product on all threads.
fn peak() -> f64 {
    let (m, n, k) = (768, 1024, 512);
    let (a, b) = (vec![0.5; m * k], vec![0.25; n * k]);
    let threads = rayon::current_num_threads();
    let mut outs = vec![vec![0.0; m * n]; threads];
    let mut best = f64::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        rayon::scope(|scope| {
            for out in &mut outs {
                let (a, b) = (&a, &b);
                scope.spawn(move |_| {
                    let sizes = [m, n, k];
                    let (a, b) = (View::rows(a, k), View::transposed(b, k));
                    sgemm(sizes, a, b, (out, n), Into::Overwrite, Threads::One);
                });
            }
        });
        best = best.min(start.elapsed().as_secs_f64());
    }
    (2 * m * n * k * threads) as f64 / best
}
