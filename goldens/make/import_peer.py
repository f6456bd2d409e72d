"""Copy reference outputs of circuit-tracer into `goldens/` and write a card for each case.

    python import_peer.py REFERENCE_DIR GOLDENS_DIR

REFERENCE_DIR holds one folder per case as the reference harness left it: `model/`, `transcoders/`,
`golden.safetensors`, `golden.json`, `graph/`. Files are copied byte for byte, but `golden.safetensors`:
tensors that no test reads are left out of it, and masks of edges have a bit an entry in place of a
byte. `README.md` names what is left out (also cases that repeat another one, and most `graph.pt`).
Needs numpy and safetensors.
"""

from __future__ import annotations

import collections
import json
import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

# Run twice through the peer's two back ends, which agree to 1e-6: the second run adds nothing.
# `gemma2_clt_relu` differs from `gemma2_clt_jumprelu` only in a gate that other cases cover.
LEFT_OUT = {
    "gemma2_clt_jumprelu_nnsight",
    "gemma2_clt_relu",
    "gemma3_clt_relu_nnsight",
    "llama_clt_relu_nnsight",
    "llama_plt_relu_skip_nnsight",
    "qwen3_plt_relu_nnsight",
}
# Kept for the peer's wrong numbers alone; model and dictionary are those of the case named.
NUMBERS_ONLY = {"gemma3_plt_jumprelu_skip_nnsight": "gemma3_plt_jumprelu_skip"}
# One cross-layer, one per-layer and one with a skip: enough to test the reader of `graph.pt`.
WITH_PT = {"llama_clt_relu", "gemma2_plt_jumprelu_mlpio", "llama_plt_topk_skip"}

# The peer's logits are `hf_logits` to 6e-6; the other is a count.
READ_BY_NO_TEST = {"logits", "activations_dense_check"}
# Of the case whose numbers are wrong, only its graph is looked at.
KEPT_OF_NUMBERS_ONLY = {
    "input_ids", "active_features", "activation_values", "selected_features", "adjacency",
    "logit_token_ids", "logit_probabilities", "node_influence", "row_sums",
}

FAMILY = {
    "llama": "Llama (grouped queries, `llama3` rope scaling, untied)",
    "gemma2": "Gemma 2 (four norms a block, both softcaps, sliding window 6, tied)",
    "gemma3": "Gemma 3 text (q/k norm, two rope bases, sliding window 6, tied)",
    "qwen2": "Qwen 2 (q, k, v biases, grouped queries, untied)",
    "qwen3": "Qwen 3 (q/k norm, grouped queries, untied)",
    "gpt2": "GPT-2 (LayerNorm, learned positions, biases, tied)",
    "gpt_neox": "GPT-NeoX (parallel residual, rotary_pct 0.5, untied)",
}
KIND = {"clt": "cross-layer transcoder", "plt": "per-layer transcoders"}
GATE = {"relu": "ReLU", "jumprelu": "JumpReLU, one threshold a feature", "topk": "TopK, k = 4"}

# Bounds, not wishes: an independent implementation (plain modules, numpy) reproduced every case to
# 2e-6 on edges and 8e-6 on interventions, so ten times that separates rounding from a mistake.
TOLERANCE = {
    "hf_logits": {"max_abs": 1e-4, "why": "f32 rounding of four layers; the peer itself is within 6e-6"},
    "active_features": {
        "exact": True,
        "why": "whether a feature fires is not a matter of degree; `on_the_gate` lists the few whose "
        "pre-activation is closer to the gate than rounding and that may go either way",
    },
    "activation_values": {"max_abs": 2e-5, "why": "one f32 product of width 32"},
    "adjacency": {
        "max_abs_over_max_abs": 1e-4,
        "why": "sums in another order; an independent implementation differs by 2e-6",
    },
    "node_influence": {"max_abs": 1e-5, "why": "a sum over paths of normalized edges"},
    "scores": {"max_abs": 1e-5, "why": "ratios of summed influence"},
    "masks": {"exact": True, "why": "equal up to ties at the threshold"},
    "interventions": {"max_abs": 1e-4, "why": "an independent implementation differs by 8e-6"},
}


def peer_defects(name: str, graph: dict) -> list[str]:
    """What in this case's numbers is the peer's mistake, and what a test must do about it."""
    found = []
    if name.endswith("_nnsight"):
        found.append(
            "token columns of `adjacency` and `token_vectors` are too small by sqrt(32): the unscaled "
            "embedding is contracted with the gradient of the scaled one. `node_influence`, masks, "
            "scores and the JSON graph follow. Right values: gemma3_plt_jumprelu_skip."
        )
    ids = collections.Counter(node["node_id"] for node in graph["nodes"])
    shared = sorted(node_id for node_id, count in ids.items() if count > 1)
    if shared:
        found.append(
            f"node ids used twice in the JSON graph (an error node and a layer-0 feature): {', '.join(shared)}"
        )
    return found


