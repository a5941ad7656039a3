"""One written number with its unit: 近百分之五, 46万余元, 三成二, before the words around it draw its bounds."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import NamedTuple

from lawner.chinese_numbers import EXACT, Numeral, parse_numeral, plain, scaled
from lawner.units import (
    ABOUTS,
    CLASSIFIERS,
    CONTRACTIONS,
    DIGITS,
    FRACTIONS,
    MAGNITUDES,
    REMAINDERS,
    SHARES,
    UNITS,
    Bound,
)

ROUNDED = Context(prec=28)
"""For quotients, which may never end: 三分之一 has 28 digits."""

MOST_DOUBLINGS = 64

_DIGIT, _MAGNITUDE = "".join(DIGITS), "".join((*MAGNITUDES, *CONTRACTIONS))
# 百分点, 千克 and 万分之 begin with a magnitude that belongs to them
_MAGNITUDES = rf"(?:百(?!分[点之])|千(?!分[点之]|克|米|瓦)|万(?!分[点之])|[{_MAGNITUDE}](?<![百千万]))"
_RUN = rf"(?:[{_DIGIT}]|{_MAGNITUDES})+"
NUMERAL = rf"(?:{_RUN}(?:[.点點][{_DIGIT}]+{_MAGNITUDES}*)?|\.[0-9]+{_MAGNITUDES}*)"
NUMBER = re.compile(
    rf"(?<![第±几幾.{_DIGIT}{_MAGNITUDE}])(?<!数(?=[{_MAGNITUDE}]))(?P<sign>[-+负])?"
    rf"(?:(?P<share>{'|'.join(SHARES)}|半(?=$|多|还多|以上|以下|左右))"
    rf"|(?:(?P<denominator>[{_DIGIT}{_MAGNITUDE}]+)分之)?(?P<number>{NUMERAL}|半)"
    rf"(?P<fuzz>[{REMAINDERS}{ABOUTS}])?(?P<magnitudes>{_MAGNITUDES}*))"
)
"""A number anywhere in a text; an ordinal is none, nor is 数百 or 几十."""

_HAS_MAGNITUDE = re.compile(f"[{_MAGNITUDE}]")
_LAST_MAGNITUDES = re.compile(f"[{''.join(MAGNITUDES)}]*$")
_EDGES = "，。、；：,.;:!?'\"“”‘’《》"
_TENTHS = re.compile(rf"成([{_DIGIT}半])")
_COINS = re.compile(rf"[元圆块](?:零?({NUMERAL})(?:[角毛]|$))?(?:零?({NUMERAL})分)?钱?")
_AND_A_HALF = re.compile(r"([倍个成])半(?=$|百分点|千分点)")
_REMAINDER_IN_UNIT = re.compile(r"(?<=^个)[多余餘](?=.)|(?:有余|[多余餘])$")
_SECOND_NUMBER = re.compile(r"[0-9]|分之")


_SIMPLE = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?([万亿]?)([^0-9.,万亿]*)")
_SIMPLE_UNITS = {"": ("", Decimal(1)), **{word: (word, Decimal(1)) for word in CLASSIFIERS}, **UNITS}
del _SIMPLE_UNITS["折"]


class Figure(NamedTuple):
    """One number with its unit.

    Attributes:
        value: The number as written, in its unit.
        step: What 余 adds is less than this; None if it sets no limit (一半多).
        unit: As in `Quantity`.
        upper: The higher of two neighbours (三五件), else None.
        more: Whether 余, 多 or 几 stands with it.
        about: Whether 来 stands with it.
        bound: What the number word itself says: 过半.
        shared: The magnitudes it ends with, which the number before 至 may share.
        alone: Whether it has no magnitude.
    """

    value: Decimal
    step: Decimal | None
    unit: str = ""
    upper: Decimal | None = None
    more: bool = False
    about: bool = False
    bound: Bound | None = None
    shared: str = ""
    alone: bool = False

    def times(self, factor: Decimal, unit: str, plus: Decimal | None = None) -> Figure:
        """The figure in another unit, with something added."""
        value = EXACT.multiply(self.value, factor)
        return self._replace(
            value=plain(EXACT.add(value, plus) if plus else value),
            step=None if self.step is None else EXACT.multiply(self.step, factor),
            upper=None if self.upper is None else plain(EXACT.multiply(self.upper, factor)),
            unit=unit,
        )


def read_simple(text: str) -> tuple[Decimal, str] | None:
    """Number and unit where the text is nothing but an Arabic numeral and a common unit, as most values are; else None.

    It says what the long way through `NUMBER` says, several times faster.
    """
    match = _SIMPLE.fullmatch(text)
    known = _SIMPLE_UNITS.get(match[4]) if match else None
    if match is None or known is None:
        return None
    whole, decimals, magnitude_sign, _ = match.groups()
    value = Decimal(whole.replace(",", "") + (decimals or ""))
    unit, factor = known
    if magnitude_sign:
        value = EXACT.multiply(value, MAGNITUDES[magnitude_sign])
    if factor != 1:
        value = EXACT.multiply(value, factor)
    return plain(value) if decimals or magnitude_sign or factor != 1 else value, unit


def read_number(match: re.Match[str], *, denominator: str | None = None) -> Figure | None:
    """The figure of a match of `NUMBER`, without the unit after it.

    Args:
        match: The place.
        denominator: The one it shares with the number before it: 百分之三至五.

    Returns:
        The figure, or None where the numeral is malformed.
    """
    sign, share, own_denominator, text, fuzz, magnitudes = match.groups()
    if share:
        percent, bound = SHARES.get(share, SHARES["一半"])
        return Figure(percent, None, "%", bound=bound)
    numeral = Numeral(Decimal("0.5"), Decimal("0.1")) if text == "半" else parse_numeral(text)
    if numeral is None:
        return None
    ending = _LAST_MAGNITUDES.search(text)
    shared = magnitudes or (ending[0] if ending else "")
    if any(sign not in MAGNITUDES for sign in magnitudes):
        return None  # 半廿
    if magnitudes:
        numeral = scaled(numeral, magnitudes)
    value = -numeral.value if sign in ("-", "负") and numeral.value else numeral.value
    figure = Figure(value, numeral.step, shared=shared, alone=not (shared or _HAS_MAGNITUDE.search(text)))
    if numeral.upper is not None:
        figure = figure._replace(upper=numeral.upper)
    if fuzz:
        figure = figure._replace(more=fuzz in REMAINDERS, about=fuzz in ABOUTS)
    denominator = own_denominator or denominator
    return _divided(figure, denominator) if denominator else figure


def _divided(figure: Figure, denominator: str) -> Figure | None:
    """The figure as the numerator of a fraction."""
    if denominator in FRACTIONS:
        unit, factor = FRACTIONS[denominator]
        return figure.times(factor, unit)
    divisor = parse_numeral(denominator)
    if divisor is None or divisor.upper is not None or not divisor.value or figure.upper is not None:
        return None
    share = ROUNDED.divide(EXACT.multiply(figure.value, Decimal(100)), divisor.value)
    return figure._replace(value=plain(share), step=None, unit="%")


def read_unit(figure: Figure, tail: str) -> Figure | None:
    """The figure with what follows its number as the unit; None if there is a second number.

    Example:
        >>> read_unit(Figure(Decimal(3), Decimal(1)), "成二")[:3]
        (Decimal('32'), Decimal('1'), '%')
    """
    if tail in UNITS and not figure.unit and tail != "折":
        unit, factor = UNITS[tail]
        return figure._replace(unit=unit) if factor == 1 else figure.times(factor, unit)
    tail = tail.strip(_EDGES)
    remainder = _REMAINDER_IN_UNIT.search(tail)
    if remainder:
        figure, tail = figure._replace(more=True), tail[: remainder.start()] + tail[remainder.end() :]
    figure, tail = _read_parts(figure, tail)
    if _SECOND_NUMBER.search(tail):
        return None
    if figure.unit or not tail:
        return figure
    if tail[0] in "%‰" and tail[1:2] != "/":
        tail = tail[0]
    if tail == "番":
        return _doubled(figure)
    if tail == "折" and figure.value >= 10:  # 八五折
        tail = "%"
    counted, slash, per = tail.partition("/")
    unit, factor = UNITS.get(counted, (counted, Decimal(1)))
    return figure.times(factor, f"{unit}{slash}{per}")


def _read_parts(figure: Figure, tail: str) -> tuple[Figure, str]:
    """Smaller parts that a unit brings with it: 三成二, 12元5角, 一倍半."""
    tenths = _TENTHS.fullmatch(tail)
    if tenths:
        digit = "5" if tenths[1] == "半" else DIGITS[tenths[1]]
        return figure.times(Decimal(10), "%", Decimal(digit))._replace(step=Decimal(1)), ""
    coins = _COINS.fullmatch(tail) if len(tail) > 1 else None
    if coins:
        parts = [parse_numeral(part) if part else None for part in coins.groups()]
        tenth, cent = (part.value if part else Decimal(0) for part in parts)
        small = EXACT.add(EXACT.multiply(tenth, Decimal("0.1")), EXACT.multiply(cent, Decimal("0.01")))
        return figure.times(Decimal(1), "CNY", small), ""
    half = _AND_A_HALF.match(tail)
    if half:
        return figure.times(Decimal(1), "", Decimal("0.5")), half[1] + tail[half.end() :]
    return figure, tail


def _doubled(figure: Figure) -> Figure | None:
    """What it became, in what it was, after so many doublings."""
    if figure.value != figure.value.to_integral_value() or not 1 <= figure.value <= MOST_DOUBLINGS:
        return None
    power = EXACT.power(Decimal(2), figure.value)
    return figure._replace(value=power, step=power, unit="times", upper=None)
