//! [`Corpus`]: the documents to train on, from text, JSON lines or token files.
//!
//! Files are mapped, and an index of where each document lies is kept (24 bytes a document), so
//! a corpus may be larger than memory and still be read in any order. Everything that can be
//! wrong with a file is found when it is opened.
//!
//! | file | a document is |
//! |---|---|
//! | `.jsonl`, `.ndjson` | a line: an object with `text`, or with `prompt` and `completion`, or with `tokens`, which are used as they are |
//! | `.bin` | a window of raw little-endian ids, 16 or 32 bits each |
//! | `.safetensors` | a row of the tensor `tokens` `[N, T]`, or a window of `[N]`; any integer type |
//! | any other | a line, a paragraph or all of it ([`Cut`]) |
//!
//! Objects with `tokens` may have `loss_weights` or a `loss_mask`, a number for each token.

use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::TrainError;
use crate::files::FileBytes;

/// Ids of one window of a token file that has no rows of its own.
const WINDOW: usize = 1024;

/// Where a text file is cut into documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At every line end.
    Lines,
    /// At blank lines.
    Paragraphs,
    /// Nowhere.
    Files,
}

/// How files are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Where text is cut.
    pub cut: Cut,
    /// Ids of the vocabulary: `.bin` files have 16 bits an id where that is enough.
    pub n_vocab: usize,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// Text, to be tokenized.
    Text(String),
    /// Ids, used as they are.
    Tokens(Vec<u32>),
}

/// Documents in files.
#[derive(Debug)]
pub struct Corpus {
    files: Vec<CorpusFile>,
    /// File and span of every document.
    index: Vec<Place>,
    digest: String,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    file: usize,
    start: usize,
    end: usize,
}

#[derive(Debug)]
struct CorpusFile {
    path: PathBuf,
    bytes: FileBytes,
    kind: Kind,
    n_not_text: usize,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text(Cut),
    Json,
    /// Bytes of an id.
    Ids(usize),
}

impl Corpus {
    /// Opens files and finds their documents.
    ///
    /// Text documents that are not UTF-8 are left out and counted.
    ///
    /// # Errors
    ///
    /// [`TrainError::NoData`] if a file is empty or none of its documents holds anything;
    /// [`TrainError::Data`] with the place for a binary file, a line that is no document, or an
    /// id outside the vocabulary; [`TrainError::Load`] if a file cannot be read.
    pub fn open(paths: &[PathBuf], reading: Reading) -> Result<Self, TrainError> {
        let mut corpus = Self { files: Vec::new(), index: Vec::new(), digest: String::new() };
        let mut hasher = blake3::Hasher::new();
        for path in paths {
            let bytes = FileBytes::map(path)?;
            if bytes.is_empty() {
                return Err(TrainError::NoData { what: "bytes", path: path.clone() });
            }
            hasher.update(&blake3::hash(&bytes).as_bytes()[..]);
            let before = corpus.index.len();
            corpus.add(path, bytes, reading)?;
            if corpus.index.len() == before {
                return Err(TrainError::NoData { what: "documents", path: path.clone() });
            }
        }
        corpus.digest = hasher.finalize().to_hex().to_string();
        Ok(corpus)
    }

    /// Documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Documents that were left out, as they are not UTF-8.
    #[must_use]
    pub fn n_not_text(&self) -> usize {
        self.files.iter().map(|file| file.n_not_text).sum()
    }

