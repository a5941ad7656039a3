"""Spans that begin and end where words, numbers and paired marks do.

A small model now and then breaks a name off in the middle of a word (宣传活 for 宣传活动), takes in one quotation mark
of two, or takes a part of a number for a value. Hardly any such span is right, so the edges of the name go to the place
nearby that the model's own scores like best, and the value goes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lawner.alignment import Offsets
from lawner.decoding import Scores
from lawner.labels import LabelSet
from lawner.tags import TokenSpan

PAIRS_FILE = Path(__file__).with_name("word_pairs.txt")
"""Pairs that occur 20 times or more in the corpus, with a word beginning between them in 5 % of the cases or fewer; one
after the other, fifty a line. Written by ``scripts/build_word_pairs.py``."""

REACH = 8
"""Tokens that an edge may move."""

MOST_COST = 4.0
"""What keeping a word whole may cost in the sum of the scores (nats, where they are logits or
log-probabilities): where the model is surer, the word stays divided, since some are two words after all. Chosen on the
validation split."""

CLOSING_MARKS = {"”": "“", "’": "‘", "》": "《", "）": "（", ")": "(", "」": "「", "】": "【"}
NO_LAST = ("、", "，", "已", "和")
"""No name ends with one of these."""

_OUTSIDE = 0
_DIGIT = re.compile(r"[0-9０-９]")
_NUMBER = re.compile(r"[0-9０-９.．]")


@functools.cache
def word_pairs() -> frozenset[str]:
    """The pairs of characters that stand inside words."""
    lines = PAIRS_FILE.read_text(encoding="utf-8").split()
    return frozenset(line[place : place + 2] for line in lines for place in range(0, len(line), 2))


def mend_edges(
    token_spans: Sequence[TokenSpan], scores: Scores, text: str, offsets: Offsets, labels: LabelSet
) -> list[TokenSpan]:
    """Move edges of names that cannot be right, and drop values that are a part of a number.

    Args:
        token_spans: In order, as `decode` returns them.
        scores: Logits or log-probabilities of every tag.
        text: The document.
        offsets: Characters of every token.
        labels: Says which label names have; all others are values.

    Shapes:
        scores: ``(n_tokens, n_tags)``
        offsets: ``(n_tokens, 2)``

    Returns:
        The spans, still in order and without overlap.
    """
    spans = [
        span
        for span in token_spans
        if span[2] == labels.name or not divides_number(text, int(offsets[span[0], 0]), int(offsets[span[1] - 1, 1]))
    ]
    tag_ids = labels.tag_ids
    for place, (start, end, label) in enumerate(spans):
        if label == labels.name:
            first = spans[place - 1][1] if place else 0
            last = spans[place + 1][0] if place + 1 < len(spans) else len(scores)
            tags = tag_ids[f"B-{label}"], tag_ids[f"I-{label}"]
            spans[place] = (*_mend_name((start, end), (first, last), scores, text, offsets, tags), label)
    return spans


def divides_number(text: str, start: int, end: int) -> bool:
    """Whether a stretch of characters begins or ends between two digits.

    Example:
        >>> divides_number("授课3000余学时", 2, 4), divides_number("授课3000余学时", 2, 7)
        (True, False)
    """
    return any(
        0 < edge < len(text) and _DIGIT.match(text[edge]) is not None and _NUMBER.match(text[edge - 1]) is not None
        for edge in (start, end)
    )


def divides_word(text: str, start: int, end: int) -> bool:
    """Whether a stretch of characters begins or ends inside a word.

    Example:
        >>> divides_word("开展宣传活动", 2, 5), divides_word("开展宣传活动", 2, 6)
        (True, False)
    """
    return any(0 < edge < len(text) and text[edge - 1 : edge + 1] in word_pairs() for edge in (start, end))


def can_be_name(surface: str) -> bool:
    """Whether quotation marks and brackets come in pairs and the last character can be one.

    Example:
        >>> can_be_name("“多证合一”改革"), can_be_name("“多证"), can_be_name("许可和")
        (True, False, False)
    """
    opened: list[str] = []
    for letter in surface:
        if letter in CLOSING_MARKS.values():
            opened.append(letter)
        elif letter in CLOSING_MARKS and (not opened or opened.pop() != CLOSING_MARKS[letter]):
            return False
    return not opened and not surface.endswith(NO_LAST)


def _mend_name(
    name: tuple[int, int],
    room: tuple[int, int],
    scores: Scores,
    text: str,
    offsets: Offsets,
    tags: tuple[int, int],
) -> tuple[int, int]:
    """The edges in tokens that a name should have.

    Args:
        name: Those it has.
        room: Where the span before ends and the next begins.
        scores: Logits or log-probabilities of every tag.
        text: The document.
        offsets: Characters of every token.
        tags: B- and I- of names.
    """

    def characters(start: int, end: int) -> tuple[int, int]:
        return int(offsets[start, 0]), int(offsets[end - 1, 1])

    old = characters(*name)
    impossible = not can_be_name(text[slice(*old)])
    if not impossible and not divides_word(text, *old):
        return name
    low, high = max(room[0], name[0] - REACH), min(room[1], name[1] + REACH)
    rows = scores[low:high].astype(np.float64)
    outside = np.concatenate([[0.0], np.cumsum(rows[:, _OUTSIDE])])
    inside = np.concatenate([[0.0], np.cumsum(rows[:, tags[1]])])

    def total(start: int, end: int) -> float:
        start, end = start - low, end - low
        name_itself = rows[start, tags[0]] + inside[end] - inside[start + 1]
        return float(outside[start] + name_itself + outside[-1] - outside[end])

    best, most = name, -np.inf
    for start in range(low, min(name[0] + REACH, high - 1) + 1):
        for end in range(max(start + 1, name[1] - REACH), high + 1):
            place, score = characters(start, end), total(start, end)
            if score > most and not divides_word(text, *place) and can_be_name(text[slice(*place)]):
                best, most = (start, end), score
    return best if impossible or total(*name) - most < MOST_COST else name
