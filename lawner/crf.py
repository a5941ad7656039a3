"""A linear-chain CRF over runs of tokens that stands beside the encoder and has a say in every tag.

A small encoder generalises, but remembers few phrases; the CRF knows which pairs, triples and quadruples of characters
begin, continue and end a name, and nothing else. They err in different places, so what both say together is better
than either. The model folder stays a standard one: without ``crf.npz`` it tags as it did, and whoever loads it with
another library gets the encoder alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lawner.errors import ModelError

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

FILE = "crf.npz"
VERSION = 2
BUCKET_BITS = 19
"""Features are hashed into 2 ** 19 rows of weights."""

DIGIT, NUMERAL, UNIT, LETTERS, MARK, OTHER = range(1, 7)
"""Kinds of tokens; 0 is what lies beyond the ends of a sentence."""

DIGITS, NUMERALS = "0123456789０１２３４５６７８９", "一二两三四五六七八九十百千万亿零〇"
UNITS = "件起宗例人名户家个份次场期条项部元%％‰"

REACH = 4
"""Tokens that a feature looks ahead or back."""

RUNS = (
    *((place,) for place in range(-3, 4)),
    *((place, place + 1) for place in range(-2, 2)),
    *((place, place + 1, place + 2) for place in range(-3, 2)),
    (-4, -3, -2, -1),
    (0, 1, 2, 3),
)
"""Which neighbours of a token are read together as one feature."""

FAR = 9
"""Distances to a number from here on are one."""

FLOOR = 1e-9
"""The least probability that a chain is taken to give a tag."""


@dataclass(frozen=True, slots=True, eq=False)
class Crf:
    """The CRF of a model folder.

    Attributes:
        tags: Tags in the order of the columns.
        symbols: For every token id the symbol that features see, 0 being no token; all digits are one symbol.
        kinds: For every token id its kind.
        weights: Of every tag for every bucket of features, ``(2 ** BUCKET_BITS, n_tags)``, float16.
        transitions: From a tag (row) to the next, ``(n_tags, n_tags)``.
        share: Of the CRF in the mean with the encoder, from 0 to 1.
    """

    tags: tuple[str, ...]
    symbols: Ints
    kinds: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.float16]
    transitions: Floats
    share: float

    @classmethod
    def from_file(cls, path: Path) -> Crf:
        """Read what `save` wrote.

        Raises:
            ModelError: If the file is something else.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
                version = int(content["version"])
                if version != VERSION:
                    raise ModelError(
                        f"{path}: version {version}, but this lawner reads {VERSION}; train the model anew"
                    )
                found = cls(
                    tuple(content["tags"].tolist()),
                    content["symbols"].astype(np.int64),
                    content["kinds"],
                    content["weights"],
                    content["transitions"],
                    float(content["share"]),
                )
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path}: this is no CRF that lawner wrote ({error}); train again, or remove it") from None
        n_tags = len(found.tags)
        shapes = (found.weights.shape, found.transitions.shape, found.symbols.shape)
        if shapes != ((1 << BUCKET_BITS, n_tags), (n_tags, n_tags), found.kinds.shape) or not 0 <= found.share <= 1:
            raise ModelError(f"{path}: this is no CRF that lawner wrote (shapes {shapes}); train again, or remove it")
        return found

    def save(self, path: Path) -> None:
        """Write the CRF as a compressed ``.npz``."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                version=np.int64(VERSION),
                tags=np.array(self.tags),
                symbols=self.symbols.astype(np.int32),
                kinds=self.kinds,
                weights=self.weights,
                transitions=self.transitions,
                share=np.float64(self.share),
            )

    def in_order(self, tags: Sequence[str]) -> Crf:
        """The same CRF with its tags in another order."""
        order = [self.tags.index(tag) for tag in tags]
        return replace(
            self, tags=tuple(tags), weights=self.weights[:, order], transitions=self.transitions[np.ix_(order, order)]
        )

    def with_share(self, share: float) -> Crf:
        """The same CRF with another share."""
        return replace(self, share=share)

    def marginals(self, ids: Ints, breaks: Ints) -> Floats:
        """The probability of every tag at every token; equal ones in sentences without a numeral.

        Args:
            ids: Token ids.
            breaks: Tokens that begin a sentence.

        Raises:
            ModelError: If an id is none of the tokenizer that the CRF was trained with.

        Shapes:
            result: ``(n_tokens, n_tags)``
        """
        found = np.full((len(ids), len(self.tags)), 1 / len(self.tags), dtype=np.float32)
        sentences = number_sentences(len(ids), breaks)
        known = self.known(ids, sentences)
        if known.any():
            emissions = self.emissions(ids[known], sentences[known])
            found[known] = forward_backward(emissions, self.transitions, sentences[known])
        return found

    def known(self, ids: Ints, sentences: Ints) -> Flags:
        """Which tokens stand in a sentence with a numeral; of the others the CRF knows nothing.

        Raises:
            ModelError: If an id is none of the tokenizer that the CRF was trained with.
        """
        if int(ids.max(initial=0)) >= len(self.symbols):
            raise ModelError(
                f"{FILE}: made with a tokenizer of {len(self.symbols)} tokens, but there is a token {int(ids.max())}; "
                "remove it, or train again"
            )
        flags: Flags = (np.bincount(sentences, is_numeral(self.kinds[ids])) > 0)[sentences]
        return flags

    def emissions(self, ids: Ints, sentences: Ints) -> Floats:
        """The weight of every tag at every token.

        Shapes:
            result: ``(n_tokens, n_tags)``
        """
        found = np.zeros((len(ids), len(self.tags)), dtype=np.float32)
        if len(ids):
            for column in buckets(self.symbols[ids], self.kinds[ids], sentences).T:
                found += self.weights[column]
        return found


def chain_scores(
    scores: Floats,
    ids: Ints,
    breaks: Ints,
    *,
    transitions: Floats | None = None,
    crf: Crf | None = None,
    among: Flags | None = None,
) -> Floats:
    """What the tags of a sentence say of each other, put into the scores of every token.

    The scores of an encoder and its transitions are one chain, a CRF is another. The two are pooled: weights are the
    means of theirs by the CRF's share, which makes the probability of a tag sequence the weighted geometric mean.

    Args:
        scores: Logits of every tag, in the order of the CRF's tags.
        ids: Token ids.
        breaks: Tokens that begin a sentence.
        transitions: The encoder's, from a tag (row) to the next; None if it has none. The first tag of a sentence is
            free of them: to count the step from O to it, as training does, found fewer names on the written reports.
        crf: What has a say in sentences with numerals; None if there is nothing.
        among: Tokens of the sentences that matter; the others' tags are left to stand by themselves. None for all.

    Returns:
        Logarithms of the probabilities of every tag; the scores as they came if there is no chain.

    Shapes:
        scores, result: ``(n_tokens, n_tags)``
        transitions: ``(n_tags, n_tags)``
        among: ``(n_tokens,)``
    """
    share = crf.share if crf else 0.0
    if not len(ids) or (transitions is None and not share):
        return scores
    sentences = number_sentences(len(ids), breaks)
    known = crf.known(ids, sentences) if crf and share else np.zeros(len(ids), dtype=np.bool_)
    others = ~known if transitions is not None else np.zeros(len(ids), dtype=np.bool_)
    if among is not None:
        known, others = known & among, others & among
    found = log_probabilities(scores)
    if crf and known.any():
        emissions = (1 - share) * scores[known] + share * crf.emissions(ids[known], sentences[known])
        steps = share * crf.transitions
        if transitions is not None:
            steps = steps + (1 - share) * transitions
        found[known] = _log(forward_backward(emissions, steps, sentences[known]))
    if transitions is not None and others.any():
        found[others] = _log(forward_backward(scores[others], transitions, sentences[others]))
    return found


def _log(chances: Floats) -> Floats:
    """Logarithms of probabilities, of 0 too."""
    logs: Floats = np.log(np.maximum(chances, FLOOR))
    return logs


def log_probabilities(scores: Floats) -> Floats:
    """Logits as logarithms of probabilities.

    Shapes:
        scores, result: ``(n_tokens, n_tags)``
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: Floats = (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))).astype(np.float32)
    return logs


