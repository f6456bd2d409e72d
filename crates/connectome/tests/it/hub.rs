//! References, caches and downloads, against a Hub of our own on 127.0.0.1.
//!
//! What would otherwise be seen only by a user far away: a download that breaks off and is
//! taken for a whole model, a token that is not sent, a name from a listing that leaves the
//! cache.

#![expect(clippy::unwrap_used, reason = "a test's helper may panic like the test")]

mod fake;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use connectome::hub::{
    DownloadEvent, Files, HubError, HubRef, HubSettings, Source, fetch, list_cached, resolve,
    resolve_file,
};
use fake::{FakeHub, Repo, etag};
use tempfile::TempDir;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const NEWER: &str = "89abcdef0123456789abcdef0123456789abcdef";

/// A repository `org/tiny` whose files hold their own names, repeated.
fn repo(names: &[&str]) -> Repo {
    let content = |name: &str| format!("<{name}>").repeat(200).into_bytes();
    Repo {
        name: "org/tiny",
        commit: COMMIT,
        revisions: vec!["main", "v1"],
        files: names.iter().map(|name| ((*name).to_owned(), content(name))).collect(),
        ..Repo::default()
    }
}

fn model() -> Repo {
    repo(&["README.md", "config.json", "model.safetensors", "tokenizer.json", "onnx/config.json"])
}

fn dictionary() -> Repo {
    let inside = ["config.yaml", "layer_0.safetensors", "layer_1.safetensors"];
    let inside = inside.map(|name| format!("small/{name}"));
    repo(&[&inside[0], &inside[1], &inside[2], "config.yaml", "small/features/index.json.gz"])
}

fn settings(hub: &FakeHub, cache: &TempDir) -> HubSettings {
    HubSettings { endpoint: hub.endpoint.clone(), ..HubSettings::with_cache(cache.path()) }
}

fn offline(settings: &HubSettings) -> HubSettings {
    HubSettings {
        offline: true,
        // Nothing listens there: a request would be an error and not a success.
        endpoint: "http://127.0.0.1:9".to_owned(),
        ..settings.clone()
    }
}

fn get(text: &str, files: Files, settings: &HubSettings) -> Result<PathBuf, HubError> {
    resolve(&Source::parse(text).unwrap(), files, settings, &mut |_| {})
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every file below `dir` that is not a link, a lock or a part, with its length.
fn blobs(cache: &TempDir) -> BTreeMap<String, u64> {
    let dir = cache.path().join("models--org--tiny/blobs");
    let names = if dir.exists() { names(&dir) } else { Vec::new() };
    let names = names.into_iter().filter(|name| !name.ends_with(".lock"));
    names.map(|name| (name.clone(), fs::metadata(dir.join(name)).unwrap().len())).collect()
}

#[test]
fn a_reference_is_a_repository_a_path_and_a_revision() {
    let parts = |text: &str| {
        let reference = HubRef::parse(text).unwrap();
        let again = HubRef::parse(&reference.to_string()).unwrap();
        assert_eq!(again, reference, "{text} does not survive being printed");
        [reference.repo(), reference.path(), reference.revision()].map(str::to_owned)
    };
    assert_eq!(parts("google/gemma-2-2b"), ["google/gemma-2-2b", "", "main"]);
    assert_eq!(parts("gpt2"), ["gpt2", "", "main"]);
    assert_eq!(parts("user/repo/a/b@v1.0"), ["user/repo", "a/b", "v1.0"]);
    assert_eq!(parts("user/repo@refs/pr/3"), ["user/repo", "", "refs/pr/3"]);
    assert_eq!(
        parts("hf://user/repo/layer_0/width_16k/params.npz?revision=abc"),
        ["user/repo", "layer_0/width_16k/params.npz", "abc"]
    );
    assert_eq!(parts("hf://user/repo/x?revision="), ["user/repo", "x", "main"]);
    assert_eq!(parts("gemma"), ["mwhanna/gemma-scope-transcoders", "", "main"]);
    assert_eq!(parts("llama"), ["mntss/transcoder-Llama-3.2-1B", "", "main"]);
}

#[test]
fn a_reference_that_leaves_its_repository_is_refused_in_one_sentence() {
    let long = format!("user/{}", "a".repeat(2000));
    let refused = [
        "user/repo/../../../etc/passwd",
        "user/..",
        "user/repo/./x",
        "user/repo//x",
        "user/repo/",
        "user//repo",
        "user/repo@../../x",
        "user/repo@",
        "user/repo@/etc",
        "user/repo\\..\\x",
        "user/re\0po",
        "user/repo/a\nb",
        "user/repo/a b",
        "user/repo/%2e%2e/x",
        "user/re--po",
        "-user/repo",
        "user/.git",
        "",
        "hf://user/repo/../x",
        "hf:///etc/passwd",
        "hf://repo",
        "hf://user/repo/x?token=1",
        "hf://user/repo/x?revision=../../x",
        "user/repo/é",
        long.as_str(),
    ];
    for text in refused {
        match Source::parse(text) {
            Err(error @ HubError::BadReference { .. }) => {
                let message = error.to_string();
                assert!(!message.chars().any(char::is_control), "{text:?}: {message:?}");
                assert!(message.len() < 400, "{text:?}: {message}");
            }
            other => panic!("{text:?} gave {other:?}"),
        }
    }
}

#[test]
fn a_local_path_is_taken_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().to_str().unwrap();
    assert_eq!(Source::parse(text).unwrap(), Source::Dir(dir.path().to_path_buf()));

    let file = dir.path().join("model.safetensors");
    fs::write(&file, "x").unwrap();
    let error = Source::parse(file.to_str().unwrap()).unwrap_err();
    assert!(matches!(error, HubError::NotADirectory { .. }), "{error}");

    for absent in ["/no/such/dir", "./no-such-dir", "../../no-such-dir", "~/no-such-dir"] {
        let error = Source::parse(absent).unwrap_err();
        assert!(matches!(error, HubError::NoDirectory { .. }), "{absent}: {error}");
    }
}

