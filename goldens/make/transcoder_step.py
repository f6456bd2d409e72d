"""One step of transcoder training in PyTorch: `goldens/transcoder_step/`.

The loss of `docs/training.md` over every feature and token, with gradients by autograd and one
step of `torch.optim.AdamW` after `clip_grad_norm_`. Everything is f64; inputs are f32 numbers, and
results are rounded to f32 when they are written.

    python make/transcoder_step.py .

Needs torch, numpy and safetensors. Shapes: t tokens, d model width, f features, l layers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

N_LAYERS, N_FEATURES, D_MODEL, N_TOKENS = 3, 16, 12, 10
RATE, MAX_NORM = 1e-2, 1.0

BASE = {
    "gate": "jumprelu", "bandwidth": 0.8, "ste_to_preact": "rect", "norm": "concatenated",
    "window": 3, "skip": False, "lambda": 0.0, "stretch": 4.0, "frequency_scale": None,
    "pre": 0.0, "pre_on": "all", "aux_k": 0, "aux": 0.0, "k": 0, "scope": "layer",
    "weight_decay": 0.0,
}
CASES = {
    "clt_paper": {"lambda": 0.5, "pre": 0.02},
    "clt_thresholds_only": {"ste_to_preact": "off", "lambda": 0.5, "pre": 0.05, "pre_on": "dead"},
    "clt_summed_norms": {"norm": "summed", "lambda": 0.5, "frequency_scale": 0.1, "pre": 0.02},
    "windowed_skip": {"window": 2, "skip": True, "lambda": 0.3, "weight_decay": 0.1},
    "plt_relu": {"gate": "relu", "window": 1, "lambda": 0.3},
    "plt_topk_aux": {"gate": "topk", "window": 1, "k": 3, "aux_k": 2, "aux": 0.25},
    "clt_batch_topk_all": {"gate": "batch_topk", "k": 3, "scope": "all", "norm": "summed"},
}


class JumpRelu(torch.autograd.Function):
    """`h 1[h > θ]` with the rectangle as straight-through estimator."""

    @staticmethod
    def forward(ctx, h, threshold, bandwidth, to_preact):
        ctx.save_for_backward(h, threshold)
        ctx.settings = (bandwidth, to_preact)
        return h * (h > threshold)

    @staticmethod
    def backward(ctx, grad):
        h, threshold = ctx.saved_tensors
        bandwidth, to_preact = ctx.settings
        inside = ((h - threshold).abs() < bandwidth / 2).to(h)
        slope = threshold / bandwidth * inside
        by_h = grad * ((h > threshold).to(h) + (slope if to_preact else 0.0))
        return by_h, -(grad * slope).sum(0), None, None


def norms(case, params, layer):
    """Decoder norm of every feature of a layer."""
    rows = [p for name, p in params.items() if name.startswith(f"{layer}.w_dec.")]
    each = torch.stack([row.norm(dim=1) for row in rows])
    return each.square().sum(0).sqrt() if case["norm"] == "concatenated" else each.sum(0)


def gates(case, params, pre_ltf):
    """Activations of all layers."""
    if case["gate"] == "relu":
        return [pre_tf.relu() for pre_tf in pre_ltf]
    if case["gate"] == "jumprelu":
        to_preact = case["ste_to_preact"] == "rect"
        thresholds = [params[f"{layer}.log_threshold"].exp() for layer in range(N_LAYERS)]
        return [
            JumpRelu.apply(pre_tf, threshold, case["bandwidth"], to_preact)
            for pre_tf, threshold in zip(pre_ltf, thresholds)
        ]
    if case["gate"] == "topk":
        keep = [torch.zeros_like(p).scatter(1, p.topk(case["k"], 1).indices, 1) for p in pre_ltf]
        return [pre_tf * mask for pre_tf, mask in zip(pre_ltf, keep)]
    assert case["scope"] == "all"
    weighted = [p.relu() * norms(case, params, layer) for layer, p in enumerate(pre_ltf)]
    flat = torch.cat([scores.flatten() for scores in weighted]).detach()
    least = flat.topk(case["k"] * N_TOKENS * N_LAYERS).values[-1]
    return [p * ((scores.detach() >= least) & (p > 0)) for p, scores in zip(pre_ltf, weighted)]


def decode(case, params, act_ltf, layer):
    """Reconstruction of a layer without bias and skip."""
    sources = range(max(0, layer + 1 - case["window"]), layer + 1)
    return sum(act_ltf[s] @ params[f"{s}.w_dec.{layer - s}"] for s in sources)


def loss(case, params, x_ltd, y_ltd, dead_lf):
    """The terms of the loss and what fires."""
    pre_ltf = [
        x_td @ params[f"{layer}.w_enc"].T + params[f"{layer}.b_enc"]
        for layer, x_td in enumerate(x_ltd)
    ]
    act_ltf = gates(case, params, pre_ltf)
    terms = {"reconstruction": 0.0, "sparsity": 0.0, "pre_activation": 0.0, "aux": 0.0}
    errors = []
    for layer in range(N_LAYERS):
        made = decode(case, params, act_ltf, layer) + params[f"{layer}.b_dec"]
        if case["skip"]:
            made = made + x_ltd[layer] @ params[f"{layer}.w_skip"]
        errors.append(y_ltd[layer] - made)
        terms["reconstruction"] += errors[-1].square().sum() / N_TOKENS
        norm_f = norms(case, params, layer)
        frequency_f = (case["stretch"] * norm_f * act_ltf[layer]).tanh().mean(0)
        excess_f = frequency_f / case["frequency_scale"] if case["frequency_scale"] else 0.0
        terms["sparsity"] += case["lambda"] * (frequency_f * (1 + excess_f)).sum()
        threshold_f = (
            params[f"{layer}.log_threshold"].exp() if case["gate"] == "jumprelu" else 0.0
        )
        below_tf = (threshold_f - pre_ltf[layer]).relu() * norm_f
        counts_f = dead_lf[layer] if case["pre_on"] == "dead" else torch.ones_like(dead_lf[layer])
        terms["pre_activation"] += case["pre"] * (below_tf * counts_f).sum() / N_TOKENS
    if case["aux"]:
        aux_ltf = []
        for pre_tf, dead_f in zip(pre_ltf, dead_lf):
            scores = pre_tf.masked_fill(dead_f == 0, -torch.inf)
            kept = torch.zeros_like(pre_tf).scatter(1, scores.topk(case["aux_k"], 1).indices, 1)
            aux_ltf.append(pre_tf.relu() * kept * dead_f)
        for layer in range(N_LAYERS):
            share = min(1.0, float(dead_lf[layer].sum()) / case["aux_k"])
            made = decode(case, params, aux_ltf, layer)
            missed = (made - errors[layer].detach()).square().sum()
            terms["aux"] += case["aux"] * share * missed / N_TOKENS
    return terms, act_ltf


def parameters(case, rng):
    """Random parameters at which about a third of the features fires."""
    f, d = N_FEATURES, D_MODEL
    shapes = {}
    for layer in range(N_LAYERS):
        shapes[f"{layer}.w_enc"] = (f, d)
        for output in range(min(case["window"], N_LAYERS - layer)):
            shapes[f"{layer}.w_dec.{output}"] = (f, d)
        if case["skip"]:
            shapes[f"{layer}.w_skip"] = (d, d)
        shapes[f"{layer}.b_enc"] = (f,)
        if case["gate"] == "jumprelu":
            shapes[f"{layer}.log_threshold"] = (f,)
        shapes[f"{layer}.b_dec"] = (d,)
    numbers = {name: 0.3 * rng.standard_normal(shape) for name, shape in shapes.items()}
    for name in numbers:
        numbers[name] -= 1.0 if name.endswith("log_threshold") else 0.0
    return {name: np.float32(x) for name, x in numbers.items()}


def make(name, case, seed, folder):
    """One case, its numbers and what they should lead to."""
    rng = np.random.default_rng(seed)
    start = parameters(case, rng)
    x_ltd, y_ltd = np.float32(rng.standard_normal((2, N_LAYERS, N_TOKENS, D_MODEL)))
    dead_lf = np.float32(rng.random((N_LAYERS, N_FEATURES)) < 0.4)
    wide = lambda x: torch.from_numpy(x).double()
    params = {key: wide(x).requires_grad_() for key, x in start.items()}
    terms, act_ltf = loss(case, params, wide(x_ltd), wide(y_ltd), wide(dead_lf))
    sum(terms.values()).backward()
    grads = {key: p.grad.clone() for key, p in params.items()}
    decay = case["weight_decay"]
    optimiser = torch.optim.AdamW(params.values(), lr=RATE, weight_decay=decay)
    norm = torch.nn.utils.clip_grad_norm_(params.values(), MAX_NORM)
    optimiser.step()
    tensors = {"x": torch.from_numpy(x_ltd), "y": torch.from_numpy(y_ltd),
               "dead": torch.from_numpy(dead_lf)}
    for key in params:
        tensors[f"params.{key}"] = torch.from_numpy(start[key])
        tensors[f"grads.{key}"] = grads[key].float().contiguous()
        tensors[f"after.{key}"] = params[key].detach().float().contiguous()
    safetensors.torch.save_file(tensors, folder / f"{name}.safetensors")
    return case | {
        "terms": {key: float(torch.as_tensor(x).detach()) for key, x in terms.items()},
        "grad_norm": float(norm),
        "n_active": [int((act != 0).sum()) for act in act_ltf],
    }


def main(root: Path) -> None:
    """Writes all cases and their card."""
    folder = root / "transcoder_step"
    folder.mkdir(exist_ok=True)
    made = {
        name: make(name, BASE | changes, seed, folder)
        for seed, (name, changes) in enumerate(CASES.items())
    }
    card = {
        "what": "one step of transcoder training: loss, every gradient, parameters after AdamW",
        "script": "goldens/make/transcoder_step.py",
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "dtype": "computed in float64 from float32 inputs, stored as float32",
        "shape": {"n_layers": N_LAYERS, "n_features": N_FEATURES, "d_model": D_MODEL,
                  "n_tokens": N_TOKENS},
        "optimiser": {"name": "AdamW", "rate": RATE, "betas": [0.9, 0.999], "epsilon": 1e-8,
                      "max_norm": MAX_NORM},
        "tolerance": {
            "loss": {"relative": 1e-5, "why": "f32 sums in another order"},
            "gradients": {"max_abs_over_max_abs": 1e-5, "why": "f32 sums in another order"},
            "after": {"max_abs": 2e-5, "why": "a gradient near zero may change its sign: "
                      "Adam's first step is the learning rate whatever the size"},
        },
        "cases": made,
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
