"""What circuit-tracer makes of a cross-layer dictionary with a linear skip.

    python clt_skip.py GOLDENS_DIR

Its own files cannot hold such a skip, so no case of `make.py` has one: this reads the stacked
GemmaScope 2 files of `layouts/gemmascope2_clt_skip` with the peer's loader for them and writes
`peer.safetensors` beside them. The loader leaves out the last file it is given, so it is given one
more. Run after `layouts.py`. Needs what `make.py` needs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
sys.dont_write_bytecode = True

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

import peer  # noqa: E402
from spec import CASES  # noqa: E402


def load(folder: Path, n_layers: int):
    """The stacked dictionary, by the peer's loader."""
    from circuit_tracer.transcoder.cross_layer_transcoder import load_gemma_scope_2_clt

    files = {layer: str(next(folder.rglob(f"params_layer_{layer}.safetensors")))
             for layer in range(n_layers)}
    files[n_layers] = files[n_layers - 1]
    return load_gemma_scope_2_clt(
        files, feature_input_hook="hook_resid_mid", feature_output_hook="hook_mlp_out",
        device=peer.CPU, dtype=torch.float32,
    )


def main() -> None:
    from circuit_tracer import attribute
    from circuit_tracer.graph import compute_node_influence

    goldens, spec = Path(sys.argv[1]), CASES["gemma3_clt_relu"]
    layout = goldens / "layouts" / "gemmascope2_clt_skip"
    dictionary = load(layout / "transcoders", spec.n_layers)
    assert dictionary.W_skip is not None
    model = peer.with_dictionary(spec, goldens / spec.name / "model", dictionary)
    ids = model.ensure_tokenized(spec.prompt)
    context = model.setup_attribution(ids)
    graph = attribute(
        prompt=ids, model=model, batch_size=spec.batch_size, max_n_logits=spec.max_n_logits,
        desired_logit_prob=spec.desired_logit_prob,
    )
    weights = torch.zeros(len(graph.adjacency_matrix))
    weights[-len(graph.logit_probabilities) :] = graph.logit_probabilities
    tensors = {
        "input_ids": ids,
        "error_vectors": context.error_vectors,
        "active_features": graph.active_features,
        "activation_values": graph.activation_values,
        "adjacency": graph.adjacency_matrix,
        "logit_token_ids": graph.logit_token_ids,
        "logit_probabilities": graph.logit_probabilities,
        "node_influence": compute_node_influence(graph.adjacency_matrix, weights),
    }
    tensors = {name: x.detach().contiguous().clone() for name, x in tensors.items()}
    save_file(tensors, layout / "peer.safetensors")


if __name__ == "__main__":
    main()
