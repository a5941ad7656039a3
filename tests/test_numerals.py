from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import Span
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.numerals import NO_VALUES, find_numerals, may_hold_values, unmarked_numerals
from lawner.sentences import sentence_ends
from lawner.units import CONTRACTIONS, DIGITS, MAGNITUDES

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "numerals"),
    [
        ("受理1,204件，其中12.5%", ["1,204", "12.5"]),
        ("受理１２３件", ["１２３"]),
        ("2019,2020两年", ["2019", "2020", "两"]),
        ("第二批、第十三条", ["二", "十三"]),
        ("举办两期培训，三百余人参加", ["两", "三百余"]),
        ("占四分之一，百分之九十二点五", ["四分之一", "百分之九十二点五"]),
        ("二〇二三年", ["二〇二三"]),
        ("建设一个平台，统一部署", []),
        ("投诉零件，查处〇起", ["零", "〇"]),
    ],
    ids=["separators", "full-width", "list", "ordinals", "counts", "fraction", "year", "one-means-a", "zero"],
)
def test_numerals_found(text, numerals):
    assert [text[start:end] for start, end in find_numerals(text)] == numerals


def test_a_numeral_in_a_span_is_marked():
    text = "第3次检查12家"
    assert [text[a:b] for a, b in unmarked_numerals(text, [Span(5, 8, "COUNT")])] == ["3"]


@pytest.mark.parametrize(
    ("folder", "most"),
    [("annotations", 0.72), ("annotations/_public", 0.69), ("annotations/_further", 0.60)],
)
def test_every_annotated_value_stands_in_a_sentence_that_may_hold_values(folder, most):
    """And much of the text stands in others."""
    n_values = n_characters = n_read = 0
    for document in load_annotations(ROOT / folder, losses=LossReport()):
        ends = sentence_ends(document.text)
        flags = may_hold_values(document.text, ends)
        n_characters += len(document.text)
        n_read += sum(end - start for start, end, flag in zip([0, *ends], ends, flags, strict=False) if flag)
        for span in document.spans:
            if span.label != "NAME":
                n_values += 1
                assert flags[bisect_right(ends, span.start)], document.text_of(span)
    assert n_values > 10_000
    assert n_read < most * n_characters


@given(st.text(alphabet="0１件二百万％一统，。;起 余多年月日第“”", max_size=40))
def test_a_sentence_with_a_numeral_may_hold_values_unless_it_is_part_of_something_else(text):
    ends = sentence_ends(text)
    flags = may_hold_values(text, ends)
    assert len(flags) == len(ends)
    others = [match.span() for match in NO_VALUES.finditer(text)]
    for start, end in find_numerals(text):
        within = any(first < end and start < last for first, last in others)
        assert within or flags[bisect_right(ends, start)] or not text[start:end].strip("一")


@pytest.mark.parametrize(
    "text",
    [
        "2023年，全市法治政府建设取得新进展。",
        "2021—2025年，县政府印发规划。",
        "2021、2022年连续获评。",
        "法治社会建设实施纲要（2020-2025）",
        "二〇二三年三月五日",
        "2023-12-05 10:30",
        "12月底前完成，3月15日起施行。",
        "第二批第3项已落实。",
        "（三）强化监督。",
        "三、存在问题",
        "一是加强学习；二是抓好落实。",
        "3.推进公开",
        "落实“三项制度”“放管服”“两高”要求。",
        "根据国发〔2021〕33号文件要求。",
        "深入学习党的二十大精神和二十届三中全会精神。",
        "“八五”普法规划",
        "严格落实中央八项规定，坚决做到两个维护。",
        "县级人民法院、两级检察院",
    ],
)
def test_numerals_that_are_part_of_something_else_do_not_count(text):
    assert may_hold_values(text, [len(text)]) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "2023年受理5件。",
        "2023件",
        "受理2015，办结2010。",
        "受理 12、办结 10、",
        "抽查2000—2010户",
        "2023.5万元",
        "受理1905起",
        "历时3个月",
        "15日内办结",
        "连续举办两届活动",
        "先后两次听取汇报",
        "有三家单位",
        "过半数",
        "1-2件",
        "（一）受理三件",
        "二十三户",
        "办结率100％",
        "压减至20日内",
        "设立两处",
        "约二百年",
    ],
)
def test_what_counts_is_kept_beside_it(text):
    assert may_hold_values(text, [len(text)]) == [True]


@pytest.mark.parametrize("sign", [*DIGITS, *MAGNITUDES, *CONTRACTIONS])
def test_whatever_is_read_as_a_number_may_be_a_value(sign):
    assert may_hold_values(f"受理{sign}件", [4]) == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("罚款伍萬圓", True),
        ("壹圆", True),
        ("陆栋", True),
        ("⼆件", True),
        ("增长½", True),
        ("增长一倍", True),
        ("过半数", True),
        ("٣٤ 件", True),
        ("坚持统一领导，进一步加强队伍建设", False),
        ("陆续收拾大陆", False),
        ("", False),
    ],
)
def test_numerals_in_ordinary_words_do_not_count(text, expected):
    assert may_hold_values(text, [len(text)]) == [expected]
