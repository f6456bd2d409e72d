//! [`Builder`]: an index in the making, a feature after the other.
//!
//! What is added goes to the disk at once, a file for each column, and into the index at the end:
//! memory does not grow with the number of features.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::FeaturesError;
use super::super::columns::{self, Column, Rows, Spool};
use super::super::partners::Partner;
use super::{FORMAT, IndexCard, Label, Statistics, VERSION};

/// Columns of an index.
#[derive(Debug)]
pub struct Builder {
    path: PathBuf,
    columns: Spools,
    texts: Rows<u8>,
    /// Tokens that came by their text.
    tokens: BTreeMap<String, u32>,
}

/// The columns that grow with the features.
#[derive(Debug)]
struct Spools {
    fired: Spool<u32>,
    frequency: Spool<f32>,
    sum: Spool<f64>,
    min: Spool<f32>,
    max: Spool<f32>,
    histogram_start: Spool<u64>,
    histogram_bin: Spool<u16>,
    histogram_count: Spool<u32>,
    given_start: Spool<u64>,
    given: Spool<f32>,
    example_start: Spool<u64>,
    example_group: Spool<u8>,
    example_sequence: Spool<u32>,
    example_first: Spool<u32>,
    example_length: Spool<u32>,
    example_peak: Spool<u32>,
    firing_start: Spool<u64>,
    firing_place: Spool<u32>,
    firing: Spool<f32>,
    effect_start: Spool<u64>,
    effect_token: Spool<u32>,
    effect: Spool<f32>,
    partner_start: Spool<u64>,
    partner: Spool<u32>,
    partner_n: Spool<u32>,
    partner_sum: Spool<f64>,
    partner_excess: Spool<f64>,
    label_start: Spool<u64>,
    label: Spool<u8>,
    label_source: Spool<u8>,
    sequence_start: Spool<u64>,
    token: Spool<u32>,
}

/// A feature to be added; tokens are numbers in the table of texts.
#[derive(Clone, Debug, Default)]
pub struct NewFeature {
    /// How often it fires and how strongly.
    pub statistics: Statistics,
    /// Bins of a [`Histogram`](super::super::histogram::Histogram).
    pub histogram: Vec<(u16, u32)>,
    /// Others' histogram and quantiles.
    pub given: [Vec<f32>; 2],
    /// By group, the strongest first.
    pub examples: Vec<(NewExample, Vec<(u32, f32)>)>,
    /// Top logits, bottom logits, top inputs, bottom inputs: token and value (NaN if unknown).
    pub effects: [Vec<(u32, f32)>; super::feature::N_EFFECTS],
    /// Ascending.
    pub partners: Vec<Partner>,
    /// What it is called.
    pub label: Option<Label>,
}

/// Where an example lies. Its firings are places within it, and activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewExample {
    /// Its place in the card's list of groups.
    pub group: u8,
    /// Which sequence.
    pub sequence: u32,
    /// Its first token in the sequence.
    pub first: u32,
    /// Tokens.
    pub length: u32,
    /// Place of the peak within it.
    pub peak: u32,
}

impl Builder {
    /// An index without features, to be written to `path`. What is added waits in nameless files
    /// in the same folder, as large together as the index.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::Write`].
    pub fn new(path: &Path) -> Result<Self, FeaturesError> {
        let columns = Spools::beside(path);
        let columns =
            columns.map_err(|source| FeaturesError::Write { path: path.to_owned(), source })?;
        let (texts, tokens) = (Rows::default(), BTreeMap::new());
        Ok(Self { path: path.to_owned(), columns, texts, tokens })
    }

    /// Features so far.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.columns.fired.len()
    }

    /// Adds the next feature.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::Write`].
    pub fn push(&mut self, new: NewFeature) -> Result<(), FeaturesError> {
        self.columns.push(new).map_err(|source| self.write_error(source))
    }

    /// Adds a sequence of tokens, and gives its number.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::Write`].
    pub fn push_sequence(
        &mut self,
        tokens: impl IntoIterator<Item = u32>,
    ) -> Result<u32, FeaturesError> {
        let columns = &mut self.columns;
        let added = columns.token.extend(tokens);
        let added = added.and_then(|()| columns.sequence_start.push(columns.token.len() as u64));
        added.map_err(|source| self.write_error(source))?;
        Ok((self.columns.sequence_start.len() - 2) as u32)
    }

    /// Adds the text of the next token.
    pub fn push_text(&mut self, text: &str) {
        self.texts.push(text.bytes());
    }

    /// The token of a text, which is added if it is new. For tokens that come without numbers;
    /// not to be mixed with [`Builder::push_text`].
    pub fn token(&mut self, text: &str) -> u32 {
        if let Some(token) = self.tokens.get(text) {
            return *token;
        }
        let token = self.tokens.len() as u32;
        self.tokens.insert(text.to_owned(), token);
        self.push_text(text);
        token
    }

    /// Writes the index, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::Write`].
    ///
    /// # Panics
    ///
    /// If another number of features was added than the card says.
    pub fn write(mut self, card: &IndexCard) -> Result<(), FeaturesError> {
        let n = card.n_layers * card.n_features;
        assert_eq!(self.n_features(), n, "features of the card");
        let document = json!({ "format": FORMAT, "version": VERSION, "card": card });
        let columns = self.columns.all();
        let mut columns =
            columns.map_err(|source| FeaturesError::Write { path: self.path.clone(), source })?;
        columns.push(Column::new("text_start", &self.texts.starts));
        columns.push(Column::new("text", &self.texts.entries));
        columns::write(&self.path, &document, columns)
    }

    fn write_error(&self, source: io::Error) -> FeaturesError {
        FeaturesError::Write { path: self.path.clone(), source }
    }
}

