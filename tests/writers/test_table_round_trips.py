"""Every format read back by a reader that knows nothing of lawner."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from lawner import DEFAULT_LABELS, Document, Span
from lawner.records import COLUMNS, Record, to_records
from lawner.writers import open_writer
from lawner.writers.base import plain
from lawner.writers.csv import unguarded
from lawner.writers.jsonl import from_json

OFFSETS = ("start", "end", "name_start", "name_end", "full_name_start", "full_name_end")
FLAGS = ("lower_open", "upper_open", "approximate")
NUMBERS = ("value", "lower", "upper")
TEXTS = tuple(column for column in COLUMNS if column not in {*OFFSETS, *FLAGS, *NUMBERS, "score"})
DOCUMENT = Document("a", "12件", [Span(0, 3, "CASE")])
RECORD = to_records(DOCUMENT, DEFAULT_LABELS)[0]


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().decode("utf-8").split("\n")[:-1]:
        yield json.loads(line, parse_float=Decimal, parse_int=Decimal)


def read_csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield row | {column: unguarded(row[column]) for column in TEXTS}


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    yield from pyarrow.parquet.read_table(path).to_pylist()


def read_xlsx(path: Path) -> Iterator[dict[str, Any]]:
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        heading, *rows = sheet.iter_rows(values_only=True)
        for row in rows:
            # what XML cannot hold is written _x000D_, which openpyxl leaves to its user
            cells = [unescape(cell) if isinstance(cell, str) else cell for cell in row]
            yield dict(zip(heading, cells, strict=True))


def read_sqlite(path: Path) -> Iterator[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        yield from map(dict, connection.execute("SELECT * FROM indicators ORDER BY rowid"))


READERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
    "sqlite": read_sqlite,
}


def there_and_back(suffix: str, records: Sequence[Record]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{suffix}"
        with open_writer(path) as writer:
            writer.write(DOCUMENT, records)
        return list(READERS[suffix](path))


def as_number(cell: object) -> Decimal | None:
    return None if cell in (None, "") else Decimal(str(cell))


def as_truth(cell: object) -> bool:
    return {"true": True, "false": False}[cell] if isinstance(cell, str) else bool(cell)


@pytest.mark.parametrize("suffix", READERS)
def test_every_field_comes_back(suffix, document, report, hard_records):
    records = [*to_records(report, DEFAULT_LABELS), *hard_records]
    rows = there_and_back(suffix, records)
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        assert tuple(row) == COLUMNS
        for column in TEXTS:
            assert (row[column] or "") == getattr(record, column)  # an empty cell of a workbook is nothing
        for column in (*NUMBERS, *OFFSETS, "score"):
            expected = getattr(record, column)
            assert as_number(row[column]) == (None if expected is None else Decimal(str(expected)))
        for column in FLAGS:
            assert as_truth(row[column]) is getattr(record, column)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "sqlite", "xlsx"])
@settings(max_examples=20, deadline=None)
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=None), min_size=1, max_size=30))
def test_numbers_keep_all_their_digits(suffix, numbers):
    numbers = [number for number in numbers if -60 < number.adjusted() < 60 and number.as_tuple().exponent > -60]
    records = [replace(RECORD, value=number, lower=number, upper=number) for number in numbers]
    for row, number in zip(there_and_back(suffix, records), numbers, strict=True):
        assert [as_number(row[column]) for column in NUMBERS] == [number] * 3


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_without_an_exponent(number):
    if abs(number.adjusted()) < 500:
        assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain(number))
        assert Decimal(plain(number)) == number


@settings(max_examples=20, deadline=None)
@given(st.lists(st.decimals(-(10**27), 10**27, allow_nan=False, places=10), min_size=1, max_size=30))
def test_parquet_keeps_all_digits_of_numbers_that_its_column_holds(numbers):
    rows = there_and_back("parquet", [replace(RECORD, value=number) for number in numbers])
    assert [row["value"] for row in rows] == numbers


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        pytest.param("4.05亿元", "405000000", id="hundred millions"),
        pytest.param("97.35%", "97.35", id="percent"),
        pytest.param("2.3亿元", "230000000", id="where floats fail"),
        pytest.param("12件", "12", id="count"),
    ],
)
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_the_file_itself_holds_the_digits(tmp_path, suffix, text, digits):
    document = Document("a", text, [Span(0, len(text), "AMOUNT")])
    with open_writer(tmp_path / f"a.{suffix}") as writer:
        writer.write(document, to_records(document, DEFAULT_LABELS))
    form = {"jsonl": f'"value": {digits}, "lower": {digits}, ', "csv": f",{digits},{digits},{digits},"}[suffix]
    assert form in (tmp_path / f"a.{suffix}").read_text("utf-8-sig")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "sqlite", "parquet"])
def test_any_text_comes_back(suffix, name, sentence):
    (row,) = there_and_back(suffix, [replace(RECORD, name=name, sentence=sentence)])
    assert (row["name"], row["sentence"]) == (name, sentence)


@pytest.mark.parametrize("suffix", [*READERS, "html"])
def test_half_characters_of_file_names_break_no_writer(tmp_path, suffix):
    record = replace(RECORD, doc_id="\udcff", source="in/\udcff.txt", sentence="\ud800")
    document = Document("\udcff", "12件\udcff", DOCUMENT.spans)
    with open_writer(tmp_path / f"a.{suffix}") as writer:
        writer.write(document, [record])
    if suffix in READERS:
        (row,) = READERS[suffix](tmp_path / f"a.{suffix}")
        assert row["doc_id"] == ("\udcff" if suffix == "jsonl" else "\\udcff")


def test_a_line_of_json_becomes_the_same_record(tmp_path, hard_records, report):
    records = [*hard_records, *to_records(report, DEFAULT_LABELS), replace(RECORD, doc_id="\udcff")]
    with open_writer(tmp_path / "a.jsonl") as writer:
        writer.write(DOCUMENT, records)
    lines = (tmp_path / "a.jsonl").read_text("utf-8").split("\n")[:-1]
    assert [from_json(line) for line in lines] == records


@pytest.mark.parametrize("line", ["[]", "{}", '{"doc_id": "a"}', "{", ""])
def test_a_line_that_is_no_record_is_refused(line):
    with pytest.raises(ValueError):
        from_json(line)


def test_records_as_a_table_of_pandas(report):
    from lawner.records import records_to_frame

    records = to_records(report, DEFAULT_LABELS)
    frame = records_to_frame(records)
    assert tuple(frame.columns) == COLUMNS
    assert frame["value"].sum() == sum(record.value for record in records)
    assert frame.iloc[0].to_dict()["value_text"] == asdict(records[0])["value_text"]
    assert len(records_to_frame([])) == 0
