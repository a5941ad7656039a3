from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.number_forms import form_of, resample_number

DIGITS_IN_WORDS = "一二三四五六七八九"
DIGITS = st.integers(0, 10**7).map(str)
SEPARATED = st.integers(1000, 10**8).map(lambda number: f"{number:,}")
DECIMAL = st.decimals(0, 10**6, places=2).map(str)
WIDE = DIGITS.map(lambda digits: digits.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
CHINESE = st.sampled_from(
    ["两", "十五", "二百三十五", "两千余", "三十", "五万六千", "一百零八", "百", "两三", "九十五点六"]
)
NUMBER = st.one_of(DIGITS, SEPARATED, DECIMAL, WIDE, CHINESE)


@given(NUMBER, st.sampled_from(["", "近", "不少于"]), st.sampled_from(["件", "%", "万元", "余人次"]), st.integers())
def test_another_number_has_the_same_form(number, hedge, unit, seed):
    text = hedge + number + unit
    other = resample_number(text, rng=random.Random(seed))
    assert form_of(other) == form_of(text)
    assert len(other) == len(text)
    assert (hedge, unit) == (other[: len(hedge)], other[len(other) - len(unit) :])


@given(st.integers(1, 10**9), st.integers())
def test_no_number_begins_with_zero_or_loses_its_round_end(number, seed):
    other = resample_number(f"{number}件", rng=random.Random(seed))[:-1]
    assert other[0] != "0"
    assert len(other) - len(other.rstrip("0")) == len(str(number)) - len(str(number).rstrip("0"))


@pytest.mark.parametrize(
    "text", ["0件", "100%", "１００％", "100.00%", "零件", "一个", "过半数", "一半以上", "两三个", "百余人", "0"]
)
def test_what_has_no_other_number_stays(text):
    assert resample_number(text, rng=random.Random(1)) == text


@pytest.mark.parametrize("text", ["3—5件", "20万至30万元", "三至五名", "30%~40%", "两到三场"])
def test_a_range_stays_in_order(text):
    for seed in range(50):
        other = resample_number(text, rng=random.Random(seed)).replace("两", "二")
        first, second = re.findall(r"\d+|[二三四五六七八九一]", other)
        assert (
            (int(first) < int(second))
            if first.isdecimal()
            else (DIGITS_IN_WORDS.index(first) < DIGITS_IN_WORDS.index(second))
        )


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        pytest.param("两期", "两三四五六七八九", id="before-a-classifier"),
        pytest.param("十五件", "一二三四五六七八九", id="after-ten"),
        pytest.param("七成五", "一两三四五六七八九", id="tenths"),
    ],
)
def test_two_is_written_as_it_is_said(text, allowed):
    place = next(index for index, character in enumerate(text) if character in allowed)
    found = {resample_number(text, rng=random.Random(seed))[place] for seed in range(300)}
    assert found == set(allowed) - {text[place]}


def test_a_fraction_stays_below_one():
    fractions = {resample_number("三分之二以上", rng=random.Random(seed)) for seed in range(200)}
    assert len(fractions) > 4
    assert all(DIGITS_IN_WORDS.index(fraction[3]) < DIGITS_IN_WORDS.index(fraction[0]) for fraction in fractions)
