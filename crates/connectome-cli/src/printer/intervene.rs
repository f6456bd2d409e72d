//! An intervention as a page: what was done, what comes next, what is left of what was followed.

use connectome::intervene::{Choice, GenerateOptions};

use super::text::{bare_percent, count, counted, fit, pad, percent, signed, token, width};
use super::{Page, Screen, bar, spark, text, trace};
use crate::report::intervene::{
    EditReport, GroupReport, InterveneReport, InterventionReport, MemberReport, PointReport,
    ShiftReport, SweepReport, TokenShiftReport,
};

/// Members of a group that are listed; the document has all.
const MOST_MEMBERS: usize = 6;
/// Points of a sweep that are listed; the document has all.
const MOST_POINTS: usize = 60;

/// Everything but text that is generated.
pub(crate) fn page(report: &InterveneReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    trace::makers(&mut page, &report.model, &report.dictionary);
    trace::prompt(&mut page, &report.prompt, report.position);
    intervention(&mut page, &report.intervention, report.sweep.as_ref());
    let next = format!("Next token after position {}", report.position);
    if let Some(found) = &report.shift {
        shift(&mut page, found, &next, report.model.vocabulary);
    }
    if let Some(found) = &report.sweep {
        sweep(&mut page, found, &next);
    }
    if let Some(groups) = &report.watched {
        watched(&mut page, groups);
    }
    if let Some(path) = &report.figure {
        page.heading("Figure", &text::plain(path));
    }
    page.finish()
}

fn intervention(page: &mut Page, what: &InterventionReport, sweep: Option<&SweepReport>) {
    let swept = sweep.map_or(String::new(), |sweep| match sweep.varies {
        "dose" => ", its dose swept".to_owned(),
        "position" => ", its position swept".to_owned(),
        _ => ", its end layer swept".to_owned(),
    });
    page.heading("Intervention", &format!("{}{swept}", mode(what)));
    for edit in &what.edits {
        page.entry(edit.action, 9, &edit_line(edit, sweep));
    }
    for residual in &what.residuals {
        page.entry(
            "residual",
            9,
            &format!(
                "before layer {} at position {}: the other prompt's, from its position {}",
                residual.before_layer, residual.pos, residual.from_pos
            ),
        );
    }
    if let Some(other) = &what.other_prompt {
        let tokens: Vec<String> = other.tokens.iter().map(|piece| token(&piece.text)).collect();
        page.entry("other", 9, &tokens.join(" "));
    }
}

/// What answers, in words.
fn mode(what: &InterventionReport) -> String {
    let layers = match what.layers {
        Some([start, end]) => format!(" over layers {start}..{end}"),
        None => String::new(),
    };
    let answers = match what.mode {
        "direct" => "nothing answers",
        "constrained" => "MLPs of these layers are held",
        "iterative" => "the dictionary answers for these layers' MLPs",
        _ => "every MLP answers",
    };
    format!("{}{layers}: {answers}; attention {}, norms {}", what.mode, what.attention, what.norms)
}

fn edit_line(edit: &EditReport, sweep: Option<&SweepReport>) -> String {
    const MOST: usize = 8;
    let mut features: Vec<String> = edit
        .features
        .iter()
        .take(MOST)
        .map(|one| format!("{}@{}", one.feature, one.positions))
        .collect();
    if edit.features.len() > MOST {
        features.push(format!("{} more", edit.features.len() - MOST));
    }
    let features = features.join(", ");
    let nodes = text::plain(&edit.nodes);
    let named = if nodes.replace(' ', "") == features.replace(' ', "") {
        features
    } else {
        format!("{nodes} ({features})")
    };
    let number = match (edit.number, sweep) {
        (Some(number), _) => number_words(edit.action, &signed(number)),
        (None, Some(_)) if edit.action != "ablate" => number_words(edit.action, "each dose"),
        (None, _) => String::new(),
    };
    format!("{named}{number}")
}

fn number_words(action: &str, number: &str) -> String {
    match action {
        "set" => format!(" to {number}"),
        "scale" => format!(" to {number} × its own activation"),
        "swap" => format!(" to {number} × the other prompt's activation"),
        _ => format!(" by {number}"),
    }
}

