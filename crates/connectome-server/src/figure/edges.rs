//! Which edges of a circuit a figure draws, and what its footer says of them.

use connectome_figure::Edge;

use crate::error::ServeError;

/// Edges of a figure.
pub(super) struct Edges {
    pub(super) drawn: Vec<Edge>,
    /// How many between boxes are not.
    n_left_out: usize,
    min_share: f64,
}

impl Edges {
    /// Of all edges between boxes, each with whether a circuit draws it, those whose share is
    /// `min_share` or more, whatever its sign.
    pub(super) fn of(all: &[(Edge, bool)], min_share: f64) -> Result<Self, ServeError> {
        if !(0.0..=1.0).contains(&min_share) {
            let what =
                format!("edges are to be drawn from a share of {min_share}, expected 0 to 1");
            return Err(ServeError::bad(what));
        }
        let is_drawn = |(edge, drawn): &&(Edge, bool)| *drawn && edge.share.abs() >= min_share;
        let drawn: Vec<Edge> = all.iter().filter(is_drawn).map(|(edge, _)| *edge).collect();
        let n_left_out = all.len() - drawn.len();
        Ok(Self { drawn, n_left_out, min_share })
    }

    /// A line of the footer.
    pub(super) fn said(&self) -> String {
        let least = match self.min_share {
            0.0 => String::new(),
            // Two digits: a page asks for hundredths of a percent at most.
            share => format!(", none of them below {} %", (1e4 * share).round() / 100.0),
        };
        let left_out = match self.n_left_out {
            0 => String::new(),
            1 => "; 1 weaker one is left out".to_owned(),
            n => format!("; {n} weaker ones are left out"),
        };
        format!(
            "Edges: signed share of a box's inputs from outside it; of each box the strongest \
             that make up 80 % of what other boxes give it{least}{left_out}. Dashed with a bar: \
             inhibits."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [(Edge, bool); 4] {
        let edge = |share: f64| Edge { source: 0, target: 1, share };
        [(edge(0.3), true), (edge(-0.2), true), (edge(0.05), true), (edge(0.01), false)]
    }

    #[test]
    fn weaker_edges_are_left_out_and_counted() {
        let usual = Edges::of(&all(), 0.0).unwrap();
        assert_eq!(usual.drawn.len(), 3);
        assert!(usual.said().contains("give it; 1 weaker one is left out. Dashed"));
        let strong = Edges::of(&all(), 0.2).unwrap();
        assert_eq!(strong.drawn.iter().map(|edge| edge.share).collect::<Vec<_>>(), [0.3, -0.2]);
        let said = strong.said();
        assert!(said.contains("none of them below 20 %; 2 weaker ones are left out"), "{said}");
        let whole = Edges::of(&all()[..3], 0.0).unwrap();
        assert!(!whole.said().contains("left out"));
    }

    #[test]
    fn a_share_is_from_none_to_all() {
        for odd in [-0.1, 1.1, f64::NAN] {
            assert!(Edges::of(&all(), odd).is_err(), "{odd}");
        }
    }
}
