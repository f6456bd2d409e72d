//! The page's types are the server's.

use std::path::Path;

/// `CONNECTOME_BLESS=1` writes the file.
#[test]
fn page_types_are_ours() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/wire.ts");
    let expected = connectome_server::wire::typescript();
    if std::env::var_os("CONNECTOME_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "run this test with CONNECTOME_BLESS=1");
}
