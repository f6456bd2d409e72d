"""A Llama forward pass and a transcoder in numpy, f64: the oracle of goldens the peer did not make.

Checked against the peer's numbers before it is trusted with new ones (`agrees_with_reference`).
Shapes: t tokens, d model width, h query heads, k kv heads, e head width, f features, l layers.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np

from tensors import Tensors


@dataclasses.dataclass
class Forward:
    """What the goldens need of one forward pass."""

    logits_tv: np.ndarray
    resid_mid_ltd: np.ndarray
    mlp_in_ltd: np.ndarray
    mlp_out_ltd: np.ndarray


def rms_norm(x_td: np.ndarray, weight_d: np.ndarray, eps: float) -> np.ndarray:
    """Root-mean-square norm with gain."""
    return x_td / np.sqrt((x_td**2).mean(-1, keepdims=True) + eps) * weight_d


def llama3_frequencies(config: dict) -> np.ndarray:
    """Inverse frequencies with Llama 3.1's scaling: slow ones divided, a ramp between."""
    width = config["head_dim"]
    freq = config["rope_theta"] ** -(np.arange(0, width, 2) / width)
    scaling = config["rope_scaling"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * freq / (2 * math.pi)
    smooth = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return freq / scaling["factor"] * (1 - smooth) + freq * smooth


def rotate(x_the: np.ndarray, freq: np.ndarray) -> np.ndarray:
    """Rotary embedding in the half-split convention of Hugging Face."""
    angle = np.arange(len(x_the))[:, None] * freq
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = np.split(x_the, 2, axis=-1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def attention(x_td: np.ndarray, w: Tensors, prefix: str, config: dict) -> np.ndarray:
    """Causal grouped-query attention of one layer."""
    n_heads, n_kv, width = (
        config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"],
    )
    n_tokens, freq = len(x_td), llama3_frequencies(config)
    q = rotate((x_td @ w[prefix + "q_proj.weight"].T).reshape(n_tokens, n_heads, width), freq)
    k = rotate((x_td @ w[prefix + "k_proj.weight"].T).reshape(n_tokens, n_kv, width), freq)
    v = (x_td @ w[prefix + "v_proj.weight"].T).reshape(n_tokens, n_kv, width)
    k, v = (np.repeat(x, n_heads // n_kv, axis=1) for x in (k, v))
    score = np.einsum("the,she->hts", q, k) / math.sqrt(width)
    score = np.where(np.tri(n_tokens, dtype=bool), score, -np.inf)
    pattern = np.exp(score - score.max(-1, keepdims=True))
    pattern /= pattern.sum(-1, keepdims=True)
    z = np.einsum("hts,she->the", pattern, v).reshape(n_tokens, -1)
    return z @ w[prefix + "o_proj.weight"].T


def llama(weights: Tensors, config_path: Path, ids: np.ndarray) -> Forward:
    """One forward pass in f64."""
    config = json.loads(config_path.read_text())
    w = {name: x.astype(np.float64) for name, x in weights.items()}
    eps = config["rms_norm_eps"]
    x = w["model.embed_tokens.weight"][ids]
    mids, reads, writes = [], [], []
    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        normed = rms_norm(x, w[p + "input_layernorm.weight"], eps)
        mid = x + attention(normed, w, p + "self_attn.", config)
        read = rms_norm(mid, w[p + "post_attention_layernorm.weight"], eps)
        gate = read @ w[p + "mlp.gate_proj.weight"].T
        up = read @ w[p + "mlp.up_proj.weight"].T
        out = (gate / (1 + np.exp(-gate)) * up) @ w[p + "mlp.down_proj.weight"].T
        x = mid + out
        mids.append(mid), reads.append(read), writes.append(out)
    logits = rms_norm(x, w["model.norm.weight"], eps) @ w["lm_head.weight"].T
    return Forward(logits, np.stack(mids), np.stack(reads), np.stack(writes))


@dataclasses.dataclass
class Layer:
    """One layer of a dictionary; `w_dec_fjd[:, j]` writes to layer `layer + j`."""

    w_enc_fd: np.ndarray
    b_enc_f: np.ndarray
    w_dec_fjd: np.ndarray
    b_dec_d: np.ndarray
    threshold: np.ndarray
    affine_dd: np.ndarray | None = None


def encode(layers: list[Layer], reads_ltd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """JumpReLU activations `[L, T, F]` with position 0 zeroed, and pre-activation minus gate."""
    pre = np.stack([
        x @ layer.w_enc_fd.T.astype(np.float64) + layer.b_enc_f
        for x, layer in zip(reads_ltd.astype(np.float64), layers, strict=True)
    ])
    gate = np.stack([np.broadcast_to(layer.threshold, layer.b_enc_f.shape) for layer in layers])
    distance = pre - gate[:, None]
    acts = np.where(distance > 0, pre, 0.0)
    acts[:, 0] = 0
    return acts, distance[:, 1:]


def encode_topk(layers: list[Layer], reads_ltd: np.ndarray, k: int) -> tuple[np.ndarray, float]:
    """TopK activations `[L, T, F]` with position 0 zeroed, and the smallest gap at the gate."""
    pre = np.stack([
        x @ layer.w_enc_fd.T.astype(np.float64) + layer.b_enc_f
        for x, layer in zip(reads_ltd.astype(np.float64), layers, strict=True)
    ])
    ranked = np.sort(pre, axis=-1)
    acts = np.where(pre >= ranked[..., -k, None], pre, 0.0)
    acts[:, 0] = 0
    return acts, float((ranked[..., -k] - ranked[..., -k - 1])[:, 1:].min())


def error_vectors(
    layers: list[Layer], acts_ltf: np.ndarray, reads_ltd: np.ndarray, writes_ltd: np.ndarray
) -> np.ndarray:
    """What the dictionary does not explain of each MLP output, position 0 zeroed."""
    recon = np.zeros(writes_ltd.shape)
    for source, layer in enumerate(layers):
        recon[source] += layer.b_dec_d
        if layer.affine_dd is not None:
            recon[source] += reads_ltd[source].astype(np.float64) @ layer.affine_dd
        for offset in range(layer.w_dec_fjd.shape[1]):
            recon[source + offset] += acts_ltf[source] @ layer.w_dec_fjd[:, offset]
    error = writes_ltd - recon
    error[:, 0] = 0
    return error


def active(acts_ltf: np.ndarray) -> Tensors:
    """The active features under the reference's names, sorted by layer, position, index."""
    index = np.argwhere(acts_ltf != 0)
    return {
        "active_features": index.astype(np.int64),
        "activation_values": acts_ltf[tuple(index.T)].astype(np.float32),
    }
