"""Read and write safetensors with numpy alone, bf16 included (numpy has no such dtype).

A rounded array is kept as the f32 array of the values it stands for, so that arithmetic on it is
arithmetic on exactly what the file holds.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

Tensors = dict[str, np.ndarray]

NAMES = {np.dtype("float32"): "F32", np.dtype("float16"): "F16", np.dtype("int64"): "I64"}


def read(path: Path) -> Tensors:
    """All tensors of a file."""
    return load_file(path)


def round_to(dtype: str, x: np.ndarray) -> np.ndarray:
    """`x` rounded to the nearest `BF16` or `F16`, ties to even, as f32 values."""
    if dtype == "F16":
        return x.astype(np.float16).astype(np.float32)
    bits = np.ascontiguousarray(x, dtype=np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return rounded.astype(np.uint32).view(np.float32)


def encode(dtype: str, x: np.ndarray) -> bytes:
    """The little-endian bytes of `x` as `dtype`; exact, because `x` was rounded before."""
    if dtype == "BF16":
        bits = np.ascontiguousarray(x, dtype=np.float32).view(np.uint32)
        assert not (bits & 0xFFFF).any(), "round before encoding"
        return (bits >> 16).astype("<u2").tobytes()
    target = {"F16": np.float16, "F32": np.float32, "I64": np.int64}[dtype]
    y = x.astype(target, order="C")
    assert np.array_equal(y.astype(x.dtype), x), "round before encoding"
    return y.tobytes()


def write(path: Path, tensors: Tensors, dtype: str | None = None) -> int:
    """Write `tensors`, all as `dtype` or each as it is; returns the bytes of data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name in sorted(tensors):
        x = tensors[name]
        as_dtype = dtype if dtype and x.dtype.kind == "f" else NAMES[x.dtype]
        start = len(data)
        data += encode(as_dtype, x)
        header[name] = {"dtype": as_dtype, "shape": list(x.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(data))
    return len(data)
