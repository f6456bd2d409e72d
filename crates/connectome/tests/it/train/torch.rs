use connectome::files::Folder;
use connectome::ops::Mat;
use connectome::train::schedule::{Decay, LearningRate, Ramp};
use connectome::train::transcoder::objective::{
    AuxK, DecoderNorm, Gate, JumpRelu, PreActivation, PulledUp, Scope, Sparsity, SteToPreact,
};
use connectome::train::transcoder::params::{Extras, Presence};
use connectome::train::transcoder::{Batch, Density, Net, Objective, Recipe, Shape, Tables};
use connectome::weights::Weights;
use serde_json::Value;

use super::nets::{recipe, set_dead};
use crate::golden;

/// A case of `goldens/transcoder_step`.
struct Golden {
    card: Value,
    case: Value,
    name: String,
    weights: Weights,
    shape: Shape,
}

fn golden_cases() -> Vec<Golden> {
    let folder = Folder::Disk(golden::root().join("transcoder_step"));
    let card = folder.json("card.json").unwrap();
    let size = |key: &str| card["shape"][key].as_u64().unwrap() as usize;
    let cases = card["cases"].as_object().unwrap().iter().map(|(name, case)| Golden {
        card: card.clone(),
        case: case.clone(),
        name: name.clone(),
        weights: Weights::open(&folder, &format!("{name}.safetensors")).unwrap(),
        shape: Shape {
            n_layers: size("n_layers"),
            n_features: size("n_features"),
            d_model: size("d_model"),
            window: case["window"].as_u64().unwrap() as usize,
        },
    });
    cases.collect()
}

impl Golden {
    fn number(&self, key: &str) -> f64 {
        self.case[key].as_f64().unwrap()
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.case[key] == value
    }

    fn stored(&self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.weights.stored(name, shape).unwrap().to_vec()
    }

    fn objective(&self) -> Objective {
        let k = Ramp::constant(self.number("k"));
        let gate = match self.case["gate"].as_str().unwrap() {
            "relu" => Gate::Relu,
            "topk" => Gate::TopK { k },
            "batch_topk" => Gate::BatchTopK { k, scope: Scope::ALL },
            _ => Gate::JumpRelu(JumpRelu {
                bandwidth: self.number("bandwidth"),
                ste_to_preact: match self.is("ste_to_preact", "rect") {
                    true => SteToPreact::Rect,
                    false => SteToPreact::Off,
                },
                initial: 0.03,
                rate_factor: 1.0,
            }),
        };
        let summed = self.is("norm", "summed");
        Objective {
            gate,
            norm: if summed { DecoderNorm::Summed } else { DecoderNorm::Concatenated },
            sparsity: (self.number("lambda") > 0.0).then(|| Sparsity {
                coefficient: Ramp::constant(self.number("lambda")),
                stretch: self.number("stretch"),
                frequency_scale: self.case["frequency_scale"].as_f64(),
            }),
            pre_activation: (self.number("pre") > 0.0).then(|| PreActivation {
                coefficient: self.number("pre"),
                on: if self.is("pre_on", "dead") { PulledUp::Dead } else { PulledUp::All },
            }),
            aux: (self.number("aux") > 0.0).then(|| AuxK {
                k: self.number("aux_k") as usize,
                coefficient: self.number("aux"),
            }),
        }
    }

    fn recipe(&self) -> Recipe {
        let optimiser = &self.card["optimiser"];
        let of = |key: &str| optimiser[key].as_f64().unwrap();
        let mut recipe = recipe(self.objective());
        recipe.optimiser.rate = LearningRate {
            peak: of("rate"),
            warm_up: 0,
            decay: Decay::Constant,
            decay_steps: 0,
            floor: 0.0,
        };
        recipe.optimiser.adam.weight_decay = self.number("weight_decay");
        recipe.optimiser.max_norm = Some(of("max_norm"));
        recipe
    }

