"""Other people's parsers as a second opinion, each only where it is right.

Kept out, because they are wrong or silent there: JioNLP on 1亿2000万元 (it reads 220020000); Recognizers-Text on
percentages with separators (1,234% is 234% to it), on 百分点, ‰ and fractions such as 三分之一, and in the last digits
of decimals in words, which it computes in floating point (百分之零点三); cn2an on bare magnitudes (百, 万).
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner.quantities import parse_quantity

# JioNLP loads its dictionaries at the first call
relaxed = settings(max_examples=150, deadline=None)


@pytest.fixture(scope="module")
def cn2an():
    return pytest.importorskip("cn2an", reason="a second opinion on integers; pip install 'lawner[dev]'")


@pytest.fixture(scope="module")
def parse_money():
    jionlp = pytest.importorskip("jionlp", reason="a second opinion on money; pip install 'lawner[dev]'")
    return jionlp.parse_money


@pytest.fixture(scope="module")
def percentages():
    number = pytest.importorskip(
        "recognizers_number", reason="a second opinion on percentages; pip install 'lawner[dev]'"
    )
    model = number.NumberRecognizer(number.Culture.Chinese).get_percentage_model()
    return lambda text: [result.resolution["value"] for result in model.parse(text)]


@relaxed
@given(number=st.integers(0, 10**16 - 1), capital=st.booleans())
def test_integers_in_words_are_what_cn2an_writes(cn2an, number, capital):
    words = cn2an.an2cn(number, "up" if capital else "low")
    assert parse_quantity(f"{words}件").value == number


@pytest.mark.parametrize(
    "text", ["一百五", "两万三", "三千二", "二〇二三", "廿五", "三千二百万零五", "1.2亿", "3万5千", "1亿2000万"]
)
def test_integers_in_words_are_what_cn2an_reads(cn2an, text):
    assert parse_quantity(text).value == cn2an.cn2an(text, "smart")


AMOUNTS = st.builds(
    lambda number, places, sign: f"{Decimal(number).scaleb(-places):f}{sign}",
    st.integers(1, 10**6),
    st.integers(0, 2),
    st.sampled_from(["", "万", "亿"]),
)
CURRENCIES = {"元": "CNY", "美元": "USD", "港元": "HKD", "欧元": "EUR", "日元": "JPY", "英镑": "GBP"}


@relaxed
@given(amount=AMOUNTS, currency=st.sampled_from(sorted(CURRENCIES)))
def test_amounts_are_what_jionlp_reads(parse_money, amount, currency):
    theirs = parse_money(f"{amount}{currency}")
    ours = parse_quantity(f"{amount}{currency}")
    assert (ours.value, ours.unit) == (Decimal(theirs["num"]), CURRENCIES[theirs["case"]])


@relaxed
@given(number=st.integers(1, 10**8))
def test_amounts_in_words_are_what_jionlp_reads(parse_money, cn2an, number):
    text = f"{cn2an.an2cn(number)}元"
    assert parse_quantity(text).value == Decimal(parse_money(text)["num"])


@pytest.mark.parametrize(
    "text", ["46万余元", "2000余万元", "三百多万元", "20万至30万元", "20至30万元", "5万到8万元", "400多元", "12万多元"]
)
def test_ranges_of_money_are_what_jionlp_reads(parse_money, text):
    low, high = map(Decimal, parse_money(text)["num"])
    ours = parse_quantity(text)
    assert (ours.lower, ours.upper) == (low, high)


@pytest.mark.parametrize(
    ("text", "definition"),
    [
        ("近100万元", "blur-"),
        ("超过3000元", "blur+"),
        ("逾1.1亿元", "blur+"),
        ("约2亿元", "blur"),
        ("不足3000元", "blur-"),
    ],
)
def test_the_side_of_a_bound_on_money_is_jionlps(parse_money, text, definition):
    ours, theirs = parse_quantity(text), parse_money(text)
    assert theirs["definition"] == definition
    side = {"blur-": (None, ours.value), "blur+": (ours.value, None), "blur": (ours.value, ours.value)}[definition]
    assert (ours.lower, ours.upper) == side
    assert ours.value == Decimal(theirs["num"])


@relaxed
@given(number=st.integers(0, 20000), places=st.integers(0, 2))
def test_percentages_in_digits_are_what_recognizers_text_reads(percentages, number, places):
    text = f"{Decimal(number).scaleb(-places):f}%"
    (theirs,) = percentages(text)
    assert parse_quantity(text).value == Decimal(theirs.rstrip("%"))


@relaxed
@given(number=st.integers(1, 1000))
def test_percentages_in_words_are_what_recognizers_text_reads(percentages, cn2an, number):
    text = f"百分之{cn2an.an2cn(number)}"
    (theirs,) = percentages(text)
    assert (parse_quantity(text).value, parse_quantity(text).unit) == (Decimal(theirs.rstrip("%")), "%")


@pytest.mark.parametrize("text", ["三成", "九成", "九成五", "七成五", "八成二", "百分之九十二点五"])
def test_tenths_are_what_recognizers_text_reads(percentages, text):
    (theirs,) = percentages(text)
    assert parse_quantity(text).value == Decimal(theirs.rstrip("%"))
