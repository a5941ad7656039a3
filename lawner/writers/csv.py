"""CSV that spreadsheets open right: UTF-8 with a byte order mark, plain numbers, and no cell that runs as a formula.

A text that a spreadsheet could take for a formula, or that itself begins with an apostrophe, gets an apostrophe in
front; so whoever reads the file takes one apostrophe off every text that begins with one (`unguarded`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from lawner.document import Document
from lawner.records import COLUMNS, Record
from lawner.writers.base import Cell, RecordWriter, Written, cells_of, plain

FORMULA = re.compile(r"'|[\t\r\n\x00]|[\s\x00-\x1f\u200b-\u200d\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫−]")
"""How a text begins that a spreadsheet may run, also after blanks and in full-width forms; or with an apostrophe."""


class CsvWriter:
    """Writes rows to a stream of text that leaves line ends alone."""

    def __init__(self, stream: TextIO) -> None:
        self.rows, self.written = csv.writer(stream), Written()
        self.rows.writerow(COLUMNS)

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add a row per record."""
        self.written.count(document, records)
        self.rows.writerows([*map(_cell, cells_of(record))] for record in records)


@contextmanager
def open_csv(path: Path) -> Iterator[RecordWriter]:
    """A writer of ``.csv``."""
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as stream:
        yield CsvWriter(stream)


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet runs.

    Example:
        >>> guarded("=1+1"), guarded("－5%"), guarded("5%")
        ("'=1+1", "'－5%", '5%')
    """
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell, the inverse of `guarded`."""
    return cell.removeprefix("'")


def _cell(cell: Cell) -> str | int | float:
    """A cell: decimals in plain digits (a negative number is no formula), truth as in JSON, nothing as nothing."""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell
