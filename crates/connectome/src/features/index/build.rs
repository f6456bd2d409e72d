//! [`Builder`]: an index in the making, a feature after the other.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::super::FeaturesError;
use super::super::columns::{self, Column, Rows};
use super::super::partners::Partner;
use super::{FORMAT, IndexCard, Label, Statistics, VERSION};

/// Columns of an index.
#[derive(Debug, Default)]
pub struct Builder {
    statistics: Vec<Statistics>,
    histogram: Rows<(u16, u32)>,
    given: Rows<f32>,
    examples: Rows<NewExample>,
    firings: Rows<(u32, f32)>,
    effects: Rows<(u32, f32)>,
    partners: Rows<Partner>,
    labels: Rows<u8>,
    label_sources: Vec<u8>,
    sequences: Rows<u32>,
    texts: Rows<u8>,
    /// Tokens that came by their text.
    tokens: BTreeMap<String, u32>,
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
    /// Features so far.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.statistics.len()
    }

    /// Adds the next feature.
    pub fn push(&mut self, new: NewFeature) {
        self.statistics.push(new.statistics);
        self.histogram.push(new.histogram);
        for given in new.given {
            self.given.push(given);
        }
        for (_, firings) in &new.examples {
            self.firings.push(firings.iter().copied());
        }
        self.examples.push(new.examples.into_iter().map(|(example, _)| example));
        for effects in new.effects {
            self.effects.push(effects);
        }
        self.partners.push(new.partners);
        let (text, source) =
            new.label.map_or((String::new(), 0), |label| (label.text, label.source.code()));
        self.labels.push(text.into_bytes());
        self.label_sources.push(source);
    }

    /// Adds a sequence of tokens, and gives its number.
    pub fn push_sequence(&mut self, tokens: impl IntoIterator<Item = u32>) -> u32 {
        self.sequences.push(tokens);
        (self.sequences.starts.len() - 2) as u32
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
    pub fn write(&self, path: &Path, card: &IndexCard) -> Result<(), FeaturesError> {
        let n = card.n_layers * card.n_features;
        assert_eq!(self.n_features(), n, "features of the card");
        let document = json!({ "format": FORMAT, "version": VERSION, "card": card });
        let of = |number: fn(&Statistics) -> f32| self.statistics.iter().map(number).collect();
        let (minima, maxima): (Vec<f32>, Vec<f32>) = (of(|s| s.min), of(|s| s.max));
        let frequencies: Vec<f32> = of(|s| s.frequency);
        let fired: Vec<u32> = self.statistics.iter().map(|s| s.fired).collect();
        let sums: Vec<f64> = self.statistics.iter().map(|s| s.sum).collect();
        let (bins, counts): (Vec<u16>, Vec<u32>) = self.histogram.entries.iter().copied().unzip();
        let examples = &self.examples.entries;
        let example =
            |number: fn(&NewExample) -> u32| -> Vec<u32> { examples.iter().map(number).collect() };
        let groups: Vec<u8> = examples.iter().map(|example| example.group).collect();
        let (sequences, firsts) = (example(|e| e.sequence), example(|e| e.first));
        let (lengths, peaks) = (example(|e| e.length), example(|e| e.peak));
        let (places, firings): (Vec<u32>, Vec<f32>) = self.firings.entries.iter().copied().unzip();
        let (tokens, effects): (Vec<u32>, Vec<f32>) = self.effects.entries.iter().copied().unzip();
        let partners = &self.partners.entries;
        let features: Vec<u32> = partners.iter().map(|partner| partner.feature).collect();
        let together: Vec<u32> = partners.iter().map(|partner| partner.n).collect();
        let products: Vec<f64> = partners.iter().map(|partner| partner.sum).collect();
        let excesses: Vec<f64> = partners.iter().map(|partner| partner.excess).collect();
        let columns = [
            Column::new("fired", &fired),
            Column::new("frequency", &frequencies),
            Column::new("sum", &sums),
            Column::new("min", &minima),
            Column::new("max", &maxima),
            Column::new("histogram_start", &self.histogram.starts),
            Column::new("histogram_bin", &bins),
            Column::new("histogram_count", &counts),
            Column::new("given_start", &self.given.starts),
            Column::new("given", &self.given.entries),
            Column::new("example_start", &self.examples.starts),
            Column::new("example_group", &groups),
            Column::new("example_sequence", &sequences),
            Column::new("example_first", &firsts),
            Column::new("example_length", &lengths),
            Column::new("example_peak", &peaks),
            Column::new("firing_start", &self.firings.starts),
            Column::new("firing_place", &places),
            Column::new("firing", &firings),
            Column::new("effect_start", &self.effects.starts),
            Column::new("effect_token", &tokens),
            Column::new("effect", &effects),
            Column::new("partner_start", &self.partners.starts),
            Column::new("partner", &features),
            Column::new("partner_n", &together),
            Column::new("partner_sum", &products),
            Column::new("partner_excess", &excesses),
            Column::new("label_start", &self.labels.starts),
            Column::new("label", &self.labels.entries),
            Column::new("label_source", &self.label_sources),
            Column::new("sequence_start", &self.sequences.starts),
            Column::new("token", &self.sequences.entries),
            Column::new("text_start", &self.texts.starts),
            Column::new("text", &self.texts.entries),
        ];
        columns::write(path, &document, &columns)
    }
}
