"""Numerals in a text, marked or not: the places an annotator should have looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lawner.document import Span
from lawner.units import CLASSIFIERS as UNIT_CLASSIFIERS
from lawner.units import CONTRACTIONS, DIGITS, MAGNITUDES

CLASSIFIERS = "件起宗例人名位户家个份次场期条项部处所支批类种门篇册张本辆台套座艘头亩元角成倍周届轮道笔课站"
NUMERAL = re.compile(
    r"[0-9０-９]+(?:[,，][0-9０-９]{3}(?![0-9０-９]))*(?:[.．][0-9０-９]+)?"
    r"|[一二三四五六七八九十百千万]+分之[一二三四五六七八九十百千点]+"
    r"|(?<=第)[〇零一二两三四五六七八九十百千]+"
    r"|[二两三四五六七八九十百千][〇零一二两三四五六七八九十百千]*(?:[余多几]?[万亿]?[余多]?)(?=["
    + CLASSIFIERS
    + r"年月日天])"
    r"|[〇零一二两三四五六七八九十百千万亿]{2,}"
    r"|[〇零](?=[" + CLASSIFIERS + r"])"
)
"""Arabic numerals in either width with thousands separators and decimals; Chinese ones where they count or order.

一 with a classifier is left out: in reports it means "a", not "one".
"""

ORDINARY_TOO = "一伍陆陸參拾"
"""Numerals that mostly stand in ordinary words: 统一, 队伍, 大陆, 收拾."""

_NUMERALS = "".join([*DIGITS, *MAGNITUDES, *CONTRACTIONS, "半几幾⼀⼆⼋⼗¼½¾"])
_COUNTED = "".join(sorted({*CLASSIFIERS, *(word[0] for word in UNIT_CLASSIFIERS), *"圆圓"}))
POSSIBLE = re.compile(
    rf"[\d%％﹪⅐-⅞{''.join(sign for sign in _NUMERALS if sign not in ORDINARY_TOO)}]"
    rf"|[{ORDINARY_TOO}](?=\s*[{_NUMERALS.replace('一', '')}{_COUNTED}])"
)
"""What a sentence with a value has one of.

All numerals that `parse_quantity` reads, but 一, 伍 and their like only before another or before what is counted. It
reads 翻番 and 翻一番, too, which are no values by the guideline.
"""


def find_numerals(text: str) -> Iterator[tuple[int, int]]:
    """Half-open ranges of the numerals in a text.

    Example:
        >>> [("第二批1,204件、两期")[start:end] for start, end in find_numerals("第二批1,204件、两期")]
        ['二', '1,204', '两']
    """
    return (match.span() for match in NUMERAL.finditer(text))


def may_hold_values(text: str, ends: Sequence[int]) -> list[bool]:
    """Whether each sentence has a numeral, or what could be one; where there is none there is no number to mark.

    Args:
        text: The text of a document.
        ends: Offsets one past each sentence, ascending.

    Example:
        >>> may_hold_values("进一步规范。受理5件。", [6, 11])
        [False, True]
    """
    starts = [0, *ends]
    return [POSSIBLE.search(text, start, end) is not None for start, end in zip(starts, ends, strict=False)]


def unmarked_numerals(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Numerals that no span touches."""
    covered = bytearray(len(text))
    for span in spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    return [(start, end) for start, end in find_numerals(text) if not any(covered[start:end])]
