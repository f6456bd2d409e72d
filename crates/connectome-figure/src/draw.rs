//! A figure as SVG: panels, boxes, edges, the prompt and the outputs.

use std::borrow::Cow;

use crate::layout::{Layout, layout};
use crate::placed::Placed;
use crate::route::{BOX, Routed, Routes, route};
use crate::svg::{Svg, escaped, fit, mono_width, number, rounded, width, wrap};
use crate::{Edge, Figure, Naming, Node, Outputs, Panel, STAYS, Theme};

/// Space around everything.
const MARGIN: f64 = 20.0;
/// Space inside a card.
const PAD: f64 = 24.0;
/// No panel is narrower.
const NARROWEST: f64 = 560.0;
/// Boxes are as wide as their names, within these.
const BOX_WIDTHS: [f64; 2] = [96.0, 250.0];
/// Room for how many outputs are left out.
const LEFT_OUT: f64 = 60.0;
/// Below this share of the original a box is faded.
const FADED: f64 = 0.25;
/// Edges that do not rise run so far to the right of the boxes.
const AROUND: f64 = 34.0;
/// Between the sheets of a stack.
const STACK: f64 = 4.0;
/// Stands before a name that nobody gave: italics alone are lost on a screen reader, and in fonts
/// that have none.
const AUTOMATIC: &str = "≈ ";
/// The height of an edge's head.
pub(crate) const HEAD: f64 = 11.0;

/// Colours for paper and light screens.
const STYLE: &str = "\
text{font-family:'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif;fill:#1f1e1a}
.bg{fill:#ffffff}
.title{font-size:17px;font-weight:bold}
.panel{font-size:14px;font-weight:bold}
.caption{font-size:10.5px;font-weight:bold;letter-spacing:.08em;fill:#6b675a}
.card{fill:#f7f5ec;stroke:#ddd8c6}
.strip{fill:#ffffff;stroke:#ddd8c6}
.box{fill:#e4e2d5;stroke:#6e6a55;stroke-width:1.8}
.edited{fill:#eeece4;stroke:#c8641b;stroke-width:2.2}
.inserted{fill:#fdf3dc;stroke:#c8641b;stroke-width:2.2}
.foretold{fill:none;stroke:#c8641b;stroke-width:1.4}
.name{font-size:13px;font-weight:bold;text-anchor:middle}
.automatic{font-weight:normal;font-style:italic}
.detail{font-size:10.5px;text-anchor:middle;fill:#57544a}
.share,.moved{font-size:11px;paint-order:stroke;stroke:#f7f5ec;stroke-width:4px;stroke-linejoin:round}
.share{fill:#6b675a}
.moved{font-weight:bold}
.pill{fill:#c8641b}
.dose{font-size:11.5px;font-weight:bold;text-anchor:middle;fill:#ffffff}
.faded{opacity:.45}
.excites{fill:none;stroke:#5b3a36}
.inhibits{fill:none;stroke:#2a63a8;stroke-dasharray:7 4}
.head{fill:#5b3a36}
.bar{stroke:#2a63a8;stroke-width:4}
.around{stroke-dasharray:1.5 4}
.mono{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'Liberation Mono',monospace;font-size:12.5px}
.chip{fill:#efede2}
.token{font-size:12px;font-weight:bold}
.percent{font-size:11px;fill:#57544a}
.row{font-size:11.5px;fill:#57544a}
.footer{font-size:10.5px;fill:#6b675a}
.note{font-size:12px;font-style:italic;fill:#57544a}
.tint-blue{fill:#d6e4f5}
.tint-green{fill:#d8ecd9}
.tint-amber{fill:#f6e6bd}
.tint-rose{fill:#f5d9df}
.tint-violet{fill:#e4dcf3}
";

/// What replaces them on dark ones.
const DARK: &str = "\
text{fill:#ece9dd}
.bg{fill:#161513}
.caption,.share,.footer{fill:#a8a392}
.share,.moved{stroke:#211f1b}
.card{fill:#211f1b;stroke:#3a382f}
.strip{fill:#1a1916;stroke:#3a382f}
.box{fill:#38352c;stroke:#8c8770}
.edited{fill:#2a2823;stroke:#ee9445}
.inserted{fill:#43341c;stroke:#ee9445}
.foretold{stroke:#ee9445}
.detail,.percent,.row,.note{fill:#bfbaa8}
.pill{fill:#b3571a}
.excites{stroke:#cfa79f}
.inhibits,.bar{stroke:#7fb2f0}
.head{fill:#cfa79f}
.chip{fill:#302e27}
.tint-blue{fill:#24405f}
.tint-green{fill:#254a33}
.tint-amber{fill:#574418}
.tint-rose{fill:#5c2f3a}
.tint-violet{fill:#43366a}
";

/// The whole document.
pub(crate) fn figure(figure: &Figure) -> String {
    let drawn: Vec<Drawn> = figure.panels.iter().map(Drawn::of).collect();
    let inner = drawn.iter().map(|panel| panel.width).fold(NARROWEST, f64::max);
    let footer = footer(figure, inner);
    let mut body = Svg::default();
    let mut y = MARGIN;
    if !figure.title.is_empty() {
        y += 16.0;
        let title = fit(&figure.title, inner, |text| width(text, 18.5));
        body.words("title", MARGIN, y, &title);
        y += 16.0;
    }
    for panel in &drawn {
        y = panel.draw(&mut body, y, inner);
    }
    for line in &footer {
        y += 15.0;
        body.words("footer", MARGIN, y, line);
    }
    let (total_width, height) = (inner + 2.0 * MARGIN, y + MARGIN);
    let mut svg = Svg::default();
    let (w, h) = (number(total_width), number(height));
    let [wide, high] = match figure.width_mm {
        None => [w.clone(), h.clone()],
        Some(mm) => [mm, mm * height / total_width].map(|side| format!("{}mm", number(side))),
    };
    svg.line(&format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {w} {h}" role="img">"#
    ));
    svg.line(&format!("<title>{}</title>", escaped(&figure.title)));
    svg.line(&format!("<desc>{}</desc>", escaped(&description(figure))));
    svg.line(&format!("<metadata>{}</metadata>", escaped(&figure.metadata)));
    svg.line(&format!("<style>{}</style>", style(figure.theme)));
    svg.rect("bg", [0.0, 0.0, total_width, height], 0.0);
    svg.line(body.finish().trim_end());
    svg.line("</svg>");
    svg.finish()
}

fn style(theme: Theme) -> String {
    match theme {
        Theme::Reader => format!(
            "svg{{color-scheme:light dark}}\n{STYLE}@media (prefers-color-scheme:dark){{\n{DARK}}}"
        ),
        Theme::Light => STYLE.to_owned(),
        Theme::Dark => format!("{STYLE}{DARK}"),
    }
}

fn footer(figure: &Figure, room: f64) -> Vec<String> {
    figure.footer.iter().flat_map(|line| wrap(line, room, |text| width(text, 9.5))).collect()
}

/// The figure in words, for those who cannot see it.
fn description(figure: &Figure) -> String {
    let mut words = Vec::new();
    for panel in &figure.panels {
        for node in &panel.boxes {
            let share = node.share.map_or("no share".to_owned(), percent);
            let dose = node.dose.as_ref().map_or(String::new(), |dose| format!(", edited {dose}"));
            let said = foretold(node);
            let said = said.map_or(String::new(), |said| format!(", predicted {}", percent(said)));
            let inserted = if node.inserted { ", inserted" } else { "" };
            let tint = node.tint.map_or(String::new(), |tint| format!(", tinted {}", tint.name()));
            words.push(format!("{}: {share}{said}{dose}{inserted}{tint}", called(node)));
        }
        for row in &panel.outputs {
            let tokens: Vec<String> = row
                .tokens
                .iter()
                .map(|token| format!("{} {}", token.text, percent(token.probability)))
                .collect();
            words.push(format!("{}: {}", row.label, tokens.join(", ")));
        }
    }
    words.join("; ")
}

/// A share as people read it.
fn percent(share: f64) -> String {
    let rounded = (100.0 * share).round();
    if share > 0.0 && rounded == 0.0 {
        return "<1 %".to_owned();
    }
    if share < 1.0 && rounded == 100.0 {
        return if share < 0.9995 {
            format!("{:.1} %", 100.0 * share)
        } else {
            ">99.9 %".to_owned()
        };
    }
    let sign = if rounded < 0.0 { "−" } else { "" };
    format!("{sign}{} %", rounded.abs())
}

/// A panel with everything measured.
struct Drawn<'a> {
    panel: &'a Panel,
    layout: Layout,
    routes: Routes,
    /// Instead of both, where every box has a spot.
    placed: Option<Placed>,
    width: f64,
}

impl<'a> Drawn<'a> {
    fn of(panel: &'a Panel) -> Self {
        let widths: Vec<f64> = panel.boxes.iter().map(box_width).collect();
        if let Some(placed) = Placed::of(panel, &widths) {
            let width = placed.width + 2.0 * PAD + 16.0;
            let (layout, routes) = (Layout::default(), Routes::default());
            return Self { panel, layout, routes, placed: Some(placed), width };
        }
        let layout = layout(&panel.boxes, &widths, &panel.edges);
        let routes = route(&layout);
        let around = if layout.falling.is_empty() { 0.0 } else { AROUND };
        let width = layout.width + around + 2.0 * PAD + 16.0;
        Self { panel, layout, routes, placed: None, width }
    }

    /// Width and height of the boxes and what is between them.
    fn extent(&self) -> (f64, f64) {
        let placed = self.placed.as_ref().map(|placed| (placed.width, placed.height));
        placed.unwrap_or((self.layout.width, self.routes.height))
    }

    /// Draws from `y` down, and says where it ended.
    fn draw(&self, svg: &mut Svg, mut y: f64, width: f64) -> f64 {
        if !self.panel.title.is_empty() {
            y += 14.0;
            svg.words("panel", MARGIN, y, &self.panel.title);
            y += 10.0;
        }
        let (graph_width, graph_height) = self.extent();
        let graph_height = if self.panel.boxes.is_empty() { 0.0 } else { graph_height + 58.0 };
        let strip = self.strip_lines(width);
        let strip_height = 24.0 + 17.0 * strip.len() as f64 + self.outputs_height();
        svg.rect("card", [MARGIN, y, width, graph_height + strip_height], 10.0);
        if !self.panel.boxes.is_empty() {
            svg.words("caption", MARGIN + 14.0, y + 20.0, "GRAPH & INTERVENTIONS");
            let left = MARGIN + (width - graph_width) / 2.0;
            svg.line(&format!(
                r#"<g transform="translate({} {})">"#,
                number(left),
                number(y + 42.0)
            ));
            self.graph(svg);
            svg.line("</g>");
        }
        self.strip(svg, y + graph_height, width, (&strip, strip_height));
        y + graph_height + strip_height + 12.0
    }

    fn graph(&self, svg: &mut Svg) {
        if let Some(placed) = &self.placed {
            placed.draw(svg, self.panel);
            return;
        }
        self.layout.falling.iter().for_each(|edge| self.around(svg, *edge));
        let strongest = self.panel.edges.iter().map(|edge| edge.share.abs()).fold(0.0, f64::max);
        for routed in &self.routes.edges {
            line(svg, routed, self.panel, strongest);
        }
        // Heads last: edges that share their end must not run over them.
        self.routes.edges.iter().for_each(|routed| head(svg, routed, self.panel));
        for (row, items) in self.layout.rows.iter().enumerate() {
            for &item in items {
                let item = self.layout.items[item];
                if let Some(node) = item.node {
                    let corner = (item.x - item.width / 2.0, self.routes.tops[row]);
                    draw_box(svg, &self.panel.boxes[node], corner, item.width);
                }
            }
        }
    }

    /// An edge that does not rise: around the right of the boxes.
    fn around(&self, svg: &mut Svg, edge: Edge) {
        let side = |node: usize| {
            let row = self.layout.rows.iter().position(|row| row.contains(&node));
            let row = row.expect("every box stands in a row");
            let item = self.layout.items[node];
            (item.x + item.width / 2.0, self.routes.tops[row] + BOX / 2.0)
        };
        let ((ax, ay), (bx, by)) = (side(edge.source), side(edge.target));
        let (class, turn) = (sign(edge), ax.max(bx) + AROUND);
        let path = format!(
            "M{} {}C{} {} {} {} {} {}",
            number(ax),
            number(ay),
            number(turn),
            number(ay),
            number(turn),
            number(by),
            number(bx + HEAD),
            number(by)
        );
        svg.line("<g>");
        svg.hover(&said(edge, self.panel));
        svg.line(&format!(r#"<path class="{class} around" stroke-width="2" d="{path}"/>"#));
        svg.line("</g>");
        end(svg, edge, (bx, by), (1.0, 0.0));
    }

    fn strip_lines(&self, width: f64) -> Vec<String> {
        wrap(&self.panel.prompt, width - 110.0, |text| mono_width(text, 12.5))
    }

    fn outputs_height(&self) -> f64 {
        30.0 * self.panel.outputs.len() as f64
    }

    fn strip(&self, svg: &mut Svg, y: f64, width: f64, (lines, height): (&[String], f64)) {
        svg.rect("strip", [MARGIN, y, width, height], 10.0);
        let mut base = y + 24.0;
        svg.words("caption", MARGIN + 14.0, base, "PROMPT");
        for line in lines {
            svg.words("mono", MARGIN + 84.0, base, line);
            base += 17.0;
        }
        base += 9.0;
        let labels = self.panel.outputs.iter().map(|row| self::width(&row.label, 11.5));
        let label_width = labels.fold(0.0, f64::max);
        for (at, row) in self.panel.outputs.iter().enumerate() {
            if at == 0 {
                svg.words("caption", MARGIN + 14.0, base, "OUTPUTS");
            }
            svg.words("row", MARGIN + 84.0, base, &row.label);
            chips(svg, row, (MARGIN + 84.0 + label_width + 12.0, base), MARGIN + width - 12.0);
            base += 30.0;
        }
    }
}

/// The name of a box, as it is read.
fn called(node: &Node) -> Cow<'_, str> {
    match node.naming {
        Naming::Given => Cow::Borrowed(&node.name),
        Naming::Automatic => Cow::Owned(format!("{AUTOMATIC}{}", node.name)),
    }
}

fn box_width(node: &Node) -> f64 {
    let words = width(&called(node), 13.5).max(width(&node.detail, 10.5)) + 26.0;
    words.clamp(BOX_WIDTHS[0], BOX_WIDTHS[1])
}

pub(crate) fn draw_box(svg: &mut Svg, node: &Node, (x, y): (f64, f64), box_width: f64) {
    let is_edited = node.dose.is_some();
    let is_faded = node.share.is_some_and(|share| share < FADED) && !is_edited;
    svg.line(if is_faded { r#"<g class="faded">"# } else { "<g>" });
    svg.hover(&node.hover);
    let class = match (node.inserted, is_edited) {
        (true, _) => "inserted",
        (false, true) => "edited",
        (false, false) => "box",
    };
    // Its outline still says what was done to it.
    let class = match node.tint {
        Some(tint) => format!("{class} tint-{}", tint.name()),
        None => class.to_owned(),
    };
    // A stack of three says "several" as well as one of twelve.
    for behind in (1..node.n_members.min(3)).rev() {
        let shift = STACK * behind as f64;
        svg.rect(&class, [x + shift, y + shift, box_width, BOX], 9.0);
    }
    svg.rect(&class, [x, y, box_width, BOX], 9.0);
    if foretold(node).is_some() {
        let gap = 3.5;
        svg.rect("foretold", [x - gap, y - gap, box_width + 2.0 * gap, BOX + 2.0 * gap], 12.0);
    }
    let room = box_width - 14.0;
    let middle = x + box_width / 2.0;
    let base = if node.detail.is_empty() { y + 28.0 } else { y + 20.0 };
    let class = match node.naming {
        Naming::Given => "name",
        Naming::Automatic => "name automatic",
    };
    svg.words(class, middle, base, &fit(&called(node), room, |text| width(text, 13.5)));
    if !node.detail.is_empty() {
        let detail = fit(&node.detail, room, |text| width(text, 10.5));
        svg.words("detail", middle, y + 36.0, &detail);
    }
    if let Some(share) = node.share {
        // What a reader looks for is what is no longer 100 %.
        let class = if (share - 1.0).abs() < 0.005 { "share" } else { "moved" };
        svg.words(class, x + 2.0, y - 6.0, &percent(share));
    }
    if let Some(dose) = &node.dose {
        let pill = width(dose, 11.5) + 16.0;
        let right = x + box_width + 6.0;
        svg.rect("pill", [right - pill, y - 12.0, pill, 19.0], 9.5);
        svg.words("dose", right - pill / 2.0, y + 1.8, dose);
    }
    svg.line("</g>");
}

/// What a graph predicts of a box, if that is an effect: an edited box has what it was given.
fn foretold(node: &Node) -> Option<f64> {
    node.predicted.filter(|share| node.dose.is_none() && (share - 1.0).abs() > STAYS)
}

pub(crate) fn sign(edge: Edge) -> &'static str {
    if edge.share < 0.0 { "inhibits" } else { "excites" }
}

pub(crate) fn said(edge: Edge, panel: &Panel) -> String {
    let name = |node: usize| called(&panel.boxes[node]);
    format!("{} → {}: {}", name(edge.source), name(edge.target), percent(edge.share))
}

/// How far a box's stack reaches below it.
pub(crate) fn stack(node: &Node) -> f64 {
    STACK * node.n_members.clamp(1, 3).saturating_sub(1) as f64
}

/// As thick as its share of the strongest edge of the panel.
pub(crate) fn thickness(edge: Edge, strongest: f64) -> f64 {
    1.4 + 3.6 * edge.share.abs() / strongest.max(f64::MIN_POSITIVE)
}

fn line(svg: &mut Svg, routed: &Routed, panel: &Panel, strongest: f64) {
    let edge = routed.edge;
    let stroke = thickness(edge, strongest);
    let mut points = routed.points.clone();
    // The head covers the end.
    if let Some(last) = points.last_mut() {
        last.1 += stack(&panel.boxes[edge.target]);
        last.1 += if edge.share < 0.0 { 4.0 } else { HEAD - 1.0 };
    }
    let (class, path) = (sign(edge), rounded(&points, 9.0));
    svg.line("<g>");
    svg.hover(&said(edge, panel));
    svg.line(&format!(r#"<path class="{class}" stroke-width="{}" d="{path}"/>"#, number(stroke)));
    svg.line("</g>");
}

fn head(svg: &mut Svg, routed: &Routed, panel: &Panel) {
    let &(x, y) = routed.points.last().expect("an edge has two ends");
    let below = stack(&panel.boxes[routed.edge.target]);
    end(svg, routed.edge, (x, y + below), (0.0, 1.0));
}

/// A triangle where an edge excites, a bar where it inhibits; `from` is where the edge comes
/// from, as seen from the tip.
pub(crate) fn end(svg: &mut Svg, edge: Edge, (x, y): (f64, f64), (dx, dy): (f64, f64)) {
    // Clear of the box's border.
    let (x, y) = (x + 2.0 * dx, y + 2.0 * dy);
    if edge.share < 0.0 {
        svg.line(&format!(
            r#"<path class="bar" d="M{} {}L{} {}"/>"#,
            number(x - 8.0 * dy + dx),
            number(y - 8.0 * dx + dy),
            number(x + 8.0 * dy + dx),
            number(y + 8.0 * dx + dy)
        ));
        return;
    }
    let (bx, by, half) = (x + HEAD * dx, y + HEAD * dy, 6.5);
    svg.line(&format!(
        r#"<path class="head" d="M{} {}L{} {}L{} {}Z"/>"#,
        number(x),
        number(y),
        number(bx - half * dy),
        number(by - half * dx),
        number(bx + half * dy),
        number(by + half * dx)
    ));
}

fn chips(svg: &mut Svg, row: &Outputs, (mut x, base): (f64, f64), right: f64) {
    for (at, output) in row.tokens.iter().enumerate() {
        let text = fit(&output.text, 170.0, |text| width(text, 12.5));
        let share = percent(output.probability);
        let (text_width, share_width) = (width(&text, 12.5), width(&share, 11.0));
        let chip = text_width + share_width + 22.0;
        // There is room to say how many are left out, if any are.
        let left = row.tokens.len() - at;
        let needed = if left > 1 { chip + LEFT_OUT } else { chip };
        if x + needed > right {
            svg.words("percent", x, base, &format!("+{left} more"));
            return;
        }
        svg.rect("chip", [x, base - 16.0, chip, 23.0], 7.0);
        svg.words("token", x + 8.0, base, &text);
        svg.words("percent", x + 14.0 + text_width, base, &share);
        x += chip + 8.0;
    }
}

#[cfg(test)]
mod tests {
    use crate::svg::number;
    use crate::{Edge, Figure, Naming, Node, Output, Outputs, Panel, Theme, Tint};

    fn sample() -> Figure {
        let node = |name: &str, level: f64, share: f64| Node {
            name: name.to_owned(),
            level,
            share: Some(share),
            n_members: 1,
            ..Node::default()
        };
        let edited =
            Node { dose: Some("−2×".to_owned()), n_members: 4, ..node("<a&b>", 0.0, 1.0) };
        let outputs = |label: &str, probability: f64| Outputs {
            label: label.to_owned(),
            tokens: vec![Output { text: "·Austin".to_owned(), probability }],
        };
        Figure {
            title: "Ablate \"Texas\"".to_owned(),
            panels: vec![Panel {
                boxes: vec![edited, node("Texas", 1.0, 0.07), node("say Austin", 2.0, -0.3)],
                edges: vec![
                    Edge { source: 0, target: 1, share: 0.7 },
                    Edge { source: 1, target: 2, share: -0.4 },
                    Edge { source: 2, target: 0, share: 0.1 },
                ],
                prompt: "the capital of the state containing Dallas is".to_owned(),
                outputs: vec![outputs("before", 0.983), outputs("after", 0.0002)],
                ..Panel::default()
            }],
            footer: vec!["attention frozen".to_owned()],
            metadata: r#"{"seed":"<0>"}"#.to_owned(),
            ..Figure::default()
        }
    }

    #[test]
    fn a_figure_is_the_same_bytes_and_well_formed() {
        let svg = sample().to_svg();
        assert_eq!(svg, sample().to_svg());
        let count = |what: &str| svg.matches(what).count();
        assert_eq!(count("<g"), count("</g>"));
        assert_eq!(count("<text"), count("</text>"));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(!svg.contains("<a&b>"), "a name was not escaped");
    }

    #[test]
    fn everything_that_a_figure_says_is_text() {
        let svg = sample().to_svg();
        for words in [
            "&lt;a&amp;b&gt;",
            ">7 %<",
            ">−30 %<",
            ">−2×<",
            ">98 %<",
            "&lt;1 %",
            ">·Austin<",
            "the capital of the state containing Dallas is",
            "&lt;a&amp;b&gt; → Texas: 70 %",
            "<metadata>{&quot;seed&quot;:&quot;&lt;0&gt;&quot;}</metadata>",
            "prefers-color-scheme:dark",
        ] {
            assert!(svg.contains(words), "no `{words}` in\n{svg}");
        }
        // Inhibition is seen without colour.
        assert_eq!(svg.matches(r#"class="bar""#).count(), 1);
        assert_eq!(svg.matches(r#"class="faded""#).count(), 2);
    }

    #[test]
    fn a_figure_has_the_colours_and_the_width_that_are_asked_for() {
        let reader = sample();
        let [light, dark] = [Theme::Light, Theme::Dark]
            .map(|theme| Figure { theme, width_mm: Some(85.0), ..sample() }.to_svg());
        assert!(!light.contains("prefers-color-scheme") && !dark.contains("prefers-color-scheme"));
        // Later rules win.
        let last = |svg: &str| svg.rfind(".bg{fill:").map(|at| svg[at + 9..at + 16].to_owned());
        assert_eq!([last(&light), last(&dark)], [Some("#ffffff".into()), Some("#161513".into())]);
        let size = |svg: &str| -> Vec<f64> {
            let view = svg.split("viewBox=\"0 0 ").nth(1).and_then(|rest| rest.split('"').next());
            view.unwrap().split(' ').map(|side| side.parse().unwrap()).collect()
        };
        assert_eq!(size(&light), size(&reader.to_svg()));
        let [w, h] = size(&light)[..] else { panic!("{light}") };
        let high = number(85.0 * h / w);
        assert!(light.contains(&format!(r#"width="85mm" height="{high}mm""#)), "{light}");
    }

    #[test]
    fn what_a_graph_predicts_and_what_was_put_in_is_marked() {
        let mut figure = sample();
        let boxes = &mut figure.panels[0].boxes;
        boxes[0].predicted = Some(0.0);
        boxes[1].predicted = Some(0.2);
        boxes[2].predicted = Some(1.04);
        let dose = Some("2×".to_owned());
        let taken = Node { name: "California".to_owned(), dose, inserted: true, ..Node::default() };
        boxes.push(taken);
        let svg = figure.to_svg();
        // An edited box has what it was given, and 4 % is no effect.
        assert_eq!(svg.matches(r#"class="foretold""#).count(), 1);
        assert!(svg.contains("Texas: 7 %, predicted 20 %"), "{svg}");
        assert_eq!(svg.matches(r#"class="inserted""#).count(), 1);
        assert!(svg.contains("California: no share, edited 2×, inserted"), "{svg}");
        assert!(!sample().to_svg().contains(r#"class="foretold""#));
    }

    #[test]
    fn a_tint_is_a_colour_and_a_word() {
        let mut figure = sample();
        figure.panels[0].boxes[1].tint = Tint::named("rose");
        let svg = figure.to_svg();
        assert_eq!(svg.matches(r#"class="box tint-rose""#).count(), 1);
        assert!(svg.contains("Texas: 7 %, tinted rose"), "{svg}");
        assert!(!sample().to_svg().contains("box tint-"));
        assert_eq!(Tint::named("url(x)"), None);
    }

    #[test]
    fn outputs_that_have_no_room_are_counted() {
        let mut figure = sample();
        let row = &mut figure.panels[0].outputs[0];
        let one = |at: usize| Output { text: format!("a long token {at}"), probability: 0.01 };
        row.tokens = (0..40).map(one).collect();
        let svg = figure.to_svg();
        let drawn = svg.matches("a long token").count();
        // Once in the description, which has all of them, and once for each chip.
        let left = 40 - (drawn - 40);
        assert!(left > 0 && svg.contains(&format!(">+{left} more<")), "{drawn} drawn");
    }

    /// Numbers come from models, files and views of others.
    #[test]
    fn no_number_breaks_a_figure() {
        use crate::{Note, Spot};

        let odd = [0.0, 1.0, -3.0, 0.5, 1e9, -1e9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let mut state = 7_u64;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % n
        };
        for round in 0..300 {
            let n = below(9);
            let mut panel = Panel::default();
            for at in 0..n {
                let mut pick = || odd[below(odd.len())];
                let spot = (round % 3 == 0).then(|| Spot { x: pick(), y: pick() });
                panel.boxes.push(Node {
                    name: format!("box {at}"),
                    level: pick(),
                    column: pick(),
                    share: Some(pick()),
                    predicted: Some(pick()),
                    spot,
                    ..Node::default()
                });
            }
            for _ in 0..below(3 * n + 1) {
                let (source, target) = (below(n), below(n));
                panel.edges.push(Edge { source, target, share: odd[below(odd.len())] });
            }
            panel.notes.push(Note { text: "note".to_owned(), spot: Spot { x: 1.0, y: f64::NAN } });
            let probability = odd[below(odd.len())];
            let tokens = vec![Output { text: "token".to_owned(), probability }];
            panel.outputs.push(Outputs { label: String::new(), tokens });
            let figure = Figure { panels: vec![panel], ..Figure::default() };
            let svg = figure.to_svg();
            let places = svg.split(['"', ' ']).filter(|word| {
                let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
                ["NaN", "inf"].contains(&word)
            });
            assert_eq!(places.count(), 0, "round {round}: {figure:?}\n{svg}");
            assert_eq!(svg, figure.to_svg());
        }
    }

    #[test]
    fn a_name_that_nobody_gave_says_so() {
        let mut figure = sample();
        figure.panels[0].boxes[1].naming = Naming::Automatic;
        let svg = figure.to_svg();
        assert!(svg.contains("class=\"name automatic\"") && svg.contains(">≈ Texas<"), "{svg}");
        assert!(svg.contains("≈ Texas → say Austin: −40 %") && svg.contains("; ≈ Texas: 7 %"));
        assert_eq!(svg.matches("name automatic").count(), 1);
        assert!(!sample().to_svg().contains('≈'));
    }

    #[test]
    fn a_figure_of_nothing_is_a_figure() {
        let svg = Figure::default().to_svg();
        assert!(svg.contains("<svg ") && !svg.contains("NaN"), "{svg}");
        let empty = Figure { panels: vec![Panel::default()], ..Figure::default() };
        assert!(!empty.to_svg().contains("inf"), "{}", empty.to_svg());
    }
}
