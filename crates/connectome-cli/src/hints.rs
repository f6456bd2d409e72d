//! What to do about each error: one line below its sentence, keyed by variant.

use anyhow::Error;
use connectome::device::DeviceError;
use connectome::error::{LoadError, RunError};
use connectome::features::FeaturesError;
use connectome::hub::HubError;
use connectome::probe::ProbeError;
use connectome::tokenizer::TokenizerError;
use connectome::train::TrainError;
use connectome_elegans::DataError;
use connectome_graph::GraphError;
use connectome_server::ServeError;

use crate::failure::{InterveneError, UsageError};

/// The hint for an error, if it is one that input can cause.
pub(crate) fn hint(error: &Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let hint = cause
            .downcast_ref::<UsageError>()
            .map(usage)
            .or_else(|| cause.downcast_ref::<InterveneError>().map(intervene))
            .or_else(|| cause.downcast_ref::<ProbeError>().map(probe))
            .or_else(|| cause.downcast_ref::<FeaturesError>().map(features))
            .or_else(|| cause.downcast_ref::<LoadError>().map(load))
            .or_else(|| cause.downcast_ref::<TrainError>().map(train))
            .or_else(|| cause.downcast_ref::<RunError>().map(run))
            .or_else(|| cause.downcast_ref::<DeviceError>().map(device))
            .or_else(|| cause.downcast_ref::<GraphError>().map(graph))
            .or_else(|| cause.downcast_ref::<HubError>().map(hub))
            .or_else(|| cause.downcast_ref::<DataError>().map(data))
            .or_else(|| cause.downcast_ref::<ServeError>().and_then(serve))
            .or_else(|| cause.downcast_ref::<TokenizerError>().map(tokenizer))?;
        Some(hint)
    })
}

fn usage(error: &UsageError) -> String {
    match error {
        UsageError::NoPrompt => {
            "try `connectome trace \"the capital of the state containing Oak gate is\"`".to_owned()
        }
        UsageError::ReadPrompt { .. } | UsageError::Read { .. } => {
            "check the path and its permissions".to_owned()
        }
        UsageError::PromptNotText { .. } => "save the file as UTF-8".to_owned(),
        UsageError::TokenId { .. } => {
            "write ids with commas between them, as `--token-ids 1,280,15`".to_owned()
        }
        UsageError::NoStart => "`--config FILE` or `--from DIR|ID`".to_owned(),
        UsageError::NoSteps => "`--steps N` or `--tokens N`".to_owned(),
        UsageError::NoTokenizer { .. } => {
            "name it with `--tokenizer`, or write the token as `id:N`".to_owned()
        }
        UsageError::Config { .. } => {
            "a line of it is `NAME: VALUE`, with the name of a flag; `--help` has them".to_owned()
        }
        UsageError::NothingToIsolate => "name one with `--bos`".to_owned(),
        UsageError::NoTranscoder { .. } => {
            "name a dictionary that was trained on it with `--transcoder DIR|ID`".to_owned()
        }
        UsageError::NoModelName { .. } => "name the model with `--model DIR|ID`".to_owned(),
        UsageError::Number { .. } => "`--help` has the defaults".to_owned(),
        UsageError::Silent { fires_at, .. } if fires_at.is_empty() => {
            "it fires nowhere on this prompt; only features that fire can be explained".to_owned()
        }
        UsageError::Silent { fires_at, .. } => {
            let places: Vec<String> = fires_at.iter().map(u32::to_string).collect();
            format!("name a position where it does with `--position`: {}", places.join(", "))
        }
        UsageError::Direction { .. } => {
            "for example `--direction probes.safetensors:truth@0.7`".to_owned()
        }
        UsageError::WhichTensor { names, .. } if names.is_empty() => {
            "save the direction as a tensor of as many numbers as the model is wide".to_owned()
        }
        UsageError::WhichTensor { names, .. } => {
            format!("add `:` and a name to the path; there are {}", quoted(names))
        }
        UsageError::DirectionShape { .. } => {
            "a direction is one number for each dimension of the residual stream".to_owned()
        }
        UsageError::NoSuchNode { .. } => {
            "`connectome paths --help` says how nodes are named".to_owned()
        }
        UsageError::SeveralNodes { names, .. } => format!("name one of {}", quoted(names)),
        UsageError::NoInputs { .. } => {
            "paths and edges end at features and targets; swap the two?".to_owned()
        }
        UsageError::NotExpanded { .. } => {
            "trace again with a smaller `--tolerance`, or with `--exhaustive`".to_owned()
        }
        UsageError::Shipped { .. } => {
            "name it with `--model` or `--transcoder`; `connectome hub fetch NAME --out DIR` writes \
             its files for other tools"
                .to_owned()
        }
        UsageError::NotEmpty { .. } => "name a new or an empty folder".to_owned(),
        UsageError::Unknown { .. } => {
            "a model has a config.json, a dictionary a config.yaml, and graphs are files".to_owned()
        }
        UsageError::AlreadyGraph { .. } => "use it as it is".to_owned(),
        UsageError::NotImportable { .. } => {
            "graphs of circuit-tracer end in `.json` or `.pt`".to_owned()
        }
        other => of_graphs_and_tables(other),
    }
}

