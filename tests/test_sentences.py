from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.sentences import cut_windows, sentence_ends

CHINESE = st.text(alphabet="受理案件1２3。！？；，、：\n\r 　”）.a𠮷", max_size=200)


@given(CHINESE)
def test_sentences_together_are_the_text(text):
    ends = sentence_ends(text)
    assert ends == sorted(set(ends))
    assert (ends[-1] if ends else 0) == len(text)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("受理5件。办结3件。", ["受理5件。", "办结3件。"]),
        ("他说：“办结3件。”随后离开。", ["他说：“办结3件。”", "随后离开。"]),
        ("占比3.5%。", ["占比3.5%。"]),
        ("一、标题\n正文", ["一、标题\n", "正文"]),
        ("甲；乙;丙", ["甲；", "乙;", "丙"]),
    ],
    ids=["full-stop", "closing-quote", "decimal-point", "line", "semicolons"],
)
def test_sentence_ends(text, sentences):
    ends = sentence_ends(text)
    assert [text[start:end] for start, end in zip([0, *ends], ends, strict=False)] == sentences


@given(CHINESE, st.integers(1, 40), st.data())
def test_windows_partition_the_text_and_divide_no_span_that_fits(text, size, data):
    bounds = st.integers(0, len(text))
    kept = [tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(bounds, bounds), max_size=3))]
    kept = [(start, end) for start, end in kept if start < end <= start + max(1, size // 4)]
    windows = cut_windows(text, max_characters=size, keep_whole=kept)
    assert "".join(text[start:end] for start, end in windows) == text
    assert all(0 < end - start <= size for start, end in windows)
    joined = sorted(kept)
    chains_fit = all(sum(end - start for start, end in joined) <= size for _ in [0])
    if chains_fit:
        cuts = {start for start, _ in windows}
        assert not any(start < cut < end for start, end in kept for cut in cuts)


def test_windows_end_where_sentences_do():
    text = "甲乙丙。丁戊己庚。辛壬癸。"
    assert cut_windows(text, max_characters=10) == [(0, 9), (9, 13)]


def test_a_sentence_too_long_is_cut_at_a_comma():
    assert cut_windows("甲乙丙丁，戊己庚辛", max_characters=7) == [(0, 5), (5, 9)]


def test_a_window_that_holds_nothing_is_refused():
    with pytest.raises(ValueError, match="0 characters"):
        cut_windows("甲", max_characters=0)


def test_long_runs_of_blanks_are_no_trap():
    text = " " * 200_000 + "受理5件" + "\n" + " \n" * 50_000
    started = time.perf_counter()
    assert sentence_ends(text)[-1] == len(text)
    assert time.perf_counter() - started < 5