    fn tables(&self, prefix: &str) -> Tables {
        let present = |is_there| if is_there { Presence::Present } else { Presence::Absent };
        let extras = Extras {
            thresholds: present(self.is("gate", "jumprelu")),
            skip: present(self.case["skip"] == true),
        };
        let mut tables = Tables::zeros(self.shape, extras);
        for (name, shape, values) in tables.parts_mut(prefix) {
            if !values.is_empty() {
                values.copy_from_slice(&self.stored(&name, &shape));
            }
        }
        tables
    }

    fn batch(&self) -> Batch {
        let Shape { n_layers, d_model, .. } = self.shape;
        let n_tokens = self.card["shape"]["n_tokens"].as_u64().unwrap() as usize;
        let mats = |name: &str| {
            let all = self.stored(name, &[n_layers, n_tokens, d_model]);
            let layers = all.chunks_exact(n_tokens * d_model);
            layers.map(|layer| Mat::from_vec(layer.to_vec(), n_tokens, d_model)).collect()
        };
        Batch { x_td: mats("x"), y_td: mats("y") }
    }

    fn net(&self) -> Net {
        let Shape { n_layers, n_features, .. } = self.shape;
        let dead_lf = self.stored("dead", &[n_layers, n_features]);
        let mut net = Net::new(self.tables("params"), self.recipe());
        set_dead(&mut net, |layer, feature| dead_lf[layer * n_features + feature] == 1.0);
        net
    }

    fn tolerance(&self, of: &str, kind: &str) -> f64 {
        self.card["tolerance"][of][kind].as_f64().unwrap()
    }
}

/// Largest difference of any two numbers, and the largest of `expected`.
fn differences<'a>(found: &'a Tables, expected: &'a Tables) -> Vec<(String, f64, f64)> {
    let numbers = |tables: &'a Tables| tables.parts("").into_iter();
    let pairs = numbers(found).zip(numbers(expected));
    pairs
        .map(|(found, expected)| {
            use connectome::train::checkpoint::Numbers::F32;
            let (F32(a), F32(b)) = (found.numbers, expected.numbers) else { panic!("all are f32") };
            let most = |values: &mut dyn Iterator<Item = f32>| {
                values.fold(0.0_f64, |most, x| most.max(f64::from(x.abs())))
            };
            let off = most(&mut a.iter().zip(b).map(|(a, b)| a - b));
            (found.name, off, most(&mut b.iter().copied()))
        })
        .collect()
}

/// Loss, gradients and the step of every case are PyTorch's, by lists and by products.
#[test]
fn one_step_is_that_of_pytorch() {
    let cases = golden_cases();
    assert!(cases.len() >= 7);
    for golden in cases {
        for dense_from in [0.0, 2.0] {
            let name = format!("{}, dense from {dense_from}", golden.name);
            let mut net = golden.net().with_density(Density { dense_from });
            let numbers = golden.objective().at(0);
            let measured = net.measure(&golden.batch(), numbers, 0);
            let terms = &golden.case["terms"];
            for (key, found) in [
                ("reconstruction", measured.loss.reconstruction),
                ("sparsity", measured.loss.sparsity),
                ("pre_activation", measured.loss.pre_activation),
                ("aux", measured.loss.aux),
            ] {
                let expected = terms[key].as_f64().unwrap();
                let tolerance = golden.tolerance("loss", "relative") * expected.abs();
                assert!((found - expected).abs() <= tolerance, "{name}: {key} {found}");
            }
            for (layer, expected) in golden.case["n_active"].as_array().unwrap().iter().enumerate()
            {
                assert_eq!(measured.layers[layer].n_active, expected.as_u64().unwrap(), "{name}");
            }
            let grads = net.clone().finish_gradients().clone();
            for (tensor, off, largest) in differences(&grads, &golden.tables("grads")) {
                let tolerance = golden.tolerance("gradients", "max_abs_over_max_abs") * largest;
                assert!(off <= tolerance, "{name}: gradient of {tensor} is off by {off}");
            }
            net.update(&measured, 0);
            net.catch_up_all(1);
            for (tensor, off, _) in differences(net.params(), &golden.tables("after")) {
                let tolerance = golden.tolerance("after", "max_abs");
                assert!(off <= tolerance, "{name}: {tensor} after the step is off by {off}");
            }
        }
    }
}