/// What a graph, a table or a folder does not hold.
fn of_graphs_and_tables(error: &UsageError) -> String {
    match error {
        UsageError::NotAFeature { .. } => {
            "features are named as `L12/4071@9`; `connectome prune` lists the strongest".to_owned()
        }
        UsageError::NotForThis { .. } => "`connectome inspect --help` has examples".to_owned(),
        UsageError::NoOrigin { .. }
        | UsageError::OriginNotHere { .. }
        | UsageError::OtherOrigin { .. } => {
            "name those that made it with `--model` and `--transcoder`".to_owned()
        }
        UsageError::DirectionOfGraph { .. } => "give it again with `--direction`".to_owned(),
        UsageError::NoTable { .. } => {
            "`connectome causal --help` shows a line of a table".to_owned()
        }
        UsageError::NoText { .. } => {
            "name files with `--data`, or the organism's rows with `--elegans base`".to_owned()
        }
        UsageError::NoIndex { .. } => {
            "make one with `connectome features collect`, or name it with `--features FILE`"
                .to_owned()
        }
        UsageError::TableLine { .. } => {
            "one JSON object a line, as {\"prompt\": \"…\", \"answer\": \"…\", \"value\": \"…\"}"
                .to_owned()
        }
        UsageError::DefaultModel { .. } => {
            "`connectome hub list` has those that do; any other is named with `--model`".to_owned()
        }
        UsageError::NoSuchVariable { known, .. } => format!("there are {}", quoted(known)),
        UsageError::NoSuchSet { .. } => {
            "sets are named as `A-h1-calc`; their beginnings count, as `A` or `B-h1`".to_owned()
        }
        UsageError::WhichRecipe { .. } => {
            "`--as base`, or chat, chat-over, goal, penguin, nodocs or mid".to_owned()
        }
        UsageError::TwoWorlds { .. } => "ask models of one world at a time".to_owned(),
        UsageError::NotDataFolder { .. } => {
            "name a new or empty folder, or one that `connectome elegans data` made".to_owned()
        }
        UsageError::Spans { .. } => {
            "for example `--spans 3..5,7..9`: positions 3 and 4, and 7 and 8".to_owned()
        }
        UsageError::DoubtNeeds { needs, .. } => {
            format!("give it with `{needs}`; `connectome doubt --help` has examples")
        }
        UsageError::FigureFormat { .. } => {
            "for example `--output circuit.pdf`; what is in the file follows its name".to_owned()
        }
        UsageError::NoView => "leave `--view` out, or write another format".to_owned(),
        UsageError::NotAPage { .. } => "`--format html` writes one".to_owned(),
        UsageError::NotARun { .. } => {
            "`/api/graphs/ID/runs/N` of `connectome serve` gives one".to_owned()
        }
        UsageError::NoDataFolder => "name a folder with `--dir`".to_owned(),
        UsageError::OnlyFeatures => "trace a logit with the same prompt".to_owned(),
        UsageError::Stdout { .. } => "is the disk or the device behind it full?".to_owned(),
        UsageError::Threads { .. } => "ask for fewer with `--threads`".to_owned(),
        _ => "the command's `--help` has examples".to_owned(),
    }
}

