"""Turn native golden models and dictionaries into the other layouts that are published.

    python layouts.py GOLDENS_DIR

Writes `GOLDENS_DIR/layouts/<name>/`. Where a layout only moves the same f32 numbers about, the
expected graph is that of the source case. Where the numbers change (rounding, an added skip), the
expected values come from `oracle.py`, which first has to reproduce the source case.
Needs numpy and safetensors; same input, same bytes out.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np

import oracle
import tensors
from tensors import Tensors

SCALAR_THRESHOLD = 0.25
SKIP_SEED = 7
LOWERED_BY = 2.0


def yaml(path: Path, **keys: object) -> None:
    """A flat `config.yaml`; a list becomes a block sequence."""
    lines = []
    for key, value in keys.items():
        if isinstance(value, list):
            lines += [f"{key}:", *(f"  - {item}" for item in value)]
        else:
            lines.append(f"{key}: {value}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def config_of(case: Path) -> dict[str, str]:
    """The flat keys of a native `config.yaml`."""
    lines = (case / "transcoders" / "config.yaml").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def card(target: Path, case: Path, what: str, **more: object) -> None:
    """The card beside a layout: what it is and where its expected numbers are."""
    text = {
        "layout": target.name,
        "what": what,
        "source_case": case.name,
        "script": "goldens/make/layouts.py",
        "versions": {"numpy": np.__version__},
        **more,
    }
    (target / "card.json").write_text(json.dumps(text, indent=2, ensure_ascii=False) + "\n")


def plt_layers(case: Path) -> list[Tensors]:
    """A per-layer dictionary in the native layout, one mapping a layer."""
    paths = sorted((case / "transcoders").glob("layer_*.safetensors"))
    return [tensors.read(path) for path in paths]


def clt_layers(case: Path) -> list[oracle.Layer]:
    """A cross-layer dictionary in the native layout."""
    layers = []
    for layer in range(len(list((case / "transcoders").glob("W_enc_*.safetensors")))):
        enc = tensors.read(case / "transcoders" / f"W_enc_{layer}.safetensors")
        dec = tensors.read(case / "transcoders" / f"W_dec_{layer}.safetensors")
        b_enc = enc[f"b_enc_{layer}"]
        layers.append(
            oracle.Layer(
                w_enc_fd=enc[f"W_enc_{layer}"],
                b_enc_f=b_enc,
                w_dec_fjd=dec[f"W_dec_{layer}"],
                b_dec_d=enc[f"b_dec_{layer}"],
                threshold=enc.get(f"threshold_{layer}", np.zeros_like(b_enc)),
            )
        )
    return layers


def gemmascope1(case: Path, target: Path) -> None:
    """`params.npz` a layer, `W_enc` stored `[d, F]`, paths listed in the config."""
    paths = []
    for layer, t in enumerate(plt_layers(case)):
        path = Path(f"layer_{layer}/width_64/average_l0_{4 + layer}/params.npz")
        (target / "transcoders" / path).parent.mkdir(parents=True, exist_ok=True)
        # The published files are stored, not deflated; the last one here is deflated, because
        # `np.savez_compressed` makes the same layout and a reader must not care.
        save = np.savez_compressed if layer == 3 else np.savez
        save(
            target / "transcoders" / path,
            W_enc=np.ascontiguousarray(t["W_enc"].T),
            W_dec=t["W_dec"],
            b_enc=t["b_enc"],
            b_dec=t["b_dec"],
            threshold=t["activation_function.threshold"],
        )
        paths.append(str(path))
    yaml(target / "transcoders" / "config.yaml", **config_of(case), transcoders=paths)
    card(target, case, "GemmaScope 1: one params.npz a layer, W_enc transposed; layer 3 deflated",
         expected=f"../../{case.name}/golden.safetensors")


def gemmascope2_plt(case: Path, target: Path) -> None:
    """`params.safetensors` a layer in GemmaScope 2's names, skip stored for `x @ affine`."""
    paths = []
    for layer, t in enumerate(plt_layers(case)):
        path = f"transcoder_all/layer_{layer}_width_64_l0_small_affine/params.safetensors"
        tensors.write(
            target / "transcoders" / path,
            {
                "w_enc": np.ascontiguousarray(t["W_enc"].T),
                "w_dec": t["W_dec"],
                "b_enc": t["b_enc"],
                "b_dec": t["b_dec"],
                "threshold": t["activation_function.threshold"],
                "affine_skip_connection": np.ascontiguousarray(t["W_skip"].T),
            },
        )
        paths.append(path)
    yaml(target / "transcoders" / "config.yaml", **config_of(case), transcoders=paths)
    card(target, case, "GemmaScope 2 per-layer: w_enc [d, F], affine_skip_connection = W_skip transposed",
         expected=f"../../{case.name}/golden.safetensors")


