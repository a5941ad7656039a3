from __future__ import annotations

import csv
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.records import COLUMNS
from lawner.writers import open_writer, parquet, xlsx
from lawner.writers.csv import guarded, unguarded

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\ufeff=1",
    "＝1",
    "＋1",
    "－1",
    "＠a",
    "﹦1",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_of_a_csv_file_begins_like_a_formula(text):
    assert guarded(text) == f"'{text}"


@given(st.text())
def test_a_guarded_text_is_read_back(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_a_csv_file_begins_with_a_byte_order_mark_and_negative_numbers_stay_numbers(tmp_path, document, record):
    with open_writer(tmp_path / "a.csv") as writer:
        writer.write(document, [replace(record, value=Decimal("-3.20"), name="-3.20")])
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfdoc_id,label,name,value_text,value,")
    (row,) = csv.DictReader(data.decode("utf-8-sig").splitlines())
    assert (row["value"], row["name"], row["name_start"]) == ("-3.20", "'-3.20", "0")


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers(tmp_path, document, record):
    records = [replace(record, name=text, value=Decimal("-97.35")) for text in (*DANGEROUS, "http://a.cn", "12")]
    with open_writer(tmp_path / "a.xlsx") as writer:
        writer.write(document, records)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["indicators"]
    name, value = COLUMNS.index("name"), COLUMNS.index("value")
    rows = list(sheet.iter_rows(min_row=2))
    assert {row[name].data_type for row in rows} == {"s"}
    assert {(row[value].data_type, row[value].value) for row in rows} == {("n", -97.35)}
    assert {row[name].hyperlink for row in rows} == {None}
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in xml
    assert b"<v>-97.35</v>" in xml


def test_a_workbook_keeps_its_heading_in_view_and_filters(tmp_path, document, record):
    with open_writer(tmp_path / "a.xlsx") as writer:
        writer.write(document, [record] * 2)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:W3"
    assert sheet.column_dimensions["R"].width > 50  # the sentence


def test_rows_that_a_sheet_cannot_hold_go_to_the_next(tmp_path, document, record, monkeypatch):
    monkeypatch.setattr(xlsx, "MAX_ROWS", 4)
    with open_writer(tmp_path / "a.xlsx") as writer:
        writer.write(document, [replace(record, start=number) for number in range(5)])
        writer.write(document, [replace(record, start=number) for number in range(5, 7)])
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    start = COLUMNS.index("start")
    found = {sheet.title: [row[start] for row in sheet.iter_rows(values_only=True)] for sheet in book}
    assert found == {
        "indicators": ["start", 0, 1, 2],
        "indicators 2": ["start", 3, 4, 5],
        "indicators 3": ["start", 6],
    }
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:W4", "A1:W4", "A1:W2"]


def test_what_a_workbook_cannot_hold_as_it_is_gets_counted(tmp_path, document, record):
    long, precise = "长" * 40_000, Decimal("1234567890.0123456789")
    with open_writer(tmp_path / "a.xlsx") as writer:
        writer.write(document, [replace(record, sentence=long, name="𠮷" * 20_000, value=precise)])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    row = dict(zip(COLUMNS, next(sheet.iter_rows(min_row=2, values_only=True)), strict=True))
    assert row["value"] == str(precise)
    assert row["sentence"] == long[:32_767]
    assert row["name"] == "𠮷" * 16_383
    assert writer.written.notes() == [
        "2 × text cut to the 32,767 characters that an Excel cell holds; first: a [4, 7)",
        "1 × number written as text, because Excel keeps 15 digits only; first: a [4, 7)",
    ]


def test_what_a_parquet_column_cannot_hold_gets_counted(tmp_path, document, record):
    numbers = ["1E+28", "9999999999999999999999999999.99999999999", "33.333333333333333333", "1E+27", "0E+99", "-0.5"]
    with open_writer(tmp_path / "a.parquet") as writer:
        writer.write(document, [replace(record, value=Decimal(number)) for number in numbers])
    found = pyarrow.parquet.read_table(tmp_path / "a.parquet")["value"].to_pylist()
    assert found == [None, None, Decimal("33.3333333333"), Decimal(10) ** 27, 0, Decimal("-0.5")]
    assert writer.written.remarks == {parquet.TOO_LARGE: 2, parquet.ROUNDED: 1}


def test_a_parquet_file_is_typed_and_written_in_groups(tmp_path, document, record, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 3)
    with open_writer(tmp_path / "a.parquet") as writer:
        for _ in range(4):
            writer.write(document, [record] * 2)
    file = pyarrow.parquet.ParquetFile(tmp_path / "a.parquet")
    assert (file.metadata.num_rows, file.metadata.num_row_groups) == (8, 3)
    kinds = {field.name: str(field.type) for field in file.schema_arrow}
    assert (kinds["value"], kinds["start"], kinds["approximate"], kinds["score"], kinds["name"]) == (
        "decimal128(38, 10)", "int64", "bool", "double", "string"
    )  # fmt: skip


def test_a_database_sums_counts_and_knows_its_indices(tmp_path, document, record):
    numbers = [
        "12",
        "0.5",
        "123456789012345678901234567890.5",
        "-9223372036854775808",
        "9223372036854775808",
        "1E-30",
        "1E+30",
    ]
    with open_writer(tmp_path / "a.sqlite") as writer:
        writer.write(document, [replace(record, value=Decimal(number)) for number in numbers])
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        kinds = [kind for (kind,) in connection.execute("SELECT typeof(value) FROM indicators ORDER BY rowid")]
        assert kinds == ["integer", "real", "text", "integer", "text", "real", "real"]
        assert connection.execute("SELECT sum(value) FROM indicators").fetchone()[0] == pytest.approx(
            1.1234567890123457e30
        )
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        assert names == {"by_doc_id", "by_label"}
        types = {row[1]: row[2] for row in connection.execute("PRAGMA table_info(indicators)")}
    assert (types["doc_id"], types["start"], types["score"], types["value"]) == ("TEXT", "INTEGER", "REAL", "")
    assert tuple(types) == COLUMNS