/// What the server says itself; a fault of it has no hint.
fn serve(error: &ServeError) -> Option<String> {
    if matches!(error, ServeError::Fault { .. } | ServeError::Figure { .. }) {
        return None;
    }
    let usual = "`connectome serve --help` has examples";
    Some(error.body().hint.unwrap_or_else(|| usual.to_owned()))
}

fn intervene(error: &InterveneError) -> String {
    match error {
        InterveneError::EmptyNodes | InterveneError::NoFeature { .. } => {
            "for example `--ablate L2/50@8`; supernodes are named with `--graph GRAPH`".to_owned()
        }
        InterveneError::NoSupernode { names, .. } | InterveneError::NotASupernode { names, .. }
            if names.is_empty() =>
        {
            "the graph has no supernodes; `connectome group` makes them".to_owned()
        }
        InterveneError::NoSupernode { names, .. } | InterveneError::NotASupernode { names, .. } => {
            format!("its supernodes are {}", quoted(names))
        }
        InterveneError::NoPlace { found } => {
            format!("for example `{found}@8`, or `{found}@all` for the whole prompt")
        }
        InterveneError::Place { .. } => {
            "a range ends before its end; `8..` goes on at generated positions".to_owned()
        }
        InterveneError::EditNumber { .. } => "for example `--scale L2/50@8=-1`".to_owned(),
        InterveneError::NoEditNumber { .. } => {
            "add `=` and a number, or let `--sweep dose=…` give it".to_owned()
        }
        InterveneError::ReadEdits { .. } => "check the path and its permissions".to_owned(),
        InterveneError::EditsFile { .. } | InterveneError::EditActions { .. } => {
            "for example `[{\"nodes\": \"L2/50@8,L1/3@4\", \"scale\": -1}]`".to_owned()
        }
        InterveneError::EditedTwice { .. } => {
            "name each feature and position once; ranges can be split".to_owned()
        }
        InterveneError::NothingFires { .. } => {
            "name features that do not fire by their index, as `L2/50@8`".to_owned()
        }
        InterveneError::NoFeatures { .. } => {
            "only features can be edited or followed; `connectome group` makes another".to_owned()
        }
        InterveneError::NoEdits => {
            "for example `--ablate L2/50@8`; `connectome intervene --help` has more".to_owned()
        }
        InterveneError::Layers { .. } => {
            "the first layer and the one after the last; `connectome inspect` counts them"
                .to_owned()
        }
        InterveneError::Sweep { .. } => {
            "doses rise from the first to the last by a step, at most 1000 of them".to_owned()
        }
        InterveneError::Residual { .. } => {
            "for example `--residual 2@7`: before layer 2, at position 7".to_owned()
        }
        InterveneError::Align { .. } => "pairs are positions here and there".to_owned(),
        InterveneError::Contradiction { .. } => "leave one of them out".to_owned(),
        InterveneError::NoLayers => {
            "for example `--layers 1..4`, or try each end with `--sweep end-layer`".to_owned()
        }
        InterveneError::NoOther { .. } => "give it with `--from \"…\"`".to_owned(),
        InterveneError::NothingTaken => {
            "name what to take: `--swap NODES` or `--residual LAYER@POSITION`".to_owned()
        }
        InterveneError::NothingGenerated => "ask for text with `--generate 20`".to_owned(),
        InterveneError::NothingToWatch { .. } => {
            "features are followed in the prompt only".to_owned()
        }
        InterveneError::SupernodeName { .. } => {
            "use words, as in `connectome group GRAPH \"say a capital\" L2/50@8`".to_owned()
        }
    }
}

fn quoted(names: &[String]) -> String {
    const MOST: usize = 8;
    let mut text: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        text.push(format!("{} more", names.len() - MOST));
    }
    text.join(", ")
}