def stacked(target: Path, case: Path, layers: list[oracle.Layer]) -> None:
    """GemmaScope 2's cross-layer files: each holds a decoder for every layer, `[F, L, d]`."""
    paths = []
    for index, layer in enumerate(layers):
        path = f"clt/width_64_l0_medium_affine/params_layer_{index}.safetensors"
        n_features, _, d_model = layer.w_dec_fjd.shape
        # Layers below the feature's own are never used. Ones there, so that a reader that takes
        # the wrong slice is far off and not merely shifted.
        w_dec = np.ones((n_features, len(layers), d_model), dtype=np.float32)
        w_dec[:, index:] = layer.w_dec_fjd
        files = {
            "w_enc": np.ascontiguousarray(layer.w_enc_fd.T),
            "w_dec": w_dec,
            "b_enc": layer.b_enc_f,
            "b_dec": layer.b_dec_d,
            "threshold": layer.threshold,
        }
        if layer.affine_dd is not None:
            files["affine_skip_connection"] = layer.affine_dd
        tensors.write(target / "transcoders" / path, files)
        paths.append(path)
    yaml(target / "transcoders" / "config.yaml", **config_of(case), transcoders=paths)


def gemmascope2_clt(case: Path, target: Path) -> None:
    """The stacked cross-layer layout, same numbers as the source case."""
    stacked(target, case, clt_layers(case))
    card(target, case, "GemmaScope 2 cross-layer, stacked: w_dec [F, L, d], slice [:, l:] used, rest is ones",
         expected=f"../../{case.name}/golden.safetensors")


def gemmascope2_clt_skip(case: Path, target: Path) -> None:
    """The stacked layout with a linear skip, which changes the error vectors and nothing else."""
    golden = tensors.read(case / "golden.safetensors")
    layers = clt_layers(case)
    reads, writes = golden["hf_mlp_in"], golden["hf_mlp_out"].astype(np.float64)
    acts, _ = oracle.encode(layers, reads)
    close(oracle.error_vectors(layers, acts, reads, writes), golden["error_vectors"], 2e-5)

    rng = np.random.default_rng(SKIP_SEED)
    d_model = reads.shape[-1]
    for layer in layers:
        layer.affine_dd = (0.1 * rng.standard_normal((d_model, d_model))).astype(np.float32)
    stacked(target, case, layers)
    errors = oracle.error_vectors(layers, acts, reads, writes).astype(np.float32)
    tensors.write(target / "golden.safetensors",
                  {"input_ids": golden["input_ids"], **oracle.active(acts), "error_vectors": errors})
    card(target, case, "GemmaScope 2 cross-layer, stacked, with affine_skip_connection used as x @ affine",
         expected="golden.safetensors", seed=SKIP_SEED, dtype="float32",
         peer="peer.safetensors, by goldens/make/reference/clt_skip.py with circuit-tracer 0.5.0 (PyPI)",
         tolerance={
             "error_vectors": {"max_abs": 2e-5, "why": "f32 sums of width 32 and four layers"},
             "adjacency": {"max_abs_over_max_abs": 1e-4, "why": "sums in another order"},
             "node_influence": {"max_abs": 1e-5, "why": "a sum over paths of normalized edges"},
         })


