use std::io::{Cursor, Write};

use connectome_graph::wire::torch;
use connectome_graph::{Expansion, GraphError, TargetKind};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A pickle under construction, in the instructions that `torch.save` uses.
#[derive(Default)]
struct Pickler {
    bytes: Vec<u8>,
    storages: Vec<Vec<u8>>,
}

impl Pickler {
    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.raw(b"X");
        self.raw(&(text.len() as u32).to_le_bytes());
        self.raw(text.as_bytes());
    }

    fn int(&mut self, number: i32) {
        self.raw(b"J");
        self.raw(&number.to_le_bytes());
    }

    fn global(&mut self, module: &str, name: &str) {
        self.raw(format!("c{module}\n{name}\n").as_bytes());
    }

    fn ints(&mut self, numbers: &[i32]) {
        self.raw(b"(");
        numbers.iter().for_each(|&number| self.int(number));
        self.raw(b"t");
    }

    /// A contiguous tensor over a storage of its own.
    fn tensor(&mut self, storage: &str, shape: &[i32], data: Vec<u8>) {
        let mut strides = vec![1; shape.len()];
        for dim in (1..shape.len()).rev() {
            strides[dim - 1] = strides[dim] * shape[dim];
        }
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.raw(b"((");
        self.text("storage");
        self.global("torch", storage);
        self.text(&self.storages.len().to_string());
        self.text("cpu");
        self.int(shape.iter().product());
        self.raw(b"tQ");
        self.int(0);
        self.ints(shape);
        self.ints(&strides);
        self.raw(b"\x89");
        self.global("collections", "OrderedDict");
        self.raw(b")RtR");
        self.storages.push(data);
    }

    fn longs(&mut self, shape: &[i32], numbers: &[i64]) {
        self.tensor("LongStorage", shape, numbers.iter().flat_map(|n| n.to_le_bytes()).collect());
    }

    fn floats(&mut self, shape: &[i32], numbers: &[f32]) {
        self.tensor("FloatStorage", shape, numbers.iter().flat_map(|n| n.to_le_bytes()).collect());
    }

    fn zip(&self, method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        let mut add = |name: String, bytes: &[u8]| {
            zip.start_file(name, options).unwrap();
            zip.write_all(bytes).unwrap();
        };
        add("archive/data.pkl".to_owned(), &self.bytes);
        add("archive/byteorder".to_owned(), b"little");
        for (key, storage) in self.storages.iter().enumerate() {
            add(format!("archive/data/{key}"), storage);
        }
        zip.finish().unwrap().into_inner()
    }
}

/// Two layers, one token, two active features of which one is a node, two targets:
/// places 0 the feature of layer 1, 1 and 2 the errors, 3 the token, 4 and 5 the targets.
fn old_file(change: impl Fn(&str, &mut Pickler) -> bool) -> Pickler {
    let mut pickler = Pickler::default();
    let mut adjacency = vec![0.0; 36];
    (adjacency[3], adjacency[1]) = (2.0, -1.0);
    (adjacency[4 * 6], adjacency[5 * 6 + 2]) = (0.5, 0.25);
    pickler.raw(b"\x80\x02}(");
    for key in [
        "input_string",
        "adjacency_matrix",
        "cfg",
        "active_features",
        "logit_tokens",
        "logit_probabilities",
        "input_tokens",
        "selected_features",
        "activation_values",
        "scan",
    ] {
        pickler.text(key);
        if change(key, &mut pickler) {
            continue;
        }
        match key {
            "input_string" => pickler.text("<bos>"),
            "adjacency_matrix" => pickler.floats(&[6, 6], &adjacency),
            "cfg" => {
                let module = "transformer_lens.HookedTransformerConfig";
                pickler.global(module, "HookedTransformerConfig");
                pickler.raw(b")\x81}(");
                pickler.text("n_layers");
                pickler.int(2);
                pickler.text("d_vocab");
                pickler.int(50);
                pickler.text("dtype");
                pickler.global("torch", "bfloat16");
                pickler.raw(b"ub");
            }
            "active_features" => pickler.longs(&[2, 3], &[0, 0, 5, 1, 0, 7]),
            "logit_tokens" => pickler.longs(&[2], &[9, 50]),
            "logit_probabilities" => pickler.floats(&[2], &[0.75, 0.125]),
            "input_tokens" => pickler.longs(&[1], &[1]),
            "selected_features" => pickler.longs(&[1], &[1]),
            // 1.5 and −2 in bfloat16.
            "activation_values" => {
                pickler.tensor("BFloat16Storage", &[2], vec![0xc0, 0x3f, 0x00, 0xc0]);
            }
            _ => {
                pickler.raw(b"](");
                pickler.text("x/a");
                pickler.text("x/b");
                pickler.raw(b"e");
            }
        }
    }
    pickler.raw(b"u.");
    pickler
}

