//! Laws of the engine, on every family: what must hold whatever the numbers are.

pub(crate) mod prompt;

use connectome::attribution::Expand;
use connectome::files::Folder;
use connectome::lm::Model;
use connectome::replacement::{LocalReplacement, PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;

use self::prompt::{Rounding, Subject, exhaustive};
use crate::golden::{CASES, Golden, root};

/// Runs a check on the prompt of every case.
fn on_each(cases: &[&str], check: impl Fn(&Subject<'_>)) {
    for case in cases {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        check(&subject(case, &local));
    }
}

fn subject<'a>(case: &str, local: &'a LocalReplacement<'a>) -> Subject<'a> {
    Subject { name: case.to_owned(), local, rounding: Rounding::One }
}

#[test]
fn pull_back_is_the_transpose_of_push_forward() {
    on_each(&CASES, |subject| subject.pull_back_is_the_transpose_of_push_forward());
}

#[test]
fn doubling_a_source_moves_every_target_by_its_edge() {
    on_each(&CASES, |subject| {
        let graph = subject.trace(&exhaustive());
        subject.doubling_a_source_moves_every_target_by_its_edge(&graph, 7);
    });
}

#[test]
fn rows_do_not_depend_on_other_rows() {
    let cases =
        ["gpt2_clt_relu", "gemma3_plt_jumprelu_skip", "gpt_neox_plt_relu", "llama_clt_relu"];
    on_each(&cases, |subject| {
        let all = subject.trace(&exhaustive());
        subject.rows_do_not_depend_on_other_rows(&all, Expand::Ranked { max: 25, chunk: 3 });
    });
}

#[test]
fn heads_and_residual_path_sum_to_the_edge() {
    on_each(&CASES, |subject| {
        let graph = subject.trace(&exhaustive());
        let n_split = subject.heads_and_residual_path_sum_to_the_edge(&graph);
        assert!(n_split > 20, "{}: only {n_split} splits were checked", subject.name);
    });
}

#[test]
fn the_certificate_holds_against_the_exhaustive_graph() {
    on_each(&CASES, |subject| {
        let full = subject.trace(&exhaustive());
        for tolerance in [0.3, 0.1, 0.01] {
            subject.the_certificate_holds(&full, tolerance);
        }
    });
}

#[test]
fn contrasts_positions_and_feature_targets_agree_with_plain_rows() {
    on_each(&["gemma2_clt_jumprelu", "gpt2_plt_relu_ln2", "llama_plt_relu_skip"], |subject| {
        let full = subject.trace(&exhaustive());
        let (_, feature) = full.nodes().features().last().unwrap();
        for pos in [feature.pos as usize, 4] {
            subject.contrasts_and_feature_targets_agree_with_plain_rows(&full, pos, [5, 17]);
        }
    });
}

// Half precision is widened inside the products, not in a copy: every path has its own code.
#[test]
fn half_precision_keeps_the_laws() {
    for case in ["layouts/llama_clt_bf16", "layouts/llama_plt_f16"] {
        let folder = |part: &str| Folder::Disk(root().join(case).join(part));
        let model = Model::load(&folder("model")).unwrap();
        let transcoder = Transcoder::open(&folder("transcoders")).unwrap();
        let replacement = ReplacementModel::new(model, transcoder).unwrap();
        let ids = Golden::open("llama_clt_relu").ids();
        let local = replacement.on(&PromptTokens { ids, n_zeroed: 1 }).unwrap();
        let subject = subject(case, &local);
        let graph = subject.trace(&exhaustive());
        assert!(graph.nodes().n_features() > 50, "{case}: {}", graph.nodes().n_features());
        subject.pull_back_is_the_transpose_of_push_forward();
        subject.row_sums_and_constants_are_the_values(&graph);
        subject.doubling_a_source_moves_every_target_by_its_edge(&graph, 7);
        subject.rows_do_not_depend_on_other_rows(&graph, Expand::Ranked { max: 25, chunk: 3 });
        assert!(subject.heads_and_residual_path_sum_to_the_edge(&graph) > 20);
        subject.the_certificate_holds(&graph, 0.01);
    }
}

// The same numbers in two files and in one are the same model.
#[test]
fn a_sharded_checkpoint_gives_the_same_graph() {
    let case = "llama_clt_relu";
    let golden = Golden::open(case);
    let sharded = Folder::Disk(root().join("layouts/llama_sharded/model"));
    let graphs = [golden.model(), Model::load(&sharded).unwrap()].map(|model| {
        let folder = Folder::Disk(root().join(case).join("transcoders"));
        let transcoder = Transcoder::open(&folder).unwrap();
        let replacement = ReplacementModel::new(model, transcoder).unwrap();
        let local = replacement.on(&golden.prompt()).unwrap();
        subject(case, &local).trace(&exhaustive())
    });
    assert!(graphs[0] == graphs[1], "the graphs differ");
}
