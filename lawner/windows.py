"""Long documents in windows: cut over tokens, joined again at the scores, each token scored by one window alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document's tokens and the part of it that the window answers for.

    Attributes:
        start: First token.
        end: One past the last token.
        core_start: First token of the core, whose scores count; the rest is context.
        core_end: One past the last token of the core.
    """

    start: int
    end: int
    core_start: int
    core_end: int


def plan_windows(
    n_tokens: int, *, size: int, context: int, breaks: Sequence[int] | npt.NDArray[np.int64] = ()
) -> list[Window]:
    """Cut a document into windows whose cores hold every token once, in order.

    Where a core ends depends only on where it begins and on the breaks that follow. So as soon as a core begins at the
    same place of a passage, the passage is cut in the same way wherever it stands.

    Args:
        n_tokens: Tokens of the document.
        size: The most tokens a window holds.
        context: Tokens before a core, and behind one that does not end at a break; fewer only at the ends of the
            document. What follows a sentence says little of it, so a window ends with the sentence.
        breaks: Tokens before which a core had better end, ascending, e.g. the first of each sentence. The last one in
            the second half of a core is taken.

    Raises:
        ValueError: If the context leaves no room for a core.

    Example:
        >>> [(w.start, w.core_start, w.core_end, w.end) for w in plan_windows(10, size=6, context=1)]
        [(0, 0, 5, 6), (4, 5, 10, 10)]
    """
    if context < 0 or size - 2 * context < 1:
        raise ValueError(f"a window of {size} tokens with {context} of context on both sides has no core")
    marks: list[int] = np.asarray(breaks, dtype=np.int64).tolist()
    windows: list[Window] = []
    core_start = 0
    while core_start < n_tokens:
        start = max(0, core_start - context)
        if n_tokens - start <= size:
            core_end = end = n_tokens
        else:
            end = start + size
            index = bisect_right(marks, end) - 1
            middle = (core_start + end) // 2
            if index >= 0 and marks[index] > max(middle, core_start):
                core_end = end = marks[index]
            else:
                core_end = end - context
        windows.append(Window(start, end, core_start, core_end))
        core_start = core_end
    return windows


def stitch(windows: Sequence[Window], scores: Sequence[Scores]) -> Scores:
    """Join per-window scores into one matrix for the document.

    Args:
        windows: As returned by `plan_windows`.
        scores: One array per window.

    Returns:
        Each token's scores, taken from the one window whose core holds it.

    Shapes:
        scores[i]: ``(windows[i].end - windows[i].start, n_tags)``
        result: ``(n_tokens, n_tags)``
    """
    cores = [
        score[window.core_start - window.start : window.core_end - window.start]
        for window, score in zip(windows, scores, strict=True)
    ]
    return np.concatenate(cores) if cores else np.zeros((0, 0), dtype=np.float32)
