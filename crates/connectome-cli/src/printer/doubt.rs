//! The doubts as a page: a panel each, and what its numbers say in a sentence.

use super::text::{bare_percent, count, counted, fit, pad, plain, token, width};
use super::{Page, Screen, bar};
use crate::commands::doubt::args::Doubt;
use crate::report::doubt::{
    AgreeReport, AnotherReport, CornersReport, DictionaryStory, DoubtReport, InhibitedReport,
    InteractionReport, LikenessReport, MediatedReport, PushReport, RoutesReport, StandingReport,
    WhereReport,
};

/// Columns of the names before what is said.
const NAMES: usize = 12;

pub(crate) fn page(report: &DoubtReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let targets: Vec<String> = report.targets.iter().map(|target| token(target)).collect();
    page.heading(&plain(&report.graph), &format!("explains {}", targets.join(", ")));
    page.prose(&plain(&report.prompt));
    report.agree.iter().for_each(|one| agree(&mut page, one));
    report.push.iter().for_each(|one| push(&mut page, one));
    report.another.iter().for_each(|one| another(&mut page, one));
    report.mediated.iter().for_each(|all| mediated(&mut page, all));
    report.inhibited.iter().for_each(|one| inhibited(&mut page, one));
    report.interaction.iter().for_each(|all| interaction(&mut page, all));
    report.place.iter().for_each(|one| place(&mut page, one));
    not_asked(&mut page, report);
    page.finish()
}

fn open(page: &mut Page, doubt: Doubt, remark: &str) {
    page.heading(doubt.question(), remark);
}

/// The last line of a panel.
fn reading(page: &mut Page, reading: &str) {
    let arrow = page.screen.cyan("→");
    let width = page.screen.width.saturating_sub(4);
    for (at, line) in super::text::wrap(&plain(reading), width, width).iter().enumerate() {
        let start = if at == 0 { arrow.as_str() } else { " " };
        let line = format!("  {start} {}", page.screen.bold(line));
        page.line(&line);
    }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), bare_percent)
}

fn number(number: f64) -> String {
    format!("{number:.2}").replace('-', "−")
}

fn agree(page: &mut Page, report: &AgreeReport) {
    open(page, Doubt::Agree, "the dictionary in place of every MLP, no errors, attention free");
    let kl = report.mean_kl_nats.map_or_else(|| "–".to_owned(), |kl| format!("{kl:.3}"));
    page.entry(
        "first choice",
        NAMES,
        &format!("the same at {} of positions; KL {kl} nats on average", share(report.top_1)),
    );
    let at = &report.at_target;
    page.entry(
        "at target",
        NAMES,
        &format!(
            "model {} {}, replacement {} {}, KL {:.3} nats",
            token(&at.model_token),
            bare_percent(f64::from(at.model_probability)),
            token(&at.replacement_token),
            bare_percent(f64::from(at.replacement_probability)),
            at.kl_nats
        ),
    );
    let by_layer = |of: &dyn Fn(usize) -> f64| -> String {
        let all: Vec<String> =
            (0..report.layers.len()).map(|at| format!("{:.3}", of(at))).collect();
        all.join("  ")
    };
    let layers = format!(
        "{}  of the outputs' size, layer by layer, on the model's stream",
        by_layer(&|at| report.layers[at].nmse_of_size)
    );
    page.entry("missed", NAMES, &layers);
    let layers = format!("{}  running free", by_layer(&|at| report.layers[at].free_nmse_of_size));
    page.entry("", NAMES, &layers);
    page.entry(
        "errors",
        NAMES,
        &format!(
            "{} of the walks end in them; replacement {:.4}, completeness {:.4}",
            bare_percent(report.error_share_of_ends),
            report.replacement_score,
            report.completeness_score
        ),
    );
    reading(page, &report.reading);
}

