"""Runs circuit-tracer's attribution on local files and measures it.

    python run_peer.py --model DIR --transcoder DIR --token-ids 1,280,17 --max-feature-nodes 1024 \\
        --batch-size 64 --out out.safetensors --json timings.json

Prints one JSON object: CPU and wall seconds of each phase, CPU seconds per feature row, peak
resident memory while loading and while attributing (the latter after a reset of the kernel's high
water mark, so it starts from what is resident then; the libraries alone are
`rss_libraries_bytes`). `--out` holds the graph under the names of the
golden files: `active_features` [A, 3] (layer, position, feature), `activation_values` [A],
`selected_features` [S], `adjacency` [N, N] (row = target), `logit_token_ids` [K],
`logit_probabilities` [K], `node_influence` [N], `input_ids` [T].

With `--interventions` it runs `feature_intervention` in a loop instead: each of `edited` ([layer,
position, feature]) set to 0 with attention frozen, its defaults, reading the activations of `watched`
and the logits of the last position. `cpu_s` is the loop's, whose every call runs the unchanged prompt
too. `--compare` says how far `logits` [N, V] and `readings` [N, W] of a file are from its own.

The peer is the installed package, or a checkout given by `--peer`. CPU only, f32 unless `--dtype`.
"""

import argparse
import contextlib
import inspect
import json
import logging
import os
import sys
import time
from pathlib import Path


def parse_args() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--model", required=True, type=Path, help="Hugging Face directory")
    ap.add_argument("--transcoder", required=True, type=Path, help="circuit-tracer's native layout")
    prompt = ap.add_mutually_exclusive_group(required=True)
    prompt.add_argument("--token-ids", help="comma-separated ids, used as they are")
    prompt.add_argument("--token-file", type=Path, help="JSON array of ids, such as prompt_ids.json")
    ap.add_argument("--tokens", type=int, help="use only the first N ids")
    ap.add_argument("--max-feature-nodes", type=int, help="default: every active feature")
    ap.add_argument("--batch-size", type=int, default=64)
    ap.add_argument("--update-interval", type=int, default=4)
    ap.add_argument("--max-n-logits", type=int, default=10)
    ap.add_argument("--desired-logit-prob", type=float, default=0.95)
    ap.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--peer", type=Path, help="checkout of circuit-tracer; default: installed package")
    ap.add_argument("--interventions", type=Path, help="JSON: ablate `edited` in turn, follow `watched`")
    ap.add_argument("--compare", type=Path, help="safetensors of `logits` and `readings` to compare with")
    ap.add_argument("--out", type=Path, help="safetensors file for the graph")
    ap.add_argument("--json", type=Path, help="file for the timings, beside standard output")
    return ap.parse_args()


ARGS = parse_args()
# Thread counts are read when torch loads, and the peer must find neither a GPU nor the network.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(ARGS.threads)
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
if ARGS.peer is not None:
    sys.path.insert(0, str(ARGS.peer))
# The scripts' folder is the caller's source tree; a run leaves nothing in it.
sys.dont_write_bytecode = True

import torch
import yaml
from safetensors.torch import load_file, save_file
from tl_local import allow_local_directories

PHASES = {
    "Precomputation completed": "precompute",
    "Forward pass completed": "forward",
    "Input vectors built": "input_vectors",
    "Logit attributions completed": "logit_rows",
    "Feature attributions completed": "feature_rows",
    "Attribution completed": "packaging",
}


class PhaseClock(logging.Handler):
    """Takes the time at the messages by which circuit-tracer ends its phases."""

    def __init__(self):
        super().__init__()
        self.phases: dict[str, dict[str, float]] = {}
        self.last = self.start = (time.perf_counter(), time.process_time())

    def emit(self, record: logging.LogRecord) -> None:
        now = (time.perf_counter(), time.process_time())
        for message, phase in PHASES.items():
            if record.getMessage().startswith(message):
                self.phases[phase] = seconds(self.last, now)
                self.last = now

    def total(self) -> dict[str, float]:
        return seconds(self.start, self.last)