fn load(error: &LoadError) -> String {
    match error {
        LoadError::Read { .. } => "check the path and its permissions",
        LoadError::MissingFile { file, .. } if file == "config.json" => {
            "a model is a Hugging Face folder: config.json, tokenizer.json and safetensors"
        }
        LoadError::MissingFile { file, .. } if file == "config.yaml" => {
            "a dictionary is a folder with a config.yaml and tensors; see docs/formats.md"
        }
        LoadError::MissingFile { .. } => "is the download complete? fetch or copy the folder again",
        LoadError::Json { .. } | LoadError::Yaml { .. } => "the file is damaged or of another kind",
        LoadError::Safetensors { .. } | LoadError::Npz { .. } => {
            "the file is damaged or cut off; fetch or copy it again"
        }
        LoadError::MissingKey { .. } | LoadError::BadValue { .. } => {
            "compare with the config as it was published; docs/formats.md says what is read"
        }
        LoadError::Unsupported { .. } => {
            "what is supported is listed above; a fine-tuned model keeps its family's `model_type`"
        }
        LoadError::MissingTensor { .. } | LoadError::Shape { .. } | LoadError::Dtype { .. } => {
            "do config and tensors belong together? docs/formats.md lists the layouts"
        }
        LoadError::NotFinite { .. } => {
            "the weights are damaged, or overflowed when they were saved; fetch or save them again"
        }
        LoadError::Mismatch { .. } => {
            "name the dictionary that was trained on this model with `--transcoder`"
        }
        LoadError::Hub(error) => return hub(error),
        LoadError::Tokenizer(error) => return tokenizer(error),
        _ => "check the files with `connectome inspect`",
    }
    .to_owned()
}

fn features(error: &FeaturesError) -> String {
    match error {
        FeaturesError::Option { .. } => "`--help` has the defaults",
        FeaturesError::NoTokens => "give longer documents; the first token is never used",
        FeaturesError::NotAnIndex { .. } => {
            "an index is a file that `connectome features collect` or `import` wrote, whole"
        }
        FeaturesError::Version { .. } => "another version of connectome made it; collect it again",
        FeaturesError::OtherDictionary { .. } => {
            "name the dictionary that it was made with by `--transcoder`, or another `--features`"
        }
        FeaturesError::NoFeature { .. } => "both numbers count from 0, as in `L2/370`",
        FeaturesError::Layout { .. } => "docs/features.md has the layout",
        FeaturesError::Read { .. } => "check the path and its permissions",
        FeaturesError::Write { .. } => "is there room, and may you write there?",
        FeaturesError::Train(error) => return train(error),
        FeaturesError::Run(error) => return run(error),
        FeaturesError::Load(error) => return load(error),
        _ => "`connectome features --help` has examples",
    }
    .to_owned()
}

fn probe(error: &ProbeError) -> String {
    match error {
        ProbeError::Slots { .. } => "for example `calc : {a} + {b} =`",
        ProbeError::Brace { .. } => "a slot is `{name}`; braces of the text are `{{` and `}}`",
        ProbeError::Values { .. } | ProbeError::ValueList { .. } => {
            "a range ends before its end, as `0..100`; a list is `red,green,blue`"
        }
        ProbeError::Position { .. } | ProbeError::Unused { .. } => {
            "positions count from 0 and include the first special token; -1 is the last"
        }
        ProbeError::NotGrids { .. } => "name a file that `connectome features grid --out` wrote",
        ProbeError::File(error) => return features(error),
        ProbeError::Run(error) => return run(error),
        _ => "`connectome features grid --help` has examples",
    }
    .to_owned()
}

fn train(error: &TrainError) -> String {
    match error {
        TrainError::Option { .. } => "`--help` has the defaults",
        TrainError::NoData { .. } => "a corpus is text, `.jsonl`, `.bin` or `.safetensors`",
        TrainError::Data { .. } => {
            "text is UTF-8; `.jsonl` has an object a line, `.bin` and `.safetensors` have ids"
        }
        TrainError::Read { .. } => "check the path and its permissions",
        TrainError::Write { .. } => "is there room, and may you write there?",
        TrainError::BrokenOff { .. } => {
            "is there room, and may you write there? then `--resume` goes on"
        }
        TrainError::NoCheckpoint { .. } => "leave `--resume` out to begin a run",
        TrainError::RunExists { .. } => "go on with `--resume`, or name another `--out`",
        TrainError::Damaged { .. } => "remove the file, and `--resume` takes the one before it",
        TrainError::Version { .. } => "another version of connectome made it; use that one",
        TrainError::OtherConfig { .. } => {
            "resume with the flags, model and data of the start, or name another `--out`"
        }
        TrainError::NotFinite { .. } => {
            "lower `--lr` or raise `--warm-up`; `--from` trains the last model further"
        }
        TrainError::Load(error) => return load(error),
        TrainError::Run(error) => return run(error),
        _ => "`connectome train --help` has examples",
    }
    .to_owned()
}

