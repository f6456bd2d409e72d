//! The files of the page, which were put into the program when it was built (`build.rs`).

use crate::error::ServeError;

/// A file of the page.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: &'static str,
    pub(crate) etag: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) brotli: &'static [u8],
}

pub(crate) static PAGE: &[Asset] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What a page in one file is put together from.
pub(crate) struct Parts {
    pub(crate) script: &'static str,
    pub(crate) style: &'static str,
    pub(crate) icon: &'static [u8],
}

/// Script and style of the build that fetches nothing (`web/vite.file.config.ts`), and the icon.
///
/// # Errors
///
/// [`ServeError::Absent`] if the program was built without its page; [`ServeError::Fault`] if
/// a part is missing or cannot stand inside HTML.
pub(crate) fn parts() -> Result<Parts, ServeError> {
    if PAGE.is_empty() {
        let what = "this program was built without its page".to_owned();
        let hint = Some("build the page in `web`, and the program again");
        return Err(ServeError::Absent { what, hint });
    }
    Ok(Parts {
        script: inlined("file/page.js", &["</script", "<!--"])?,
        style: inlined("file/page.css", &["</style"])?,
        icon: PAGE.iter().find(|asset| asset.path == "icon.svg").map_or(b"", |icon| icon.plain),
    })
}

/// A built file, as text that may stand in an element.
fn inlined(path: &'static str, never: &[&str]) -> Result<&'static str, ServeError> {
    let fault = |reason: String| ServeError::Fault { reason };
    let one = PAGE.iter().find(|asset| asset.path == path);
    let one = one.ok_or_else(|| fault(format!("the page has no `{path}`")))?;
    let text = std::str::from_utf8(one.plain).map_err(|error| fault(error.to_string()))?;
    let text = text.trim_end();
    match never.iter().find(|what| text.to_ascii_lowercase().contains(**what)) {
        Some(what) => Err(fault(format!("`{}` holds `{what}`", one.path))),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_can_stand_in_one_file() {
        let parts = parts().unwrap_or_else(|error| panic!("{error}"));
        assert!(parts.script.len() > 10_000 && parts.style.len() > 1_000);
        assert!(parts.icon.starts_with(b"<svg"));
        // What is fetched would not be there.
        assert!(!parts.script.contains("import(") && !parts.style.contains("url("));
    }
}
