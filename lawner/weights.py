"""The weights of a checkpoint, read without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lawner.errors import ModelError

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The tensors of a safetensors file in fp32.

    Raises:
        ModelError: If the file cannot be read or is none of that format.

    Source: the format's description at https://github.com/huggingface/safetensors.
    """
    try:
        content = path.read_bytes()
        start = 8 + int.from_bytes(content[:8], "little")
        if start > len(content):
            raise ValueError("the file ends before its header does")
        header: dict[str, Any] = json.loads(content[8:start])
        header.pop("__metadata__", None)
        return {name: _read_tensor(content, start, entry) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: cannot be read as safetensors ({error})") from None


def _read_tensor(content: bytes, start: int, entry: Mapping[str, Any]) -> Floats:
    """One tensor; numpy has no bf16, which is the upper half of fp32. Tensors that are no floats come out empty."""
    if entry["dtype"] not in DTYPES:
        return np.zeros(0, np.float32)
    first, last = entry["data_offsets"]
    data = np.frombuffer(content[start + first : start + last], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
    if entry["dtype"] == "BF16":
        return (data.astype(np.uint32) << 16).view(np.float32)
    return data.astype(np.float32)
