"""A model reads the sentences that may hold values, and what it says lands where they stand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import TEXT, write_tokenizer

from lawner.encoding import Encoder
from lawner.excerpts import Excerpt, are_numbers, may_have_values
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.numerals import may_hold_values

texts = st.one_of(
    st.text(alphabet="0１件二百万％一统，。;起 余多年月第\n", max_size=80),
    st.permutations(TEXT.splitlines(keepends=True)).map("".join),
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    write_tokenizer(folder)
    return Encoder.from_pretrained(folder)


@given(texts)
def test_tokens_may_have_values_if_their_sentence_may(encoder, text):
    encoding = encoder.encode(text)
    n_tokens = len(encoding.ids)
    firsts = [0, *(index for index in encoding.breaks.tolist() if 0 < index < n_tokens)] if n_tokens else []
    ends = [*encoding.offsets[firsts[1:], 0].tolist(), len(text)]
    expected = [
        flag
        for flag, (first, last) in zip(may_hold_values(text, ends), pairwise([*firsts, n_tokens]), strict=False)
        for _ in range(first, last)
    ]
    assert may_have_values(text, encoding).tolist() == expected


@given(texts)
def test_the_part_that_is_read_is_whole_sentences_in_order(encoder, text):
    encoding = encoder.encode(text)
    excerpt = Excerpt.of(text, encoding, numeric=True)
    assert excerpt.part.ids.tolist() == encoding.ids[excerpt.kept].tolist()
    assert excerpt.part.offsets.tolist() == encoding.offsets[excerpt.kept].tolist()
    borders = [0, *encoding.breaks.tolist()]
    kept = [
        (first, last)
        for first, last in pairwise(sorted({*borders, len(encoding.ids)}))
        if excerpt.kept[first:last].any()
    ]
    lengths = np.cumsum([0, *(last - first for first, last in kept)]).tolist()
    assert set(excerpt.part.breaks.tolist()) | {0} == set(lengths)
    for window in excerpt.windows(size=20, context=4):
        assert window.end <= len(excerpt.part.ids)


@given(texts, st.booleans())
def test_scores_come_to_stand_where_their_tokens_do(encoder, text, numeric):
    excerpt = Excerpt.of(text, encoder.encode(text), numeric=numeric)
    rows = np.arange(2 * len(excerpt.part.ids), dtype=np.float32).reshape(-1, 2)
    scores = excerpt.spread(rows, np.array([7.0, -7.0], dtype=np.float32))
    assert len(scores) == len(excerpt.encoding.ids)
    if len(scores):
        assert scores[excerpt.kept].tolist() == rows.tolist()
        assert (scores[~excerpt.kept] == [7.0, -7.0]).all()


def test_without_the_setting_all_is_read(encoder):
    encoding = encoder.encode(TEXT)
    excerpt = Excerpt.of(TEXT, encoding, numeric=False)
    assert excerpt.kept.all() and excerpt.part is encoding


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param(DEFAULT_LABELS, True, id="own"),
        pytest.param(LabelSet(("CASE", "NAME"), ("Measures",)), True, id="some of them"),
        pytest.param(LabelSet(("CASE", "NAME"), ()), False, id="names that need no value"),
        pytest.param(LabelSet(("PENALTY", "NAME"), ("Measures",)), False, id="values that need no number"),
    ],
)
def test_labels_are_of_numbers_or_not(labels, expected):
    assert are_numbers(labels) is expected
