//! circuit-tracer's `features/` folder, made from an index while it is read.

use std::ops::ControlFlow;

use connectome::features::FeatureIndex;
use connectome::features::layout::{self, Imported};

use crate::features::{index_path, with_index};
use crate::support::{Got, Served};

const LAYER: &str = "/features/two-hop/layer_2.bin";

/// Where the records of a layer start, and where the last ends.
fn starts(layer: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    while at < layer.len() {
        at += 4 + u32::from_le_bytes(layer[at..at + 4].try_into().unwrap()) as usize;
        starts.push(at);
    }
    assert_eq!((at, starts.len()), (layer.len(), 513));
    starts
}

fn ranged(served: &Served, range: &str, more: &[(&str, &str)]) -> Got {
    let headers = [&[("Range", range)][..], more].concat();
    served.send("GET", LAYER, &headers, b"")
}

/// What is read over HTTP is what `features export` writes, and our own importer reads it.
#[test]
fn a_folder_that_is_fetched_is_the_one_that_is_exported() {
    let served = with_index();
    let ours = FeatureIndex::open(&index_path(&served)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [exported, fetched] = ["exported", "fetched"].map(|name| folder.path().join(name));
    layout::export(&ours, &exported, &mut |_| ControlFlow::Continue(())).unwrap();
    std::fs::create_dir(&fetched).unwrap();
    let layers = (0..4).map(|layer| format!("layer_{layer}.bin"));
    for name in layers.chain(["index.json.gz".to_owned()]) {
        let got = served.get(&format!("/features/two-hop/{name}"));
        assert_eq!(got.status, 200, "{name}");
        assert!(got.header("content-encoding").is_none(), "their page unpacks it itself");
        assert_eq!(got.header("accept-ranges"), Some("bytes"));
        assert_eq!(got.header("content-length"), Some(got.bytes.len().to_string().as_str()));
        assert!(got.bytes == std::fs::read(exported.join(&name)).unwrap(), "{name}");
        std::fs::write(fetched.join(&name), &got.bytes).unwrap();
    }
    let out = folder.path().join("back.features");
    let names = Imported { model: "m", dictionary: "d", tool: "test" };
    let card = layout::import(&fetched, names, &out, &mut |_, _| ControlFlow::Continue(()));
    assert!(card.unwrap().is_some());
    let back = FeatureIndex::open(&out).unwrap();
    let mut n_with_examples = 0;
    for id in ours.ids() {
        let (ours, back) = (ours.feature(id).unwrap(), back.feature(id).unwrap());
        n_with_examples += usize::from(!ours.groups.is_empty());
        assert_eq!((back.groups, back.label), (ours.groups, ours.label), "{id}");
        assert_eq!(back.top_logits, ours.top_logits, "{id}");
    }
    assert!(n_with_examples > 100, "{n_with_examples}");
}

#[test]
fn a_feature_is_a_range_of_its_layer() {
    let served = with_index();
    let whole = served.get(LAYER);
    assert_eq!(whole.header("content-type"), Some("application/octet-stream"));
    let (whole, n) = (&whole.bytes, whole.bytes.len());
    let starts = starts(whole);
    for feature in [0, 1, 370, 511] {
        // Their page asks for one byte more than there is.
        let (start, end) = (starts[feature], starts[feature + 1]);
        let got = ranged(&served, &format!("bytes={start}-{end}"), &[]);
        let last = end.min(n - 1);
        assert_eq!(got.status, 206, "{feature}");
        assert_eq!(got.header("content-range"), Some(format!("bytes {start}-{last}/{n}").as_str()));
        assert!(got.bytes == whole[start..=last], "{feature}");
    }
    assert!(ranged(&served, "bytes=-7", &[]).bytes == whole[n - 7..]);
    assert!(ranged(&served, &format!("bytes={}-", n - 9), &[]).bytes == whole[n - 9..]);
    // Within records, over the ends of several.
    let (start, end) = (starts[3] + 5, starts[300] + 2);
    let got = ranged(&served, &format!("bytes={start}-{}", end - 1), &[]);
    assert!(got.status == 206 && got.bytes == whole[start..end]);
    for range in ["bytes=undefined-undefined", "bytes=9-3", &format!("bytes={n}-{}", n + 5)] {
        let got = ranged(&served, range, &[]);
        assert!(got.refused(416).contains(range), "{range}");
        assert_eq!(got.header("content-range"), Some(format!("bytes */{n}").as_str()));
    }
    for range in ["bytes=0-1,4-5", "lines=1-2"] {
        let got = ranged(&served, range, &[]);
        assert!(got.status == 200 && got.bytes == *whole, "{range}");
    }
    let head = served.send("HEAD", LAYER, &[], b"");
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(n.to_string().as_str()));
}

#[test]
fn a_tag_is_of_what_is_in_a_file() {
    let served = with_index();
    let tag = |path: &str| {
        let got = served.get(path);
        assert_eq!(got.header("cache-control"), Some("no-cache"));
        got.header("etag").unwrap().to_owned()
    };
    let layer = tag(LAYER);
    assert!(layer.starts_with('"') && layer != tag("/features/two-hop/layer_1.bin"));
    assert_eq!(layer, with_index().get(LAYER).header("etag").unwrap(), "another server");
    let list = tag("/features/index.json.gz");
    for (path, tag) in [(LAYER, &layer), ("/features/index.json.gz", &list)] {
        let got = served.send("GET", path, &[("If-None-Match", tag.as_str())], b"");
        assert_eq!((got.status, got.bytes.len()), (304, 0), "{path}");
        assert_eq!(got.header("etag"), Some(tag.as_str()));
    }
    assert_eq!(ranged(&served, "bytes=0-9", &[("If-Range", layer.as_str())]).status, 206);
    assert_eq!(ranged(&served, "bytes=0-9", &[("If-Range", "\"other\"")]).status, 200);
}

/// A `scan` that begins with a slash is asked for without its name.
#[test]
fn the_folder_is_where_their_pages_look() {
    let served = with_index();
    let list = served.get("/features/two-hop/index.json.gz");
    assert_eq!(list.header("content-type"), Some("application/gzip"));
    for prefix in ["/features", "/feat/two-hop", "/compat/features", "/compat/feat/two-hop"] {
        let got = served.get(&format!("{prefix}/index.json.gz"));
        assert!(got.status == 200 && got.bytes == list.bytes, "{prefix}");
        assert_eq!(served.get(&format!("{prefix}/layer_3.bin")).status, 200, "{prefix}");
    }
    for path in ["layer_4.bin", "layer_01.bin", "layer_-1.bin", "layer_.bin", "index.json"] {
        served.get(&format!("/features/{path}")).refused(404);
        served.get(&format!("/features/two-hop/{path}")).refused(404);
    }
    served.get("/features/nobody/index.json.gz").refused(404);
    served.get("/features/%2e%2e/index.json.gz").refused(404);
    let without = Served::new();
    let got = without.get("/features/two-hop/index.json.gz");
    assert_eq!(got.refused(404), "no features of the dictionary `two-hop/clt` were collected");
}
