//! Features and edits as they are written on the command line and in files of edits.
//!
//! ```text
//! NODES      item[,item…], or the name of a supernode of the graph
//! item       L2/50@PLACE    a feature
//!            L2/*@PLACE     every feature of layer 2 that fires there
//!            NAME           a supernode, at its own positions
//!            NAME@PLACE     its features at other positions
//! PLACE      8   -1   3..6   8..   all   generated
//! edit       NODES=NUMBER
//! ```
//!
//! Ranges end before their end, as in Rust and Python. `8..` goes on at generated positions,
//! `all` is the whole prompt, `-1` its last position.

use std::path::Path;

use connectome::error::RunError;
use connectome::intervene::Positions;
use connectome_graph::{FeatureId, Supernode};
use serde::Deserialize;

use crate::args::EditArgs;
use crate::failure::InterveneError;

/// Where, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    At(i64),
    /// From one position up to another, the second not included.
    Span(i64, i64),
    From(i64),
    All,
    Generated,
}

/// One of the things that a set names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Feature { id: FeatureId, place: Place },
    Layer { layer: u32, place: Place },
    Supernode { name: String, place: Option<Place> },
}

/// Features, as they were named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeSet {
    /// As it was written.
    pub(crate) text: String,
    pub(crate) items: Vec<Item>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Set,
    Scale,
    Add,
    Ablate,
}

impl Action {
    /// What flags and files call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Scale => "scale",
            Self::Add => "add",
            Self::Ablate => "ablate",
        }
    }
}

/// An edit, as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenEdit {
    pub(crate) nodes: NodeSet,
    pub(crate) action: Action,
    /// `None` for an ablation, and where a sweep gives it.
    pub(crate) number: Option<f32>,
}

/// Reads sets of nodes, knowing the supernodes that there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reader<'a> {
    /// Those of the graph, if there is one.
    pub(crate) supernodes: Option<&'a [Supernode]>,
}

impl Reader<'_> {
    /// All edits of flags and of a file, in the order of the flags' kinds, then the file's.
    pub(crate) fn edits(self, args: &EditArgs) -> Result<Vec<WrittenEdit>, InterveneError> {
        let mut edits = Vec::new();
        for (action, texts) in
            [(Action::Set, &args.set), (Action::Scale, &args.scale), (Action::Add, &args.add)]
        {
            for text in texts {
                edits.push(self.edit(text, action)?);
            }
        }
        for text in &args.ablate {
            edits.push(WrittenEdit {
                nodes: self.set(text)?,
                action: Action::Ablate,
                number: None,
            });
        }
        if let Some(path) = &args.edits {
            edits.extend(self.file(path)?);
        }
        Ok(edits)
    }

    /// `NODES=NUMBER`, or `NODES` alone where a sweep gives the number.
    fn edit(self, text: &str, action: Action) -> Result<WrittenEdit, InterveneError> {
        let (nodes, number) = match text.rsplit_once('=') {
            Some((nodes, number)) if !self.is_supernode(text) => {
                let bad = || InterveneError::EditNumber {
                    edit: format!("--{} {text}", action.name()),
                    found: number.to_owned(),
                };
                (nodes, Some(number.trim().parse::<f32>().map_err(|_| bad())?))
            }
            _ => (text, None),
        };
        Ok(WrittenEdit { nodes: self.set(nodes)?, action, number })
    }

    /// A set of nodes.
    pub(crate) fn set(self, text: &str) -> Result<NodeSet, InterveneError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InterveneError::EmptyNodes);
        }
        let items = if self.is_supernode(text) {
            vec![Item::Supernode { name: text.to_owned(), place: None }]
        } else {
            text.split(',').map(|item| self.item(item.trim())).collect::<Result<_, _>>()?
        };
        Ok(NodeSet { text: text.to_owned(), items })
    }

    pub(crate) fn is_supernode(self, text: &str) -> bool {
        self.supernodes.is_some_and(|all| all.iter().any(|one| one.name == text))
    }

    fn item(self, text: &str) -> Result<Item, InterveneError> {
        if self.is_supernode(text) {
            return Ok(Item::Supernode { name: text.to_owned(), place: None });
        }
        let Some((what, place)) = text.rsplit_once('@') else {
            return Err(match text.parse::<FeatureId>() {
                Ok(id) => InterveneError::NoPlace { found: id.to_string() },
                Err(_) => self.unknown(text),
            });
        };
        if self.is_supernode(what) {
            let place = Some(place.parse()?);
            return Ok(Item::Supernode { name: what.to_owned(), place });
        }
        if let Some(layer) = what.strip_suffix("/*") {
            let layer = layer.strip_prefix('L').unwrap_or(layer);
            let layer = layer.parse().map_err(|_| self.unknown(text))?;
            return Ok(Item::Layer { layer, place: place.parse()? });
        }
        let id = what.parse().map_err(|_| self.unknown(text))?;
        Ok(Item::Feature { id, place: place.parse()? })
    }

    fn unknown(self, text: &str) -> InterveneError {
        let found = text.to_owned();
        match self.supernodes {
            None => InterveneError::NoFeature { found },
            Some(all) => {
                let names = all.iter().map(|one| one.name.clone()).collect();
                InterveneError::NoSupernode { found, names }
            }
        }
    }

    fn file(self, path: &Path) -> Result<Vec<WrittenEdit>, InterveneError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| InterveneError::ReadEdits { path: path.to_owned(), source })?;
        let records: Vec<Record> = serde_json::from_str(&text)
            .map_err(|source| InterveneError::EditsFile { path: path.to_owned(), source })?;
        records.iter().map(|record| record.edit(self, path)).collect()
    }
}

