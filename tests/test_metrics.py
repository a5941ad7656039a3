from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.metrics import (
    INDICATORS,
    VALUES,
    Score,
    estimate,
    score_document,
    score_documents,
    score_overlap,
    score_quantities,
    score_spans,
)

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


@pytest.mark.parametrize(
    ("gold", "pred", "expected"),
    [
        pytest.param([(0, 4)], [(2, 6)], Score(tp=1), id="part of each"),
        pytest.param([(0, 4)], [(4, 6)], Score(fp=1, fn=1), id="neighbours share nothing"),
        pytest.param([(0, 6)], [(0, 2), (3, 5)], Score(tp=1, fp=1), id="one partner each"),
        pytest.param([(0, 3), (3, 6)], [(2, 4), (5, 6)], Score(tp=2), id="the most partners there can be"),
        pytest.param([(0, 9)], [(0, 1), (0, 9)], Score(tp=1, fp=1), id="nested"),
    ],
)
def test_overlapping_spans_are_partners_once(gold, pred, expected):
    sides = [[Span(start, end, "CASE") for start, end in spans] for spans in (gold, pred)]
    assert score_overlap(*sides) == expected


def test_spans_with_other_labels_are_no_partners():
    assert score_overlap([Span(0, 2, "CASE")], [Span(0, 2, "COUNT")]) == Score(fp=1, fn=1)


@given(SPANS, SPANS)
def test_overlap_finds_at_least_what_exact_finds_in_disjoint_spans(one, two):
    left, right = _disjoint(one), _disjoint(two)
    assert score_overlap(left, right).tp >= score_spans(left, right).tp


def _disjoint(spans):
    kept: list[Span] = []
    for span in sorted(spans):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


@pytest.mark.parametrize(
    ("gold", "pred", "expected"),
    [
        pytest.param("共12件", [(1, 3, "COUNT"), (3, 4, "CASE")], Score(fp=2, fn=1), id="without its unit"),
        pytest.param("约0.3万元", [(1, 6, "AMOUNT")], Score(tp=1), id="about does not matter"),
        pytest.param("共3000件", [(1, 6, "COUNT")], Score(tp=1), id="type does not matter"),
        pytest.param("共300元", [(1, 3, "AMOUNT")], Score(fp=1, fn=1), id="another number"),
    ],
)
def test_quantities_are_equal_if_number_and_unit_are(gold, pred, expected):
    start = 0 if gold[0] == "约" else 1
    one = Document("a", gold, [Span(start, len(gold), "AMOUNT" if gold[-1] == "元" else "CASE")])
    two = Document("a", gold, [Span(*place) for place in pred])
    assert score_quantities(one, two, DEFAULT_LABELS) == expected


def test_a_value_without_a_name_is_no_indicator():
    alone = Document("a", "办案12件", [Span(2, 5, "CASE")])
    scores = score_document(alone, alone, DEFAULT_LABELS)
    assert scores[INDICATORS] == Score()
    assert scores[VALUES] == Score(tp=1)


def test_the_interval_is_that_of_documents_drawn_again():
    documents = [{"x": Score(tp=8, fp=1, fn=3)}, {"x": Score(tp=2, fp=4, fn=1)}, {"x": Score(tp=30, fp=2, fn=2)}]
    generator = np.random.default_rng(7)
    drawn = generator.multinomial(3, [1 / 3] * 3, size=1000)
    by_hand = [sum((documents[i]["x"] for i in range(3) for _ in range(row[i])), Score()).f1 for row in drawn]
    found = estimate(documents, n_resamples=1000, seed=7)["x"]
    assert found.score == Score(40, 7, 6)
    # drawn in portions, so the same numbers only because a generator goes on where it was
    assert [found.low, found.high] == pytest.approx(np.percentile(by_hand, [2.5, 97.5]).tolist(), abs=1e-12)


def test_one_document_and_equal_ones_leave_nothing_to_chance():
    one = {"x": Score(tp=3, fp=1, fn=2), "y": Score()}
    for documents in ([one], [one] * 5):
        found = estimate(documents)
        assert (found["x"].low, found["x"].high) == (one["x"].f1, one["x"].f1)
        assert (found["y"].low, found["y"].high) == (1.0, 1.0)


def test_the_same_seed_gives_the_same_interval():
    documents = [{"x": Score(tp=n, fp=1, fn=9 - n)} for n in range(9)]
    assert estimate(documents) == estimate(documents)
    assert estimate(documents, seed=1) != estimate(documents)


def test_no_documents_have_no_interval():
    with pytest.raises(ValueError, match="at least one document"):
        estimate([])
