//! Where the variable lives: interchange over a table of prompts.

use anyhow::Result;
use connectome::doubt::{Interchange, Pairing, Table, answers, interchange};
use connectome_graph::write_whole;

use super::{Asking, table};
use crate::heatmap;
use crate::report::doubt::{PlaceHead, WhereReport};

impl Asking<'_> {
    pub(super) fn place(&mut self, lines: &[table::Line]) -> Result<()> {
        let (table, notes) = table::table(lines, self.loaded)?;
        notes.iter().for_each(|note| self.world.note(note));
        let model = self.loaded.replacement.model();
        let questions = table.questions();
        let prompts: Vec<&[u32]> = questions.iter().map(|q| q.tokens.as_slice()).collect();
        let found = self.watched("answering", |tell| answers(model, &prompts, tell))?;
        let right: Vec<usize> =
            (0..questions.len()).filter(|at| found[*at] == Some(questions[*at].answer)).collect();
        let args = &self.args.place;
        let pairing = if args.same || table.n_asks() < 2 { Pairing::Same } else { Pairing::Other };
        let exchanges = table.exchanges(&right, pairing, args.pairs, self.args.seed)?;
        let (layers, positions) = self.places(&table);
        let grid = self.watched("exchanging", |tell| {
            interchange(model, &table, &exchanges, (&layers, &positions), tell)
        })?;
        self.report.partial |= grid.n_exchanges < grid.n_asked;
        let head = PlaceHead {
            prompts: questions.len(),
            answered_right: right.len(),
            pairing,
            texts: self.texts(&table, &grid),
        };
        let report = WhereReport::of(&grid, head);
        if let Some(path) = &args.plot {
            let svg = heatmap::draw(&report);
            write_whole(path, |out| out.write_all(svg.as_bytes()))?;
        }
        self.report.place = Some(report);
        Ok(())
    }

    fn places(&self, table: &Table) -> (Vec<usize>, Vec<i64>) {
        let args = &self.args.place;
        let n_layers = self.baseline.n_layers();
        let layers =
            if args.layers.is_empty() { (0..=n_layers).collect() } else { args.layers.clone() };
        let shortest = table.questions().iter().map(|q| q.tokens.len()).min().unwrap_or(0);
        let positions = if args.positions.is_empty() {
            (0..shortest as i64).collect()
        } else {
            args.positions.clone()
        };
        (layers, positions)
    }

    /// What stands at each position: the token, where all prompts have the same.
    fn texts(&self, table: &Table, grid: &Interchange) -> Vec<Option<String>> {
        let token = |tokens: &[u32], pos: i64| {
            let from_front = if pos < 0 { pos + tokens.len() as i64 } else { pos };
            usize::try_from(from_front).ok().and_then(|pos| tokens.get(pos).copied())
        };
        let text = |pos: &i64| {
            let mut all = table.questions().iter().map(|q| token(&q.tokens, *pos));
            let first = all.next().flatten()?;
            all.all(|other| other == Some(first)).then(|| self.loaded.token_text(first))
        };
        grid.positions.iter().map(text).collect()
    }
}
