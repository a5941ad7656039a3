from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import Document, Relation, Span
from lawner.edits import Edit, apply_edits, free_cuts, keep_fitting, rearrange


@st.composite
def documents(draw):
    """A document whose spans follow each other, some directly; neighbours are related."""
    pieces = draw(st.lists(st.tuples(st.text("受理件12，。\n", min_size=1, max_size=6), st.booleans()), max_size=8))
    text, spans = "", []
    for piece, marked in pieces:
        if marked:
            spans.append(Span(len(text), len(text) + len(piece), "CASE"))
        text += piece
    relations = [Relation(first, second, "Measures") for first, second in zip(spans[::2], spans[1::2], strict=False)]
    return Document("a", text, spans, relations)


@st.composite
def documents_with_edits(draw):
    """A document and edits in it, some of which do not fit."""
    document = draw(documents())
    place = st.integers(0, len(document.text))
    ranges = draw(st.lists(st.tuples(place, place, st.text("甲乙", max_size=3)), max_size=6))
    return document, [Edit(min(a, b), max(a, b), new) for a, b, new in ranges]


def naive(document, span, edits):
    """A span's new text, the slow way: character by character."""
    text = ""
    for place in range(span.start, span.end + 1):
        for edit in edits:
            if edit.start == place and (edit.start < edit.end or place > span.start) and place < span.end:
                text += edit.text
        if place < span.end and not any(edit.start <= place < edit.end for edit in edits):
            text += document.text[place]
    return text


@given(documents_with_edits())
def test_spans_stay_on_their_words(case):
    document, edits = case
    edits = keep_fitting(document, edits)
    if any(not naive(document, span, edits) for span in document.spans):
        return  # a span of which nothing is left
    edited = apply_edits(document, edits)
    assert [edited.text_of(span) for span in edited.spans] == [naive(document, s, edits) for s in document.spans]
    index = {span: number for number, span in enumerate(edited.spans)}
    before = {span: number for number, span in enumerate(document.spans)}
    assert [(index[r.head], index[r.tail]) for r in edited.relations] == [
        (before[r.head], before[r.tail]) for r in document.relations
    ]


@given(documents(), st.data())
def test_pieces_in_another_order_keep_every_span_and_relation(document, data):
    cuts = free_cuts(document, data.draw(st.lists(st.integers(0, len(document.text)))))
    pieces = data.draw(st.permutations(list(pairwise(cuts))))
    moved = rearrange(document, pieces)
    assert sorted(moved.text) == sorted(document.text)
    assert sorted(moved.text_of(span) for span in moved.spans) == sorted(document.text_of(s) for s in document.spans)
    assert sorted(
        moved.text[min(r.head.start, r.tail.start) : max(r.head.end, r.tail.end)] for r in moved.relations
    ) == (
        sorted(document.text[min(r.head.start, r.tail.start) : max(r.head.end, r.tail.end)] for r in document.relations)
    )


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([Edit(1, 3, "甲")], id="across-an-edge"),
        pytest.param([Edit(4, 6, "甲"), Edit(5, 7, "乙")], id="overlap"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edits):
    document = Document("a", "受理12件，办结", [Span(2, 5, "CASE")])
    with pytest.raises(ValueError, match="a: edits overlap or cross the edge of a span"):
        apply_edits(document, edits)


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        pytest.param([(0, 3)], "not the whole text", id="missing"),
        pytest.param([(0, 3), (3, 5)], "inside the span", id="cut-span"),
    ],
)
def test_pieces_that_lose_or_cut_something_are_refused(pieces, message):
    with pytest.raises(ValueError, match=message):
        rearrange(Document("a", "受理12件", [Span(2, 5, "CASE")]), pieces)


def test_no_edits_give_the_very_document():
    document = Document("a", "受理12件", [Span(2, 5, "CASE")])
    assert apply_edits(document, []) is document
