"""The engine for every day: ONNX Runtime on the processor, with neither torch nor transformers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from lawner.engines.base import Batch, Pending, Scores
from lawner.engines.folder import ONNX_FILES, ModelFolder
from lawner.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FINGERPRINT = "lawner.weights"
"""Key under which an ONNX file says which weights it was made from."""


class OnnxEngine:
    """Runs a file that `export_onnx` wrote.

    Batches run side by side, each on one thread, rather than all threads on one batch: no thread waits for another at
    every layer, and a batch is worked on while Python gets the next one ready.

    Args:
        path: The file.
        threads: Batches to work on at a time; 0 for one per processor.
        fingerprint: What the file's weights must say they are, if anything.

    Raises:
        ModelError: If the file is no model for this engine or was made from other weights.
    """

    def __init__(self, path: Path, *, threads: int = 0, fingerprint: str = "") -> None:
        self.threads = threads or usable_processors()
        self.name = f"onnx {next((key for key, name in ONNX_FILES.items() if name == path.name), '')}".strip()
        self._session = open_session(path)
        inputs = {item.name for item in self._session.get_inputs()}
        if inputs != {"input_ids", "lengths"}:
            raise ModelError(
                f"{path}: takes {', '.join(sorted(inputs))}, but expected input_ids and lengths; make it with "
                "'lawner export'"
            )
        made_from = self._session.get_modelmeta().custom_metadata_map.get(FINGERPRINT, "")
        if fingerprint and made_from != fingerprint:
            raise ModelError(f"{path}: was made from other weights than those beside it; run 'lawner export' again")
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="lawner-onnx")

    def submit(self, batch: Batch) -> Pending:
        """Hand in a batch and return at once."""
        return self._pool.submit(self.run, batch).result

    def run(self, batch: Batch) -> Scores:
        """Scores of every tag for every token."""
        scores: Scores = self._session.run(["scores"], {"input_ids": batch.ids, "lengths": batch.lengths})[0]
        return scores


def find_onnx(folder: ModelFolder, precision: str = "auto") -> Path | None:
    """The ONNX file of a model folder, if there is one of that precision."""
    names = ONNX_FILES.values() if precision == "auto" else [ONNX_FILES.get(precision, "")]
    return next((folder.path / name for name in names if name and (folder.path / name).is_file()), None)


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_session(model: Path | bytes) -> InferenceSession:
    """A session of a file or of its content; its memory does not grow with the shapes it has seen."""
    try:
        import onnxruntime
    except ImportError:
        raise ModelError("tagging needs onnxruntime, which is not installed: pip install onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # patterns are kept per shape, and windows come in many
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_quant_qdq", "1")  # it would round what is rounded already again
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC  # further ones undo `graph`
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a class per status, without a common root
        place = model if isinstance(model, Path) else "the graph"
        raise ModelError(f"{place}: ONNX Runtime cannot load it ({str(error).splitlines()[0]})") from None
