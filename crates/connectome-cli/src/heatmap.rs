//! Interchange accuracy as a heat map: layers upwards, positions to the right.
//!
//! Plain SVG with its own colours for light and dark pages, the number in every cell as text.
//! The same table gives the same bytes.

use crate::plot::{escape, put};
use crate::report::doubt::WhereReport;

const CELL_WIDTH: f64 = 58.0;
const CELL_HEIGHT: f64 = 30.0;
const LEFT: f64 = 96.0;
/// Above the first line about the table, and below the last.
const TOP: f64 = 48.0;
const BELOW: f64 = 64.0;
/// Height of a line of prose, and columns that fit a unit of width.
const LINE: f64 = 17.0;
const COLUMNS: f64 = 0.155;
/// Room for the sentence, where there are few positions.
const NARROWEST: f64 = 640.0;

/// Text and cells; colour is one hue whose strength is the rate, and every cell has its number.
const STYLE: &str = "<style>\
.page{fill:#fff}text{fill:#222}.head{font-size:14px;font-weight:600}.soft{fill:#555}\
.cell{stroke:#fff}.heat{fill:#0072b2}.strong{fill:#fff}\
@media(prefers-color-scheme:dark){.page{fill:#15181d}text{fill:#e6e6e6}.soft{fill:#aaa}\
.cell{stroke:#15181d}.heat{fill:#56b4e9}.strong{fill:#10131a}}\
</style>\n";

/// From this rate on, text on a cell is in the page's colour.
const STRONG: f64 = 0.55;

pub(crate) fn draw(report: &WhereReport) -> String {
    let (n_columns, n_rows) = (report.positions.len(), report.layers.len());
    let width = (LEFT + CELL_WIDTH * n_columns as f64 + 24.0).max(NARROWEST);
    let pairing = if report.pairs_ask_the_same { "the same" } else { "different things" };
    let about = format!(
        "{} exchanges of the residual stream between prompts that ask {pairing}; share whose \
         answer became that of the source's value",
        report.exchanges
    );
    let columns = ((width - 32.0) * COLUMNS) as usize;
    let about = crate::printer::text::wrap(&about, columns, columns);
    let reading = crate::printer::text::wrap(&report.reading, columns, columns);
    let top = TOP + LINE * about.len() as f64;
    let bottom = top + CELL_HEIGHT * n_rows as f64;
    let height = bottom + BELOW + LINE * reading.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n{STYLE}"
    );
    let title = "Where the variable lives: interchange accuracy by layer and position";
    put(&mut out, &format!("<title>{title}</title>"));
    put(&mut out, &format!("<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>"));
    put(&mut out, &format!("<text class=\"head\" x=\"16\" y=\"26\">{title}</text>"));
    prose(&mut out, 46.0, &about);
    for (row, layer) in report.layers.iter().rev().enumerate() {
        let y = top + CELL_HEIGHT * row as f64;
        let middle = y + CELL_HEIGHT / 2.0 + 4.0;
        put(
            &mut out,
            &format!(
                "<text class=\"soft\" x=\"{}\" y=\"{middle}\" text-anchor=\"end\">before \
                 {}</text>",
                LEFT - 10.0,
                layer.before_layer
            ),
        );
        for (column, cell) in layer.cells.iter().enumerate() {
            self::cell(&mut out, (LEFT + CELL_WIDTH * column as f64, y), cell.expected_rate);
        }
    }
    for (column, position) in report.positions.iter().enumerate() {
        let x = LEFT + CELL_WIDTH * (column as f64 + 0.5);
        let text = position.text.as_deref().map_or("…", str::trim);
        let text = crate::printer::text::fit(&crate::printer::text::plain(text), 9);
        put(
            &mut out,
            &format!(
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
                 <text class=\"soft\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                escape(&text),
                bottom + 34.0,
                position.pos
            ),
        );
    }
    prose(&mut out, bottom + 62.0, &reading);
    out.push_str("</svg>\n");
    out
}

/// Lines of text from `y` down.
fn prose(out: &mut String, y: f64, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        let (y, line) = (y + LINE * at as f64, escape(line));
        put(out, &format!("<text class=\"soft\" x=\"16\" y=\"{y}\">{line}</text>"));
    }
}

fn cell(out: &mut String, (x, y): (f64, f64), rate: f64) {
    let strong = if rate >= STRONG { " class=\"strong\"" } else { "" };
    put(
        out,
        &format!(
            "<rect class=\"cell heat\" x=\"{x}\" y=\"{y}\" width=\"{CELL_WIDTH}\" \
             height=\"{CELL_HEIGHT}\" fill-opacity=\"{:.3}\"/>\
             <text{strong} x=\"{}\" y=\"{}\" text-anchor=\"middle\">{:.0} %</text>",
            0.04 + 0.96 * rate,
            x + CELL_WIDTH / 2.0,
            y + CELL_HEIGHT / 2.0 + 4.0,
            100.0 * rate
        ),
    );
}
