from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, LabelSet, Relation, Span
from lawner.relations import drop_unused_names, link_values


def marked(text: str) -> Document:
    """A document from a text in which 『』 hold names and 「」 values."""
    plain, spans, opened = "", [], 0
    for character in text:
        if character in "『「":
            opened = len(plain)
        elif character in "』」":
            spans.append(Span(opened, len(plain), "NAME" if character == "』" else "COUNT"))
        else:
            plain += character
    return Document("a", plain, spans)


def links(text: str) -> list[tuple[str, str]]:
    linked = link_values(marked(text), DEFAULT_LABELS)
    return [(linked.text_of(pair.head), linked.text_of(pair.tail)) for pair in linked.relations]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("『受理案件』「12件」", [("12件", "受理案件")], id="before"),
        pytest.param("聘请「35名」『法律顾问』", [("35名", "法律顾问")], id="directly after"),
        pytest.param(
            "『培训骨干』「40人」，评查「50宗」『案卷』，『合格』「48宗」",
            [("40人", "培训骨干"), ("50宗", "案卷"), ("48宗", "合格")],
            id="before and after in turn",
        ),
        pytest.param(
            "『开展检查』「12次」、「30余人次」",
            [("12次", "开展检查"), ("30余人次", "开展检查")],
            id="list",
        ),
        pytest.param(
            "『行政许可』、『行政处罚』和『行政强制』分别为「5件」、「8件」、「2件」",
            [("5件", "行政许可"), ("8件", "行政处罚"), ("2件", "行政强制")],
            id="respectively",
        ),
        pytest.param(
            "『调解率』、『满意率』分别达到「91%」和「99%」，『同比上升』「2%」",
            [("91%", "调解率"), ("99%", "满意率"), ("2%", "同比上升")],
            id="respectively, then more",
        ),
        pytest.param(
            "『受理量』由「8件」增加到「20件」", [("8件", "受理量"), ("20件", "受理量")], id="from one value to another"
        ),
        pytest.param("『受理案件』。「12件」", [], id="another sentence"),
        pytest.param("『受理案件』，群众到大厅递交材料排队，共「12件」", [], id="too far"),
        pytest.param("「12件」", [], id="no name at all"),
        pytest.param("『办结』", [], id="no value at all"),
    ],
)
def test_a_value_takes_the_name_it_measures(text, expected):
    assert links(text) == expected


def test_relations_that_were_there_are_replaced_and_spans_are_kept():
    document = marked("『受理』「12件」，『办结』「9件」")
    name, _, _, last = document.spans
    wrong = document.with_spans(document.spans, [Relation(last, name, "Measures")])
    assert link_values(wrong, DEFAULT_LABELS) == link_values(document, DEFAULT_LABELS)
    assert link_values(wrong, DEFAULT_LABELS).spans == document.spans


def test_a_label_set_without_names_gets_no_relations():
    document = marked("『受理』「12件」")
    assert link_values(document, LabelSet(("COUNT",), ("Measures",))).relations == ()


def test_a_pair_is_as_certain_as_its_less_certain_span():
    document = Document("a", "受理12件", [Span(0, 2, "NAME", 0.9), Span(2, 5, "CASE", 0.4)])
    assert [pair.score for pair in link_values(document, DEFAULT_LABELS).relations] == [0.4]


@given(
    st.text("，。、分别受理12件 \n", max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(1, 6), st.sampled_from(DEFAULT_LABELS.spans)), max_size=20),
)
def test_whatever_the_spans_each_value_gets_one_name_at_most(text, places):
    spans = {Span(start, start + length, label) for start, length, label in places if start + length <= len(text)}
    relations = link_values(Document("a", text, spans), DEFAULT_LABELS).relations
    heads = [relation.head for relation in relations]
    assert len(heads) == len(set(heads))
    assert all(relation.head.label != "NAME" and relation.tail.label == "NAME" for relation in relations)


@pytest.mark.parametrize("piece", ["『受理』「2件」", "分别「2件」、", "『受理』", "『受理』、分别「2件」     "])
def test_the_time_is_linear(piece):
    document = marked("『受理』" + piece * 2000)
    started = time.perf_counter()
    link_values(document, DEFAULT_LABELS)
    assert time.perf_counter() - started < 5


def test_a_name_that_no_value_points_to_is_dropped_and_everything_else_stays() -> None:
    text = "受理案件12件，其他办结"
    value, name, spare = Span(4, 7, "CASE"), Span(0, 4, "NAME"), Span(8, 12, "NAME")
    linked = Document("a", text, [value, name, spare], [Relation(value, name, "Measures")])
    assert drop_unused_names(linked, DEFAULT_LABELS) == linked.with_spans([value, name], linked.relations)
    without_relations = LabelSet(("CASE", "NAME"))
    assert drop_unused_names(linked, without_relations) == linked
