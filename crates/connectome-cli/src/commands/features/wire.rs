//! `connectome features export` and `import`: circuit-tracer's `features` folder.

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome::features::layout::{self, Imported};
use serde_json::json;

use crate::args::{FeatureExportArgs, FeatureImportArgs};
use crate::commands::Ending;
use crate::printer;
use crate::progress::{Interrupt, Work};
use crate::report::TOOL;
use crate::report::features::CollectReport;
use crate::settings::{self, World};

pub(super) fn export(args: &FeatureExportArgs, world: &World) -> Result<Ending> {
    let index = super::index(&args.index, &args.model, world)?;
    let card = index.card();
    let n = card.n_layers * card.n_features;
    let mut work = Work::new(world, Interrupt::installed(world, "stopping")?);
    let mut watch = |done| work.step("writing features", done, n);
    let is_whole = match args.plain {
        false => layout::export(&index, &args.folder, &mut watch)?,
        true => layout::export_plain(&index, &args.folder, &mut watch)?,
    };
    drop(work);
    if !is_whole {
        world.note(match args.plain {
            false => "stopped; layers that were whole are kept, and the list of them is missing",
            true => "stopped; nothing was kept",
        });
        return Ok(Ending::Interrupted);
    }
    let folder = args.folder.display().to_string();
    world.print(&format!("{n} features are in `{folder}`.\n"))?;
    world.document(&json!({ "folder": folder, "features": n }))?;
    Ok(Ending::Done)
}

pub(super) fn import(args: &FeatureImportArgs, world: &World) -> Result<Ending> {
    settings::writable(&args.out)?;
    let folder = args.folder.canonicalize().unwrap_or_else(|_| args.folder.clone());
    let own = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let dictionary = args.name.clone().or(own).unwrap_or_default();
    let names = Imported { model: "", dictionary: &dictionary, tool: TOOL };
    let mut work = Work::new(world, Interrupt::installed(world, "stopping")?);
    let mut watch = |done, of| work.step("reading features", done, of);
    let imported = layout::import(&args.folder, names, &args.out, &mut watch)?;
    drop(work);
    if imported.is_none() {
        return Ok(Ending::Interrupted);
    }
    let report = CollectReport::of(&FeatureIndex::open(&args.out)?)?;
    world.print(&printer::features::imported(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
