//! The options of a transcoder run, from its flags.

use anyhow::Result;
use connectome::lm::ModelConfig;
use connectome::ops::matrix::Dtype;
use connectome::train::adam::Adam;
use connectome::train::schedule::{Decay, LearningRate, Ramp, Shape};
use connectome::train::transcoder::activations::Sites;
use connectome::train::transcoder::controller::TargetL0;
use connectome::train::transcoder::export::{Lengths, Precision};
use connectome::train::transcoder::objective::{
    AuxK, DecoderNorm, Gate, JumpRelu, PreActivation, PulledUp, Scope, Sparsity, SteToPreact,
};
use connectome::train::transcoder::options::{
    CacheOptions, Data, Dictionary, Evaluation, Every, Options, Prompts,
};
use connectome::train::transcoder::params::Presence;
use connectome::train::transcoder::update::Frozen;
use connectome::train::transcoder::{Objective, Optimiser, Recipe};
use connectome::transcoder::{ReadSite, WriteSite};

use super::number;
use crate::args::train::DtypeArg;
use crate::args::train_clt::{
    ActivationArg, CltDataArgs, CltDecayArg, CltDictionaryArgs, CltModelArgs, CltStepArgs,
    CourseArg, GateArgs, KindArg, LossArgs, NormArg, PulledArg, ScopeArg, SteArg, TrainCltArgs,
};
use crate::failure::UsageError;

/// Longest sequence where the model's context is longer and nobody said.
const LONGEST: usize = 256;

/// Features of a layer for each number of the model's width, if nobody said.
const EXPANSION: usize = 8;

/// Tokens after which a feature is dead, at most, if nobody said.
const DEAD_AFTER: u64 = 10_000_000;

/// Graphs scored, and tokens of their prompts, if nobody named prompts.
const AUTOMATIC: Prompts = Prompts::HeldOut { n: 4, length: 24 };

/// The options, checked against each other but not against the model.
pub(crate) fn options(args: &TrainCltArgs, model: &ModelConfig) -> Result<Options> {
    check(args)?;
    let n_steps = n_steps(&args.steps)?;
    let n_tokens = n_steps.saturating_mul(args.steps.batch as u64);
    let dead_after = match &args.loss.dead_after {
        Some(text) => tokens("`--dead-after`", text)?,
        None => (n_tokens / 10).clamp(1, DEAD_AFTER),
    };
    Ok(Options {
        dictionary: dictionary(&args.dictionary, &args.model, model)?,
        recipe: Recipe {
            objective: objective(args, n_steps)?,
            optimiser: optimiser(&args.steps, n_steps),
            dead_after,
        },
        target_l0: args.loss.target_l0.map(|l0| TargetL0 {
            l0,
            gain: args.loss.l0_gain,
            start: args.loss.sparsity_wait + sparsity_steps(&args.loss, n_steps),
        }),
        data: data(args, model, n_tokens)?,
        every: Every {
            metrics: args.measure.log_every,
            evaluate: args.measure.eval_every,
            graphs: args.measure.graphs_every,
            checkpoint: args.measure.save_every,
        },
        evaluation: Evaluation { sequences: args.measure.eval_rows, prompts: AUTOMATIC },
        seed: args.model.seed,
    })
}

/// Refuses what no run can have.
fn check(args: &TrainCltArgs) -> Result<()> {
    let TrainCltArgs { steps, loss, gate, data, .. } = args;
    let positive = f64::MIN_POSITIVE..f64::INFINITY;
    let from_zero = 0.0..f64::INFINITY;
    let in_range = [
        ("`--lr`", steps.lr, 0.0..1e3, "a number from 0 to 1000"),
        ("`--lr-floor`", steps.lr_floor, 0.0..1.000_001, "a share from 0 to 1"),
        ("`--beta1`", steps.beta1, 0.0..1.0, "a number from 0 to 1, without 1"),
        ("`--beta2`", steps.beta2, 0.0..1.0, "a number from 0 to 1, without 1"),
        ("`--epsilon`", steps.epsilon, f64::MIN_POSITIVE..1.0, "a number between 0 and 1"),
        ("`--weight-decay`", steps.weight_decay, 0.0..1e3, "a number from 0 to 1000"),
        ("`--clip`", steps.clip, from_zero.clone(), "a number from 0 up"),
        ("`--bandwidth`", gate.bandwidth, positive.clone(), "a number above 0"),
        ("`--threshold`", gate.threshold, positive.clone(), "a number above 0"),
        ("`--threshold-rate`", gate.threshold_rate, from_zero.clone(), "a number from 0 up"),
        ("`--sparsity`", loss.sparsity, from_zero.clone(), "a number from 0 up"),
        ("`--tanh-scale`", loss.tanh_scale, positive.clone(), "a number above 0"),
        ("`--frequency-scale`", loss.frequency_scale.unwrap_or(1.0), positive, "above 0"),
        ("`--l0-gain`", loss.l0_gain, 0.0..1.0, "a number from 0 to 1"),
        ("`--pre-loss`", loss.pre_loss, from_zero.clone(), "a number from 0 up"),
        ("`--aux`", loss.aux, from_zero.clone(), "a number from 0 up"),
        ("`--outliers`", data.outliers, from_zero, "a number from 0 up"),
    ];
    for (what, found, range, expected) in in_range {
        if !range.contains(&found) {
            return Err(number(what, &found, expected).into());
        }
    }
    for (what, found) in [
        ("`--batch`", steps.batch),
        ("`--aux-k`", loss.aux_k),
        ("`--sample`", data.sample),
        ("`--eval-rows`", args.measure.eval_rows),
    ] {
        if found == 0 {
            return Err(number(what, &found, "a number above 0").into());
        }
    }
    Ok(())
}