fn shift(page: &mut Page, shift: &ShiftReport, title: &str, vocabulary: usize) {
    let screen = page.screen;
    page.heading(
        title,
        &format!("probability over all {} tokens, before → after; rank; logit", count(vocabulary)),
    );
    page.entry("KL", 9, &format!("{:.4} nats, of before from after", shift.kl_nats));
    let entropies = [shift.entropy_before_nats, shift.entropy_after_nats];
    page.entry("entropy", 9, &format!("{:.4} → {:.4} nats", entropies[0], entropies[1]));
    let names = shift.tokens.iter().map(|one| width(&token(&one.text))).max().unwrap_or(0).min(20);
    let bars = (screen.width.saturating_sub(names + 54) / 2).clamp(4, 18);
    for one in &shift.tokens {
        page.line(&token_line(one, names, bars, screen));
    }
}

fn token_line(one: &TokenShiftReport, names: usize, bars: usize, screen: Screen) -> String {
    let (before, after) = (f64::from(one.probability_before), f64::from(one.probability_after));
    let sign = if after < before { -1 } else { 1 };
    let ranks = format!("#{} → #{}", count(one.rank_before), count(one.rank_after));
    let logits = format!("{:.2} → {:.2}", one.logit_before, one.logit_after).replace('-', "−");
    format!(
        "  {}  {} {} → {} {}  {}  {}",
        pad(&token(&one.text), names),
        percent(before),
        screen.dim(&pad(&bar(before, bars), bars)),
        percent(after),
        screen.signed(sign, &pad(&bar(after, bars), bars)),
        pad(&ranks, 13),
        logits
    )
}

fn watched(page: &mut Page, groups: &[GroupReport]) {
    if groups.is_empty() {
        return;
    }
    let screen = page.screen;
    page.heading(
        "Followed",
        "activation as a share of the original, summed over members; edited ones as edited",
    );
    let names = groups.iter().map(|group| width(&text::plain(&group.name))).max().unwrap_or(0);
    let names = names.min(28);
    let ids = groups.iter().filter(|group| group.kind != "feature");
    let ids = ids.flat_map(|group| group.members.iter().take(MOST_MEMBERS));
    let ids = ids.map(|member| width(&member.id)).max().unwrap_or(0);
    for group in groups {
        page.line(&group_line(group, names, screen));
        if group.kind == "feature" {
            continue;
        }
        for member in group.members.iter().take(MOST_MEMBERS) {
            page.line(&format!("    {}", member_line(member, ids, screen)));
        }
        if group.members.len() > MOST_MEMBERS {
            let more = counted(group.members.len() - MOST_MEMBERS, "more feature");
            page.line(&format!("    {}", screen.dim(&more)));
        }
    }
}

fn share_text(share: Option<f64>) -> String {
    share.map_or("      –".to_owned(), |share| {
        format!("{:5.0} %", 100.0 * share).replace('-', "−")
    })
}

fn group_line(group: &GroupReport, names: usize, screen: Screen) -> String {
    const BARS: usize = 14;
    let share = group.share_of_original;
    let bars = pad(&bar(share.unwrap_or(0.0), BARS), BARS);
    let sign = if share.is_some_and(|share| share < 1.0) { -1 } else { 1 };
    let said = match (group.kind, group.members.as_slice()) {
        ("feature", [only]) => activations(only),
        (_, []) => "no features".to_owned(),
        (_, members) => counted(members.len(), "feature"),
    };
    let edited = group.edited.as_ref().map_or(String::new(), |dose| format!("  edited {dose}"));
    format!(
        "  {}  {} {}  {said}{}",
        pad(&text::plain(&group.name), names),
        share_text(share),
        screen.signed(sign, &bars),
        screen.bold(&edited)
    )
}

