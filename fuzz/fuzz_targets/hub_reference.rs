//! What a user may write for "which model": whatever it is, no part of it leaves its folder.
#![no_main]

use std::path::{Component, Path};

use connectome::hub::{HubRef, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (text, name) = text.split_once('\n').unwrap_or((text, "config.json"));
    let _ = Source::parse(text);
    let Ok(reference) = HubRef::parse(text) else { return };
    assert_eq!(HubRef::parse(&reference.to_string()).ok(), Some(reference.clone()));
    check(&reference);
    if let Ok(joined) = reference.join(name) {
        check(&joined);
        assert!(joined.path().starts_with(reference.path()));
    }
});

fn check(reference: &HubRef) {
    for path in [reference.repo(), reference.path(), reference.revision()] {
        let mut parts = Path::new(path).components();
        assert!(parts.all(|part| matches!(part, Component::Normal(_))), "`{path}` leads elsewhere");
    }
}