impl Spools {
    fn beside(path: &Path) -> io::Result<Self> {
        let mut columns = Self {
            fired: Spool::beside(path)?,
            frequency: Spool::beside(path)?,
            sum: Spool::beside(path)?,
            min: Spool::beside(path)?,
            max: Spool::beside(path)?,
            histogram_start: Spool::beside(path)?,
            histogram_bin: Spool::beside(path)?,
            histogram_count: Spool::beside(path)?,
            given_start: Spool::beside(path)?,
            given: Spool::beside(path)?,
            example_start: Spool::beside(path)?,
            example_group: Spool::beside(path)?,
            example_sequence: Spool::beside(path)?,
            example_first: Spool::beside(path)?,
            example_length: Spool::beside(path)?,
            example_peak: Spool::beside(path)?,
            firing_start: Spool::beside(path)?,
            firing_place: Spool::beside(path)?,
            firing: Spool::beside(path)?,
            effect_start: Spool::beside(path)?,
            effect_token: Spool::beside(path)?,
            effect: Spool::beside(path)?,
            partner_start: Spool::beside(path)?,
            partner: Spool::beside(path)?,
            partner_n: Spool::beside(path)?,
            partner_sum: Spool::beside(path)?,
            partner_excess: Spool::beside(path)?,
            label_start: Spool::beside(path)?,
            label: Spool::beside(path)?,
            label_source: Spool::beside(path)?,
            sequence_start: Spool::beside(path)?,
            token: Spool::beside(path)?,
        };
        // The end of each row is the start of the next.
        let starts = [
            &mut columns.histogram_start,
            &mut columns.given_start,
            &mut columns.example_start,
            &mut columns.firing_start,
            &mut columns.effect_start,
            &mut columns.partner_start,
            &mut columns.label_start,
            &mut columns.sequence_start,
        ];
        starts.into_iter().try_for_each(|starts| starts.push(0))?;
        Ok(columns)
    }

    fn push(&mut self, new: NewFeature) -> io::Result<()> {
        self.fired.push(new.statistics.fired)?;
        self.frequency.push(new.statistics.frequency)?;
        self.sum.push(new.statistics.sum)?;
        self.min.push(new.statistics.min)?;
        self.max.push(new.statistics.max)?;
        self.histogram_bin.extend(new.histogram.iter().map(|(bin, _)| *bin))?;
        self.histogram_count.extend(new.histogram.iter().map(|(_, count)| *count))?;
        self.histogram_start.push(self.histogram_bin.len() as u64)?;
        for given in new.given {
            self.given.extend(given)?;
            self.given_start.push(self.given.len() as u64)?;
        }
        new.examples.iter().try_for_each(|(example, firings)| self.example(example, firings))?;
        self.example_start.push(self.example_group.len() as u64)?;
        for effects in new.effects {
            self.effect_token.extend(effects.iter().map(|(token, _)| *token))?;
            self.effect.extend(effects.iter().map(|(_, value)| *value))?;
            self.effect_start.push(self.effect.len() as u64)?;
        }
        new.partners.iter().try_for_each(|partner| self.partner(partner))?;
        self.partner_start.push(self.partner.len() as u64)?;
        let (text, source) =
            new.label.map_or((String::new(), 0), |label| (label.text, label.source.code()));
        self.label.extend(text.into_bytes())?;
        self.label_start.push(self.label.len() as u64)?;
        self.label_source.push(source)
    }

    fn example(&mut self, example: &NewExample, firings: &[(u32, f32)]) -> io::Result<()> {
        self.example_group.push(example.group)?;
        self.example_sequence.push(example.sequence)?;
        self.example_first.push(example.first)?;
        self.example_length.push(example.length)?;
        self.example_peak.push(example.peak)?;
        self.firing_place.extend(firings.iter().map(|(place, _)| *place))?;
        self.firing.extend(firings.iter().map(|(_, activation)| *activation))?;
        self.firing_start.push(self.firing.len() as u64)
    }

    fn partner(&mut self, partner: &Partner) -> io::Result<()> {
        self.partner.push(partner.feature)?;
        self.partner_n.push(partner.n)?;
        self.partner_sum.push(partner.sum)?;
        self.partner_excess.push(partner.excess)
    }

    /// All of them, under their names.
    fn all(&mut self) -> io::Result<Vec<Column<'_>>> {
        Ok(vec![
            self.fired.column("fired")?,
            self.frequency.column("frequency")?,
            self.sum.column("sum")?,
            self.min.column("min")?,
            self.max.column("max")?,
            self.histogram_start.column("histogram_start")?,
            self.histogram_bin.column("histogram_bin")?,
            self.histogram_count.column("histogram_count")?,
            self.given_start.column("given_start")?,
            self.given.column("given")?,
            self.example_start.column("example_start")?,
            self.example_group.column("example_group")?,
            self.example_sequence.column("example_sequence")?,
            self.example_first.column("example_first")?,
            self.example_length.column("example_length")?,
            self.example_peak.column("example_peak")?,
            self.firing_start.column("firing_start")?,
            self.firing_place.column("firing_place")?,
            self.firing.column("firing")?,
            self.effect_start.column("effect_start")?,
            self.effect_token.column("effect_token")?,
            self.effect.column("effect")?,
            self.partner_start.column("partner_start")?,
            self.partner.column("partner")?,
            self.partner_n.column("partner_n")?,
            self.partner_sum.column("partner_sum")?,
            self.partner_excess.column("partner_excess")?,
            self.label_start.column("label_start")?,
            self.label.column("label")?,
            self.label_source.column("label_source")?,
            self.sequence_start.column("sequence_start")?,
            self.token.column("token")?,
        ])
    }
}
