//! `connectome train clt`: activations of a model to a dictionary of features.

use std::ffi::OsString;

use anyhow::Result;
use connectome::files::Folder;
use connectome::hub::Files;
use connectome::lm::{Model, ModelConfig};
use connectome::replacement::PromptTokens;
use connectome::tokenizer::{Prompt, Tokenizer};
use connectome::train::corpus::{Corpus, Cut, Reading};
use connectome::train::transcoder::options::Prompts;
use connectome::train::transcoder::{self, Ending as Ended, Job, Start};
use connectome::train::unknown::unknown_words;
use serde_json::json;

use super::Ending;
use crate::args::train::CutArg;
use crate::args::train_clt::TrainCltArgs;
use crate::failure::UsageError;
use crate::progress::Interrupt;
use crate::progress::train_clt::CltWatch;
use crate::settings::{self, World};
use crate::{load, printer};

pub(crate) fn run(args: &TrainCltArgs, world: &World) -> Result<Ending> {
    let interrupt = Interrupt::installed(world, "ending with a checkpoint")?;
    train(args, &recipe(std::env::args_os()), interrupt, world)
}

/// The same, where somebody has taken Ctrl-C already; `recipe` is what the card says made it.
pub(crate) fn train(
    args: &TrainCltArgs,
    recipe: &str,
    interrupt: Interrupt,
    world: &World,
) -> Result<Ending> {
    settings::take_threads(args.model.threads)?;
    let name = match &args.model.model {
        Some(name) => name.as_str(),
        None => settings::default_model()?.name,
    };
    let folder = load::folder(name, Files::Model, args.model.offline, world)?;
    let config = Model::load(&folder)?.config().clone();
    let mut options = settings::train_clt::options(args, &config)?;
    let tokenizer = load::open_tokenizer(&folder)?;
    if !args.measure.prompt.is_empty() {
        let prompts = prompts(&args.measure.prompt, tokenizer.as_ref(), name)?;
        options.evaluation.prompts = Prompts::Given(prompts);
    }
    options.check(&config)?;
    let corpus = corpus(args, &config)?;
    if let Some(unknown) = tokenizer.as_ref().and_then(|own| unknown_words(&corpus, own)) {
        world.note(&unknown.to_string());
    }

    let other = |name: &String| -> Result<(String, Folder)> {
        Ok((name.clone(), load::folder(name, Files::Model, args.model.offline, world)?))
    };
    let others = args.model.also.iter().map(other).collect::<Result<Vec<_>>>()?;
    let job = Job {
        folder: &folder,
        model_name: args.model.model_name.as_deref().unwrap_or(name),
        others: &others,
        tokenizer: tokenizer.as_ref(),
        corpus: &corpus,
        out: &args.out,
        options: &options,
        recipe,
    };
    let start = if args.resume { Start::Resume } else { Start::New };
    let mut watch = CltWatch::new(world, interrupt);
    let ended = transcoder::run(job, start, &mut watch)?;
    let time = (watch.elapsed(), watch.tokens_per_sec());
    drop(watch);
    let out = args.out.display().to_string();
    match ended {
        Ended::Finished(card) => {
            world.print(&printer::train_clt::page(&card, time, &out, world.screen))?;
            let (secs, tokens_per_sec) = time;
            let ended = "finished";
            world.document(&json!({
                "ended": ended, "out": out, "secs": secs, "tokens_per_sec": tokens_per_sec,
                "card": card,
            }))?;
            Ok(Ending::Done)
        }
        Ended::Interrupted { step } => {
            world.document(&json!({ "ended": "interrupted", "out": out, "step": step }))?;
            world.note("stopped; the same command with `--resume` goes on");
            Ok(Ending::Interrupted)
        }
    }
}

fn corpus(args: &TrainCltArgs, config: &ModelConfig) -> Result<Corpus> {
    let cut = match args.data.cut {
        CutArg::Lines => Cut::Lines,
        CutArg::Paragraphs => Cut::Paragraphs,
        CutArg::Files => Cut::Files,
    };
    Ok(Corpus::open(&args.data.data, Reading { cut, n_vocab: config.n_vocab })?)
}

/// Prompts as `trace` would read them.
fn prompts(
    texts: &[String],
    tokenizer: Option<&Tokenizer>,
    model_name: &str,
) -> Result<Vec<PromptTokens>> {
    let missing = || UsageError::NoTokenizer { found: texts[0].clone() };
    let tokenizer = tokenizer.ok_or_else(missing)?;
    let prepare = |text: &String| {
        let prepared = tokenizer.prepare(Prompt::Text(text), model_name)?;
        Ok(PromptTokens { ids: prepared.ids, n_zeroed: prepared.zeroed_positions })
    };
    texts.iter().map(prepare).collect()
}

/// The command line as a shell would read it again, without `--resume`.
fn recipe(words: impl Iterator<Item = OsString>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@%+,".contains(c);
    let quoted = |word: String| match !word.is_empty() && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let words = words.skip(1).map(|word| word.to_string_lossy().into_owned());
    let words = words.filter(|word| word != "--resume").map(quoted);
    std::iter::once("connectome".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_can_be_pasted_into_a_shell() {
        let words = ["/x/connectome", "train", "clt", "--resume", "--prompt", "it's a b", "--k=3"];
        let recipe = recipe(words.into_iter().map(OsString::from));
        assert_eq!(recipe, "connectome train clt --prompt 'it'\\''s a b' --k=3");
    }
}
