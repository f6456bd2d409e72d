//! Validation: predictions against the edges they are sums of, and measurements.

use std::ops::ControlFlow;

use connectome::attribution::{Expand, Labels, NoProgress, Options as Trace, attribute};
use connectome::intervene::Baseline;
use connectome::lm::Model;
use connectome::organism::SHIPPED;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use connectome::validate::statistics::Agreement;
use connectome::validate::{By, Class, Options, Rung, Scale, validate};
use connectome_graph::{AttributionGraph, Prompt};

/// The README's prompt: `the capital of the state containing oak port is`.
const IDS: [u32; 10] = [398, 390, 391, 394, 390, 395, 396, 3, 28, 397];

fn shipped() -> ReplacementModel {
    let model = Model::load(&SHIPPED[0].model()).unwrap();
    ReplacementModel::new(model, Transcoder::open(&SHIPPED[0].dictionary()).unwrap()).unwrap()
}

fn trace(baseline: &Baseline<'_>, expand: Expand) -> AttributionGraph {
    let ids = baseline.prompt().ids.clone();
    let token_texts = ids.iter().map(u32::to_string).collect();
    let prompt = Prompt { text: String::new(), token_texts, token_ids: ids };
    let labels = Labels { prompt, ..Labels::default() };
    let options = Trace { expand, ..Trace::default() };
    attribute(baseline.local(), &options, labels, &|id: u32| id.to_string(), &mut NoProgress)
        .unwrap()
}

#[test]
fn scratch() {
    let rm = shipped();
    let prompt = PromptTokens { ids: IDS.to_vec(), n_zeroed: 1 };
    let b = Baseline::new(&rm, &prompt).unwrap();
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    for expand in [Expand::Exhaustive, Expand::Certified { tolerance: 0.01 }] {
        let g = trace(&b, expand);
        let options = Options { n_features: n, ..Options::default() };
        let t = std::time::Instant::now();
        let v = validate(&b, &g, &options, &mut |_| ControlFlow::Continue(())).unwrap();
        println!(
            "{:?} took {:?}, cases {} stored {:?}",
            expand,
            t.elapsed(),
            v.cases.len(),
            v.stored
        );
        for by in [By::Source, By::Control] {
            for dose in 0..2 {
                for rung in Rung::ALL {
                    let f = |c| Agreement::of(&v.points(rung, dose, c, by, Scale::Absolute));
                    let r = |c| Agreement::of(&v.points(rung, dose, c, by, Scale::Relative));
                    println!(
                        "{by:?} x{} {:12} {:?}\n     rel {:?}\n      logit {:?}",
                        v.doses[dose],
                        rung.name(),
                        f(Class::Feature),
                        r(Class::Feature),
                        f(Class::Logit)
                    );
                }
            }
        }
        let vs = v.verdicts(Rung::Mlps, 0);
        use connectome_graph::Verdict::*;
        for x in [Supported, Weak, Contradicted] {
            println!("{x:?} {}", vs.iter().filter(|e| e.verdict == x).count());
        }
        println!("edges {}", v.pruned.edges.len());
        for b in v.bands(Rung::Mlps).iter().take(8) {
            println!("{b:?}");
        }
        for c in [Class::Feature, Class::Logit] {
            for d in v.disagreements(0, c).iter().take(6) {
                println!("{:?} {:?}", d, v.effects[d.effect]);
            }
        }
        let same: usize = v
            .cases
            .iter()
            .filter(|c| {
                c.control.first().is_some_and(|m| m.feature.pos == c.members[0].feature.pos)
            })
            .count();
        println!(
            "controls {} same pos {same}",
            v.cases.iter().filter(|c| !c.control.is_empty()).count()
        );
        for c in v.cases.iter().take(10) {
            println!(
                "{} {} -> {:?}",
                c.members[0].feature,
                c.members[0].feature.activation,
                c.control.first().map(|m| (m.feature.to_string(), m.feature.activation))
            );
        }
    }
}