fn activations(member: &MemberReport) -> String {
    let label = member.label.as_deref().map(text::plain).unwrap_or_default();
    let label = if label.is_empty() { String::new() } else { format!("  {}", fit(&label, 30)) };
    format!(
        "{:.2} → {:.2}  {}{label}",
        member.activation_before,
        member.activation_after,
        token(&member.text)
    )
    .replace('-', "−")
}

fn member_line(member: &MemberReport, ids: usize, screen: Screen) -> String {
    let edited = if member.edited { "  edited" } else { "" };
    let line = format!(
        "{}  {}  {}{edited}",
        pad(&member.id, ids),
        share_text(member.share_of_original),
        activations(member)
    );
    screen.dim(&line)
}

fn sweep(page: &mut Page, sweep: &SweepReport, title: &str) {
    let screen = page.screen;
    let partial = match sweep.partial {
        true => {
            format!("PARTIAL: {} of {}; ", sweep.points.len(), counted(sweep.n_points, "point"))
        }
        false => String::new(),
    };
    page.heading(
        title,
        &format!("{partial}KL in nats; most probable token; probability of others; shares"),
    );
    let columns = Columns::of(sweep, screen.width);
    page.line(&screen.dim(&columns.head(sweep)));
    for point in sweep.points.iter().take(MOST_POINTS) {
        page.line(&columns.row(point));
    }
    if sweep.points.len() > MOST_POINTS {
        let more = format!("{} more; --json has all", sweep.points.len() - MOST_POINTS);
        page.line(&format!("  {}", screen.dim(&more)));
    }
    let n_hidden = sweep.tokens.len() - columns.tokens.len() + columns.n_hidden_groups;
    if n_hidden > 0 {
        let hidden = format!("{} not shown for width; --json has all", counted(n_hidden, "column"));
        page.line(&format!("  {}", screen.dim(&hidden)));
    }
    chart(page, sweep);
}

/// Which columns of a sweep fit.
struct Columns {
    /// Of the points' values.
    value: usize,
    first: usize,
    /// Tokens and their widths.
    tokens: Vec<(u32, usize)>,
    /// Groups and their widths.
    groups: Vec<(usize, usize)>,
    n_hidden_groups: usize,
}

impl Columns {
    fn of(sweep: &SweepReport, room: usize) -> Self {
        let values = sweep.points.iter().map(|point| width(&point_name(point)));
        let value = values.chain([sweep.varies.len()]).max().unwrap_or(0).min(24);
        let firsts = sweep.points.iter().filter_map(|point| point.shift.first(true));
        let first = firsts.map(|one| width(&token(&one.text))).max().unwrap_or(0).clamp(5, 14);
        let mut left = room.saturating_sub(2 + value + 2 + 8 + 2 + first + 8);
        let mut fits = |name: &str| {
            let columns = width(name).clamp(7, 14);
            let is_in = left >= columns + 2;
            left = if is_in { left - columns - 2 } else { 0 };
            is_in.then_some(columns)
        };
        let tokens: Vec<(u32, usize)> =
            sweep.tokens.iter().map_while(|one| Some((one.id, fits(&token(&one.text))?))).collect();
        let names = sweep.points.first().map_or(&[][..], |point| &point.watched);
        let groups: Vec<(usize, usize)> = names
            .iter()
            .enumerate()
            .map_while(|(at, group)| Some((at, fits(&text::plain(&group.name))?)))
            .collect();
        let n_hidden_groups = names.len() - groups.len();
        Self { value, first, tokens, groups, n_hidden_groups }
    }

    fn head(&self, sweep: &SweepReport) -> String {
        let mut line = format!(
            "  {}  {:>8}  {}",
            pad(sweep.varies, self.value),
            "KL",
            pad("first", self.first + 8)
        );
        for (id, columns) in &self.tokens {
            let name = sweep.tokens.iter().find(|one| one.id == *id);
            let name = name.map_or(String::new(), |one| fit(&token(&one.text), *columns));
            line.push_str(&format!("  {}", right(&name, *columns)));
        }
        for (at, columns) in &self.groups {
            let name = sweep.points.first().map_or("", |point| point.watched[*at].name.as_str());
            line.push_str(&format!("  {}", right(&fit(&text::plain(name), *columns), *columns)));
        }
        line
    }

