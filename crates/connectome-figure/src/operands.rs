//! Operand plots: one small map for each feature, the first value to the right and the second
//! up.
//!
//! Strength is drawn in steps, and equal neighbours are one shape, so that a sheet of plots
//! stays small. Each plot has its own scale, from zero to its largest cell, which stands beside
//! it: weak features are seen as well as strong ones.

use std::fmt::Write as _;

use crate::svg::{Svg, escaped, number};

/// A sheet of plots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperandSheet {
    /// Above everything, and what screen readers say.
    pub title: String,
    /// What the slots are called: to the right, and up.
    pub axes: [String; 2],
    /// First and last value of each.
    pub ends: [[String; 2]; 2],
    /// The plots, in reading order.
    pub plots: Vec<OperandPlot>,
    /// Small lines below.
    pub footer: Vec<String>,
}

/// One feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperandPlot {
    /// Which feature.
    pub name: String,
    /// What it is said to be.
    pub words: String,
    /// Values of the first slot.
    pub n_a: usize,
    /// Values of the second.
    pub n_b: usize,
    /// `[n_a, n_b]`.
    pub cells: Vec<f32>,
}

/// Side of a plot, room around it, and plots of a row.
const SIDE: f64 = 180.0;
const GAP: f64 = 36.0;
const ABOVE: f64 = 38.0;
const COLUMNS: usize = 4;
const LEFT: f64 = 40.0;
const TOP: f64 = 44.0;
/// Height of a line of the footer.
const LINE: f64 = 16.0;
/// Steps of strength.
const STEPS: usize = 10;
/// Characters that fit above a plot.
const FITS: usize = 34;

/// Blue above zero and orange below, of Okabe and Ito.
const STYLE: &str = "<style>\
.page{fill:#fff}text{fill:#222}.head{font-size:14px;font-weight:600}.soft{fill:#555}\
.frame{fill:none;stroke:#bbb}.over{fill:#0072b2}.under{fill:#d55e00}\
@media(prefers-color-scheme:dark){.page{fill:#15181d}text{fill:#e6e6e6}.soft{fill:#aaa}\
.frame{stroke:#444b55}.over{fill:#56b4e9}.under{fill:#e69f00}}\
</style>";

impl OperandSheet {
    /// The sheet as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        let n_columns = self.plots.len().clamp(1, COLUMNS);
        let n_rows = self.plots.len().div_ceil(COLUMNS);
        let width = LEFT + (SIDE + GAP) * n_columns as f64;
        let width = width.max(2.0 * (SIDE + GAP) + LEFT);
        let bottom = TOP + (SIDE + ABOVE + GAP) * n_rows as f64;
        let height = bottom + LINE * self.footer.len() as f64 + 12.0;
        let mut svg = Svg::default();
        svg.line(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
             height=\"{h}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"11\">",
            w = number(width),
            h = number(height)
        ));
        svg.line(STYLE);
        svg.hover(&self.title);
        svg.rect("page", [0.0, 0.0, width, height], 0.0);
        svg.words("head", 16.0, 26.0, &self.title);
        for (at, plot) in self.plots.iter().enumerate() {
            let x = LEFT + (SIDE + GAP) * (at % COLUMNS) as f64;
            let y = TOP + (SIDE + ABOVE + GAP) * (at / COLUMNS) as f64;
            self.plot(&mut svg, plot, x, y);
        }
        for (at, line) in self.footer.iter().enumerate() {
            svg.words("soft", 16.0, bottom + LINE * at as f64, line);
        }
        svg.line("</svg>");
        svg.finish()
    }

    fn plot(&self, svg: &mut Svg, plot: &OperandPlot, x: f64, y: f64) {
        let largest = plot.cells.iter().fold(0.0_f32, |most, cell| most.max(cell.abs()));
        svg.line("<g>");
        svg.hover(&format!("{}: {}", plot.name, plot.words));
        svg.words("", x, y + 12.0, &fit(&format!("{}  max {largest:.3}", plot.name)));
        svg.words("soft", x, y + 26.0, &fit(&plot.words));
        let (top, bottom) = (y + ABOVE - 6.0, y + ABOVE - 6.0 + SIDE);
        for (class, sign) in [("over", 1.0), ("under", -1.0)] {
            for step in 1..=STEPS {
                let path = plot.shape(sign, step, largest, [x, bottom]);
                if !path.is_empty() {
                    let opacity = step as f64 / STEPS as f64;
                    svg.line(&format!(
                        "<path class=\"{class}\" fill-opacity=\"{opacity:.1}\" d=\"{path}\"/>"
                    ));
                }
            }
        }
        svg.rect("frame", [x, top, SIDE, SIDE], 0.0);
        let [[first_a, last_a], [first_b, last_b]] = &self.ends;
        let [right, up] = &self.axes;
        svg.words("soft", x, bottom + 13.0, &format!("{right} {first_a}"));
        end(svg, x + SIDE, bottom + 13.0, last_a);
        end(svg, x - 4.0, bottom, first_b);
        end(svg, x - 4.0, top + 9.0, last_b);
        end(svg, x - 4.0, (top + bottom) / 2.0, up);
        svg.line("</g>");
    }
}

