"""What a marked value says: exact numbers, a unit, and the bounds that its words give."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from lawner.chinese_numbers import EXACT, MAX_CHARACTERS, magnitude, parse_numeral, plain
from lawner.figures import NUMBER, NUMERAL, ROUNDED, Figure, read_number, read_simple, read_unit
from lawner.units import (
    BOUNDS_AFTER,
    BOUNDS_BEFORE,
    CURRENCIES_BEFORE,
    FILLERS_AFTER,
    FILLERS_BEFORE,
    HEDGES_AFTER,
    HEDGES_BEFORE,
    NOTE_MARKS,
    SIGNS,
    Bound,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number or a range of numbers with its unit.

    Attributes:
        lower: The least it can be; None if nothing says.
        upper: The most it can be; None if nothing says.
        unit: The classifier as written (件, 人次, 件(次) with half-width brackets), ``"%"``, ``"‰"``, ``"pp"`` for
            个百分点, ``"times"`` for 倍, an ISO 4217 code for money, ``""``; with what it is per: ``"CNY/人"``.
        lower_open: Whether `lower` itself is left out.
        upper_open: Whether `upper` itself is left out.
        approximate: Whether the words say "about", on either side: 约, 左右, 上下, 三百来户, 三五件.
        value: The one figure that is written, whatever the words around it: 460000 for 46万余元, 100 for 超过100件.
            None for a range, which has two.
    """

    lower: Decimal | None
    upper: Decimal | None
    unit: str
    lower_open: bool = False
    upper_open: bool = False
    approximate: bool = False
    value: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a range that runs backwards."""
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"the quantity runs backwards, from {self.lower} to {self.upper}")


_SEPARATED = re.compile(r"[0-9]+(?:,[0-9]+)+")
_RANGE = re.compile(rf"(?:~+|--?|至|到)(?=[-+负]?(?:{NUMERAL}|百分之|千分之|万分之|半))")
_RATIO = re.compile(rf"([:/比])({NUMERAL})")
_BETWEEN = re.compile(r"(.+?以上)[,、且但]?((?:不足|不满|不到|低于|少于|不超过).+|.+(?:以下|以内))")


def _alternatives(*tables: Iterable[str]) -> str:
    """A pattern for any word of the tables, longest first; a few words hide at the end of others (通过, 网上, 完成)."""
    words = sorted({word for table in tables for word in table}, key=lambda word: (-len(word), word))
    return "|".join(rf"(?<![一-鿿]){word}" if word in "上过成破" else re.escape(word) for word in words)


_BEFORE_WORD = re.compile(_alternatives(BOUNDS_BEFORE, HEDGES_BEFORE, FILLERS_BEFORE, CURRENCIES_BEFORE))
_AFTER_WORD = re.compile(_alternatives(BOUNDS_AFTER, HEDGES_AFTER, FILLERS_AFTER))
# possessive: 翻了 is also 翻 and 了, and a long row of them must not be tried in every way
_BEFORE = re.compile(f"(?:{_BEFORE_WORD.pattern})++$")
_AFTER = re.compile(f"(?:{_AFTER_WORD.pattern})++[，。,.、；;]*$")


def parse_quantity(text: str) -> Quantity | None:
    """What the characters of a value span say.

    Where words are vaguer than numbers, three rules decide:

    * 余, 多 and 几 add less than one of the last thing counted when the number is read aloud: 400多 (四百多) is
      [400, 500), 1200余 [1200, 1300), 46万余 [460000, 470000), 40万余 [400000, 410000) but 40余万 [400000, 500000), and
      9.72万余 [97200, 97300).
    * 以上, 以下 and 以内 include the number; 超过, 不足 and 近 do not. See `units.BOUNDS_BEFORE`.
    * In a range the first number shares the unit of the second where it has none, and its magnitude as long as it stays
      the smaller one: 20至30万元 is 200000 to 300000, 5000至1万元 is 5000 to 10000.

    Rates: a fraction (四分之一, 1/3) and 成 are ``%``, rounded to 28 digits where they never end; 千分之 is ``‰``;
    个千分点 is 0.1 ``pp``; 翻一番 is 2 ``times``, 翻两番 4 (what it became, in what it was); a ratio of two (2.1:1) is
    its quotient, without a unit.

    Args:
        text: The span, e.g. ``"近3.2万人次"``; blanks, line breaks, separators and full-width forms do not matter.

    Returns:
        The quantity, its numbers without needless zeros or exponents. None where no one number is said: no number
        (若干, 数百), two that are no range (13:41:46, 5件3人), an undecidable separator (1,23), an ordinal (第五次), or
        more than `MAX_CHARACTERS`.

    Example:
        >>> quantity = parse_quantity("46万余元")
        >>> str(quantity.lower), str(quantity.upper), quantity.upper_open, quantity.unit
        ('460000', '470000', True, 'CNY')

    Source: for bounds the Civil Code, art. 1259; for what counts as an approximate number GB/T 15835-2011.
    """
    if len(text) > 4 * MAX_CHARACTERS:
        return None
    plain_text = unicodedata.normalize("NFKC", text)
    if plain_text != text:
        plain_text = unicodedata.normalize("NFKC", text.translate(NOTE_MARKS))
    plain_text = plain_text.translate(SIGNS)
    if len(plain_text) > MAX_CHARACTERS:
        return None
    if simple := read_simple(plain_text):
        return Quantity(simple[0], simple[0], simple[1], value=simple[0])
    if "," in plain_text:
        plain_text = _SEPARATED.sub(_join_groups, plain_text)
    if "翻番" in plain_text:
        plain_text = plain_text.replace("翻番", "翻一番")
    return _parse(plain_text)


def _join_groups(match: re.Match[str]) -> str:
    """Digits without their separators; a last group of one or two digits may be decimals, so it is left as it is."""
    return match[0].replace(",", "") if len(match[0]) - match[0].rindex(",") > 3 else match[0]


def _parse(text: str) -> Quantity | None:
    """A quantity from a text without blanks and separators."""
    if "以上" in text and (between := _BETWEEN.fullmatch(text)):
        return _between(_parse(between[1]), _parse(between[2]))
    match = NUMBER.search(text)
    if match is None:
        return None
    head, tail = text[: match.start()], text[match.end() :]
    words: list[str] = []
    if head and (before := _BEFORE.search(head)):
        words += _BEFORE_WORD.findall(before[0])
    if tail and (after := _AFTER.search(tail)):
        words += _AFTER_WORD.findall(after[0])
        tail = tail[: after.start()]
    quantity = _parse_core(match, tail)
    return _bounded(quantity, words) if quantity and words else quantity


def _parse_core(match: re.Match[str], tail: str) -> Quantity | None:
    """A number, a range or a ratio, without the words around it."""
    figure = read_number(match)
    if figure is None:
        return None
    if ratio := _RATIO.fullmatch(tail):
        return _ratio(figure, ratio)
    if separator := _RANGE.search(tail):
        return _range(match, tail, separator)
    return _drawn(read_unit(figure, tail))


def _ratio(figure: Figure, ratio: re.Match[str]) -> Quantity | None:
    """Two numbers as their quotient; with a slash, as a percentage."""
    second = parse_numeral(ratio[2])
    if second is None or not second.value or second.upper is not None or figure.upper is not None:
        return None
    percent = ratio[1] == "/"
    value = ROUNDED.divide(EXACT.multiply(figure.value, Decimal(100 if percent else 1)), second.value)
    return _drawn(Figure(plain(value), None, "%" if percent else ""))


def _range(match: re.Match[str], tail: str, separator: re.Match[str]) -> Quantity | None:
    """Two numbers with 至 or a dash between them."""
    start = separator.end()
    if separator[0] == "--" and match["sign"]:  # -3--1
        start -= 1
    right = NUMBER.match(tail, start)
    first = read_number(match)
    second = read_number(right, denominator=match["denominator"]) if right else None
    if right is None or first is None or second is None:
        return None
    unit, last_unit = tail[: separator.start()], tail[right.end() :]
    if first.alone and not unit:
        scaled = first.times(magnitude(second.shared), first.unit)
        first = scaled if abs(scaled.value) < abs(second.value) else first
    low, high = _drawn(read_unit(first, unit or last_unit)), _drawn(read_unit(second, last_unit or unit))
    if low is None or high is None or low.unit != high.unit or low.lower is None or high.upper is None:
        return None
    if low.lower > high.upper:
        low, high = high, low
    approximate = low.approximate or high.approximate
    return Quantity(low.lower, high.upper, low.unit, low.lower_open, high.upper_open, approximate)


def _drawn(figure: Figure | None) -> Quantity | None:
    """A figure with the bounds that its own signs give."""
    if figure is None:
        return None
    value, unit = figure.value, figure.unit
    if figure.upper is not None:
        low, high = sorted((value, figure.upper))
        return Quantity(low, high, unit, approximate=True)
    if figure.bound is not None:
        return _bounded_by(Quantity(value, value, unit, value=value), figure.bound)
    if not figure.more:
        return Quantity(value, value, unit, approximate=figure.about, value=value)
    if figure.step is None:
        return Quantity(value, None, unit, lower_open=True, value=value)
    if value < 0:
        return Quantity(plain(EXACT.subtract(value, figure.step)), value, unit, lower_open=True, value=value)
    return Quantity(value, plain(EXACT.add(value, figure.step)), unit, upper_open=True, value=value)


def _bounded(quantity: Quantity, words: Iterable[str]) -> Quantity:
    """The quantity with what the words before and after it say."""
    for word in words:
        if word in HEDGES_BEFORE or word in HEDGES_AFTER:
            quantity = replace(quantity, approximate=True)
        elif word in CURRENCIES_BEFORE and quantity.unit.partition("/")[0] in ("", "CNY"):
            per = "".join(quantity.unit.partition("/")[1:])
            quantity = replace(quantity, unit=CURRENCIES_BEFORE[word] + per)
        elif bound := BOUNDS_BEFORE.get(word) or BOUNDS_AFTER.get(word):
            quantity = _bounded_by(quantity, bound)
    return quantity


def _bounded_by(quantity: Quantity, bound: Bound) -> Quantity:
    """The quantity with one bound instead of its own."""
    ends = (
        (quantity.value, quantity.lower, quantity.upper)
        if bound.lower
        else (quantity.value, quantity.upper, quantity.lower)
    )
    end = next(number for number in ends if number is not None)
    if bound.lower:
        return replace(quantity, lower=end, upper=None, lower_open=bound.is_open, upper_open=False)
    return replace(quantity, lower=None, upper=end, lower_open=False, upper_open=bound.is_open)


def _between(low: Quantity | None, high: Quantity | None) -> Quantity | None:
    """Two bounds as one range: 3人以上10人以下."""
    if low is None or high is None or low.lower is None or high.lower is not None or high.upper is None:
        return None
    units = {low.unit, high.unit} - {""}
    if len(units) > 1 or low.lower > high.upper:
        return None
    approximate = low.approximate or high.approximate
    return Quantity(low.lower, high.upper, "".join(units), low.lower_open, high.upper_open, approximate)