fn push(page: &mut Page, report: &PushReport) {
    open(
        page,
        Doubt::Push,
        &format!(
            "change of the stream against the model's: cosine / squared error of its size; \
             medians; pushes of {} of the stream at position {}",
            bare_percent(f64::from(report.size_share_of_stream)),
            report.pos
        ),
    );
    let header = format!(
        "  {}  {}  {}  {}  {}  {}",
        pad("along", 9),
        pad("blocks on", 9),
        pad("replacement", 12),
        pad("less push", 12),
        pad("model held", 12),
        "nothing answers"
    );
    let header = page.screen.dim(&header);
    page.line(&header);
    let pair = |one: LikenessReport| pad(&format!("{} / {:.2}", number(one.cosine), one.nmse), 12);
    let mut last = "";
    for row in &report.by_depth {
        let along = if row.along == last { "" } else { row.along };
        last = row.along;
        let line = format!(
            "  {}  {}  {}  {}  {}  {}",
            pad(along, 9),
            pad(&row.at.depth.to_string(), 9),
            pair(row.at.replacement),
            pair(row.at.replacement_less_push),
            pair(row.at.model_held),
            pair(row.at.nothing_answers),
        );
        page.line(&line);
    }
    if report.places_done < report.places {
        page.prose(&format!("PARTIAL: {} of {} places", report.places_done, report.places));
    }
    reading(page, &report.reading);
}

fn another(page: &mut Page, report: &AnotherReport) {
    open(
        page,
        Doubt::Another,
        "agreement with the graph: shares in common of tokens, layers and positions, chains of \
         positions; cosine of the tokens' signed effects",
    );
    let all = || std::iter::once(&report.graph).chain(&report.others);
    let names = all().map(|one| width(&plain(&one.name))).max().unwrap_or(0);
    let names = names.min(page.screen.width.saturating_sub(60));
    let header = format!(
        "  {}  {}  {}  {}  {}  {}  {}  {}",
        pad("dictionary", names),
        pad("first", 5),
        pad("KL", 6),
        pad("errors", 7),
        pad("tokens", 6),
        pad("cells", 5),
        pad("chains", 6),
        "effects"
    );
    let header = page.screen.dim(&header);
    page.line(&header);
    for one in all() {
        page.line(&told(one, names));
    }
    for one in all() {
        if let Some(verdicts) = one.verdicts {
            let said = format!(
                "{} supported, {} weak, {} contradicted",
                counted(verdicts.supported, "edge"),
                count(verdicts.weak),
                count(verdicts.contradicted)
            );
            page.entry("verdicts", NAMES, &format!("{}: {said}", plain(&one.name)));
        }
    }
    reading(page, &report.reading);
}

fn told(one: &DictionaryStory, names: usize) -> String {
    let first = one.top_1.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let kl = one.mean_kl_nats.map_or_else(|| "–".to_owned(), |kl| format!("{kl:.2}"));
    let errors = format!("{:.1} %", 100.0 * one.error_share_of_ends);
    let columns = match &one.agreement {
        None => [const { String::new() }; 4],
        Some(agreement) => [
            format!("{:.2}", agreement.tokens.shared),
            format!("{:.2}", agreement.mediators.shared),
            format!("{:.2}", agreement.chains_shared),
            number(agreement.token_effects.cosine),
        ],
    };
    let [tokens, cells, chains, effects] = columns;
    format!(
        "  {}  {}  {}  {}  {}  {}  {}  {effects}",
        pad(&plain(&one.name), names),
        pad(&first, 5),
        pad(&kl, 6),
        pad(&errors, 7),
        pad(&tokens, 6),
        pad(&cells, 5),
        pad(&chains, 6),
    )
}

