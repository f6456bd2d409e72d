//! The supernodes of a graph, one below the other.

use super::text::{counted, plain, token, width};
use super::{Page, Screen};
use crate::report::Stop;
use crate::report::group::{GroupsReport, SupernodeReport};

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

fn members(supernode: &SupernodeReport) -> String {
    let member = |stop: &Stop| {
        let said = stop.label.as_deref().map_or_else(|| token(&stop.text), plain);
        format!("{} {said}", plain(&stop.id))
    };
    let members: Vec<String> = supernode.members.iter().map(member).collect();
    if members.is_empty() { "no nodes".to_owned() } else { members.join(", ") }
}