def best_share(found: Mapping[float, float]) -> float:
    """The share with the best score, the least of those that are equal."""
    return max(found, key=lambda share: (found[share], -share))


def symbols_and_kinds(vocabulary: Mapping[str, int]) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """What features see of every token of a tokenizer.

    Args:
        vocabulary: Token to id; tokens that continue a word begin with ``##``.
    """
    n_ids = max(vocabulary.values()) + 1
    symbols = np.arange(1, n_ids + 1, dtype=np.int64)
    kinds = np.full(n_ids, OTHER, dtype=np.uint8)
    kind_of = dict.fromkeys(DIGITS, DIGIT) | dict.fromkeys(NUMERALS, NUMERAL) | dict.fromkeys(UNITS, UNIT)
    first_digit = 0
    for token, token_id in sorted(vocabulary.items(), key=lambda item: item[1]):
        surface = token.removeprefix("##")
        if surface and all(letter in DIGITS for letter in surface):
            first_digit = first_digit or token_id + 1
            kinds[token_id], symbols[token_id] = DIGIT, first_digit
        elif surface in kind_of:
            kinds[token_id] = kind_of[surface]
        elif surface.isascii() and surface.isalpha():
            kinds[token_id] = LETTERS
        elif surface and not any(letter.isalnum() for letter in surface):
            kinds[token_id] = MARK
    return symbols, kinds