/// An edit of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    nodes: String,
    set: Option<f32>,
    scale: Option<f32>,
    add: Option<f32>,
    ablate: Option<bool>,
}

impl Record {
    fn edit(&self, reader: Reader<'_>, path: &Path) -> Result<WrittenEdit, InterveneError> {
        let ablate = self.ablate.filter(|ablate| *ablate).map(|_| (Action::Ablate, None));
        let given = [(Action::Set, self.set), (Action::Scale, self.scale), (Action::Add, self.add)];
        let given = given.into_iter().filter_map(|(action, number)| Some((action, Some(number?))));
        let asked: Vec<(Action, Option<f32>)> = given.chain(ablate).collect();
        let [(action, number)] = asked[..] else {
            let (nodes, path) = (self.nodes.clone(), path.to_owned());
            return Err(InterveneError::EditActions { nodes, found: asked.len(), path });
        };
        Ok(WrittenEdit { nodes: reader.set(&self.nodes)?, action, number })
    }
}

impl std::str::FromStr for Place {
    type Err = InterveneError;

    fn from_str(text: &str) -> Result<Self, InterveneError> {
        let bad = || InterveneError::Place { found: text.to_owned() };
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| bad());
        match text.trim() {
            "all" => return Ok(Self::All),
            "generated" => return Ok(Self::Generated),
            _ => {}
        }
        let Some((start, end)) = text.split_once("..") else { return Ok(Self::At(number(text)?)) };
        let start = number(start)?;
        match end.trim() {
            "" => Ok(Self::From(start)),
            end => Ok(Self::Span(start, number(end)?)),
        }
    }
}

impl Place {
    /// The positions of a prompt that are meant.
    pub(crate) fn positions(self, n_tokens: usize) -> Result<Positions, RunError> {
        let from_start = |pos: i64| if pos < 0 { pos.saturating_add(n_tokens as i64) } else { pos };
        let at = |found: i64, limit: usize| {
            let pos = usize::try_from(from_start(found)).ok().filter(|pos| *pos < limit);
            pos.ok_or(RunError::Position { found, n_tokens })
        };
        Ok(match self {
            Self::At(pos) => Positions::At(at(pos, n_tokens)?),
            Self::Span(start, end) => {
                let (start, end) = (at(start, n_tokens + 1)?, from_start(end));
                let end = usize::try_from(end).unwrap_or(0);
                if start >= end || end > n_tokens {
                    return Err(RunError::Range { what: "positions", start, end, limit: n_tokens });
                }
                Positions::Span(start..end)
            }
            Self::From(start) => Positions::From(at(start, n_tokens + 1)?),
            Self::All => Positions::Prompt,
            Self::Generated => Positions::Generated,
        })
    }
}

/// A range of layers, `1..4`; the end may be missing.
pub(crate) fn layers(text: &str) -> Result<(usize, Option<usize>), InterveneError> {
    let bad = || InterveneError::Layers { found: text.to_owned() };
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| bad());
    let (start, end) = text.split_once("..").ok_or_else(bad)?;
    let end = match end.trim() {
        "" => None,
        end => Some(number(end)?),
    };
    Ok((number(start)?, end))
}

/// What a sweep varies, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WrittenSweep {
    Dose(Vec<f32>),
    EndLayer,
    Position,
}

/// Points of one sweep: enough for any chart, and a bound on what a slip of the hand costs.
const MOST_DOSES: f64 = 1000.0;

impl std::str::FromStr for WrittenSweep {
    type Err = InterveneError;

    fn from_str(text: &str) -> Result<Self, InterveneError> {
        let bad = || InterveneError::Sweep { found: text.to_owned() };
        match text {
            "end-layer" => return Ok(Self::EndLayer),
            "position" => return Ok(Self::Position),
            _ => {}
        }
        let doses = text.strip_prefix("dose=").ok_or_else(bad)?;
        let number = |text: &str| {
            let number = text.trim().parse::<f64>().map_err(|_| bad())?;
            if number.is_finite() { Ok(number) } else { Err(bad()) }
        };
        let Some((start, rest)) = doses.split_once("..") else {
            let doses: Vec<f64> = doses.split(',').map(number).collect::<Result<_, _>>()?;
            return Ok(Self::Dose(doses.into_iter().map(|dose| dose as f32).collect()));
        };
        let (end, step) = rest.split_once(':').ok_or_else(bad)?;
        let (start, end, step) = (number(start)?, number(end)?, number(step)?);
        // A last step that misses the end by rounding alone still counts.
        let n_steps = ((end - start) / step + 1e-6).floor();
        if !(step > 0.0 && (0.0..MOST_DOSES).contains(&n_steps)) {
            return Err(bad());
        }
        let dose = |at: usize| (start + step * at as f64) as f32;
        Ok(Self::Dose((0..=n_steps as usize).map(dose).collect()))
    }
}

