//! `connectome train lm`: a config or a checkpoint, and data, to a model.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use connectome::error::LoadError;
use connectome::files::Folder;
use connectome::hub::Files;
use connectome::lm::ModelConfig;
use connectome::lm::config::HfConfig;
use connectome::lm::families;
use connectome::lm::names::NameMap;
use connectome::tokenizer::Tokenizer;
use connectome::train::corpus::{self, Corpus};
use connectome::train::lm::{
    Arrangement, Begin, Documents, Ended, Every, Finished, Measures, Net, Order, Packing,
    Precision, Published, Questions, Run, Trainer, mimetic, start,
};
use connectome::train::unknown::unknown_words;
use connectome::weights::Weights;
use serde_json::{Value, json};

use super::Ending;
use crate::args::train::{CutArg, DtypeArg};
use crate::args::train_lm::{DataArgs, Init, StartArgs, TrainLmArgs};
use crate::failure::UsageError;
use crate::progress::Interrupt;
use crate::progress::train_lm::TrainWatch;
use crate::report::train_lm::{TrainHead, TrainReport};
use crate::settings::{self, World};
use crate::{load, printer};

pub(crate) fn run(args: &TrainLmArgs, world: &World) -> Result<Ending> {
    settings::take_threads(args.model.threads)?;
    settings::train_lm::check(args)?;
    let model = Start::find(&args.model, world)?;
    let net = Net::new(model.config.clone(), &model.names);
    let tokens = Tokens::choose(&args.data, &model)?;
    let options = settings::train_lm::options(args, &net, tokens.isolate)?;
    let mut data = documents(args, &model, &tokens)?;
    note_left_out(&data, &model, world);
    let measures = measures(args, &model, &net, &tokens, options.n_tokens)?;
    let (params, origin) = model.params(&args.model, &net)?;

    let head = TrainHead::of(&net, &options, data.corpus().len(), model.named());
    let interrupt = Interrupt::installed(world, "ending with a checkpoint")?;
    let tokens_a_step = (options.batch_rows * options.n_tokens) as u64;
    let mut watch = TrainWatch::new(world, interrupt, options.n_steps, tokens_a_step);
    if !world.json {
        watch = watch.opening_with(printer::train_lm::head(&head, world.screen));
    }
    let run = Run {
        trainer: Trainer::new(net, params, options),
        source: &mut data,
        measures,
        published: Published {
            config: &model.json,
            class: model.names.class,
            precision: match args.dtype {
                DtypeArg::F32 => Precision::F32,
                DtypeArg::Bf16 => Precision::Bf16,
            },
        },
        tokenizer: Some(&model.tokenizer_folder),
        start: origin,
        every: Every {
            log: args.measure.log_every,
            evaluate: args.measure.eval_every,
            save: args.measure.save_every,
        },
        folder: args.out.clone(),
    };
    let begin = if args.resume { Begin::Resume } else { Begin::Fresh };
    let Finished { trainer, ended } = run.train(begin, &mut watch)?;
    let report = TrainReport::of(head, &trainer, ended, &watch, &args.out);
    drop(watch);
    world.print(&printer::train_lm::page(&report, world.screen))?;
    world.document(&report)?;
    if ended == Ended::Stopped {
        world.note("stopped; the same command with `--resume` goes on");
        return Ok(Ending::Interrupted);
    }
    Ok(Ending::Done)
}

/// What is trained, before its numbers.
struct Start {
    config: ModelConfig,
    names: NameMap,
    /// `config.json` of the decoder alone.
    json: Value,
    /// Of the weights, if there are any.
    folder: Option<Folder>,
    tokenizer_folder: Folder,
    tokenizer: Option<Arc<Tokenizer>>,
}

impl Start {
    fn find(args: &StartArgs, world: &World) -> Result<Self> {
        let (folder, file) = match (&args.from, &args.config) {
            (Some(from), _) => {
                let folder = load::folder(from, Files::Model, args.offline, world)?;
                (folder, "config.json".to_owned())
            }
            (None, Some(path)) => {
                let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
                (Folder::Disk(settings::folder(path)), file.unwrap_or_default())
            }
            (None, None) => return Err(UsageError::NoStart.into()),
        };
        let json = families::text_config(&folder.json(&file)?);
        let hf = HfConfig::new(json.clone(), folder.path(&file));
        let (config, names) = families::describe(&hf)?;
        let tokenizer_folder = match &args.tokenizer {
            Some(text) => load::folder(text, Files::Model, args.offline, world)?,
            None => folder.clone(),
        };
        let tokenizer = load::open_tokenizer(&tokenizer_folder)?.map(Arc::new);
        if let (Some(_), None) = (&args.tokenizer, &tokenizer) {
            let path = tokenizer_folder.root();
            return Err(LoadError::MissingFile { file: "tokenizer.json".to_owned(), path }.into());
        }
        let folder = args.from.is_some().then_some(folder);
        Ok(Self { config, names, json, folder, tokenizer_folder, tokenizer })
    }

