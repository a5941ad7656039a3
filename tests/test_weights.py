"""Weights are read as they were saved."""

from __future__ import annotations

import numpy as np
import pytest

from lawner.errors import ModelError
from lawner.weights import read_safetensors

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_safetensors_are_read_in_every_precision(tmp_path, dtype):
    from safetensors.torch import save_file

    tensor = torch.randn(3, 5).to(getattr(torch, dtype))
    save_file({"a": tensor, "b": torch.arange(4)}, tmp_path / "x.safetensors")
    weights = read_safetensors(tmp_path / "x.safetensors")
    assert np.array_equal(weights["a"], tensor.float().numpy())


@pytest.mark.parametrize("content", [b"", b"\x05\0\0\0\0\0\0\0{}", b"\x02\0\0\0\0\0\0\0[]"])
def test_broken_safetensors_are_named(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        read_safetensors(path)
