"""The CRF beside the encoder: its sums are those over all paths, sentences are apart, files are checked."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import write_tagger

from lawner import DEFAULT_LABELS
from lawner.crf import (
    BUCKET_BITS,
    DIGIT,
    MARK,
    NUMERAL,
    UNIT,
    Crf,
    buckets,
    chain_scores,
    forward_backward,
    log_probabilities,
    number_sentences,
    symbols_and_kinds,
)
from lawner.errors import ModelError

VOCABULARY = {
    token: index for index, token in enumerate(["[PAD]", "[UNK]", *"0123456789三件。，受理案", "##12", "gdp", "%"])
}
SYMBOLS, KINDS = symbols_and_kinds(VOCABULARY)


def ids_of(text: str) -> np.ndarray:
    return np.array([VOCABULARY[letter] for letter in text], dtype=np.int64)


def make_crf(tags: tuple[str, ...] = ("O", "B-X", "I-X"), share: float = 0.3, seed: int = 0) -> Crf:
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(1 << BUCKET_BITS, len(tags))).astype(np.float16)
    transitions = rng.normal(size=(len(tags), len(tags))).astype(np.float32)
    return Crf(tags, SYMBOLS, KINDS, weights, transitions, share)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 99))
def test_marginals_are_sums_over_all_paths(lengths: list[int], seed: int):
    rng = np.random.default_rng(seed)
    n_tags = 3
    emissions = rng.normal(scale=3, size=(sum(lengths), n_tags)).astype(np.float32)
    transitions = rng.normal(scale=2, size=(n_tags, n_tags)).astype(np.float32)
    sentences = np.repeat(np.arange(len(lengths)), lengths)
    found = forward_backward(emissions, transitions, sentences)
    start = 0
    for length in lengths:
        expected = np.zeros((length, n_tags))
        for path in itertools.product(range(n_tags), repeat=length):
            total = sum(float(emissions[start + place, tag]) for place, tag in enumerate(path))
            total += sum(float(transitions[one, other]) for one, other in itertools.pairwise(path))
            for place, tag in enumerate(path):
                expected[place, tag] += np.exp(total)
        np.testing.assert_allclose(found[start : start + length], expected / expected.sum(1, keepdims=True), atol=1e-5)
        start += length


def test_a_long_sentence_neither_overflows_nor_underflows():
    emissions = np.random.default_rng(0).normal(scale=40, size=(20_000, 3)).astype(np.float32)
    found = forward_backward(emissions, np.full((3, 3), 30, dtype=np.float32), np.zeros(20_000, dtype=np.int64))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


TEXTS = st.text(alphabet="0123三件。，受理案", min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_a_sentence_means_the_same_wherever_it_stands(texts: list[str]):
    ids = ids_of("".join(texts))
    breaks = np.cumsum([len(text) for text in texts])
    crf = make_crf()
    together = crf.marginals(ids, breaks)
    apart = [crf.marginals(ids_of(text), np.array([len(text)])) for text in texts]
    np.testing.assert_allclose(together, np.concatenate(apart), atol=1e-6)
    whole = buckets(SYMBOLS[ids], KINDS[ids], number_sentences(len(ids), breaks))
    assert whole.min() >= 0 and whole.max() < 1 << BUCKET_BITS


def test_kinds_and_symbols():
    kind = {token: int(KINDS[index]) for token, index in VOCABULARY.items()}
    assert kind["7"] == kind["##12"] == DIGIT
    assert (kind["三"], kind["件"], kind["。"]) == (NUMERAL, UNIT, MARK)
    assert len({int(SYMBOLS[VOCABULARY[token]]) for token in (*"0123456789", "##12")}) == 1
    assert len(set(SYMBOLS.tolist())) == len(VOCABULARY) - 10 and SYMBOLS.min() == 1


def test_features_see_neighbours_and_the_nearest_number():
    def features(text: str) -> np.ndarray:
        return buckets(SYMBOLS[ids_of(text)], KINDS[ids_of(text)], np.zeros(len(text), dtype=np.int64))

    assert (features("受理12件")[0] == features("受理34件")[0]).all()  # all digits are alike
    first, other = features("受理三件")[0], features("受理三案")[0]
    assert 0 < (first != other).sum() < len(first)  # the unit after the number is another, the rest is not


def test_without_a_numeral_the_encoder_decides():
    crf = make_crf()
    assert np.ptp(crf.marginals(ids_of("受理案件。"), np.array([5]))) == 0
    scores = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    mixed = chain_scores(scores, ids_of("受理案件。受理三件"), np.array([5, 9]), crf=crf)
    logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    np.testing.assert_allclose(mixed[:5], logs[:5], atol=1e-6)
    assert not np.allclose(mixed[5:], logs[5:], atol=1e-2)


def test_transitions_count_in_all_sentences_or_in_those_that_matter():
    ids, breaks = ids_of("受理案件。受理三件"), np.array([5, 9])
    scores = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    steps = np.random.default_rng(2).normal(size=(3, 3)).astype(np.float32)
    alone = chain_scores(scores, ids, breaks, transitions=steps)
    both = chain_scores(scores, ids, breaks, transitions=steps, crf=make_crf(share=0.5))
    np.testing.assert_allclose(both[:5], alone[:5], atol=1e-5)
    assert not np.allclose(both[5:], alone[5:], atol=1e-2)
    for crf in (None, make_crf(share=0.5)):
        every = chain_scores(scores, ids, breaks, transitions=steps, crf=crf)
        for matters in (np.arange(9) < 5, np.arange(9) >= 5):
            some = chain_scores(scores, ids, breaks, transitions=steps, crf=crf, among=matters)
            np.testing.assert_allclose(some[matters], every[matters], atol=1e-6)
            np.testing.assert_allclose(some[~matters], log_probabilities(scores)[~matters], atol=1e-6)


@pytest.mark.parametrize("with_steps", [True, False])
def test_pooling_is_the_geometric_mean_of_the_probabilities_of_sequences(with_steps: bool):
    """Held against every sequence of tags, each weighed by both chains."""
    ids, breaks, share = ids_of("受三件"), np.array([3]), 0.3
    scores = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    steps = with_steps * np.random.default_rng(2).normal(size=(3, 3)).astype(np.float32)
    crf = make_crf(share=share)
    other = crf.emissions(ids, np.zeros(3, dtype=np.int64))
    expected = np.zeros((3, 3))
    for path in itertools.product(range(3), repeat=3):
        weights = [
            sum(unary[place, tag] for place, tag in enumerate(path))
            + sum(pair[one, two] for one, two in itertools.pairwise(path))
            for unary, pair in ((scores, steps), (other, crf.transitions))
        ]
        for place, tag in enumerate(path):
            expected[place, tag] += np.exp((1 - share) * weights[0] + share * weights[1])
    found = np.exp(chain_scores(scores, ids, breaks, transitions=steps if with_steps else None, crf=crf))
    np.testing.assert_allclose(found, expected / expected.sum(1, keepdims=True), atol=1e-5)


def test_tags_in_another_order_mean_the_same():
    crf, ids, breaks = make_crf(), ids_of("受理三件。案件"), np.array([5, 7])
    other = crf.in_order(["I-X", "O", "B-X"])
    np.testing.assert_allclose(other.marginals(ids, breaks), crf.marginals(ids, breaks)[:, [2, 0, 1]], atol=1e-6)


def test_the_share_goes_from_one_to_the_other():
    ids, breaks = ids_of("受理三件"), np.array([4])
    scores = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    assert chain_scores(scores, ids, breaks, crf=make_crf(share=0.0)) is scores
    alone = make_crf(share=1.0)
    np.testing.assert_allclose(
        np.exp(chain_scores(scores, ids, breaks, crf=alone)), alone.marginals(ids, breaks), atol=1e-6
    )
    assert chain_scores(np.zeros((0, 3), np.float32), ids[:0], ids[:0], crf=make_crf()).shape == (0, 3)


def test_a_file_gives_back_what_went_in(tmp_path: Path):
    crf = make_crf(share=0.25)
    crf.save(tmp_path / "crf.npz")
    found = Crf.from_file(tmp_path / "crf.npz")
    assert found.tags == crf.tags and found.share == 0.25
    for name in ("symbols", "kinds", "weights", "transitions"):
        assert (getattr(found, name) == getattr(crf, name)).all()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_another_file_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "crf.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no CRF that lawner wrote"):
        Crf.from_file(path)


def test_pickles_wrong_shapes_and_later_versions_are_refused(tmp_path: Path):
    path = tmp_path / "crf.npz"
    make_crf().save(path)
    with np.load(path) as content:
        whole = dict(content)
    for change, message in (
        ({"weights": whole["weights"][:9]}, "shapes"),
        ({"share": np.float64(2)}, "no CRF that lawner wrote"),
        ({"version": np.int64(1)}, "version 1, but this lawner reads 2"),
        ({"tags": np.array([{}], dtype=object)}, "no CRF that lawner wrote"),
    ):
        np.savez(path, **(whole | change))
        with pytest.raises(ModelError, match=message):
            Crf.from_file(path)


def test_a_token_of_another_tokenizer_is_refused():
    with pytest.raises(ModelError, match=f"a tokenizer of {len(VOCABULARY)} tokens, but there is a token 500"):
        make_crf().marginals(np.array([3, 500]), np.array([2]))


def test_a_crf_for_other_tags_is_refused(tmp_path: Path):
    pytest.importorskip("torch")
    from lawner.tagger import Tagger

    folder = write_tagger(tmp_path / "model")
    assert Tagger.from_pretrained(folder).crf is None
    make_crf().save(folder / "crf.npz")
    with pytest.raises(ModelError, match="made for the tags O, B-X, I-X, which are not the model's"):
        Tagger.from_pretrained(folder)
    make_crf(tuple(DEFAULT_LABELS.tags)).save(folder / "crf.npz")
    assert Tagger.from_pretrained(folder).crf is not None
