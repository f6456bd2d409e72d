"""Dictionaries for a tiny model, in circuit-tracer's native layout.

Encoders are random, biases and thresholds make a set fraction of features fire, and decoders are
fitted by ridge regression, so that error nodes are moderate and no feature is idle.
Shapes: n calibration tokens, d width, f features, j layers a feature writes to.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file

from models import values_at_sites
from spec import Spec


def ridge(a: torch.Tensor, b: torch.Tensor, strength: float) -> torch.Tensor:
    """`x` with `a x` close to `b`."""
    damping = strength * torch.eye(a.shape[1]) * a.shape[0] / 100.0
    return torch.linalg.solve(a.T @ a + damping, a.T @ b)


def calibration(spec: Spec, model, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Values at the reading and writing sites on random ids, [L, n, d]; position 0 left out."""
    shape = (spec.calib_seqs, spec.calib_len)
    ids = torch.randint(4, spec.vocab, shape, generator=generator)
    ids[:, 0] = 1
    reads, writes, _ = values_at_sites(model, spec, ids)
    flat = (spec.n_layers, -1, spec.d_model)
    return reads[:, :, 1:].reshape(flat).float(), writes[:, :, 1:].reshape(flat).float()


def encoder(
    spec: Spec, pre_nf: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Biases, thresholds and activations of one layer, from its unbiased pre-activations."""
    n_tokens, n_features = pre_nf.shape
    jitter = torch.rand(n_features, generator=generator)
    if spec.act == "topk":
        b_enc = 0.1 * torch.randn(n_features, generator=generator)
        top, index = (pre_nf + b_enc).topk(spec.k, dim=-1)
        return b_enc, torch.zeros(n_features), torch.zeros_like(pre_nf).scatter(-1, index, top)
    rate = spec.active_fraction * (0.3 + 1.4 * jitter)
    ranked, every = pre_nf.sort(dim=0).values, torch.arange(n_features)

    def quantile(q: torch.Tensor) -> torch.Tensor:
        return ranked[(q * (n_tokens - 1)).long(), every]

    if spec.act == "relu":
        b_enc = -quantile(1 - rate)
        return b_enc, torch.zeros(n_features), (pre_nf + b_enc).clamp(min=0)
    b_enc = -quantile((1 - 3 * rate).clamp(min=0.05))
    threshold = quantile(1 - rate) + b_enc
    biased = pre_nf + b_enc
    return b_enc, threshold, biased * (biased > threshold)


def per_layer_decoders(spec: Spec, reads, writes, acts, generator):
    """`W_dec`, `b_dec` and `W_skip` of each layer."""
    scale = writes.pow(2).mean(dim=(1, 2)).sqrt()
    out = []
    for layer, (x, y, a) in enumerate(zip(reads, writes, acts, strict=True)):
        b_dec = y.mean(0)
        rest, skip = y - b_dec, None
        if spec.skip:
            linear = ridge(x, rest, 3.0)
            skip = linear.T  # stored for `x @ W_skip.T`
            rest = rest - x @ linear
        out.append((ridge(a, rest, 1.0) + noise(spec, scale[layer], generator), b_dec, skip))
    return out


def noise(spec: Spec, scale: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    shape = (spec.d_transcoder, spec.d_model)
    return 0.1 * scale * torch.randn(shape, generator=generator) / math.sqrt(spec.d_model)


def cross_layer_decoders(spec: Spec, writes, acts, generator):
    """`W_dec` of each layer, [f, j, d], and `b_dec`."""
    n_layers, n_features = spec.n_layers, spec.d_transcoder
    w_dec = [torch.zeros(n_features, n_layers - s, spec.d_model) for s in range(n_layers)]
    b_dec = [y.mean(0) for y in writes]
    scale = writes.pow(2).mean(dim=(1, 2)).sqrt()
    for target in range(n_layers):
        features = torch.cat(list(acts[: target + 1]), dim=1)
        fit = ridge(features, writes[target] - b_dec[target], 2.0)
        for source in range(target + 1):
            rows = fit[source * n_features : (source + 1) * n_features]
            w_dec[source][:, target - source] = rows + noise(spec, scale[target], generator)
    return w_dec, b_dec


@torch.no_grad()
def build_dictionary(spec: Spec, model, folder: Path) -> None:
    """Writes the dictionary of a case to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(2000 + spec.seed)
    reads, writes = calibration(spec, model, generator)
    shape = (spec.n_layers, spec.d_transcoder, spec.d_model)
    w_enc = torch.randn(shape, generator=generator) / math.sqrt(spec.d_model)
    b_enc, threshold, acts = zip(
        *(encoder(spec, x @ w.T, generator) for x, w in zip(reads, w_enc, strict=True)), strict=True
    )
    if spec.kind == "plt":
        decoders = per_layer_decoders(spec, reads, writes, acts, generator)
        for layer, (w_dec, b_dec, skip) in enumerate(decoders):
            tensors = {"W_enc": w_enc[layer], "W_dec": w_dec, "b_enc": b_enc[layer], "b_dec": b_dec}
            if spec.act == "jumprelu":
                tensors["activation_function.threshold"] = threshold[layer]
            if skip is not None:
                tensors["W_skip"] = skip
            save(spec, tensors, folder / f"layer_{layer}.safetensors")
    else:
        decoders, b_dec = cross_layer_decoders(spec, writes, acts, generator)
        for layer, w_dec in enumerate(decoders):
            tensors = {
                f"W_enc_{layer}": w_enc[layer],
                f"b_enc_{layer}": b_enc[layer],
                f"b_dec_{layer}": b_dec[layer],
            }
            if spec.act == "jumprelu":
                tensors[f"threshold_{layer}"] = threshold[layer]
            save(spec, tensors, folder / f"W_enc_{layer}.safetensors")
            save(spec, {f"W_dec_{layer}": w_dec}, folder / f"W_dec_{layer}.safetensors")
    write_config(spec, folder / "config.yaml")


def save(spec: Spec, tensors: dict[str, torch.Tensor], path: Path) -> None:
    dtype = getattr(torch, spec.dtype)
    save_file({name: x.to(dtype).contiguous() for name, x in tensors.items()}, path)


def write_config(spec: Spec, path: Path) -> None:
    reads, writes = spec.hooks()
    config = {
        "model_kind": "transcoder_set" if spec.kind == "plt" else "cross_layer_transcoder",
        "feature_input_hook": reads,
        "feature_output_hook": writes,
        "scan": f"ref/{spec.name}",
        "model_name": f"ref/{spec.arch}-tiny",
    }
    if spec.act == "topk":
        config |= {"activation": "topk", "k": spec.k}
    path.write_text(yaml.dump(config))
