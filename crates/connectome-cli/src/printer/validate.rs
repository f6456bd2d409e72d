//! A validation as a page: the ladder, how calibrated the graph is, verdicts, and where it is
//! wrong.

use super::text::{bare_percent, count, counted, fit, pad, percent, scientific, width};
use super::{Page, Screen, bar, text};
use crate::report::share;
use crate::report::validate::{
    BinReport, ControlReport, DisagreementReport, PathsReport, RungReport, SupernodeEffect,
    ValidateReport, VerdictReport,
};

/// Columns of a number in the ladder.
const NUMBER: usize = 7;
/// Columns of a rung's name.
const RUNG: usize = 12;

/// The whole page.
pub(crate) fn page(report: &ValidateReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.heading(&text::plain(&report.graph), &fit(&text::plain(&report.prompt), screen.width));
    tested(&mut page, report);
    ladder(&mut page, report);
    calibration(&mut page, report);
    verdicts(&mut page, report);
    controls(&mut page, report);
    supernodes(&mut page, report);
    disagreements(&mut page, report);
    match &report.saved {
        Some(path) => page.heading("Saved", &format!("verdicts, in {}", text::plain(path))),
        None => page.heading("Not saved", "verdicts are kept in the graph file without --no-save"),
    }
    page.finish()
}

fn doses(report: &ValidateReport) -> Vec<f32> {
    let mut doses: Vec<f32> = Vec::new();
    for rung in &report.ladder {
        if !doses.contains(&rung.dose) {
            doses.push(rung.dose);
        }
    }
    doses
}

/// A dose with what it does.
fn dose(dose: f32) -> String {
    let times = format!("{dose}×").replace('-', "−");
    match dose {
        0.0 => format!("{times} (ablated)"),
        -1.0 => format!("{times} (inverted)"),
        _ => times,
    }
}

fn tested(page: &mut Page, report: &ValidateReport) {
    let of = &report.tested;
    let doses: Vec<String> = doses(report).into_iter().map(dose).collect();
    let supernodes = match of.supernodes {
        0 => String::new(),
        n => format!(" and {}", counted(n, "supernode")),
    };
    let partial = if report.partial {
        format!(", PARTIAL: {} were asked for", count(of.asked))
    } else {
        String::new()
    };
    page.entry(
        "changed",
        9,
        &format!(
            "{}{supernodes}, to {}{partial}",
            counted(of.features, "feature"),
            doses.join(" and ")
        ),
    );
    let ratio = of.control_activation_ratio.map_or_else(String::new, |ratio| {
        format!(
            ", {} of them at the same position; they fire {ratio:.2} times as strongly (median) \
             and are pushed as far",
            count(of.controls_at_same_position)
        )
    });
    page.entry("controls", 9, &format!("{}{ratio}", count(of.controls)));
    page.entry(
        "watched",
        9,
        &format!(
            "{} of the pruned graph, {}",
            counted(of.watched_features, "feature"),
            counted(of.watched_targets, "target")
        ),
    );
    if let Some(paths) = &report.paths {
        page.entry("predicted", 9, &predicted(paths));
    }
    for name in &of.skipped_supernodes {
        page.entry(
            "left out",
            9,
            &format!("supernode {}: it has no feature that fires", text::plain(name)),
        );
    }
    if of.absent_features > 0 {
        let n = counted(of.absent_features, "feature");
        page.entry("left out", 9, &format!("{n} of the graph: not firing here as it says"));
    }
}

/// Where predictions come from.
fn predicted(paths: &PathsReport) -> String {
    let size = format!(
        "to {} of changes up to {}",
        scientific(paths.max_difference),
        scientific(paths.largest)
    );
    if paths.complete {
        return format!(
            "the sum over all signed paths; along the file's own rows it is the same, {size}"
        );
    }
    format!(
        "the sum over all signed paths, through rows that the file does not hold, too; along its \
         own it is the same {size}"
    )
}

fn ladder(page: &mut Page, report: &ValidateReport) {
    page.heading(
        "Ladder",
        "predicted against measured changes, with one thing more answering at each rung; \
         correlation of ranks (Spearman) and of numbers (Pearson), share of pairs with the \
         predicted sign",
    );
    for dose in doses(report) {
        let of = |class: &str| -> Vec<&RungReport> {
            let is_of = |rung: &&RungReport| {
                rung.by == "source" && rung.dose == dose && rung.class == class
            };
            report.ladder.iter().filter(is_of).collect()
        };
        let (features, targets) = (of("feature"), of("logit"));
        ladder_head(page, dose, &features, &targets);
        for (feature, target) in features.iter().zip(&targets) {
            rung_line(page, report, feature, target);
        }
    }
}

fn ladder_head(page: &mut Page, of: f32, features: &[&RungReport], targets: &[&RungReport]) {
    let pairs = |rungs: &[&RungReport]| rungs.first().map_or(0, |rung| rung.pairs);
    let three = 3 * NUMBER;
    let said = |what: &str, n: usize| pad(&format!("{what}, {} pairs", count(n)), three);
    let line = format!(
        "  {}  {}  {}",
        pad(&dose(of), RUNG + 6),
        said("features", pairs(features)),
        said("targets", pairs(targets))
    );
    let line = page.screen.dim(&line);
    page.line(&line);
    let names = |_: usize| format!("{:>5}  {:>5}  {:>5}  ", "ranks", "corr.", "sign");
    let line = format!("  {}  {}  {}", pad("", RUNG + 6), names(0), names(1));
    let line = page.screen.dim(&line);
    page.line(&line);
}

