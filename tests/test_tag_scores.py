from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Span
from lawner.metrics import score_spans
from lawner.tag_scores import AVERAGES, character_tags, label_table, score_tags, seqeval_table, strict_spans

TAGS = st.sampled_from(["O", "B-CASE", "I-CASE", "B-RATE", "I-RATE", "B-NAME", "I-NAME"])
SENTENCES = st.lists(
    st.integers(1, 12).flatmap(
        lambda length: st.tuples(
            st.lists(TAGS, min_size=length, max_size=length), st.lists(TAGS, min_size=length, max_size=length)
        )
    ),
    min_size=1,
    max_size=6,
)


@given(SENTENCES)
@settings(max_examples=200, deadline=None)
def test_the_table_is_seqevals_to_the_last_digit(sentences):
    gold, pred = [one for one, _ in sentences], [two for _, two in sentences]
    scores = score_tags(gold, pred)
    if any(score.tp + score.fn for score in scores.values()):  # seqeval fails on a gold without any span
        assert label_table(scores) == seqeval_table(gold, pred)


def test_without_any_span_the_averages_are_zero():
    assert label_table({}) == {
        name: {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0} for name in AVERAGES
    }


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(["B-A", "I-A", "B-A"], [(0, 2, "A"), (2, 3, "A")], id="neighbours"),
        pytest.param(["O", "I-A", "I-A"], [], id="stray I is no span"),
        pytest.param(["B-A", "I-B", "I-A"], [(0, 1, "A")], id="another label ends a span"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_strict_spans(tags, expected):
    assert strict_spans(tags) == expected


def test_tags_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="2 gold tags and 1 predicted"):
        score_tags([["O", "O"]], [["O"]])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(DEFAULT_LABELS.spans)), max_size=6))
def test_tags_over_characters_give_the_scores_of_spans(steps):
    spans, position = [], 0
    for gap, length, label in steps:
        spans.append(Span(position + gap, position + gap + length, label))
        position += gap + length
    gold, pred = Document("a", "字" * position, spans), Document("a", "字" * position, spans[::2])
    tags = [[character_tags(document, DEFAULT_LABELS)] for document in (gold, pred)]
    for label, score in score_tags(*tags).items():
        of_label = [[span for span in one.spans if span.label == label] for one in (gold, pred)]
        assert score == score_spans(*of_label)


def test_of_spans_that_overlap_the_earlier_and_longer_is_tagged():
    document = Document("a", "字字字字", [Span(0, 2, "CASE"), Span(0, 3, "NAME"), Span(2, 4, "RATE")])
    assert character_tags(document, DEFAULT_LABELS) == ["B-NAME", "I-NAME", "I-NAME", "O"]