    /// A sentence that says how many they are and in which files; `None` if there are none.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let files: Vec<&CorpusFile> =
            self.files.iter().filter(|file| file.n_not_text > 0).collect();
        let path = |file: &CorpusFile| format!("`{}`", file.path.display());
        let sentence = match self.n_not_text() {
            0 => return None,
            1 => "1 document is not UTF-8 and is left out".to_owned(),
            n => format!("{n} documents are not UTF-8 and are left out"),
        };
        let places = match files.as_slice() {
            [one] => path(one),
            several => {
                let place = |file: &&CorpusFile| format!("{} in {}", file.n_not_text, path(file));
                several.iter().map(place).collect::<Vec<_>>().join(", ")
            }
        };
        Some(format!("{sentence}: {places}"))
    }

    /// BLAKE3 of all bytes, in hex: two runs on the same data have the same.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether any document is text, which takes a tokenizer.
    #[must_use]
    pub fn has_text(&self) -> bool {
        let is_text = |at: usize| matches!(self.document(at), Document::Text(_));
        (0..self.len()).any(is_text)
    }

    /// The file of a document, for messages.
    #[must_use]
    pub fn path(&self, at: usize) -> &Path {
        &self.files[self.index[at].file].path
    }

    /// One document.
    ///
    /// # Panics
    ///
    /// If there is no such document.
    #[must_use]
    pub fn document(&self, at: usize) -> Document {
        let Place { file, start, end } = self.index[at];
        let file = &self.files[file];
        let raw = &file.bytes[start..end];
        let checked = "checked when the corpus was opened";
        match file.kind {
            Kind::Text(_) => Document::Text(std::str::from_utf8(raw).expect(checked).to_owned()),
            Kind::Json => json_document(raw).expect(checked),
            Kind::Ids(2) => {
                let ids = raw.as_chunks::<2>().0.iter();
                Document::Tokens(ids.map(|id| u32::from(u16::from_le_bytes(*id))).collect())
            }
            Kind::Ids(4) => {
                let ids = raw.as_chunks::<4>().0.iter();
                Document::Tokens(ids.map(|id| u32::from_le_bytes(*id)).collect())
            }
            Kind::Ids(_) => {
                let ids = raw.as_chunks::<8>().0.iter();
                let narrow = |id: &[u8; 8]| u32::try_from(u64::from_le_bytes(*id)).expect(checked);
                Document::Tokens(ids.map(narrow).collect())
            }
        }
    }

    /// The weight of each id's prediction, if the document brings its own.
    #[must_use]
    pub fn loss_weights(&self, at: usize) -> Option<Vec<f32>> {
        let raw = self.json(at)?;
        json_weights(&raw).expect("checked when the corpus was opened")
    }

    /// How many bytes of the text are a prompt, which is read and not learnt: 0 unless the
    /// document has a `completion`.
    #[must_use]
    pub fn prompt_len(&self, at: usize) -> usize {
        let prompt = |value: Value| Some(parts(&value)?.0.len());
        self.json(at).and_then(prompt).unwrap_or(0)
    }

    /// The object that a document is, in a file of such.
    fn json(&self, at: usize) -> Option<Value> {
        let Place { file, start, end } = self.index[at];
        let file = &self.files[file];
        match file.kind {
            Kind::Json => serde_json::from_slice(&file.bytes[start..end]).ok(),
            Kind::Text(_) | Kind::Ids(_) => None,
        }
    }

    fn add(&mut self, path: &Path, bytes: FileBytes, reading: Reading) -> Result<(), TrainError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let (kind, spans) = match extension {
            Some("jsonl" | "ndjson") => (Kind::Json, lines(&bytes)),
            Some("bin") => raw_ids(path, &bytes, reading)?,
            Some("safetensors") => tensor_ids(path, &bytes)?,
            _ => {
                not_binary(path, &bytes)?;
                let spans = match reading.cut {
                    Cut::Lines => lines(&bytes),
                    Cut::Paragraphs => paragraphs(&bytes),
                    Cut::Files => std::iter::once(0..bytes.len()).collect(),
                };
                (Kind::Text(reading.cut), spans)
            }
        };
        let mut file = CorpusFile { path: path.to_owned(), bytes, kind, n_not_text: 0 };
        for (at, span) in spans.into_iter().enumerate() {
            if file.holds_document(&span, at, reading.n_vocab)? {
                let (start, end) = (span.start, span.end);
                self.index.push(Place { file: self.files.len(), start, end });
            } else if matches!(kind, Kind::Text(_)) && !is_blank(&file.bytes[span]) {
                file.n_not_text += 1;
            }
        }
        self.files.push(file);
        Ok(())
    }
}

