//! Predicted against measured changes as a picture: points, the medians of their bins, and the
//! line on which they would agree.
//!
//! Plain SVG with its own colours for light and dark pages, text as text. The same validation
//! gives the same bytes.

use std::fmt::Write as _;

use connectome::validate::statistics::{Agreement, Point, bins};
use connectome::validate::{By, Class, Rung, Scale, Validation};

use crate::report::validate::ValidateReport;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 520.0;
/// The square that points lie in, within a panel.
const SIDE: f64 = 360.0;
const LEFT: f64 = 76.0;
const TOP: f64 = 70.0;
/// Groups of equal number, whose medians are drawn.
const BINS: usize = 9;

/// A picture of a validation at a rung and dose.
pub(crate) fn calibration(
    validation: &Validation,
    rung: Rung,
    dose: usize,
    report: &ValidateReport,
) -> String {
    let panels = [
        Panel {
            title: "features",
            unit: "share of the target's activation",
            class: Class::Feature,
            scale: Scale::Relative,
        },
        Panel {
            title: "targets",
            unit: "logit less the mean logit",
            class: Class::Logit,
            scale: Scale::Absolute,
        },
    ];
    let drawn: Vec<(Panel, [Vec<Point>; 2])> = panels
        .into_iter()
        .map(|panel| {
            let of = |by| validation.points(rung, dose, panel.class, by, panel.scale);
            let points = [of(By::Source), of(By::Control)];
            (panel, points)
        })
        .filter(|(_, [sources, _])| !sources.is_empty())
        .collect();
    let width = WIDTH * drawn.len().max(1) as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" \
         width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n{STYLE}"
    );
    let title = format!(
        "Predicted against measured: {}, {}, dose {}",
        escape(&report.graph),
        rung.name(),
        report.dose
    );
    put(&mut out, &format!("<title>{title}</title>"));
    put(&mut out, &format!("<rect class=\"page\" width=\"{width}\" height=\"{HEIGHT}\"/>"));
    let of = format!("{} · {} · dose {}", escape(&report.graph), rung.name(), report.dose);
    put(&mut out, &format!("<text class=\"head\" x=\"{LEFT}\" y=\"26\">{of}</text>"));
    for (at, (panel, points)) in drawn.iter().enumerate() {
        put(&mut out, &format!("<g transform=\"translate({},0)\">", WIDTH * at as f64));
        panel.draw(&mut out, points);
        put(&mut out, "</g>");
    }
    out.push_str("</svg>\n");
    out
}

/// Blue, orange and grey of Okabe and Ito, which all eyes tell apart.
const STYLE: &str = "<style>\
.page{fill:#fff}text{fill:#222}.head{font-size:14px;font-weight:600}.soft{fill:#555}\
.grid{stroke:#ddd}.axis{stroke:#888}.agree{stroke:#888;stroke-dasharray:5 4}\
.source{fill:#0072b2;fill-opacity:.45}.control{fill:#777;fill-opacity:.35}\
.bin{stroke:#d55e00;stroke-width:2}.median{fill:#d55e00}\
@media(prefers-color-scheme:dark){.page{fill:#15181d}text{fill:#e6e6e6}.soft{fill:#aaa}\
.grid{stroke:#333a44}.axis{stroke:#8a93a3}.agree{stroke:#8a93a3}\
.source{fill:#56b4e9}.control{fill:#9aa0a8}.bin{stroke:#e69f00}.median{fill:#e69f00}}\
</style>\n";

/// One square.
struct Panel {
    title: &'static str,
    unit: &'static str,
    class: Class,
    scale: Scale,
}

impl Panel {
    fn draw(&self, out: &mut String, [sources, controls]: &[Vec<Point>; 2]) {
        let frame = Frame::of(sources.iter().chain(controls));
        let agreement = Agreement::of(sources);
        let number =
            |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.2}"));
        put(
            out,
            &format!(
                "<text x=\"{LEFT}\" y=\"46\">{}: {} pairs, Spearman {}, Pearson {}</text>",
                self.title,
                agreement.n,
                number(agreement.spearman),
                number(agreement.pearson)
            ),
        );
        put(
            out,
            &format!(
                "<text class=\"soft\" x=\"{LEFT}\" y=\"62\">blue: features; grey: controls; \
                 orange: median and middle half</text>"
            ),
        );
        frame.axes(out, self.unit);
        for (class, points) in [("control", controls), ("source", sources)] {
            for point in points {
                let (x, y) = (frame.x(point.predicted), frame.y(point.measured));
                put(
                    out,
                    &format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"),
                );
            }
        }
        for bin in bins(sources, BINS) {
            let (x, y) = (frame.x(bin.predicted), frame.y(bin.measured));
            let (lo, hi) = (frame.y(bin.lo), frame.y(bin.hi));
            put(
                out,
                &format!(
                    "<line class=\"bin\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{lo:.1}\" y2=\"{hi:.1}\"/>\
                     <circle class=\"median\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
                ),
            );
        }
    }
}

