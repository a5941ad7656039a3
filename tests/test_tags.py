from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB1 as SEQEVAL_IOB1
from seqeval.scheme import IOB2 as SEQEVAL_IOB2
from seqeval.scheme import IOBES as SEQEVAL_IOBES
from seqeval.scheme import Entities

from lawner.tags import Scheme, broken_tags, detect_scheme, is_legal, is_tag, spans_to_tags, tags_to_spans

relaxed = settings(deadline=None, max_examples=150)
LABELS = ["A", "B-C", "NAME"]


@st.composite
def token_spans(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], int]:
    """Spans that do not overlap, and a number of tokens."""
    n_tokens = draw(st.integers(0, 12))
    cuts = sorted(draw(st.sets(st.integers(0, n_tokens))))
    pieces = [(start, end, draw(st.sampled_from([None, *LABELS]))) for start, end in pairwise(cuts)]
    return [(start, end, label) for start, end, label in pieces if label], n_tokens


def in_iob1(spans: list[tuple[int, int, str]], n_tokens: int) -> list[str]:
    tags = ["O"] * n_tokens
    for start, end, label in spans:
        tags[start:end] = [f"I-{label}"] * (end - start)
    for (_, end, label), (start, _, other) in pairwise(spans):
        if end == start and label == other:
            tags[start] = f"B-{other}"
    return tags


def with_ends(spans: list[tuple[int, int, str]], n_tokens: int, last: str, single: str) -> list[str]:
    tags = spans_to_tags(spans, n_tokens)
    for start, end, label in spans:
        tags[end - 1] = f"{single if end - start == 1 else last}-{label}"
    return tags


def by_seqeval(tags: list[str], scheme: type) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.tag) for one in Entities([tags], scheme).entities[0]]


@given(token_spans())
@relaxed
def test_tags_undo_spans_and_are_legal(drawn):
    spans, n_tokens = drawn
    tags = spans_to_tags(spans, n_tokens)
    assert len(tags) == n_tokens
    assert tags_to_spans(tags) == spans
    assert all(is_legal(prev, tag) for prev, tag in pairwise(["O", *tags]))
    assert broken_tags(tags, Scheme.IOB2) == 0


@given(token_spans())
@relaxed
def test_every_scheme_gives_the_same_spans(drawn):
    spans, n_tokens = drawn
    written = {
        Scheme.IOB1: in_iob1(spans, n_tokens),
        Scheme.IOBES: with_ends(spans, n_tokens, "E", "S"),
        Scheme.BILOU: with_ends(spans, n_tokens, "L", "U"),
    }
    for scheme, tags in written.items():
        assert tags_to_spans(tags) == spans
        assert broken_tags(tags, scheme) == 0
        assert detect_scheme([tags]) == (scheme if spans else Scheme.IOB2)


@given(token_spans())
@relaxed
def test_legal_tags_mean_what_strict_seqeval_reads(drawn):
    spans, n_tokens = drawn
    assert by_seqeval(spans_to_tags(spans, n_tokens), SEQEVAL_IOB2) == spans
    assert by_seqeval(in_iob1(spans, n_tokens), SEQEVAL_IOB1) == spans
    assert by_seqeval(with_ends(spans, n_tokens, "E", "S"), SEQEVAL_IOBES) == spans


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-N", "I-N"]), max_size=10))
@relaxed
def test_any_iob_tags_mean_what_lenient_seqeval_reads(tags):
    assert tags_to_spans(tags) == [(start, end + 1, label) for label, start, end in get_entities(tags)]


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-N", "I-N"]), max_size=10))
@relaxed
def test_strict_seqeval_and_lawner_agree_wherever_no_tag_is_broken(tags):
    if broken_tags(tags, Scheme.IOB2) == 0:
        assert tags_to_spans(tags) == by_seqeval(tags, SEQEVAL_IOB2)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param([], [], id="no tokens"),
        pytest.param(["B-A", "B-A"], [(0, 1, "A"), (1, 2, "A")], id="adjacent same label"),
        pytest.param(["I-A", "I-A"], [(0, 2, "A")], id="stray I opens"),
        pytest.param(["B-A", "I-N"], [(0, 1, "A"), (1, 2, "N")], id="I of another label opens"),
        pytest.param(["E-A", "I-A"], [(0, 1, "A"), (1, 2, "A")], id="E closes"),
        pytest.param(["B-A", "M-A", "E-A", "S-A"], [(0, 3, "A"), (3, 4, "A")], id="BMES"),
        pytest.param(["B-A", "O", "L-A"], [(0, 1, "A"), (2, 3, "A")], id="L after O"),
    ],
)
def test_tags_to_spans(tags, expected):
    assert tags_to_spans(tags) == expected


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        pytest.param([], Scheme.IOB2, id="nothing"),
        pytest.param([["O"], ["I-A", "B-A"]], Scheme.IOB1, id="I opens"),
        pytest.param([["I-A"], ["B-A"]], Scheme.IOB2, id="both open: IOB2 with faults"),
        pytest.param([["B-A"], ["S-A"]], Scheme.IOBES, id="S"),
        pytest.param([["B-A"], ["U-A"]], Scheme.BILOU, id="U"),
        pytest.param([["B-A", "M-A"]], Scheme.IOBES, id="M"),
    ],
)
def test_detect_scheme_looks_at_the_whole_file(sentences, expected):
    assert detect_scheme(sentences) == expected


def test_schemes_do_not_mix():
    with pytest.raises(ValueError, match="prefixes E, U belong to no one scheme"):
        detect_scheme([["E-A", "U-A"]])


@pytest.mark.parametrize("span", [(0, 0, "A"), (2, 1, "A"), (-1, 1, "A"), (3, 5, "A"), (1, 3, "A")])
def test_a_span_that_cannot_be_tagged_is_refused(span):
    with pytest.raises(ValueError, match="is empty, overlaps or leaves the 4 tokens"):
        spans_to_tags([(2, 4, "N"), span], 4)


@pytest.mark.parametrize("text", ["", "A", "B", "B-", "X-A", "BA", "OO"])
def test_what_is_no_tag(text):
    assert not is_tag(text)
    with pytest.raises(ValueError, match="is no tag"):
        tags_to_spans([text])


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        (["O", "I-A"], Scheme.IOB2, 1),
        (["B-A", "I-A"], Scheme.IOB1, 1),
        (["B-A", "O"], Scheme.IOBES, 1),
        (["B-A", "E-A", "E-A"], Scheme.IOBES, 1),
        (["B-A", "L-N", "U-A"], Scheme.BILOU, 1),
        (["I-A"], Scheme.BILOU, 2),
    ],
)
def test_broken_tags(tags, scheme, expected):
    assert broken_tags(tags, scheme) == expected
