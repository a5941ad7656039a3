"""Engines that run a tagger, and the choice of one."""

from __future__ import annotations

import importlib.util

from lawner.engines.base import Batch, Engine, Pending
from lawner.engines.folder import ModelFolder, find_model, open_folder, shipped_model
from lawner.errors import ModelError

__all__ = [
    "BACKENDS",
    "Batch",
    "Engine",
    "ModelFolder",
    "Pending",
    "find_model",
    "load_engine",
    "open_folder",
    "shipped_model",
]

BACKENDS = ("auto", "onnx", "torch")


def load_engine(
    folder: ModelFolder,
    backend: str = "auto",
    *,
    device: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    allow_pickle: bool = False,
) -> Engine:
    """An engine for a model folder.

    Args:
        folder: As `open_folder` gives it.
        backend: ``"onnx"``, ``"torch"``, or ``"auto"``: ONNX if the folder has such a file and no other device than the
            processor is asked for, else torch.
        device: For torch: ``"cpu"``, ``"cuda"``, or ``"auto"`` for the latter where there is one.
        precision: For ONNX ``"int8"`` or ``"fp32"``, for torch ``"bf16"`` or ``"fp32"``; ``"auto"`` for the first that
            the folder or the device has.
        threads: Threads to compute on; 0 for one per processor.
        allow_pickle: Whether torch may load pickled weights.

    Raises:
        ModelError: If the folder has no ONNX file and torch is not installed, or the model cannot be loaded.
    """
    from lawner.engines.onnx import OnnxEngine, find_onnx

    if backend not in BACKENDS:
        raise ModelError(f"there is no engine {backend!r}; engines are {', '.join(BACKENDS)}")
    if backend != "torch" and device in ("auto", "cpu"):
        path = find_onnx(folder, precision)
        if path:
            return OnnxEngine(path, threads=threads, fingerprint=folder.fingerprint)
    what = "ONNX file" if precision == "auto" else f"ONNX file in {precision}"
    if backend == "onnx":
        raise ModelError(f"{folder.path}: there is no {what}; make one with 'lawner export {folder.path}'")
    if importlib.util.find_spec("torch") is None:
        raise ModelError(
            f"{folder.path}: there is no {what}, and torch, which could run the weights, is not installed; "
            "make the file with 'lawner export' where torch is, or pip install 'lawner[train]'"
        )
    from lawner.engines.torch import TorchEngine

    return TorchEngine(folder.path, device=device, precision=precision, threads=threads, allow_pickle=allow_pickle)
