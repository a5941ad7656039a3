"""Other numbers of the same form: digits stay digits, Chinese numerals stay Chinese numerals, marks and units stay."""

from __future__ import annotations

import random
import re

HALF, FULL = "0123456789", "０１２３４５６７８９"
ARABIC = re.compile(r"[0-9０-９]+(?:[,， \u00a0\u3000]+[0-9０-９]{3}(?![0-9０-９]))*(?:[.．][0-9０-９]+)?")
CHINESE = re.compile(r"(?<!成)[〇零一二两三四五六七八九十百千万亿点]+")
CHINESE_DIGITS = "一二两三四五六七八九"
SIMPLE_FRACTION = re.compile(r"[二三四五六七八九]分之[一二三四五六七八九](?![十百千])")
FRACTIONS = ("三分之一", "三分之二", "四分之一", "四分之三", "五分之一", "五分之二", "五分之三", "五分之四", "六分之一")
ATTEMPTS = 8
_ANY = "一二三四五六七八九"
_COUNTING = "两三四五六七八九"
_TO_HALF = str.maketrans(FULL, HALF)
_TO_FORM = str.maketrans(HALF + FULL + CHINESE_DIGITS, "9" * 10 + "９" * 10 + "一" * len(CHINESE_DIGITS))


def form_of(text: str) -> str:
    """What stays when a number is re-sampled: every digit as one of its kind.

    Example:
        >>> form_of("近1,204.5万元"), form_of("二百三十五人")
        ('近9,999.9万元', '一百一十一人')
    """
    return text.translate(_TO_FORM)


def resample_number(text: str, *, rng: random.Random) -> str:
    """The text of a value with other digits.

    The number of digits, separators, decimals, width, trailing zeros, units and hedges stay; 0, 100 % and 一 alone
    stay as they are; a range keeps its order.

    Example:
        >>> resample_number("不少于1,204.50万元", rng=random.Random(3))
        '不少于4,982.60万元'
    """
    if re.search(r"(?<![0-9０-９])[1１][0０]{2}(?:[.．][0０]+)?\s*[%％]", text):
        return text
    sizes = _sizes(text)
    for _ in range(ATTEMPTS):
        other = ARABIC.sub(lambda match: _arabic(match.group(), rng), text)
        other = _chinese_parts(other, rng)
        if other != text and _same_order(sizes, _sizes(other)):
            return other
    return text


def _arabic(number: str, rng: random.Random) -> str:
    """Another Arabic number; zeros at the end and a whole part of 0 stay, so what is round stays round."""
    digits = [index for index, character in enumerate(number) if character.isdigit()]
    kept = number.translate(_TO_HALF)
    last = max((index for index in digits if kept[index] != "0"), default=-1)
    point = re.search("[.．]", number)
    small = point is not None and not kept[: point.start()].strip("0")
    characters = list(number)
    for index in digits:
        if index > last or (small and point is not None and index < point.start()):
            continue
        lowest = 1 if index in (digits[0], last) else 0
        alphabet = FULL if number[index] in FULL else HALF
        characters[index] = alphabet[rng.randint(lowest, 9)]
    return "".join(characters)


def _chinese_parts(text: str, rng: random.Random) -> str:
    """The text with other Chinese numerals."""
    fraction = SIMPLE_FRACTION.search(text)
    if fraction:
        return text[: fraction.start()] + rng.choice(FRACTIONS) + text[fraction.end() :]
    return CHINESE.sub(lambda match: _chinese(match.group(), text[match.end() : match.end() + 1], rng), text)


def _chinese(number: str, following: str, rng: random.Random) -> str:
    """Another Chinese numeral; 三四 (three or four), 一 alone and what holds no digit stay."""
    if re.search(f"[{CHINESE_DIGITS}〇]{{2}}", number) or (number == "一" and following != "成"):
        return number
    characters = list(number)
    for index, character in enumerate(number):
        if character in CHINESE_DIGITS:
            before, after = number[index - 1 : index], number[index + 1 : index + 2]
            characters[index] = rng.choice(_choices(before, after, following))
    return "".join(characters)


def _choices(before: str, after: str, following: str) -> str:
    """The digits that can stand at a place of a numeral: two is 两 before what it counts and 二 elsewhere."""
    if before:
        return _ANY
    if after == "十":
        return _ANY[1:]
    if after == "点":
        return _ANY
    return "一" + _COUNTING if after or following == "成" else _COUNTING


def _sizes(text: str) -> list[float]:
    """The numbers of a range as far as they can be compared: Arabic ones, or single Chinese digits."""
    arabic = [float(re.sub(r"[^0-9.]", "", _plain(match.group()))) for match in ARABIC.finditer(text)]
    return arabic or [float("一二三四五六七八九".index(digit)) for digit in re.findall(f"[{_ANY}]", _two(text))]


def _plain(number: str) -> str:
    """An Arabic number in half-width characters."""
    return number.translate(_TO_HALF).replace("．", ".")


def _two(text: str) -> str:
    """Both words for two as one."""
    return text.replace("两", "二")


def _same_order(before: list[float], after: list[float]) -> bool:
    """Whether the two ends of a range stand as they stood: the smaller one first, if it was."""
    return len(before) != 2 or not before[0] < before[1] or (len(after) == 2 and after[0] < after[1])
