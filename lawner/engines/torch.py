"""The engine for any architecture and for graphics cards: torch, with the model class of transformers."""

from __future__ import annotations

import contextlib
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawner.engines.base import Batch, Pending, Scores
from lawner.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    import torch

PRECISIONS = ("auto", "fp32", "bf16")
IN_FLIGHT = 4


class TorchEngine:
    """Runs a token-classification checkpoint.

    On a graphics card nothing waits for it: batches go there from pinned memory, scores come back into pinned memory,
    and only the function that `submit` returns waits, for its own batch.

    Args:
        folder: The model folder.
        device: ``"cpu"``, ``"cuda"`` (or ``"cuda:1"`` ...), or ``"auto"``.
        precision: ``"fp32"``, ``"bf16"``, or ``"auto"``: bf16 where the device computes in it, else fp32.
        threads: Threads on the processor; 0 leaves torch's own choice.
        allow_pickle: Whether pickled weights may be loaded.

    Raises:
        ModelError: If the model cannot be loaded or there is no such device.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "auto",
        precision: str = "auto",
        threads: int = 0,
        allow_pickle: bool = False,
    ) -> None:
        try:
            import torch
        except ImportError:
            raise MissingExtraError("the torch engine", package="torch", extra="train") from None
        if precision not in PRECISIONS:
            raise ModelError(f"torch computes in {' or '.join(PRECISIONS[1:])}, not in {precision}")
        self._device = _find_device(device)
        self._cuda = self._device.type == "cuda"
        half = precision == "bf16" or (precision == "auto" and has_bf16(self._device))
        self._dtype = torch.bfloat16 if half else torch.float32
        if threads and not self._cuda:
            torch.set_num_threads(threads)
        self.threads = IN_FLIGHT if self._cuda else 1
        self.name = f"torch {self._device.type} {'bf16' if half else 'fp32'}"
        self._model = _load(folder, self._dtype, allow_pickle=allow_pickle).to(self._device).eval()
        self._pool = None if self._cuda else ThreadPoolExecutor(1, thread_name_prefix="lawner-torch")

    def submit(self, batch: Batch) -> Pending:
        """Hand in a batch and return at once."""
        if self._pool:
            return self._pool.submit(self.run, batch).result
        return self._launch(batch)

    def run(self, batch: Batch) -> Scores:
        """Scores of every tag for every token."""
        if self._cuda:
            return self._launch(batch)()
        import torch

        with torch.inference_mode():
            scores: Scores = self._forward(batch, torch.from_numpy(batch.ids).long()).float().numpy()
        return scores

    def _forward(self, batch: Batch, ids: torch.Tensor) -> torch.Tensor:
        """Scores of ids on the device; no mask where nothing is padding, so that the fastest attention is taken."""
        import torch

        mask = None
        if int(batch.lengths.min()) < batch.ids.shape[1]:
            lengths = torch.from_numpy(batch.lengths)
            if self._cuda:
                lengths = lengths.pin_memory().to(self._device, non_blocking=True)
            mask = (torch.arange(ids.shape[1], device=self._device)[None] < lengths[:, None]).long()
        result: torch.Tensor = self._model(input_ids=ids, attention_mask=mask).logits
        return result

    def _launch(self, batch: Batch) -> Pending:
        """Queue a batch on the graphics card."""
        import torch

        with torch.inference_mode():
            ids = torch.from_numpy(batch.ids).pin_memory().to(self._device, non_blocking=True).long()
            scores = self._forward(batch, ids).float()
            target = torch.empty(scores.shape, dtype=torch.float32, pin_memory=True)
            target.copy_(scores, non_blocking=True)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record()

        def wait() -> Scores:
            done.synchronize()
            return np.asarray(target.numpy(), dtype=np.float32)

        return wait


def _find_device(name: str) -> torch.device:
    """The device of a name."""
    import torch

    has_cuda = torch.cuda.is_available()
    if name.startswith("cuda") and not has_cuda:
        raise ModelError(f"device {name}: torch finds no graphics card here; use the device cpu")
    try:
        return torch.device(("cuda" if has_cuda else "cpu") if name == "auto" else name)
    except RuntimeError:
        raise ModelError(f"there is no device {name!r}; expected auto, cpu or cuda") from None


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies matrices in bf16 faster than in fp32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    with contextlib.suppress(AttributeError):
        return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return False


def _load(folder: Path, dtype: torch.dtype, *, allow_pickle: bool) -> Any:
    """The model of a folder; no code from the folder is run."""
    try:
        from transformers import AutoModelForTokenClassification
        from transformers.utils import logging
    except ImportError:
        raise MissingExtraError("the torch engine", package="transformers", extra="train") from None
    safe = any(folder.glob("model*.safetensors"))
    has_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, loaded = AutoModelForTokenClassification.from_pretrained(
                str(folder),
                dtype=dtype,
                attn_implementation="sdpa",
                use_safetensors=safe or not allow_pickle,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
    except Exception as error:  # transformers raises whatever comes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder}: transformers cannot load the model ({reason})") from None
    finally:
        if has_bars:
            logging.enable_progress_bar()
    missing = sorted(loaded["missing_keys"])
    if missing:  # transformers would go on with random numbers in their place
        raise ModelError(f"{folder}: {len(missing)} of the model's weights are missing, first {missing[0]}")
    return model
