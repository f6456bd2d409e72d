//! Residual interchange on the shipped model, whose world says what the variable is.

use std::ops::ControlFlow;

use connectome::RunError;
use connectome::doubt::{Done, Exchange, Interchange, Pairing, Table, answers, interchange};
use connectome::intervene::{Baseline, Intervention, ResidualPatch, Watch};
use connectome::lm::LogitsAt;
use connectome::replacement::PromptTokens;

use super::world::World;

fn go_on(_: Done) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Capital questions that take something of bird questions about another state.
fn capital_from_bird(world: &World, table: &Table, at_most: usize) -> Vec<Exchange> {
    let questions = table.questions();
    let prompts: Vec<&[u32]> = questions.iter().map(|q| q.tokens.as_slice()).collect();
    let found = answers(world.replacement.model(), &prompts, &mut go_on).unwrap();
    let right = |at: &usize| {
        let question = &questions[*at];
        question.asks != "river" && found[*at] == Some(question.answer)
    };
    let among: Vec<usize> = (0..questions.len()).filter(right).collect();
    assert!(among.len() > 400, "the model answers {} of its training questions", among.len());
    let mut drawn = table.exchanges(&among, Pairing::Other, 2 * at_most, 0).unwrap();
    drawn.retain(|exchange| questions[exchange.base].asks == "capital");
    drawn
}

fn rates(grid: &Interchange, pos_at: usize) -> Vec<[f64; 3]> {
    let of = |layer_at| {
        let cell = grid.cell(layer_at, pos_at);
        [cell.expected, cell.source, cell.base].map(|count| grid.share(count))
    };
    (0..grid.before_layers.len()).map(of).collect()
}

// Known of this model: the state is a step of its own at `is`, and the answer only after it.
#[test]
fn the_state_stands_at_the_last_word_and_becomes_the_answer_in_the_last_layer() {
    let world = World::open();
    let table = world.table("train");
    let exchanges = capital_from_bird(&world, &table, 200);
    let places = (&[0, 1, 2, 3, 4][..], &[-1, 2][..]);
    let model = world.replacement.model();
    let grid = interchange(model, &table, &exchanges, places, &mut go_on).unwrap();
    assert_eq!((grid.n_exchanges, grid.n_asked), (exchanges.len(), exchanges.len()));
    let last = rates(&grid, 0);
    let expected: Vec<f64> = last.iter().map(|[expected, ..]| *expected).collect();
    // The word `is` itself knows nothing.
    assert!(expected[0] == 0.0 && last[0][2] == 1.0, "{last:?}");
    assert!((0.5..0.7).contains(&expected[1]), "{last:?}");
    assert!((0.85..0.99).contains(&expected[2]), "{last:?}");
    assert!(expected[3] > 0.97 && expected[4] == 0.0, "{last:?}");
    // After the last layer it is the bird of the other state, and was at no layer before.
    let source: Vec<f64> = last.iter().map(|[_, source, _]| *source).collect();
    assert!(source[..4].iter().all(|rate| *rate < 0.02) && source[4] == 1.0, "{last:?}");
    // The position of the relation never holds a state.
    assert!(rates(&grid, 1).iter().all(|[expected, ..]| *expected == 0.0));
}

// Runs that share a batch, start in the middle and have pasts of their own say what one does.
#[test]
fn one_exchange_is_one_intervention() {
    let world = World::open();
    let table = world.table("bird_river_only");
    let all: Vec<usize> = (0..table.questions().len()).collect();
    let exchanges = table.exchanges(&all, Pairing::Other, 12, 3).unwrap();
    let model = world.replacement.model();
    let baseline = |place: usize| {
        let ids = table.questions()[place].tokens.clone();
        Baseline::new(&world.replacement, &PromptTokens { ids, n_zeroed: 1 }).unwrap()
    };
    for (before_layer, pos) in [(0, 7), (2, 9), (1, -2)] {
        let places = (&[before_layer][..], &[pos][..]);
        let grid = interchange(model, &table, &exchanges, places, &mut go_on).unwrap();
        let mut expected = 0.0;
        for exchange in &exchanges {
            let (base, source) = (baseline(exchange.base), baseline(exchange.source));
            let pos = if pos < 0 { 8 } else { pos as usize };
            let resid_d = source.stream().resid(before_layer).row(pos).to_vec();
            let patch = ResidualPatch { before_layer, pos, resid_d };
            let asked = Intervention::of_residuals(vec![patch]);
            let at = LogitsAt::Positions(vec![9]);
            let run = base.measure(&asked, &Watch::nothing(), &at).unwrap();
            let probability = connectome::lm::model::probabilities(run.logits.row(0));
            expected += f64::from(probability[exchange.expected as usize]);
        }
        let mean = expected / exchanges.len() as f64;
        let found = grid.cell(0, 0).expected_probability;
        assert!((found - mean).abs() < 1e-5, "before {before_layer} at {pos}: {found}, {mean}");
    }
}

#[test]
fn work_that_is_ended_counts_what_it_did() {
    let world = World::open();
    let table = world.table("train");
    let all: Vec<usize> = (0..table.questions().len()).collect();
    let exchanges = table.exchanges(&all, Pairing::Other, 150, 0).unwrap();
    let places = (&[2][..], &[-1][..]);
    let mut n_told = 0;
    let mut tell = |_: Done| {
        n_told += 1;
        if n_told > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let model = world.replacement.model();
    let part = interchange(model, &table, &exchanges, places, &mut tell).unwrap();
    assert!(part.n_exchanges > 0 && part.n_exchanges < part.n_asked, "{part:?}");
    let whole = &exchanges[..part.n_exchanges];
    let whole = interchange(model, &table, whole, places, &mut go_on).unwrap();
    assert_eq!(part.cells, whole.cells);
}

#[test]
fn what_cannot_be_exchanged_is_refused() {
    let world = World::open();
    let mut questions = world.table("train").questions().to_vec();
    questions.truncate(3);
    questions.extend(world.table("train").questions()[60..63].to_vec());
    questions[0].tokens.pop();
    let table = Table::new(questions).unwrap();
    let model = world.replacement.model();
    let long = [Exchange { base: 1, source: 5, expected: 0 }];
    let uneven = [Exchange { base: 0, source: 5, expected: 0 }];
    let run = |exchanges: &[Exchange], layers: &[usize], positions: &[i64]| {
        interchange(model, &table, exchanges, (layers, positions), &mut go_on)
    };
    assert!(matches!(run(&[], &[0], &[0]), Err(RunError::EmptySet { .. })));
    assert!(matches!(run(&long, &[], &[0]), Err(RunError::EmptySet { .. })));
    assert!(matches!(run(&long, &[0], &[]), Err(RunError::EmptySet { .. })));
    assert!(matches!(run(&long, &[5], &[0]), Err(RunError::Layer { found: 5, n_layers: 4 })));
    let found = run(&long, &[4], &[10]);
    assert!(matches!(found, Err(RunError::Position { found: 10, n_tokens: 10 })));
    let found = run(&long, &[4], &[-11]);
    assert!(matches!(found, Err(RunError::Position { found: -11, n_tokens: 10 })));
    assert!(matches!(run(&uneven, &[4], &[0]), Err(RunError::Alignment { .. })));
    // From the end they belong together.
    assert_eq!(run(&uneven, &[4], &[-1]).unwrap().n_exchanges, 1);
}