#[test]
fn a_name_joined_to_a_reference_stays_below_it() {
    let reference = HubRef::parse("user/repo/clt@v1").unwrap();
    let joined = reference.join("features/index.json.gz").unwrap();
    assert_eq!(joined.to_string(), "user/repo/clt/features/index.json.gz@v1");
    for name in ["../x", "/etc/passwd", "a\\b", ""] {
        let error = reference.join(name).unwrap_err();
        assert!(matches!(error, HubError::UnsafeName { .. }), "{name:?}: {error}");
    }
}

#[test]
fn settings_come_from_the_usual_variables() {
    let home = tempfile::tempdir().unwrap();
    let from = |pairs: &[(&str, &str)]| {
        let map: BTreeMap<_, _> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        HubSettings::from_env(move |key| map.get(key).cloned(), Some(home.path().to_path_buf()))
    };
    let cache = |pairs: &[(&str, &str)]| from(pairs).cache_dirs[0].clone();
    let home_cache = home.path().join(".cache/huggingface");

    assert_eq!(cache(&[]), home_cache.join("hub"));
    assert_eq!(cache(&[("XDG_CACHE_HOME", "/x")]), Path::new("/x/huggingface/hub"));
    assert_eq!(cache(&[("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")]), Path::new("/h/hub"));
    assert_eq!(cache(&[("HF_HUB_CACHE", "/c"), ("HF_HOME", "/h")]), Path::new("/c"));
    assert_eq!(cache(&[("HF_HOME", "~/h")]), home.path().join("h/hub"));
    assert_eq!(cache(&[("HF_HOME", "  ")]), home_cache.join("hub"));

    assert_eq!(from(&[]).endpoint, "https://huggingface.co");
    assert_eq!(from(&[("HF_ENDPOINT", "https://m.example/")]).endpoint, "https://m.example");
    assert!(from(&[("HF_HUB_OFFLINE", "1")]).offline);
    assert!(from(&[("TRANSFORMERS_OFFLINE", "Yes")]).offline);
    assert!(!from(&[("HF_HUB_OFFLINE", "0")]).offline);
    assert_eq!(
        from(&[("CIRCUIT_TRACER_CACHE_DIR", "/ct")]).circuit_tracer_dirs,
        [Path::new("/ct")]
    );

    assert_eq!(from(&[]).token, None);
    fs::create_dir_all(&home_cache).unwrap();
    fs::write(home_cache.join("token"), "hf_file\n").unwrap();
    fs::write(home.path().join("other"), "hf_other\r\n").unwrap();
    assert_eq!(from(&[]).token.as_deref(), Some("hf_file"));
    assert_eq!(from(&[("HF_TOKEN_PATH", "~/other")]).token.as_deref(), Some("hf_other"));
    assert_eq!(from(&[("HUGGING_FACE_HUB_TOKEN", "hf_old")]).token.as_deref(), Some("hf_old"));
    let both = from(&[("HUGGING_FACE_HUB_TOKEN", "hf_old"), ("HF_TOKEN", "hf_new")]);
    assert_eq!(both.token.as_deref(), Some("hf_new"));
    assert!(!format!("{both:?}").contains("hf_new"), "a token reached a log: {both:?}");

    let nowhere = HubSettings::from_env(|_| None, None);
    assert!(nowhere.cache_dirs.is_empty());
    let error = get("org/tiny", Files::Model, &nowhere).unwrap_err();
    assert!(matches!(error, HubError::NoCacheDir), "{error}");
}

