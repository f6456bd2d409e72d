//! The page: files that were put into the program when it was built.

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use crate::error::ServeError;
use crate::page::{Asset, PAGE};

/// A file of the page, or its start for every address that the page itself reads.
pub(super) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return missing(&uri).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let file = PAGE.iter().find(|asset| asset.path == path);
    // Only files have a dot in their last part; everything else is an address of the page.
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let start = || PAGE.iter().find(|asset| asset.path == "index.html");
    let Some(asset) = file.or_else(|| if is_file { None } else { start() }) else {
        if PAGE.is_empty() && !is_file {
            let what = "this program was built without its page; the API is at `/api`".to_owned();
            let hint = Some("build the page in `web`, and the program again");
            return ServeError::Absent { what, hint }.into_response();
        }
        return missing(&uri).into_response();
    };
    answer(asset, &headers)
}

fn missing(uri: &Uri) -> ServeError {
    ServeError::Missing { what: "file", name: uri.path().chars().take(200).collect() }
}

fn answer(asset: &Asset, headers: &HeaderMap) -> Response {
    let says = |name, wanted: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| {
            value.split(',').any(|part| {
                let mut words = part.split(';').map(str::trim);
                // A proxy that packs anew makes a tag weak.
                words.next().is_some_and(|word| word.trim_start_matches("W/") == wanted)
                    && !words.any(|word| word == "q=0")
            })
        })
    };
    // Names of built files hold a digest of what is in them.
    let cache = if asset.path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let common = [
        (header::ETAG, asset.etag),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "Accept-Encoding"),
    ];
    if says(header::IF_NONE_MATCH, asset.etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let kind = [(header::CONTENT_TYPE, kind(asset.path))];
    if says(header::ACCEPT_ENCODING, "br") && asset.brotli.len() < asset.plain.len() {
        let packed = [(header::CONTENT_ENCODING, "br")];
        return (common, kind, packed, asset.brotli).into_response();
    }
    (common, kind, asset.plain).into_response()
}

/// The media type that a file's name says.
pub(super) fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