fn mediated(page: &mut Page, reports: &[MediatedReport]) {
    for report in reports {
        let nodes = counted(report.middle_nodes.len(), "feature");
        open(page, Doubt::Mediated, &format!("through {}, {nodes}", plain(&report.middle)));
        page.entry("from", NAMES, &plain(&report.sources.join(" ")));
        let ends = if report.ends.is_empty() {
            "the targets".to_owned()
        } else {
            plain(&report.ends.join(" "))
        };
        page.entry("to", NAMES, &ends);
        let routes = |routes: &RoutesReport| {
            format!(
                "{} through the middle, {} around it, {} of that along single edges",
                share(routes.through_share),
                share(routes.hop_skipping_share),
                share((routes.around != 0.0).then(|| routes.direct / routes.around)),
            )
        };
        page.entry("of walks", NAMES, &routes(&report.share_of_walks));
        page.entry("of effects", NAMES, &routes(&report.signed_effect));
        for run in &report.measured {
            page.entry(
                "measured",
                NAMES,
                &format!(
                    "{} through the middle, attention {}: sources away {}, with the middle held \
                     {}; middle ablated {}",
                    share(run.through_share),
                    run.attention,
                    number(run.sources_away),
                    number(run.sources_away_middle_held),
                    number(run.middle_ablated),
                ),
            );
        }
        if report.unmeasured_sources > 0 {
            let n = counted(report.unmeasured_sources, "source");
            page.entry("not measured", NAMES, &format!("{n} that cannot be changed in the model"));
        }
        reading(page, &report.reading);
    }
}

fn inhibited(page: &mut Page, report: &InhibitedReport) {
    open(page, Doubt::Inhibited, "logits less the mean logit");
    page.entry("token", NAMES, &token(&report.token));
    page.entry("against", NAMES, &plain(&report.against));
    let standing = |one: &StandingReport| {
        format!(
            "logit {} (raw {}), log-probability {}: tokens {}, raising features {}, lowering \
             features {}, errors {}, rest {}",
            number(one.logit),
            number(one.logit_raw),
            number(one.log_probability),
            number(one.from_tokens),
            number(one.from_raising_features),
            number(one.from_lowering_features),
            number(one.from_errors),
            number(one.from_the_rest),
        )
    };
    page.entry("here", NAMES, &standing(&report.here));
    page.entry("there", NAMES, &standing(&report.there));
    match &report.inhibitor {
        None => page.entry("inhibitor", NAMES, "no feature there lowers it and is silent here"),
        Some(inhibitor) => {
            let ids: Vec<&str> = inhibitor.features.iter().map(|part| part.id.as_str()).collect();
            page.entry("inhibitor", NAMES, &ids.join(" "));
            let most = inhibitor.control_rises.last().copied();
            let most = most.map_or_else(String::new, |most| {
                format!(
                    "; of {} random sets none gives more than {}",
                    inhibitor.control_rises.len(),
                    number(most)
                )
            });
            page.entry(
                "ablated",
                NAMES,
                &format!(
                    "the logit rises by {} to {}{most}",
                    number(inhibitor.rise),
                    number(inhibitor.logit_after)
                ),
            );
        }
    }
    page.entry("rule", NAMES, report.rule);
    reading(page, &report.reading);
}

fn interaction(page: &mut Page, reports: &[InteractionReport]) {
    for report in reports {
        let (a, b) = (token(&report.a.text), token(&report.b.text));
        open(
            page,
            Doubt::Interaction,
            &format!("a = {a}, b = {b}; a part that is away is {}", plain(&report.absent)),
        );
        let corners = |one: &CornersReport| {
            format!(
                "{} with both, {} with a, {} with b, {} with neither: interaction {}, {} of all",
                number(one.both),
                number(one.only_a),
                number(one.only_b),
                number(one.neither),
                number(one.interaction),
                share(one.interaction_share)
            )
        };
        for target in &report.targets {
            page.entry("target", NAMES, &token(&target.label));
            page.entry("model", NAMES, &corners(&target.model));
            page.entry("model held", NAMES, &corners(&target.model_held));
            page.entry("replacement", NAMES, &corners(&target.replacement));
            let order = format!(
                "{} with the two in each other's place: {} more",
                number(target.exchanged),
                number(target.order_effect)
            );
            page.entry("order", NAMES, &order);
        }
        reading(page, &report.reading);
    }
}

