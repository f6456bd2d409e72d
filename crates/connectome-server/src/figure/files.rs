//! A figure's SVG as PDF and PNG, each with what made it.
//!
//! Text is drawn with fonts that are in the program, never with those of the machine.

use resvg::usvg;

use super::failed;
use crate::TOOL;
use crate::error::ServeError;

/// The SIL Open Font License: `fonts/LICENSE`.
const FONTS: [&[u8]; 3] = [
    include_bytes!("../../fonts/Arimo-Regular.ttf"),
    include_bytes!("../../fonts/Arimo-Bold.ttf"),
    include_bytes!("../../fonts/Cousine-Regular.ttf"),
];
/// Pixels of an inch, where an SVG says a size on paper.
const CSS_DPI: f32 = 96.0;
/// Pixels a unit, of PNG: from and to.
const SCALES: [f64; 2] = [0.25, 8.0];
/// No PNG is larger, in pixels.
const MOST_PIXELS: f64 = 64e6;

/// Vectors with text as outlines, with what the SVG says of itself. A unit is a point, unless the
/// SVG is of a size on paper.
pub(super) fn pdf(svg: &str, is_sized: bool) -> Result<Vec<u8>, ServeError> {
    let options = svg2pdf::ConversionOptions::default();
    let dpi = if is_sized { CSS_DPI } else { svg2pdf::PageOptions::default().dpi };
    let page = svg2pdf::PageOptions { dpi };
    let bytes = svg2pdf::to_pdf(&outlined(svg)?, options, page);
    let bytes = ordered(bytes.map_err(|error| failed("PDF", error))?);
    let facts = [("Title", element(svg, "title")), ("Subject", element(svg, "metadata"))];
    with_facts(bytes, &facts)
}

/// An SVG understood, with the program's own fonts.
fn tree(svg: &str) -> Result<usvg::Tree, ServeError> {
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    for font in FONTS {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family("Arimo");
    fonts.set_monospace_family("Cousine");
    options.font_family = "Arimo".to_owned();
    usvg::Tree::from_str(&light(svg), &options).map_err(|error| failed("an image", error))
}

/// An SVG whose text is outlines.
fn outlined(svg: &str) -> Result<usvg::Tree, ServeError> {
    let options = usvg::WriteOptions { preserve_text: false, ..usvg::WriteOptions::default() };
    let outlines = tree(svg)?.to_string(&options);
    let outlines = usvg::Tree::from_str(&outlines, &usvg::Options::default());
    outlines.map_err(|error| failed("PDF", error))
}

/// Without the rules for dark screens: paper has none.
fn light(svg: &str) -> String {
    let Some(start) = svg.find("@media") else { return svg.to_owned() };
    let end = svg[start..].find("</style>").map_or(svg.len(), |end| start + end);
    format!("{}{}", &svg[..start], &svg[end..])
}

/// Pixels, `scale` a unit, with what the SVG says of itself.
pub(super) fn png(svg: &str, scale: f64) -> Result<Vec<u8>, ServeError> {
    let [least, most] = SCALES;
    if !(least..=most).contains(&scale) {
        return Err(ServeError::bad(format!("the scale is {scale}, expected {least} to {most}")));
    }
    let tree = tree(svg)?;
    let size = tree.size();
    let [width, height] =
        [size.width(), size.height()].map(|side| (f64::from(side) * scale).ceil());
    if width * height > MOST_PIXELS {
        return Err(ServeError::bad(format!("the figure would have {width} × {height} pixels")));
    }
    let pixels = resvg::tiny_skia::Pixmap::new(width as u32, height as u32);
    let mut pixels = pixels.ok_or_else(|| failed("PNG", "it has no size"))?;
    let scale = scale as f32;
    let transform = resvg::tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|error| failed("PNG", error))?;
    Ok(with_text(&bytes, &element(svg, "metadata")))
}

/// A PDF whose resources stand in the order of their names. svg2pdf writes them in the order of a
/// hash map, which is another one in every run; sorting a dictionary's lines moves no object.
fn ordered(pdf: Vec<u8>) -> Vec<u8> {
    const RESOURCES: [&[u8]; 5] =
        [b"/ExtGState <<", b"/XObject <<", b"/Pattern <<", b"/Shading <<", b"/ColorSpace <<"];
    let mut lines: Vec<&[u8]> = pdf.split_inclusive(|byte| *byte == b'\n').collect();
    let mut at = 0;
    while at < lines.len() {
        let opens = RESOURCES.contains(&lines[at].trim_ascii());
        at += 1;
        if opens {
            let entries = lines[at..].iter();
            let len = entries.take_while(|line| line.trim_ascii().starts_with(b"/")).count();
            lines[at..at + len].sort_unstable();
            at += len;
        }
    }
    lines.concat()
}

