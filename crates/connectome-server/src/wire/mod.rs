//! What goes over the wire: every request and answer of the server, and nothing else.
//!
//! Field names are `snake_case`, absent values are `null`, nodes are places in the graph's order
//! ([`connectome_graph::NodeIdx`]), and each number says in its documentation what it is a share
//! of. The page's types (`web/src/wire.ts`) are written from these ([`typescript`]); a test fails
//! when the two differ. No behaviour lives here but that.

mod circuit;
mod feature;
mod figure;
mod graph;
mod job;
mod log;
mod model;
mod page_file;
mod probe;
mod run;
mod trash;
mod view;

pub use circuit::{
    Circuit, CircuitAsk, CircuitBox, CircuitEdge, Compare, CompareAlign, CompareAsk, Group,
    MatchedFeature, PathRow, Paths, PathsAsk, Place, PruneAsk, PrunedGraph, Recurring,
    RecurringAsk, RecurringCell, RecurringFeature, SuggestAsk, Suggestion, Suggestions,
};
pub use feature::{
    EffectRow, ExampleGroup, ExampleRow, Feature, FeatureFilter, FeatureFound, FeatureGraph,
    FeatureGraphs, FeatureLabel, FeatureMore, FeatureNamed, FeatureOnText, FeaturePage,
    FeatureQuery, FeatureRow, FeatureSearch, FeatureSet, FeatureSets, FeatureSide, FeatureSort,
    FeatureWeights, FeatureWrites, FoundRow, IndexRow, LabelAsk, SkippedIndex, TogetherRow,
    WeightRow, WriteRow,
};
pub use figure::{FigureAsk, FigureFormat, FigureLayout, FigureOptions, FigureTheme};
pub use graph::{
    Bounded, CircuitTests, EdgeRow, EdgeVerdictRow, ExpandAsk, ExtentRow, GraphCounts, GraphHead,
    GraphPatch, GraphRow, Imported, NodeEdges, NodeLabel, NodeRange, NodeRanges, OriginRow,
    PackColumn, PackHeader, ProvenanceRow, Scores, TargetAsk, TargetRow, TargetsAsk, TraceAsk,
    VerdictName, VerdictsRow, Why, WhyLayer,
};
pub use job::{Job, JobKind, JobResult, JobStarted, JobState};
pub use log::{LogRow, PageError};
pub use model::{
    Chance, DictionaryRow, Estimate, Failure, FailureBody, Forecast, Forward, ForwardAsk, ModelRow,
    PromptAsk, Status, Token, Tokens,
};
pub use page_file::{PageFeatures, PageFile, PrunedAt};
pub use probe::{
    FeatureName, Probe, ProbeAnswers, ProbeAsk, ProbeGrid, ProbeGrids, ProbeRow, ProbedFeature,
};
pub use run::{
    AgreementRow, CaseRow, EditAsk, EditHow, EditPositions, GroupEffect, Held, Inserted,
    InterveneAsk, InterveneRun, MatrixCell, MemberEffect, ModeAsk, Run, RunAsk, RunBody, RunPatch,
    RunRow, RungName, Shift, SwapAsk, SweepAsk, SweepPoint, SweepResult, TargetEffect, TextPair,
    TokenShift, ValidateAsk, ValidateRun,
};
pub use trash::{Deleted, TrashKind, TrashRow};
pub use view::{ViewConflict, ViewPatch, ViewSaved, ViewVersion};

use ts_rs::{Config, TS};

/// All types as one TypeScript module.
#[must_use]
pub fn typescript() -> String {
    let mut text = String::from(
        "// Written from `crates/connectome-server/src/wire/` by its test `page_types_are_ours`;\n\
         // change those and run it with CONNECTOME_BLESS=1.\n",
    );
    let config = Config::new();
    macro_rules! write {
        ($($name:ident),* $(,)?) => {$(
            text.push('\n');
            if let Some(docs) = $name::docs() {
                text.push_str(docs.trim_end());
                text.push('\n');
            }
            text.push_str("export ");
            text.push_str(&$name::decl(&config));
            text.push('\n');
        )*};
    }
    write!(Failure, FailureBody, Status, ModelRow, DictionaryRow);
    write!(PromptAsk, Token, Tokens, ForwardAsk, Forward, Forecast, Chance, Estimate);
    write!(GraphRow, CircuitTests, GraphPatch, GraphHead, GraphCounts, NodeRanges, NodeRange);
    write!(NodeLabel);
    write!(TargetRow, Bounded, Scores, ProvenanceRow, OriginRow, ExtentRow, VerdictsRow);
    write!(EdgeVerdictRow, VerdictName, Imported, PackHeader, PackColumn, NodeEdges, EdgeRow);
    write!(Why, WhyLayer, TraceAsk, TargetsAsk, TargetAsk, ExpandAsk);
    write!(Group, PruneAsk, PrunedGraph, PathsAsk, Paths, PathRow, CircuitAsk, Circuit);
    write!(CircuitBox, Place, CircuitEdge, SuggestAsk, Suggestions, Suggestion);
    write!(CompareAsk, CompareAlign, Compare, MatchedFeature);
    write!(RecurringAsk, Recurring, RecurringFeature, RecurringCell);
    write!(ViewSaved, ViewVersion, ViewPatch, ViewConflict, Deleted, TrashRow, TrashKind);
    write!(RunAsk, InterveneAsk, EditAsk, EditHow, EditPositions, ModeAsk, Held, SwapAsk);
    write!(SweepAsk, ValidateAsk, RungName, RunRow, RunPatch, Run, RunBody, InterveneRun);
    write!(Inserted, GroupEffect);
    write!(MemberEffect, TargetEffect, Shift, TokenShift, TextPair, SweepResult, SweepPoint);
    write!(ValidateRun, CaseRow, MatrixCell, AgreementRow);
    write!(FigureAsk, FigureOptions, FigureLayout, FigureTheme, FigureFormat);
    write!(PageFeatures, PageFile, PrunedAt);
    write!(FeatureSets, FeatureSet, IndexRow, SkippedIndex, Feature, ExampleGroup, ExampleRow);
    write!(FeatureMore, LabelAsk, FeatureLabel, EffectRow, TogetherRow, FeatureFilter);
    write!(FeatureQuery, FeatureSort);
    write!(FeatureNamed, FeaturePage);
    write!(
        FeatureRow,
        FeatureSearch,
        FeatureFound,
        FoundRow,
        FeatureOnText,
        FeatureGraphs,
        FeatureGraph,
        FeatureWeights,
        FeatureSide
    );
    write!(WeightRow, FeatureWrites, WriteRow);
    write!(FeatureName, ProbeAsk, ProbeRow, Probe, ProbedFeature, ProbeGrids, ProbeGrid);
    write!(ProbeAnswers);
    write!(JobStarted, Job, JobKind, JobState, JobResult);
    write!(PageError, LogRow);
    text
}