#[cfg(test)]
mod tests {
    use connectome_graph::NodeIdx;

    use super::*;

    fn feature(text: &str) -> FeatureId {
        text.parse().unwrap()
    }

    #[test]
    fn sets_are_features_layers_and_supernodes() {
        let named =
            |name: &str| Supernode { name: name.to_owned(), members: vec![NodeIdx::new(0)] };
        let all = [named("state"), named("a, b@c")];
        let reader = Reader { supernodes: Some(&all) };
        let items = |text: &str| reader.set(text).unwrap().items;
        let supernode = |name: &str, place| Item::Supernode { name: name.to_owned(), place };
        assert_eq!(
            items("L2/50@8, 1/3@4..6,state,state@9..,L0/*@-1"),
            [
                Item::Feature { id: feature("L2/50"), place: Place::At(8) },
                Item::Feature { id: feature("L1/3"), place: Place::Span(4, 6) },
                supernode("state", None),
                supernode("state", Some(Place::From(9))),
                Item::Layer { layer: 0, place: Place::At(-1) },
            ]
        );
        assert_eq!(items("a, b@c"), [supernode("a, b@c", None)]);
        for (text, sentence) in [
            ("", "the set of nodes is empty"),
            ("L2/50", "`L2/50` does not say where"),
            ("L2/50@8,", "`` is no feature"),
            ("stat", "`stat` is no feature and no supernode of the graph"),
            ("L2/50@eight", "`eight` is no position"),
            ("Lx/*@8", "`Lx/*@8` is no feature"),
        ] {
            let error = reader.set(text).unwrap_err().to_string();
            assert!(error.contains(sentence), "{text}: {error}");
        }
    }

    #[test]
    fn an_edit_is_a_set_and_a_number() {
        let reader = Reader::default();
        let edit = |text: &str| reader.edit(text, Action::Scale);
        assert_eq!(edit("L2/50@8=-1.5").unwrap().number, Some(-1.5));
        assert_eq!(edit("L2/50@8").unwrap().number, None);
        let error = edit("L2/50@8=much").unwrap_err().to_string();
        assert_eq!(error, "`much` is no number, in `--scale L2/50@8=much`");
        assert!(edit("state=2").unwrap_err().to_string().contains("`state` is no feature"));
    }

    #[test]
    fn places_are_positions_of_the_prompt() {
        let positions = |text: &str| text.parse::<Place>().unwrap().positions(10);
        assert_eq!(positions("8").unwrap(), Positions::At(8));
        assert_eq!(positions("-1").unwrap(), Positions::At(9));
        assert_eq!(positions("3..6").unwrap(), Positions::Span(3..6));
        assert_eq!(positions("-3..-1").unwrap(), Positions::Span(7..9));
        assert_eq!(positions("8..").unwrap(), Positions::From(8));
        assert_eq!(positions("10..").unwrap(), Positions::From(10));
        assert_eq!(positions("all").unwrap(), Positions::Prompt);
        assert_eq!(positions("generated").unwrap(), Positions::Generated);
        for text in ["10", "-11", "11..", "3..3", "6..3", "5..11", "99..100"] {
            assert!(positions(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sweeps_hold_both_ends() {
        let doses = |text: &str| match text.parse() {
            Ok(WrittenSweep::Dose(doses)) => doses,
            other => panic!("{other:?}"),
        };
        assert_eq!(doses("dose=-1..1:0.5"), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(doses("dose=0..0.3:0.1").len(), 4);
        assert_eq!(doses("dose=0,1,4"), [0.0, 1.0, 4.0]);
        assert_eq!("end-layer".parse::<WrittenSweep>().unwrap(), WrittenSweep::EndLayer);
        for text in
            ["dose", "dose=", "dose=1..0:1", "dose=0..1:0", "dose=0..9:1e-9", "dose=nan", "x"]
        {
            assert!(text.parse::<WrittenSweep>().is_err(), "{text}");
        }
    }

    #[test]
    fn layers_are_a_range() {
        assert_eq!(layers("1..4").unwrap(), (1, Some(4)));
        assert_eq!(layers("2..").unwrap(), (2, None));
        for text in ["4", "..4", "-1..2", "a..b"] {
            assert!(layers(text).is_err(), "{text}");
        }
    }
}
