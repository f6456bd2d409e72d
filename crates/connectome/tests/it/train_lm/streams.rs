//! From documents to rows: packed and apart, with and without opening tokens.

use std::path::Path;
use std::sync::Arc;

use connectome::organism;
use connectome::tokenizer::Tokenizer;
use connectome::train::corpus::{Corpus, Cut, Reading};
use connectome::train::lm::{Arrangement, Documents, Order, Packing, Rows, TokenSource};

const PACKED: Arrangement =
    Arrangement { opens: Some(1), closes: None, packing: Packing::Packed, order: Order::AsGiven };

fn open(folder: &Path, lines: &str, arrangement: Arrangement) -> Documents {
    let path = folder.join("data.jsonl");
    std::fs::write(&path, lines).unwrap();
    let corpus = Corpus::open(&[path], Reading { cut: Cut::Lines, n_vocab: 401 }).unwrap();
    let json = organism::by_name("two-hop").unwrap().model().open("tokenizer.json").unwrap();
    let tokenizer = Tokenizer::from_parts(&json, None, None, None).unwrap();
    Documents::new(corpus, Some(Arc::new(tokenizer)), 401, arrangement).unwrap()
}

/// Ids and weights of each row.
fn rows(rows: &Rows) -> Vec<(Vec<u32>, Vec<f32>)> {
    let ids = rows.ids.chunks(rows.n_tokens).map(<[u32]>::to_vec);
    ids.zip(rows.weights.chunks(rows.n_tokens).map(<[f32]>::to_vec)).collect()
}

const LINES: &str = "{\"tokens\": [10, 11, 12]}\n\
    {\"tokens\": [1, 20, 21, 22, 23], \"loss_weights\": [9, 0, 2, 1, 1]}\n\
    {\"tokens\": [30]}\n";

#[test]
fn packed_rows_open_like_prompts_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = open(folder.path(), LINES, PACKED);
    let found = rows(&data.rows(0, 3, 6).unwrap());
    // The second document begins with the opening token already; what is left of it opens again.
    assert_eq!(found[0].0, [1, 10, 11, 12, 1, 20]);
    assert_eq!(found[0].1, [0.0, 1.0, 1.0, 1.0, 9.0, 0.0]);
    assert_eq!(found[1].0, [1, 21, 22, 23, 1, 30]);
    assert_eq!(found[1].1, [0.0, 2.0, 1.0, 1.0, 0.0, 1.0]);
    assert_eq!(found[2].0, [1, 10, 11, 12, 1, 20]);
}

#[test]
fn rows_apart_hold_one_document_each() {
    let folder = tempfile::tempdir().unwrap();
    let arrangement = Arrangement { closes: Some(0), packing: Packing::Apart, ..PACKED };
    let mut data = open(folder.path(), LINES, arrangement);
    let found = rows(&data.rows(0, 4, 4).unwrap());
    assert_eq!(found[0].0, [1, 10, 11, 12]);
    // What does not fit goes on in the next row, after an opening token.
    assert_eq!(found[1].0, [1, 0, 0, 0]);
    assert_eq!(found[1].1, [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(found[2].0, [1, 20, 21, 22]);
    assert_eq!(found[3].0, [1, 23, 0, 0]);
    assert_eq!(found[3].1, [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn prompts_are_read_and_completions_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "{\"prompt\": \"the capital of Arvenia is\", \"completion\": \"Alder\"}\n";
    let arrangement = Arrangement { opens: None, packing: Packing::Apart, ..PACKED };
    let mut data = open(folder.path(), lines, arrangement);
    let found = rows(&data.rows(0, 1, 8).unwrap());
    assert_eq!(found[0].1, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn every_epoch_has_every_document_once_in_an_order_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (0..50).map(|id| format!("{{\"tokens\": [{id}]}}\n")).collect();
    let order = Order::Shuffled { seed: 7 };
    let arrangement = Arrangement { opens: None, order, ..PACKED };
    let mut data = open(folder.path(), &lines, arrangement);
    let mut epochs = rows(&data.rows(0, 3, 50).unwrap()).into_iter().map(|row| row.0);
    let (first, second) = (epochs.next().unwrap(), epochs.next().unwrap());
    assert_ne!(first, second);
    for mut epoch in [first, second] {
        epoch.sort_unstable();
        assert_eq!(epoch, (0..50).collect::<Vec<u32>>());
    }
}

#[test]
fn a_cursor_leads_back_to_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    for packing in [Packing::Packed, Packing::Apart] {
        let order = Order::Shuffled { seed: 3 };
        let arrangement = Arrangement { order, packing, ..PACKED };
        let mut data = open(folder.path(), LINES, arrangement);
        for step in 0..9 {
            let cursor = data.cursor();
            let expected = data.rows(step, 2, 5).unwrap();
            let mut other = open(folder.path(), LINES, arrangement);
            other.seek(&cursor).unwrap();
            assert_eq!(other.rows(step, 2, 5).unwrap(), expected, "{cursor}");
        }
    }
}

#[test]
fn held_out_rows_are_one_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = open(folder.path(), LINES, PACKED);
    let all = data.first_rows(100, 6).unwrap();
    assert_eq!(rows(&all).len(), 2);
    assert_eq!(all.total_weight(), 3.0 + 9.0 + 0.0 + 2.0 + 1.0 + 1.0 + 1.0);
    assert_eq!(data.first_rows(1, 6).unwrap().n_rows(), 1);
}

#[test]
fn text_without_a_tokenizer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.txt");
    std::fs::write(&path, "some text\n").unwrap();
    let corpus = Corpus::open(&[path], Reading { cut: Cut::Lines, n_vocab: 401 }).unwrap();
    let error = Documents::new(corpus, None, 401, PACKED).unwrap_err().to_string();
    assert!(error.starts_with("text, and no tokenizer to read it"), "{error}");
}
