"""Excel workbooks: one row per record, texts as texts, numbers as numbers up to the 15 digits that Excel keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from lawner.document import Document
from lawner.errors import OutputError
from lawner.records import COLUMNS, Record
from lawner.writers.base import Cell, RecordWriter, Written, cells_of, plain, whole_characters

MAX_ROWS = 1_048_576
"""Rows of a sheet, its heading included."""

MAX_DIGITS = 15
MAX_EXPONENT = 300
MAX_CELL = 32_767
"""UTF-16 units of a cell."""

SHEET = "indicators"
WIDTHS: Mapping[str, int] = {
    "doc_id": 28, "name": 30, "value_text": 16, "value": 16, "lower": 16, "upper": 16, "period": 18,
    "sentence": 60, "source": 30, "full_name": 38, "compared_with": 18,
}  # fmt: skip
"""Characters that a column shows; the others get `WIDTH`."""

WIDTH = 11

AS_TEXT = f"number written as text, because Excel keeps {MAX_DIGITS} digits only"
SHORTENED = f"text cut to the {MAX_CELL:,} characters that an Excel cell holds"


class XlsxWriter:
    """Writes rows to a workbook; a full sheet is followed by another."""

    def __init__(self, book: Any) -> None:
        self.book, self.written = book, Written()
        self.heading = book.add_format({"bold": True, "bg_color": "#E7ECF2", "bottom": 1})
        self.n_sheets = 0
        self._add_sheet()

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add a row per record."""
        self.written.count(document, records)
        for record in records:
            if self.row >= MAX_ROWS:
                self.finish_sheet()
                self._add_sheet()
            for index, cell in enumerate(cells_of(record)):
                self._write_cell(index, cell, record)
            self.row += 1

    def finish_sheet(self) -> None:
        """Let the sheet be filtered by any column."""
        self.sheet.autofilter(0, 0, self.row - 1, len(COLUMNS) - 1)

    def _add_sheet(self) -> None:
        """A sheet with its heading, which stays in view."""
        self.n_sheets += 1
        self.sheet = self.book.add_worksheet(SHEET if self.n_sheets == 1 else f"{SHEET} {self.n_sheets}")
        self.sheet.freeze_panes(1, 0)
        for index, column in enumerate(COLUMNS):
            self.sheet.set_column(index, index, WIDTHS.get(column, WIDTH))
            self.sheet.write_string(0, index, column, self.heading)
        self.row = 1

    def _write_cell(self, index: int, cell: Cell, record: Record) -> None:
        """A cell; a text is never a formula, a link or a number here."""
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            self._write_text(index, whole_characters(cell), record)
        elif isinstance(cell, bool):
            self.sheet.write_boolean(self.row, index, cell)
        elif isinstance(cell, Decimal) and not fits(cell):
            self.written.remark(AS_TEXT, record)
            self._write_text(index, plain(cell), record)
        else:  # a Decimal is written in its own digits; a float would get 16 and turn 97.35 into 97.34999999999999
            self.sheet.write_number(self.row, index, Decimal(repr(cell)) if isinstance(cell, float) else cell)

    def _write_text(self, index: int, text: str, record: Record) -> None:
        """A text, as far as a cell can hold it."""
        if len(text) > MAX_CELL // 2 and len(units := text.encode("utf-16-le")) > 2 * MAX_CELL:
            self.written.remark(SHORTENED, record)
            text = units[: 2 * MAX_CELL].decode("utf-16-le", "ignore")
        self.sheet.write_string(self.row, index, text)


def fits(number: Decimal) -> bool:
    """Whether Excel keeps all digits of a number.

    Example:
        >>> fits(Decimal("97.35")), fits(Decimal("1234567890.123456"))
        (True, False)
    """
    digits = number.as_tuple().digits
    while len(digits) > 1 and not digits[-1]:
        digits = digits[:-1]
    return not number or (len(digits) <= MAX_DIGITS and abs(number.adjusted()) < MAX_EXPONENT)


@contextmanager
def open_xlsx(path: Path) -> Iterator[RecordWriter]:
    """A writer of ``.xlsx``; finished rows wait on the disk beside it, not in memory.

    Raises:
        OutputError: If the workbook cannot be put together.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
    book.use_zip64()  # sheets of many millions of rows pass 4 GB
    writer = XlsxWriter(book)
    try:
        yield writer
        writer.finish_sheet()
        book.close()
    except XlsxWriterException as error:
        raise OutputError(f"{path.name}: the workbook cannot be written ({error})") from None
    finally:
        for sheet in book.worksheets():  # after an error the rows of a sheet are still open
            if handle := getattr(sheet, "row_data_fh", None):
                handle.close()