fn run(error: &RunError) -> String {
    match error {
        RunError::EmptyPrompt => "give at least one token",
        RunError::ContextLength { .. } => {
            "shorten the prompt; later positions have no meaning to it"
        }
        RunError::TokenId { .. } => "ids come from the model's own tokenizer",
        RunError::Position { .. } => {
            "positions count from 0 and include the first special token; -1 is the last"
        }
        RunError::Layer { .. } => "`connectome inspect` says how many layers there are",
        RunError::InactiveFeature { .. } => "only features that fire can be explained",
        RunError::Width { .. } => {
            "a direction has one number for each dimension of the residual stream"
        }
        RunError::TooManyLogits { .. } => "lower `--max-n-logits`",
        RunError::NoTargets => "name one with `--target`, or leave `--max-n-logits` above 0",
        RunError::NotFinite { .. } => {
            "the weights are finite, so they are too large for 32-bit floats on this prompt"
        }
        RunError::Alignment { .. } => {
            "use prompts of one length, or positions that count from the end: `--align end`, or -1 \
             in a table"
        }
        RunError::NoCounterpart { .. } => {
            "pair it with one, as in `--align 3=5,4=6`: here, then there"
        }
        RunError::FeatureIndex { .. } => "`connectome inspect` says how many features a layer has",
        RunError::Range { .. } => {
            "both count from 0, and a range ends before its end: 3..6 is 3, 4 and 5"
        }
        RunError::EmptySet { .. } => {
            "give at least one, by `--features`, as nodes, edits or prompts; `--help` has examples"
        }
        RunError::EditValue { .. } => "numbers are as in `--set L2/50@8=3.5`",
        RunError::ContinuationLength { .. } => {
            "generate fewer tokens; later positions have no meaning to the model"
        }
        RunError::Sampling { .. } => "usual are `--temperature 0.8 --top-k 40`, or `--greedy`",
        RunError::NoDose => "sweep edits of features, or swaps",
        RunError::NoEndLayer => "use `--mode constrained` or `--mode iterative`",
        RunError::TwoAnswers { .. } => "give the two another `value` or another `asks`",
        RunError::NoExchange { .. } => {
            "give prompts of other values, or say under `answers` what each value would lead to"
        }
        RunError::NoFeatures => {
            "trace another prompt, or ask for more with `--features` or `--node`"
        }
        RunError::NullDose { .. } => "0 ablates, -1 inverts, 2 doubles",
        RunError::OtherLayers { .. } | RunError::OtherFeatures { .. } => {
            "name those that made it with `--model` and `--transcoder`"
        }
        RunError::MissingDirection { .. } => "give it again with `--direction`",
        RunError::CannotChange { .. } => {
            "what lies between are features; what is explained, features and targets"
        }
        RunError::Overlap { .. } => "name two parts that are apart",
        RunError::Size { .. } => "`--help` has the defaults",
        RunError::Cancelled => "nothing was saved",
        RunError::Load(error) => return load(error),
        RunError::Graph(error) => return graph(error),
        RunError::Tokenizer(error) => return tokenizer(error),
        RunError::Device(error) => return device(error),
        _ => "`connectome trace --help` has examples",
    }
    .to_owned()
}

fn device(error: &DeviceError) -> String {
    match error {
        DeviceError::Spec { .. } => "leave `--device` out to compute on the CPU",
        DeviceError::Library { .. } => {
            "a GPU needs NVIDIA's driver, NVRTC and cuBLAS (`connectome doctor` looks for them); \
             without one leave `--device` out"
        }
        DeviceError::Ordinal { .. } => "`connectome doctor` lists the GPUs",
        DeviceError::Memory { .. } => {
            "end what else uses the GPU, shorten the prompt, or use `--device cpu`"
        }
        DeviceError::Wrong { .. } => {
            "do not use this GPU with this driver; `--device cpu` computes the same"
        }
        _ => "`connectome doctor --gpu` checks the GPU; `--device cpu` computes the same",
    }
    .to_owned()
}