#[test]
fn a_model_is_downloaded_once_and_found_offline() {
    let (hub, cache) = (FakeHub::start(model()), tempfile::tempdir().unwrap());
    let settings = HubSettings { token: Some("hf_secret".to_owned()), ..settings(&hub, &cache) };

    let (mut planned, mut received, mut files) = (None, 0, Vec::new());
    let source = Source::parse("org/tiny").unwrap();
    let dir = resolve(&source, Files::Model, &settings, &mut |event| match event {
        DownloadEvent::Plan { repo, files, bytes } => {
            assert_eq!((repo, files), ("org/tiny", 3));
            planned = bytes;
        }
        DownloadEvent::File { name, .. } => files.push(name.to_owned()),
        DownloadEvent::Received { bytes } => received += bytes,
        _ => {}
    })
    .unwrap();

    let folder = cache.path().join("models--org--tiny");
    assert_eq!(dir, folder.join("snapshots").join(COMMIT));
    assert_eq!(names(&dir), ["config.json", "model.safetensors", "tokenizer.json"]);
    for name in names(&dir) {
        assert_eq!(fs::read(dir.join(&name)).unwrap(), model().files[&name], "{name}");
        let link = fs::read_link(dir.join(&name)).unwrap();
        assert!(link.starts_with("../../blobs"), "{name} is a link to {}", link.display());
    }
    assert_eq!(names(&folder.join("refs")), ["main"]);
    assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(files, ["model.safetensors", "tokenizer.json", "config.json"]);
    assert_eq!(planned, Some(received));
    assert_eq!(received, blobs(&cache).values().sum::<u64>());

    let requests = hub.take_requests();
    assert!(requests.iter().any(|request| request.path.contains("/api/models/org/tiny")));
    for request in requests.iter().filter(|request| !request.path.starts_with("/cdn/")) {
        let sent = request.authorization.as_deref();
        assert_eq!(sent, Some("Bearer hf_secret"), "{}", request.path);
    }

    // Newer files on the Hub are not looked for: what is here is used, with and without it.
    assert_eq!(get("org/tiny", Files::Model, &settings).unwrap(), dir);
    assert_eq!(get("org/tiny", Files::Model, &offline(&settings)).unwrap(), dir);
    let pinned = format!("org/tiny@{COMMIT}");
    assert_eq!(get(&pinned, Files::Model, &offline(&settings)).unwrap(), dir);
    assert!(hub.take_requests().is_empty());
}

#[test]
fn without_a_token_none_is_sent() {
    let (hub, cache) = (FakeHub::start(model()), tempfile::tempdir().unwrap());
    // hf-hub would pick this file up by itself; the settings say that there is no token.
    fs::write(cache.path().join("token"), "hf_stray").unwrap();
    let cache_dir = cache.path().join("hub");
    let settings = HubSettings { cache_dirs: vec![cache_dir], ..settings(&hub, &cache) };
    get("org/tiny", Files::Model, &settings).unwrap();
    let requests = hub.take_requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.authorization.is_none()), "{requests:?}");
}

