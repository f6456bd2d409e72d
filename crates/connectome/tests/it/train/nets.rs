use connectome::ops::Mat;
use connectome::train::adam::Adam;
use connectome::train::rng::{Rng, Stream};
use connectome::train::schedule::{Decay, LearningRate, Ramp};
use connectome::train::transcoder::net::LayerStats;
use connectome::train::transcoder::objective::{
    AuxK, DecoderNorm, Gate, JumpRelu, Loss, PreActivation, PulledUp, Scope, Sparsity, SteToPreact,
};
use connectome::train::transcoder::params::{Extras, Presence};
use connectome::train::transcoder::update::Frozen;
use connectome::train::transcoder::{
    Batch, Measured, Net, Objective, Optimiser, Recipe, Shape, Tables,
};

/// A net whose every term of the loss is at work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) objective: Objective,
    pub(crate) window: usize,
    pub(crate) skip: Presence,
}

pub(crate) const JUMP: JumpRelu =
    JumpRelu { bandwidth: 0.8, ste_to_preact: SteToPreact::Rect, initial: 0.3, rate_factor: 1.0 };

pub(crate) fn sparsity(coefficient: f64, frequency_scale: Option<f64>) -> Option<Sparsity> {
    Some(Sparsity { coefficient: Ramp::constant(coefficient), stretch: 1.5, frequency_scale })
}

pub(crate) fn plain(gate: Gate) -> Objective {
    let norm = DecoderNorm::Concatenated;
    Objective { gate, norm, sparsity: None, pre_activation: None, aux: None }
}

fn pre(on: PulledUp) -> Option<PreActivation> {
    Some(PreActivation { coefficient: 0.05, on })
}

pub(crate) fn cases() -> Vec<Case> {
    let k = Ramp::constant(4.0);
    let jump = Gate::JumpRelu(JUMP);
    let off = Gate::JumpRelu(JumpRelu { ste_to_preact: SteToPreact::Off, ..JUMP });
    let case = |name, objective, window| Case { name, objective, window, skip: Presence::Absent };
    vec![
        case("relu", plain(Gate::Relu), 3),
        case("jumprelu", plain(jump), 3),
        case("jumprelu, thresholds only", plain(off), 3),
        case("tanh", Objective { sparsity: sparsity(0.7, None), ..plain(jump) }, 3),
        case(
            "tanh by summed norms, frequent features",
            Objective {
                sparsity: sparsity(0.7, Some(0.2)),
                norm: DecoderNorm::Summed,
                ..plain(jump)
            },
            3,
        ),
        case(
            "pre-activations of all",
            Objective {
                sparsity: sparsity(0.3, None),
                pre_activation: pre(PulledUp::All),
                ..plain(jump)
            },
            2,
        ),
        case(
            "pre-activations of dead ones",
            Objective {
                norm: DecoderNorm::Summed,
                pre_activation: pre(PulledUp::Dead),
                ..plain(jump)
            },
            3,
        ),
        case(
            "auxiliary",
            Objective { aux: Some(AuxK { k: 2, coefficient: 0.5 }), ..plain(Gate::TopK { k }) },
            3,
        ),
        Case {
            name: "per layer with skip",
            objective: Objective {
                sparsity: sparsity(0.4, None),
                pre_activation: pre(PulledUp::All),
                ..plain(Gate::Relu)
            },
            window: 1,
            skip: Presence::Present,
        },
        case("top k", plain(Gate::TopK { k }), 3),
        case("batch top k", plain(Gate::BatchTopK { k, scope: Scope::EVEN }), 3),
        case(
            "batch top k, more at first",
            plain(Gate::BatchTopK { k, scope: Scope::Layer { tilt: 3.0 } }),
            3,
        ),
        case(
            "batch top k over layers",
            Objective {
                norm: DecoderNorm::Summed,
                sparsity: sparsity(0.4, None),
                ..plain(Gate::BatchTopK { k, scope: Scope::ALL })
            },
            2,
        ),
        case(
            "batch top k over layers with a floor",
            plain(Gate::BatchTopK { k, scope: Scope::All { floor: 0.75 } }),
            3,
        ),
    ]
}

/// Random numbers of one test.
pub(crate) fn noise(seed: u64, len: usize, scale: f32) -> Vec<f32> {
    let mut rng = Rng::new(seed, Stream::Init, 0);
    (0..len).map(|_| scale * rng.normal()).collect()
}

pub(crate) fn batch(seed: u64, shape: Shape, n_tokens: usize) -> Batch {
    let d = shape.d_model;
    let mats = |seed: u64| {
        let mat = |layer| noise(seed + layer as u64, n_tokens * d, 1.0);
        (0..shape.n_layers).map(|layer| Mat::from_vec(mat(layer), n_tokens, d)).collect()
    };
    Batch { x_td: mats(seed * 1000), y_td: mats(seed * 1000 + 500) }
}

/// Random parameters at which a good part of the features fires.
pub(crate) fn tables(seed: u64, case: &Case, shape: Shape) -> Tables {
    let thresholds = match case.objective.gate {
        Gate::JumpRelu(_) => Presence::Present,
        Gate::Relu | Gate::TopK { .. } | Gate::BatchTopK { .. } => Presence::Absent,
    };
    let mut tables = Tables::zeros(shape, Extras { thresholds, skip: case.skip });
    for (at, (name, _, values)) in tables.parts_mut("p").into_iter().enumerate() {
        let seed = seed * 100 + at as u64;
        let numbers = noise(seed, values.len(), 0.4);
        let shift = if name.ends_with("log_threshold") { -1.2 } else { 0.0 };
        values.iter_mut().zip(numbers).for_each(|(value, x)| *value = x + shift);
    }
    tables
}

pub(crate) fn recipe(objective: Objective) -> Recipe {
    let rate =
        LearningRate { peak: 1e-2, warm_up: 3, decay: Decay::Linear, decay_steps: 10, floor: 0.0 };
    Recipe {
        objective,
        optimiser: Optimiser {
            adam: Adam::default(),
            rate,
            n_steps: 100,
            max_norm: Some(1.0),
            frozen: Frozen::Nothing,
        },
        dead_after: 1000,
    }
}

/// Whether a feature of [`net`] counts as dead.
pub(crate) fn is_dead(layer: usize, feature: usize) -> bool {
    (feature + layer).is_multiple_of(3)
}

/// A net a third of whose features is dead, though they fire on.
pub(crate) fn net(seed: u64, case: &Case, shape: Shape) -> Net {
    let mut net = Net::new(tables(seed, case, shape), recipe(case.objective));
    set_dead(&mut net, is_dead);
    net
}

/// Lets these features have been silent for long.
pub(crate) fn set_dead(net: &mut Net, is_dead: impl Fn(usize, usize) -> bool) {
    let Shape { n_layers, n_features, .. } = net.shape();
    let fired = |layer| (0..n_features).map(|f| u32::from(!is_dead(layer, f))).collect();
    net.count(&Measured {
        loss: Loss::default(),
        grad_norm: 0.0,
        layers: vec![LayerStats::default(); n_layers],
        n_tokens: 1000,
        fired: (0..n_layers).map(fired).collect(),
    });
}
