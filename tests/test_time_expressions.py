"""Time expressions: what they look like, what they mean, and which of them govern values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.periods.expressions import find_time_expressions
from lawner.periods.roles import Role, roles
from lawner.periods.scopes import table_heads
from lawner.periods.stretches import Stretch, number

MEANINGS = [
    ("2023年", "2023"),
    ("２０２３年", "2023"),
    ("二〇二三年", "2023"),
    ("二○○九年", "2009"),
    ("2023 年", "2023"),
    ("2023年度", "2023"),
    ("2019年至2023年", "2019/2023"),
    ("2019—2023年", "2019/2023"),
    ("2019-2023年", "2019/2023"),
    ("２０１７—２０２１年", "2017/2021"),
    ("近三年", "2021/2023"),
    ("三年来", "2021/2023"),
    ("五年来", "2019/2023"),
    ("过去五年", "2019/2023"),
    ("近十年", "2014/2023"),
    ("连续举办16年", "2008/2023"),
    ("今后三年", "2024/2026"),
    ("五年前", "2018"),
    ("2023年1至6月", "2023-01/2023-06"),
    ("1—11月", "2023-01/2023-11"),
    ("2022年9月至2023年8月", "2022-09/2023-08"),
    ("11月至2月", "2023-11/2024-02"),
    ("6月15日至7月10日", "2023-06-15/2023-07-10"),
    ("6月15日至20日", "2023-06-15/2023-06-20"),
    ("6月", "2023-06"),
    ("九月下旬", "2023-09"),
    ("8月下旬到10月上旬", "2023-08/2023-10"),
    ("2022年6月15日", "2022-06-15"),
    ("7月1日起", "2023-07-01/.."),
    ("3月以来", "2023-03/2023-12"),
    ("去年6月", "2022-06"),
    ("上半年", "2023-01/2023-06"),
    ("2022年下半年", "2022-07/2022-12"),
    ("前三季度", "2023-01/2023-09"),
    ("第三季度", "2023-07/2023-09"),
    ("第三、四季度", "2023-07/2023-12"),
    ("今年", "2023"),
    ("今年以来", "2023"),
    ("本年度", "2023"),
    ("全年", "2023"),
    ("一年来", "2023"),
    ("去年", "2022"),
    ("上年", "2022"),
    ("上一年", "2022"),
    ("前年", "2021"),
    ("明年", "2024"),
    ("下一步", "2024"),
    ("年底", "2023-12"),
    ("2022年底", "2022-12"),
    ("年初", "2023-01"),
    ("2020年以来", "2020/2023"),
    ("2023年以来", "2023"),
    ("2019年起", "2019/.."),
    ("2019年春季学期起", "2019/.."),
    ("“十四五”期间", "2021/2025"),
    ("“十四五”以来", "2021/2023"),
    ("“十三五”末", "2020"),
    ("十二五时期", "2011/2015"),
    ("“七五”普法期间", "2016/2020"),
]


@pytest.mark.parametrize(("words", "meaning"), MEANINGS, ids=[words for words, _ in MEANINGS])
def test_an_expression_is_found_whole_and_means_a_stretch_of_time(words, meaning):
    text = f"，{words}，"
    (found,) = find_time_expressions(text, report=2023, ends=[len(text)])
    assert text[found.start : found.end] == words
    assert found.time
    assert found.time.text == meaning


@pytest.mark.parametrize(
    "text",
    [
        "几十年", "第五年", "三年内", "安全年", "60岁以上年龄", "近年来年均",
        "每季度", "按季度", "连续两个季度", "三个月",
        "12023年",
        "五年级", "2月31日", "每月10", "寿命80年",
        "经过一年的努力", "合并前年轻三岁", "13月", "以前年度",
    ],
)  # fmt: skip
def test_what_names_no_time_is_left_alone(text):
    assert not [found for found in find_time_expressions(text, report=2023, ends=[len(text)]) if found.time]


def test_a_month_takes_the_year_named_in_its_sentence():
    text = "2021年受理5件，6月3件。7月2件。"
    times = [found.time.text for found in find_time_expressions(text, report=2023, ends=[15, 20]) if found.time]
    assert times == ["2021", "2021-06", "2023-07"]


def test_relative_words_mean_nothing_without_a_report_year():
    assert [found.time for found in find_time_expressions("今年6月", report=None, ends=[4])] == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023年受理5件", Role.GOVERNS),
        ("比2020年增长", Role.COMPARES),
        ("较上年下降", Role.COMPARES),
        ("与2005年相比", Role.COMPARES),
        ("高于去年", Role.COMPARES),
        ("是上年的2.3倍", Role.COMPARES),
        ("由2022年的85%提高到", Role.ORIGIN),
        ("《规划（2021—2025年）》", Role.INERT),
        ("“2022年度先进集体”", Role.INERT),
        ("法〔2022年〕5号", Role.INERT),
        ("2020年以前的文件", Role.INERT),
        ("5月1日起施行", Role.INERT),
        ("对2012年以来的镇级文件", Role.INERT),
        ("上年结转5件", Role.INERT),
        ("成立于2003年，", Role.INERT),
        ("2023年是攻坚之年，", Role.INERT),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_words_around_an_expression_say_what_it_does(text, expected):
    found = find_time_expressions(text, report=2023, ends=[len(text)])
    assert roles(text, found)[0] is expected


def test_a_table_head_gives_each_year_its_column():
    text = "类别 2022年 2023年 增减"
    heads = table_heads(text, find_time_expressions(text, report=2023, ends=[len(text)]))
    assert [column.time.text for column in heads[1] if column.time] == ["2022", "2023"]


@given(st.text(alphabet="一二三五十〇年月日至到—-前近来以起底季度半上下去今明第“”普法期间0123459１２ 。"))
def test_found_expressions_lie_in_the_text_in_order_and_apart(text):
    found = find_time_expressions(text, report=2023, ends=[len(text)])
    edges = [edge for one in found for edge in (one.start, one.end)]
    assert edges == sorted(edges)
    assert all(0 <= one.start < one.end <= len(text) for one in found)


@given(st.text())
def test_any_text_is_read_without_a_report_year(text):
    found = find_time_expressions(text, report=None, ends=[len(text)])
    assert len(roles(text, found)) == len(found)


@given(st.integers(1900, 2099), st.integers(-30, 30))
def test_shifting_back_undoes_a_shift(year, years):
    stretch = Stretch(f"{year}-03", f"{year}-06")
    assert stretch.shift(years).shift(-years) == stretch


def test_shifting_a_leap_day_stays_in_february():
    assert Stretch("2024-02-29", "2024-02-29").shift(-1).text == "2023-02-28"


@pytest.mark.parametrize(
    ("stretch", "expected"),
    [
        (Stretch("2023", "2023"), "2022"),
        (Stretch("2019", "2023"), "2014/2018"),
        (Stretch("2023-06", "2023-06"), "2023-05"),
        (Stretch("2023-01", "2023-03"), "2022-10/2022-12"),
        (Stretch("2023-06-15", "2023-06-15"), "2022-06-15"),
    ],
    ids=["year", "years", "month", "quarter", "day"],
)
def test_the_stretch_before_is_as_long(stretch, expected):
    assert stretch.before().text == expected


@given(st.integers(1, 39))
def test_chinese_numerals_read_back(value):
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(value, 10)
    words = ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    assert number(words) == value
