from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.metrics import score_spans
from lawner.mistakes import COLUMNS, MistakeKind, find_mistakes

TEXT = "受理案件12件，调解成功九件。罚款3万元"
NAME, CASE, NAME2, CASE2 = Span(0, 4, "NAME"), Span(4, 7, "CASE"), Span(8, 12, "NAME"), Span(12, 14, "CASE")
SPANS = st.sets(
    st.builds(
        lambda start, length, label: Span(start, start + length, label),
        st.integers(0, 12),
        st.integers(1, 4),
        st.sampled_from(DEFAULT_LABELS.spans),
    ),
    max_size=12,
)


def documents(gold, pred, gold_links=(), pred_links=()):
    return [
        Document("a", TEXT, spans, [Relation(head, tail, "Measures") for head, tail in pairs])
        for spans, pairs in ((gold, gold_links), (pred, pred_links))
    ]


@pytest.mark.parametrize(
    ("gold", "pred", "expected"),
    [
        pytest.param([CASE], [CASE], [], id="right"),
        pytest.param([CASE], [], [("missed", "12件", "")], id="missed"),
        pytest.param([], [CASE], [("spurious", "", "12件")], id="spurious"),
        pytest.param([CASE], [Span(4, 7, "COUNT")], [("type", "12件", "12件")], id="type"),
        pytest.param([CASE], [Span(4, 6, "CASE")], [("boundary", "12件", "12")], id="boundary"),
        pytest.param([CASE], [Span(4, 6, "COUNT")], [("type", "12件", "12")], id="type and boundary are type"),
        pytest.param(
            [NAME], [Span(2, 5, "CASE")], [("missed", "受理案件", ""), ("spurious", "", "案件1")], id="name and value"
        ),
        pytest.param(
            [NAME],
            [Span(0, 1, "NAME"), Span(1, 4, "NAME")],
            [("boundary", "受理案件", "理案件"), ("spurious", "", "受")],
            id="the longest overlap is the partner",
        ),
        pytest.param(
            [CASE],
            [Span(4, 6, "CASE"), Span(4, 7, "COUNT")],
            [("type", "12件", "12件"), ("spurious", "", "12")],
            id="the same characters come first",
        ),
        pytest.param(
            [CASE],
            [CASE, Span(4, 6, "CASE")],
            [("spurious", "", "12")],
            id="what is right is no partner any more",
        ),
    ],
)
def test_every_mistake_has_one_kind(gold, pred, expected):
    found = find_mistakes(*documents(gold, pred), DEFAULT_LABELS)
    assert Counter((str(one.kind), one.text, one.pred_text) for one in found) == Counter(expected)


ALL = [NAME, CASE, NAME2, CASE2]
RIGHT = [(CASE, NAME), (CASE2, NAME2)]


@pytest.mark.parametrize(
    ("pred", "links", "expected"),
    [
        pytest.param(ALL, RIGHT, [], id="right"),
        pytest.param(
            ALL,
            [(CASE, NAME2), (CASE2, NAME2)],
            [("wrong link", "12件 → 受理案件", "12件 → 调解成功")],
            id="to another name",
        ),
        pytest.param(ALL, RIGHT[1:], [("wrong link", "12件 → 受理案件", "12件 → no name")], id="no link"),
        pytest.param(
            [CASE, NAME2, CASE2], RIGHT[1:], [("missed", "受理案件", "")], id="a missed name is one mistake, not two"
        ),
        pytest.param(
            [Span(0, 2, "NAME"), *ALL[1:]],
            [(CASE, Span(0, 2, "NAME")), RIGHT[1]],
            [("boundary", "受理案件", "受理")],
            id="a link to nearly the right name is right",
        ),
        pytest.param(
            [Span(0, 2, "NAME"), *ALL[1:]],
            [(CASE, NAME2), RIGHT[1]],
            [("boundary", "受理案件", "受理"), ("wrong link", "12件 → 受理案件", "12件 → 调解成功")],
            id="a boundary and a link",
        ),
        pytest.param(
            [*ALL, Span(15, 17, "NAME")],
            [(CASE, Span(15, 17, "NAME")), RIGHT[1]],
            [("spurious", "", "罚款"), ("wrong link", "12件 → 受理案件", "12件 → no name")],
            id="a link to a spurious name",
        ),
    ],
)
def test_links_are_wrong_only_between_spans_that_were_found(pred, links, expected):
    found = find_mistakes(*documents(ALL, pred, RIGHT, links), DEFAULT_LABELS)
    assert Counter((str(one.kind), one.text, one.pred_text) for one in found) == Counter(expected)


def test_a_link_the_gold_does_not_have_is_wrong():
    found = find_mistakes(*documents(ALL, ALL, RIGHT[1:], RIGHT), DEFAULT_LABELS)
    assert [(one.kind, one.text) for one in found] == [(MistakeKind.WRONG_LINK, "12件 → no name")]


@given(SPANS, SPANS)
def test_mistakes_about_spans_add_up_to_what_the_scores_count(gold, pred):
    found = Counter(one.kind for one in find_mistakes(*documents(gold, pred), DEFAULT_LABELS))
    score, both = score_spans(gold, pred), found[MistakeKind.BOUNDARY] + found[MistakeKind.TYPE]
    assert both + found[MistakeKind.MISSED] == score.fn
    assert both + found[MistakeKind.SPURIOUS] == score.fp


def test_a_row_says_where_on_both_sides():
    (one,) = find_mistakes(*documents([CASE], [Span(4, 6, "COUNT")]), DEFAULT_LABELS)
    assert dict(zip(COLUMNS, one.row, strict=True)) == {
        "doc_id": "a",
        "error": "type",
        "label": "CASE",
        "start": 4,
        "end": 7,
        "text": "12件",
        "pred_label": "COUNT",
        "pred_start": 4,
        "pred_end": 6,
        "pred_text": "12",
        "context": "受理案件「12件」，调解成功九件。罚款3万元",
    }
