"""Characters to tokens and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lawner.document import Span
from lawner.tags import TokenSpan

Offsets = npt.NDArray[np.int64]
"""Half-open characters of every token, ``(n_tokens, 2)``, ascending."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Spans in tokens.

    Attributes:
        spans: Half-open token spans, in order.
        dropped: Spans that do not begin and end where tokens do, or that overlap one before them.
    """

    spans: list[TokenSpan]
    dropped: list[Span]


def to_token_spans(spans: Iterable[Span], offsets: Offsets) -> Aligned:
    """The tokens that spans cover exactly; tokens that stand for no character cover nothing.

    Example:
        >>> aligned = to_token_spans([Span(0, 2, "CASE"), Span(3, 4, "NAME")], np.array([[0, 1], [1, 2], [2, 4]]))
        >>> aligned.spans, aligned.dropped
        ([(0, 2, 'CASE')], [Span(start=3, end=4, label='NAME', score=1.0)])
    """
    ordered = sorted(spans)
    starts, ends = offsets[:, 0], offsets[:, 1]
    first = np.searchsorted(starts, [span.start for span in ordered], side="left")
    last = np.searchsorted(ends, [span.end for span in ordered], side="left")
    found: list[TokenSpan] = []
    dropped: list[Span] = []
    for span, head, tail in zip(ordered, first.tolist(), last.tolist(), strict=True):
        fits = tail < len(ends) and head <= tail and starts[head] == span.start and ends[tail] == span.end
        if fits and (not found or head >= found[-1][1]):
            found.append((head, tail + 1, span.label))
        else:
            dropped.append(span)
    return Aligned(found, dropped)


def to_char_spans(
    token_spans: Sequence[TokenSpan], offsets: Offsets, scores: Sequence[float] | None = None
) -> tuple[Span, ...]:
    """Spans of characters from the first character of the first token to the last of the last, if they have any.

    Args:
        token_spans: In order.
        offsets: Characters of every token.
        scores: Confidence of each span; 1.0 without it.

    Example:
        >>> to_char_spans([(0, 2, "CASE")], np.array([[0, 1], [1, 4]]))
        (Span(start=0, end=4, label='CASE', score=1.0),)
    """
    values = [1.0] * len(token_spans) if scores is None else scores
    firsts = offsets[[start for start, _, _ in token_spans], 0].tolist()
    lasts = offsets[[end - 1 for _, end, _ in token_spans], 1].tolist()
    return tuple(
        Span(first, last, label, score)
        for first, last, (_, _, label), score in zip(firsts, lasts, token_spans, values, strict=True)
        if first < last
    )
