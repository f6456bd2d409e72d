"""Make reference cases: build a tiny model and dictionary, run circuit-tracer, keep its numbers.

    python make.py --out DIR [CASE...]          all cases by default; --list names them

Needs circuit-tracer 0.4.1 (upstream, commit 4bb8c0e; the package of that name on PyPI is a fork),
torch, transformers, transformer-lens, nnsight, PyYAML. CPU, f32, offline. Then
`../import_peer.py DIR ../..` copies the cases here.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import shutil
import sys
import time
from importlib.metadata import version
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
# A run leaves nothing behind in the source tree.
sys.dont_write_bytecode = True

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

import dictionaries  # noqa: E402
import models  # noqa: E402
import peer  # noqa: E402
from spec import CASES, Spec  # noqa: E402

PACKAGES = ["circuit-tracer", "torch", "transformers", "transformer-lens", "nnsight", "numpy"]


class Record:
    """What a case leaves: tensors for `golden.safetensors`, the rest for `golden.json`."""

    def __init__(self, spec: Spec, model, hf_model, ids: torch.Tensor):
        self.spec, self.model, self.hf_model, self.ids = spec, model, hf_model, ids
        self.tensors: dict[str, torch.Tensor] = {}
        self.json: dict = {
            "spec": dataclasses.asdict(spec), "notes": [spec.note] if spec.note else [],
            "versions": {name: version(name) for name in PACKAGES},
            "prompt": spec.prompt, "input_ids": ids.tolist(),
        }
        self.json["feature_input_hook"], self.json["feature_output_hook"] = spec.hooks()

    def attribute(self, **options):
        from circuit_tracer import attribute

        return attribute(prompt=self.ids, model=self.model, **options)

    def save(self, folder: Path) -> None:
        save_file({key: stored(x) for key, x in self.tensors.items()}, folder / "golden.safetensors")
        (folder / "golden.json").write_text(json.dumps(self.json, indent=1))


def stored(x: torch.Tensor) -> torch.Tensor:
    x = x.detach().cpu()
    x = x.to_dense() if x.is_sparse else x
    x = x.to(torch.uint8) if x.dtype == torch.bool else x
    return x.contiguous().clone()


def record_forward(record: Record) -> None:
    """The plain model, and what the peer makes of the prompt before any attribution."""
    tensors, spec, ids = record.tensors, record.spec, record.ids
    reads, writes, logits = models.values_at_sites(record.hf_model, spec, ids[None])
    tensors["input_ids"] = ids.to(torch.int64)
    tensors["hf_logits"], tensors["hf_mlp_in"] = logits[0], reads[:, 0]
    tensors["hf_mlp_out"] = writes[:, 0]

    context = record.model.setup_attribution(ids)
    tensors["logits"] = context.logits[0]
    tensors["error_vectors"], tensors["token_vectors"] = context.error_vectors, context.token_vectors
    tensors["active_features"] = context.activation_matrix.indices().T
    tensors["activation_values"] = context.activation_matrix.values()
    n_active = int(context.activation_matrix._nnz())
    n_slots = spec.n_layers * (len(ids) - 1) * spec.d_transcoder
    record.json |= {"n_active": n_active, "active_fraction": n_active / n_slots}
    worst = (context.logits[0] - logits[0]).abs().max()
    record.json["max_abs_logit_diff_vs_hf"] = float(worst)

    _, tensors["preactivations"] = record.model.get_activations(ids, apply_activation_function=False)
    _, post = record.model.get_activations(ids)
    tensors["activations_dense_check"] = torch.tensor([float((stored(post) != 0).sum())])


def unembedding(record: Record) -> torch.Tensor:
    """[V, D] rows."""
    if record.spec.backend == "transformerlens":
        return record.model.unembed.W_U.T.detach()
    return record.model.unembed_weight.detach()


def record_graph(record: Record, folder: Path):
    """The whole graph, its targets, its files."""
    from circuit_tracer.attribution.targets import AttributionTargets
    from circuit_tracer.utils.create_graph_files import create_graph_files

    spec, tensors = record.spec, record.tensors
    salient = dict(max_n_logits=spec.max_n_logits, desired_logit_prob=spec.desired_logit_prob)
    start = time.time()
    graph = record.attribute(batch_size=spec.batch_size, **salient)
    record.json["attribution_seconds"] = time.time() - start
    targets = AttributionTargets(
        None, tensors["logits"][-1],
        record.model.unembed.W_U if spec.backend == "transformerlens" else unembedding(record),
        record.model.tokenizer, **salient,
    )
    tensors["logit_vectors"], tensors["adjacency"] = targets.logit_vectors, graph.adjacency_matrix
    tensors["selected_features"] = graph.selected_features
    tensors["logit_token_ids"] = graph.logit_token_ids
    tensors["logit_probabilities"] = graph.logit_probabilities
    tensors["row_sums"] = graph.adjacency_matrix.sum(1)
    record.json |= {
        "logit_targets": [[text, int(index)] for text, index in graph.logit_targets],
        "vocab_size": int(graph.vocab_size), "input_string": graph.input_string,
        "cfg": {key: str(value) for key, value in graph.cfg.to_dict().items()},
    }
    create_graph_files(graph, slug=spec.name.replace("_", "-"), output_path=str(folder / "graph"))
    graph.to_pt(str(folder / "graph" / "graph.pt"))
    return graph


def record_scores(record: Record, graph) -> None:
    """Influence, pruning at two pairs of thresholds, scores, and how far rows fall short."""
    from circuit_tracer.graph import compute_graph_scores, compute_node_influence, prune_graph

    adjacency, tensors = graph.adjacency_matrix, record.tensors
    weights = torch.zeros(len(adjacency))
    weights[-len(graph.logit_targets) :] = graph.logit_probabilities
    tensors["node_influence"] = compute_node_influence(adjacency, weights)
    for nodes, edges in [(0.8, 0.98), (0.5, 0.9)]:
        pruned, tag = prune_graph(graph, nodes, edges), f"prune_{nodes}_{edges}"
        tensors[f"{tag}.node_mask"], tensors[f"{tag}.edge_mask"] = pruned.node_mask, pruned.edge_mask
        tensors[f"{tag}.cumulative_scores"] = pruned.cumulative_scores
        counts = {"n_nodes": int(pruned.node_mask.sum()), "n_edges": int(pruned.edge_mask.sum())}
        record.json[tag] = counts
    replacement, completeness = compute_graph_scores(graph)
    record.json |= {"replacement_score": replacement, "completeness_score": completeness}

    chosen = graph.active_features[graph.selected_features]
    layer, pos, feature = chosen.T
    pre = stored(tensors["preactivations"])[layer, pos, feature]
    short = (pre - adjacency[: len(chosen)].sum(1)).abs().mean()
    record.json["mean_abs_preact_minus_rowsum"] = float(short)


def record_variants(record: Record) -> None:
    """A graph of few features, one of named tokens, one of a free direction."""
    from circuit_tracer.attribution.targets import CustomTarget
    from circuit_tracer.graph import compute_graph_scores

    spec, tensors = record.spec, record.tensors
    few = dict(max_feature_nodes=spec.truncated_nodes, batch_size=spec.truncated_batch)
    graph = record.attribute(
        max_n_logits=spec.max_n_logits, desired_logit_prob=spec.desired_logit_prob,
        update_interval=2, **few,
    )
    tensors["truncated.adjacency"] = graph.adjacency_matrix
    tensors["truncated.selected_features"] = graph.selected_features
    replacement, completeness = compute_graph_scores(graph)
    scores = {"replacement_score": replacement, "completeness_score": completeness}
    record.json["truncated"] = few | {"update_interval": 2} | scores

    top = torch.topk(tensors["logits"][-1], 3).indices
    graph = record.attribute(attribution_targets=top.clone(), batch_size=spec.batch_size)
    tensors["targets_idx.adjacency_logit_rows"] = graph.adjacency_matrix[-3:]
    tensors["targets_idx.logit_probabilities"] = graph.logit_probabilities
    record.json["targets_idx"] = top.tolist()

    rows = unembedding(record)
    direction = (rows[top[0]] - rows[top[1]]).clone()
    target = CustomTarget("a-b", 0.7, direction)
    graph = record.attribute(attribution_targets=[target], batch_size=spec.batch_size)
    tensors["targets_custom.vec"] = direction
    tensors["targets_custom.adjacency_logit_rows"] = graph.adjacency_matrix[-1:]
    named = [[text, int(index)] for text, index in graph.logit_targets]
    record.json["targets_custom"] = {"prob": 0.7, "tokens": top[:2].tolist(), "logit_targets": named}


def record_interventions(record: Record, graph) -> None:
    record.json["interventions"] = []
    for index, intervention in enumerate(peer.interventions(record.spec, graph)):
        edits = [
            (layer, slice(*pos) if isinstance(pos, list) else pos, feature, value)
            for layer, pos, feature, value in intervention["interventions"]
        ]
        constrained = intervention["constrained_layers"]
        freezes = intervention["freeze_attention"] or constrained
        # nnsight wants text where nothing is frozen: it tokenizes again to count positions.
        as_text = record.spec.backend == "nnsight" and not (freezes and edits)
        logits, acts = record.model.feature_intervention(
            graph.input_string if as_text else record.ids, edits,
            constrained_layers=range(*constrained) if constrained else None,
            freeze_attention=intervention["freeze_attention"],
            apply_activation_function=intervention["apply_activation_function"],
        )
        record.tensors[f"iv{index}.logits"] = logits[0] if logits.ndim == 3 else logits
        if intervention["save_acts"]:
            record.tensors[f"iv{index}.activations"] = acts
        record.json["interventions"].append(intervention | {"index": index})


def record_generation(record: Record, graph) -> None:
    """Five greedy tokens with the strongest feature doubled from position 1 on."""
    index = peer.strongest(graph)
    layer, _, feature = (int(x) for x in graph.active_features[index])
    value = 2.0 * float(graph.activation_values[index])
    record.json["generate"] = []
    for frozen in (True, False):
        options = dict(do_sample=False, max_new_tokens=5)
        prompt = graph.input_string
        if record.spec.backend == "transformerlens":
            # The two combinations of prompt and freezing that do not crash in 0.4.1.
            options |= dict(verbose=False, stop_at_eos=False)
            options |= {} if frozen else dict(prepend_bos=False)
            prompt = record.ids[None] if frozen else prompt
            record.model.reset_hooks()
        else:
            options |= dict(eos_token_id=None, pad_token_id=3)
        _, logits, acts = record.model.feature_intervention_generate(
            prompt, [(layer, slice(1, None), feature, value)], freeze_attention=frozen, **options
        )
        record.tensors[f"generate{int(frozen)}.logits"] = logits
        record.json["generate"].append({
            "intervention": [layer, [1, None], feature, value], "freeze_attention": frozen,
            "max_new_tokens": 5, "logits_shape": list(logits.shape),
            "activations_shape": list(acts.shape), "greedy_ids": logits[-5:].argmax(-1).tolist(),
        })


def make(spec: Spec, folder: Path) -> None:
    """One case, from nothing to its golden files."""
    torch.manual_seed(spec.seed)
    random.seed(spec.seed)
    np.random.seed(spec.seed)
    if folder.exists():
        shutil.rmtree(folder)
    hf_model = models.build_model(spec, folder / "model")
    models.build_tokenizer(folder / "model", spec.vocab)
    dictionaries.build_dictionary(spec, hf_model, folder / "transcoders")
    model = peer.replacement_model(spec, folder, hf_model)

    record = Record(spec, model, hf_model, model.ensure_tokenized(spec.prompt))
    record_forward(record)
    graph = record_graph(record, folder)
    record_scores(record, graph)
    record_variants(record)
    record_interventions(record, graph)
    record_generation(record, graph)
    record.save(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cases", nargs="*", help="default: all")
    parser.add_argument("--out", type=Path, help="folder for the cases")
    parser.add_argument("--list", action="store_true", help="name the cases")
    args = parser.parse_args()
    if args.list:
        print("\n".join(CASES))
        return
    if args.out is None:
        parser.error("--out is needed")
    torch.set_num_threads(2)
    for name in args.cases or CASES:
        make(CASES[name], args.out / name)
        print(name, flush=True)


if __name__ == "__main__":
    main()