def is_numeral(kinds: npt.NDArray[np.uint8]) -> Flags:
    """Which tokens are digits or Chinese numerals."""
    flags: Flags = (kinds == DIGIT) | (kinds == NUMERAL)
    return flags


def number_sentences(n_tokens: int, breaks: Sequence[int] | Ints) -> Ints:
    """The number of each token's sentence, counted from 0.

    Example:
        >>> number_sentences(5, [0, 3, 5]).tolist()
        [0, 0, 0, 1, 1]
    """
    starts = np.zeros(n_tokens, dtype=np.int64)
    inner = np.asarray(breaks, dtype=np.int64)
    starts[inner[(inner > 0) & (inner < n_tokens)]] = 1
    return np.cumsum(starts)


def sentence_starts(sentences: Ints) -> Flags:
    """Which tokens are the first of their sentence, by the numbers of the sentences."""
    flags: Flags = np.diff(sentences, prepend=sentences[0] - 1) > 0
    return flags


def buckets(symbols: Ints, kinds: npt.NDArray[np.uint8], sentences: Ints) -> npt.NDArray[np.int32]:
    """The rows of weights that hold the features of every token.

    Args:
        symbols: Of the tokens of a document.
        kinds: Of the same.
        sentences: Their sentences' numbers, ascending; no feature looks into another sentence.

    Shapes:
        result: ``(n_tokens, n_features)``
    """
    places = np.arange(len(symbols)) + REACH * np.cumsum(sentence_starts(sentences))
    padded = np.zeros(int(places[-1]) + 1 + REACH, dtype=np.uint64)
    padded[places] = symbols
    padded_kinds = np.zeros_like(padded)
    padded_kinds[places] = kinds
    here, before = padded[places], padded[places - 1]
    ahead, unit_ahead, behind, unit_behind = _numbers_around(symbols, kinds, sentences)
    near_ahead, near_behind = np.minimum(ahead, REACH), np.minimum(behind, REACH)
    features = [
        *([padded[places + step] for step in run] for run in RUNS),
        [padded_kinds[places + step] for step in (-1, 0, 1)],
        [padded_kinds[places + step] for step in range(-2, 3)],
        [ahead],
        [behind],
        [unit_ahead, near_ahead],
        [unit_behind, near_behind],
        [unit_ahead, unit_behind],
        [unit_ahead, here, before],
        [unit_behind, here, before],
    ]
    columns = [_hash(number, parts) for number, parts in enumerate(features, start=1)]
    return np.stack(columns, axis=1)


