//! Interchange accuracy as a heat map: layers upwards, positions to the right.
//!
//! Plain SVG with its own colours for light and dark pages, the number in every cell as text.
//! The same table gives the same bytes.

use crate::plot::{escape, put};
use crate::report::doubt::WhereReport;

const CELL_WIDTH: f64 = 58.0;
const CELL_HEIGHT: f64 = 30.0;
const LEFT: f64 = 96.0;
const TOP: f64 = 64.0;
const BELOW: f64 = 92.0;
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
    let height = TOP + CELL_HEIGHT * n_rows as f64 + BELOW;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n{STYLE}"
    );
    let title = "Where the variable lives: interchange accuracy by layer and position";
    put(&mut out, &format!("<title>{title}</title>"));
    put(&mut out, &format!("<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>"));
    put(&mut out, &format!("<text class=\"head\" x=\"16\" y=\"26\">{title}</text>"));
    let pairing = if report.pairs_ask_the_same { "the same" } else { "different things" };
    let about = format!(
        "{} exchanges of the residual stream between prompts that ask {pairing}; share whose \
         answer became that of the source's value",
        report.exchanges
    );
    put(&mut out, &format!("<text class=\"soft\" x=\"16\" y=\"46\">{}</text>", escape(&about)));
    for (row, layer) in report.layers.iter().rev().enumerate() {
        let y = TOP + CELL_HEIGHT * row as f64;
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
    let bottom = TOP + CELL_HEIGHT * n_rows as f64;
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
    let reading = escape(&report.reading);
    put(
        &mut out,
        &format!("<text class=\"soft\" x=\"16\" y=\"{}\">{reading}</text>", bottom + 64.0),
    );
    out.push_str("</svg>\n");
    out
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
