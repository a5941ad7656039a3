"""Parquet: one typed table, numbers as ``decimal128(38, 10)``, the widest decimal that the usual engines all read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any

from lawner.document import Document
from lawner.errors import MissingExtraError
from lawner.records import COLUMNS, Record
from lawner.writers.base import RecordWriter, Written, cells_of, whole_characters

PRECISION, SCALE = 38, 10
"""Digits of a number, and how many of them after the point."""

ROWS_PER_GROUP = 20_000
NUMBERS = ("value", "lower", "upper")
FLAGS = ("lower_open", "upper_open", "approximate")
OFFSETS = ("start", "end", "name_start", "name_end", "full_name_start", "full_name_end")
SPECIAL = {*NUMBERS, *FLAGS, *OFFSETS, "score"}

ROUNDED = f"number rounded to {SCALE} digits after the point, which is what the Parquet column holds"
TOO_LARGE = f"number left empty, because it has more than the {PRECISION - SCALE} digits that the Parquet column holds"

_STEP = Decimal(1).scaleb(-SCALE)
_ROUNDING = Context(prec=PRECISION, rounding=ROUND_HALF_EVEN, traps=[])


class ParquetWriter:
    """Collects rows and writes them in groups."""

    def __init__(self, sink: Any, schema: Any) -> None:
        self.sink, self.schema, self.written = sink, schema, Written()
        self.columns: dict[str, list[Any]] = {column: [] for column in COLUMNS}

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add a row per record."""
        self.written.count(document, records)
        for record in records:
            for cells, cell in zip(self.columns.values(), cells_of(record), strict=True):
                if isinstance(cell, str):
                    cells.append(whole_characters(cell))
                else:
                    cells.append(self._fit(cell, record) if isinstance(cell, Decimal) else cell)
            if len(self.columns["doc_id"]) >= ROWS_PER_GROUP:
                self.flush()

    def flush(self) -> None:
        """Write what was collected as one group of rows."""
        import pyarrow

        if self.columns["doc_id"]:
            self.sink.write_table(pyarrow.Table.from_pydict(self.columns, schema=self.schema))
            self.columns = {column: [] for column in COLUMNS}

    def _fit(self, number: Decimal, record: Record) -> Decimal | None:
        """The number as the column can hold it; what that changes is counted."""
        if number and number.adjusted() >= PRECISION - SCALE:
            self.written.remark(TOO_LARGE, record)
            return None
        fitted = number.quantize(_STEP, context=_ROUNDING)
        if fitted.is_nan():  # rounding up gave it one digit more
            self.written.remark(TOO_LARGE, record)
            return None
        if fitted != number:
            self.written.remark(ROUNDED, record)
        return fitted


@contextmanager
def open_parquet(path: Path) -> Iterator[RecordWriter]:
    """A writer of ``.parquet``.

    Raises:
        MissingExtraError: If pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("writing .parquet", package="pyarrow", extra="docs") from None
    kinds = dict.fromkeys(NUMBERS, pyarrow.decimal128(PRECISION, SCALE))
    kinds |= dict.fromkeys(FLAGS, pyarrow.bool_()) | dict.fromkeys(OFFSETS, pyarrow.int64())
    kinds["score"] = pyarrow.float64()
    schema = pyarrow.schema([(column, kinds.get(column, pyarrow.string())) for column in COLUMNS])
    with parquet.ParquetWriter(path, schema, compression="zstd") as sink:
        writer = ParquetWriter(sink, schema)
        yield writer
        writer.flush()
