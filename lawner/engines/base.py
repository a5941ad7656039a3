"""What an engine is: a batch of windows in, the scores of every tag for every token out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Pending = Callable[[], Scores]
"""Gives the scores of a batch that has been handed in, waiting for them if need be."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of any documents, framed by special tokens and filled up to the longest.

    Attributes:
        ids: Token ids, ``(batch, seq)``.
        lengths: Tokens of each window with its special ones, ``(batch,)``; what follows them is padding.
    """

    ids: Ids
    lengths: Ids

    @classmethod
    def of(cls, windows: Sequence[npt.NDArray[np.integer]], *, cls_id: int, sep_id: int, pad_id: int) -> Batch:
        """The batch of windows of token ids without special tokens.

        Example:
            >>> Batch.of([np.array([7, 8]), np.array([9])], cls_id=1, sep_id=2, pad_id=0).ids.tolist()
            [[1, 7, 8, 2], [1, 9, 2, 0]]
        """
        lengths = np.array([len(window) for window in windows], dtype=np.int32)
        longest = int(lengths.max(initial=0)) + 2
        ids = np.full((len(windows), longest), pad_id, dtype=np.int32)
        ids[:, 0] = cls_id
        for row, window in zip(ids, windows, strict=True):
            row[1 : len(window) + 1] = window
        ids[np.arange(len(windows)), lengths + 1] = sep_id
        return cls(ids, lengths + np.int32(2))


class Engine(Protocol):
    """Runs a token-classification model.

    Attributes:
        threads: How many batches it works on at a time; hand in at least as many before waiting for the first.
        name: What it is, for messages and tables.
    """

    threads: int
    name: str

    def submit(self, batch: Batch) -> Pending:
        """Hand in a batch and return at once; the scores come from the returned function, in any order of calls."""

    def run(self, batch: Batch) -> Scores:
        """Scores (logits) of every tag for every token; those of padding mean nothing.

        Shapes:
            result: ``(batch, seq, n_tags)``
        """
