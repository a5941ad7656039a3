"""JSON Lines: an object per record, with the numbers as JSON numbers in all their digits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from io import TextIOWrapper
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, TextIO

from lawner.document import Document
from lawner.records import COLUMNS, Record
from lawner.writers.base import Cell, RecordWriter, Written, cells_of, plain

NUMBERS = ("value", "lower", "upper")
KEYS = tuple(f"{json.dumps(column)}: " for column in COLUMNS)
CONSTANTS = {None: "null", True: "true", False: "false"}


class JsonlWriter:
    """Writes lines to a stream of text."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.written = stream, Written()

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add a line per record."""
        self.written.count(document, records)
        self.stream.writelines(f"{to_json(record)}\n" for record in records)


@contextmanager
def open_jsonl(path: Path) -> Iterator[RecordWriter]:
    """A writer of ``.jsonl`` in UTF-8."""
    # in JSON a half character written out by "backslashreplace" reads as that half character
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        yield JsonlWriter(stream)


@contextmanager
def open_stdout() -> Iterator[RecordWriter]:
    """A writer of JSON Lines on the standard output, in UTF-8 whatever the terminal."""
    sys.stdout.flush()
    stream = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        yield JsonlWriter(stream)
    finally:
        stream.detach()


def to_json(record: Record) -> str:
    """The record as one JSON object on one line, its fields in order.

    Example:
        >>> from lawner import DEFAULT_LABELS, Span
        >>> from lawner.records import to_records
        >>> document = Document("a", "4.05亿元", [Span(0, 6, "AMOUNT")])
        >>> to_json(to_records(document, DEFAULT_LABELS)[0])[71:109]
        '"value": 405000000, "lower": 405000000'
    """
    return "{" + ", ".join([key + _encode(cell) for key, cell in zip(KEYS, cells_of(record), strict=True)]) + "}"


def from_json(line: str) -> Record:
    """The record that `to_json` wrote; other keys are left alone.

    Raises:
        ValueError: If the line is no JSON object with the fields of a record.
    """
    row = json.loads(line, parse_float=Decimal)
    if not isinstance(row, dict) or not row.keys() >= set(COLUMNS):
        raise ValueError("the line is no record: fields are missing")
    cells: dict[str, Any] = {column: row[column] for column in COLUMNS}
    for column in NUMBERS:
        cells[column] = None if cells[column] is None else Decimal(cells[column])
    return Record(**cells | {"score": float(cells["score"])})


def _encode(cell: Cell) -> str:
    """A value in JSON; floats would lose digits of decimals, so those are written as they are."""
    if isinstance(cell, str):
        return encode_basestring(cell)
    if cell is None or isinstance(cell, bool):
        return CONSTANTS[cell]
    return plain(cell) if isinstance(cell, Decimal) else repr(cell)