fn n_steps(steps: &CltStepArgs) -> Result<u64> {
    match (steps.steps, &steps.tokens) {
        (Some(n_steps), _) => Ok(n_steps),
        (None, Some(text)) => Ok(tokens("`--tokens`", text)?.div_ceil(steps.batch as u64)),
        (None, None) => Err(UsageError::NoSteps.into()),
    }
}

fn dictionary(
    args: &CltDictionaryArgs,
    sites: &CltModelArgs,
    model: &ModelConfig,
) -> Result<Dictionary> {
    let window = match (args.kind, args.window) {
        (KindArg::Clt, window) => window,
        (KindArg::Plt, None | Some(1)) => Some(1),
        (KindArg::Plt, Some(window)) => {
            let expected = "none, as a per-layer feature writes to its own layer";
            return Err(number("`--window`", &window, expected).into());
        }
    };
    let (read, write) = (&sites.read, &sites.write);
    let reads = ReadSite::from_hook(read).ok_or_else(|| {
        number("`--read`", read, "hook_resid_mid, ln2.hook_normalized or mlp.hook_in")
    })?;
    let writes = WriteSite::from_hook(write)
        .ok_or_else(|| number("`--write`", write, "hook_mlp_out or mlp.hook_out"))?;
    Ok(Dictionary {
        n_features: args.features.unwrap_or(EXPANSION * model.d_model),
        window,
        skip: if args.skip { Presence::Present } else { Presence::Absent },
        sites: Sites { reads, writes },
        precision: match args.dtype {
            DtypeArg::F32 => Precision::F32,
            DtypeArg::Bf16 => Precision::Bf16,
        },
        lengths: if args.unit_decoders { Lengths::Unit } else { Lengths::AsTrained },
        scan: args.scan.clone(),
    })
}

fn gate(args: &GateArgs, n_steps: u64) -> Result<Gate> {
    let k = match args.k_from {
        None => Ramp::constant(args.k),
        Some(from) => Ramp {
            from,
            to: args.k,
            start: 0,
            steps: args.k_steps.unwrap_or(n_steps / 2),
            shape: Shape::Exponential,
        },
    };
    Ok(match args.activation {
        ActivationArg::Relu => Gate::Relu,
        ActivationArg::Topk => Gate::TopK { k },
        ActivationArg::BatchTopk => {
            let scope = match args.k_scope {
                ScopeArg::Layer if args.k_floor != 0.0 => {
                    let expected = "0, as with `--k-scope layer` no layers compete";
                    return Err(number("`--k-floor`", &args.k_floor, expected).into());
                }
                ScopeArg::Layer => Scope::Layer { tilt: args.k_tilt },
                ScopeArg::All if args.k_tilt != 1.0 => {
                    let expected = "1, as `--k-scope all` lets layers compete";
                    return Err(number("`--k-tilt`", &args.k_tilt, expected).into());
                }
                ScopeArg::All => Scope::All { floor: args.k_floor },
            };
            Gate::BatchTopK { k, scope }
        }
        ActivationArg::Jumprelu => Gate::JumpRelu(JumpRelu {
            bandwidth: args.bandwidth,
            ste_to_preact: match args.ste_to_preact {
                SteArg::Off => SteToPreact::Off,
                SteArg::Rect => SteToPreact::Rect,
            },
            initial: args.threshold,
            rate_factor: args.threshold_rate,
        }),
    })
}

/// Steps over which the sparsity coefficient rises.
fn sparsity_steps(loss: &LossArgs, n_steps: u64) -> u64 {
    let share = if loss.target_l0.is_some() { 5 } else { 1 };
    loss.sparsity_steps.unwrap_or(n_steps / share)
}

