"""Names that begin or end where words do.

A small model now and then breaks a name off in the middle of a word (宣传活 for 宣传活动). A list of pairs of
characters between which hardly ever a word begins tells where that happened; the edge then goes to the place nearby
that the model's own scores like best.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lawner.labels import LabelSet
from lawner.tags import TokenSpan

PAIRS_FILE = Path(__file__).with_name("word_pairs.txt")
"""Pairs that occur 20 times or more in the corpus, with a word beginning between them in 5 % of the cases or fewer; one
after the other, fifty a line. Written by ``scripts/build_word_pairs.py``."""

REACH = 4
"""Tokens that an edge may move."""

MOST_COST = 2.0
"""What moving an edge may cost in the sum of the scores (nats, where they are logits): an edge that the model is surer
of stays. Chosen on the validation split."""

Scores = npt.NDArray[np.float32]
Offsets = npt.NDArray[np.int64]
_OUTSIDE = 0


@functools.cache
def word_pairs() -> frozenset[str]:
    """The pairs of characters that stand inside words."""
    lines = PAIRS_FILE.read_text(encoding="utf-8").split()
    return frozenset(line[place : place + 2] for line in lines for place in range(0, len(line), 2))


def keep_words_whole(
    token_spans: Sequence[TokenSpan], scores: Scores, text: str, offsets: Offsets, labels: LabelSet
) -> list[TokenSpan]:
    """Move the edges of names that lie inside words.

    Args:
        token_spans: In order, as `decode` returns them.
        scores: Logits of every tag.
        text: The document.
        offsets: Characters of every token.
        labels: Says which label names have; without one nothing moves.

    Shapes:
        scores: ``(n_tokens, n_tags)``
        offsets: ``(n_tokens, 2)``

    Returns:
        The spans, still in order and without overlap.
    """
    spans = list(token_spans)
    if labels.name is None:
        return spans

    def divides_word(token: int) -> bool:
        """Whether a token begins inside a word."""
        begin = int(offsets[token, 0])
        return int(offsets[token - 1, 1]) == begin and text[begin - 1 : begin + 1] in word_pairs()

    tag_ids = labels.tag_ids
    begin_tag, inside_tag = tag_ids[f"B-{labels.name}"], tag_ids[f"I-{labels.name}"]
    for place, (start, end, label) in enumerate(spans):
        if label != labels.name:
            continue
        first = spans[place - 1][1] if place else 0
        last = spans[place + 1][0] if place + 1 < len(spans) else len(scores)
        if end < len(scores) and divides_word(end):
            costs = {
                edge: _cost_of_end(scores, end, edge, inside_tag)
                for edge in range(max(start + 1, end - REACH), min(last, end + REACH) + 1)
                if edge == len(scores) or not divides_word(edge)
            }
            end = _cheapest(costs, end)
        if start and divides_word(start):
            costs = {
                edge: _cost_of_start(scores, start, edge, begin_tag, inside_tag)
                for edge in range(max(first, start - REACH), min(end - 1, start + REACH) + 1)
                if edge == 0 or not divides_word(edge)
            }
            start = _cheapest(costs, start)
        spans[place] = (start, end, label)
    return spans


def _cheapest(costs: dict[int, float], edge: int) -> int:
    """The edge that costs least, or the old one if all cost too much."""
    best = min(costs, key=costs.__getitem__, default=edge)
    return best if best != edge and costs[best] < MOST_COST else edge


def _cost_of_end(scores: Scores, old: int, new: int, inside: int) -> float:
    """What the sum of the scores loses if a name ends elsewhere."""
    moved = scores[min(old, new) : max(old, new)].astype(np.float64)
    gain = float((moved[:, inside] - moved[:, _OUTSIDE]).sum())
    return -gain if new > old else gain


def _cost_of_start(scores: Scores, old: int, new: int, begin: int, inside: int) -> float:
    """What the sum of the scores loses if a name begins elsewhere."""
    early, late = min(old, new), max(old, new)
    moved = scores[early : late + 1].astype(np.float64)
    from_early = moved[0, begin] + moved[1:, inside].sum()
    from_late = moved[:-1, _OUTSIDE].sum() + moved[-1, begin]
    return float(from_late - from_early if new < old else from_early - from_late)
