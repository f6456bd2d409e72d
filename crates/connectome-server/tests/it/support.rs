//! A server on a free port of loopback, and a client.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use connectome::features::collect::{
    self, Ending, Flow, Job, Names, Options, Progress, Start, Watch,
};
use connectome::features::source::Made;
use connectome::hub::HubSettings;
use connectome::open::{Opener, Wanted};
use connectome::train::transcoder::activations::Sequence;
use connectome_graph::AttributionGraph;
use connectome_server::{Server, Settings, serve_until};
use serde_json::{Value, json};

pub(crate) const PROMPT: &str = "the capital of the state containing oak port is";

/// A server that ends with the test.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    folder: Option<tempfile::TempDir>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The sentence of a refusal, which must be one line.
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let error = &self.json()["error"];
        assert_eq!(error["status"], status);
        let what = error["what"].as_str().unwrap().to_owned();
        assert!(!what.is_empty() && !what.contains('\n'), "{what}");
        what
    }
}

impl Served {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut served = Self::at(folder.path(), change);
        served.folder = Some(folder);
        served
    }

    /// On a store that may be there already.
    pub(crate) fn at(folder: &Path, change: impl FnOnce(&mut Settings)) -> Self {
        let hub = HubSettings { offline: true, ..HubSettings::with_cache(folder.join("no-hub")) };
        let mut settings = Settings {
            folder: folder.join("store"),
            models: Vec::new(),
            hub,
            hosts: Vec::new(),
            token: None,
            read_only: false,
            features: Vec::new(),
            compat: None,
            tour: false,
        };
        change(&mut settings);
        let end = Arc::new(AtomicBool::new(false));
        let flag = end.clone();
        let (told, hears) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let ready = |server: &Server| told.send(server.address()).unwrap();
            let ended = move || flag.load(Ordering::SeqCst);
            serve_until(settings, "127.0.0.1:0".parse().unwrap(), ready, ended).unwrap();
        });
        let address = hears.recv().unwrap();
        Self { address, folder: None, end, thread: Some(thread) }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("store")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Got {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = agent.run(request.body(body).unwrap()).unwrap();
        let headers = response.headers().iter();
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
        Got { status, headers, bytes: body }
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send("POST", path, &[], body.to_string().as_bytes())
    }

    /// An answer that must be good.
    pub(crate) fn ok(&self, path: &str) -> Value {
        let got = self.get(path);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        got.json()
    }

    pub(crate) fn ask(&self, path: &str, body: &Value) -> Value {
        let got = self.post(path, body);
        assert!(got.status < 300, "{path}: {} {}", got.status, got.text());
        got.json()
    }

    /// Bytes as they stand, for what a good client does not send.
    pub(crate) fn raw(&self, request: &str) -> Got {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Got { status, headers, bytes: bytes[end + 4..].to_vec() }
    }

    /// The end of a job.
    pub(crate) fn wait(&self, job: &str) -> Value {
        let since = Instant::now();
        loop {
            let found = self.ok(&format!("/api/jobs/{job}"));
            let state = found["state"].as_str().unwrap();
            if ["finished", "failed", "cancelled"].contains(&state) {
                return found;
            }
            assert!(since.elapsed() < Duration::from_secs(300), "{found}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A job that must end well; what it made.
    pub(crate) fn done(&self, path: &str, body: &Value) -> Value {
        let started = self.ask(path, body);
        let job = self.wait(started["job"].as_str().unwrap());
        assert_eq!(job["state"], "finished", "{job}");
        job["result"].clone()
    }

    /// The id of a graph of [`PROMPT`], imported from one that is traced once.
    pub(crate) fn graph(&self) -> String {
        let got = self.send("POST", "/api/graphs/import", &[], traced());
        assert_eq!(got.status, 200, "{}", got.text());
        got.json()["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

/// Sentences of the shipped model's world: few, so that an index of them is quick to make.
const SENTENCES: [&str; 4] = [
    PROMPT,
    "the bird of the state containing oak port is falcon",
    "the river of the state containing cold ridge is Vyrnwy",
    "the capital of the state containing cold ridge is Rowan",
];

/// An index of the shipped dictionary, collected once; the bytes of its file.
pub(crate) fn collected() -> &'static [u8] {
    static COLLECTED: OnceLock<Vec<u8>> = OnceLock::new();
    COLLECTED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let hub = HubSettings::with_cache(folder.path().join("no-hub"));
        let mut opener = Opener { hub: &hub, tell: &mut |_| {} };
        let opened = opener.pair(Some("two-hop"), None).unwrap();
        let sequences = |document: u32| {
            let wanted = Wanted::Text(SENTENCES[document as usize].to_owned());
            let tokens = opened.prepare(&wanted).unwrap().tokens;
            Ok(vec![Sequence { model: 0, ids: tokens.ids, n_skipped: tokens.n_zeroed }])
        };
        let n_documents = SENTENCES.len() as u32;
        let source = Made { n_documents, identity: json!("sentences"), sequences };
        let out = folder.path().join("two-hop-clt.features");
        let (model, dictionary) = (opened.model_name.as_str(), opened.dictionary_name.as_str());
        let job = Job {
            replacement: &opened.replacement,
            source: &source,
            token_text: &|id| opened.token_text(id),
            names: Names { model, dictionary, tool: "test" },
            out: &out,
            options: &Options::default(),
        };
        let ended = collect::run(job, Start::New, &mut GoesOn).unwrap();
        assert!(matches!(ended, Ending::Finished(_)));
        std::fs::read(out).unwrap()
    })
}

struct GoesOn;

impl Watch for GoesOn {
    fn step(&mut self, _: Progress) -> Flow {
        Flow::Continue
    }

    fn note(&mut self, text: String) {
        panic!("nothing is to be said: {text}");
    }
}

/// A traced graph, as the bytes of its file.
pub(crate) fn traced() -> &'static [u8] {
    static TRACED: OnceLock<Vec<u8>> = OnceLock::new();
    TRACED.get_or_init(|| {
        let served = Served::new();
        let made = served.done("/api/graphs", &trace_of(PROMPT));
        let id = made["graph"].as_str().unwrap();
        let path = served.store().join("graphs").join(id).join("graph.connectome");
        std::fs::read(path).unwrap()
    })
}

pub(crate) fn trace_of(text: &str) -> Value {
    json!({ "prompt": { "model": "two-hop", "text": text } })
}

pub(crate) fn graph() -> AttributionGraph {
    AttributionGraph::from_bytes(traced()).unwrap()
}

/// The features of largest influence, the largest first.
pub(crate) fn strongest(n: usize) -> Vec<u32> {
    let graph = graph();
    let influence = connectome_graph::influence(&graph);
    let mut all: Vec<usize> = graph.nodes().feature_range().collect();
    all.sort_by(|a, b| influence.node[*b].total_cmp(&influence.node[*a]));
    all.into_iter().take(n).map(|place| place as u32).collect()
}
