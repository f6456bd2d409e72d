//! What is changed in the model: the strongest features, supernodes, and matched controls.
//!
//! A control is a feature that fires on the prompt, is no part of the pruned graph, and is like
//! a source: in the same layer, at the same position or the nearest one, and of the closest
//! activation. Activations are compared in units in which every feature writes a vector of
//! length one, since a dictionary may trade activation for the length of its decoder rows.
//!
//! A control is changed by as much as its source is: what stands outside a pruned graph fires
//! more weakly as a rule, and half the push would be no control. So it says what the same push
//! by any other feature there would do.

use connectome_graph::{ActiveFeature, NodeIdx};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::{Options, Subject};

/// A feature that is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Where it stands, and its activation in this model.
    pub feature: ActiveFeature,
    /// Its node; `None` of a control that the graph left out.
    pub node: Option<NodeIdx>,
    /// The activation that doses are shares of: its own, or what pushes as far as its source if it
    /// is a control. At dose `d` it becomes `activation + (d − 1) · amount`.
    pub amount: f32,
    /// How far that amount pushes the stream: the length of what it writes, all layers together.
    pub push: f64,
    /// Its place in the list of active features.
    pub(super) place: usize,
}

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKind {
    /// One feature.
    Feature,
    /// A group of the graph's annotations, by its place among them.
    Supernode {
        /// That place.
        index: usize,
    },
}

/// Features that are changed together, and others like them.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it is about.
    pub kind: CaseKind,
    /// The features; ascending by layer, position and index.
    pub members: Vec<Member>,
    /// As many others, each like one of them, in the same order of features; empty if there are
    /// none. Of a supernode there may be fewer than members.
    pub control: Vec<Member>,
}

/// What could not be tested, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// A supernode without a feature that fires: tokens, errors and targets cannot be changed.
    Supernode {
        /// Its place among the annotations.
        index: usize,
    },
}

/// All cases in the order in which they are to be tested: features by influence, those asked
/// for by name, then supernodes.
pub(super) fn choose(subject: &Subject<'_>, options: &Options) -> (Vec<Case>, Vec<Skipped>) {
    let mut cases: Vec<Case> = strongest(subject, options)
        .into_iter()
        .map(|member| Case { kind: CaseKind::Feature, members: vec![member], control: Vec::new() })
        .collect();
    let groups = &subject.graph.annotations().supernodes;
    let wanted = options.supernodes.clone().unwrap_or_else(|| (0..groups.len()).collect());
    let mut skipped = Vec::new();
    for index in wanted {
        let members = groups[index].members.iter().filter_map(|idx| subject.member(*idx));
        let mut members: Vec<Member> = members.collect();
        members.sort_by_key(|member| member.place);
        members.dedup_by_key(|member| member.place);
        if members.is_empty() {
            skipped.push(Skipped::Supernode { index });
            continue;
        }
        cases.push(Case { kind: CaseKind::Supernode { index }, members, control: Vec::new() });
    }
    match_controls(subject, &mut cases, options.seed);
    (cases, skipped)
}

/// The features of largest influence, the largest first, and after them those asked for.
fn strongest(subject: &Subject<'_>, options: &Options) -> Vec<Member> {
    let influence = &subject.pruned.influence.node;
    let of = |member: &Member| member.node.map_or(0.0, |idx| influence[idx.as_usize()]);
    let nodes = subject.graph.nodes();
    let mut all: Vec<Member> =
        nodes.features().filter_map(|(idx, _)| subject.member(idx)).collect();
    all.retain(|member| of(member) > 0.0);
    all.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.place.cmp(&b.place)));
    all.truncate(options.n_features);
    for member in options.nodes.iter().filter_map(|idx| subject.member(*idx)) {
        if all.iter().all(|known| known.place != member.place) {
            all.push(member);
        }
    }
    all
}

/// Finds each case's controls. Features choose in random order and none is chosen twice, so
/// that controls are as many different features as there are; each supernode chooses anew.
fn match_controls(subject: &Subject<'_>, cases: &mut [Case], seed: u64) {
    let mut taken = vec![false; subject.baseline.local().features().len()];
    for place in subject.kept_places() {
        taken[place] = true;
    }
    cases.iter().flat_map(|case| &case.members).for_each(|member| taken[member.place] = true);
    let mut order: Vec<usize> = (0..cases.len()).collect();
    shuffle(&mut order, seed);
    let pool = taken.clone();
    for at in order {
        let case = &mut cases[at];
        let mut own = pool.clone();
        let taken = if case.kind == CaseKind::Feature { &mut taken } else { &mut own };
        for member in &case.members {
            if let Some(place) = nearest(subject, taken, member) {
                taken[place] = true;
                let control = subject.member_at(place);
                let times = member.push / control.push;
                let amount = (times * f64::from(control.amount)) as f32;
                case.control.push(Member { amount, push: member.push, ..control });
            }
        }
        case.control.sort_by_key(|member| member.place);
    }
}

/// The free feature most like `wanted`: same layer; nearest position; closest push.
fn nearest(subject: &Subject<'_>, taken: &[bool], wanted: &Member) -> Option<usize> {
    let features = subject.baseline.local().features();
    let distance = |place: usize| {
        let pos = features.list()[place].pos;
        (pos.abs_diff(wanted.feature.pos), (subject.push_of(place) - wanted.push).abs())
    };
    // What writes nothing pushes nothing, however it is changed.
    let is_free = |place: &usize| !taken[*place] && subject.push_of(*place) > 0.0;
    let free = features.of_layer(wanted.feature.id.layer as usize).filter(is_free);
    free.min_by(|a, b| {
        let (a_key, b_key) = (distance(*a), distance(*b));
        a_key.0.cmp(&b_key.0).then(a_key.1.total_cmp(&b_key.1)).then(a.cmp(b))
    })
}

/// Fisher and Yates' shuffle.
fn shuffle(order: &mut [usize], seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for last in (1..order.len()).rev() {
        // The modulus favours low places by one part in 2⁶⁴ over the length.
        let other = random.next_u64() % (last as u64 + 1);
        order.swap(last, other as usize);
    }
}
