"""Which unit a file counts its offsets in, decided by proof.

Tools disagree: code points (Python), UTF-16 units (JavaScript, Java), CR LF counted as one or as two, a byte order mark
counted or not. A convention is right for a file if every stored surface equals the text at its offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate


class Unit(StrEnum):
    """A way of counting offsets in a text."""

    CODE_POINT = "code points"
    UTF16 = "UTF-16 units"
    CODE_POINT_LF = "code points with CRLF as one"
    UTF16_LF = "UTF-16 units with CRLF as one"
    CODE_POINT_BOM = "code points with the byte order mark counted"
    CODE_POINT_LF_BOM = "code points with the byte order mark counted and CRLF as one"


ASTRAL = re.compile("[\U00010000-\U0010ffff]")
LINE_BREAKS = re.compile(r"[\r\n]+")
ODD_START = re.compile(r"[\s，。；、：！？）》”,;]|(?<=[\d.])\d")
ODD_END = re.compile(r"[\s，。；、：！？（《“,;]|\d(?=[\d.%‰万亿元件次])")

INSIDE = -1
"""Marks a position that falls inside a character (half a surrogate pair, or between CR and LF) or before the text."""


def _widths(text: str, unit: Unit) -> list[int]:
    """How many units each character takes."""
    if unit in (Unit.UTF16, Unit.UTF16_LF):
        widths = [2 if character > "\uffff" else 1 for character in text]
    else:
        widths = [1] * len(text)
    if unit in (Unit.CODE_POINT_LF, Unit.UTF16_LF, Unit.CODE_POINT_LF_BOM):
        position = text.find("\r\n")
        while position >= 0:
            widths[position] = 0
            position = text.find("\r\n", position + 2)
    return widths


class OffsetMap:
    """Offsets of one text in one unit, to code points and back.

    Args:
        text: The text as lawner holds it: line breaks kept, byte order mark removed.
        unit: How the other side counts.

    Example:
        >>> surname = OffsetMap("𠮷某12件", Unit.UTF16)
        >>> surname.to_code_point(2), surname.from_code_point(1)
        (1, 2)
    """

    def __init__(self, text: str, unit: Unit) -> None:
        widths = _widths(text, unit)
        first = 1 if unit in (Unit.CODE_POINT_BOM, Unit.CODE_POINT_LF_BOM) else 0
        self._starts = list(accumulate(widths, initial=first))
        self._code_points = [INSIDE] * (self._starts[-1] + 1)
        # Backwards, so that of two characters at one position (a CR of width 0 and its LF) the first one wins.
        for index in range(len(text), -1, -1):
            self._code_points[self._starts[index]] = index

    def to_code_point(self, offset: int) -> int | None:
        """The code point an offset of the other side stands for; None outside the text and inside a character."""
        if not 0 <= offset < len(self._code_points):
            return None
        index = self._code_points[offset]
        return None if index == INSIDE else index

    def from_code_point(self, index: int) -> int:
        """The offset on the other side of a code point index in ``[0, len(text)]``."""
        return self._starts[index]


def offset_map(text: str, unit: Unit) -> OffsetMap | None:
    """The map for a text, or None where the unit counts this text just as code points do."""
    return OffsetMap(text, unit) if _differs(text, unit) else None


def _differs(text: str, unit: Unit) -> bool:
    """Whether a unit counts a text otherwise than by code points."""
    if unit in (Unit.CODE_POINT_BOM, Unit.CODE_POINT_LF_BOM):
        return True
    if unit in (Unit.CODE_POINT_LF, Unit.UTF16_LF) and "\r\n" in text:
        return True
    return unit in (Unit.UTF16, Unit.UTF16_LF) and ASTRAL.search(text) is not None


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """A span as another tool stored it.

    Attributes:
        start: First unit.
        end: One past the last unit.
        surface: The text the tool says it covers; None if it stores none.
    """

    start: int
    end: int
    surface: str | None = None


def same_surface(stored: str, actual: str) -> bool:
    """Whether a stored surface agrees with the text.

    Tools write a line break inside a span as it is, as LF, or as a space; several in a row as one space or as many.
    """
    if stored == actual:
        return True
    if "\n" not in actual and "\r" not in actual:
        return False
    flat = actual.replace("\r\n", "\n")
    return stored in (
        flat,
        flat.replace("\n", " ").replace("\r", " "),
        actual.replace("\r", " ").replace("\n", " "),
        LINE_BREAKS.sub(" ", actual),
    )


def locate(span: StoredSpan, text: str, mapping: OffsetMap | None) -> tuple[int, int] | None:
    """Code points of a stored span, or None where an end is outside the text or inside a character."""
    if mapping is None:
        return (span.start, span.end) if 0 <= span.start <= span.end <= len(text) else None
    start, end = mapping.to_code_point(span.start), mapping.to_code_point(span.end)
    if start is None or end is None or start > end:
        return None
    return start, end


def failures(text: str, spans: Iterable[StoredSpan], unit: Unit) -> int:
    """How many stored spans a unit cannot explain."""
    mapping = offset_map(text, unit)
    failed = 0
    for span in spans:
        place = locate(span, text, mapping)
        if place is None or (span.surface is not None and not same_surface(span.surface, text[place[0] : place[1]])):
            failed += 1
    return failed


def implausible(text: str, spans: Iterable[StoredSpan], unit: Unit) -> int:
    """How many spans without a surface would begin or end oddly: at white space, at punctuation, in mid-number."""
    mapping = offset_map(text, unit)
    places = [locate(span, text, mapping) for span in spans if span.surface is None]
    return sum(
        ODD_START.match(text, place[0]) is not None or ODD_END.match(text, place[1] - 1) is not None
        for place in places
        if place is not None and place[0] < place[1]
    )


def decide_unit(documents: Iterable[tuple[str, Sequence[StoredSpan]]], candidates: Sequence[Unit]) -> Unit:
    """The unit that explains most spans of a file; the earlier candidate wins a tie.

    Args:
        documents: Text and stored spans of every document in the file.
        candidates: Units to try, the format's own first.

    Returns:
        The winner. Where no surface is stored, offsets that cut a character or leave the text speak against a unit, and
        after them spans that begin or end where no annotator would let them.
    """
    telling = [(text, spans) for text, spans in documents if spans and any(_differs(text, unit) for unit in candidates)]
    best, fewest = candidates[0], (-1, -1)
    for unit in candidates:
        failed = sum(failures(text, spans, unit) for text, spans in telling)
        odd = sum(implausible(text, spans, unit) for text, spans in telling)
        if fewest[0] < 0 or (failed, odd) < fewest:
            best, fewest = unit, (failed, odd)
        if fewest == (0, 0):
            break
    return best