impl CorpusFile {
    /// Whether a span is a document; blank and undecodable text is none.
    fn holds_document(
        &self,
        span: &Range<usize>,
        at: usize,
        n_vocab: usize,
    ) -> Result<bool, TrainError> {
        let raw = &self.bytes[span.clone()];
        let data = |reason: String| TrainError::Data { reason, path: self.path.clone() };
        match self.kind {
            Kind::Text(_) => Ok(!is_blank(raw) && std::str::from_utf8(raw).is_ok()),
            Kind::Json if is_blank(raw) => Ok(false),
            Kind::Json => {
                let line = at + 1;
                match json_document(raw) {
                    Err(reason) => Err(data(format!("line {line}: {reason}"))),
                    Ok(Document::Text(text)) => Ok(!text.trim().is_empty()),
                    Ok(Document::Tokens(ids)) => {
                        in_vocabulary(&ids, n_vocab)
                            .map_err(|reason| data(format!("line {line}: {reason}")))?;
                        Ok(!ids.is_empty())
                    }
                }
            }
            Kind::Ids(size) => {
                let ids = raw.chunks_exact(size).map(little_endian);
                let too_large = ids.enumerate().find(|(_, id)| *id >= n_vocab as u64);
                match too_large {
                    None => Ok(!raw.is_empty()),
                    Some((offset, id)) => {
                        let place = span.start / size + offset;
                        Err(data(format!(
                            "id {id} at {place} is outside the vocabulary of {n_vocab}"
                        )))
                    }
                }
            }
        }
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |id, byte| id << 8 | u64::from(*byte))
}

fn in_vocabulary(ids: &[u32], n_vocab: usize) -> Result<(), String> {
    match ids.iter().find(|id| **id as usize >= n_vocab) {
        None => Ok(()),
        Some(id) => Err(format!("id {id} is outside the vocabulary of {n_vocab}")),
    }
}

fn is_blank(raw: &[u8]) -> bool {
    raw.iter().all(u8::is_ascii_whitespace)
}

fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut spans = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        spans.push(start..start + text.len());
        start += line.len();
    }
    spans
}

/// Runs of lines that are not blank.
fn paragraphs(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    for line in lines(bytes) {
        let blank = is_blank(&bytes[line.clone()]);
        match spans.last_mut() {
            Some(last) if is_open && !blank => last.end = line.end,
            _ if !blank => spans.push(line),
            _ => {}
        }
        is_open = !blank;
    }
    spans
}

/// Text may hold a few bad bytes, but no NUL: where there is one, the file is of another kind.
fn not_binary(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    match bytes.iter().position(|byte| *byte == 0) {
        None => Ok(()),
        Some(at) => {
            let reason = format!("a binary file, not text (byte 0 at offset {at})");
            Err(TrainError::Data { reason, path: path.to_owned() })
        }
    }
}

fn json_document(raw: &[u8]) -> Result<Document, String> {
    let value: Value =
        serde_json::from_slice(raw).map_err(|source| format!("no JSON ({source})"))?;
    match (value.get("text"), value.get("tokens")) {
        (Some(Value::String(text)), _) => Ok(Document::Text(text.clone())),
        (_, Some(Value::Array(ids))) => {
            let id = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
            let ids = ids.iter().map(id).collect::<Option<Vec<u32>>>();
            let ids = ids.ok_or_else(|| "`tokens` is no list of ids".to_owned())?;
            match json_weights(&value)? {
                Some(weights) if weights.len() != ids.len() => {
                    Err(format!("{} loss weights for {} tokens", weights.len(), ids.len()))
                }
                _ => Ok(Document::Tokens(ids)),
            }
        }
        _ => match parts(&value) {
            Some((prompt, completion)) => Ok(Document::Text(format!("{prompt}{completion}"))),
            None => Err("no object with `text`, `tokens` or `completion`".to_owned()),
        },
    }
}

/// What is read and what is learnt, of an object that keeps them apart.
fn parts(value: &Value) -> Option<(&str, &str)> {
    let is_whole = value.get("text").is_some() || value.get("tokens").is_some();
    let completion = value.get("completion").filter(|_| !is_whole)?.as_str()?;
    Some((value.get("prompt").and_then(Value::as_str).unwrap_or_default(), completion))
}

/// `loss_weights`, or `loss_mask` as weights 0 and 1, of an object that has either.
fn json_weights(value: &Value) -> Result<Option<Vec<f32>>, String> {
    let weight = |weight: &Value| match weight {
        Value::Bool(counts) => Some(f32::from(u8::from(*counts))),
        other => other.as_f64().map(|weight| weight as f32),
    };
    for key in ["loss_weights", "loss_mask"] {
        let Some(list) = value.get(key) else { continue };
        let weights = list.as_array().map(|list| list.iter().map(weight).collect());
        let weights: Option<Vec<f32>> = weights.flatten();
        let weights = weights.filter(|weights| weights.iter().all(|w| *w >= 0.0 && w.is_finite()));
        let bad = || format!("`{key}` is no list of numbers from 0 up");
        return weights.map(Some).ok_or_else(bad);
    }
    Ok(None)
}

