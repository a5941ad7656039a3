from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.metrics import Score, score_documents, score_spans

SPANS = st.sets(
    st.builds(lambda a, n, label: Span(a, a + n, label), st.integers(0, 9), st.integers(1, 4), st.sampled_from("AB"))
)


@given(SPANS, SPANS)
def test_f1_is_the_same_whichever_reading_is_gold(one, two):
    assert score_spans(one, two).f1 == score_spans(two, one).f1


@given(SPANS)
def test_a_reading_agrees_with_itself(spans):
    assert score_spans(spans, spans).f1 == 1.0


def test_precision_recall_and_f1():
    score = Score(tp=6, fp=2, fn=4)
    assert (score.precision, score.recall) == (0.75, 0.6)
    assert score.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))


def test_nothing_found_where_something_was_is_zero():
    assert Score(fn=3).f1 == 0.0
    assert Score(fn=3).precision == 0.0


def test_a_pair_counts_only_with_the_right_type_and_the_right_name():
    text = "办案12件"
    name, case, count = Span(0, 2, "NAME"), Span(2, 5, "CASE"), Span(2, 5, "COUNT")
    gold = Document("a", text, [name, case], [Relation(case, name, "Measures")])
    pred = Document("a", text, [name, count], [Relation(count, name, "Measures")])
    scores = score_documents([(gold, pred)], DEFAULT_LABELS)
    assert scores["names"].f1 == 1.0
    assert scores["typed values"].f1 == 0.0
    assert scores["pairs"].f1 == 0.0
    assert scores["CASE"] == Score(fn=1)
    assert scores["COUNT"] == Score(fp=1)
