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

/// The page's one script, one style and its icon.
///
/// # Errors
///
/// [`ServeError::Absent`] if the program was built without its page; [`ServeError::Fault`] if
/// the page has other parts, or parts that cannot stand inside HTML.
pub(crate) fn parts() -> Result<Parts, ServeError> {
    if PAGE.is_empty() {
        let what = "this program was built without its page".to_owned();
        let hint = Some("build the page in `web`, and the program again");
        return Err(ServeError::Absent { what, hint });
    }
    Ok(Parts {
        script: inlined(".js", &["</script", "<!--"])?,
        style: inlined(".css", &["</style"])?,
        icon: PAGE.iter().find(|asset| asset.path == "icon.svg").map_or(b"", |icon| icon.plain),
    })
}

/// The one built file whose name ends so, as text that may stand in an element.
fn inlined(ending: &'static str, never: &[&str]) -> Result<&'static str, ServeError> {
    let fault = |reason: String| ServeError::Fault { reason };
    let is_built =
        |asset: &&Asset| asset.path.starts_with("assets/") && asset.path.ends_with(ending);
    let found: Vec<&Asset> = PAGE.iter().filter(is_built).collect();
    let [one] = found.as_slice() else {
        return Err(fault(format!("the page has {} files `{ending}`, expected 1", found.len())));
    };
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