fn raw_ids(
    path: &Path,
    bytes: &[u8],
    reading: Reading,
) -> Result<(Kind, Vec<Range<usize>>), TrainError> {
    let size = if reading.n_vocab <= 1 << 16 { 2 } else { 4 };
    if !bytes.len().is_multiple_of(size) {
        let reason = format!("{} bytes, expected a multiple of {size}", bytes.len());
        return Err(TrainError::Data { reason, path: path.to_owned() });
    }
    Ok((Kind::Ids(size), windows(0..bytes.len(), WINDOW * size)))
}

fn windows(all: Range<usize>, len: usize) -> Vec<Range<usize>> {
    all.clone().step_by(len.max(1)).map(|start| start..all.end.min(start + len)).collect()
}

fn tensor_ids(path: &Path, bytes: &[u8]) -> Result<(Kind, Vec<Range<usize>>), TrainError> {
    let data = |reason: String| TrainError::Data { reason, path: path.to_owned() };
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|source| data(format!("not a whole safetensors file ({source})")))?;
    let view = tensors.tensor("tokens").map_err(|_| data("no tensor `tokens`".to_owned()))?;
    let size = match view.dtype() {
        Dtype::U16 | Dtype::I16 => 2,
        Dtype::U32 | Dtype::I32 => 4,
        Dtype::U64 | Dtype::I64 => 8,
        other => return Err(data(format!("`tokens` has type {other:?}, expected integers"))),
    };
    // `view.data()` borrows from `bytes`, so its offset is their distance.
    let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
    let all = start..start + view.data().len();
    let len = match view.shape() {
        [_, n_tokens] => *n_tokens,
        [_] => WINDOW,
        shape => return Err(data(format!("`tokens` is {shape:?}, expected one axis or two"))),
    };
    Ok((Kind::Ids(size), windows(all, len * size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: Reading = Reading { cut: Cut::Lines, n_vocab: 300 };

    fn open(name: &str, bytes: &[u8], reading: Reading) -> Result<Corpus, TrainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Corpus::open(&[path], reading)
    }

    fn documents(corpus: &Corpus) -> Vec<Document> {
        (0..corpus.len()).map(|at| corpus.document(at)).collect()
    }

    fn text(text: &str) -> Document {
        Document::Text(text.to_owned())
    }

    #[test]
    fn text_is_cut_where_it_says() {
        let bytes = b"one\r\ntwo\n\n \nthree\nfour";
        let cut = |cut| documents(&open("a.txt", bytes, Reading { cut, ..READING }).unwrap());
        assert_eq!(cut(Cut::Lines), ["one", "two", "three", "four"].map(text));
        assert_eq!(cut(Cut::Paragraphs), ["one\r\ntwo", "three\nfour"].map(text));
        assert_eq!(cut(Cut::Files).len(), 1);
    }

    #[test]
    fn json_lines_hold_text_or_ids() {
        let bytes = b"{\"text\": \"a b\", \"task\": 1}\n\n{\"tokens\": [1, 299]}\n";
        let corpus = open("a.jsonl", bytes, READING).unwrap();
        assert_eq!(documents(&corpus), [text("a b"), Document::Tokens(vec![1, 299])]);
        assert!(corpus.has_text());
    }

    #[test]
    fn json_lines_say_what_is_learnt() {
        let bytes = b"{\"tokens\": [1, 2], \"loss_weights\": [0, 2.5]}\n\
            {\"tokens\": [1, 2], \"loss_mask\": [true, 0]}\n\
            {\"prompt\": \"a \", \"completion\": \"b\"}\n\
            {\"text\": \"a\", \"prompt\": \"something else\"}\n";
        let corpus = open("a.jsonl", bytes, READING).unwrap();
        let weights: Vec<_> = (0..4).map(|at| corpus.loss_weights(at)).collect();
        assert_eq!(weights, [Some(vec![0.0, 2.5]), Some(vec![1.0, 0.0]), None, None]);
        assert_eq!(corpus.document(2), text("a b"));
        let prompts: Vec<_> = (0..4).map(|at| corpus.prompt_len(at)).collect();
        assert_eq!(prompts, [0, 0, 2, 0]);
    }

    #[test]
    fn token_files_of_every_width_give_the_same_ids() {
        let ids: Vec<u32> = (0..1500).map(|id| id % 300).collect();
        let narrow: Vec<u8> = ids.iter().flat_map(|id| (*id as u16).to_le_bytes()).collect();
        let wide: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        let whole = |corpus: Corpus| -> Vec<u32> {
            let of = |document| match document {
                Document::Tokens(ids) => ids,
                Document::Text(_) => panic!("no text here"),
            };
            documents(&corpus).into_iter().flat_map(of).collect()
        };
        assert_eq!(whole(open("a.bin", &narrow, READING).unwrap()), ids);
        let large = Reading { n_vocab: 1 << 17, ..READING };
        assert_eq!(whole(open("a.bin", &wide, large).unwrap()), ids);
        let long: Vec<u8> = ids.iter().flat_map(|id| i64::from(*id).to_le_bytes()).collect();
        let view = safetensors::tensor::TensorView::new(Dtype::I64, vec![15, 100], &long).unwrap();
        let file = safetensors::serialize([("tokens", view)], None).unwrap();
        let corpus = open("a.safetensors", &file, READING).unwrap();
        assert_eq!(corpus.len(), 15);
        assert_eq!(whole(corpus), ids);
    }

    #[test]
    fn bad_places_are_left_out_and_counted() {
        let corpus = open("a.txt", b"good\nb\xffd\nalso good\n", READING).unwrap();
        assert_eq!((corpus.len(), corpus.n_not_text()), (2, 1));
        let note = corpus.left_out().unwrap();
        assert!(note.starts_with("1 document is not UTF-8 and is left out: `"), "{note}");
        assert!(note.ends_with("a.txt`"), "{note}");
        assert_eq!(open("a.txt", b"good\n", READING).unwrap().left_out(), None);
    }

    #[test]
    fn each_file_says_how_much_of_it_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let files = [("a", &b"x\n\xff\n\xfe\n"[..]), ("b", b"x\n"), ("c", b"\xff\nx\n")];
        let paths = files.map(|(name, bytes)| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        });
        let [a, _, c] = paths.each_ref().map(|path| path.display());
        let expected =
            format!("3 documents are not UTF-8 and are left out: 2 in `{a}`, 1 in `{c}`");
        assert_eq!(Corpus::open(&paths, READING).unwrap().left_out(), Some(expected));
        let whole = Reading { cut: Cut::Files, ..READING };
        let message = Corpus::open(&paths, whole).unwrap_err().to_string();
        assert_eq!(message, format!("no documents in `{a}`"));
    }

    #[test]
    fn what_is_no_data_says_why() {
        let message = |name, bytes: &[u8]| open(name, bytes, READING).unwrap_err().to_string();
        for (name, bytes, expected) in [
            ("a.txt", &b""[..], "no bytes in"),
            ("a.txt", b" \n\n", "no documents in"),
            ("a.jsonl", b"{\"text\": \"a\"}\n{\"text\": \"b\xff\"}\n", "line 2: "),
            ("a.txt", b"\xff\n\xfe\n", "no documents in"),
            ("a.txt", b"ELF\0\0", "a binary file, not text (byte 0 at offset 3)"),
            (
                "a.jsonl",
                b"{\"text\": \"a\"}\n{\"txt\": 1}",
                "line 2: no object with `text`, `tokens` or `completion`",
            ),
            ("a.jsonl", b"{\"text\"", "line 1: no JSON"),
            (
                "a.jsonl",
                b"{\"tokens\": [1, 2], \"loss_mask\": [1]}",
                "line 1: 1 loss weights for 2 tokens",
            ),
            (
                "a.jsonl",
                b"{\"tokens\": [1], \"loss_weights\": [-1]}",
                "line 1: `loss_weights` is no list of numbers from 0 up",
            ),
            ("a.jsonl", b"{\"tokens\": [300]}", "line 1: id 300 is outside the vocabulary of 300"),
            ("a.bin", b"abc", "3 bytes, expected a multiple of 2"),
            ("a.bin", b"ab\0\0", "id 25185 at 0 is outside the vocabulary of 300"),
            ("a.safetensors", b"12345678", "not a whole safetensors file"),
        ] {
            let found = message(name, bytes);
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