fn graph(error: &GraphError) -> String {
    match error {
        GraphError::FeatureName { .. } => "layer and index, as the strongest features are listed",
        GraphError::Threshold { .. } => "the usual thresholds are 0.8 for nodes and 0.98 for edges",
        GraphError::Slug { .. } => "name it with `--slug`",
        GraphError::Version { .. } => "a newer connectome made it; trace again, or update",
        GraphError::Checksum { .. } => "the file changed since it was written; trace again",
        GraphError::PickleGlobal { .. } => {
            "the file is no graph of circuit-tracer; do not open it with Python either"
        }
        GraphError::Contents { source, .. }
            if matches!(**source, GraphError::Version { .. } | GraphError::Checksum { .. }) =>
        {
            return graph(source);
        }
        GraphError::Contents { .. } => {
            "graphs are made by `connectome trace --output`; `connectome import` reads others"
        }
        GraphError::Read { .. } => "check the path and its permissions",
        GraphError::Write { .. } => {
            "is the folder there, may you write to it, and is there room? nothing was left behind"
        }
        GraphError::TooLarge { .. } => "prune the graph more, or trace a shorter prompt",
        _ => "the file is damaged, or was made by something else",
    }
    .to_owned()
}

fn hub(error: &HubError) -> String {
    match error {
        HubError::BadReference { .. } => {
            "a directory that exists, or `user/repo`, `user/repo/folder`, `user/repo@revision`"
        }
        HubError::NoDirectory { .. } => "check the path; Hub references look like `user/repo`",
        HubError::NotADirectory { .. } => "name the folder that holds the file",
        HubError::NotCached { .. } | HubError::Incomplete { .. } => {
            "fetch it first, with a network: `connectome hub fetch ID`"
        }
        HubError::NoCacheDir => "set HF_HOME to a folder that may be written",
        HubError::RepoNotFound { .. } | HubError::RevisionNotFound { .. } => {
            "check the spelling on the Hub's page; a private repository needs HF_TOKEN"
        }
        HubError::Denied { .. } => {
            "ask for access on the repository's page, and set HF_TOKEN to a token that has it"
        }
        HubError::FileNotFound { .. } | HubError::NotPublished { .. } => {
            "is it a model where a dictionary belongs, or in another folder of the repository?"
        }
        HubError::UnsafeName { .. } => "nothing was written; tell whoever published it",
        HubError::Unreachable { .. } | HubError::Status { .. } | HubError::Listing { .. } => {
            "check the network; `--offline` uses what is on this machine"
        }
        HubError::Download { .. } | HubError::Size { .. } => {
            "try again: what has arrived is kept and continued"
        }
        HubError::Busy { .. } => "wait for it to finish",
        HubError::Read { .. } | HubError::Write { .. } => {
            "check the permissions of the cache and the room on its disk"
        }
        _ => "`connectome hub list` shows what is on this machine",
    }
    .to_owned()
}

fn data(error: &DataError) -> String {
    match error {
        DataError::NoSuchTask { .. } | DataError::NoSuchModel { .. } => {
            "the full world has it: leave `--world` out"
        }
        DataError::NoTokens => "leave `--tokens` out for a million",
        _ => "`connectome elegans sample --help` lists tasks, splits and models",
    }
    .to_owned()
}

fn tokenizer(error: &TokenizerError) -> String {
    match error {
        TokenizerError::Vocabulary { .. } | TokenizerError::Json { .. } => {
            "the tokenizer's file is damaged; fetch or copy it again, or use `--token-ids`"
        }
        TokenizerError::SeveralTokens { .. } => {
            "name one of the pieces, or `id:N`; a blank at the start often makes it one token"
        }
        TokenizerError::NoToken { .. } | TokenizerError::NotInVocabulary { .. } => {
            "name a token of the vocabulary, or its id as `id:N`"
        }
        TokenizerError::EmptyPrompt => "give at least one word",
        TokenizerError::NoUserTurn { .. } => "render it as what a user says with `--chat`",
        TokenizerError::NoChatTemplate | TokenizerError::NoSuchTemplate { .. } => {
            "leave `--chat` out; the text is then used as it is"
        }
        TokenizerError::ChatRefused { .. } => "some templates allow no `--system`; leave it out",
        TokenizerError::BadDate { .. } => "for example `--date 2026-07-04`",
        _ => "use `--token-ids`, which no tokenizer touches",
    }
    .to_owned()
}
