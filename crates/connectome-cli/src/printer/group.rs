//! The supernodes of a graph, one below the other.

use super::text::{bare_percent, counted, plain, token, width};
use super::{Page, Screen};
use crate::report::Stop;
use crate::report::group::{GroupsReport, SuggestionsReport, SupernodeReport};

pub(crate) fn page(report: &GroupsReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let count = counted(report.supernodes.len(), "supernode");
    page.heading(&plain(&report.graph), &count);
    let names = report.supernodes.iter().map(|one| width(&plain(&one.name))).max().unwrap_or(0);
    let names = names.min(32);
    for supernode in &report.supernodes {
        page.entry(&plain(&supernode.name), names, &members(supernode));
    }
    if let (Some(done), Some(name)) = (report.done, &report.name) {
        let before = report.before.as_ref();
        let before = before.map_or(String::new(), |old| format!("; it was {}", members(old)));
        page.heading(&format!("{done} {}", plain(name)), before.trim_start_matches("; "));
    }
    page.finish()
}

/// Groups that may be made, and why.
pub(crate) fn suggestions(report: &SuggestionsReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let count = counted(report.suggested.len(), "suggestion");
    page.heading(&plain(&report.graph), &format!("{count}; {} fit nowhere", report.alone));
    for one in &report.suggested {
        page.heading(
            &plain(&one.supernode.name),
            &format!(
                "influence {} of all; without it replacement {:+.3}, completeness {:+.3}",
                bare_percent(one.influence),
                one.replacement_change,
                one.completeness_change
            ),
        );
        page.prose(&members(&one.supernode));
        for reason in &one.reasons {
            page.prose(&plain(reason));
        }
    }
    if report.saved {
        page.heading("saved", "as supernodes of the graph file");
    }
    page.finish()
}

fn members(supernode: &SupernodeReport) -> String {
    let member = |stop: &Stop| {
        let said = stop.label.as_deref().map_or_else(|| token(&stop.text), plain);
        format!("{} {said}", plain(&stop.id))
    };
    let members: Vec<String> = supernode.members.iter().map(member).collect();
    if members.is_empty() { "no nodes".to_owned() } else { members.join(", ") }
}