fn objective(args: &TrainCltArgs, n_steps: u64) -> Result<Objective> {
    let loss = &args.loss;
    let gate = gate(&args.gate, n_steps)?;
    // Gates that choose have their sparsity in k, and no threshold to be below of.
    let chooses = matches!(gate, Gate::TopK { .. } | Gate::BatchTopK { .. });
    let sparsity = Sparsity {
        coefficient: Ramp {
            from: 0.0,
            to: loss.sparsity,
            start: loss.sparsity_wait,
            steps: sparsity_steps(loss, n_steps),
            shape: match loss.sparsity_course {
                CourseArg::Linear => Shape::Linear,
                CourseArg::Cosine => Shape::Cosine,
            },
        },
        stretch: loss.tanh_scale,
        frequency_scale: loss.frequency_scale,
    };
    let pre = PreActivation {
        coefficient: loss.pre_loss,
        on: match loss.pre_loss_on {
            PulledArg::All => PulledUp::All,
            PulledArg::Dead => PulledUp::Dead,
        },
    };
    Ok(Objective {
        gate,
        norm: match loss.decoder_norm {
            NormArg::Concatenated => DecoderNorm::Concatenated,
            NormArg::Summed => DecoderNorm::Summed,
        },
        sparsity: (loss.sparsity > 0.0 && !chooses).then_some(sparsity),
        pre_activation: (loss.pre_loss > 0.0 && !chooses).then_some(pre),
        aux: (loss.aux > 0.0).then_some(AuxK { k: loss.aux_k, coefficient: loss.aux }),
    })
}

fn optimiser(steps: &CltStepArgs, n_steps: u64) -> Optimiser {
    Optimiser {
        adam: Adam {
            beta1: steps.beta1,
            beta2: steps.beta2,
            epsilon: steps.epsilon,
            weight_decay: steps.weight_decay,
        },
        rate: LearningRate {
            peak: steps.lr,
            warm_up: steps.warm_up.unwrap_or(n_steps.div_ceil(50)),
            decay: match steps.decay {
                CltDecayArg::Constant => Decay::Constant,
                CltDecayArg::Linear => Decay::Linear,
                CltDecayArg::Cosine => Decay::Cosine,
            },
            decay_steps: steps.decay_steps.unwrap_or(n_steps / 5),
            floor: steps.lr_floor,
        },
        n_steps,
        max_norm: (steps.clip > 0.0).then_some(steps.clip),
        frozen: if steps.freeze_encoder { Frozen::Encoder } else { Frozen::Nothing },
    }
}

fn data(args: &TrainCltArgs, model: &ModelConfig, n_tokens: u64) -> Result<Data> {
    let CltDataArgs { seq, held_out, outliers, buffer, sample, cache, .. } = &args.data;
    let count = |what, text: &String| -> Result<usize> {
        Ok(usize::try_from(tokens(what, text)?).unwrap_or(usize::MAX))
    };
    let buffer_tokens = match buffer {
        Some(text) => count("`--buffer`", text)?,
        None => 16 * args.steps.batch,
    };
    let cache_tokens = match &args.data.cache_tokens {
        Some(text) => count("`--cache-tokens`", text)?,
        None => usize::try_from(n_tokens).unwrap_or(usize::MAX),
    };
    Ok(Data {
        batch_tokens: args.steps.batch,
        buffer_tokens,
        sample_tokens: *sample,
        context: seq.unwrap_or(model.n_context.min(LONGEST)),
        held_out: *held_out,
        outlier_factor: (*outliers > 0.0).then_some(*outliers),
        cache: cache.clone().map(|path| CacheOptions {
            path,
            tokens: cache_tokens,
            dtype: match args.data.cache_dtype {
                DtypeArg::F32 => Dtype::F32,
                DtypeArg::Bf16 => Dtype::Bf16,
            },
        }),
    })
}

/// A number of tokens, perhaps in thousands, millions or billions.
pub(crate) fn tokens(what: &'static str, text: &str) -> Result<u64> {
    let units = [('k', 1e3), ('M', 1e6), ('G', 1e9), ('B', 1e9)];
    let unit = units.into_iter().find(|(letter, _)| text.ends_with(*letter));
    let (digits, factor) = match unit {
        Some((letter, factor)) => (text.trim_end_matches(letter), factor),
        None => (text, 1.0),
    };
    match digits.parse::<f64>() {
        Ok(n) if n > 0.0 && n * factor < 1e18 => Ok((n * factor) as u64),
        _ => Err(number(what, &text, "a number as 500000, 500k or 30M").into()),
    }
}