    /// What a person calls the kind of model.
    fn named(&self) -> String {
        self.config.family.clone()
    }

    /// The first parameters, and what they are, for the run's config.
    fn params(&self, args: &StartArgs, net: &Net) -> Result<(Vec<f32>, Value)> {
        let Some(folder) = &self.folder else {
            let of_config = self.json["initializer_range"].as_f64();
            let spread = args.init_std.or(of_config).unwrap_or(0.02);
            let mut params = start::random(net.layout(), net.config(), args.seed, spread as f32);
            let mut origin = json!({ "seed": args.seed, "init_std": spread });
            if args.init == Init::Mimetic {
                mimetic(net.layout(), &mut params, spread as f32);
                origin["init"] = "mimetic".into();
            }
            return Ok((params, origin));
        };
        let weights = Weights::open_checkpoint(folder)?;
        let params = start::checkpoint(net.layout(), &self.names, &weights)?;
        Ok((params, json!({ "checkpoint": weights.fingerprint(&folder.open("config.json")?) })))
    }
}

/// The tokens that stand around documents.
struct Tokens {
    opens: Option<u32>,
    closes: Option<u32>,
    isolate: Option<u32>,
}

impl Tokens {
    fn choose(args: &DataArgs, model: &Start) -> Result<Self> {
        let tokenizer = model.tokenizer.as_deref();
        let named = |text: &str| -> Result<u32> {
            if let Some(id) = text.strip_prefix("id:") {
                let n_vocab = model.config.n_vocab;
                let id = id.parse::<u32>().ok().filter(|id| (*id as usize) < n_vocab);
                return Ok(id.ok_or_else(|| UsageError::TokenId { found: text.to_owned() })?);
            }
            let missing = || UsageError::NoTokenizer { found: text.to_owned() };
            Ok(tokenizer.ok_or_else(missing)?.single_token(text)?)
        };
        let opens = match args.bos.as_deref() {
            None => tokenizer.and_then(Tokenizer::bos_id),
            Some("none") => None,
            Some(text) => Some(named(text)?),
        };
        let closes = args.eos.as_deref().map(named).transpose()?;
        let isolate = if args.isolate { opens } else { None };
        if args.isolate && isolate.is_none() {
            return Err(UsageError::NothingToIsolate.into());
        }
        Ok(Self { opens, closes, isolate })
    }
}

/// The documents to train on.
fn documents(args: &TrainLmArgs, model: &Start, tokens: &Tokens) -> Result<Documents> {
    let data = &args.data;
    let order = match data.in_order {
        true => Order::AsGiven,
        false => Order::Shuffled { seed: args.model.seed },
    };
    let packing = if data.apart { Packing::Apart } else { Packing::Packed };
    open(&data.data, data, model, tokens, (packing, order))
}

fn open(
    paths: &[PathBuf],
    args: &DataArgs,
    model: &Start,
    tokens: &Tokens,
    (packing, order): (Packing, Order),
) -> Result<Documents> {
    let cut = match args.cut {
        CutArg::Lines => corpus::Cut::Lines,
        CutArg::Paragraphs => corpus::Cut::Paragraphs,
        CutArg::Files => corpus::Cut::Files,
    };
    let n_vocab = model.config.n_vocab;
    let corpus = Corpus::open(paths, corpus::Reading { cut, n_vocab })?;
    let (opens, closes) = (tokens.opens, tokens.closes);
    let arrangement = Arrangement { opens, closes, packing, order };
    Ok(Documents::new(corpus, model.tokenizer.clone(), n_vocab, arrangement)?)
}

/// Says what of the text the model will not see.
fn note_left_out(data: &Documents, model: &Start, world: &World) {
    let tokenizer = model.tokenizer.as_ref();
    if let Some(unknown) = tokenizer.and_then(|own| unknown_words(data.corpus(), own)) {
        world.note(&unknown.to_string());
    }
    if let Some(note) = data.corpus().left_out() {
        world.note(&note);
    }
}

/// What the model is measured on while it trains.
fn measures(
    args: &TrainLmArgs,
    model: &Start,
    net: &Net,
    tokens: &Tokens,
    n_tokens: usize,
) -> Result<Measures> {
    let measure = &args.measure;
    let mut measures = Measures::default();
    if !measure.eval_data.is_empty() {
        let packing = if args.data.apart { Packing::Apart } else { Packing::Packed };
        let paths = &measure.eval_data;
        let mut data = open(paths, &args.data, model, tokens, (packing, Order::AsGiven))?;
        measures.held_out = Some(data.first_rows(measure.eval_rows, n_tokens)?);
    }
    if let Some(path) = &measure.questions {
        let tokenizer = model.tokenizer.as_deref();
        measures.questions = Some(Questions::open(path, tokenizer, net, tokens.opens)?);
    }
    Ok(measures)
}
