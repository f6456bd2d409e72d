"""Loading a case into circuit-tracer, and its interventions.

circuit-tracer is upstream's 0.4.1; of a release with another argument order only keywords are used.
TransformerLens is told the sizes of a local model by `xtask/peer/tl_local.py`, to which Gemma 3 is
added here: it needs the mended peer that only a golden uses.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from pathlib import Path

import torch
import yaml

from spec import Spec

sys.path.insert(0, str(Path(__file__).parents[3] / "xtask" / "peer"))

import tl_local  # noqa: E402

CPU = torch.device("cpu")
MAX_TOKENS = 2048


def load_dictionary(folder: Path, dtype: torch.dtype):
    """circuit-tracer's own loaders.

    Its loader of local folders ignores `activation` and `k`, so a per-layer set goes through the
    one that takes a list of files, which honours them.
    """
    from circuit_tracer.transcoder.cross_layer_transcoder import load_clt
    from circuit_tracer.utils.hf_utils import load_transcoders

    config = yaml.safe_load((folder / "config.yaml").read_text())
    if config["model_kind"] == "transcoder_set":
        n_layers = len(list(folder.glob("layer_*.safetensors")))
        files = [str(folder / f"layer_{layer}.safetensors") for layer in range(n_layers)]
        config |= {"transcoders": files}
        loaded = load_transcoders(config, device=CPU, dtype=dtype, lazy_encoder=False)
        # The release on PyPI drops `activation` and would run a TopK set as ReLU.
        is_topk = type(loaded.transcoders[0].activation_function).__name__ == "TopK"
        assert is_topk == (config.get("activation") == "topk"), "this peer ignores `activation: topk`"
        return loaded
    return load_clt(
        str(folder), feature_input_hook=config["feature_input_hook"],
        feature_output_hook=config["feature_output_hook"], scan=config["scan"], device=CPU,
        dtype=dtype, lazy_encoder=False,
    )


def gemma3_config(directory: str) -> dict:
    """TransformerLens' config of a local Gemma 3."""
    from transformers import AutoConfig

    c = AutoConfig.from_pretrained(directory)
    kinds = ["local" if kind == "sliding_attention" else "global" for kind in c.layer_types]
    return dict(
        tl_local.rms_config(c, "Gemma3ForCausalLM", min(c.max_position_embeddings, MAX_TOKENS)),
        act_fn="gelu_pytorch_tanh", n_key_value_heads=c.num_key_value_heads,
        use_normalization_before_and_after=True, use_local_attn=True, window_size=c.sliding_window,
        attn_types=kinds, attn_scale=float(c.query_pre_attn_scalar) ** 0.5, initializer_range=0.02,
        use_qk_norm=True, rotary_base_local=c.rope_local_base_freq,
        original_architecture=c.architectures[0], tokenizer_name=directory,
    )


@contextlib.contextmanager
def separate_rope_tables(wanted: bool):
    """Keeps the peer from sharing attention buffers across layers, if `wanted`."""
    if not wanted:
        yield
        return
    from circuit_tracer.replacement_model.replacement_model_transformerlens import (
        TransformerLensReplacementModel as Model,
    )

    saved = Model._deduplicate_attention_buffers
    Model._deduplicate_attention_buffers = lambda self: None
    try:
        yield
    finally:
        Model._deduplicate_attention_buffers = saved


@functools.cache
def allow_local_directories() -> None:
    """Lets TransformerLens load local models, Gemma 3 too; once a process."""
    local_config = tl_local.local_config

    def with_gemma3(directory: str, n_tokens: int) -> dict:
        is_gemma3 = "Gemma3" in (Path(directory) / "config.json").read_text()
        return gemma3_config(directory) if is_gemma3 else local_config(directory, n_tokens)

    tl_local.local_config = with_gemma3
    tl_local.allow_local_directories(MAX_TOKENS)


def with_dictionary(spec: Spec, model_dir: Path, dictionary, hf_model=None):
    """A local model with a dictionary, in the back end that the case asks for."""
    from circuit_tracer import ReplacementModel
    from transformers import AutoTokenizer

    create = ReplacementModel.from_pretrained_and_transcoders
    common = dict(backend=spec.backend, device=CPU, dtype=getattr(torch, spec.dtype))
    if spec.backend == "nnsight":
        return create(str(model_dir), dictionary, **common)
    allow_local_directories()
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    with separate_rope_tables(spec.tl_fix_dedupe):
        return create(str(model_dir), dictionary, hf_model=hf_model, tokenizer=tokenizer, **common)


def replacement_model(spec: Spec, folder: Path, hf_model):
    """A case's model with the case's dictionary."""
    dictionary = load_dictionary(folder / "transcoders", getattr(torch, spec.dtype))
    return with_dictionary(spec, folder / "model", dictionary, hf_model)


def strongest(graph) -> int:
    """The largest activation in the lower half of the model: what interventions change."""
    layers = graph.active_features[:, 0]
    values = graph.activation_values.abs().masked_fill(layers > graph.cfg.n_layers // 2, -1.0)
    return int(values.argmax())


def interventions(spec: Spec, graph) -> list[dict]:
    """Every mode of intervention, on the strongest feature and on one that does not fire."""
    n_layers, last = spec.n_layers, graph.n_pos - 1
    index = strongest(graph)
    layer, pos, feature = (int(x) for x in graph.active_features[index])
    value = float(graph.activation_values[index])
    firing = {tuple(row) for row in graph.active_features.tolist()}
    silent = next(f for f in range(spec.d_transcoder) if (1, last, f) not in firing)
    ablate, double = [[layer, pos, feature, 0.0]], [[layer, pos, feature, 2 * value]]
    several = [[layer, pos, feature, -value], [1, last, silent, 3.0], [0, [1, None], feature, 1.5]]

    def one(name, edits, constrained, frozen, gate=True, acts=False):
        return dict(
            name=name, interventions=edits, constrained_layers=constrained,
            freeze_attention=frozen, apply_activation_function=gate, save_acts=acts,
        )

    everywhere, upto = [0, n_layers], [layer, max(n_layers - 1, layer + 1)]
    return [
        one("none (baseline, no freezing)", [], None, False),
        one("open-ended, attention free: ablate strongest", ablate, None, False, acts=True),
        one("open-ended, attention free: double strongest", double, None, False),
        one("open-ended, attention frozen: ablate", ablate, None, True, acts=True),
        one("open-ended, attention frozen: double", double, None, True),
        one("direct effects (all layers constrained): ablate", ablate, everywhere, True, False, True),
        one("direct effects (all layers constrained): double", double, everywhere, True, False, True),
        one("partially constrained [l, L-1): double", double, upto, True, False, True),
        one("partially constrained [l, l+1): double", double, [layer, layer + 1], True),
        one("multi, open-ended, attention frozen", several, None, True),
        one("multi, open-ended, attention free", several, None, False),
        one("multi, direct effects", several, everywhere, True),
    ]
