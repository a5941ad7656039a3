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


_DIGIT, _COUNT = "[0-9０-９]", "[一二两三四五六七八九十百千〇零○]"
_ALONE = rf"(?<!{_DIGIT})(?<!{_DIGIT}[.．])"
_YEAR = rf"{_ALONE}(?:19|20|１９|２０){_DIGIT}{{2}}(?!{_DIGIT}|[,，.．]{_DIGIT})"
_DAY = rf"(?:\s*(?:{_DIGIT}{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*日(?!内|以))?"
NO_VALUES = re.compile(
    "|".join(
        [
            rf"{_ALONE}{_DIGIT}{{4}}\s*[-—–－/.．]\s*{_DIGIT}{{1,2}}\s*[-—–－/.．]\s*{_DIGIT}{{1,2}}(?!{_DIGIT})",
            rf"{_ALONE}{_DIGIT}{{1,2}}\s*[:：]\s*{_DIGIT}{{2}}(?:\s*[:：]\s*{_DIGIT}{{2}})?(?!{_DIGIT})",
            rf"{_YEAR}\s*[-—–－~～至到]+\s*{_YEAR}(?!\s*[{CLASSIFIERS}万余多%％])",
            rf"{_YEAR}\s*(?:年度?|(?=、))",
            rf"二[〇零○]{_COUNT}{{2}}\s*年",
            rf"{_ALONE}{_DIGIT}{{1,2}}\s*月(?!均)(?:份|底|初|末|上旬|中旬|下旬)?{_DAY}",
            rf"(?<![一二三四五六七八九十个])[一二三四五六七八九十]{{1,2}}月(?!均){_DAY}",
            rf"{_ALONE}{_DIGIT}{{1,2}}\s*日(?=[，,。；;至止前起、）)\s]|$)",
            rf"[〔\[［（(【]\s*(?:19|20|１９|２０){_DIGIT}{{2}}\s*[〕\]］）)】]\s*第?\s*{_DIGIT}*\s*号?",
            rf"第\s*(?:{_DIGIT}+|{_COUNT}+)",
            rf"[（(]\s*(?:{_DIGIT}{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*[）)]",
            rf"(?:^|[；;。：:])\s*{_DIGIT}{{1,2}}\s*[、.．](?!{_DIGIT})",
            r"(?:^|[；;。，,：:\s])[一二三四五六七八九十]{1,3}\s*(?:[、.．]|是)",
            rf"{_ALONE}{_DIGIT}{{1,6}}\s*号",
            rf"“(?:(?!{_DIGIT})[^”\n]){{1,14}}”",
            rf"{_COUNT}+大(?=[，。、》”和]|精神|报告|以来|提出|召开|代)|{_COUNT}+届(?=[一二三四五六七八九历]|中|人[大民]|政协|全[国会省市县]|会议|[省市县区])|[一二三四五六七八九十]中(?=、|全会)",
            r"十?[一二三四五六七八九]五(?=普法|时期|规划)|这[三五十]年|[三五十]年来",
            r"八项规定|两个(?:维护|确立)|四个(?:意识|自信|全面)|三重一大|[五三]位一体|红十字|千方百计|千家万户|百姓|万众",
            r"两(?:级|院|会|岸|地|侧|手|面)(?!次)|三(?:农|公|亚|门峡|同步)|四川|百年|双百|十足|十分|多元",
        ]
    ),
    re.MULTILINE,
)
"""Numerals that are part of something else: dates, ordinals, numbers of documents, of paragraphs and of plans, words.

What stands in quotation marks without a digit is a catchword, such as “三公”.
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
        >>> may_hold_values("进一步规范。受理5件。2023年，落实第三项。", [6, 11, 22])
        [False, True, False]
    """
    starts = [0, *ends]
    rest = NO_VALUES.sub(_blank, text)
    return [POSSIBLE.search(rest, start, end) is not None for start, end in zip(starts, ends, strict=False)]


def _blank(match: re.Match[str]) -> str:
    """As many marks as a match has characters."""
    return "·" * (match.end() - match.start())


def unmarked_numerals(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Numerals that no span touches."""
    covered = bytearray(len(text))
    for span in spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    return [(start, end) for start, end in find_numerals(text) if not any(covered[start:end])]