/// What stands in the first element of this name of an SVG that we wrote.
fn element(svg: &str, name: &str) -> String {
    let (opens, closes) = (format!("<{name}>"), format!("</{name}>"));
    let start = svg.find(&opens).map(|at| at + opens.len());
    let text = start.and_then(|start| {
        let end = svg[start..].find(&closes)?;
        svg.get(start..start + end)
    });
    let text = text.unwrap_or_default();
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A PNG with an `iTXt` chunk after its first one, which is always 25 bytes from byte 8.
///
/// Source: PNG specification, third edition, 11.3.3.4.
fn with_text(png: &[u8], text: &str) -> Vec<u8> {
    const AFTER_HEADER: usize = 8 + 25;
    let mut data = b"iTXtDescription\0\0\0\0\0".to_vec();
    data.extend_from_slice(text.as_bytes());
    let mut bytes = png[..AFTER_HEADER].to_vec();
    bytes.extend_from_slice(&(data.len() as u32 - 4).to_be_bytes());
    bytes.extend_from_slice(&data);
    bytes.extend_from_slice(&crc32fast::hash(&data).to_be_bytes());
    bytes.extend_from_slice(&png[AFTER_HEADER..]);
    bytes
}

/// A PDF whose information dictionary says more. It is the last object before the table of
/// places, so that only the table itself moves.
///
/// Source: ISO 32000-2, 14.3.3, and 7.9.2.2 for text as UTF-16BE.
fn with_facts(mut pdf: Vec<u8>, facts: &[(&str, String)]) -> Result<Vec<u8>, ServeError> {
    const KNOWN: &[u8] = b"/Producer (svg2pdf)";
    const START: &[u8] = b"startxref\n";
    let last = |pdf: &[u8], what: &[u8]| pdf.windows(what.len()).rposition(|found| found == what);
    let other = || failed("PDF", "its writer laid it out in another way than is known");
    let at = last(&pdf, KNOWN).ok_or_else(other)? + KNOWN.len();
    let mut more = format!("\n  /Creator ({TOOL})");
    for (name, text) in facts {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        let hex: String = units.map(|unit| format!("{unit:04X}")).collect();
        more.push_str(&format!("\n  /{name} <{hex}>"));
    }
    let table = at + pdf[at..].windows(5).position(|found| found == b"xref\n").ok_or_else(other)?;
    let start = last(&pdf, START).ok_or_else(other)? + START.len();
    let told = std::str::from_utf8(&pdf[start..]).unwrap_or_default();
    let told = told.lines().next().unwrap_or_default();
    if told.parse::<usize>() != Ok(table) {
        return Err(other());
    }
    pdf.splice(start..start + told.len(), (table + more.len()).to_string().into_bytes());
    pdf.splice(at..at, more.into_bytes());
    Ok(pdf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_sorted_and_nothing_else_moves() {
        let pdf = "b\n  /ExtGState <<\n    /gs1 9 0 R\n    /gs0 7 0 R\n  >>\na\n/Z\n/A\n";
        let expected = "b\n  /ExtGState <<\n    /gs0 7 0 R\n    /gs1 9 0 R\n  >>\na\n/Z\n/A\n";
        assert_eq!(ordered(pdf.as_bytes().to_vec()), expected.as_bytes());
    }

    #[test]
    fn a_pdf_says_more_and_its_table_is_found() {
        let pdf = "%PDF\n1 0 obj\n<<\n  /Producer (svg2pdf)\n>>\nendobj\n\n";
        let pdf = format!("{pdf}xref\n0 2\ntrailer\nstartxref\n{}\n%%EOF", pdf.len());
        let said = with_facts(pdf.into_bytes(), &[("Title", "a→b".to_owned())]).unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("/Title <FEFF006121920062>\n>>"), "{said}");
        let start = said.split("startxref\n").nth(1).unwrap().lines().next().unwrap();
        assert!(said[start.parse::<usize>().unwrap()..].starts_with("xref\n"), "{said}");
        assert!(with_facts(b"%PDF".to_vec(), &[]).is_err());
    }
}
