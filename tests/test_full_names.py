"""Names completed by the head they leave out."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.full_names import complete_names
from lawner.stages import unit_of


def completed(text):
    """A document from a text with ``〖names〗`` and ``【values】``, each of the name before it, and its full names."""
    clean, name, pairs, spans = "", None, [], []
    for part in re.split(r"(〖[^〗]*〗|【[^】]*】)", text):
        start = len(clean)
        clean += part.strip("〖〗【】") if part[:1] in ("〖", "【") else part
        if part.startswith("〖"):
            name = Span(start, len(clean), "NAME")
            spans.append(name)
        elif part.startswith("【"):
            value = Span(start, len(clean), "RATE" if part[-2] in "%点" else "CASE")
            spans.append(value)
            pairs.append(Relation(value, name, "Measures"))
    document = Document("a", clean, spans, pairs)
    return document, list(complete_names(document, DEFAULT_LABELS).values())


CASES = [
    ("共〖收到行政复议申请〗【9件】，〖受理〗【8件】", "行政复议申请 · 受理"),
    (
        "〖收到行政复议申请〗【9件】，〖受理〗【8件】，〖审结〗【7件】，其中〖维持〗【4件】、〖撤销〗【2件】",
        "行政复议申请 · 撤销",
    ),
    (
        "〖收到行政复议申请〗【9件】，〖审结〗【7件】，〖以调解、和解方式结案〗【2件】",
        "行政复议申请 · 以调解、和解方式结案",
    ),
    ("〖收到行政复议申请〗【61】，〖受理〗【53】", "行政复议申请 · 受理"),
    ("〖受理刑事案件〗【9件】，〖审结〗【8件】", "刑事案件 · 审结"),
    ("〖排查矛盾纠纷〗【9起】，〖调解成功〗【8件】", "矛盾纠纷 · 调解成功"),
    ("〖清理文件〗【9件】，〖继续有效的〗【8件】", "文件 · 继续有效的"),
    ("〖受理问题〗【9个】，〖办结率〗【99%】", "问题 · 办结率"),
    ("〖受理刑事案件〗【9件】，〖审结〗【8件】，〖结案率〗【97%】", "刑事案件 · 结案率"),
    ("〖评查案卷〗【9卷】，〖优秀率〗【31%】", "评查案卷 · 优秀率"),
    ("〖收到行政复议申请〗【9件】，〖同比上升〗【12%】", "行政复议申请 · 同比上升"),
    ("〖收到行政复议申请〗【9件】，〖受理〗【8件】，〖同比上升〗【12%】", "行政复议申请 · 受理 · 同比上升"),
    ("〖罚款〗【9万元】，〖较上年下降〗【12%】", "罚款 · 较上年下降"),
    ("〖受理案件〗【9件】，〖同比增长〗【5%】，〖较上年提高〗【2个百分点】", "受理案件 · 较上年提高"),
    ("〖改判案件〗【16件】，〖占上诉案件的〗【15.8%】", "改判案件 · 占上诉案件的"),
    ("〖办理法律援助案件〗【9件】，其中〖民事〗【5件】、〖刑事〗【4件】", "法律援助案件 · 刑事"),
    ("〖保留行政权力〗【9项】，其中〖行政许可〗【5项】、〖其他〗【4项】", "行政权力 · 其他"),
    ("〖大案〗【9件】，〖要案〗【14人】（其中〖县处级〗【12人】）", "要案 · 县处级"),
    ("〖收到行政复议申请〗【9件】。其中〖维持〗【4件】", "行政复议申请 · 维持"),
    ("〖收到行政复议申请〗【9件】（其中〖涉土地征收的案件〗【5件】），〖审结〗【7件】", "行政复议申请 · 审结"),
]

UNCHANGED = [
    ("〖罚款〗【9万元】", "罚款"),
    ("〖受理〗【8件】", "受理"),
    ("〖办结率〗【99%】", "办结率"),
    ("〖同比上升〗【12%】", "同比上升"),
    ("〖检查企业〗【9家】，〖立案〗【8件】", "立案"),
    ("〖收到行政复议申请〗【9件】。全年坚持公正文明执法，〖受理〗【8件】", "受理"),
    ("〖收到行政复议申请〗【9件】\n〖受理〗【8件】", "受理"),
    ("〖收到行政复议申请〗【9件】，案卷优秀率〖同比上升〗【12%】", "同比上升"),
    ("〖调解员〗【9人】，〖调解成功率〗【98%】", "调解成功率"),
    ("〖收到行政复议申请〗【9件】，〖行政诉讼〗【8件】", "行政诉讼"),
    ("〖民事〗【5件】", "民事"),
    ("〖群众满意率〗【98%】，〖满意率〗【97%】", "满意率"),
    ("〖收到行政复议申请〗【9件】，受理举报**件，〖查实〗【2件】", "查实"),
    ("〖上年结转的〗【9件】，〖审结〗【2件】", "审结"),
]


@pytest.mark.parametrize(("text", "expected"), CASES + UNCHANGED, ids=[text for text, _ in CASES + UNCHANGED])
def test_the_last_name_is_completed_only_where_its_head_is_clear(text, expected):
    document, names = completed(text)
    assert names[-1].text == expected
    assert (names[-1].start is None) == (" · " not in expected)
    if names[-1].start is not None:
        assert document.text[names[-1].start : names[-1].end] == expected.split(" · ")[0]


def test_with_respectively_each_comparison_takes_its_own_value():
    _, names = completed("〖收案〗【9件】，〖审结案件〗【8件】，〖同比分别上升〗【8%】和【9%】")
    assert [name.text for name in names[2:]] == ["收案 · 同比分别上升", "审结案件 · 同比分别上升"]


@pytest.mark.parametrize(
    ("value", "unit"),
    [("1,204起", "件"), ("近万人次", "人"), ("97.3%", "%"), ("61", ""), ("5条", "个"), ("3个百分点", "个百分点")],
)
def test_units_of_one_kind_are_one(value, unit):
    assert unit_of(value) == unit


PIECES = st.sampled_from(
    ["收到行政复议申请", "受理", "维持", "同比上升", "办结率", "其中", "民事",
     "5件", "12%", "，", "。", "；", "（", "）", "\n", "的", "分别",
     "𠮷"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)), st.data())
def test_any_text_with_any_spans_gives_heads_that_open_the_full_name(text, data):
    edges = st.integers(0, len(text))
    pairs = [sorted(pair) for pair in data.draw(st.lists(st.tuples(edges, edges), max_size=10))]
    values = [Span(first, last, "CASE") for first, last in pairs[::2] if first < last]
    names = [Span(first, last, "NAME") for first, last in pairs[1::2] if first < last]
    relations = {Relation(value, name, "Measures") for value, name in zip(values, names, strict=False)}
    document = Document("a", text, {*values, *names}, relations)
    found = complete_names(document, DEFAULT_LABELS)
    assert set(found) == {(relation.head, relation.tail) for relation in relations}
    for (_, name), full in found.items():
        assert full.text.endswith(document.text_of(name))
        if full.start is None:
            assert full.text == document.text_of(name)
        else:
            assert full.text.startswith(text[full.start : full.end] + " · ")


def test_a_long_document_without_full_stops_takes_seconds():
    pieces = "收到行政复议申请9件，受理8件，其中（维持7件），"
    text = pieces * 5000
    spans = [Span(match.start(), match.end(), "NAME") for match in re.finditer("收到行政复议申请|受理|维持", text)]
    values = [Span(span.end, span.end + 2, "CASE") for span in spans]
    relations = [Relation(value, name, "Measures") for value, name in zip(values, spans, strict=True)]
    begun = time.perf_counter()
    assert len(complete_names(Document("a", text, [*spans, *values], relations), DEFAULT_LABELS)) == len(values)
    assert time.perf_counter() - begun < 15
