"""Windows in the order and the batches in which they train a tagger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lawner.base_models import heavy
from lawner.training_data import IGNORED, Example

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

CHUNK = 50
"""Batches within which windows are sorted by length: enough for like lengths, few enough for chance."""


def to_dataset(examples: Sequence[Example]) -> Dataset:
    """Examples as a dataset with the columns ``input_ids`` and ``labels``."""
    arrow, datasets = heavy("pyarrow"), heavy("datasets")
    cuts = np.cumsum([0, *(len(example.input_ids) for example in examples)]).astype(np.int32)
    columns = {
        key: arrow.ListArray.from_arrays(
            arrow.array(cuts), arrow.array(np.concatenate([getattr(one, key) for one in examples]).astype(np.int32))
        )
        for key in ("input_ids", "labels")
    }
    return datasets.Dataset(arrow.table(columns))


@dataclass(frozen=True, slots=True)
class Collator:
    """Makes batches, padded to their longest window.

    Attributes:
        pad_id: Fills up the token ids.
    """

    pad_id: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """A batch of rows.

        Shapes:
            each: ``(batch, longest)``
        """
        import torch

        longest = max(len(row["input_ids"]) for row in rows)
        lengths = np.array([len(row["input_ids"]) for row in rows])
        held = np.arange(longest) < lengths[:, None]
        batch = {}
        for key, fill in (("input_ids", self.pad_id), ("labels", IGNORED)):
            array = np.full(held.shape, fill, dtype=np.int64)
            array[held] = np.concatenate([row[key] for row in rows])
            batch[key] = torch.from_numpy(array)
        batch["attention_mask"] = torch.from_numpy(held.astype(np.int64))
        return batch


class EpochSampler:
    """Row numbers of one pass after the other, windows of like length together, the batches shuffled.

    What is left of a pass that does not fill a batch shares it with the first windows of the next.
    """

    def __init__(self, lengths: Sequence[Sequence[int]], *, batch: int, seed: int) -> None:
        """Plan the order.

        Args:
            lengths: Per pass, the length of every window; passes follow each other in the dataset.
            batch: Windows a step.
            seed: Of the shuffles.
        """
        self.order: list[int] = []
        first = 0
        for epoch, of_epoch in enumerate(lengths):
            rng = np.random.default_rng([seed, epoch])
            missing = -len(self.order) % batch
            self.order += [first + index for index in _order(np.array(of_epoch), batch, missing, rng)]
            first += len(of_epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[int]:
        return iter(self.order)


def _order(lengths: npt.NDArray[np.int64], batch: int, missing: int, rng: np.random.Generator) -> list[int]:
    """The order of one pass: first those that fill up the batch before, then whole batches, then what is left."""
    shuffled = rng.permutation(len(lengths))
    order: list[int] = shuffled[:missing].tolist()
    rest = shuffled[missing:]
    chunks = [rest[at : at + CHUNK * batch] for at in range(0, len(rest), CHUNK * batch)]
    ordered = [index for chunk in chunks for index in chunk[np.argsort(-lengths[chunk], kind="stable")].tolist()]
    whole = len(ordered) // batch
    for place in rng.permutation(whole):
        order += ordered[place * batch : (place + 1) * batch]
    return order + ordered[whole * batch :]