def llama_plt_topk_negative(case: Path, target: Path) -> None:
    """TopK where most of what stays is negative, which tells it from TopK after a ReLU."""
    golden = tensors.read(case / "golden.safetensors")
    config = config_of(case)
    k, reads = int(config["k"]), golden["hf_mlp_in"]
    writes = golden["hf_mlp_out"].astype(np.float64)

    def layers_with(files: list[Tensors]) -> list[oracle.Layer]:
        return [
            oracle.Layer(
                w_enc_fd=t["W_enc"], b_enc_f=t["b_enc"], w_dec_fjd=t["W_dec"][:, None],
                b_dec_d=t["b_dec"], threshold=np.zeros(()), affine_dd=t["W_skip"].T,
            )
            for t in files
        ]

    files = plt_layers(case)
    layers = layers_with(files)
    acts, _ = oracle.encode_topk(layers, reads, k)
    close(oracle.error_vectors(layers, acts, reads, writes), golden["error_vectors"], 2e-5)

    for index, t in enumerate(files):
        t["b_enc"] = t["b_enc"] - np.float32(LOWERED_BY)
        stored = t | {"k": np.array(k, dtype=np.int64)}
        tensors.write(target / "transcoders" / f"layer_{index}.safetensors", stored)
    yaml(target / "transcoders" / "config.yaml", **config)
    layers = layers_with(files)
    acts, gap = oracle.encode_topk(layers, reads, k)
    errors = oracle.error_vectors(layers, acts, reads, writes).astype(np.float32)
    tensors.write(target / "golden.safetensors",
                  {"input_ids": golden["input_ids"], **oracle.active(acts), "error_vectors": errors})
    card(target, case, f"TopK with b_enc lowered by {LOWERED_BY}: negative pre-activations stay",
         expected="golden.safetensors", dtype="float32", computed_in="float64",
         n_negative=int((acts < 0).sum()), smallest_gap_at_the_gate=gap,
         tolerance={
             "active_features": {"exact": True, "why": "the gap at the gate is far above rounding"},
             "activation_values": {"max_abs": 2e-5, "why": "one f32 product of width 32"},
             "error_vectors": {"max_abs": 2e-5, "why": "f32 sums of width 32"},
         })


def close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """The oracle must reproduce the peer before it is believed."""
    worst = float(np.abs(found - expected).max())
    assert worst < tolerance, f"oracle differs from the reference by {worst}, allowed {tolerance}"


def rounded_model(case: Path, target: Path, dtype: str) -> tuple[Tensors, np.ndarray]:
    """Copy a Llama case's model with weights rounded to `dtype`; its weights and the prompt."""
    golden = tensors.read(case / "golden.safetensors")
    weights = tensors.read(case / "model" / "model.safetensors")
    config = case / "model" / "config.json"
    ids = golden["input_ids"]
    forward = oracle.llama(weights, config, ids)
    close(forward.logits_tv, golden["hf_logits"], 2e-5)

    copy_model(case, target)
    text = config.read_text()
    name = {"BF16": "bfloat16", "F16": "float16"}[dtype]
    (target / "model" / "config.json").write_text(text.replace('"float32"', f'"{name}"'))
    rounded = {key: tensors.round_to(dtype, x) for key, x in weights.items()}
    tensors.write(target / "model" / "model.safetensors", rounded, dtype)
    return rounded, ids


def copy_model(case: Path, target: Path) -> None:
    """The model's folder without its weights."""
    (target / "model").mkdir(exist_ok=True)
    for path in sorted((case / "model").glob("*.json")):
        shutil.copyfile(path, target / "model" / path.name)


def rounded_golden(
    target: Path, case: Path, what: str, dtype: str,
    layers: list[oracle.Layer], ids: np.ndarray, forward: oracle.Forward, reads_ltd: np.ndarray,
) -> None:
    """Expected values of a rounded model and dictionary, and their card."""
    acts, distance = oracle.encode(layers, reads_ltd)
    errors = oracle.error_vectors(layers, acts, reads_ltd, forward.mlp_out_ltd)
    tensors.write(
        target / "golden.safetensors",
        {
            "input_ids": ids,
            "logits": forward.logits_tv.astype(np.float32),
            **oracle.active(acts),
            "error_vectors": errors.astype(np.float32),
        },
    )
    card(
        target, case, what, expected="golden.safetensors", dtype=dtype,
        computed_in="float64, from the rounded weights",
        closest_to_gate=float(np.abs(distance).min()),
        tolerance={
            "logits": {"max_abs": 1e-4, "why": "f32 rounding of four layers; the weights are exact"},
            "active_features": {"exact": True, "why": "`closest_to_gate` is far above rounding"},
            "activation_values": {"max_abs": 2e-5, "why": "one f32 product of width 32"},
            "error_vectors": {"max_abs": 2e-5, "why": "f32 sums of width 32"},
        },
    )


