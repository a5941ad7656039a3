"""Decoding finds the best legal tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import reference_spans

from lawner.decoding import decode, span_scores, viterbi
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.tags import is_legal, tags_to_spans

SETS = [LabelSet(tuple("ABCDE"[:number])) for number in (1, 2, 5)]


@st.composite
def cases(draw):
    """Label sets with scores: random, rounded so that many tie, or such that I- tags win nearly everywhere."""
    labels = draw(st.sampled_from(SETS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = rng.normal(size=(draw(st.integers(1, 40)), len(labels.tags)))
    kind = draw(st.sampled_from(["random", "ties", "inside", "one label inside", "far apart"]))
    if kind == "ties":
        scores = np.round(scores)
    if kind == "inside":
        scores[:, 2::2] += 3
    if kind == "one label inside":
        scores[:, 2] += 50
    if kind == "far apart":
        scores *= 10.0 ** rng.integers(-3, 4, size=(len(scores), 1))
    return labels, scores


@settings(max_examples=500)
@given(cases())
def test_no_legal_sequence_scores_higher(case):
    labels, scores = case
    path, best = viterbi(scores, labels), reference_spans(scores)
    tags = [labels.tags[tag] for tag in path]
    places = np.arange(len(scores))
    assert all(is_legal(prev, tag) for prev, tag in zip(["O", *tags], tags, strict=False))
    assert scores[places, path].sum() == pytest.approx(scores[places, best].sum(), rel=1e-12, abs=1e-9)


@given(cases())
def test_spans_are_those_of_the_tags(case):
    labels, scores = case
    assert decode(scores, labels) == tags_to_spans([labels.tags[tag] for tag in viterbi(scores, labels)])


@given(cases())
def test_every_span_gets_the_lowest_probability_of_its_tags(case):
    labels, scores = case
    spans = decode(scores, labels)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    expected = []
    for start, end, label in spans:
        tags = [labels.tag_ids[f"B-{label}"], *[labels.tag_ids[f"I-{label}"]] * (end - start - 1)]
        expected.append(min(chances[place, tag] for place, tag in zip(range(start, end), tags, strict=True)))
    found = span_scores(scores, spans, labels)
    assert found == pytest.approx(expected, abs=1e-6)
    assert all(0 <= score <= 1 for score in found)


def test_a_stray_inside_tag_is_given_a_beginning_where_that_costs_least():
    scores = np.array([[0, 0, 0], [3, 2.5, 0], [0, 0, 3], [0, 0, 3.0]])
    assert decode(scores, SETS[0]) == [(1, 4, "A")]


def test_nothing_is_found_in_nothing():
    assert decode(np.zeros((0, 11), dtype=np.float32), DEFAULT_LABELS) == []
    assert decode(np.zeros((0, 0), dtype=np.float32), DEFAULT_LABELS) == []


def test_scores_of_other_tags_are_refused():
    with pytest.raises(ValueError, match="scores of 3 tags for a label set of 11"):
        viterbi(np.zeros((2, 3), dtype=np.float32), DEFAULT_LABELS)