/// Columns of a cell.
const CELL: usize = 7;

fn place(page: &mut Page, report: &WhereReport) {
    let pairing = if report.pairs_ask_the_same { "the same" } else { "different things" };
    open(
        page,
        Doubt::Where,
        "share of exchanges of the stream after which the answer is that of the source's value",
    );
    let partial = if report.exchanges < report.exchanges_asked { "PARTIAL: " } else { "" };
    page.entry(
        "table",
        NAMES,
        &format!(
            "{}, {} answered right; {partial}{} of prompts that ask {pairing}",
            counted(report.prompts, "prompt"),
            count(report.prompts_answered_right),
            counted(report.exchanges, "exchange")
        ),
    );
    let columns = page.screen.width.saturating_sub(NAMES + 4) / CELL;
    let shown = shown(report, columns);
    let head = |of: &dyn Fn(usize) -> String| {
        shown.iter().map(|at| pad(&of(*at), CELL)).collect::<String>()
    };
    let positions = head(&|at| report.positions[at].pos.to_string());
    let texts = head(&|at| {
        let text = report.positions[at].text.as_deref().map_or("…".to_owned(), token);
        fit(&text, CELL - 1)
    });
    for line in [positions, texts] {
        let line = page.screen.dim(&format!("  {}  {line}", pad("", NAMES)));
        page.line(&line);
    }
    for layer in report.layers.iter().rev() {
        let cells: String = shown
            .iter()
            .map(|at| {
                let rate = layer.cells[*at].expected_rate;
                let text = pad(&format!("{:.0} %", 100.0 * rate), CELL);
                if rate >= 0.5 { page.screen.bold(&text) } else { text }
            })
            .collect();
        let name = format!("before {}", layer.before_layer);
        page.line(&format!("  {}  {cells}", pad(&name, NAMES)));
    }
    if shown.len() < report.positions.len() {
        page.prose(&format!(
            "the {} positions where most moves, of {}; --json has all",
            shown.len(),
            report.positions.len()
        ));
    }
    best_cells(page, report);
    reading(page, &report.reading);
}

/// Positions that fit, those with the highest rates, in order.
fn shown(report: &WhereReport, columns: usize) -> Vec<usize> {
    let best = |at: &usize| {
        report.layers.iter().map(|layer| layer.cells[*at].expected_rate).fold(0.0, f64::max)
    };
    let mut order: Vec<usize> = (0..report.positions.len()).collect();
    order.sort_by(|a, b| best(b).total_cmp(&best(a)).then(a.cmp(b)));
    order.truncate(columns.max(1));
    order.sort_unstable();
    order
}

/// At the best position: what the answers became, layer by layer.
fn best_cells(page: &mut Page, report: &WhereReport) {
    let Some(&at) = shown(report, 1).first() else { return };
    page.prose(&format!(
        "answers at position {}: of the source's value, the source's own, unchanged",
        report.positions[at].pos
    ));
    for layer in report.layers.iter().rev() {
        let cell = layer.cells[at];
        let bars = pad(&bar(cell.expected_rate, 20), 20);
        let line = format!(
            "  {}  {}  {:3.0} % {:3.0} % {:3.0} %",
            pad(&format!("before {}", layer.before_layer), NAMES),
            page.screen.cyan(&bars),
            100.0 * cell.expected_rate,
            100.0 * cell.source_rate,
            100.0 * cell.base_rate
        );
        page.line(&line);
    }
}

fn not_asked(page: &mut Page, report: &DoubtReport) {
    let left: Vec<String> = report
        .not_asked
        .iter()
        .filter_map(|one| Some(format!("{} ({})", one.doubt, one.needs?)))
        .collect();
    if !left.is_empty() {
        page.heading("Not asked", &format!("as they need a flag: {}", left.join(", ")));
    }
}
