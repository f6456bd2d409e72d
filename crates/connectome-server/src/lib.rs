//! The server of `connectome serve`: a store of graphs, models that can be asked, a queue of
//! jobs, and the page.
//!
//! ```text
//! socket ─► guard ─► routes ─┬─► circuits   a graph, without its model
//!                            ├─► engine     models: passes, traces, interventions
//!                            ├─► features   indexes: examples, names, weights
//!                            ├─► jobs       long work, one at a time
//!                            └─► store      files, whole or not at all
//! ```
//!
//! What goes over the wire is in [`wire`]; `docs/server.md` tells it to people. The crate knows no
//! flag, prints nothing and reads no variable of the environment: [`Settings`] say everything.
//!
//! # Invariants
//!
//! - Nothing is computed on a thread that serves sockets.
//! - No text of a request becomes a path: names are checked once, in `id.rs`.
//! - Killed at any moment, the store holds whole files.

mod circuits;
mod edges_csv;
mod engine;
mod error;
mod features;
mod figure;
mod guard;
mod id;
mod jobs;
mod pack;
mod page;
mod page_file;
mod routes;
mod saved;
mod shell;
mod store;
pub mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use connectome::hub::HubSettings;
use connectome::organism;
use futures_util::future::Either;

pub use circuits::{Side, compare, recurring, suggest_groups};
pub use edges_csv::edges_csv;
pub use engine::ModelName;
pub use error::ServeError;
pub use figure::{Drawn, Sources, draw};
pub use pack::MAGIC;
pub use page_file::{FeaturesInside, PageSources, PageWritten, page_file};
pub use saved::SavedView;

use engine::Engine;
use features::Indexes;
use jobs::Jobs;
use store::Store;
use wire::{JobKind, JobResult, PromptAsk, TraceAsk};

/// The program and its version, as files and answers say it.
pub const TOOL: &str = concat!("connectome ", env!("CARGO_PKG_VERSION"));

/// How often the end is looked for.
const LOOKS: Duration = Duration::from_millis(100);
/// How long connections that do not end are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The store's folder; made if it is not there.
    pub folder: PathBuf,
    /// Models beside those that ship; the first is the default one.
    pub models: Vec<ModelName>,
    /// Where models are found.
    pub hub: HubSettings,
    /// Hosts that requests may name, beside this machine's own names.
    pub hosts: Vec<String>,
    /// What every request must bring, if anything.
    pub token: Option<String>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Feature indexes beside those that are found.
    pub features: Vec<PathBuf>,
    /// A folder with the files of another frontend, served at `/compat/`.
    pub compat: Option<PathBuf>,
    /// Whether a new store gets a graph to look at.
    pub tour: bool,
}

/// What handlers work with.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) indexes: Indexes,
    pub(crate) jobs: Jobs,
    pub(crate) settings: Settings,
    /// Hosts that requests may name.
    pub(crate) hosts: Vec<String>,
    /// The address that is bound.
    pub(crate) host: String,
}

