"""Scores of tag sequences, read strictly as IOB2, in the shape and to the last digit of seqeval's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lawner.document import Document
from lawner.errors import MissingExtraError
from lawner.labels import OUTSIDE, LabelSet
from lawner.metrics import Score
from lawner.tags import TokenSpan, spans_to_tags

Table = dict[str, dict[str, float]]
"""Rows by label and average, in seqeval's shape: precision, recall, f1-score, support."""

AVERAGES = ("micro avg", "macro avg", "weighted avg")


def strict_spans(tags: Sequence[str]) -> list[TokenSpan]:
    """Token spans of IOB2 tags; a tag that continues nothing belongs to no span.

    Example:
        >>> strict_spans(["B-CASE", "I-CASE", "I-NAME", "O", "I-RATE"])
        [(0, 2, 'CASE')]
    """
    spans: list[TokenSpan] = []
    start, label = 0, ""
    for index, tag in enumerate([*tags, OUTSIDE]):
        if label and tag == f"I-{label}":
            continue
        if label:
            spans.append((start, index, label))
        start, label = index, tag[2:] if tag.startswith("B-") else ""
    return spans


def score_tags(gold: Sequence[Sequence[str]], pred: Sequence[Sequence[str]]) -> dict[str, Score]:
    """A score per label that either side has, in order of the alphabet.

    Args:
        gold: The tags of each sentence.
        pred: Those predicted, as many of each.

    Raises:
        ValueError: If the two sides differ in length.
    """
    totals: dict[str, Score] = {}
    for one, two in zip(gold, pred, strict=True):
        if len(one) != len(two):
            raise ValueError(f"{len(one)} gold tags and {len(two)} predicted ones cannot be compared")
        left, right = set(strict_spans(one)), set(strict_spans(two))
        for label in {span[2] for span in left | right}:
            here = Score(
                sum(span[2] == label for span in left & right),
                sum(span[2] == label for span in right - left),
                sum(span[2] == label for span in left - right),
            )
            totals[label] = totals.get(label, Score()) + here
    return dict(sorted(totals.items()))


def label_table(scores: Mapping[str, Score]) -> Table:
    """Precision, recall, F1 and support per label, and their averages, as seqeval computes them.

    Ratios of nothing are 0.0 here, unlike those of `Score`, for seqeval has them so.
    """
    found = [score for score in scores.values() if score.tp + score.fp + score.fn]
    rows = {label: _row(score) for label, score in scores.items() if score.tp + score.fp + score.fn}
    columns = ("precision", "recall", "f1-score")
    values = np.array([[row[column] for column in columns] for row in rows.values()])
    support = [score.tp + score.fn for score in found]
    rows[AVERAGES[0]] = _row(sum(found, Score()))
    for name, weights in zip(AVERAGES[1:], (None, support), strict=True):
        usable = len(found) and (weights is None or sum(weights))
        averages = np.average(values, axis=0, weights=weights).tolist() if usable else [0.0] * len(columns)
        rows[name] = dict(zip(columns, averages, strict=True)) | {"support": sum(support)}
    return rows


def _row(score: Score) -> dict[str, float]:
    """The ratios of one score, in seqeval's order of operations, so that the last digit is the same."""
    precision = score.tp / (score.tp + score.fp) if score.tp + score.fp else 0.0
    recall = score.tp / (score.tp + score.fn) if score.tp + score.fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1-score": f1, "support": score.tp + score.fn}


def seqeval_table(gold: Sequence[Sequence[str]], pred: Sequence[Sequence[str]]) -> Table:
    """What seqeval itself reports, strictly, for IOB2.

    Raises:
        MissingExtraError: If seqeval is not installed.
    """
    try:
        from seqeval.metrics import classification_report
        from seqeval.scheme import IOB2
    except ImportError:
        raise MissingExtraError("a report by seqeval", package="seqeval", extra="train") from None
    report = classification_report(
        [list(tags) for tags in gold],
        [list(tags) for tags in pred],
        output_dict=True,
        mode="strict",
        scheme=IOB2,
        zero_division=0,
    )
    return {
        name: {column: value.item() if hasattr(value, "item") else value for column, value in row.items()}
        for name, row in report.items()
    }


def character_tags(document: Document, labels: LabelSet) -> list[str]:
    """IOB2 tags with characters for tokens; of spans that overlap, the earlier and longer is kept."""
    kept: list[TokenSpan] = []
    for span in sorted(document.spans, key=lambda span: (span.start, -span.end)):
        if span.label in labels.spans and (not kept or span.start >= kept[-1][1]):
            kept.append((span.start, span.end, span.label))
    return spans_to_tags(kept, len(document.text))