ROUNDING = 1e-5


def on_the_gate(case: Path, act: str) -> list[dict]:
    """Features so close to their gate that the order of a sum decides whether they fire."""
    pre = load_file(case / "golden.safetensors")["preactivations"].astype(np.float64)
    gate = np.zeros((pre.shape[0], 1, 1))
    if act == "topk":
        gate = np.sort(pre, axis=-1)[..., -5:-3].mean(axis=-1, keepdims=True)
    if act == "jumprelu":
        gate = np.stack([thresholds(case / "transcoders", layer) for layer in range(len(pre))])[:, None]
    distance = pre - gate
    close = np.argwhere(np.abs(distance) < ROUNDING)
    return [
        {"layer": int(l), "pos": int(p), "index": int(f), "preactivation_minus_gate": float(distance[l, p, f])}
        for l, p, f in close
        if p > 0  # position 0 is zeroed: nothing there is decided
    ]


def thresholds(folder: Path, layer: int) -> np.ndarray:
    """The JumpReLU thresholds of one layer, from either native layout."""
    single = folder / f"layer_{layer}.safetensors"
    if single.exists():
        return load_file(single)["activation_function.threshold"]
    return load_file(folder / f"W_enc_{layer}.safetensors")[f"threshold_{layer}"]


def card(case: Path, golden: dict, graph: dict) -> dict:
    """The card of one case: what it is, how it was made, how close to it one must come."""
    name, spec = case.name, golden["spec"]
    arch = spec["arch"]
    out = {
        "case": name,
        "what": f"{FAMILY[arch]}; {KIND[spec['kind']]}, {GATE[spec['act']]}"
        + (", linear skip" if spec["skip"] else ""),
        "shape": {
            "n_layers": spec["n_layers"],
            "d_model": spec["d_model"],
            "n_features": spec["d_transcoder"],
            "n_vocab": spec["vocab"],
            "n_tokens": len(golden["input_ids"]),
        },
        "reads": golden["feature_input_hook"],
        "writes": golden["feature_output_hook"],
        "script": f"goldens/make/reference/make.py {name}",
        "backend": spec["backend"],
        "versions": golden["versions"],
        "seed": spec["seed"],
        "dtype": spec["dtype"],
        "device": "cpu",
        "tolerance": TOLERANCE,
        "on_the_gate": on_the_gate(case, spec["act"]),
        "peer_defects": peer_defects(name, graph),
    }
    if arch == "gemma3" and name not in NUMBERS_ONLY:
        out["made_with"] = (
            "TransformerLens' buffer de-duplication switched off: with it on, local and global layers "
            "share one rope table and the peer's logits are off by 0.25-0.65"
        )
    if name in NUMBERS_ONLY:
        out["model_and_dictionary_of"] = NUMBERS_ONLY[name]
    return out


def kept(source: Path) -> dict[str, np.ndarray]:
    """The tensors of a case that tests read."""
    out = {}
    for name, tensor in load_file(source / "golden.safetensors").items():
        of_graph = name in KEPT_OF_NUMBERS_ONLY or name.startswith("prune_")
        if name in READ_BY_NO_TEST or (source.name in NUMBERS_ONLY and not of_graph):
            continue
        if name.endswith(".edge_mask"):
            name, tensor = f"{name}_bits", np.packbits(tensor.reshape(-1), bitorder="little")
        out[name] = tensor
    return out


def import_case(source: Path, target: Path) -> None:
    """Copy one case and write its card."""
    name = source.name
    golden = json.loads((source / "golden.json").read_text())
    slug = name.replace("_", "-")
    graph = json.loads((source / "graph" / f"{slug}.json").read_text())

    target.mkdir(parents=True)
    save_file(kept(source), target / "golden.safetensors", {"format": "pt"})
    parts = ["golden.json", "graph"]
    if name not in NUMBERS_ONLY:
        parts += ["model", "transcoders"]
    for part in parts:
        copy = shutil.copytree if (source / part).is_dir() else shutil.copyfile
        copy(source / part, target / part)
    if name not in WITH_PT:
        (target / "graph" / "graph.pt").unlink()
    text = json.dumps(card(source, golden, graph), indent=2, ensure_ascii=False)
    (target / "card.json").write_text(text + "\n")


def main() -> None:
    """Import every case that is not left out."""
    reference, goldens = Path(sys.argv[1]), Path(sys.argv[2])
    for source in sorted(path for path in reference.iterdir() if path.is_dir()):
        if source.name in LEFT_OUT:
            continue
        target = goldens / source.name
        if target.exists():
            shutil.rmtree(target)
        import_case(source, target)
        print(target.name)


if __name__ == "__main__":
    main()
