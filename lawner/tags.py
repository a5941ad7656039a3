"""Tags and token spans: IOB2, which lawner writes, and the other schemes that it reads.

A token span is a plain ``(start, end, label)`` of half-open token indices.

Source: Ramshaw and Marcus 1995 (IOB1); Tjong Kim Sang and Veenstra 1999 (IOB2); Ratinov and Roth 2009 (BILOU).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from lawner.labels import OUTSIDE

TokenSpan = tuple[int, int, str]

OPENING = "BSU"
"""Prefixes that begin a span whatever stands before them."""

CLOSING = "ESLU"
"""Prefixes that end a span whatever comes after them."""

PREFIXES = "BIESLUM"


class Scheme(StrEnum):
    """A way to write spans as tags."""

    IOB1 = "IOB1"
    IOB2 = "IOB2"
    IOBES = "IOBES"
    BILOU = "BILOU"


def is_tag(text: str) -> bool:
    """Whether a string is a tag of any scheme.

    Example:
        >>> is_tag("B-CASE"), is_tag("O"), is_tag("CASE")
        (True, True, False)
    """
    return text == OUTSIDE or (len(text) > 2 and text[0] in PREFIXES and text[1] == "-")


def is_legal(prev: str, tag: str) -> bool:
    """Whether a tag may follow another in IOB2; `prev` is ``"O"`` at the start of a sentence.

    Example:
        >>> is_legal("B-CASE", "I-CASE"), is_legal("O", "I-CASE"), is_legal("B-NAME", "I-CASE")
        (True, False, False)
    """
    return not tag.startswith("I-") or (prev != OUTSIDE and prev[2:] == tag[2:])


def spans_to_tags(spans: Iterable[TokenSpan], n_tokens: int) -> list[str]:
    """IOB2 tags of token spans.

    Args:
        spans: In any order.
        n_tokens: How many tags to make.

    Raises:
        ValueError: If a span is empty, outside the tokens, or overlaps another.

    Example:
        >>> spans_to_tags([(1, 3, "CASE")], 4)
        ['O', 'B-CASE', 'I-CASE', 'O']
    """
    tags = [OUTSIDE] * n_tokens
    last = 0
    for start, end, label in sorted(spans):
        if not last <= start < end <= n_tokens:
            raise ValueError(
                f"token span ({start}, {end}, {label!r}) is empty, overlaps or leaves the {n_tokens} tokens"
            )
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        last = end
    return tags


def tags_to_spans(tags: Sequence[str]) -> list[TokenSpan]:
    """Token spans of tags of any scheme, in order of position.

    A tag that continues nothing (``I-X`` after ``O``) begins a span, as the original scorer of the CoNLL tasks has it;
    so IOB1 and IOB2 need no telling apart, and no tag of a broken sequence is dropped.

    Raises:
        ValueError: If a string is no tag.

    Example:
        >>> tags_to_spans(["B-CASE", "I-CASE", "I-NAME", "O", "S-RATE"])
        [(0, 2, 'CASE'), (2, 3, 'NAME'), (4, 5, 'RATE')]
    """
    spans: list[TokenSpan] = []
    start, label = 0, ""
    for index, tag in enumerate(tags):
        if not is_tag(tag):
            raise ValueError(f"{tag!r} is no tag")
        continues = label and tag != OUTSIDE and tag[2:] == label and tag[0] not in OPENING
        if label and not continues:
            spans.append((start, index, label))
        if not continues:
            start, label = index, tag[2:] if tag != OUTSIDE else ""
        if label and tag[0] in CLOSING:
            spans.append((start, index + 1, label))
            label = ""
    if label:
        spans.append((start, len(tags), label))
    return spans


def detect_scheme(sentences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme of a file's tags; a file that would fit several is taken for IOB2.

    Args:
        sentences: The tags of every sentence.

    Raises:
        ValueError: If prefixes of IOBES and of BILOU stand side by side.
    """
    prefixes: set[str] = set()
    strays = openings = 0
    for tags in sentences:
        prev = OUTSIDE
        for tag in tags:
            prefixes.add(tag[0])
            strays += not is_legal(prev, tag)
            openings += tag[0] == "B" and prev[2:] != tag[2:]
            prev = tag
    if prefixes & set("ESM") and prefixes & set("LU"):
        raise ValueError(f"prefixes {', '.join(sorted(prefixes - {OUTSIDE}))} belong to no one scheme")
    if prefixes & set("ESM"):
        return Scheme.IOBES
    if prefixes & set("LU"):
        return Scheme.BILOU
    return Scheme.IOB1 if strays and not openings else Scheme.IOB2


def broken_tags(tags: Sequence[str], scheme: Scheme) -> int:
    """How many tags may not stand where they do in a scheme.

    Example:
        >>> broken_tags(["O", "I-CASE"], Scheme.IOB2), broken_tags(["O", "I-CASE"], Scheme.IOB1)
        (1, 0)
    """
    pairs = zip([OUTSIDE, *tags], [*tags, OUTSIDE], strict=True)
    return sum(not _may_follow(prev, tag, scheme) for prev, tag in pairs)


def _may_follow(prev: str, tag: str, scheme: Scheme) -> bool:
    """Whether a tag may follow another in a scheme."""
    same = prev != OUTSIDE and prev[2:] == tag[2:]
    if scheme is Scheme.IOB2:
        return is_legal(prev, tag)
    if scheme is Scheme.IOB1:
        return not tag.startswith("B-") or same
    is_open = prev[0] in "BIM"
    return same if tag[0] in "IMEL" and is_open else is_open == (tag[0] in "IMEL")
