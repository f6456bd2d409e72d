//! The parts of `--help` that teach: examples, and how nodes are named.

/// What the bare command prints.
pub(crate) const GUIDE: &str = "\
connectome traces how a language model gets from a prompt to its prediction.

Start here; a small trained model ships with it, and nothing is downloaded:

  connectome trace \"the capital of the state containing Oak gate is\"

Keep the graph, then look around in it:

  connectome trace \"the bird of the state containing Oak gate is\" \\
      --output oak.graph
  connectome paths oak.graph
  connectome score oak.graph
  connectome export oak.graph --format json --output oak.json

Other models and all flags: `connectome trace --help`, which teaches by example.
All commands: `connectome --help`.
";

/// After `connectome --help`.
pub(crate) const AFTER: &str = "\
Data goes to stdout, everything else to stderr. Exit codes: 0 done, 2 bad
input, 1 a fault of the program itself, 3 a test was not passed, 130 interrupted
(a trace saves the graph so far first).
`connectome trace --help` teaches by example; `-h` is short, `--help` long.";

pub(crate) const CAUSAL: &str = "\
A graph may show features of a variable (the state, between a city and its
capital) that the model does not use. This asks the original model, on a table
of prompts whose variable is known: does its stream carry the variable at a
position, which features stand for it there, and does swapping them move the
answer? The same recipe for every table.

