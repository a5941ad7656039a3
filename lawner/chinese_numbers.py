"""Numerals as Chinese texts write them, Arabic, Chinese or mixed, to exact decimals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from lawner.units import CONTRACTIONS, DIGITS, MAGNITUDES

EXACT = Context(prec=2000)
"""Arithmetic that never rounds: more digits than any numeral of `MAX_CHARACTERS` can have."""

MAX_CHARACTERS = 100
"""Longer strings are not read as numerals; no report holds one, and every one that does fit is exact."""

ZERO, ONE, TEN = Decimal(0), Decimal(1), Decimal(10)

_ARABIC = re.compile(r"([0-9]*)(?:\.([0-9]+))?")
_DIGIT = "".join(DIGITS)
_MAGNITUDE = "".join(MAGNITUDES)
_DIGIT_STRING = re.compile(rf"[{_DIGIT}]+")
_HAS_MAGNITUDE = re.compile(f"[{_MAGNITUDE}]")
_POINT = re.compile(rf"(.*)[点點]([{_DIGIT}]+)([{_MAGNITUDE}]*)")
_FALLING = "亿万千百十"
_COMMON = str.maketrans({**dict(zip("億萬仟佰拾", "亿万千百十", strict=True)), **CONTRACTIONS})
_NEIGHBOURS = re.compile(
    rf"(?<![{_DIGIT}])(?:(一)([二两])|([二两])(三)|(三)([四五])|(四)(五)|(五)(六)|(六)(七)|(七)(八)|(八)(九))(?=[{_MAGNITUDE}]|$)"
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A numeral that was read.

    Attributes:
        value: The number; of two neighbours (三五件) the lower one.
        step: One of the last thing it counts when read aloud: 1 of 235, 100 of 400 (四百) and of 1200, 1000 of 1.2万,
            10000 of 46万 and of 40万. What 余 and 多 add is less than this.
        upper: The higher of two neighbours (5 in 三五件), else None.
    """

    value: Decimal
    step: Decimal
    upper: Decimal | None = None


def parse_numeral(text: str) -> Numeral | None:
    """What a numeral says, exactly; None if it is none.

    Args:
        text: A numeral without signs, separators or blanks: digits of `units.DIGITS`, 点 or ``.``, and magnitudes.

    Returns:
        The number. A last single digit counts tenths of the magnitude before it, as in speech: 一百五 is 150, 两万三 is
        23000; with 零 between, it counts ones. Digits without magnitudes are read one by one: 二〇二三.

    Example:
        >>> str(parse_numeral("1亿2000万").value), str(parse_numeral("两万三").value), str(parse_numeral("12点5").value)
        ('120000000', '23000', '12.5')
    """
    if not text or len(text) > MAX_CHARACTERS:
        return None
    arabic = _ARABIC.match(text)
    if arabic and arabic.end():
        step = _arabic_step(arabic[1], arabic[2] or "")
        rest = text[arabic.end() :]
        if not rest:
            return Numeral(plain(Decimal(text)), step)
        if all(sign in MAGNITUDES for sign in rest):
            return scaled(Numeral(Decimal(arabic[0]), _decimal_step(arabic[2] or "")), rest)
    text = text.translate(_COMMON)
    pair = _NEIGHBOURS.search(text)
    if pair:
        low, high = (text[: pair.start()] + digit + text[pair.end() :] for digit in (pair[0][0], pair[0][1]))
        return _between(parse_numeral(low), parse_numeral(high))
    return _parse_chinese(text)


def magnitude(signs: str) -> Decimal:
    """The product of the magnitudes; one if there are none.

    Example:
        >>> str(magnitude("万亿"))
        '1000000000000'
    """
    factor = ONE
    for sign in signs:
        factor = EXACT.multiply(factor, MAGNITUDES[sign])
    return factor


