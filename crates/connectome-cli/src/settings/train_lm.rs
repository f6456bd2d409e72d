//! The options of a training run, checked before anything is loaded.

use anyhow::Result;
use connectome::train::adam::Adam;
use connectome::train::lm::{Cut, Decayed, Net, Options};
use connectome::train::schedule::{Decay, LearningRate};

use super::number;
use crate::args::train_lm::{DecayArg, StepArgs, TrainLmArgs};
use crate::failure::UsageError;

/// Longest row where the model's context is longer and nobody said.
const LONGEST_ROW: usize = 512;

/// Refuses what no run can have.
pub(crate) fn check(args: &TrainLmArgs) -> Result<()> {
    let steps = &args.steps;
    let at_least_one = [
        ("`--batch`", steps.batch),
        ("`--steps`", steps.steps.map_or(1, |steps| steps.min(1) as usize)),
        ("`--part-rows`", steps.part_rows.unwrap_or(1)),
        ("`--lanes`", steps.lanes.unwrap_or(1)),
        ("`--eval-rows`", args.measure.eval_rows),
    ];
    for (what, found) in at_least_one {
        if found == 0 {
            return Err(number(what, &found, "a number above 0").into());
        }
    }
    let in_range = [
        ("`--lr`", steps.lr, 0.0..1e3, "a number from 0 to 1000"),
        ("`--lr-floor`", steps.lr_floor, 0.0..1.000_001, "a share from 0 to 1"),
        ("`--beta1`", steps.beta1, 0.0..1.0, "a number from 0 to 1, without 1"),
        ("`--beta2`", steps.beta2, 0.0..1.0, "a number from 0 to 1, without 1"),
        ("`--epsilon`", steps.epsilon, f64::MIN_POSITIVE..1.0, "a number between 0 and 1"),
        ("`--weight-decay`", steps.weight_decay, 0.0..1e3, "a number from 0 to 1000"),
        ("`--clip`", steps.clip, 0.0..f64::INFINITY, "a number from 0 up"),
        ("`--init-std`", args.model.init_std.unwrap_or(0.0), 0.0..10.0, "a number from 0 to 10"),
    ];
    for (what, found, range, expected) in in_range {
        if !range.contains(&found) {
            return Err(number(what, &found, expected).into());
        }
    }
    Ok(())
}

/// The options for a decoder.
pub(crate) fn options(args: &TrainLmArgs, net: &Net, isolate: Option<u32>) -> Result<Options> {
    let steps = &args.steps;
    let n_context = net.config().n_context;
    let n_tokens = args.data.seq.unwrap_or(n_context.min(LONGEST_ROW));
    if n_tokens < 2 || n_tokens > n_context + 1 {
        let expected = "2 up to one more than the model's context";
        return Err(number("`--seq`", &n_tokens, expected).into());
    }
    let n_steps = match (steps.steps, &steps.tokens) {
        (Some(n_steps), _) => n_steps,
        (None, Some(text)) => tokens(text)?.div_ceil((steps.batch * n_tokens) as u64),
        (None, None) => return Err(UsageError::NoSteps.into()),
    };
    let suited = Cut::suited(net.layout().len(), steps.batch, n_tokens - 1);
    Ok(Options {
        n_steps,
        batch_rows: steps.batch,
        n_tokens,
        cut: Cut {
            part_rows: steps.part_rows.unwrap_or(suited.part_rows),
            n_lanes: steps.lanes.unwrap_or(suited.n_lanes),
        },
        rate: rate(steps, n_steps),
        adam: Adam {
            beta1: steps.beta1,
            beta2: steps.beta2,
            epsilon: steps.epsilon,
            weight_decay: steps.weight_decay,
        },
        decayed: if steps.decay_all { Decayed::All } else { Decayed::Linear },
        qkv_decay: steps.qkv_decay,
        max_norm: (steps.clip > 0.0).then_some(steps.clip),
        isolate,
        arithmetic: steps.compute.arithmetic(),
    })
}

fn rate(steps: &StepArgs, n_steps: u64) -> LearningRate {
    let warm_up = steps.warm_up.unwrap_or(n_steps.div_ceil(50));
    LearningRate {
        peak: steps.lr,
        warm_up,
        decay: match steps.decay {
            DecayArg::Constant => Decay::Constant,
            DecayArg::Linear => Decay::Linear,
            DecayArg::Cosine => Decay::Cosine,
        },
        decay_steps: steps.decay_steps.unwrap_or(n_steps.saturating_sub(warm_up)),
        floor: steps.lr_floor,
    }
}

/// A number of tokens, perhaps in thousands, millions or billions.
fn tokens(text: &str) -> Result<u64> {
    let units = [('k', 1e3), ('M', 1e6), ('G', 1e9), ('B', 1e9)];
    let unit = units.into_iter().find(|(letter, _)| text.ends_with(*letter));
    let (digits, factor) = match unit {
        Some((letter, factor)) => (text.trim_end_matches(letter), factor),
        None => (text, 1.0),
    };
    match digits.parse::<f64>() {
        Ok(n) if n > 0.0 && n * factor < 1e18 => Ok((n * factor) as u64),
        _ => Err(number("`--tokens`", &text, "a number as 500000, 500k or 30M").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_in_units_too() {
        for (text, expected) in [("17", 17), ("500k", 500_000), ("1.5M", 1_500_000)] {
            assert_eq!(tokens(text).unwrap(), expected);
        }
        for text in ["", "M", "-3", "x", "1e30G"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }
}
