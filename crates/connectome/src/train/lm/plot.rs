//! The course of a run as an SVG: loss, answers, learning rate, over tokens.
//!
//! A plot is a function of the lines of a run's log, so a resumed run draws all of it.

use std::fmt::Write as _;

use serde_json::Value;

const WIDTH: f64 = 760.0;
const PANEL: f64 = 200.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 30.0;
const GAP: f64 = 46.0;

/// Colours that differ in lightness too.
const COLOURS: [&str; 4] = ["#9aa7b5", "#1f5fa8", "#c2571a", "#2e7d4f"];

/// Points of one line; x in tokens.
struct Series {
    name: String,
    colour: &'static str,
    points: Vec<[f64; 2]>,
    /// Whether points are few enough to be marked.
    is_marked: bool,
}

struct Panel {
    title: &'static str,
    series: Vec<Series>,
    /// Whether the axis starts at zero.
    from_zero: bool,
}

/// An SVG of the lines of a log.
#[must_use]
pub fn draw(records: &[Value]) -> String {
    let panels = panels(records);
    let all = panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
    let most = all.map(|point| point[0]).fold(1.0, f64::max);
    let height = TOP + panels.len() as f64 * (PANEL + GAP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#333\">\n\
         <title>Training: loss and learning rate over tokens</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (at, panel) in panels.iter().enumerate() {
        panel.draw(&mut svg, TOP + at as f64 * (PANEL + GAP), most);
    }
    svg.push_str("</svg>\n");
    svg
}

fn panels(records: &[Value]) -> Vec<Panel> {
    let of_kind = |kind: &'static str, key: &'static str| -> Vec<[f64; 2]> {
        let records = records.iter().filter(move |record| record["kind"] == kind);
        let point = |record: &Value| Some([record["tokens"].as_f64()?, record[key].as_f64()?]);
        records.filter_map(point).collect()
    };
    let line = |name: &str, colour: usize, points: Vec<[f64; 2]>, is_marked: bool| Series {
        name: name.to_owned(),
        colour: COLOURS[colour],
        points,
        is_marked,
    };
    let train = of_kind("train", "loss");
    let smooth = smoothed(&train);
    let mut loss = vec![line("training", 0, train, false), line("smoothed", 1, smooth, false)];
    let held_out = of_kind("eval", "loss");
    if !held_out.is_empty() {
        loss.push(line("held out", 2, held_out, true));
    }
    let mut panels = vec![Panel { title: "loss (nats a token)", series: loss, from_zero: false }];
    let accuracy = of_kind("eval", "accuracy");
    if !accuracy.is_empty() {
        let series = vec![line("all questions", 3, accuracy, true)];
        panels.push(Panel { title: "questions answered (share)", series, from_zero: true });
    }
    let rate = vec![line("", 1, of_kind("train", "rate"), false)];
    panels.push(Panel { title: "learning rate", series: rate, from_zero: true });
    panels
}

/// A running mean with a memory of a fiftieth of the points.
fn smoothed(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let keep = 1.0 - 1.0 / (points.len() as f64 / 50.0).max(1.0);
    let mut mean = points.first().map_or(0.0, |point| point[1]);
    let next = |[x, y]: &[f64; 2]| {
        mean = keep * mean + (1.0 - keep) * y;
        [*x, mean]
    };
    points.iter().map(next).collect()
}

impl Panel {
    fn draw(&self, svg: &mut String, top: f64, most_tokens: f64) {
        let values = || self.series.iter().flat_map(|series| &series.points).map(|point| point[1]);
        let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        let low = if self.from_zero { 0.0 } else { low };
        let (low, high) = match high > low {
            true => (low, high),
            // One value, or none.
            false if high > f64::MIN => (high - 0.5, high + 0.5),
            false => (0.0, 1.0),
        };
        let x = |tokens: f64| LEFT + (WIDTH - LEFT - RIGHT) * tokens / most_tokens;
        let y = |value: f64| top + PANEL * (1.0 - (value - low) / (high - low));
        // Writing to a string does not fail.
        let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{:.1}\">{}</text>", top - 8.0, self.title);
        for tick in 0..=4 {
            let share = f64::from(tick) / 4.0;
            let (value, tokens) = (low + share * (high - low), share * most_tokens);
            let right = WIDTH - RIGHT;
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {0:.1}H{right}\" stroke=\"#e3e6ea\"/>\
                 <text x=\"{1:.1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}</text>\
                 <text x=\"{4:.1}\" y=\"{5:.1}\" text-anchor=\"middle\" fill=\"#777\">{6}</text>",
                y(value),
                LEFT - 8.0,
                y(value) + 4.0,
                number(value),
                x(tokens),
                top + PANEL + 16.0,
                count(tokens),
            );
        }
        let mut legend = WIDTH - RIGHT;
        for series in self.series.iter().rev() {
            if !series.name.is_empty() {
                let _ = writeln!(
                    svg,
                    "<text x=\"{legend:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{}\">{}</text>",
                    top - 8.0,
                    series.colour,
                    series.name
                );
                legend -= 8.0 * series.name.len() as f64;
            }
        }
        for series in &self.series {
            series.draw(svg, &x, &y);
        }
    }
}

impl Series {
    fn draw(&self, svg: &mut String, x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) {
        let points = self.points.iter().filter(|point| point[1].is_finite());
        let path: String = points
            .clone()
            .enumerate()
            .map(|(at, [tokens, value])| {
                let letter = if at == 0 { 'M' } else { 'L' };
                format!("{letter}{:.1} {:.1}", x(*tokens), y(*value))
            })
            .collect();
        if !path.is_empty() {
            let _ = writeln!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>",
                self.colour
            );
        }
        for [tokens, value] in points.filter(|_| self.is_marked) {
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"{}\"/>",
                x(*tokens),
                y(*value),
                self.colour
            );
        }
    }
}

/// Three digits.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.01 => format!("{value:.1e}"),
        size if size < 10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// A number of tokens.
fn count(tokens: f64) -> String {
    match tokens {
        n if n >= 1e6 => format!("{:.1} M tokens", n / 1e6),
        n if n >= 1e3 => format!("{:.0} k tokens", n / 1e3),
        n => format!("{n:.0} tokens"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plot_shows_what_was_measured() {
        let mut records: Vec<Value> = (1..=20)
            .map(|step| {
                let loss = 5.0 / f64::from(step);
                json!({ "kind": "train", "step": step, "tokens": 100 * step, "loss": loss, "rate": 1e-3 })
            })
            .collect();
        assert!(!draw(&records).contains("held out"));
        records.push(
            json!({ "kind": "eval", "step": 20, "tokens": 2000, "loss": 0.3, "accuracy": 0.9 }),
        );
        let svg = draw(&records);
        for part in ["training", "held out", "questions answered", "learning rate", "2 k tokens"] {
            assert!(svg.contains(part), "no {part}");
        }
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn an_empty_log_is_an_empty_plot() {
        let svg = draw(&[]);
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
