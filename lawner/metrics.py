"""Exact-match scores between two readings of the same documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lawner.document import Document, Relation, Span
from lawner.labels import LabelSet


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
