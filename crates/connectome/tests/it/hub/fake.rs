//! A Hub on 127.0.0.1 that holds one small repository and answers as the real one does.
//!
//! It serves what `hf-hub` asks: the listing of a revision, and files with ranges, etags and
//! commit headers. Safetensors files are behind a redirect, as large files are on the Hub.
//! One connection at a time, each closed after its answer, each with a read timeout, so a
//! test that goes wrong ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the repository holds and how the server misbehaves.
#[derive(Clone, Default)]
pub(super) struct Repo {
    /// `user/name`.
    pub(super) name: &'static str,
    /// The commit that every revision in `revisions` stands for.
    pub(super) commit: &'static str,
    /// Branches and tags.
    pub(super) revisions: Vec<&'static str>,
    /// Path and content.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// Status and `x-error-code` of the listing, if it is refused.
    pub(super) refuse_listing: Option<(u16, &'static str)>,
    /// Status of the files, if they are refused although the listing is given.
    pub(super) refuse_files: Option<u16>,
    /// How many bytes of a body are sent before the connection breaks.
    pub(super) cut_after: Option<usize>,
    /// Whether a range other than the first byte is ignored and the whole file sent.
    pub(super) ignore_ranges: bool,
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) range: Option<String>,
    pub(super) authorization: Option<String>,
}

/// The running server; it stops when dropped.
pub(super) struct FakeHub {
    pub(super) endpoint: String,
    repo: Arc<Mutex<Repo>>,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeHub {
    pub(super) fn start(repo: Repo) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (repo, requests) = (Arc::new(Mutex::new(repo)), Arc::new(Mutex::new(Vec::new())));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (endpoint, repo, requests, stop) =
                (endpoint.clone(), repo.clone(), requests.clone(), stop.clone());
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let repo = repo.lock().unwrap().clone();
                    // A client that hangs up early is what some tests are about.
                    let _ = answer(stream.unwrap(), &endpoint, &repo, &requests);
                }
            }
        });
        Self { endpoint, repo, requests, stop, thread: Some(thread) }
    }

    /// Changes what the repository holds or how the server behaves.
    pub(super) fn change(&self, change: impl FnOnce(&mut Repo)) {
        change(&mut self.repo.lock().unwrap());
    }

    /// The requests since the last call.
    pub(super) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

impl Drop for FakeHub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes `incoming`; if that fails the thread has ended already.
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// The etag of a file, which is what the cache names its blob.
pub(super) fn etag(content: &[u8]) -> String {
    let hash = content.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn answer(
    stream: TcpStream,
    endpoint: &str,
    repo: &Repo,
    requests: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut request = Request { path, range: None, authorization: None };
    for line in lines {
        let line = line?;
        let Some((key, value)) = line.split_once(": ") else { break };
        match key.to_ascii_lowercase().as_str() {
            "range" => request.range = Some(value.to_owned()),
            "authorization" => request.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    requests.lock().unwrap().push(request.clone());
    respond(stream, &request, endpoint, repo)
}

fn respond(
    mut stream: TcpStream,
    request: &Request,
    endpoint: &str,
    repo: &Repo,
) -> std::io::Result<()> {
    let path = request.path.split('?').next().unwrap_or_default();
    let known = |revision: &str| revision == repo.commit || repo.revisions.contains(&revision);
    let plain = |status: u16, code: &str| {
        format!(
            "HTTP/1.1 {status} Fake\r\nX-Error-Code: {code}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        )
    };

    if let Some(revision) = path.strip_prefix(&format!("/api/models/{}/revision/", repo.name)) {
        let (status, code) = match repo.refuse_listing {
            Some(refusal) => refusal,
            None if known(revision) => (200, ""),
            None => (404, "RevisionNotFound"),
        };
        if status != 200 {
            return stream.write_all(plain(status, code).as_bytes());
        }
        let siblings: Vec<_> = repo
            .files
            .iter()
            .map(|(name, bytes)| serde_json::json!({"rfilename": name, "size": bytes.len()}))
            .collect();
        let body = serde_json::json!({"sha": repo.commit, "siblings": siblings}).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        return stream.write_all((head + &body).as_bytes());
    }

    let resolved = path.strip_prefix(&format!("/{}/resolve/", repo.name));
    let named = resolved.and_then(|rest| rest.split_once('/')).filter(|(at, _)| known(at));
    let content = match named {
        Some((_, name)) => repo.files.get(name).map(|content| (name, content)),
        None => path.strip_prefix("/cdn/").and_then(|wanted| {
            let mut files = repo.files.iter();
            files.find(|(_, c)| etag(c) == wanted).map(|(name, c)| (name.as_str(), c))
        }),
    };
    let Some((name, content)) = content else {
        let code = if path.starts_with(&format!("/api/models/{}", repo.name)) {
            "RevisionNotFound"
        } else if path.starts_with("/api/") {
            "RepoNotFound"
        } else {
            "EntryNotFound"
        };
        return stream.write_all(plain(404, code).as_bytes());
    };
    if let Some(status) = repo.refuse_files {
        return stream.write_all(plain(status, "GatedRepo").as_bytes());
    }
    let etag = etag(content);
    if named.is_some() && name.ends_with(".safetensors") {
        let head = format!(
            "HTTP/1.1 302 Found\r\nLocation: {endpoint}/cdn/{etag}\r\nX-Repo-Commit: {}\r\n\
             X-Linked-Etag: \"{etag}\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            repo.commit
        );
        return stream.write_all(head.as_bytes());
    }
    send_file(stream, request, repo, content)
}

/// Sends the range that was asked for, or as much of it as `cut_after` allows.
fn send_file(
    mut stream: TcpStream,
    request: &Request,
    repo: &Repo,
    content: &[u8],
) -> std::io::Result<()> {
    let range = request.range.as_deref().and_then(|range| range.strip_prefix("bytes="));
    let (start, end) = range.and_then(|range| range.split_once('-')).unwrap_or(("0", ""));
    let is_probe = (start, end) == ("0", "0");
    let start: usize = start.parse().unwrap();
    let end = end.parse::<usize>().map_or(content.len(), |last| last + 1).min(content.len());
    let (start, end) =
        if repo.ignore_ranges && !is_probe { (0, content.len()) } else { (start, end) };
    if start >= content.len() {
        let head = "HTTP/1.1 416 Fake\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return stream.write_all(head.as_bytes());
    }
    let body = &content[start..end];
    let mut head = String::new();
    let _ = write!(
        head,
        "HTTP/1.1 206 Partial Content\r\nETag: \"{}\"\r\nX-Repo-Commit: {}\r\n\
         Content-Range: bytes {start}-{}/{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        etag(content),
        repo.commit,
        end - 1,
        content.len(),
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    let sent = repo.cut_after.filter(|_| !is_probe).unwrap_or(body.len()).min(body.len());
    stream.write_all(&body[..sent])
}
