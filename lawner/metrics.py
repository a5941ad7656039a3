"""Scores between two readings of the same documents, with intervals that say how far to trust them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lawner.document import Document, Relation, Span
from lawner.labels import LabelSet

VALUES, VALUES_OVERLAP, NAMES, NAMES_OVERLAP = "typed values", "typed values, overlap", "names", "names, overlap"
INDICATORS, QUANTITIES = "indicators", "equal quantities"

DRAWN_AT_ONCE = 256
"""Resamples held in memory together."""

Key = Callable[[Span], object]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of a comparison and the ratios that follow; ratios of nothing are 1.0 when both sides are empty, else 0.0.

    Attributes:
        tp: Found in both.
        fp: Found in the prediction (or second reading) only.
        fn: Found in the gold (or first reading) only.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """Share of the prediction that is right."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else float(not self.fn)

    @property
    def recall(self) -> float:
        """Share of the gold that was found."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else float(not self.fp)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 1.0


def _score(gold: set[Span] | set[Relation], pred: set[Span] | set[Relation]) -> Score:
    """Compare two sets."""
    shared = len(gold & pred)
    return Score(shared, len(pred) - shared, len(gold) - shared)


def score_spans(gold: Iterable[Span], pred: Iterable[Span]) -> Score:
    """Spans that agree in start, end and label."""
    return _score(set(gold), set(pred))


def score_relations(gold: Iterable[Relation], pred: Iterable[Relation]) -> Score:
    """Relations that agree in label and in both their spans, labels of the spans included."""
    return _score(set(gold), set(pred))


def score_overlap(gold: Iterable[Span], pred: Iterable[Span], key: Key = lambda span: span.label) -> Score:
    """Spans that share a character with a partner of the other side; every span has one partner at most.

    Partners are taken from left to right, which finds the most there can be if the spans of a side do not overlap.

    Args:
        gold: In any order; equal ones count once.
        pred: Likewise.
        key: What partners must have in common.
    """
    left = sorted(set(gold), key=lambda span: span.end)
    right = sorted(set(pred))
    reachable: list[Span] = []
    position = shared = 0
    for span in left:
        while position < len(right) and right[position].start < span.end:
            reachable.append(right[position])
            position += 1
        reachable = [other for other in reachable if other.end > span.start]
        partners = [other for other in reachable if other.overlaps(span) and key(other) == key(span)]
        if partners:
            reachable.remove(min(partners, key=lambda other: other.end))
            shared += 1
    return Score(shared, len(right) - shared, len(left) - shared)


def score_quantities(gold: Document, pred: Document, labels: LabelSet) -> Score:
    """Values that say the same: they overlap, and number and unit are equal once both are normalised.

    Type and exact characters do not matter, nor do words that only bound or blur the number (约, 余, 以上). A value
    that no quantity can be read from is equal to the same characters only.
    """
    from lawner.quantities import parse_quantity

    def meaning(document: Document) -> dict[Span, object]:
        found: dict[Span, object] = {}
        for span in document.spans:
            if span.label in labels.values:
                text = document.text_of(span)
                quantity = parse_quantity(text)
                if quantity is None:
                    found[span] = text
                else:  # a range has two figures
                    figure = (quantity.lower, quantity.upper) if quantity.value is None else quantity.value
                    found[span] = (figure, quantity.unit)
        return found

    left, right = meaning(gold), meaning(pred)
    # a span may stand in both readings: the meaning of its characters is then the same in both
    return score_overlap(left, right, (right | left).__getitem__)


def score_document(gold: Document, pred: Document, labels: LabelSet) -> dict[str, Score]:
    """Every score of one pair of readings.

    Returns:
        A score per span label; then exact and overlap scores of typed values and (if the set has a name label) of
        names; `INDICATORS`: a value of the right type and exact characters, linked to a name of exact characters, each
        link counted, a value without a name not; `QUANTITIES`: see `score_quantities`.
    """
    one, two = _by_label(gold, labels), _by_label(pred, labels)
    scores = {label: score_spans(one[label], two[label]) for label in labels.spans}
    left, right = ([span for label in labels.values for span in spans[label]] for spans in (one, two))
    scores |= {VALUES: score_spans(left, right), VALUES_OVERLAP: score_overlap(left, right)}
    if labels.name:
        scores[NAMES] = scores[labels.name]
        scores[NAMES_OVERLAP] = score_overlap(one[labels.name], two[labels.name])
    scores[INDICATORS] = score_relations(gold.relations, pred.relations)
    scores[QUANTITIES] = score_quantities(gold, pred, labels)
    return scores


def _by_label(document: Document, labels: LabelSet) -> dict[str, list[Span]]:
    """The spans of every label of the set."""
    found: dict[str, list[Span]] = {label: [] for label in labels.spans}
    for span in document.spans:
        if span.label in found:
            found[span.label].append(span)
    return found


def score_documents(pairs: Sequence[tuple[Document, Document]], labels: LabelSet) -> Mapping[str, Score]:
    """Scores over pairs of readings of the same text.

    Args:
        pairs: First (gold) and second reading of each document.
        labels: Says which labels are values and which is the name.

    Returns:
        A score per span label, then ``"typed values"``, ``"names"`` (if the set has a name label) and ``"pairs"``: a
        value of the right type linked to the right name.
    """
    scores = {label: _over(pairs, {label}) for label in labels.spans}
    scores["typed values"] = _over(pairs, set(labels.values))
    if labels.name:
        scores["names"] = scores[labels.name]
    scores["pairs"] = sum((score_relations(gold.relations, pred.relations) for gold, pred in pairs), Score())
    return scores


def _over(pairs: Sequence[tuple[Document, Document]], wanted: set[str]) -> Score:
    """The span score over some labels."""
    return sum(
        (
            score_spans(
                (span for span in gold.spans if span.label in wanted),
                (span for span in pred.spans if span.label in wanted),
            )
            for gold, pred in pairs
        ),
        Score(),
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score over some documents and where its F1 would lie over others like them.

    Attributes:
        score: Counts over all documents.
        low: Lower end of the 95 % interval of F1.
        high: Upper end.
    """

    score: Score
    low: float
    high: float


