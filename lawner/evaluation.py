"""How good a reading of some documents is: scores with intervals, a table per label, every mistake."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawner.checks import match_documents
from lawner.document import Document
from lawner.errors import ConfigError, LawnerError
from lawner.evaluation_page import render_page
from lawner.formats import load_annotations
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.losses import LossReport
from lawner.metrics import (
    INDICATORS,
    NAMES,
    NAMES_OVERLAP,
    QUANTITIES,
    VALUES,
    VALUES_OVERLAP,
    Estimate,
    estimate,
    score_document,
)
from lawner.mistakes import COLUMNS, Mistake, MistakeKind, find_mistakes
from lawner.rules import tag_by_rules
from lawner.splits import SPLIT_NAMES, SPLITS, find_split, split_by_file
from lawner.tag_scores import Table, label_table

Pair = tuple[Document, Document]

MEASURES = (VALUES, VALUES_OVERLAP, NAMES, NAMES_OVERLAP, INDICATORS, QUANTITIES)
"""What is measured, in the order of tables."""

SCORES_NAME, MISTAKES_NAME, PAGE_NAME = "scores.json", "errors.csv", "report.html"
"""The files of a report folder."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of `evaluate`.

    Attributes:
        n_documents: Documents compared.
        n_characters: Characters in them.
        estimates: Score and interval of every measure of `MEASURES` that the label set has.
        label_rows: Precision, recall, F1 and support per label and on average: strict IOB2, as seqeval has it.
        mistakes: Everything that is wrong, in order of document and place.
    """

    n_documents: int
    n_characters: int
    estimates: Mapping[str, Estimate]
    label_rows: Table
    mistakes: tuple[Mistake, ...]

    def count(self, kind: MistakeKind) -> int:
        """How many mistakes of a kind."""
        return sum(mistake.kind is kind for mistake in self.mistakes)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the mistakes themselves, ready for JSON."""
        return {
            "documents": self.n_documents,
            "characters": self.n_characters,
            "measures": {name: _measure(one) for name, one in self.estimates.items()},
            "labels": self.label_rows,
            "errors": {str(kind): self.count(kind) for kind in MistakeKind},
        }

    def to_table(self) -> list[list[str]]:
        """The measures as rows of text, the heading first."""
        heading = ["", "precision", "recall", "F1", "95 % interval", "gold", "predicted"]
        rows = [heading]
        for name, one in self.estimates.items():
            score = one.score
            ratios = [f"{ratio:.4f}" for ratio in (score.precision, score.recall, score.f1)]
            counts = [f"{count:,}" for count in (score.tp + score.fn, score.tp + score.fp)]
            rows.append([name, *ratios, f"{one.low:.3f}–{one.high:.3f}", *counts])
        return rows

    def to_label_table(self) -> list[list[str]]:
        """The scores per label as rows of text, the heading first."""
        rows = [["", "precision", "recall", "F1", "gold"]]
        for name, row in self.label_rows.items():
            ratios = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1-score")]
            rows.append([name, *ratios, f"{row['support']:,.0f}"])
        return rows


def _measure(one: Estimate) -> dict[str, float | int | list[float]]:
    """A measure as plain numbers."""
    score = one.score
    return {
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "interval": [one.low, one.high],
        "tp": score.tp,
        "fp": score.fp,
        "fn": score.fn,
    }


def evaluate(pairs: Sequence[Pair], labels: LabelSet) -> Report:
    """Compare predictions with gold.

    Args:
        pairs: Gold and prediction of each document.
        labels: Says which labels there are; spans with others do not count.

    Raises:
        LawnerError: If there are no documents.
    """
    if not pairs:
        raise LawnerError("there are no documents to evaluate on; look at the folder of gold and the split")
    scores = [score_document(gold, pred, labels) for gold, pred in pairs]
    estimates = estimate(scores)
    return Report(
        len(pairs),
        sum(len(gold.text) for gold, _ in pairs),
        {name: estimates[name] for name in MEASURES if name in estimates},
        label_table({label: estimates[label].score for label in sorted(labels.spans)}),
        tuple(mistake for gold, pred in pairs for mistake in find_mistakes(gold, pred, labels)),
    )


RULES, SECOND_READING = "rules", "second reading"