    fn row(&self, point: &PointReport) -> String {
        let first = point.shift.first(true);
        let name = first.map_or(String::new(), |one| token(&one.text));
        let share = first.map_or(0.0, |one| f64::from(one.probability_after));
        let mut line = format!(
            "  {}  {:8.4}  {} {}",
            pad(&point_name(point), self.value),
            point.shift.kl_nats,
            pad(&name, self.first),
            percent(share)
        );
        for (id, columns) in &self.tokens {
            let found = point.shift.tokens.iter().find(|one| one.id == *id);
            let share = found.map_or(0.0, |one| f64::from(one.probability_after));
            line.push_str(&format!("  {}", right(&bare_percent(share), *columns)));
        }
        for (at, columns) in &self.groups {
            let share = share_text(point.watched[*at].share_of_original);
            line.push_str(&format!("  {}", right(share.trim_start(), *columns)));
        }
        line
    }
}

/// A dose, an end layer, or a position with its token.
fn point_name(point: &PointReport) -> String {
    let value = signed(point.value as f32);
    point.text.as_ref().map_or(value.clone(), |text| format!("{value} {}", token(text)))
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A line of columns for the divergence and each token.
fn chart(page: &mut Page, sweep: &SweepReport) {
    let screen = page.screen;
    let (Some(first), Some(last)) = (sweep.points.first(), sweep.points.last()) else { return };
    let ends = format!("from {} to {}", point_name(first), point_name(last));
    page.heading("Chart", &format!("{} {ends}, one column a point", sweep.varies));
    let names = sweep.tokens.iter().map(|one| width(&token(&one.text))).max().unwrap_or(0).min(14);
    let names = names.max(2);
    // A chart is a glance: of more points than columns, every so many.
    let every = sweep.points.len().div_ceil(screen.width.saturating_sub(names + 24).max(8));
    let shown = || sweep.points.iter().step_by(every);
    let divergences: Vec<f64> = shown().map(|point| point.shift.kl_nats).collect();
    let highest = divergences.iter().copied().fold(0.0, f64::max);
    let mut line = |name: &str, numbers: &[f64], high: f64, scale: &str| {
        let columns = screen.cyan(&spark(numbers, 0.0, high));
        page.line(&format!("  {}  {columns}  {}", pad(name, names), screen.dim(scale)));
    };
    line("KL", &divergences, highest, &format!("0 to {highest:.3} nats"));
    for one in &sweep.tokens {
        let probability = |point: &PointReport| {
            let found = point.shift.tokens.iter().find(|other| other.id == one.id);
            found.map_or(0.0, |one| f64::from(one.probability_after))
        };
        let shares: Vec<f64> = shown().map(probability).collect();
        line(&token(&one.text), &shares, 1.0, "0 to 100 %");
    }
}

/// What is generated, and how.
pub(crate) fn generation_head(options: &GenerateOptions, screen: Screen) -> String {
    let how = match options.choice {
        Choice::Greedy => "always the most probable".to_owned(),
        Choice::Sample { temperature, top_k } => {
            let from = top_k.map_or(String::new(), |k| format!(" from the {k} most probable"));
            let draws = counted(options.n_samples, "sample");
            format!("{draws} drawn{from}, temperature {temperature}, seed {}", options.seed)
        }
    };
    let mut page = Page::new(screen);
    let at_most = counted(options.max_new_tokens, "token");
    page.heading("Continuation", &format!("at most {at_most}, {how}"));
    // It follows another page.
    format!("\n{}", page.finish())
}

/// What stands before text that comes token by token.
pub(crate) fn text_label(label: &str, screen: Screen) -> String {
    format!("  {}  ", screen.bold(&pad(label, 6)))
}

/// Several texts, wrapped.
pub(crate) fn texts(label: &str, texts: &[String], screen: Screen) -> String {
    let mut page = Page::new(screen);
    for (at, text) in texts.iter().enumerate() {
        page.entry(&format!("{label} {}", at + 1), 10, &text::plain(text));
    }
    page.finish()
}
