use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use connectome_graph::{
    Annotations, AttributionGraph, ControlBand, EdgeVerdict, Expansion, Extent, FeatureId,
    GraphError, NodeIdx, Nodes, Origin, Prompt, Provenance, Supernode, Target, TargetKind, Verdict,
    Verdicts, whole, write_whole,
};

use crate::common::{Random, fired, random_graph, row_of};

/// A graph with everything that a graph can have.
pub(crate) fn rich_graph() -> AttributionGraph {
    let target = |kind, label: &str| Target { kind, pos: 1, weight: 0.1, label: label.to_owned() };
    let id = FeatureId { layer: 1, index: 9 };
    let targets = vec![
        target(TargetKind::Logit { token: 5 }, " \"Aus\\tin\n"),
        target(TargetKind::Contrast { plus: 5, minus: 6 }, "A − B"),
        target(TargetKind::Direction { index: 0 }, "truth"),
        target(TargetKind::Feature(id), "L1/9"),
    ];
    let active = vec![fired(0, 0, 7), fired(0, 1, 7), fired(1, 1, 9)];
    let nodes = Nodes::new(2, active, vec![0, 2], vec![1, 280], targets).unwrap();
    let mut row = row_of(nodes.target(0), vec![0, 1], vec![0.1, -0.3]);
    (row.abs_remainder, row.signed_remainder, row.constant) = (0.25, -0.125, 1.5);
    let rows = vec![row, row_of(nodes.feature(1), vec![0, 7], vec![f32::MIN_POSITIVE, 3.0])];
    let prompt = Prompt {
        text: "<bos>Ζ\u{0}".to_owned(),
        token_texts: vec!["<bos>".to_owned(), "Ζ\u{0}".to_owned()],
        token_ids: vec![1, 280],
    };
    let provenance = Provenance {
        tool: "connectome 0.1.0".to_owned(),
        flags: BTreeMap::from([("max-feature-nodes".to_owned(), "7500".to_owned())]),
        model: Origin { name: "org/model".to_owned(), digest: Some("ab".repeat(32)) },
        dictionary: Origin { name: "org/clt@main".to_owned(), digest: None },
        scans: vec!["org/clt@main".to_owned()],
        vocab_size: 300,
        seed: Some(u64::MAX),
        imported: None,
    };
    // A number whose shortest form a careless reader gets wrong in the last bit.
    let expansion = Expansion::Certified { tolerance: 0.010_000_000_000_000_002 };
    let annotations = Annotations {
        supernodes: vec![Supernode {
            name: "say Austin".to_owned(),
            members: vec![nodes.feature(1)],
        }],
        feature_labels: BTreeMap::from([(id, "capitals".to_owned())]),
        node_labels: BTreeMap::from([(nodes.token(1), "Texas".to_owned())]),
        pinned: vec![nodes.target(0), nodes.feature(0)],
        notes: BTreeMap::from([("view".to_owned(), "wide".to_owned())]),
        verdicts: Some(Verdicts {
            tool: "connectome 0.1.0".to_owned(),
            rung: "mlps".to_owned(),
            dose: -1.0,
            seed: u64::MAX,
            partial: true,
            edges: vec![
                verdict(nodes.feature(0), nodes.feature(1), Verdict::Weak, None),
                verdict(
                    nodes.feature(0),
                    nodes.target(0),
                    Verdict::Contradicted,
                    Some((-0.1, 0.3)),
                ),
                verdict(nodes.feature(1), nodes.target(0), Verdict::Supported, Some((-0.1, 0.3))),
            ],
        }),
    };
    let extent = Extent { expansion, partial: true };
    AttributionGraph::new(nodes, rows, prompt, provenance, extent)
        .unwrap()
        .with_annotations(annotations)
        .unwrap()
}

#[test]
fn everything_a_graph_has_comes_back() {
    let graph = rich_graph();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.safetensors");
    graph.save(&path).unwrap();
    assert_eq!(AttributionGraph::load(&path).unwrap(), graph);
    assert_eq!(fs::read(&path).unwrap(), graph.to_bytes());
    graph.save(&path).unwrap();
    assert_eq!(names_in(folder.path()), ["graph.safetensors"]);
}

