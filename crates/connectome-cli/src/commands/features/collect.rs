//! `connectome features collect`: text to a feature index.

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome::features::collect::{self, Ending as Ended, Job, Names, Options, Start};
use connectome::features::examples::Window;
use serde_json::json;

use super::text::Text;
use crate::args::CollectArgs;
use crate::commands::Ending;
use crate::progress::Interrupt;
use crate::progress::features::CollectWatch;
use crate::report::TOOL;
use crate::report::features::CollectReport;
use crate::settings::{self, World};
use crate::{load, printer};

pub(super) fn run(args: &CollectArgs, world: &World) -> Result<Ending> {
    let mut options = options(args)?;
    options.check()?;
    let loaded = load::load(&args.model, world)?;
    loaded.note.iter().for_each(|note| world.note(note));
    let out = args.out.clone().unwrap_or_else(|| loaded.features_path());
    settings::writable(&out)?;
    let text = Text::open(&args.text, &loaded)?;
    text.left_out().iter().for_each(|note| world.note(note));
    options.n_tokens = options.n_tokens.or(text.usual_tokens());
    let source = text.source(&loaded)?;

    let token_text = |id| loaded.token_text(id);
    let names =
        Names { model: &loaded.model_name, dictionary: &loaded.dictionary_name, tool: TOOL };
    let job = Job {
        replacement: &loaded.replacement,
        source: source.as_ref(),
        token_text: &token_text,
        names,
        out: &out,
        options: &options,
    };
    let start = if args.resume { Start::Resume } else { Start::New };
    let mut watch = CollectWatch::new(world, Interrupt::installed(world, "keeping the state")?);
    let ended = collect::run(job, start, &mut watch)?;
    drop(watch);
    match ended {
        Ended::Finished(_) => {
            let report = CollectReport::of(&FeatureIndex::open(&out)?)?;
            world.print(&printer::features::collected(&report, world.screen))?;
            world.document(&report)?;
            Ok(Ending::Done)
        }
        Ended::Interrupted { tokens } => {
            let partial = collect::partial(&out).display().to_string();
            world
                .document(&json!({ "ended": "interrupted", "tokens": tokens, "state": partial }))?;
            world.note("stopped; the same command with `--resume` goes on");
            Ok(Ending::Interrupted)
        }
    }
}

fn options(args: &CollectArgs) -> Result<Options> {
    let kept = &args.kept;
    let tokens = args.text.tokens.as_deref();
    let tokens = tokens.map(|text| settings::train_clt::tokens("`--tokens`", text)).transpose()?;
    Ok(Options {
        n_strongest: kept.strongest,
        n_sampled: kept.sampled,
        window: Window { before: kept.before, after: kept.after },
        n_partners: kept.partners,
        n_effects: kept.effects,
        n_tokens: tokens,
        seed: kept.seed,
    })
}
