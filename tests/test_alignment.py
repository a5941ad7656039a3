"""Characters to tokens and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lawner.alignment import to_char_spans, to_token_spans
from lawner.document import Span


@st.composite
def tokens(draw):
    """Offsets of tokens with gaps between some, and token spans over them."""
    sizes = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=30))
    offsets, position = [], 0
    for gap, size in sizes:
        offsets.append((position + gap, position + gap + size))
        position += gap + size
    edges = sorted(draw(st.sets(st.integers(0, len(offsets)), max_size=12)))
    spans = [(start, end, draw(st.sampled_from("AB"))) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    return np.array(offsets), spans


@given(tokens())
def test_tokens_to_characters_and_back_changes_nothing(case):
    offsets, spans = case
    aligned = to_token_spans(to_char_spans(spans, offsets), offsets)
    assert (aligned.spans, aligned.dropped) == (spans, [])


@given(tokens(), st.data())
def test_every_span_is_aligned_or_dropped(case, data):
    offsets, _ = case
    last = int(offsets[-1, 1]) + 3
    places = st.tuples(st.integers(0, last), st.integers(0, last)).filter(lambda pair: pair[0] < pair[1])
    spans = [Span(start, end, "A") for start, end in data.draw(st.lists(places, max_size=8))]
    aligned = to_token_spans(spans, offsets)
    assert sorted([*to_char_spans(aligned.spans, offsets), *aligned.dropped]) == sorted(spans)
    assert all(before[1] <= after[0] for before, after in zip(aligned.spans, aligned.spans[1:], strict=False))


def test_a_span_across_tokens_that_stand_for_nothing_is_aligned():
    offsets = np.array([[0, 2], [2, 2], [2, 3]])
    assert to_char_spans([(0, 3, "A"), (1, 2, "B")], offsets) == (Span(0, 3, "A"),)


def test_scores_go_with_their_spans():
    spans = to_char_spans([(0, 1, "A"), (1, 2, "B")], np.array([[0, 1], [1, 4]]), [0.25, 0.5])
    assert [(span.label, span.score) for span in spans] == [("A", 0.25), ("B", 0.5)]


def test_no_tokens_hold_no_span():
    nothing = np.zeros((0, 2), dtype=np.int64)
    assert to_token_spans([Span(0, 1, "A")], nothing).dropped == [Span(0, 1, "A")]
    assert to_char_spans([], nothing) == ()
