"""Steps of transcoder training in dense PyTorch, measured: the other side of `--only train`.

The same loss from the same start as `crates/connectome/examples/train_step.rs`, which writes the
parameters and the batch: JumpReLU with the rectangle estimator on thresholds and pre-activations,
tanh penalty by concatenated decoder norms, pre-activation loss, clipping, Adam. Every matrix
product is over all features, as in the open trainers; the optimiser is PyTorch's fused one.

    python xtask/peer/dense_step.py --start start.safetensors --steps 5 --threads 2

Needs torch and safetensors. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import safetensors.torch
import torch

BANDWIDTH, STRETCH, SPARSITY, PRE, RATE, MAX_NORM = 1.0, 4.0, 1.0, 3e-6, 2e-4, 1.0


class JumpRelu(torch.autograd.Function):
    """`h 1[h > θ]` with the rectangle as straight-through estimator."""

    @staticmethod
    def forward(ctx, h, threshold):
        act = torch.where(h > threshold, h, 0.0)
        ctx.save_for_backward(h, threshold)
        return act

    @staticmethod
    def backward(ctx, grad):
        h, threshold = ctx.saved_tensors
        slope = torch.where((h - threshold).abs() < BANDWIDTH / 2, threshold / BANDWIDTH, 0.0)
        by_threshold = -(grad * slope).sum(0)
        return grad * (slope + (h > threshold)), by_threshold


def loss(params: dict, x: list, y: list):
    """The loss, and how many features fire on a token of a layer."""
    n_layers, n_tokens = len(x), len(x[0])
    acts, penalty = [], 0.0
    for layer in range(n_layers):
        h = torch.addmm(params[f"{layer}.b_enc"], x[layer], params[f"{layer}.w_enc"].T)
        threshold = params[f"{layer}.log_threshold"].exp()
        act = JumpRelu.apply(h, threshold)
        rows = [params[f"{layer}.w_dec.{out}"] for out in range(n_layers - layer)]
        norm = torch.stack([row.square().sum(1) for row in rows]).sum(0).sqrt()
        penalty = penalty + SPARSITY / n_tokens * torch.tanh(STRETCH * norm * act).sum()
        penalty = penalty + PRE / n_tokens * ((threshold - h).relu() * norm).sum()
        acts.append(act)
    error = 0.0
    for layer in range(n_layers):
        made = params[f"{layer}.b_dec"]
        for source in range(layer + 1):
            made = made + acts[source] @ params[f"{source}.w_dec.{layer - source}"]
        error = error + (made - y[layer]).square().sum() / n_tokens
    fired = sum((act != 0).sum() for act in acts).item() / (n_layers * n_tokens)
    return error + penalty, fired


def cpu_secs() -> float:
    """User and system seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Runs the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", required=True)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--autocast", action="store_true", help="products in bfloat16")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    start = safetensors.torch.load_file(args.start)
    n_layers = sum(name.startswith("x.") for name in start)
    x, y = ([start.pop(f"{side}.{layer}") for layer in range(n_layers)] for side in "xy")
    params = {
        name.removeprefix("params."): tensor.clone().requires_grad_()
        for name, tensor in start.items() if tensor.numel()
    }
    del start
    optimiser = torch.optim.Adam(params.values(), lr=RATE, fused=True)
    steps = []
    for _ in range(args.steps):
        wall, cpu = time.perf_counter(), cpu_secs()
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.autocast):
            value, fired = loss(params, x, y)
        value.backward()
        norm = torch.nn.utils.clip_grad_norm_(params.values(), MAX_NORM)
        optimiser.step()
        steps.append({
            "loss": value.item(), "grad_norm": norm.item(), "l0_per_layer": fired,
            "cpu_s": cpu_secs() - cpu, "wall_s": time.perf_counter() - wall,
        })
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"steps": steps, "torch": torch.__version__, "peak_rss_bytes": peak}))


if __name__ == "__main__":
    main()