fn rung_line(page: &mut Page, report: &ValidateReport, feature: &RungReport, target: &RungReport) {
    let screen = page.screen;
    let is_chosen = feature.rung == report.rung && feature.dose == report.dose;
    let mark = if is_chosen { "▸" } else { " " };
    let name = pad(feature.rung, RUNG);
    let name = if is_chosen { screen.bold(&name) } else { name };
    let numbers = |rung: &RungReport| {
        format!(
            "{}  {}  {}  ",
            correlation(rung.spearman),
            correlation(rung.pearson),
            whole_percent(rung.sign_agreement)
        )
    };
    let strength = feature.spearman.unwrap_or(0.0).max(0.0);
    let columns = screen.width.saturating_sub(2 * 3 * NUMBER + RUNG + 16);
    page.line(&format!(
        "{mark} {name}{}  {}  {}  {}",
        screen.cyan(&pad(&bar(strength, 6), 6)),
        numbers(feature),
        numbers(target),
        screen.dim(&fit(answers(feature.rung), columns))
    ));
}

/// What answers on a rung.
fn answers(rung: &str) -> &'static str {
    match rung {
        "gates" => "features, with their gates",
        "mlps" => "the model's own MLPs",
        "norms" => "norm denominators, too",
        "attention" => "attention, too: the model",
        _ => "MLPs held: direct edges",
    }
}

fn correlation(number: Option<f64>) -> String {
    number.map_or_else(|| format!("{:>5}", "·"), |number| format!("{number:5.2}").replace('-', "−"))
}

fn whole_percent(share: Option<f64>) -> String {
    share.map_or_else(|| format!("{:>5}", "·"), |share| format!("{:3.0} %", 100.0 * share))
}

fn calibration(page: &mut Page, report: &ValidateReport) {
    if report.calibration.len() < 2 {
        return;
    }
    page.heading(
        "Calibration",
        &format!(
            "features at `{}`, {}: change as a share of the target's activation; ○ predicted, \
             ● measured (median), ━ its middle half",
            report.rung,
            dose(report.dose)
        ),
    );
    let axis = Axis::of(&report.calibration, page.screen.width.saturating_sub(27).clamp(20, 72));
    for bin in &report.calibration {
        let line = format!(
            "  {}  {}  {}",
            signed(bin.predicted_relative),
            signed(bin.measured_relative),
            axis.line(bin)
        );
        page.line(&line);
    }
    let line = format!("  {:>8}  {:>8}  {}", "predicted", "measured", axis.ends());
    let line = page.screen.dim(&line);
    page.line(&line);
}

/// A scale of characters.
struct Axis {
    lo: f64,
    hi: f64,
    columns: usize,
}

impl Axis {
    fn of(bins: &[BinReport], columns: usize) -> Self {
        let numbers = bins.iter().flat_map(|bin| {
            [
                bin.predicted_relative,
                bin.measured_relative,
                bin.lower_quartile_relative,
                bin.upper_quartile_relative,
            ]
        });
        let (lo, hi) = numbers.fold((0.0_f64, 0.0_f64), |(lo, hi), x| (lo.min(x), hi.max(x)));
        let hi = if hi > lo { hi } else { lo + 1.0 };
        Self { lo, hi, columns }
    }

    fn column(&self, number: f64) -> usize {
        let share = (number - self.lo) / (self.hi - self.lo);
        (share.clamp(0.0, 1.0) * (self.columns - 1) as f64).round() as usize
    }

    fn line(&self, bin: &BinReport) -> String {
        let mut cells = vec![' '; self.columns];
        cells[self.column(0.0)] = '│';
        let ends = [bin.lower_quartile_relative, bin.upper_quartile_relative];
        let [from, to] = ends.map(|end| self.column(end));
        cells[from..=to].fill('━');
        let (predicted, measured) =
            (self.column(bin.predicted_relative), self.column(bin.measured_relative));
        cells[predicted] = '○';
        cells[measured] = if predicted == measured { '◉' } else { '●' };
        cells.into_iter().collect()
    }

    fn ends(&self) -> String {
        let (lo, hi) = (signed(self.lo), signed(self.hi));
        let (lo, hi) = (lo.trim(), hi.trim());
        let blanks = self.columns.saturating_sub(width(lo) + width(hi));
        format!("{lo}{}{hi}", " ".repeat(blanks))
    }
}

/// A change as `+0.12`, eight columns wide.
fn signed(number: f64) -> String {
    format!("{number:+8.3}").replace('-', "−")
}