def evaluate_systems(
    name: str, pairs: Sequence[Pair], labels: LabelSet, *, second_reading: Sequence[Document] | None = None
) -> dict[str, Report]:
    """A report of a system and of those to see it beside, by name, the system first.

    Args:
        name: What to call the system.
        pairs: Gold and prediction of each document.
        labels: The rules are left out of the comparison where these are not the default ones, which they know.
        second_reading: Somebody else's annotations of the same texts, which show how far people agree.

    Raises:
        LawnerError: If the second reading has none of the texts.
    """
    gold = [document for document, _ in pairs]
    reports = {name: evaluate(pairs, labels)}
    if labels == DEFAULT_LABELS:
        reports[RULES] = evaluate([(document, tag_by_rules(document)) for document in gold], labels)
    if second_reading is not None:
        agreeing, _, _ = match_documents(gold, second_reading)
        if not agreeing:
            raise LawnerError("the second reading has no document with the text of one in the gold; name another")
        reports[SECOND_READING] = evaluate(agreeing, labels)
    return reports


def read_gold(
    path: Path,
    fmt: str = "auto",
    *,
    labels: LabelSet,
    losses: LossReport,
    split: str | None = None,
    split_file: Path | None = None,
) -> list[Document]:
    """Annotated documents to evaluate on.

    Args:
        path: A file or folder of annotations.
        fmt: Their format, or ``"auto"``.
        labels: The labels to keep.
        losses: Receives what could not be read.
        split: The one split to keep; all documents without it.
        split_file: Says which document is in which split; without it ``index.csv`` in the folder.

    Raises:
        LawnerError: If nothing can be read, a split is unknown, or no document is left.
    """
    if split is not None and split not in SPLIT_NAMES:
        raise ConfigError(f"{split!r} is no split; splits are {', '.join(SPLITS)}")
    if split is None and split_file is not None:
        raise ConfigError(f"{split_file}: a file of splits is of use only with a split to keep; add --split test")
    documents = load_annotations(path, fmt, labels=labels, losses=losses)
    if split is None:
        return list(documents)
    table = split_by_file(split_file or path / "index.csv")
    kept = [document for document in documents if find_split(table, document.doc_id) == SPLIT_NAMES[split]]
    if not kept:
        raise ConfigError(f"{path}: no document here is in the split {split}; look at the file of splits")
    return kept


def compare_table(reports: Mapping[str, Report]) -> list[list[str]]:
    """One row per system with the F1 of every measure and its interval, the heading first.

    Args:
        reports: By the name of the system, all over the same documents.
    """
    names = [name for name in MEASURES if any(name in report.estimates for report in reports.values())]
    rows = [["F1", *names]]
    for system, report in reports.items():
        cells = [report.estimates[name] for name in names]
        rows.append([system, *(f"{one.score.f1:.3f} ({one.low:.3f}–{one.high:.3f})" for one in cells)])
    return rows


def to_markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as a Markdown table, for model cards; the first row is the heading."""
    heading, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    rule = ["---", *["---:"] * (len(heading) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (heading, rule, *body))


def save_report(
    folder: Path, pairs: Sequence[Pair], labels: LabelSet, reports: Mapping[str, Report], about: Mapping[str, Any]
) -> None:
    """Fill a folder with the scores (JSON), the mistakes (CSV) and a page that shows them in the text (HTML).

    Args:
        folder: Where to; it exists.
        pairs: Gold and prediction of each document.
        labels: As in the evaluation.
        reports: That of the pairs first, then those to compare it with, by name.
        about: What else to say in the JSON file: model, gold, split.
    """
    (title, report), *others = reports.items()
    scores = {**about, **report.to_dict(), "others": {name: one.to_dict() for name, one in others}}
    text = json.dumps(scores, ensure_ascii=False, indent=2) + "\n"
    (folder / SCORES_NAME).write_text(text, "utf-8", "backslashreplace", newline="\n")
    with (folder / MISTAKES_NAME).open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(mistake.row for mistake in report.mistakes)
    tables = [compare_table(reports), report.to_table(), report.to_label_table()]
    with (folder / PAGE_NAME).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        stream.writelines(render_page(title, pairs, labels, tables=tables))