#[test]
fn a_folder_of_a_tag_is_fetched_alone() {
    let (hub, cache) = (FakeHub::start(dictionary()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    let dir = get("org/tiny/small@v1", Files::Dictionary, &settings).unwrap();
    let snapshot = cache.path().join("models--org--tiny/snapshots").join(COMMIT);
    assert_eq!(dir, snapshot.join("small"));
    assert_eq!(names(&dir), ["config.yaml", "layer_0.safetensors", "layer_1.safetensors"]);
    assert_eq!(names(&snapshot), ["small"]);

    let reference = HubRef::parse("hf://org/tiny/small/features/index.json.gz?revision=v1");
    let reference = reference.unwrap();
    let index = resolve_file(&reference, &settings, &mut |_| {}).unwrap();
    assert_eq!(index, dir.join("features/index.json.gz"));
    assert_eq!(resolve_file(&reference, &offline(&settings), &mut |_| {}).unwrap(), index);

    let absent = HubRef::parse("hf://org/tiny/small/layer_9.safetensors?revision=v1").unwrap();
    let error = resolve_file(&absent, &settings, &mut |_| {}).unwrap_err();
    assert!(matches!(error, HubError::FileNotFound { .. }), "{error}");
    let error = resolve_file(&absent, &offline(&settings), &mut |_| {}).unwrap_err();
    assert!(matches!(error, HubError::NotCached { .. }), "{error}");
}

#[test]
fn one_file_of_an_unseen_repository_is_fetched_and_found_offline() {
    let (hub, cache) = (FakeHub::start(dictionary()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    let reference = HubRef::parse("org/tiny/small/layer_1.safetensors").unwrap();
    let path = resolve_file(&reference, &settings, &mut |_| {}).unwrap();
    assert_eq!(fs::read(&path).unwrap(), dictionary().files["small/layer_1.safetensors"]);
    hub.take_requests();
    assert_eq!(resolve_file(&reference, &offline(&settings), &mut |_| {}).unwrap(), path);
    assert_eq!(names(&cache.path().join("models--org--tiny/refs")), ["main"]);
}

#[test]
fn of_several_sets_of_weights_the_indexed_one_is_fetched() {
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let index = "model.safetensors.index.json";
    let mut repo = repo(&["config.json", shards[0], shards[1], "consolidated.safetensors", index]);
    let map = serde_json::json!({"weight_map": {"a": shards[0], "b": shards[1], "c": shards[0]}});
    repo.files.insert(index.to_owned(), map.to_string().into_bytes());
    let (hub, cache) = (FakeHub::start(repo), tempfile::tempdir().unwrap());
    let dir = get("org/tiny", Files::Model, &settings(&hub, &cache)).unwrap();
    assert_eq!(names(&dir), ["config.json", shards[0], shards[1], index]);

    // A shard that is not published is found out before gigabytes are fetched.
    hub.change(|repo| {
        repo.files.remove(shards[1]);
    });
    let other = tempfile::tempdir().unwrap();
    let error = get("org/tiny", Files::Model, &settings(&hub, &other)).unwrap_err();
    assert!(matches!(&error, HubError::FileNotFound { file, .. } if file == shards[1]), "{error}");
}

#[test]
fn a_refusal_says_what_was_refused() {
    let hub = FakeHub::start(model());
    let cache = tempfile::tempdir().unwrap();
    let settings = settings(&hub, &cache);
    let error = |text: &str, files| get(text, files, &settings).unwrap_err();

    let found = error("org/absent", Files::Model);
    assert!(matches!(found, HubError::RepoNotFound { .. }), "{found}");
    let found = error("org/tiny@v9", Files::Model);
    assert!(
        matches!(&found, HubError::RevisionNotFound { revision, .. } if revision == "v9"),
        "{found}"
    );
    let found = error("org/tiny", Files::Dictionary);
    assert!(matches!(found, HubError::NotPublished { expected: "config.yaml", .. }), "{found}");

    for (status, code) in [(401, ""), (403, "GatedRepo")] {
        hub.change(|repo| repo.refuse_listing = Some((status, code)));
        let found = error("org/tiny", Files::Model);
        let expected =
            matches!(&found, HubError::Denied { with_token: false, status: s, .. } if *s == status);
        assert!(expected, "{found}");
    }
    hub.change(|repo| repo.refuse_listing = Some((401, "RepoNotFound")));
    let found = error("org/tiny", Files::Model);
    assert!(matches!(found, HubError::RepoNotFound { .. }), "{found}");
    hub.change(|repo| repo.refuse_listing = Some((503, "")));
    let found = error("org/tiny", Files::Model);
    assert!(matches!(found, HubError::Status { status: 503, .. }), "{found}");

    // The listing of a gated repository is public, its files are not.
    hub.change(|repo| (repo.refuse_listing, repo.refuse_files) = (None, Some(403)));
    let found = error("org/tiny", Files::Model);
    assert!(matches!(found, HubError::Denied { status: 403, .. }), "{found}");
    assert!(blobs(&cache).is_empty());

    let weightless = tempfile::tempdir().unwrap();
    let hub = FakeHub::start(repo(&["config.json", "pytorch_model.bin"]));
    let settings = HubSettings { endpoint: hub.endpoint.clone(), ..settings.clone() };
    let settings = HubSettings { cache_dirs: vec![weightless.path().into()], ..settings };
    let found = get("org/tiny", Files::Model, &settings).unwrap_err();
    assert!(matches!(found, HubError::NotPublished { expected: "*.safetensors", .. }), "{found}");
    assert!(names(weightless.path()).is_empty());
}

#[test]
fn no_network_is_told_apart_from_no_repository() {
    let cache = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = HubSettings { endpoint, ..HubSettings::with_cache(cache.path()) };
    let error = get("org/tiny", Files::Model, &settings).unwrap_err();
    assert!(matches!(error, HubError::Unreachable { .. }), "{error}");

    let error = get("org/tiny", Files::Model, &offline(&settings)).unwrap_err();
    assert!(matches!(error, HubError::NotCached { .. }), "{error}");
    assert!(error.to_string().starts_with("`org/tiny` is not cached and the network is off"));
}

#[test]
fn a_name_in_a_listing_cannot_leave_the_cache() {
    for odd in ["..\\evil.safetensors", "layer 0.safetensors", "a\u{1b}[2J.safetensors"] {
        let (hub, cache) =
            (FakeHub::start(repo(&["config.json", odd])), tempfile::tempdir().unwrap());
        let error = get("org/tiny", Files::Model, &settings(&hub, &cache)).unwrap_err();
        assert!(matches!(error, HubError::UnsafeName { .. }), "{odd}: {error}");
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
        assert!(names(cache.path()).is_empty());
    }
}

#[test]
fn a_broken_download_leaves_nothing_half_written_and_is_continued() {
    let (hub, cache) = (FakeHub::start(model()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    hub.change(|repo| repo.cut_after = Some(1000));
    let error = get("org/tiny", Files::Model, &settings).unwrap_err();
    assert!(matches!(&error, HubError::Download { file, .. } if file == "model.safetensors"));

    // Only a partial file is there: no name, no snapshot, no branch.
    let weights = &model().files["model.safetensors"];
    let part = format!("{}.part", etag(weights));
    assert_eq!(blobs(&cache), BTreeMap::from([(part, 1000)]));
    assert!(!cache.path().join("models--org--tiny/snapshots").exists());
    assert!(!cache.path().join("models--org--tiny/refs").exists());
    let error = get("org/tiny", Files::Model, &offline(&settings)).unwrap_err();
    assert!(matches!(error, HubError::NotCached { .. }), "{error}");

    hub.take_requests();
    hub.change(|repo| repo.cut_after = None);
    let dir = get("org/tiny", Files::Model, &settings).unwrap();
    assert_eq!(fs::read(dir.join("model.safetensors")).unwrap(), *weights);
    let ranges: Vec<_> = hub.take_requests().into_iter().filter_map(|r| r.range).collect();
    assert!(ranges.contains(&"bytes=1000-".to_owned()), "not continued: {ranges:?}");
    assert!(blobs(&cache).keys().all(|name| !name.ends_with(".part")));
}

#[test]
fn a_file_of_the_wrong_length_is_removed() {
    let (hub, cache) = (FakeHub::start(model()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    hub.change(|repo| repo.cut_after = Some(1000));
    get("org/tiny", Files::Model, &settings).unwrap_err();
    // Continued by a server that sends everything again: 1,000 bytes too many.
    hub.change(|repo| (repo.cut_after, repo.ignore_ranges) = (None, true));
    let error = get("org/tiny", Files::Model, &settings).unwrap_err();
    assert!(
        matches!(&error, HubError::Size { found, expected, .. } if *found == expected + 1000),
        "{error}"
    );
    assert!(blobs(&cache).is_empty());
    let dir = get("org/tiny", Files::Model, &settings).unwrap();
    assert_eq!(
        fs::read(dir.join("model.safetensors")).unwrap(),
        model().files["model.safetensors"]
    );
}

#[test]
fn a_part_that_is_whole_already_is_not_asked_beyond_its_end() {
    let (hub, cache) = (FakeHub::start(model()), tempfile::tempdir().unwrap());
    let weights = &model().files["model.safetensors"];
    let dir = cache.path().join("models--org--tiny/blobs");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(format!("{}.part", etag(weights))), weights).unwrap();
    get("org/tiny", Files::Model, &settings(&hub, &cache)).unwrap();
}

#[test]
fn a_new_commit_costs_only_what_changed() {
    let (hub, cache) = (FakeHub::start(model()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    let old = get("org/tiny", Files::Model, &settings).unwrap();
    hub.change(|repo| {
        repo.commit = NEWER;
        repo.files.insert("config.json".to_owned(), b"{\"new\": true}".to_vec());
    });
    assert_eq!(get("org/tiny", Files::Model, &settings).unwrap(), old, "offline first");

    hub.take_requests();
    let mut received = 0;
    let reference = HubRef::parse("org/tiny").unwrap();
    let new = fetch(&reference, Files::Model, &settings, &mut |event| {
        if let DownloadEvent::Received { bytes } = event {
            received += bytes;
        }
    })
    .unwrap();
    assert_eq!(new, old.with_file_name(NEWER));
    assert_eq!(fs::read(new.join("config.json")).unwrap(), b"{\"new\": true}");
    assert_eq!(
        fs::read(new.join("model.safetensors")).unwrap(),
        fs::read(old.join("model.safetensors")).unwrap()
    );
    assert_eq!(received, 13);
    assert_eq!(get("org/tiny", Files::Model, &offline(&settings)).unwrap(), new);
}

#[test]
fn a_copy_that_lacks_a_layer_is_not_used() {
    let (hub, cache) = (FakeHub::start(dictionary()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    let dir = get("org/tiny/small", Files::Dictionary, &settings).unwrap();
    fs::remove_file(dir.join("layer_0.safetensors")).unwrap();
    let error = get("org/tiny/small", Files::Dictionary, &offline(&settings)).unwrap_err();
    assert!(
        matches!(&error, HubError::Incomplete { file, .. } if file == "layer_0.safetensors"),
        "{error}"
    );
    assert_eq!(get("org/tiny/small", Files::Dictionary, &settings).unwrap(), dir);
    assert!(dir.join("layer_0.safetensors").is_file());
}

#[test]
fn a_repository_that_lacks_a_layer_is_refused() {
    let mut repo = dictionary();
    repo.files.remove("small/layer_0.safetensors");
    let (hub, cache) = (FakeHub::start(repo), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    for text in ["org/tiny/small", "org/tiny"] {
        let error = get(text, Files::Dictionary, &settings).unwrap_err();
        let expected =
            matches!(&error, HubError::FileNotFound { file, .. } if file == "layer_0.safetensors");
        assert!(expected, "{text}: {error}");
        assert!(!cache.path().join("models--org--tiny/refs/main").exists());
    }
}

#[test]
fn pairs_and_listed_layers_decide_what_is_complete() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("models--org--tiny");
    let dir = folder.join("snapshots").join(COMMIT);
    fs::create_dir_all(folder.join("refs")).unwrap();
    fs::create_dir_all(&dir).unwrap();
    fs::write(folder.join("refs/main"), COMMIT).unwrap();
    let settings = offline(&HubSettings::with_cache(cache.path()));
    let lacks = |files| match get("org/tiny", files, &settings) {
        Ok(_) => None,
        Err(HubError::Incomplete { file, .. }) => Some(file),
        Err(other) => panic!("{other}"),
    };
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();

    assert_eq!(lacks(Files::Dictionary).as_deref(), Some("config.yaml"));
    write("config.yaml", "model_kind: cross_layer_transcoder\n");
    assert_eq!(lacks(Files::Dictionary).as_deref(), Some("layer_0.safetensors"));
    write("W_enc_0.safetensors", "");
    write("W_enc_1.safetensors", "");
    write("W_dec_0.safetensors", "");
    assert_eq!(lacks(Files::Dictionary).as_deref(), Some("W_dec_1.safetensors"));
    write("W_dec_1.safetensors", "");
    assert_eq!(lacks(Files::Dictionary), None);
    for name in names(&dir) {
        fs::remove_file(dir.join(name)).unwrap();
    }
    write("config.yaml", "transcoders:\n- hf://org/other/params.npz\n");
    assert_eq!(lacks(Files::Dictionary), None);

    assert_eq!(lacks(Files::Model).as_deref(), Some("config.json"));
    write("config.json", "{}");
    assert_eq!(lacks(Files::Model).as_deref(), Some("model.safetensors"));
    write("model.safetensors.index.json", r#"{"weight_map": {"a": "model-1.safetensors"}}"#);
    assert_eq!(lacks(Files::Model).as_deref(), Some("model-1.safetensors"));
    write("model-1.safetensors", "");
    assert_eq!(lacks(Files::Model), None);
}

#[test]
fn what_circuit_tracer_cached_is_used() {
    let (cache, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut settings = offline(&HubSettings::with_cache(cache.path()));
    settings.circuit_tracer_dirs.push(theirs.path().to_path_buf());
    let dir = theirs.path().join("org/tiny/small@v1");
    fs::create_dir_all(&dir).unwrap();
    let error = get("org/tiny/small@v1", Files::Dictionary, &settings).unwrap_err();
    assert!(matches!(error, HubError::NotCached { .. }), "{error}");
    fs::write(dir.join("config.yaml"), "model_kind: transcoder_set\n").unwrap();
    assert_eq!(get("org/tiny/small@v1", Files::Dictionary, &settings).unwrap(), dir);
    // A model is never there, whatever its folder holds.
    get("org/tiny/small@v1", Files::Model, &settings).unwrap_err();
}

#[test]
fn the_cache_is_listed_by_name() {
    let (hub, cache) = (FakeHub::start(dictionary()), tempfile::tempdir().unwrap());
    let settings = settings(&hub, &cache);
    assert_eq!(list_cached(&settings).unwrap(), []);
    get("org/tiny/small@v1", Files::Dictionary, &settings).unwrap();
    get("org/tiny/small", Files::Dictionary, &settings).unwrap();
    let folder = cache.path().join("models--a--first/snapshots").join(NEWER);
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(cache.path().join("datasets--a--b/snapshots/x")).unwrap();
    fs::write(cache.path().join("version.txt"), "1").unwrap();

    let listed = list_cached(&settings).unwrap();
    let listed: Vec<_> =
        listed.iter().map(|one| (one.repo.as_str(), one.revision.as_str(), one.bytes)).collect();
    let small = dictionary().files;
    let inside =
        small.iter().filter(|(name, _)| name.starts_with("small/") && !name.contains("features"));
    let bytes: u64 = inside.map(|(_, content)| content.len() as u64).sum();
    assert_eq!(
        listed,
        [("a/first", NEWER, 0), ("org/tiny", "main", bytes), ("org/tiny", "v1", bytes)]
    );
}
