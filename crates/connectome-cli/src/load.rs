//! From what a user names to a loaded model, dictionary and tokenizer: `connectome::open` with the
//! command line's settings, bars and errors.

use anyhow::Result;
use connectome::files::Folder;
use connectome::hub::Files;
use connectome::open::{OpenError, Opener};
use connectome::tokenizer::Tokenizer;
use connectome::transcoder::Transcoder;

pub(crate) use connectome::open::Opened as Loaded;

use crate::args::ModelArgs;
use crate::failure::UsageError;
use crate::progress::Downloads;
use crate::settings::{self, World};

/// Loads what the arguments name, or what ships.
pub(crate) fn load(args: &ModelArgs, world: &World) -> Result<Loaded> {
    settings::take_threads(args.threads)?;
    let (model, dictionary) = match (args.model.as_deref(), args.transcoder.as_deref()) {
        (None, None) => (Some(settings::default_model()?.name), None),
        named => named,
    };
    with(args.offline, world, |opener| opener.pair(model, dictionary))
}

/// A model's tokenizer alone.
pub(crate) fn tokenizer(model: &str, offline: bool, world: &World) -> Result<Tokenizer> {
    with(offline, world, |opener| opener.tokenizer(model))
}

/// The folder that holds what a user names.
pub(crate) fn folder(text: &str, files: Files, offline: bool, world: &World) -> Result<Folder> {
    with(offline, world, |opener| opener.folder(text, files))
}

/// A dictionary, with the layers that its config keeps elsewhere.
pub(crate) fn transcoder(folder: &Folder, offline: bool, world: &World) -> Result<Transcoder> {
    with(offline, world, |opener| opener.transcoder(folder))
}

/// Opens the tokenizer of a model's folder, if there is one.
pub(crate) fn open_tokenizer(folder: &Folder) -> Result<Option<Tokenizer>> {
    Ok(Tokenizer::open(folder)?)
}

fn with<T>(
    offline: bool,
    world: &World,
    open: impl FnOnce(&mut Opener<'_>) -> Result<T, OpenError>,
) -> Result<T> {
    let hub = settings::hub(offline);
    let mut downloads = Downloads::new(world);
    let mut tell = |event: connectome::hub::DownloadEvent<'_>| downloads.tell(event);
    open(&mut Opener { hub: &hub, tell: &mut tell }).map_err(plain)
}

/// The error inside, for which there are hints.
pub(crate) fn plain(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::NoTranscoder { model } => UsageError::NoTranscoder { model }.into(),
        OpenError::NoModelName { path } => UsageError::NoModelName { path }.into(),
        OpenError::Load(error) => error.into(),
        OpenError::Hub(error) => error.into(),
        OpenError::Tokenizer(error) => error.into(),
        OpenError::Run(error) => error.into(),
        other => other.into(),
    }
}