#[test]
fn a_disk_that_fills_up_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph");
    fs::write(&path, "the graph of yesterday").unwrap();
    let full = write_whole(&path, |out| {
        out.write_all(&[7; 100_000])?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    });
    let error = full.unwrap_err();
    assert!(matches!(&error, GraphError::Write { path: named, .. } if *named == path));
    assert_eq!(fs::read_to_string(&path).unwrap(), "the graph of yesterday");
    assert_eq!(names_in(folder.path()), ["graph"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_a_library_put_in_its_place_is_for_whoever_may_read_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (plain, path) = (folder.path().join("plain"), folder.path().join("index"));
    fs::write(&plain, "").unwrap();
    let beside = whole::beside(&path).unwrap();
    // As safetensors writes: a file for its owner alone, renamed to the path that it was given.
    let own = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
    fs::write(own.path(), "columns").unwrap();
    own.persist(beside.path()).unwrap();
    assert_eq!(mode(beside.path()), 0o600);
    whole::place(beside, &path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "columns");
    assert_eq!(mode(&path), mode(&plain));
    assert_eq!(names_in(folder.path()), ["index", "plain"]);
}

// A file that is moved there would replace the device, for whoever may do that.
#[cfg(unix)]
#[test]
fn a_device_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("graph");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    for path in [Path::new("/dev/null"), &link] {
        let error = whole::beside(path).unwrap_err();
        assert_eq!(error.to_string(), "what is there is a device or a pipe, and no file");
    }
    assert_eq!(whole::beside(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    assert_eq!(names_in(folder.path()), ["graph"]);
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let graph = random_graph(&mut Random(1));
    fs::write(folder.path().join("file"), "").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for place in ["nowhere/graph", "file/graph", "folder"] {
        let path = folder.path().join(place);
        let error = graph.save(&path).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
        assert!(matches!(error, GraphError::Write { .. }));
    }
    assert_eq!(names_in(folder.path()), ["file", "folder"]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = AttributionGraph::load(Path::new("no/such/graph")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `no/such/graph`");
}

#[test]
fn annotations_of_other_nodes_are_refused() {
    let said = Annotations { pinned: vec![NodeIdx::new(1000)], ..Annotations::default() };
    assert!(rich_graph().with_annotations(said).is_err());
}

fn verdict(
    source: NodeIdx,
    target: NodeIdx,
    verdict: Verdict,
    band: Option<(f32, f32)>,
) -> EdgeVerdict {
    let control = band.map(|(lo, hi)| ControlBand { lo, hi });
    EdgeVerdict { source, target, verdict, predicted: -0.7, measured: 1e-9, control }
}

#[test]
fn a_verdict_is_found_by_its_edge() {
    let graph = rich_graph();
    let (nodes, verdicts) = (graph.nodes(), graph.annotations().verdicts.as_ref().unwrap());
    let found = verdicts.of(nodes.feature(0), nodes.target(0)).unwrap();
    assert_eq!(found.verdict, Verdict::Contradicted);
    assert_eq!(verdicts.of(nodes.target(0), nodes.feature(0)), None);
    assert_eq!(verdicts.count(Verdict::Supported), 1);
}

#[test]
fn verdicts_that_cannot_be_are_refused() {
    let graph = rich_graph();
    let edges = graph.annotations().verdicts.clone().unwrap().edges;
    let refused = |edges: Vec<EdgeVerdict>| {
        let verdicts = Some(Verdicts { edges, ..Verdicts::default() });
        graph.clone().with_annotations(Annotations { verdicts, ..Annotations::default() }).is_err()
    };
    assert!(!refused(edges.clone()));
    assert!(refused(edges.iter().rev().copied().collect()));
    assert!(refused(vec![EdgeVerdict { source: NodeIdx::new(1000), ..edges[0] }]));
    assert!(refused(vec![EdgeVerdict { measured: f32::NAN, ..edges[0] }]));
    let band = Some(ControlBand { lo: f32::NEG_INFINITY, hi: 0.0 });
    assert!(refused(vec![EdgeVerdict { control: band, ..edges[0] }]));
}

// Readers of before there were verdicts read the file, and we read theirs.
#[test]
fn a_graph_without_verdicts_has_the_card_of_before() {
    let graph = random_graph(&mut Random(1));
    let card = |graph: &AttributionGraph| String::from_utf8_lossy(&graph.to_bytes()).into_owned();
    assert!(!card(&graph).contains("verdicts"));
    assert!(card(&rich_graph()).contains("verdicts"));
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