def scaled(numeral: Numeral, magnitudes: str) -> Numeral:
    """The numeral times every one of the magnitudes."""
    factor = magnitude(magnitudes)
    upper = None if numeral.upper is None else plain(EXACT.multiply(numeral.upper, factor))
    return Numeral(plain(EXACT.multiply(numeral.value, factor)), EXACT.multiply(numeral.step, factor), upper)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros after the point, and without an exponent where it is whole.

    Example:
        >>> str(plain(Decimal("4.0500E+8"))), str(plain(Decimal("3.50")))
        ('405000000', '3.5')
    """
    shortest = EXACT.normalize(number)
    if not shortest:
        return ZERO
    exponent = shortest.as_tuple().exponent
    return EXACT.quantize(shortest, ONE) if isinstance(exponent, int) and exponent > 0 else shortest


def _between(low: Numeral | None, high: Numeral | None) -> Numeral | None:
    """Two neighbours as one numeral."""
    if low is None or high is None:
        return None
    return Numeral(low.value, low.step, high.value)


def _arabic_step(whole: str, decimals: str) -> Decimal:
    """The place of the last digit after the point, else of the last one that is not zero."""
    zeros = len(whole) - len(whole.rstrip("0"))
    if decimals or zeros == len(whole):
        return _decimal_step(decimals)
    return Decimal((0, (1,), zeros))


def _decimal_step(decimals: str) -> Decimal:
    """The place of the last digit after the point, or one."""
    return Decimal((0, (1,), -len(decimals)))


def _parse_chinese(text: str) -> Numeral | None:
    """A numeral that is not Arabic alone and holds no pair of neighbours."""
    if _DIGIT_STRING.fullmatch(text):
        return Numeral(Decimal("".join(DIGITS[digit] for digit in text)), ONE)
    point = _POINT.fullmatch(text)
    if point:
        return _parse_point(*point.groups())
    numeral = _parse_sum(text)
    if numeral is not None and all(sign in MAGNITUDES for sign in text) and numeral.value == magnitude(text):
        return Numeral(numeral.value, numeral.value)  # 百万余 is one million and some
    return numeral


def _parse_point(whole: str, decimals: str, magnitudes: str) -> Numeral | None:
    """A numeral with 点: 九十二点五, 三点二万."""
    number = parse_numeral(whole)
    if number is None or number.upper is not None:
        return None
    digits = "".join(DIGITS[digit] for digit in decimals)
    value = EXACT.add(number.value, Decimal(f"0.{digits}"))
    return scaled(Numeral(plain(value), _decimal_step(digits)), magnitudes)


def _parse_sum(text: str) -> Numeral | None:
    """A numeral with magnitudes, taken apart at the last one of the greatest."""
    for sign in _FALLING:
        head, found, tail = text.rpartition(sign)
        if found:
            break
    else:
        return _parse_plain(text)
    factor = MAGNITUDES[sign]
    count = _parse_sum(head) if head else Numeral(ONE, ONE)
    small = factor < 10000
    if count is None or (_HAS_MAGNITUDE.search(head) and (small or (sign in head and head[-1] not in "万亿"))):
        return None  # such as 百千 or 3万5万
    value = EXACT.multiply(count.value, factor)
    if not tail:
        return Numeral(plain(value), EXACT.multiply(min(count.step, ONE), factor))
    rest = _parse_rest(tail, factor)
    return None if rest is None else Numeral(plain(EXACT.add(value, rest.value)), rest.step)


def _parse_rest(text: str, before: Decimal) -> Numeral | None:
    """What follows a magnitude: a single digit counts tenths of it, unless 零 or 十 stands before."""
    digits = text.lstrip("零〇○0")
    if not digits:
        return Numeral(ZERO, ONE)
    rest = _parse_sum(digits)
    if rest is not None and len(text) == 1 and before >= 100 and text not in MAGNITUDES:
        return Numeral(rest.value * before / TEN, before / TEN)
    return rest


def _parse_plain(text: str) -> Numeral | None:
    """Digits without magnitudes."""
    if _DIGIT_STRING.fullmatch(text):
        digits = "".join(DIGITS[digit] for digit in text)
        return Numeral(Decimal(digits), _arabic_step(digits, ""))
    arabic = _ARABIC.fullmatch(text)
    return Numeral(Decimal(text), _arabic_step(arabic[1], arabic[2] or "")) if arabic else None