EXAMPLES

  The shipped model computes the state; its control, with one-token names, looks
  answers up.
    connectome causal
    connectome causal --model one-token

  What graphs of 60 prompts claim, held against that.
    connectome causal --graphs 60

  A table of yours: every prompt has the same number of tokens.
    {\"prompt\": \"The capital of the state containing Dallas is\",
     \"value\": \"Texas\", \"asks\": \"capital\", \"answer\": \" Austin\"}
    connectome causal states.jsonl --model DIR --transcoder DIR
";

pub(crate) const TRACE: &str = "\
EXAMPLES

  First look. Nothing is downloaded: a small trained model ships with it.
    connectome trace \"the capital of the state containing Oak gate is\"

  Keep the graph, and walk it later; an edge, head by head.
    connectome trace \"the bird of the state containing Maple holm is\" \\
        --output holm.graph
    connectome paths holm.graph token:8 logit:falcon
    connectome inspect holm.graph --edge token:8 logit:falcon --heads

  Why this answer and not that one; these two answers.
    connectome trace \"the capital of the state containing Oak gate is\" \\
        --contrast Willa Rowan
    connectome trace \"the bird of the state containing Oak gate is\" \\
        --target condor --target Willa

  An earlier word; why a feature fires.
    connectome trace \"the capital of the state containing Oak gate is\" \\
        --position 7
    connectome trace \"the capital of the state containing Oak gate is\" \\
        --feature L3/875

  A direction of yours at the output of the last norm: a probe, a difference.
    connectome trace \"…\" --direction probes.safetensors:truth@0.5

  A model and a dictionary of the Hub; of your disk, and nothing fetched.
    connectome trace \"The capital of the state containing Dallas is\" \\
        --model google/gemma-2-2b --transcoder mntss/clt-gemma-2-2b-426k
    connectome trace \"1, 2, 3,\" --offline \\
        --model ./my-llama --transcoder ./my-clt

  A chat model: the text is what the user says.
    connectome trace \"What is 36 + 59?\" --chat --model DIR --transcoder DIR

  Every feature, as the reference implementation does it; its budget of 7500.
    connectome trace \"…\" --exhaustive
    connectome trace \"…\" --max-feature-nodes 7500

  Rows on a GPU, which `connectome doctor --gpu` checks first.
    connectome trace \"…\" --device cuda

  Numbers for scripts.
    connectome trace \"…\" --json | jq .scores.replacement.value

WHAT IS PRINTED

  Influence is a random walk. It starts at the targets, by their probability,
  and steps from a node to one of its inputs in proportion to the size of their
  edges. A node's share is how many of the walks pass it, from 0 to 100 %. Where
  a feature's inputs were not asked for, the walk stops: these walks are
  `unresolved`, and no share is off by more. Pruning and both scores come with
  the bounds that follow.
  Ctrl-C ends a trace with the graph so far, which says how much it lacks; twice
  aborts.";

pub(crate) const PRUNE: &str = "\
EXAMPLES
  connectome prune oak.graph
  connectome prune oak.graph --node-threshold 0.6 --edge-threshold 0.9
  connectome prune oak.graph --json \\
      | jq '.nodes[] | select(.kind == \"feature\") | .id'

The graph file is not changed. For a file that pages can show, see
`connectome export`.";

pub(crate) const COMPARE: &str = "\
EXAMPLES
  connectome trace \"the capital of the state containing Oak gate is\" \\
      --output oak.graph
  connectome trace \"the bird of the state containing Oak gate is\" \\
      --output bird.graph
  connectome compare oak.graph bird.graph
  connectome compare oak.graph bird.graph --align any --json | jq .jaccard

Features are told apart by layer, index and, but for `--align any`, position.
Influence is a node's share of all influence in its graph.";

pub(crate) const SCORE: &str = "\
EXAMPLES
  connectome score oak.graph
  connectome score *.graph --json \\
      | jq '.graphs[] | [.path, .scores.completeness.value]'

Replacement: of the walks that end in a token or an error, those that end in a
token.
Completeness: of the inputs of all nodes, each by its influence, those that are
no errors.
`lo` and `hi` are where a number lies once every feature has been expanded.
For the pruned circuit, every node that was cut counts as an error.";

/// How nodes are named, wherever one is asked for.
pub(crate) const PATHS: &str = "\
NODES
  token:3            the token at position 3; token@3 is the same
  L2/17@5            feature 17 of layer 2, at position 5
  error:L1@4         what the dictionary missed in layer 1 at position 4; E1@4
                     is the same
  logit:Willa        the target of that token
  target:0           the first target
  Willa              a target of that name, or else the only token of that name

EXAMPLES
  connectome paths oak.graph
  connectome paths oak.graph token:7 logit:Willa -k 10
  connectome paths oak.graph L0/440@8 Willa --pruned --json

A path's share is the product of its edges' shares of their rows: the part of
the end's inputs that comes from the start this way. Its sign is the product of
the edges' signs.";

pub(crate) const VALIDATE: &str = "\
EXAMPLES

  A graph first; then the fifty strongest features and all supernodes.
    connectome trace \"the capital of the state containing Oak gate is\" \\
        --output oak.graph
    connectome validate oak.graph

  Fewer; one of your choice, with a picture; against the model as it is.
    connectome validate oak.graph --features 10 --no-save
    connectome validate oak.graph --node L3/875@9 --dose 0 --plot oak.svg
    connectome validate oak.graph --rung attention --no-save

  Numbers for scripts.
    connectome validate oak.graph --json | jq .spearman_feature

WHAT IS PRINTED

  A graph says: take this feature away, and that one changes by so much. Here it
  is taken away in the model itself, and what changes is measured. The ladder
  says how well the two agree, with one thing more answering at each rung:

    gates        features of the dictionary, which switch on and off
    mlps         the model's own MLPs instead of them
    norms        norm denominators, too
    attention    attention patterns, too: the model as it is
    constrained  beside it, the papers' protocol: MLPs are held, so that direct
                 edges are tested

  An edge is supported if its target moves as predicted, by at least half of it,
  and more than 95 % of controls move it: other features that fire in the same
  layer, at the same position or near, and push as far. It is contradicted if
  its target moves the other way, beyond the controls.
  Verdicts are saved into the graph file; its numbers stay as they are. Ctrl-C
  and `--time` end with what was measured by then.";

pub(crate) const INTERVENE: &str = "\
NODES
  L3/875@9           feature 875 of layer 3, at position 9
  L2/*@9             every feature of layer 2 that fires at position 9
  L3/875@9,L2/617@9  both
  state              a supernode of the graph, at its own positions
  state@8            its features at another position
  Positions: 8, -1 (the last), 3..6 (3, 4 and 5), all, 8.. (goes on where text
  is generated), generated.

EXAMPLES

  Turn features off, or turn them round, and see what comes next.
    connectome intervene \"the capital of the state containing Oak gate is\" \\
        --ablate L3/875@9
    connectome intervene \"the capital of the state containing Oak gate is\" \\
        --scale 'L2/*@9=-1' --tokens Willa,Rowan

  A graph, a supernode of it, and what is left of its other supernodes.
    connectome trace \"the capital of the state containing Oak gate is\" \\
        --output oak.graph
    connectome group oak.graph state L3/875@9 L2/617@9 L2/625@9
    connectome group oak.graph \"say a capital\" L0/479@9 L0/565@9
    connectome intervene --graph oak.graph --scale state=-1 \\
        --figure oak.svg

  What answers: nothing; layers after 1; the dictionary; attention too.
    connectome intervene --graph oak.graph --ablate state --mode direct
    connectome intervene --graph oak.graph --ablate state \\
        --mode constrained --layers 0..2
    connectome intervene --graph oak.graph --ablate state --mode iterative
    connectome intervene --graph oak.graph --ablate state --attention free

  Another prompt's values: of features, twice; of the residual stream.
    connectome intervene --graph oak.graph --swap 'L0/*@9,L1/*@9' \\
        --times 2 \\
        --from \"the capital of the state containing stone cliff is\"
    connectome intervene --graph oak.graph --residual 1@9 \\
        --from \"the capital of the state containing stone cliff is\"

  A sweep is told whole.
    connectome intervene --graph oak.graph --scale state \\
        --sweep dose=-2..2:0.5
    connectome intervene --graph oak.graph --ablate state \\
        --mode constrained --sweep end-layer

  Text under a change that goes on; drawn, the same every time.
    connectome intervene --graph oak.graph --scale state@9..=-2 --generate 5
    connectome intervene --graph oak.graph --scale state@9..=-2 --generate 5 \\
        --samples 3 --temperature 0.8 --top-k 40 --seed 7

WHAT IS PRINTED

  The model is the original one. KL is of the distribution before from the one
  after, in nats. A followed group's share is the sum of its activations after
  by their sum before; what was edited counts as what it was made to be.
  docs/interventions.md has every mode as a formula.";

pub(crate) const GROUP: &str = "\
EXAMPLES
  connectome group oak.graph \"say a capital\" L0/479@9 L0/565@9
  connectome group oak.graph --list
  connectome group oak.graph --remove \"say a capital\"

A name that is there already gets the new nodes. The graph file is replaced
whole or not at all. Nodes are named as in `connectome paths --help`.";

pub(crate) const DOUBT: &str = "\
EXAMPLES

  Three questions that need nothing else: does the replacement agree with the
  model here, also when it is pushed, and would another dictionary say the same?
    connectome doubt oak.graph
    connectome doubt oak.graph --only another --another ./my-second-seed

  Does the city act through these features? Through a supernode of the graph?
    connectome doubt oak.graph --only mediated \\
        --from token:7,token:8 --middle L3/875@9,L2/617@9
    connectome doubt oak.graph --only mediated --middle \"say a capital\"

  Is a token held down on another prompt, or do others win?
    connectome doubt oak.graph --only inhibited \\
        --against \"the capital of the state containing Eagle grove is\"

  Do two parts of the prompt only add up?
    connectome doubt oak.graph --only interaction --spans 7..8,8..9

  Where does the variable live? A line of the table is
    {\"prompt\": \"the capital of the state containing Oak gate is\",
     \"answer\": \"Willa\", \"value\": \"Zephria\", \"asks\": \"capital\"}
    connectome doubt oak.graph --only where --prompts cities.jsonl \\
        --plot cities.svg

Each doubt, its definition, and what would count against the graph:
docs/doubts.md. Nodes are named as in `connectome paths --help`.";

pub(crate) const EXPORT: &str = "\
EXAMPLES
  connectome export oak.graph --format json --output site/oak.json \\
      --graph-metadata
  connectome export oak.graph --format safetensors --output oak.safetensors
  connectome export oak.graph --format html --output oak.html
  connectome export WORKSPACE/graphs/ID/graph.connectome --format html \\
      --view main --features my.features --output oak.html

The JSON holds the pruned graph and loads in the pages of circuit-tracer,
Anthropic and Neuronpedia. The safetensors hold the whole graph under
circuit-tracer's names: `adjacency` (row = target, column = source),
`active_features`, `activation_values`, `selected_features`, `node_influence`,
`logit_token_ids`, `logit_probabilities`, `row_sums`.

The HTML is the workspace of `connectome serve` in one file that opens from
disk: it reaches no network, holds the whole graph, a view, measured runs and,
with `--features`, examples of the features that are shown, text and all; it
says what only a server can do.";

pub(crate) const IMPORT: &str = "\
EXAMPLES
  connectome import graph.pt --output graph.graph --model google/gemma-2-2b
  connectome import gemma-fact.json --output fact.graph

Nothing in a `.pt` file is executed. A JSON graph is a pruned one, so what is
imported is marked partial and its scores speak of what is in the file.";

pub(crate) const INSPECT: &str = "\
EXAMPLES
  connectome inspect two-hop
  connectome inspect oak.graph
  connectome inspect oak.graph --node L3/875@9
  connectome inspect oak.graph --edge token:7 L0/440@8 --heads
  connectome inspect ./my-clt

Nodes are named as in `connectome paths --help`.";

pub(crate) const FIGURE: &str = "\
Boxes are the graph's supernodes and the pinned nodes; arrows are signed shares
of a box's inputs. The figure of a page of `connectome serve` is the same, to the
last byte: text is drawn with fonts that are in the program.

EXAMPLES

  connectome trace \"the capital of the state containing Oak gate is\" \\
      --output oak.graph
  connectome group oak.graph Zephria L2/617@9 L3/875@9 L2/625@9
  connectome figure oak.graph --pin target:0 --output oak.svg
  connectome figure oak.graph --pin target:0 --pin token:7 --output oak.pdf

  As it stands in the workspace, from its folder:

  connectome figure graphs/ID/graph.connectome --view main --layout placed \\
      --output oak.svg

  With names from an index of features, where nobody gave one; each is marked:

  connectome figure oak.graph --pin L0/368@9 --features my.features \\
      --output named.svg

  With what a run on the page did to each box:

  connectome figure oak.graph --run run-3.json --output tested.png --scale 3
";

pub(crate) const SERVE: &str = "\
One program, one port, nothing from the network. Graphs, circuits and measured
runs are files in one folder; each is written whole or not at all, so the server
may be killed at any time. What its routes take and give is in docs/server.md.

EXAMPLES

  connectome serve
  connectome serve --dir ~/circuits --port 8080 --no-open

  Beside the models that ship, one of your own and its dictionary:

  connectome serve --model ./my-model=./my-clt

  With examples and names for the features of the default model:

  connectome features collect
  connectome serve

  For others on the network; the address that is printed holds a token:

  connectome serve --host 0.0.0.0 --name lab.example.org --read-only

  circuit-tracer's own page on the same graphs, from your copy of it:

  connectome serve --compat circuit-tracer/circuit_tracer/frontend/assets
";

pub(crate) const HUB: &str = "\
EXAMPLES
  connectome hub list
  connectome hub fetch google/gemma-2-2b
  connectome hub fetch mntss/clt-gemma-2-2b-426k
  connectome hub where google/gemma-2-2b@main

  A model or a dictionary that ships, as a folder for other tools:

  connectome hub fetch elegans-base --out elegans-base
  connectome hub fetch elegans/clt --out elegans-clt

Caches, token and endpoint are those of the Hub's own tools (HF_HOME, HF_TOKEN,
HF_ENDPOINT, …). What was fetched is used without asking the network again.";

pub(crate) const TRAIN_LM: &str = "\
EXAMPLES

  From scratch, and measured on text that it does not see.
    connectome train lm --config config.json --tokenizer ./tokenizer \\
        --data corpus.txt --tokens 30M --eval-data held-out.txt --out ./model

  Stopped by Ctrl-C or killed: the same command with --resume goes on, and the
  weights are those of a run that was never stopped, bit for bit.
    connectome train lm --config config.json --tokenizer ./tokenizer \\
        --data corpus.txt --tokens 30M --eval-data held-out.txt --out ./model \\
        --resume

  A checkpoint on prompts and their completions: only the latter are learnt.
    connectome train lm --from two-hop --data chat.jsonl --apart --steps 200 \\
        --lr 3e-4 --questions questions.jsonl --out ./tuned

FILES

  A line of a `.jsonl` file is an object with `text`, with `prompt` and
  `completion`, or with `tokens` (and a number for each in `loss_weights` or
  `loss_mask`). A line of the questions has `prompt` and `answer`, or
  `prompt_tokens` and `answer_tokens`, and may have a `group`.
  The folder of a run is a Hugging Face model as of the last checkpoint; below
  `training` are metrics.jsonl, curves.svg and the checkpoints.";

pub(crate) const DOCTOR: &str = "\
EXAMPLES
  connectome doctor
  connectome doctor --gpu
  connectome doctor --json | jq .cuda

With --gpu, every operation that rows are made of runs on each GPU and, in plain
loops, on the CPU; so do all rows of a graph of the shipped model. What differs
by more than rounding ends the command with exit code 2. CUDA's libraries are
looked for below CUDA_PATH, CUDA_HOME, VIRTUAL_ENV and CONDA_PREFIX too.";

pub(crate) const TRAIN_CLT: &str = "\
EXAMPLES

  A cross-layer transcoder of a model that ships, and a graph that uses it.
    connectome train clt --model two-hop --data facts.txt --features 512 \\
        --tokens 2M --lr 2e-3 --out ./my-clt
    connectome trace \"…\" --model two-hop --transcoder ./my-clt

  Your model; about 60 features on a token, whatever coefficient that takes.
    connectome train clt --model ./my-llama --data corpus.txt --tokens 100M \\
        --features 16384 --target-l0 60 --out ./my-clt

  Stopped by Ctrl-C or killed: the same command with --resume goes on, and the
  weights are those of a run that was never stopped, bit for bit.

  Per-layer, with a fixed number of features on a token.
    connectome train clt --model two-hop --kind plt --activation batch-topk \\
        --k 32 --data facts.txt --tokens 2M --out ./my-plt

  Flags from a file, as `features: 512`; what is given here counts.
    connectome train clt --config run.yaml --out ./my-clt

FILES

  A line of a `.jsonl` file is an object with `text` or `tokens`. The folder of
  a run is a dictionary that `trace` opens, with README.md and card.json about
  it; beside them are metrics.jsonl and the checkpoints.";

pub(crate) const COMPLETIONS: &str = "\
EXAMPLES
  mkdir -p ~/.local/share/bash-completion/completions
  connectome completions bash \\
      > ~/.local/share/bash-completion/completions/connectome
  connectome completions fish > ~/.config/fish/completions/connectome.fish";

pub(crate) const ELEGANS_DATA: &str = "\
EXAMPLES
  connectome elegans data --out base
  connectome elegans data --out base --tokens 17000000          # a whole run
  connectome elegans data --out chat --model chat --tokens 500000
  connectome elegans data --out nano --world nano --json | jq .digest

The folder holds `train/` and `eval/` (JSON lines with annotations),
`tokenizer.json` and `tokenizer_config.json` as transformers reads them,
`world.json` with every fact and split, and a card: `card.json` and `README.md`.
The same command gives the same bytes.";

pub(crate) const ELEGANS_EVAL: &str = "\
EXAMPLES
  connectome elegans eval made/elegans-base
  connectome elegans eval made/elegans-goal --base made/elegans-base
  connectome elegans eval made/elegans-chat --as base --set A B
  connectome elegans eval made/elegans-base --json | jq '.[].missed'

Sets are named by task, split and wording: `A-h1-calc` is sums of pairs that no
training says. docs/elegans.md has what each holds and what is required.

EXIT CODES
  0 all that is required of the models is met; 3 something is missed.";

pub(crate) const ELEGANS_MAKE: &str = "\
EXAMPLES
  connectome elegans make --out made            # base, chat, goal, CLT, PLT
  connectome elegans make --out made --model mid penguin --dictionary none
  connectome elegans make --out other --seed 1  # another world
  connectome elegans make --out twin --init-seed 1  # the same, other weights
  connectome elegans make --out nano --world nano --dictionary clt

The base takes about an hour on two cores. Ctrl-C writes a checkpoint and
stops; the same command goes on, and what is done is not done again.

EXIT CODES
  0 all that is required of the models is met; 3 something is missed.";

pub(crate) const FEATURES_COLLECT: &str = "\
EXAMPLES
  The shipped dictionary, on the sentences that its model was trained on.
    connectome features collect
    connectome features show L3/875

  Text of yours; of the model organism.
    connectome features collect --data pile.jsonl --tokens 10M \\
        --model DIR --transcoder DIR
    connectome features collect --elegans base --model DIR --transcoder DIR

Ctrl-C keeps what was gathered; `--resume` goes on and gives the same file.";

pub(crate) const FEATURES_SHOW: &str = "\
EXAMPLES
  connectome features show L3/875
  connectome features show L3/875 --top 20 --activations
  connectome features show L3/875 --json | jq .top_logits

Peaks stand in «», and the stronger a token's activation the stronger its
colour. Logits are per unit of activation, less the mean over the vocabulary,
without the last norm's denominator; what a feature reads is per embedding.
Quantile groups are drawn at random among all sequences where it fires.";

pub(crate) const FEATURES_SEARCH: &str = "\
EXAMPLES
  connectome features search \"the capital of the state containing Oak gate is\"
  connectome features search \"… Oak gate\" --position -1 --layer 2

Activations of different features have different units; an index says what is
much for each, and orders them by that.";

pub(crate) const FEATURES_LIST: &str = "\
EXAMPLES
  connectome features list
  connectome features list Willa
  connectome features list --layer 3 --sort frequency --top 50

Only features that fired are listed. Names are automatic unless `show` says
otherwise.";

pub(crate) const FEATURES_WEIGHTS: &str = "\
EXAMPLES
  connectome features weights L3/875
  connectome features weights L3/875 --top 20 --json | jq .inputs.by_twera

A virtual weight is what one feature adds to the pre-activation of another at
the same token through the stream alone, for a unit of activation; attention
and the denominators of norms are left out. By itself it is full of pairs that
never fire together. TWERA is the weight times E[a_i a_j] / E[a_j] over the
tokens of the index; it needs one (`connectome features collect`).";

pub(crate) const FEATURES_GRID: &str = "\
EXAMPLES
  connectome features grid \"calc : {a} + {b} =\" --out sums.grids \\
      --model DIR --transcoder DIR
  connectome features grid --load sums.grids --class lookup --svg lookup.svg
  connectome features grid --load sums.grids --modulus 10
  connectome features grid --load sums.grids --feature L3/17 --png plots

  Any template with two slots; values need not be numbers.
    connectome features grid \"the {x} of the state containing Oak {y} is\" \\
        --first capital,bird,region --second gate,combe,ridge --min-cells 3

CLASSES, given by fitting simple functions, the simplest that is nearly best
  sum         a + b, or its remainder      difference  a − b
  operand     one value, or its remainder  lookup      one and the other
  magnitude   how large                    either      one or the other
  constant    nearly everywhere            other       none of these
Numbers are needed for all but operand, lookup, either, constant and other.
Symmetry is the correlation of a plot with its transpose.";

pub(crate) const FEATURES_EXPORT: &str = "\
EXAMPLES
  connectome features export my-clt/features
  connectome features export my-clt/json --plain
  connectome features import their-clt/features --out theirs.features
  connectome features show L2/17 --features theirs.features

circuit-tracer's page finds a `features` folder through `--features_dir`. With
`--plain` the file of a feature is NUMBER.json: layer l and index i have
Cantor's number (l + i)(l + i + 1)/2 + i. Both forms are read.";

pub(crate) const ELEGANS_SAMPLE: &str = "\
EXAMPLES
  connectome elegans sample
  connectome elegans sample addition --n 5
  connectome elegans sample D --model chat
  connectome elegans sample hops --split h1 --json | jq .examples[].text

TASKS
  A addition   B hops      C medicine  D entities   E refusals  F acrostics
  G rhymes     H antonyms  I reasoning J goals      K motifs    L stories

SPLITS
  train, or what a task holds out: h1, h2, rare, ambiguous, known, faint,
  famous, unknown, docs-only, safe, paraphrase, left-out, minimal-pairs,
  harmful, missing-language, hinted, held-out, unseen.

MODELS
  base, chat, chat-over, goal, penguin, nodocs, mid. The nano world has only the
  base.";