impl OperandPlot {
    /// All cells of a step of strength as one path: runs of equal neighbours along the first
    /// value are one rectangle.
    fn shape(&self, sign: f32, step: usize, largest: f32, [left, bottom]: [f64; 2]) -> String {
        let (width, height) = (SIDE / self.n_a as f64, SIDE / self.n_b as f64);
        let is = |a: usize, b: usize| {
            let share = sign * self.cells[a * self.n_b + b] / largest;
            share > 0.0 && (share * STEPS as f32).ceil().min(STEPS as f32) as usize == step
        };
        let mut path = String::new();
        for b in 0..self.n_b {
            let mut a = 0;
            while a < self.n_a {
                let start = a;
                while a < self.n_a && is(a, b) {
                    a += 1;
                }
                if a > start {
                    let (x, y) = (left + width * start as f64, bottom - height * (b + 1) as f64);
                    let run = width * (a - start) as f64;
                    // Writing to a string does not fail.
                    let _ = write!(
                        path,
                        "M{} {}h{}v{}h-{}z",
                        short(x),
                        short(y),
                        short(run),
                        short(height),
                        short(run)
                    );
                }
                a += 1;
            }
        }
        path
    }
}

/// Two digits: cells are narrow.
fn short(x: f64) -> String {
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn end(svg: &mut Svg, x: f64, y: f64, words: &str) {
    svg.line(&format!(
        "<text class=\"soft\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
        number(x),
        number(y),
        escaped(words)
    ));
}

fn fit(words: &str) -> String {
    if words.chars().count() <= FITS {
        return words.to_owned();
    }
    words.chars().take(FITS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(n_a: usize, n_b: usize, f: impl Fn(usize, usize) -> f32) -> OperandPlot {
        let cells = (0..n_a * n_b).map(|cell| f(cell / n_b, cell % n_b)).collect();
        OperandPlot { name: "L1/2".to_owned(), words: "sum".to_owned(), n_a, n_b, cells }
    }

    // A rectangle's area is that of its cells; equal neighbours are one.
    #[test]
    fn runs_are_one_rectangle_at_their_place() {
        let plot = plot(4, 2, |a, b| if b == 1 && a > 0 { 2.0 } else { 0.0 });
        let path = plot.shape(1.0, STEPS, 2.0, [0.0, 180.0]);
        assert_eq!(path, "M45 0h135v90h-135z");
        assert_eq!(plot.shape(1.0, 3, 2.0, [0.0, 180.0]), "");
        assert_eq!(plot.shape(-1.0, STEPS, 2.0, [0.0, 180.0]), "");
    }

    #[test]
    fn a_sheet_is_the_same_bytes_and_hides_no_text() {
        let sheet = OperandSheet {
            title: "a <b> & c".to_owned(),
            axes: ["a".to_owned(), "b".to_owned()],
            ends: [["0".to_owned(), "9".to_owned()], ["<".to_owned(), "9".to_owned()]],
            plots: (0..6).map(|n| plot(10, 10, |a, b| ((a + b + n) % 7) as f32 - 3.0)).collect(),
            footer: vec!["below".to_owned()],
        };
        let svg = sheet.svg();
        assert_eq!(svg, sheet.svg());
        assert!(svg.contains("a &lt;b&gt; &amp; c") && svg.contains(">below</text>"));
        assert_eq!(svg.matches("class=\"frame\"").count(), 6);
        assert!(svg.contains("class=\"under\"") && svg.contains("class=\"over\""));
        assert!(OperandSheet::default().svg().ends_with("</svg>\n"));
        let empty = plot(3, 3, |_, _| 0.0);
        let nothing = OperandSheet { plots: vec![empty], ..OperandSheet::default() }.svg();
        assert!(!nothing.contains("<path"));
    }
}
