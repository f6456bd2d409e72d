//! A plain pass over a prompt, and what a trace of it would take.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use connectome::attribution::{Expand, Labels, Options, Progress, Step, attribute};
use connectome::error::RunError;
use connectome::lm::LogitsAt;
use connectome::lm::model::{probabilities, top_probabilities};
use connectome::lm::tap::NoTap;
use connectome::open::{Opened, Ready};
use connectome_graph::Prompt;

use super::Engine;
use crate::error::ServeError;
use crate::wire::{Chance, Estimate, Forecast, Forward, ForwardAsk, PromptAsk, Token, Tokens};

/// The most tokens that are listed at a position.
const MOST: usize = 100;
/// How long rows are timed.
const TIMED: Duration = Duration::from_millis(300);

impl Engine {
    pub(crate) fn tokenize(&self, ask: &PromptAsk) -> Result<Tokens, ServeError> {
        let (_, ready) = self.prepare(ask)?;
        Ok(Tokens { tokens: tokens(&ready), n_zeroed: ready.tokens.n_zeroed, notes: ready.notes })
    }

    pub(crate) fn forward(&self, ask: &ForwardAsk) -> Result<Forward, ServeError> {
        let (opened, ready) = self.prepare(&ask.prompt)?;
        let model = opened.replacement.model();
        let vocab = model.config().n_vocab;
        if let Some(found) = ask.watch.iter().copied().find(|id| *id as usize >= vocab) {
            return Err(RunError::TokenId { found, vocab }.into());
        }
        let logits_tv = model.forward(&ready.tokens.ids, &mut NoTap, &LogitsAt::All)?;
        let positions =
            (0..logits_tv.n_rows()).map(|pos| forecast(&opened, ask, logits_tv.row(pos)));
        let positions = positions.collect();
        Ok(Forward { tokens: tokens(&ready), positions, notes: ready.notes })
    }

    pub(crate) fn estimate(&self, ask: &PromptAsk) -> Result<Estimate, ServeError> {
        let (opened, ready) = self.prepare(ask)?;
        let local = opened.replacement.on(&ready.tokens)?;
        let features = local.features();
        let (n_tokens, n_layers) = (local.n_tokens(), local.map().n_layers());
        let mut bytes = features.len() * 40;
        for layer in 0..n_layers {
            let here = features.of_layer(layer);
            let n_sources = here.start + layer * n_tokens + n_tokens;
            bytes += here.len() * n_sources * 8;
        }
        let mut timed = Timed { since: Instant::now(), rows: 0, secs: 0.0 };
        let options = Options { expand: Expand::Exhaustive, ..Options::default() };
        let labels = Labels { prompt: prompt(&ready), ..Labels::default() };
        let text = |id| opened.token_text(id);
        match attribute(&local, &options, labels, &text, &mut timed) {
            Ok(_) | Err(RunError::Cancelled) => {}
            Err(error) => return Err(error.into()),
        }
        let per_row = if timed.rows > 0 { timed.secs / timed.rows as f64 } else { 0.0 };
        Ok(Estimate {
            n_tokens,
            n_active: features.len(),
            seconds: per_row * features.len() as f64,
            n_timed_rows: timed.rows,
            bytes,
            held_bytes: local.n_bytes(),
        })
    }
}

/// Times rows until it has seen enough of them.
struct Timed {
    since: Instant,
    rows: usize,
    secs: f64,
}

impl Progress for Timed {
    fn step(&mut self, step: Step) -> ControlFlow<()> {
        (self.rows, self.secs) = (step.rows, self.since.elapsed().as_secs_f64());
        let is_enough = self.since.elapsed() > TIMED && self.rows > 0;
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The tokens of a prompt, each with its text.
pub(crate) fn tokens(ready: &Ready) -> Vec<Token> {
    let pairs = ready.tokens.ids.iter().zip(&ready.token_texts);
    pairs.map(|(id, text)| Token { id: *id, text: text.clone() }).collect()
}

pub(super) fn prompt(ready: &Ready) -> Prompt {
    Prompt {
        text: ready.text.clone(),
        token_texts: ready.token_texts.clone(),
        token_ids: ready.tokens.ids.clone(),
    }
}

fn forecast(opened: &Opened, ask: &ForwardAsk, logits_v: &[f32]) -> Forecast {
    let chance = |(id, p): (u32, f32)| Chance { id, text: opened.token_text(id), p: f64::from(p) };
    let top = top_probabilities(logits_v, ask.top_k.min(MOST));
    let p_v = probabilities(logits_v);
    let present = p_v.iter().map(|p| f64::from(*p)).filter(|p| *p > 0.0);
    let entropy_bits = -present.map(|p| p * p.log2()).sum::<f64>();
    let watched: Vec<f64> = ask.watch.iter().map(|id| f64::from(p_v[*id as usize])).collect();
    let mut distinct = ask.watch.clone();
    distinct.sort_unstable();
    distinct.dedup();
    Forecast {
        top: top.into_iter().map(chance).collect(),
        entropy_bits,
        watched,
        watched_total: distinct.iter().map(|id| f64::from(p_v[*id as usize])).sum(),
    }
}
