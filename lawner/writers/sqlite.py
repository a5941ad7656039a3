"""SQLite: a table ``indicators`` with an index on reports and one on labels."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

from lawner.document import Document
from lawner.errors import OutputError
from lawner.records import COLUMNS, Record
from lawner.writers.base import Cell, RecordWriter, Written, cells_of, plain, whole_characters

KINDS = {
    **dict.fromkeys(("lower_open", "upper_open", "approximate"), "INTEGER NOT NULL"),
    **dict.fromkeys(("start", "end"), "INTEGER NOT NULL"),
    **dict.fromkeys(("name_start", "name_end", "full_name_start", "full_name_end"), "INTEGER"),
    **dict.fromkeys(("value", "lower", "upper"), ""),
    "score": "REAL NOT NULL",
}
"""Column types. Numbers have none, because any would turn those that a REAL cannot hold into other numbers."""

TEXT = "TEXT NOT NULL"
NOTE = (
    "-- value, lower, upper: INTEGER or REAL where that is the exact decimal, else TEXT with its digits; SUM reads all"
)
LARGEST = 2**63 - 1

SCHEMA = f"CREATE TABLE indicators ({NOTE}\n  {{}}\n)".format(
    ",\n  ".join(f'"{column}" {KINDS.get(column, TEXT)}'.rstrip() for column in COLUMNS)
)
INSERT = f"INSERT INTO indicators VALUES ({', '.join('?' for _ in COLUMNS)})"
INDICES = ("CREATE INDEX by_doc_id ON indicators (doc_id)", "CREATE INDEX by_label ON indicators (label)")


class SqliteWriter:
    """Inserts rows into a new database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection, self.written = connection, Written()
        connection.execute(SCHEMA)

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add a row per record."""
        self.written.count(document, records)
        self.connection.executemany(INSERT, ([*map(_cell, cells_of(record))] for record in records))


@contextmanager
def open_sqlite(path: Path) -> Iterator[RecordWriter]:
    """A writer of ``.sqlite``.

    Raises:
        OutputError: If the database cannot be written, e.g. on a full disk.
    """
    try:
        # writers may run in a thread of their own, but only in one at a time
        with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
            # a file that is thrown away on any error needs no journal of its own
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            writer = SqliteWriter(connection)
            yield writer
            for index in INDICES:
                connection.execute(index)
            connection.commit()
    except sqlite3.OperationalError as error:
        raise OutputError(f"{path.name}: the database cannot be written ({error})") from None


def exact(number: Decimal) -> int | float | str:
    """The number in the first of SQLite's kinds that holds exactly it.

    Example:
        >>> exact(Decimal("405000000")), exact(Decimal("97.35")), exact(Decimal("1234567890.0123456789"))
        (405000000, 97.35, '1234567890.0123456789')
    """
    if number.adjusted() < 20 and number == number.to_integral_value() and -LARGEST - 1 <= int(number) <= LARGEST:
        return int(number)
    real = float(number)
    return real if Decimal(repr(real)) == number else plain(number)


def _cell(cell: Cell) -> Cell:
    """A cell as SQLite can take it."""
    if isinstance(cell, Decimal):
        return exact(cell)
    return whole_characters(cell) if isinstance(cell, str) else cell