def seconds(start: tuple[float, float], end: tuple[float, float]) -> dict[str, float]:
    return {"wall_s": round(end[0] - start[0], 3), "cpu_s": round(end[1] - start[1], 3)}


def resident_bytes(field: str) -> int | None:
    """`VmHWM`, the peak since the last reset, or `VmRSS`, now; None where the kernel does not say."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        return None
    return None


def reset_peak() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def token_ids() -> torch.Tensor:
    if ARGS.token_ids is not None:
        ids = [int(x) for x in ARGS.token_ids.split(",")]
    else:
        ids = json.loads(ARGS.token_file.read_text())
    return torch.tensor(ids[: ARGS.tokens], dtype=torch.long)


def import_peer() -> None:
    import circuit_tracer.graph  # noqa: F401
    import transformer_lens  # noqa: F401


def load_dictionary(dtype: torch.dtype):
    """circuit-tracer's own loaders, lazy decoders as is their default."""
    from circuit_tracer.transcoder.cross_layer_transcoder import load_clt
    from circuit_tracer.utils.hf_utils import load_transcoders

    path, device = ARGS.transcoder, torch.device("cpu")
    config = yaml.safe_load((path / "config.yaml").read_text())
    if config["model_kind"] == "transcoder_set":
        n_layers = len(list(path.glob("layer_*.safetensors")))
        files = [str(path / f"layer_{i}.safetensors") for i in range(n_layers)]
        loaded = load_transcoders(dict(config, transcoders=files), device=device, dtype=dtype)
        # The release on PyPI drops this key and would run a TopK set as ReLU.
        topk = type(loaded.transcoders[0].activation_function).__name__ == "TopK"
        if topk != (config.get("activation") == "topk"):
            raise SystemExit("run_peer: this circuit-tracer ignores `activation: topk`")
        return loaded
    return load_clt(
        str(path), feature_input_hook=config["feature_input_hook"],
        feature_output_hook=config["feature_output_hook"], scan=config["scan"], device=device,
        dtype=dtype,
    )


def load_model(dictionary, dtype: torch.dtype, n_tokens: int):
    from circuit_tracer import ReplacementModel
    from transformers import AutoTokenizer

    allow_local_directories(n_tokens)
    create = ReplacementModel.from_pretrained_and_transcoders
    kw = dict(device=torch.device("cpu"), dtype=dtype)
    if "backend" in inspect.signature(create).parameters:
        kw["backend"] = "transformerlens"
    tokenizer = AutoTokenizer.from_pretrained(ARGS.model)
    return create(str(ARGS.model), dictionary, tokenizer=tokenizer, **kw)


def attribution():
    """`attribute`, wherever this release keeps it. Keywords make the order of arguments moot."""
    import importlib

    for module in ("attribution.attribute_transformerlens", "attribution.attribute", "attribution"):
        try:
            found = getattr(importlib.import_module(f"circuit_tracer.{module}"), "attribute", None)
        except ModuleNotFoundError:
            continue
        if callable(found):
            return found
    raise SystemExit("run_peer: this circuit-tracer has no `attribute`")


def run(model, ids: torch.Tensor):
    attribute = attribution()
    clock = PhaseClock()
    logger = logging.getLogger("attribution")
    logger.addHandler(clock)
    logger.setLevel(logging.INFO)
    # `attribute` would silence the logger for a quiet run; the clock needs its messages.
    logger.setLevel = lambda _level: None
    wanted = dict(
        max_n_logits=ARGS.max_n_logits, desired_logit_prob=ARGS.desired_logit_prob,
        batch_size=ARGS.batch_size, max_feature_nodes=ARGS.max_feature_nodes, verbose=False,
        update_interval=ARGS.update_interval,
    )
    known = inspect.signature(attribute).parameters
    graph = attribute(prompt=ids, model=model, **{k: v for k, v in wanted.items() if k in known})
    return graph, clock


def node_influence(graph, probabilities: torch.Tensor) -> torch.Tensor:
    from circuit_tracer.graph import compute_influence, normalize_matrix

    weights = torch.zeros(graph.adjacency_matrix.shape[0])
    weights[-len(probabilities) :] = probabilities
    return compute_influence(normalize_matrix(graph.adjacency_matrix), weights)


