"""Edges of names: out of words and pairs of marks, to where the scores allow it, and no other span is touched."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, LabelSet
from lawner.decoding import decode
from lawner.span_edges import MOST_COST, can_be_name, divides_number, divides_word, mend_edges, word_pairs
from lawner.tags import spans_to_tags

TEXT = "开展62场宪法宣传活动，调解案件8件"
LETTERS = "宪法宣传活动案件的，12件、“”"


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
    return surfaces(mend_edges(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS))


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
    assert surfaces(mend_edges(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS)) == ["62场", "宣传活动"]


def test_an_edge_that_the_model_is_sure_of_stays():
    spans = [(5, 10, "NAME")]
    for lead, expected in ((MOST_COST + 0.1, "宪法宣传活"), (MOST_COST - 0.1, "宪法宣传活动")):
        scores = scores_of(spans, len(TEXT), lead)
        scores[9] *= 2  # so that 活 is surer to lie inside than 动 outside
        assert surfaces(mend_edges(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS)) == [expected]


def test_a_name_does_not_grow_into_a_value():
    spans = [(5, 10, "NAME"), (10, 11, "COUNT")]
    scores = scores_of(spans, len(TEXT), 0.5)
    kept = mend_edges(spans, scores, TEXT, offsets_of(TEXT), DEFAULT_LABELS)
    assert kept == [(5, 9, "NAME"), (10, 11, "COUNT")]


def test_a_name_gets_the_other_quotation_mark_however_sure_the_model_is():
    text = "编印12期“法治”简报"
    for spans in ([(5, 8, "NAME")], [(6, 11, "NAME")]):
        scores = scores_of([(2, 5, "COUNT"), *spans], len(text), 5.0)
        scores[:, DEFAULT_LABELS.tag_ids["I-NAME"]] += 4
        mended = mend_edges([(2, 5, "COUNT"), *spans], scores, text, offsets_of(text), DEFAULT_LABELS)
        assert can_be_name(text[slice(*mended[1][:2])])
        assert mended[0] == (2, 5, "COUNT")


def test_a_part_of_a_number_is_no_value():
    text = "授课3000余学时，检查2716次"
    spans = [(2, 4, "COUNT"), (11, 13, "COUNT"), (13, 16, "COUNT")]
    scores = scores_of(spans, len(text), 1.0)
    assert mend_edges(spans, scores, text, offsets_of(text), DEFAULT_LABELS) == []
    whole = [(2, 8, "COUNT"), (11, 16, "COUNT")]
    assert mend_edges(whole, scores, text, offsets_of(text), DEFAULT_LABELS) == whole


def test_gold_hardly_ever_has_such_edges(project_root):
    from lawner.formats import load_annotations
    from lawner.losses import LossReport

    n_names, n_odd, n_cut = 0, 0, 0
    for document in load_annotations(project_root / "annotations", "brat", losses=LossReport()):
        for span in document.spans:
            if span.label == "NAME":
                n_names += 1
                n_odd += not can_be_name(document.text[span.start : span.end])
                n_cut += divides_word(document.text, span.start, span.end)
            else:
                assert not divides_number(document.text, span.start, span.end)
    assert n_odd == 0
    assert n_cut < n_names / 50


def test_without_a_name_label_nothing_moves():
    labels = LabelSet(("CASE",))
    spans = [(5, 10, "CASE")]
    assert mend_edges(spans, np.zeros((len(TEXT), 3), np.float32), TEXT, offsets_of(TEXT), labels) == spans


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, np.ndarray]:
    text = draw(st.text(LETTERS, min_size=1, max_size=25))
    cells = st.floats(-3, 3, width=32)
    n_tags = len(DEFAULT_LABELS.tags)
    rows = draw(st.lists(st.lists(cells, min_size=n_tags, max_size=n_tags), min_size=len(text), max_size=len(text)))
    return text, np.array(rows, dtype=np.float32)


@given(documents())
@settings(max_examples=200, deadline=None)
def test_only_names_move_and_only_for_a_reason(document):
    text, scores = document
    before = [
        span for span in decode(scores, DEFAULT_LABELS) if span[2] == "NAME" or not divides_number(text, *span[:2])
    ]
    after = mend_edges(before, scores, text, offsets_of(text), DEFAULT_LABELS)
    assert [label for *_, label in after] == [label for *_, label in before]
    spans_to_tags(after, len(text))  # in order, not empty, without overlap

    def total(spans: list[tuple[int, int, str]]) -> float:
        tags = spans_to_tags(spans, len(text))
        return sum(float(scores[row, DEFAULT_LABELS.tag_ids[tag]]) for row, tag in enumerate(tags))

    n_free = 0
    for (start, end, label), (new_start, new_end, _) in zip(before, after, strict=True):
        if (start, end) != (new_start, new_end):
            assert label == "NAME"
            assert can_be_name(text[new_start:new_end]) and not divides_word(text, new_start, new_end)
            assert divides_word(text, start, end) or not can_be_name(text[start:end])
            n_free += not can_be_name(text[start:end])
    n_moved = sum(one != other for one, other in zip(before, after, strict=True))
    if not n_free:
        assert total(before) - total(after) <= MOST_COST * n_moved + 1e-3


def test_pairs_are_counted_over_shards_and_kept_by_share(import_script):
    building = import_script("build_word_pairs")
    vocabulary = dict(enumerate(["[PAD]", "活", "动", "的", "1"]))
    shard = np.array([1, 2, 3, 1, 2, 3, 4, 4]), np.array([1, 0, 1, 1, 0, 1, 1, 0], dtype=bool)
    found = building.bound_pairs([shard, shard], vocabulary, least=4, most_begun=0.05)
    assert found == ["活动"]
    assert building.bound_pairs([shard], vocabulary, least=4, most_begun=0.05) == []
    assert building.bound_pairs([shard], vocabulary, least=1, most_begun=1.0) == ["动的", "活动", "的活"]
