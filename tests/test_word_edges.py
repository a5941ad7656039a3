"""Edges of names: out of the middle of words, to where the scores allow it, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, LabelSet
from lawner.decoding import decode
from lawner.tags import spans_to_tags
from lawner.word_edges import MOST_COST, keep_words_whole, word_pairs

TEXT = "开展62场宪法宣传活动，调解案件8件"
LETTERS = "宪法宣传活动调解案件的，12件、年"


def offsets_of(text: str) -> np.ndarray:
    """One token a character."""
    return np.arange(len(text))[:, None] + np.array([0, 1])


def scores_of(spans: list[tuple[int, int, str]], n_tokens: int, lead: float) -> np.ndarray:
    """Logits that prefer the tags of the spans by so much."""
    scores = np.zeros((n_tokens, len(DEFAULT_LABELS.tags)), dtype=np.float32)
    for row, tag in enumerate(spans_to_tags(spans, n_tokens)):
        scores[row, DEFAULT_LABELS.tag_ids[tag]] = lead
    return scores


def surfaces(spans: list[tuple[int, int, str]]) -> list[str]:
    return [TEXT[start:end] for start, end, _ in spans]


def moved(spans: list[tuple[int, int, str]], *, unsure: tuple[int, str], lead: float = 3.0) -> list[str]:
    """What becomes of spans that the model is sure of, but for one token that might have another tag."""
    scores = scores_of(spans, len(TEXT), lead)
    token, tag = unsure
    scores[token] = scores_of(spans, len(TEXT), 0.5)[token]
    scores[token, DEFAULT_LABELS.tag_ids[tag]] = 0.4
    return surfaces(keep_words_whole(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS))


def test_pairs_are_those_inside_words():
    assert {"活动", "案件", "宣传"} <= word_pairs()
    assert not {"法宣", "传活", "解案", "调解"} & word_pairs()  # 协调 | 解决
    assert all(len(pair) == 2 for pair in word_pairs())


def test_a_name_broken_off_in_a_word_gets_the_rest():
    assert moved([(2, 5, "COUNT"), (5, 10, "NAME")], unsure=(10, "I-NAME")) == ["62场", "宪法宣传活动"]


def test_or_loses_what_it_had_of_the_word():
    assert moved([(5, 10, "NAME")], unsure=(9, "O")) == ["宪法宣传"]


def test_a_name_that_begins_in_a_word_gets_its_beginning():
    spans = [(2, 5, "COUNT"), (8, 11, "NAME")]
    scores = scores_of(spans, len(TEXT), 0.5)
    scores[9:11] *= 6
    assert surfaces(keep_words_whole(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS)) == ["62场", "宣传活动"]


def test_an_edge_that_the_model_is_sure_of_stays():
    spans = [(5, 10, "NAME")]
    for lead, expected in ((MOST_COST + 0.1, "宪法宣传活"), (MOST_COST - 0.1, "宪法宣传活动")):
        scores = scores_of(spans, len(TEXT), lead)
        scores[9] *= 2  # so that 活 is surer to lie inside than 动 outside
        assert surfaces(keep_words_whole(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS)) == [expected]


def test_a_name_does_not_grow_into_a_value():
    spans = [(5, 10, "NAME"), (10, 11, "COUNT")]
    scores = scores_of(spans, len(TEXT), 0.5)
    kept = keep_words_whole(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS)
    assert kept == [(5, 9, "NAME"), (10, 11, "COUNT")]


def test_without_a_name_label_nothing_moves():
    labels = LabelSet(("CASE",))
    spans = [(5, 10, "CASE")]
    assert keep_words_whole(spans, np.zeros((len(TEXT), 3), np.float32), TEXT, offsets_of(TEXT), labels) == spans


def test_letters_with_something_between_them_are_no_pair():
    offsets = offsets_of(TEXT).copy()
    offsets[10] = [10, 11]
    offsets[9] = [8, 9]  # a token that leaves a character out
    spans = [(5, 10, "NAME")]
    assert keep_words_whole(spans, scores_of(spans, len(TEXT), 0.5), TEXT, offsets, DEFAULT_LABELS) == spans


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, np.ndarray]:
    text = draw(st.text(LETTERS, min_size=1, max_size=25))
    cells = st.floats(-3, 3, width=32)
    n_tags = len(DEFAULT_LABELS.tags)
    rows = draw(st.lists(st.lists(cells, min_size=n_tags, max_size=n_tags), min_size=len(text), max_size=len(text)))
    return text, np.array(rows, dtype=np.float32)


@given(documents())
@settings(max_examples=200, deadline=None)
def test_only_names_move_and_never_at_more_than_the_most_cost(document):
    text, scores = document
    before = decode(scores, DEFAULT_LABELS)
    after = keep_words_whole(before, scores, text, offsets_of(text), DEFAULT_LABELS)
    assert [label for *_, label in after] == [label for *_, label in before]
    assert [span for span in after if span[2] != "NAME"] == [span for span in before if span[2] != "NAME"]
    spans_to_tags(after, len(text))  # in order, not empty, without overlap

    def total(spans: list[tuple[int, int, str]]) -> float:
        tags = spans_to_tags(spans, len(text))
        return sum(float(scores[row, DEFAULT_LABELS.tag_ids[tag]]) for row, tag in enumerate(tags))

    n_edges = sum(a != b for one, other in zip(before, after, strict=True) for a, b in zip(one, other, strict=True))
    assert total(before) - total(after) <= MOST_COST * n_edges + 1e-3
    assert (total(before) == pytest.approx(total(after), abs=1e-3)) or n_edges


def test_pairs_are_counted_over_shards_and_kept_by_share(import_script):
    building = import_script("build_word_pairs")
    vocabulary = dict(enumerate(["[PAD]", "活", "动", "的", "1"]))
    shard = np.array([1, 2, 3, 1, 2, 3, 4, 4]), np.array([1, 0, 1, 1, 0, 1, 1, 0], dtype=bool)
    found = building.bound_pairs([shard, shard], vocabulary, least=4, most_begun=0.05)
    assert found == ["活动"]
    assert building.bound_pairs([shard], vocabulary, least=4, most_begun=0.05) == []
    assert building.bound_pairs([shard], vocabulary, least=1, most_begun=1.0) == ["动的", "活动", "的活"]
