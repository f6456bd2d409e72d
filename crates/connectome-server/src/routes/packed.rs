//! circuit-tracer's `features/` folder: the list of layers, and ranges of their files.
//!
//! Nothing of it lies on the disk; every piece is made from the index when it is asked for.
//! Ranges and conditions are those of RFC 9110, sections 13 and 14: one range is answered, a
//! request for several gets the whole file, and what is no range is refused.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use connectome::features::packed::{PackedLayer, PackedName};
use tokio::sync::mpsc;

use super::{Answer, blocking};
use crate::error::ServeError;
use crate::features::{Index, Set};

/// Bytes of an answer that are made at once, up to the end of a record; a longer answer goes out
/// in pieces.
const PIECE: u64 = 1 << 16;
/// Pieces that wait for a slow reader.
const WAITING: usize = 1;

/// A file of a set's folder.
pub(super) async fn file(
    set: impl FnOnce() -> Result<Set, ServeError> + Send + 'static,
    name: PackedName,
    headers: &HeaderMap,
) -> Answer {
    let opened = blocking(move || {
        let index = set()?.shared_index()?;
        let contents = match name {
            PackedName::List => Contents::List(index.packed.list(&index.reader)?.into()),
            PackedName::Layer(layer) => Contents::Layer(index.packed.layer(&index.reader, layer)?),
        };
        Ok(Opened { index, contents })
    });
    answer(opened.await?, headers).await
}

/// A file that is there as far as anyone can see.
#[derive(Clone)]
struct Opened {
    index: Arc<Index>,
    contents: Contents,
}

#[derive(Clone)]
enum Contents {
    List(Arc<[u8]>),
    Layer(Arc<PackedLayer>),
}

impl Opened {
    fn length(&self) -> u64 {
        match &self.contents {
            Contents::List(bytes) => bytes.len() as u64,
            Contents::Layer(layer) => layer.length(),
        }
    }

    fn etag(&self) -> String {
        match &self.contents {
            Contents::List(bytes) => format!("\"{}\"", &blake3::hash(bytes).to_hex()[..32]),
            Contents::Layer(layer) => format!("\"{}\"", layer.digest()),
        }
    }

    /// The list is gzip as a file: with `Content-Encoding` the browser would unpack it, and
    /// their page once more.
    fn kind(&self) -> &'static str {
        match &self.contents {
            Contents::List(_) => "application/gzip",
            Contents::Layer(_) => "application/octet-stream",
        }
    }

    /// Where a piece ends that begins here.
    fn end_of_piece(&self, start: u64) -> u64 {
        match &self.contents {
            Contents::List(_) => start + PIECE,
            Contents::Layer(layer) => layer.end_of_record(start + PIECE),
        }
    }

    fn read(&self, span: Range<u64>) -> Result<Vec<u8>, ServeError> {
        match &self.contents {
            Contents::List(bytes) => Ok(bytes[span.start as usize..span.end as usize].to_vec()),
            Contents::Layer(layer) => Ok(layer.read(&self.index.reader, span)?),
        }
    }
}

async fn answer(file: Opened, headers: &HeaderMap) -> Answer {
    let (length, etag) = (file.length(), file.etag());
    let said = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // It may be kept, and is asked for again with its tag: an index can be collected anew.
    let common = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    let is_known = said(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, &etag));
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    // A part of another version than the one that is known would be of no use.
    let is_same = said(header::IF_RANGE).is_none_or(|tag| tag == etag);
    let asked = said(header::RANGE).filter(|_| is_same);
    let asked = asked.map(|text| range(text, length)).transpose()?.flatten();
    let span = asked.clone().unwrap_or(0..length);
    let kind = file.kind();
    let mut answer = body(file, span.clone()).await?;
    let number = |n: u64| HeaderValue::from(n);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, number(span.end - span.start));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if asked.is_some() {
        let text = format!("bytes {}-{}/{length}", span.start, span.end - 1);
        let text = HeaderValue::try_from(text).expect("numbers are plain text");
        headers.insert(header::CONTENT_RANGE, text);
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok((common, answer).into_response())
}

/// Whether one of the tags is this, weak or not.
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// The bytes that a `Range` header asks for; `None` for the whole: it is of another unit, or
/// asks for several ranges.
///
/// # Errors
///
/// [`ServeError::Range`]: it is no range, or lies outside. Their page sends
/// `bytes=undefined-undefined` for a feature that the list has not.
fn range(text: &str, length: u64) -> Result<Option<Range<u64>>, ServeError> {
    let Some(spans) = text.trim().strip_prefix("bytes=") else { return Ok(None) };
    if spans.contains(',') {
        return Ok(None);
    }
    let found: String = text.chars().take(80).collect();
    let refused = || ServeError::Range { found: found.clone(), length };
    // `parse` would take a plus.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, last) = spans.split_once('-').ok_or_else(refused)?;
    let (first, last) = (first.trim(), last.trim());
    if !is_number(first) || !is_number(last) {
        return Err(refused());
    }
    let span = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(n)) if first.is_empty() => length.saturating_sub(n)..length,
        _ => return Err(refused()),
    };
    if span.is_empty() { Err(refused()) } else { Ok(Some(span)) }
}

/// A part of a file: at once if it is small, else a piece at a time as it is read.
async fn body(file: Opened, span: Range<u64>) -> Result<Response, ServeError> {
    if span.end - span.start <= PIECE {
        return Ok(blocking(move || file.read(span)).await?.into_response());
    }
    let (sends, hears) = mpsc::channel::<Result<Vec<u8>, ServeError>>(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut start = span.start;
        while start < span.end {
            let end = file.end_of_piece(start).min(span.end);
            let piece = file.read(start..end);
            let failed = piece.is_err();
            // Whoever asked may have left.
            if sends.blocking_send(piece).is_err() || failed {
                return;
            }
            start = end;
        }
    });
    let pieces = futures_util::stream::unfold(hears, |mut hears| async move {
        hears.recv().await.map(|piece| (piece, hears))
    });
    Ok(Body::from_stream(pieces).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_http() {
        let of = |text: &str| range(text, 100).unwrap();
        assert_eq!(of("bytes=0-0"), Some(0..1));
        assert_eq!(of("bytes=10-19"), Some(10..20));
        assert_eq!(of("bytes=90-100"), Some(90..100), "the end is cut");
        assert_eq!(of("bytes=90-"), Some(90..100));
        assert_eq!(of("bytes=-30"), Some(70..100));
        assert_eq!(of("bytes=-300"), Some(0..100));
        assert_eq!(of(&format!("bytes=1-{}", u64::MAX)), Some(1..100));
        assert_eq!((of("lines=1-2"), of("bytes=0-1,5-6")), (None, None));
        for text in [
            "bytes=undefined-undefined",
            "bytes=100-101",
            "bytes=5-4",
            "bytes=-0",
            "bytes=-",
            "bytes=5",
            "bytes=+1-2",
            "bytes=",
            "bytes=99999999999999999999-",
        ] {
            assert!(range(text, 100).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_are_compared_as_a_cache_does() {
        let etag = "\"ab\"";
        assert!(names("\"ab\"", etag) && names("W/\"ab\"", etag) && names("\"x\", \"ab\"", etag));
        assert!(names("*", etag) && !names("\"a\"", etag) && !names("", etag));
    }
}