def llama_clt_bf16(case: Path, target: Path) -> None:
    """Model and cross-layer dictionary in bf16."""
    weights, ids = rounded_model(case, target, "BF16")
    layers = clt_layers(case)
    for index, layer in enumerate(layers):
        for field in ("w_enc_fd", "b_enc_f", "w_dec_fjd", "b_dec_d", "threshold"):
            setattr(layer, field, tensors.round_to("BF16", getattr(layer, field)))
        folder = target / "transcoders"
        tensors.write(
            folder / f"W_enc_{index}.safetensors",
            {
                f"W_enc_{index}": layer.w_enc_fd,
                f"b_enc_{index}": layer.b_enc_f,
                f"b_dec_{index}": layer.b_dec_d,
                f"threshold_{index}": layer.threshold,
            },
            "BF16",
        )
        tensors.write(folder / f"W_dec_{index}.safetensors", {f"W_dec_{index}": layer.w_dec_fjd}, "BF16")
    yaml(target / "transcoders" / "config.yaml", **config_of(case))
    forward = oracle.llama(weights, case / "model" / "config.json", ids)
    rounded_golden(target, case, "model and cross-layer dictionary rounded to bf16", "bfloat16",
                   layers, ids, forward, forward.resid_mid_ltd)


def llama_plt_f16(case: Path, target: Path) -> None:
    """Model and per-layer dictionary in f16, JumpReLU with one threshold for a whole layer."""
    weights, ids = rounded_model(case, target, "F16")
    layers = []
    for index, t in enumerate(plt_layers(case)):
        t = {key: tensors.round_to("F16", x) for key, x in t.items()}
        t["activation_function.threshold"] = np.array(SCALAR_THRESHOLD, dtype=np.float32)
        tensors.write(target / "transcoders" / f"layer_{index}.safetensors", t, "F16")
        layers.append(
            oracle.Layer(
                w_enc_fd=t["W_enc"], b_enc_f=t["b_enc"], w_dec_fjd=t["W_dec"][:, None],
                b_dec_d=t["b_dec"], threshold=t["activation_function.threshold"],
            )
        )
    yaml(target / "transcoders" / "config.yaml", **config_of(case))
    forward = oracle.llama(weights, case / "model" / "config.json", ids)
    rounded_golden(target, case, "model and per-layer dictionary rounded to f16; scalar threshold 0.25",
                   "float16", layers, ids, forward, forward.mlp_in_ltd)


def sharded(case: Path, target: Path) -> None:
    """The same f32 model in two files and an index, as large checkpoints are published."""
    copy_model(case, target)
    weights = tensors.read(case / "model" / "model.safetensors")
    names = sorted(weights)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    weight_map, total = {}, 0
    for number, part in enumerate(halves, start=1):
        file = f"model-{number:05}-of-00002.safetensors"
        total += tensors.write(target / "model" / file, {name: weights[name] for name in part})
        weight_map |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (target / "model" / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    card(target, case, "model in two shards with model.safetensors.index.json; dictionary of the source case",
         expected=f"../../{case.name}/golden.safetensors", transcoders=f"../../{case.name}/transcoders")


LAYOUTS = {
    "gemmascope1": (gemmascope1, "gemma2_plt_jumprelu"),
    "gemmascope2_clt": (gemmascope2_clt, "gemma2_clt_jumprelu"),
    "gemmascope2_clt_skip": (gemmascope2_clt_skip, "gemma3_clt_relu"),
    "gemmascope2_plt": (gemmascope2_plt, "gemma3_plt_jumprelu_skip"),
    "llama_clt_bf16": (llama_clt_bf16, "llama_clt_jumprelu"),
    "llama_plt_f16": (llama_plt_f16, "llama_plt_relu"),
    "llama_plt_topk_negative": (llama_plt_topk_negative, "llama_plt_topk_skip"),
    "llama_sharded": (sharded, "llama_clt_relu"),
}


def main() -> None:
    """Write every layout. What `reference/clt_skip.py` adds stays."""
    goldens = Path(sys.argv[1])
    for name, (make, case) in LAYOUTS.items():
        target = goldens / "layouts" / name
        target.mkdir(parents=True, exist_ok=True)
        make(goldens / case, target)
        print(name)


if __name__ == "__main__":
    main()