fn unchanged(_: &str, _: &mut Pickler) -> bool {
    false
}

#[test]
fn old_files_and_other_dtypes_are_read() {
    let graph = torch::import(&old_file(unchanged).zip(CompressionMethod::Stored)).unwrap();
    let nodes = graph.nodes();
    assert_eq!(nodes.active().iter().map(|f| f.activation).collect::<Vec<_>>(), [1.5, -2.0]);
    assert_eq!(nodes.selected(), [1]);
    let kinds: Vec<TargetKind> = nodes.targets().iter().map(|target| target.kind).collect();
    assert_eq!(kinds, [TargetKind::Logit { token: 9 }, TargetKind::Direction { index: 0 }]);
    assert_eq!(nodes.targets()[0].label, "#9");
    assert_eq!(graph.edge(nodes.feature(0), nodes.error(0, 0)), -1.0);
    assert_eq!(graph.edge(nodes.target(1), nodes.error(1, 0)), 0.25);
    assert_eq!(graph.extent().expansion, Expansion::Budget { max_feature_nodes: 1 });
    assert_eq!(graph.provenance().scans, ["x/a", "x/b"]);
}

#[test]
fn what_would_run_code_is_named_and_not_run() {
    let file = old_file(|key, pickler| {
        if key == "scan" {
            pickler.global("os", "system");
            pickler.text("touch owned");
            pickler.raw(b"\x85R");
        }
        key == "scan"
    });
    let error = torch::import(&file.zip(CompressionMethod::Stored)).unwrap_err();
    assert!(matches!(&error, GraphError::PickleGlobal { global } if global == "os.system"));
}

#[test]
fn files_that_claim_too_much_are_refused() {
    type Change = fn(&mut Pickler);
    let changes: [(&str, Change); 9] = [
        ("adjacency_matrix", |p| p.tensor("FloatStorage", &[6, 6], vec![0; 35 * 4])),
        ("adjacency_matrix", |p| p.floats(&[5, 6], &[0.0; 30])),
        ("adjacency_matrix", |p| p.floats(&[36], &[0.0; 36])),
        ("adjacency_matrix", |p| p.floats(&[6, 6], &[f32::NAN; 36])),
        ("active_features", |p| p.longs(&[2, 3], &[0, 0, -5, 1, 0, 7])),
        ("active_features", |p| p.longs(&[1, 3], &[0, 0, 5])),
        ("logit_tokens", |p| p.longs(&[1], &[9])),
        ("input_tokens", |p| p.floats(&[1], &[1.0])),
        ("cfg", |p| p.raw(b"N")),
    ];
    for (at, change) in changes {
        let file = old_file(|key, pickler| {
            if key == at {
                change(pickler);
            }
            key == at
        });
        let error = torch::import(&file.zip(CompressionMethod::Stored)).expect_err(at);
        eprintln!("{at}: {error}");
    }
    // What is compressed may be a bomb; torch compresses nothing.
    let error = torch::import(&old_file(unchanged).zip(CompressionMethod::Deflated)).unwrap_err();
    assert!(error.to_string().contains("compressed"), "{error}");
}

// Recalling a text from the memo takes two bytes, a copy of it as many as it is long.
#[test]
fn texts_may_not_be_repeated_beyond_the_file() {
    let list = |n: usize, pickler: &mut Pickler| {
        pickler.raw(b"](");
        pickler.text(&"x".repeat(1000));
        pickler.raw(b"q\x01");
        (1..n).for_each(|_| pickler.raw(b"h\x01"));
        pickler.raw(b"e");
    };
    let with_scans = |n: usize| {
        let file = old_file(|key, pickler| {
            if key == "scan" {
                list(n, pickler);
            }
            key == "scan"
        });
        torch::import(&file.zip(CompressionMethod::Stored))
    };
    assert_eq!(with_scans(2).unwrap().provenance().scans.len(), 2);
    let error = with_scans(500).unwrap_err().to_string();
    assert_eq!(error, "not a pickle of a graph: 500000 bytes of repeated text");
}
