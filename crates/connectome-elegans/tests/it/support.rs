//! Data to look at, and the world as its file tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use connectome_elegans::{DataFile, Dataset, Document, Mixture, ROW_TOKENS, Recipe, Size, World};
use serde_json::Value;

/// Blocks of rows that a test looks at, of each recipe.
pub(crate) const BLOCKS: u64 = 14;

/// Documents of blocks from all over a run.
pub(crate) fn documents(world: &World, recipe: Recipe) -> Vec<Document> {
    documents_from(world, recipe, 0)
}

/// Documents of blocks from all over what follows a block.
pub(crate) fn documents_from(world: &World, recipe: Recipe, from: u64) -> Vec<Document> {
    let mixture = Mixture::new(world, recipe).unwrap();
    // No test sees the beginning only.
    let rows = (0..BLOCKS).flat_map(|block| {
        let start = (from + block * 211) * 64;
        mixture.rows(start..start + 64)
    });
    rows.flat_map(|row| row.documents).collect()
}

/// Documents of every recipe.
pub(crate) fn all_documents(world: &World) -> Vec<Document> {
    Recipe::ALL.iter().flat_map(|recipe| documents(world, *recipe)).collect()
}

/// A file of a data set, as text.
pub(crate) fn file(world: &World, file: &DataFile) -> String {
    let data = Dataset::new(world, Recipe::Base, ROW_TOKENS as u64).unwrap();
    let mut bytes = Vec::new();
    data.write(file, &mut bytes, &mut |_| ControlFlow::Continue(())).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// `world.json`, read again.
pub(crate) struct Told(pub(crate) Value);

impl Told {
    pub(crate) fn of(world: &World) -> Self {
        Self(serde_json::from_str(&file(world, &DataFile::World)).unwrap())
    }

    /// The list at a path such as `/places/cities`.
    pub(crate) fn list(&self, path: &str) -> &[Value] {
        self.0.pointer(path).and_then(Value::as_array).unwrap_or_else(|| panic!("no {path}"))
    }

    /// The names in a list that fulfil a condition.
    pub(crate) fn names(&self, path: &str, is_wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
        self.list(path).iter().filter(|one| is_wanted(one)).map(|one| text(&one["name"])).collect()
    }

    /// The entries of a list by the text under a key.
    pub(crate) fn by(&self, path: &str, key: &str) -> BTreeMap<String, &Value> {
        self.list(path).iter().map(|one| (text(&one[key]), one)).collect()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(text).collect()
}

pub(crate) fn full() -> World {
    World::new(0, Size::Full)
}

pub(crate) fn nano() -> World {
    World::new(0, Size::Nano)
}

/// The words of a text between two others.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let start = text.find(before)? + before.len();
    let rest = &text[start..];
    let end = if after.is_empty() { rest.len() } else { rest.find(after)? };
    Some(rest[..end].trim())
}