/// A server that is bound and ready to serve.
pub struct Server {
    app: Arc<App>,
    notes: Vec<String>,
    listener: tokio::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Opens the store and the models, and binds the address.
    ///
    /// # Errors
    ///
    /// [`ServeError::Store`], [`ServeError::Open`] and [`ServeError::Features`] if the store, a
    /// model or an index cannot be opened;
    /// [`ServeError::Bad`] if the address cannot be bound, or another frontend's folder is none.
    pub async fn bind(settings: Settings, address: SocketAddr) -> Result<Self, ServeError> {
        if let Some(folder) = settings.compat.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(ServeError::bad(format!("there is no folder `{}`", folder.display())));
        }
        let store = Store::open(&settings.folder)?;
        let engine = Engine::new(settings.hub.clone(), &settings.models)?;
        let indexes = Indexes::open(&settings.features, &settings.folder)?;
        let listener =
            tokio::net::TcpListener::bind(address).await.map_err(|source| ServeError::Bad {
                what: format!("cannot listen on {address}: {source}"),
                hint: Some("is another server there? `--port 0` takes any free port"),
            })?;
        let address = listener.local_addr().map_err(|error| ServeError::bad(error.to_string()))?;
        let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        hosts.extend(settings.hosts.iter().cloned());
        let jobs = Jobs::start(store.jobs_folder());
        let host = address.to_string();
        let app = Arc::new(App { store, engine, indexes, jobs, settings, hosts, host });
        let notes = app.index_notes()?;
        if app.settings.tour && app.store.is_new() && !app.settings.read_only {
            app.make_tour()?;
        }
        Ok(Self { app, notes, listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What whoever started it should know, a sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Serves until `end` comes; then jobs are cancelled, and what they have is kept.
    ///
    /// # Errors
    ///
    /// [`ServeError::Fault`] if the socket fails.
    pub async fn serve(
        self,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let app = self.app.clone();
        let guard = axum::middleware::from_fn_with_state(app.clone(), guard::guard);
        let router = routes::router(app.clone()).layer(guard);
        let of_end = app.clone();
        let end = async move {
            end.await;
            // Jobs first: streams of their events end with them, and connections after those.
            let _ = tokio::task::spawn_blocking(move || of_end.jobs.close()).await;
        };
        let served = axum::serve(self.listener, router).with_graceful_shutdown(end).await;
        served.map_err(|error| ServeError::Fault { reason: error.to_string() })
    }
}

/// Serves with a runtime of its own: `ready` is given the server as soon as it is bound, and it
/// ends when `ended` says so.
///
/// # Errors
///
/// As [`Server::bind`] and [`Server::serve`].
pub fn serve_until(
    settings: Settings,
    address: SocketAddr,
    ready: impl FnOnce(&Server),
    ended: impl Fn() -> bool + Send + 'static,
) -> Result<(), ServeError> {
    let fault = |error: std::io::Error| ServeError::Fault { reason: error.to_string() };
    let runtime = tokio::runtime::Runtime::new().map_err(fault)?;
    let served = runtime.block_on(async {
        let server = Server::bind(settings, address).await?;
        ready(&server);
        let (told, mut hears) = tokio::sync::watch::channel(false);
        let end = async move {
            while !ended() {
                tokio::time::sleep(LOOKS).await;
            }
            // Nobody hears it if serving has failed meanwhile.
            let _ = told.send(true);
        };
        let patience = async move {
            // An error means that the server has ended.
            let _ = hears.wait_for(|ended| *ended).await;
            tokio::time::sleep(PATIENCE).await;
            Ok(())
        };
        let (served, patience) = (std::pin::pin!(server.serve(end)), std::pin::pin!(patience));
        match futures_util::future::select(served, patience).await {
            Either::Left((done, _)) | Either::Right((done, _)) => done,
        }
    });
    runtime.shutdown_timeout(LOOKS);
    served
}

impl App {
    /// Traces the default model's example, so that a new store has something to look at.
    fn make_tour(self: &Arc<Self>) -> Result<(), ServeError> {
        let name = self.engine.default_model();
        let Some(organism) = organism::by_name(name) else { return Ok(()) };
        let prompt = PromptAsk {
            model: Some(name.to_owned()),
            text: Some(organism.example.to_owned()),
            ..PromptAsk::default()
        };
        let ask = TraceAsk {
            prompt,
            targets: None,
            position: None,
            expand: None,
            title: Some("Tour".to_owned()),
        };
        let app = self.clone();
        let work = Box::new(move |reporter: &jobs::Reporter| {
            let graph = app.engine.trace(&ask, reporter)?;
            let (id, _) = app.store.add(&graph, ask.title.as_deref())?;
            app.store.set_card(&store::StoreCard { tour: Some(id.to_string()) })?;
            let partial = graph.extent().partial;
            Ok(JobResult { graph: Some(id.to_string()), run: None, probe: None, partial })
        });
        self.jobs.add(JobKind::Trace, organism.example.to_owned(), None, work)?;
        Ok(())
    }
}