/// One scale for both axes, so that agreement is the diagonal.
struct Frame {
    lo: f64,
    hi: f64,
    step: f64,
}

impl Frame {
    fn of<'p>(points: impl Iterator<Item = &'p Point>) -> Self {
        let numbers = points.flat_map(|point| [point.predicted, point.measured]);
        let (lo, hi) = numbers.fold((0.0_f64, 0.0_f64), |(lo, hi), x| (lo.min(x), hi.max(x)));
        let span = if hi > lo { hi - lo } else { 1.0 };
        let step = nice(span / 8.0);
        Self { lo: (lo / step).floor() * step, hi: (hi.max(lo + span) / step).ceil() * step, step }
    }

    fn share(&self, number: f64) -> f64 {
        (number - self.lo) / (self.hi - self.lo)
    }

    fn x(&self, number: f64) -> f64 {
        LEFT + SIDE * self.share(number)
    }

    fn y(&self, number: f64) -> f64 {
        TOP + SIDE * (1.0 - self.share(number))
    }

    fn axes(&self, out: &mut String, unit: &str) {
        let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
        let n_ticks = ((self.hi - self.lo) / self.step).round() as usize;
        for tick in 0..=n_ticks {
            let number = self.lo + self.step * tick as f64;
            // −0 is no number to read.
            let number = if number.abs() < self.step / 1e6 { 0.0 } else { number };
            let (x, y) = (self.x(number), self.y(number));
            let class = if number == 0.0 { "axis" } else { "grid" };
            let label = label(number, self.step);
            put(
                out,
                &format!(
                    "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                     <line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                     <text class=\"soft\" text-anchor=\"end\" x=\"{}\" y=\"{:.1}\">{label}</text>\
                     <text class=\"soft\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{}\">{label}</text>",
                    LEFT - 8.0,
                    y + 4.0,
                    bottom + 18.0
                ),
            );
        }
        put(
            out,
            &format!(
                "<line class=\"agree\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{TOP}\"/>"
            ),
        );
        let (middle_x, middle_y) = (LEFT + SIDE / 2.0, TOP + SIDE / 2.0);
        put(
            out,
            &format!(
                "<text text-anchor=\"middle\" x=\"{middle_x}\" y=\"{}\">predicted change</text>\
                 <text class=\"soft\" text-anchor=\"middle\" x=\"{middle_x}\" y=\"{}\">{unit}</text>\
                 <text text-anchor=\"middle\" transform=\"translate(18,{middle_y}) rotate(-90)\">\
                 measured change</text>\
                 <text class=\"soft\" text-anchor=\"middle\" \
                 transform=\"translate(34,{middle_y}) rotate(-90)\">{unit}</text>",
                bottom + 40.0,
                bottom + 56.0
            ),
        );
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn nice(rough: f64) -> f64 {
    let power = 10.0_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let found = steps.into_iter().find(|step| step * power >= rough * (1.0 - 1e-9));
    found.unwrap_or(10.0) * power
}

fn label(number: f64, step: f64) -> String {
    let digits = (-step.log10().floor()).max(0.0) as usize;
    format!("{number:.digits$}").replace('-', "−")
}

pub(crate) fn put(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("writing to a string does not fail");
}

pub(crate) fn escape(text: &str) -> String {
    let plain = crate::printer::text::plain(text);
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_nice() {
        for (rough, step) in [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (7.0, 10.0), (0.021, 0.05)] {
            let found = nice(rough);
            assert!((found - step).abs() < 1e-12, "{rough}: {found}");
        }
        assert_eq!(label(-0.5, 0.25), "−0.5");
        assert_eq!(label(200.0, 100.0), "200");
    }

    // Whatever the points, both axes have one scale and hold all of them.
    #[test]
    fn every_point_lies_in_the_square() {
        for scale in [1e-7, 1.0, 3e5] {
            let points = [(-3.0, 2.0), (0.5, -7.3), (0.0, 0.0)];
            let points = points.map(|(p, m)| Point { predicted: scale * p, measured: scale * m });
            let frame = Frame::of(points.iter());
            for point in points {
                assert!((LEFT..=LEFT + SIDE).contains(&frame.x(point.predicted)));
                assert!((TOP..=TOP + SIDE).contains(&frame.y(point.measured)));
                // What is measured as predicted lies on the diagonal.
                let (right, up) = (frame.x(point.predicted) - LEFT, frame.y(point.predicted) - TOP);
                assert!((right + up - SIDE).abs() < 1e-9, "{point:?}");
            }
        }
        let alone = Frame::of([].iter());
        assert!(alone.x(0.0).is_finite() && alone.hi > alone.lo);
    }
}
