use connectome::files::Folder;
use connectome::lm::{LogitsAt, Model};
use connectome::organism;
use connectome::train::transcoder::activations::{Harvester, Rows, Sequence, Sites, record};
use connectome::transcoder::{ReadSite, WriteSite};

use crate::golden;

const SITES: Sites = Sites { reads: ReadSite::ResidMid, writes: WriteSite::MlpOut };

fn sequence(model: usize, n_tokens: usize) -> Sequence {
    let id = |at: usize| ((at * 37 + 11 * n_tokens + model) % 60) as u32;
    Sequence { model, ids: (0..n_tokens).map(id).collect(), n_skipped: 1 }
}

fn models() -> [Model; 2] {
    ["elegans-base", "elegans-chat"].map(|name| {
        let organism = organism::by_name(name).unwrap();
        Model::load(&organism.model()).unwrap()
    })
}

// Short sequences share products. What a row holds must not depend on which: a run that goes on
// after a stop makes its rows beside others.
#[test]
fn rows_do_not_depend_on_what_runs_beside_them() {
    let models = models();
    let harvester = Harvester::new(&models, SITES);
    let lengths = [9, 12, 9, 1, 33, 9, 96, 12, 9, 2, 9];
    let sequences: Vec<Sequence> =
        lengths.iter().enumerate().map(|(at, n)| sequence(at % 2, *n)).collect();
    let together = harvester.rows(&sequences).unwrap();
    for (sequence, rows) in sequences.iter().zip(&together) {
        let alone = harvester.rows(std::slice::from_ref(sequence)).unwrap().remove(0);
        assert_eq!(rows, &alone, "{} tokens", sequence.ids.len());
        let n = sequence.ids.len() - 1;
        assert_eq!(rows.positions, (1..=n as u32).collect::<Vec<_>>());
        assert_eq!(rows.numbers.len(), n * harvester.width());
    }
    assert_eq!(together[3], Rows::default(), "nothing but what is skipped");
}

// And they are those of the forward pass, also where positions are learned.
#[test]
fn rows_are_what_the_model_computes() {
    check(&models());
    let folder = Folder::Disk(golden::root().join("gpt2_clt_relu").join("model"));
    check(&[Model::load(&folder).unwrap()]);
}

fn check(models: &[Model]) {
    let harvester = Harvester::new(models, SITES);
    let model = models.len() - 1;
    let sequences = [sequence(0, 7), sequence(model, 7), sequence(model, 7)];
    let made = harvester.rows(&sequences).unwrap();
    for (sequence, rows) in sequences.iter().zip(&made) {
        let model = &models[sequence.model];
        let d = model.config().d_model;
        let recorded = record(model, SITES, &sequence.ids, &LogitsAt::All).unwrap();
        for (row, pos) in rows.numbers.chunks(harvester.width()).zip(1..) {
            let sites = recorded.x_td.iter().chain(&recorded.y_td);
            for (found, expected) in row.chunks(d).zip(sites) {
                for (x, y) in found.iter().zip(expected.row(pos)) {
                    assert!((x - y).abs() <= 1e-5 * y.abs().max(1.0), "{x} {y}");
                }
            }
        }
    }
}