def forward_backward(emissions: Floats, transitions: Floats, sentences: Ints) -> Floats:
    """The probability of every tag at every token, by the forward–backward algorithm over all sentences at a time.

    Args:
        emissions: Weight of every tag at every token.
        transitions: Weight of every tag (row) followed by every other.
        sentences: Ascending numbers; tokens of a sentence have the same.

    Shapes:
        emissions, result: ``(n_tokens, n_tags)``

    Source: Rabiner 1989, with probabilities scaled at every token.
    """
    firsts = np.flatnonzero(sentence_starts(sentences))
    lengths = np.diff(np.append(firsts, len(sentences)))
    order = np.argsort(-lengths, kind="stable")
    firsts, lengths = firsts[order], lengths[order]
    longest = int(lengths[0])
    n_going = np.searchsorted(-lengths, -np.arange(longest), side="left").tolist()
    factors = np.exp(emissions - emissions.max(axis=1, keepdims=True)).astype(np.float64)
    step = np.exp(transitions.astype(np.float64))
    forward = np.empty_like(factors)
    state = factors[firsts]
    for time in range(longest):
        rows = firsts[: n_going[time]] + time
        if time:
            state = (state[: len(rows)] @ step) * factors[rows]
        state /= state.sum(axis=1, keepdims=True)
        forward[rows] = state
    result = np.empty(emissions.shape, dtype=np.float32)
    after = np.zeros((0, len(step)))
    for time in range(longest - 1, -1, -1):
        rows = firsts[: n_going[time]] + time
        back = np.ones((len(rows), len(step)))
        if len(after):
            back[: len(after)] = (after * factors[rows[: len(after)] + 1]) @ step.T
            back /= back.sum(axis=1, keepdims=True)
        after = back
        product = forward[rows] * back
        result[rows] = product / product.sum(axis=1, keepdims=True)
    return result


def _numbers_around(symbols: Ints, kinds: npt.NDArray[np.uint8], sentences: Ints) -> tuple[Keys, Keys, Keys, Keys]:
    """How far the next and the last numeral of the sentence are, and the symbols that follow their runs.

    Returns:
        Distance ahead, symbol after that number, distance behind, symbol after that number. A numeral is at no distance
        from itself; where the sentence has none the distance is beyond `FAR`, and the symbol 0.
    """
    indices, numeral = np.arange(len(symbols)), is_numeral(kinds)
    where = np.append(np.flatnonzero(numeral), -1)
    n_before = np.searchsorted(where[:-1], indices)
    stops = np.flatnonzero(np.append(~numeral | sentence_starts(sentences), True))
    stop = stops[np.searchsorted(stops, indices, side="right")]
    same = np.append(sentences, -1)[stop] == sentences
    follow = np.where(same, np.append(symbols, 0)[stop], 0)

    def at(found: Ints, distance: Ints) -> tuple[Keys, Keys]:
        there = (found >= 0) & (sentences[found] == sentences)
        far = np.where(there, np.minimum(distance, FAR), FAR + 1)
        return far.astype(np.uint64), np.where(there, follow[found], 0).astype(np.uint64)

    following, last = where[n_before], np.where(n_before > 0, where[n_before - 1], -1)
    return *at(following, following - indices), *at(last, indices - last)


def _hash(number: int, parts: Sequence[Keys]) -> npt.NDArray[np.int32]:
    """Buckets of a feature, from its number and what it consists of."""
    state = np.full(len(parts[0]), number, dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    for part in parts:
        state = (state ^ part) * np.uint64(0x9E3779B97F4A7C15)
        state ^= state >> np.uint64(29)
    return (state >> np.uint64(64 - BUCKET_BITS)).astype(np.int32)