def save_graph(graph, logit_ids: torch.Tensor) -> None:
    probabilities = graph.logit_probabilities.float()
    tensors = dict(
        input_ids=graph.input_tokens, active_features=graph.active_features,
        activation_values=graph.activation_values, selected_features=graph.selected_features,
        adjacency=graph.adjacency_matrix, logit_token_ids=logit_ids,
        logit_probabilities=probabilities, node_influence=node_influence(graph, probabilities),
    )
    save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, ARGS.out)


def run_interventions(model, ids: torch.Tensor) -> dict:
    spec = json.loads(ARGS.interventions.read_text())
    layers, positions, features = torch.tensor(spec["watched"]).T
    logits, readings = [], []
    start = (time.perf_counter(), time.process_time())
    for layer, position, feature in spec["edited"]:
        found, activations = model.feature_intervention(ids, [(layer, position, feature, 0.0)])
        logits.append(found.reshape(len(ids), -1)[-1])
        readings.append(activations[layers, positions, features].float())
    took = seconds(start, (time.perf_counter(), time.process_time()))
    result = dict(took, n_interventions=len(logits), n_watched=len(layers))
    if ARGS.compare is not None:
        ours = load_file(ARGS.compare)
        differences = dict(
            max_logit_difference=(torch.stack(logits) - ours["logits"]),
            max_activation_difference=(torch.stack(readings) - ours["readings"]),
        )
        result |= {name: difference.abs().max().item() for name, difference in differences.items()}
    return result


def version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    torch.set_num_threads(ARGS.threads)
    dtype, ids = getattr(torch, ARGS.dtype), token_ids()
    import_peer()
    rss_libraries = resident_bytes("VmRSS")
    start = (time.perf_counter(), time.process_time())
    # TransformerLens announces the model on standard output, which is the result's alone.
    with contextlib.redirect_stdout(sys.stderr):
        model = load_model(load_dictionary(dtype), dtype, len(ids))
    load = seconds(start, (time.perf_counter(), time.process_time()))
    peak_load = resident_bytes("VmHWM")
    was_reset = reset_peak()
    if ARGS.interventions is not None:
        with torch.no_grad():
            result = run_interventions(model, ids)
        peaks = dict(peak_rss_load_bytes=peak_load, peak_rss_bytes=resident_bytes("VmHWM"))
        print(json.dumps(dict(result, load=load, **peaks, load_average=os.getloadavg())))
        return
    graph, clock = run(model, ids)
    peak_attribution = resident_bytes("VmHWM")
    n_rows = len(graph.selected_features)
    # Releases differ in what the list of targets is called and whether it holds ids or records.
    named = hasattr(graph, "logit_token_ids")
    logit_ids = graph.logit_token_ids if named else torch.as_tensor(graph.logit_tokens)
    result = dict(
        peer=dict(
            circuit_tracer=version("circuit-tracer") if ARGS.peer is None else "checkout",
            torch=torch.__version__, transformers=version("transformers"),
            transformer_lens=version("transformer-lens"),
        ),
        threads=ARGS.threads, dtype=ARGS.dtype, n_tokens=len(graph.input_tokens),
        batch_size=ARGS.batch_size, update_interval=ARGS.update_interval,
        n_active=len(graph.active_features), n_feature_rows=n_rows, n_logits=len(logit_ids),
        load=load, phases=clock.phases, total=clock.total(),
        cpu_s_per_feature_row=round(clock.phases["feature_rows"]["cpu_s"] / max(n_rows, 1), 6),
        rss_libraries_bytes=rss_libraries, peak_rss_load_bytes=peak_load,
        peak_rss_attribution_bytes=peak_attribution if was_reset else None,
        peak_rss_bytes=max(peak_load or 0, peak_attribution or 0) or None,
        load_average=os.getloadavg(),
    )
    line = json.dumps(result)
    if ARGS.json is not None:
        ARGS.json.write_text(line + "\n")
    if ARGS.out is not None:
        save_graph(graph, logit_ids)
    print(line)


if __name__ == "__main__":
    main()
