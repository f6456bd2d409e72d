//! Just enough Rust syntax for structural rules: which text is code, which code is a test, and
//! what a file imports.
//!
//! Works on characters, not on a parse tree: the rules ask for words and paths only, and a
//! parser would be a heavy dependency for that. Positions are kept: blanked text is spaces.

/// A Rust file, with views that leave out what a rule does not mean.
pub(crate) struct Source {
    /// Path below the workspace root, with `/`.
    pub(crate) path: String,
    /// The file as it is.
    pub(crate) text: String,
    /// Comments, strings and characters are blank.
    pub(crate) code: String,
    /// As `code`; what is compiled for tests only is blank too.
    pub(crate) shipped: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = without_literals(text);
        let shipped =
            if is_test_file(path) { blank(&code, 0, code.len()) } else { without_tests(&code) };
        Self { path: path.to_owned(), text: text.to_owned(), code, shipped }
    }

    /// The module's path inside its crate: `src/lm/rope.rs` is `["lm", "rope"]`.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        let stem = inside.strip_suffix(".rs").unwrap_or(inside);
        let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
        if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
            parts.pop();
        }
        parts
    }

    /// Line of a byte position, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.code.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

/// Whether the whole file is compiled for tests only.
fn is_test_file(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.any(|part| part == "tests" || part == "tests.rs")
}

/// `text` with the bytes of `from..to` blank; line ends stay.
fn blank(text: &str, from: usize, to: usize) -> String {
    let kept = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let middle: String = text.as_bytes()[from..to].iter().map(|byte| kept(*byte)).collect();
    format!("{}{middle}{}", &text[..from], &text[to..])
}

/// Blanks comments, strings and character literals.
fn without_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        if end == at {
            // Outside literals only identifiers may hold other than ASCII; no rule names one.
            out.push(if bytes[at].is_ascii() { bytes[at] } else { b'_' });
            at += 1;
        } else {
            out.extend(bytes[at..end].iter().map(|b| if *b == b'\n' { b'\n' } else { b' ' }));
            at = end;
        }
    }
    String::from_utf8(out).expect("every byte written is ASCII")
}

/// Where the comment or literal that starts at `at` ends; `at` itself if none starts there.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |n| at + n);
    }
    if rest.starts_with(b"/*") {
        return block_comment_end(bytes, at);
    }
    if rest[0] == b'"' {
        return quoted_end(bytes, at + 1, b'"');
    }
    if rest[0] == b'r' && (at == 0 || !is_word(bytes[at - 1]) || b"bc".contains(&bytes[at - 1])) {
        let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            return raw_end(bytes, at + hashes + 2, hashes);
        }
    }
    if rest[0] == b'\'' {
        let is_escape = rest.get(1) == Some(&b'\\');
        let closes = rest.iter().skip(2).take(4).position(|byte| *byte == b'\'');
        // `'a'` is a character, `'a` a lifetime; a character is at most four bytes long.
        let is_lifetime = rest.get(1).is_some_and(|byte| is_word(*byte)) && closes != Some(0);
        if is_escape || (closes.is_some() && !is_lifetime) {
            return quoted_end(bytes, at + 1, b'\'');
        }
    }
    at
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted_end(bytes: &[u8], inside: usize, quote: u8) -> usize {
    let mut at = inside;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn raw_end(bytes: &[u8], inside: usize, hashes: usize) -> usize {
    let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let found = bytes[inside..].windows(closing.len()).position(|window| window == closing);
    found.map_or(bytes.len(), |n| inside + n + closing.len())
}

/// Blanks every item under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]").or_else(|| out.find("#[cfg(all(test")) {
        out = blank(&out, start, item_end(out.as_bytes(), start));
    }
    out
}

/// End of the item whose attributes start at `start`: its closing brace, or its semicolon.
fn item_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 && *byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    bytes.len()
}

/// Every path that `code` names in a `use` or writes out from `crate`, `self`, `super` or
/// `connectome_graph`, with its position.
pub(crate) fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut use_ends = 0;
    for (at, word) in words(code) {
        let after = &code[at + word.len()..];
        // `use<'a>` in a return type names no path.
        if word == "use" && !after.trim_start().starts_with('<') {
            let tree = after.split(';').next().unwrap_or("");
            expand(tree, &[], &mut |path| found.push((at, path)));
            use_ends = at + word.len() + tree.len();
        } else if at < use_ends {
            // Part of a tree that was expanded already.
        } else if matches!(word, "crate" | "self" | "super" | "connectome_graph")
            && !code[..at].trim_end().ends_with("::")
            && after.starts_with("::")
        {
            let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let end = after.find(|c| !is_path(c)).unwrap_or(after.len());
            let path = format!("{word}{}", after[..end].trim_end_matches(':'));
            found.push((at, path.split("::").map(str::to_owned).collect()));
        }
    }
    found
}

/// The words of `code` with their positions.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code[at..].find(|c: char| c.is_ascii() && is_word(c as u8))?;
        let rest = &code[start..];
        let len = rest.find(|c: char| !c.is_ascii() || !is_word(c as u8)).unwrap_or(rest.len());
        at = start + len;
        Some((start, &rest[..len]))
    })
}

/// Expands the tree of a `use` into whole paths, renames dropped.
fn expand(tree: &str, prefix: &[String], found: &mut dyn FnMut(Vec<String>)) {
    let tree = tree.trim();
    let (head, group) = match tree.find('{') {
        Some(open) => {
            let close = tree.rfind('}').unwrap_or(tree.len());
            (&tree[..open], Some(&tree[open + 1..close]))
        }
        None => (tree, None),
    };
    let head = head.split(" as ").next().unwrap_or(head);
    let mut path = prefix.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned));
    match group {
        None if path.len() > prefix.len() => found(path),
        None => {}
        Some(group) => {
            for part in at_top_level(group) {
                expand(part, &path, found);
            }
        }
    }
}

/// Splits the inside of a brace group at its own commas.
fn at_top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}
