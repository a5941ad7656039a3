from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.chinese_numbers import MAX_CHARACTERS, magnitude, parse_numeral, plain

DIGITS = "零一二三四五六七八九"


def in_words(number: int) -> str:
    """A whole number below 10^16 as it is written in Chinese."""
    if number == 0:
        return "零"
    groups = []
    for name in ("", "万", "亿", "万亿"):
        number, group = divmod(number, 10000)
        groups.append((group, name))
    words, gap = "", False
    for group, name in reversed(groups):
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words, gap = words + group_in_words(group), False
        # 三万亿零五亿 says 亿 once: 三万零五亿
        words += name if name != "万亿" or not groups[2][0] else "万"
    return words


def group_in_words(group: int) -> str:
    """1 to 9999 in words."""
    words, gap = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, group = divmod(group, place)
        if digit:
            words += ("零" if gap else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = bool(words)
    return words


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("0", "0", "1"),
        ("1204", "1204", "1"),
        ("1200", "1200", "100"),
        ("400000", "400000", "100000"),
        ("12.50", "12.5", "0.01"),
        (".5", "0.5", "0.1"),
        ("007", "7", "1"),
        ("46万", "460000", "10000"),
        ("40万", "400000", "10000"),
        ("9.72万", "97200", "100"),
        ("1.20万", "12000", "100"),
        ("1.2亿", "120000000", "10000000"),
        ("1.2万亿", "1200000000000", "100000000000"),
        ("3千", "3000", "1000"),
        ("5百万", "5000000", "1000000"),
        ("1亿2000万", "120000000", "10000"),
        ("3万5千", "35000", "1000"),
        ("3万5", "35000", "1000"),
        ("3万500", "30500", "100"),
        ("零", "0", "1"),
        ("〇", "0", "1"),
        ("两", "2", "1"),
        ("十", "10", "10"),
        ("十二", "12", "1"),
        ("二十", "20", "10"),
        ("百", "100", "100"),
        ("百万", "1000000", "1000000"),
        ("一百万", "1000000", "10000"),
        ("二百三十五", "235", "1"),
        ("一百零五", "105", "1"),
        ("一百一十", "110", "10"),
        ("二百十", "210", "10"),
        ("一百五", "150", "10"),
        ("三千二", "3200", "100"),
        ("两万三", "23000", "1000"),
        ("两万零三", "20003", "1"),
        ("两千零二十万", "20200000", "10000"),
        ("三千二百万零五", "32000005", "1"),
        ("一亿零五百", "100000500", "100"),
        ("三万五千亿", "3500000000000", "100000000"),
        ("亿亿", "10000000000000000", "10000000000000000"),
        ("万万", "100000000", "100000000"),
        ("二〇二三", "2023", "1"),
        ("一二三", "123", "1"),
        ("廿五", "25", "1"),
        ("卅", "30", "10"),
        ("九十二点五", "92.5", "0.1"),
        ("零点三", "0.3", "0.1"),
        ("三点二万", "32000", "1000"),
        ("壹佰贰拾叁万", "1230000", "10000"),
        ("兩萬", "20000", "10000"),
    ],
)
def test_a_numeral_is_read_exactly_with_the_place_it_counts_to(text, value, step):
    numeral = parse_numeral(text)
    assert (str(numeral.value), numeral.step, numeral.upper) == (value, Decimal(step), None)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("三五", 3, 5),
        ("一两", 1, 2),
        ("两三", 2, 3),
        ("八九", 8, 9),
        ("七八十", 70, 80),
        ("三四百", 300, 400),
        ("十五六", 15, 16),
        ("二十七八", 27, 28),
        ("一百二三十", 120, 130),
        ("五六万", 50000, 60000),
    ],
)
def test_neighbouring_digits_are_two_numbers(text, low, high):
    numeral = parse_numeral(text)
    assert (numeral.value, numeral.upper) == (low, high)


@pytest.mark.parametrize(
    "text", ["", "百千", "3万5万", "三百五百", "件", "1.2.3", "一点", "点五", "1" * (MAX_CHARACTERS + 1)]
)
def test_what_is_no_numeral_is_not_read(text):
    assert parse_numeral(text) is None


@given(st.integers(0, 10**16 - 1))
def test_a_number_written_in_words_reads_back(number):
    assert parse_numeral(in_words(number)).value == number


@given(st.integers(0, 10**14), st.integers(0, 6), st.sampled_from(["", "百", "千", "万", "亿", "万亿"]))
def test_decimals_with_a_magnitude_read_back(number, places, sign):
    mantissa = Decimal(number).scaleb(-places)
    assert parse_numeral(f"{mantissa:f}{sign}").value == mantissa * magnitude(sign)


@given(st.text("0123456789.点零一二两三四五六七八九十百千万亿廿", max_size=MAX_CHARACTERS))
def test_any_row_of_numeral_signs_gives_a_plain_number_or_none(text):
    numeral = parse_numeral(text)
    if numeral is not None:
        assert numeral.value.is_finite()
        assert numeral.value == plain(numeral.value)
        assert numeral.step > 0


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_a_plain_number_is_equal_and_has_no_needless_zeros(number):
    text = format(plain(number), "f")
    assert Decimal(text) == number
    assert "." not in text or not text.endswith("0")
    assert text != "-0"
