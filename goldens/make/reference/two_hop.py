"""What circuit-tracer makes of the shipped model's first question.

    python two_hop.py ASSETS_DIR GOLDENS_DIR

Reads `crates/connectome/assets/two-hop` and writes `GOLDENS_DIR/two_hop/`: a real circuit, where
the other cases are random. The dense graph would be 1.4 MB, so only what decides about it is kept:
what fires, influence, and the edges that survive pruning. Needs what `make.py` needs.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
sys.dont_write_bytecode = True

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

import peer  # noqa: E402
from spec import Spec  # noqa: E402

PROMPT = "the capital of the state containing oak port is"
IDS = [398, 390, 391, 394, 390, 395, 396, 3, 28, 397]
PACKAGES = ["circuit-tracer", "torch", "transformers", "transformer-lens"]


def tensors_of(graph, pruned, influence: torch.Tensor) -> dict[str, torch.Tensor]:
    """The graph under the names of the other cases, kept edges as a list."""
    edges = pruned.edge_mask.nonzero()
    adjacency = graph.adjacency_matrix
    return {
        "input_ids": torch.tensor(IDS),
        "active_features": graph.active_features,
        "activation_values": graph.activation_values,
        "logit_token_ids": graph.logit_token_ids,
        "logit_probabilities": graph.logit_probabilities,
        "node_influence": influence,
        "row_sums": adjacency.sum(1),
        "row_abs_sums": adjacency.abs().sum(1),
        "prune_0.8_0.98.node_mask": pruned.node_mask.to(torch.uint8),
        "prune_0.8_0.98.cumulative_scores": pruned.cumulative_scores,
        "prune_0.8_0.98.edges": edges,
        "prune_0.8_0.98.edge_weights": adjacency[edges[:, 0], edges[:, 1]],
    }


def main() -> None:
    from circuit_tracer import attribute
    from circuit_tracer.graph import compute_graph_scores, compute_node_influence, prune_graph

    assets, target = Path(sys.argv[1]), Path(sys.argv[2]) / "two_hop"
    spec = Spec("two_hop", "llama", "clt", "jumprelu")
    dictionary = peer.load_dictionary(assets / "clt", torch.float32)
    model = peer.with_dictionary(spec, assets / "model", dictionary)
    graph = attribute(prompt=torch.tensor(IDS), model=model, batch_size=256)
    assert graph.input_tokens.tolist() == IDS
    pruned = prune_graph(graph, 0.8, 0.98)
    weights = torch.zeros(len(graph.adjacency_matrix))
    weights[-len(graph.logit_probabilities) :] = graph.logit_probabilities
    influence = compute_node_influence(graph.adjacency_matrix, weights)
    replacement, completeness = compute_graph_scores(graph)

    target.mkdir(exist_ok=True)
    tensors = tensors_of(graph, pruned, influence)
    tensors = {name: x.detach().contiguous().clone() for name, x in tensors.items()}
    save_file(tensors, target / "golden.safetensors")
    card = {
        "case": "two_hop",
        "what": "the shipped model and its cross-layer transcoder, every feature expanded",
        "prompt": PROMPT,
        "script": "goldens/make/reference/two_hop.py",
        "versions": {name: version(name) for name in PACKAGES},
        "dtype": "float32",
        "device": "cpu",
        "n_nodes": len(graph.adjacency_matrix),
        "replacement_score": replacement,
        "completeness_score": completeness,
        "max_abs_adjacency": float(graph.adjacency_matrix.abs().max()),
        "prune_0.8_0.98": {
            "n_nodes": int(pruned.node_mask.sum()), "n_edges": int(pruned.edge_mask.sum())
        },
        "tolerance": {
            "edge_weights": {"max_abs_over_max_abs": 1e-4, "why": "sums in another order"},
            "node_influence": {"max_abs": 1e-5, "why": "a sum over paths of normalized edges"},
            "scores": {"max_abs": 1e-5, "why": "ratios of summed influence"},
            "masks": {"exact": True, "why": "equal up to ties at the threshold"},
        },
        "peer_defects": [],
    }
    (target / "card.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