def estimate(
    documents: Sequence[Mapping[str, Score]], *, n_resamples: int = 2000, seed: int = 13
) -> dict[str, Estimate]:
    """Total scores with 95 % percentile bootstrap intervals of F1.

    Whole documents are drawn with replacement, since what stands in one report is not independent; the same draws
    serve all scores.

    Args:
        documents: The scores of each document, by the same keys.
        n_resamples: How often to draw.
        seed: The same scores with the same seed give the same intervals.

    Raises:
        ValueError: If there are no documents.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    if not documents:
        raise ValueError("an interval needs at least one document")
    keys = list(documents[0])
    counts = np.array([[(one[key].tp, one[key].fp, one[key].fn) for key in keys] for one in documents], dtype=np.int64)
    generator = np.random.default_rng(seed)
    shares = np.full(len(documents), 1 / len(documents))
    samples = []
    for start in range(0, n_resamples, DRAWN_AT_ONCE):
        size = min(DRAWN_AT_ONCE, n_resamples - start)
        drawn = generator.multinomial(len(documents), shares, size=size)
        tp, fp, fn = np.moveaxis(np.tensordot(drawn, counts, axes=1), -1, 0)
        whole = 2 * tp + fp + fn
        samples.append(np.where(whole > 0, 2 * tp / np.maximum(whole, 1), 1.0))
    low, high = np.percentile(np.concatenate(samples), (2.5, 97.5), axis=0)
    totals = [Score(*map(int, total)) for total in counts.sum(axis=0)]
    return {key: Estimate(totals[at], float(low[at]), float(high[at])) for at, key in enumerate(keys)}
