//! `connectome serve`: the workspace in a browser.

use std::net::SocketAddr;

use anyhow::Result;
use connectome_server::{ModelName, ServeError, Server, Settings, serve_until};
use serde_json::json;

use super::Ending;
use crate::args::serve::ServeArgs;
use crate::load;
use crate::printer::text;
use crate::progress::Interrupt;
use crate::report::TOOL;
use crate::settings::{self, World};

pub(crate) fn run(args: &ServeArgs, world: &World) -> Result<Ending> {
    settings::take_threads(args.threads)?;
    let folder = settings::workspace(args.dir.as_deref())?;
    let token = token(args)?;
    let host = match args.host {
        std::net::IpAddr::V4(host) => host.to_string(),
        std::net::IpAddr::V6(host) => format!("[{host}]"),
    };
    let settings = Settings {
        folder: folder.clone(),
        models: args.model.iter().map(|text| model(text)).collect(),
        hub: settings::hub(args.offline),
        hosts: args.name.iter().cloned().chain([host]).collect(),
        token: token.clone(),
        read_only: args.read_only,
        features: args.features.clone(),
        compat: args.compat.clone(),
        tour: true,
    };
    let interrupt =
        Interrupt::installed(world, "ending; what is being measured keeps what it has")?;
    let address = SocketAddr::new(args.host, args.port);
    let mut told = Ok(());
    let ready = |server: &Server| {
        server.notes().iter().for_each(|note| world.note(note));
        let address = server.address();
        let query = token.as_ref().map_or(String::new(), |token| format!("?token={token}"));
        let url = format!("http://{address}/{query}");
        let page = format!(
            "serving {url}\n  graphs and circuits in {}\n  Ctrl-C ends it\n",
            text::plain(&folder.display().to_string())
        );
        told = world.print(&page).and_then(|()| {
            let folder = folder.display().to_string();
            world.document(&json!({ "version": TOOL, "url": url, "folder": folder }))
        });
        if !args.no_open && world.watched && open::that_detached(&url).is_err() {
            world.note("no browser could be opened; open the address yourself");
        }
    };
    serve_until(settings, address, ready, move || interrupt.is_set()).map_err(plain)?;
    told?;
    Ok(Ending::Done)
}

/// `MODEL` or `MODEL=DICTIONARY`.
fn model(text: &str) -> ModelName {
    match text.split_once('=') {
        Some((model, dictionary)) => {
            ModelName { model: model.to_owned(), dictionary: Some(dictionary.to_owned()) }
        }
        None => ModelName { model: text.to_owned(), dictionary: None },
    }
}

/// The token, or one that nobody guesses where the address is not this machine's own.
fn token(args: &ServeArgs) -> Result<Option<String>> {
    if args.token.is_some() || args.host.is_loopback() {
        return Ok(args.token.clone());
    }
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// The error inside, for which there are hints.
pub(crate) fn plain(error: ServeError) -> anyhow::Error {
    match error {
        ServeError::Open(error) => load::plain(error),
        ServeError::Run(error) => error.into(),
        ServeError::Graph(error) => error.into(),
        ServeError::Features(error) => error.into(),
        other => other.into(),
    }
}
