"""Periods of values: what governs them, what comparisons compare with, and the report's own year."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.periods import attribute_periods, report_period


def marked(text, doc_id="a"):
    """A document from a text with 【values】 and 〖names〗, each value measuring the name before it in its clause."""
    clean, spans, opened = "", [], 0
    for character in text:
        if character in "【〖":
            opened = len(clean)
        elif character in "】〗":
            words = clean[opened:]
            label = "NAME" if character == "〗" else "RATE" if words[-1] in "%点倍" else "CASE"
            spans.append(Span(opened, len(clean), label))
        else:
            clean += character
    names = [span for span in spans if span.label == "NAME"]
    pairs = []
    for value in (span for span in spans if span.label != "NAME"):
        before = [name for name in names if name.end <= value.start and "，" not in clean[name.end : value.start]]
        pairs.extend(Relation(value, name, "Measures") for name in before[-1:])
    return Document(doc_id, clean, spans, pairs)


def periods(text, report="2023"):
    """Period and period compared with of every value."""
    found = attribute_periods(marked(text), DEFAULT_LABELS, report=report)
    return [period.text + (f" < {period.compared_with}" if period.compared_with else "") for period in found.values()]


CASES = [
    ("受理【5件】", ["2023"]),
    ("2022年受理【5件】，办结【3件】", ["2022", "2022"]),
    ("2022年受理【5件】。办结【3件】", ["2022", "2023"]),
    ("2022年受理【5件】。其中办结【3件】", ["2022", "2022"]),
    ("2021—2023年，受理【5件】；办结【3件】", ["2021/2023", "2021/2023"]),
    ("全县6月受理【5件】；办结【3件】", ["2023-06", "2023"]),
    ("一是6月受理【5件】，二是办结【3件】", ["2023-06", "2023"]),
    ("截至2023年12月底，在册【5件】", ["../2023-12"]),
    ("五年来（2016—2020年），调解【5件】", ["2016/2020"]),
    ("检查（1—8月）和抽查共【5件】", ["2023"]),
    ("落实《规划（2021—2025年）》，办结【5件】", ["2023"]),
    ("依据法〔2022年〕5号文件，办结【5件】", ["2023"]),
    ("清理2020年以前的文件，废止【5件】", ["2023"]),
    ("〖出庭率〗由2022年的【85%】提高到【92%】", ["2022", "2023"]),
    ("〖结构〗由上年的【11%】、【47%】调整为【10%】、【48%】", ["2022", "2022", "2023", "2023"]),
    ("〖出庭率〗由【85%】提高到【92%】", ["", "2023"]),
    ("2019年到2023年，总量由【34件】降到【18件】", ["2019", "2023"]),
    ("办结【5件】，上年同期【4件】", ["2023", "2022"]),
    ("受理【5件】，〖同比上升〗【12%】", ["2023", "2023 < 2022"]),
    ("上半年受理【5件】，〖同比上升〗【12%】", ["2023-01/2023-06", "2023-01/2023-06 < 2022-01/2022-06"]),
    ("6月受理【5件】，〖环比上升〗【12%】", ["2023-06", "2023-06 < 2023-05"]),
    ("受理【5件】，〖较上年下降〗【3个百分点】", ["2023", "2023 < 2022"]),
    ("受理【5件】，〖比2020年增长〗【12%】", ["2023", "2023 < 2020"]),
    ("受理【5件】，〖比年初增长〗【12%】", ["2023", "2023 < 2023-01"]),
    ("〖出庭率〗较上年的【85%】提高【7个百分点】", ["2022", "2023 < 2022"]),
    ("移送案件数是上年的【1.6倍】", ["2023 < 2022"]),
    ("〖产值增长〗【5%】", ["2023 < 2022"]),
    ("近三年，〖产值年均增长〗【5%】", ["2021/2023"]),
    ("2024年，我们将办好【5件】实事。新建【3个】", ["2024", "2024"]),
    ("三、2024年工作打算\n一是评查【5件】。\n二是培训【3次】。\n", ["2024", "2024"]),
    ("（一）过去五年的工作\n受理【5件】。\n（二）队伍\n共有【3人】。\n", ["2019/2023", "2023"]),
    ("到2025年，覆盖率达到【95%】", ["2025"]),
    ("类别 2022年 2023年 增减 〖许可〗 【4件】 【5件】 【25%】", ["2022", "2023", "2023 < 2022"]),
    ("今年受理【5件】，去年【4件】", ["2023", "2022"]),
    ("3月15日，发放【5份】", ["2023-03-15"]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text.replace("\n", "/") for text, _ in CASES])
def test_a_value_has_the_period_of_what_governs_it(text, expected):
    assert periods(text) == expected


def test_without_a_report_year_nothing_is_guessed():
    assert periods("受理【5件】，〖同比上升〗【12%】，2022年【3件】", report="") == ["", "", "2022"]


def test_the_characters_are_those_of_the_expression():
    document = marked("全县上半年受理【5件】。办结【3件】")
    first, second = attribute_periods(document, DEFAULT_LABELS, report="2023").values()
    assert document.text[first.start : first.end] == "上半年"
    assert (second.start, second.end) == (None, None)


@pytest.mark.parametrize(
    ("text", "doc_id", "expected"),
    [
        ("青山县2023年法治政府建设年度报告\n今年以来，", "a", "2023"),
        ("青山县二〇二三年民政工作总结\n今年以来，", "a", "2023"),
        ("青山县2023年上半年工作总结\n", "a", "2023-01/2023-06"),
        ("青山县2019—2023年工作总结\n", "a", "2019/2023"),
        ("首页 > 公开\n发布日期: 2024-02-08\n各项工作进展顺利。", "a", "2023"),
        ("法院工作报告\n——2024年1月12日在青山县人民代表大会上\n各位代表：", "a", "2023"),
        ("各项工作进展顺利。\n青山县司法局\n2023年12月26日", "a", "2023"),
        ("刚刚过去的2023年，全县受理5件。", "a-2024", "2023"),
        ("2023年，全县受理5件。\n2024年，我们将受理6件。", "a", "2023"),
        ("各项工作进展顺利。", "sifa-2021-02", "2021"),
        ("各项工作进展顺利。", "20240208报告", "2023"),
        ("各项工作进展顺利。", "a", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_the_reports_own_period_is_found(text, doc_id, expected):
    assert report_period(Document(doc_id, text)) == expected


def test_the_file_name_is_asked_last():
    assert report_period(Document("a", "各项工作进展顺利。", source="reports/2022年总结.docx")) == "2022"


PIECES = st.sampled_from(
    ["2022年", "由", "比", "上年", "同期", "的", "5件", "12%", "提高到", "，", "。", "；", "（", "）", "\n",
     "一、", "其中", "《", "》",
     "“十四五”期间", "截至", "6月", "年初", " ", "以来", "二是", "増", "𠮷"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)), st.data())
def test_any_text_with_any_spans_gets_offsets_within_the_text(text, data):
    edges = st.integers(0, len(text))
    pairs = [sorted(pair) for pair in data.draw(st.lists(st.tuples(edges, edges), max_size=8))]
    labels = data.draw(st.lists(st.sampled_from(DEFAULT_LABELS.spans), min_size=8, max_size=8))
    spans = {Span(first, last, label) for (first, last), label in zip(pairs, labels, strict=False) if first < last}
    names = [span for span in spans if span.label == "NAME"]
    values = [span for span in spans if span.label != "NAME"]
    document = Document("a", text, spans, [Relation(v, n, "Measures") for v, n in zip(values, names, strict=False)])
    found = attribute_periods(document, DEFAULT_LABELS)
    assert set(found) == set(values)
    for period in found.values():
        assert (period.start is None) == (period.end is None)
        if period.start is not None and period.end is not None:
            assert 0 <= period.start < period.end <= len(text)


def test_a_long_document_without_full_stops_takes_seconds():
    piece = "2022年（由上年的12%降到9%），比上年同期，"
    text = piece * 8000
    values = [Span(start, start + 3, "RATE") for start in range(10, len(text) - 10, 20)]
    begun = time.perf_counter()
    assert len(attribute_periods(Document("a", text, values), DEFAULT_LABELS, report="2023")) == len(values)
    assert time.perf_counter() - begun < 15
