//! Security around every route: who may ask, and what a browser may do with the answers.
//!
//! # Invariants
//!
//! - A page of another site cannot reach the server by a name of its own (Host), nor change
//!   anything from where it is (Origin).
//! - Bound elsewhere than to this machine, nothing is answered without the token.
//! - The page loads nothing from elsewhere and runs no text as code (Content-Security-Policy).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::App;
use crate::error::ServeError;

/// The page is its own; pictures are made from data by it.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Another frontend may load its own libraries, and nothing else from elsewhere.
const COMPAT_POLICY: &str = "default-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' \
                             https://transformer-circuits.pub https://unpkg.com; img-src 'self' \
                             data: blob:; object-src 'none'; frame-ancestors 'none'";
/// What the cookie with the token is called.
const COOKIE: &str = "connectome_token";

pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_compat = request.uri().path().starts_with("/compat");
    let mut answer = match check(&app, &request) {
        Ok(None) => next.run(request).await,
        Ok(Some(answer)) => answer,
        Err(error) => error.into_response(),
    };
    let policy = if is_compat { COMPAT_POLICY } else { PAGE_POLICY };
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let same = HeaderValue::from_static("same-origin");
    headers.insert("cross-origin-resource-policy", same.clone());
    headers.insert("cross-origin-opener-policy", same);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}

/// Whether the request may go on; an answer if it ends here.
fn check(app: &App, request: &Request) -> Result<Option<Response>, ServeError> {
    let headers = request.headers();
    let host = host_of(headers, request.uri())?;
    let name = without_port(&host);
    if !app.hosts.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        let name: String = name.chars().take(80).collect();
        return Err(ServeError::Forbidden {
            why: format!("the address names the host `{name}`, which this server is not"),
        });
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes {
        same_origin(headers, &host)?;
        // Questions are posted, too: they change nothing.
        if app.settings.read_only && !asks_only(request.method(), request.uri().path()) {
            return Err(ServeError::ReadOnly);
        }
    }
    match &app.settings.token {
        None => Ok(None),
        Some(token) => with_token(token, request),
    }
}

fn host_of(headers: &HeaderMap, uri: &Uri) -> Result<String, ServeError> {
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let named = named.or_else(|| uri.authority().map(|authority| authority.as_str()));
    let missing = || ServeError::Forbidden { why: "the request names no host".to_owned() };
    named.map(str::to_owned).ok_or_else(missing)
}

/// `localhost` of `localhost:8080`, `[::1]` of `[::1]:8080`.
fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').map_or(host, |end| &host[..=end]);
    }
    host.split(':').next().unwrap_or(host)
}

/// Browsers say where a request that changes something comes from; other programs need not.
fn same_origin(headers: &HeaderMap, host: &str) -> Result<(), ServeError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let refuse = |found: &str| {
        let found: String = found.chars().take(80).collect();
        Err(ServeError::Forbidden {
            why: format!("the request comes from `{found}`, which is another site"),
        })
    };
    if let Some(origin) = text("origin") {
        let own = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
        if own != Some(host) {
            return refuse(origin);
        }
    }
    match text("sec-fetch-site") {
        None | Some("same-origin" | "none") => Ok(()),
        Some(site) => refuse(site),
    }
}

/// Routes that are posted to and change nothing. Whole paths: a graph or a view may be called as
/// the end of one.
fn asks_only(method: &Method, path: &str) -> bool {
    let Some(path) = path.strip_prefix("/api/") else { return false };
    let parts: Vec<&str> = path.split('/').collect();
    *method == Method::POST
        && matches!(
            parts.as_slice(),
            ["tokenize" | "forward" | "estimate" | "compare" | "recurring" | "figure"]
                | ["graphs", _, "prune" | "paths" | "circuit" | "suggest"]
                | ["features", "query" | "search"]
                | ["features", _, _, _, "activations"]
        )
}

/// The token of the query becomes a cookie; else it is the cookie or the header.
fn with_token(token: &str, request: &Request) -> Result<Option<Response>, ServeError> {
    let uri = request.uri();
    let given = uri.query().into_iter().flat_map(|query| query.split('&'));
    if let Some(given) = given.filter_map(|pair| pair.strip_prefix("token=")).next() {
        if !is_same(given, token) {
            return Err(ServeError::NoToken);
        }
        let rest: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
        let rest: Vec<&str> = rest.into_iter().filter(|pair| !pair.starts_with("token=")).collect();
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        // One leading slash: two would name a host.
        let to = format!("/{}{query}", uri.path().trim_start_matches('/'));
        let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/");
        let headers = [(header::LOCATION, to), (header::SET_COOKIE, cookie)];
        return Ok(Some((StatusCode::SEE_OTHER, headers).into_response()));
    }
    let headers = request.headers();
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';'));
    let of_cookie = |pair: &str| {
        let value = pair.trim().strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('='));
        value.is_some_and(|value| is_same(value, token))
    };
    if bearer.is_some_and(|found| is_same(found, token)) || cookies.any(of_cookie) {
        return Ok(None);
    }
    Err(ServeError::NoToken)
}

/// Takes as long for every text: `blake3::Hash` compares in constant time.
fn is_same(found: &str, token: &str) -> bool {
    blake3::hash(found.as_bytes()) == blake3::hash(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_no_part_of_a_host() {
        let found = ["localhost:8080", "[::1]:80", "127.0.0.1", "[::1]"].map(without_port);
        assert_eq!(found, ["localhost", "[::1]", "127.0.0.1", "[::1]"]);
    }

    #[test]
    fn other_sites_change_nothing() {
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_str(value).unwrap());
            }
            same_origin(&headers, "localhost:80").is_ok()
        };
        assert!(with(&[]) && with(&[("origin", "http://localhost:80")]));
        assert!(with(&[("sec-fetch-site", "same-origin")]));
        assert!(!with(&[("origin", "http://localhost:81")]));
        assert!(!with(&[("origin", "null")]) && !with(&[("origin", "http://localhost:80.evil")]));
        assert!(!with(&[("sec-fetch-site", "cross-site")]));
    }
}
