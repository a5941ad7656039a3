"""Predictions of any system as JSON Lines, one indicator a line, put back on the texts of the gold documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawner.document import Document, Relation, Span
from lawner.errors import LawnerError
from lawner.files import read_utf8
from lawner.labels import LabelSet


@dataclass(frozen=True, slots=True)
class UnusedRow:
    """A line of predictions that was left out of account.

    Attributes:
        line: Counted from 1.
        reason: Why, in words that are the same for all rows with the same fault.
        detail: What was found.
    """

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Predictions:
    """What `read_predictions` found.

    Attributes:
        documents: One per gold document, in their order, with its text and id; without spans if no row names it.
        n_rows: Rows used.
        unused: The others.
    """

    documents: list[Document]
    n_rows: int
    unused: list[UnusedRow]


class _UnusableError(Exception):
    """A row cannot be used: the reason, then what was found."""


@dataclass(slots=True)
class _Marks:
    """What the rows say about one document."""

    spans: set[Span] = field(default_factory=set)
    relations: set[Relation] = field(default_factory=set)
    rows: set[tuple[Span, Span | None]] = field(default_factory=set)


def read_predictions(path: Path, gold: Sequence[Document], labels: LabelSet) -> Predictions:
    """The readings of the gold documents that a file of `lawner.records.Record` rows describes.

    A row names its document by `doc_id` (or, where no two documents share it, the last part of it), its value by
    `label`, `start` and `end`, and its name, if it has one, by `name_start` and `name_end`; offsets are code points,
    half-open. `value_text` and `name`, where given, must be the characters there. Other keys are left alone. A name
    stands in such a file only through its values, so a name without one cannot be held against a system.

    Args:
        path: A JSON Lines file.
        gold: The documents that the rows are about.
        labels: The labels to keep; another makes a row unusable.

    Raises:
        LawnerError: If the file cannot be read, is empty, or has no row that can be used.
    """
    by_id, label = _index(gold), labels.relations[0] if labels.relations else "Measures"
    marks = {id(document): _Marks() for document in gold}
    unused: list[UnusedRow] = []
    n_rows = 0
    for number, text in enumerate(read_utf8(path).split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = _row(text)
            document = _document(row, by_id)
            value, name = _spans(row, document, labels)
            here = marks[id(document)]
            if (value, name) in here.rows:
                raise _UnusableError("same row twice", document.text_of(value))
        except _UnusableError as error:
            unused.append(UnusedRow(number, *error.args))
            continue
        n_rows += 1
        here.rows.add((value, name))
        here.spans |= {value} if name is None else {value, name}
        if name is not None:
            here.relations.add(Relation(value, name, label))
    if unused and not n_rows:
        first, reasons = unused[0], Counter(row.reason for row in unused)
        raise LawnerError(
            f"{path}: none of the {len(unused):,} rows can be used ({_in_words(reasons)}); "
            f"the first is line {first.line}: {first.detail}"
        )
    readings = [document.with_spans(marks[id(document)].spans, marks[id(document)].relations) for document in gold]
    return Predictions(readings, n_rows, unused)


def _in_words(reasons: Counter[str]) -> str:
    """Counts per reason."""
    return "; ".join(f"{count:,} × {reason}" for reason, count in reasons.most_common())


def _index(gold: Sequence[Document]) -> dict[str, Document]:
    """Documents by id, and by the last part of the id where it names one only."""
    short = Counter(document.doc_id.rsplit("/", 1)[-1] for document in gold)
    by_id = {
        document.doc_id.rsplit("/", 1)[-1]: document
        for document in gold
        if short[document.doc_id.rsplit("/", 1)[-1]] == 1
    }
    return by_id | {document.doc_id: document for document in gold}


def _row(text: str) -> dict[str, Any]:
    """The object on one line."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _UnusableError("line that is not JSON", str(error)) from None
    if not isinstance(row, dict):
        raise _UnusableError("line that is no JSON object", text[:60])
    return row


def _document(row: Mapping[str, Any], by_id: Mapping[str, Document]) -> Document:
    """The gold document that a row is about."""
    doc_id = row.get("doc_id")
    if not isinstance(doc_id, str):
        raise _UnusableError("row without a doc_id", f"doc_id is {doc_id!r}")
    document = by_id.get(doc_id) or by_id.get(doc_id.rsplit("/", 1)[-1])
    if document is None:
        raise _UnusableError("document that the gold does not have", f"doc_id is {doc_id!r}")
    return document


def _spans(row: Mapping[str, Any], document: Document, labels: LabelSet) -> tuple[Span, Span | None]:
    """The value of a row and its name, if it has one."""
    label = row.get("label")
    if label not in labels.values:
        raise _UnusableError(
            "label that is no type of value", f"label is {label!r}; known are {', '.join(labels.values)}"
        )
    value = _span(row, ("start", "end", "value_text"), document, str(label))
    if row.get("name_start") is None and row.get("name_end") is None:
        return value, None
    if labels.name is None:
        raise _UnusableError("name, which the label set does not have", f"name_start is {row.get('name_start')!r}")
    return value, _span(row, ("name_start", "name_end", "name"), document, labels.name)


def _span(row: Mapping[str, Any], keys: tuple[str, str, str], document: Document, label: str) -> Span:
    """The span that a row gives under some keys: start, end, and the characters there."""
    start, end = (_offset(row, key) for key in keys[:2])
    text = row.get(keys[2])
    if not 0 <= start < end <= len(document.text):
        found = f"[{start}, {end}) in a text of {len(document.text):,} characters"
        raise _UnusableError("offsets outside the text", found)
    span = Span(start, end, label)
    if text is not None and text != document.text_of(span):
        found = f"{keys[2]} is {text!r} but the text at [{start}, {end}) is {document.text_of(span)!r}"
        raise _UnusableError("characters differ from the text at the offsets", found)
    return span


def _offset(row: Mapping[str, Any], key: str) -> int:
    """A number of characters."""
    offset = row.get(key)
    if not isinstance(offset, int) or isinstance(offset, bool):
        raise _UnusableError("offset that is no whole number", f"{key} is {offset!r}")
    return offset
