"""What a writer of records is, and what it must count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Protocol, TypeAlias

from lawner.document import Document
from lawner.records import COLUMNS, Record

Cell: TypeAlias = str | int | float | bool | Decimal | None
"""What a field of a record can hold."""


@dataclass(slots=True)
class Written:
    """The account of what a writer wrote.

    Attributes:
        n_documents: Documents handed over, with or without records.
        n_characters: Characters of their texts.
        n_records: Rows.
        remarks: What the format could not hold as it is: how often, by what and why in words.
        first: Where each remark was made first.
    """

    n_documents: int = 0
    n_characters: int = 0
    n_records: int = 0
    remarks: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def count(self, document: Document, records: Sequence[Record]) -> None:
        """Add one document."""
        self.n_documents += 1
        self.n_characters += len(document.text)
        self.n_records += len(records)

    def remark(self, what: str, record: Record, times: int = 1) -> None:
        """Count something that the format could not hold as it is."""
        self.remarks[what] += times
        self.first.setdefault(what, f"{record.doc_id} [{record.start}, {record.end})")

    def notes(self) -> list[str]:
        """One sentence per remark, for the user."""
        return [f"{times:,} × {what}; first: {self.first[what]}" for what, times in self.remarks.items()]


class RecordWriter(Protocol):
    """Writes the records of one document after the other; memory does not grow with their number.

    Attributes:
        written: The account, complete once the writer is closed.
    """

    written: Written

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add the records of a document; all are of this document."""


OpenWriter: TypeAlias = Callable[[Path], AbstractContextManager[RecordWriter]]
"""Opens a writer on a new file, which is complete when the block ends well."""


cells_of: Callable[[Record], tuple[Cell, ...]] = attrgetter(*COLUMNS)
"""The fields of a record in the order of `COLUMNS`."""


def plain(number: Decimal) -> str:
    """A number with its digits and no exponent: ``"405000000"``, ``"0.0000001"``.

    Example:
        >>> plain(Decimal("4.05E+8")), plain(Decimal("1E-7"))
        ('405000000', '0.0000001')
    """
    return format(number, "f")


def whole_characters(text: str) -> str:
    r"""The text with half characters, as in names of files that are no UTF-8, written out as ``\udcff``."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