fn verdicts(page: &mut Page, report: &ValidateReport) {
    let VerdictReport { supported, weak, weak_as_predicted, contradicted, .. } = report.verdicts;
    let VerdictReport { untested_features, untested_others, .. } = report.verdicts;
    page.heading(
        "Verdicts",
        &format!("on edges of the pruned graph, at `{}`, {}", report.rung, dose(report.dose)),
    );
    let tested = supported + weak + contradicted;
    let weak_means = format!(
        "{} as predicted but within controls; {} too little",
        count(weak_as_predicted),
        count(weak - weak_as_predicted)
    );
    let lines = [
        ("supported", supported, "as predicted, and more than 95 % of controls"),
        ("weak", weak, &weak_means),
        ("contradicted", contradicted, "the other way, and more than controls"),
    ];
    for (name, n, meaning) in lines {
        let of_tested = share(n as f64, tested as f64);
        let bars = page.screen.cyan(&pad(&bar(of_tested, 12), 12));
        let columns = page.screen.width.saturating_sub(46);
        let said = page.screen.dim(&fit(meaning, columns));
        page.line(&format!(
            "  {}  {:>6}  {}  {bars}  {said}",
            pad(name, 12),
            count(n),
            percent(of_tested)
        ));
    }
    let others = format!(
        "from features that were not changed; {} from tokens and errors",
        count(untested_others)
    );
    page.line(&format!("  {}  {:>6}  {others}", pad("untested", 12), count(untested_features)));
}

fn controls(page: &mut Page, report: &ValidateReport) {
    page.heading(
        "Beside controls",
        "other features of the same layer and position, pushed as far; size of the change \
         (median), as a share of the target",
    );
    for control in report.controls.iter().filter(|control| control.pairs > 0) {
        let ControlReport { class, pairs, pairs_beyond_controls, .. } = control;
        let name = if *class == "feature" { "features" } else { "targets" };
        let size = |number: Option<f64>| number.map_or("·".to_owned(), bare_percent);
        page.entry(
            name,
            12,
            &format!(
                "{} against {} by controls; {} of {} pairs are beyond 95 % of them",
                size(control.source_median_relative),
                size(control.control_median_relative),
                count(*pairs_beyond_controls),
                count(*pairs)
            ),
        );
    }
}

fn supernodes(page: &mut Page, report: &ValidateReport) {
    if report.supernodes.is_empty() {
        return;
    }
    page.heading(
        "Supernodes",
        &format!(
            "change at `{}`, predicted → measured (controls): of supernodes as a share of their \
             activation, of targets in their units",
            report.rung
        ),
    );
    for SupernodeEffect { source, target, dose: of, predicted, measured, control, is_relative } in
        &report.supernodes
    {
        let number = |number: f64| {
            let number = if *is_relative { 100.0 * number } else { number };
            let unit = if *is_relative { " %" } else { "" };
            format!("{number:+.2}{unit}").replace('-', "−")
        };
        let beside = control.map_or("none".to_owned(), number);
        page.line(&format!(
            "  {} {} → {}  {} → {}  ({beside})",
            format!("{of}×").replace('-', "−"),
            fit(&text::plain(source), 24),
            fit(&text::plain(target), 24),
            number(*predicted),
            number(*measured)
        ));
    }
}

fn disagreements(page: &mut Page, report: &ValidateReport) {
    if report.disagreements.is_empty() {
        return;
    }
    page.heading(
        "Worst disagreements",
        &format!(
            "with the model as it is, {}: change of the target in its own units; and the rung \
             where most of the difference comes from",
            dose(report.dose)
        ),
    );
    let ids = |of: &dyn Fn(&DisagreementReport) -> &str| {
        let widths = report.disagreements.iter().map(|one| width(&text::plain(of(one))));
        widths.max().unwrap_or(0).min(18)
    };
    let (sources, targets) = (ids(&|one| &one.source), ids(&|one| &one.target));
    let head = format!(
        "  {}   {}  {:>8}  {:>8}  {:>8}  {:>8}  {:>9}",
        pad("", sources),
        pad("", targets),
        "predicted",
        "gates",
        "mlps",
        "norms",
        "attention"
    );
    let head = page.screen.dim(&head);
    page.line(&head);
    for one in &report.disagreements {
        let numbers = [one.predicted, one.measured.gates, one.measured.mlps, one.measured.norms];
        let numbers: Vec<String> = numbers.iter().map(|number| signed(*number)).collect();
        let columns = page.screen.width.saturating_sub(sources + targets + 54);
        page.line(&format!(
            "  {} → {}  {}   {}  {}",
            pad(&text::plain(&one.source), sources),
            pad(&text::plain(&one.target), targets),
            numbers.join("  "),
            signed(one.measured.attention),
            page.screen.bold(&fit(reason(one.parts_at), columns))
        ));
    }
}

/// Why a measurement is not what was predicted.
fn reason(rung: &str) -> &'static str {
    match rung {
        "gates" => "a gate: features on or off",
        "mlps" => "MLPs unlike the features",
        "norms" => "norms",
        _ => "attention",
    }
}

/// Tells of a validation that was ended early.
pub(crate) fn ended(report: &ValidateReport) -> String {
    let of = &report.tested;
    format!(
        "ended with {} of {} features and supernodes tested",
        count(of.features + of.supernodes),
        count(of.asked)
    )
}
