"""Tables of reports: bad rows, bad keys, rows too long."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc

import pytest

from lawner.errors import ReadError
from lawner.readers import Failure, read_documents, read_file

BAD_ROWS = {
    "cut": ("jsonl", b'{"text": "b', "this is no complete JSON ("),
    "list": ("jsonl", b"[1]", "the line holds a list; expected an object with a text"),
    "column": ("jsonl", b'{"body_text": "b"}', "no column of texts; expected one of text"),
    "type": ("jsonl", b'{"text": 3}', "the text is a int; expected a string"),
    "encoding": ("jsonl", b'{"text": "\xff"}', "byte 10 of the line is not UTF-8"),
    "digits": ("jsonl", b'{"n": ' + b"7" * 5000 + b', "text": "b"}', "the JSON holds a number of thousands of digits"),
    "depth": ("jsonl", b"[" * 200_000, "the JSON is nested too deeply"),
    "surrogate": ("jsonl", b'{"text": "a\\ud800b"}', "\\ud800 is half a character"),
    "surrogate in the id": ("jsonl", b'{"id": "\\udfff", "text": "b"}', "\\udfff is half a character"),
    "long": ("jsonl", b'{"text": "' + b"b" * 6000 + b'"}', "the row is longer than the 0 MiB a report may have"),
    "fields": ("csv", b"2,b,c", "the row has 3 fields where the header has 2"),
    "quotes": ("csv", b'2,"b"c', "this is no CSV (',' expected after '\"', line 3)"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_one_failure_and_the_others_are_read(tmp_path, monkeypatch, name):
    suffix, row, reason = BAD_ROWS[name]
    if name == "long":
        monkeypatch.setattr("lawner.files.MAX_LINE_BYTES", 2000)
    first, last, header = (
        (b'{"text": "a"}', b'{"text": "c"}', b"") if suffix == "jsonl" else (b"1,a", b"3,c", b"id,text\n")
    )
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(header + b"\n".join((first, row, last)))
    failures: list[Failure] = []
    documents = [(document.doc_id, document.text) for document in read_documents(path, failures=failures)]
    assert documents == [("t#1", "a"), ("t#3", "c")]
    (failure,) = failures
    assert str(failure).startswith(f"{path}:2: {reason}")
    with pytest.raises(ReadError) as caught:
        list(read_documents(path))
    assert str(caught.value) == str(failure)


def test_a_quote_that_is_never_closed_is_told_where_it_begins(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id,text\n1,a\n2,"b\n3,c', encoding="utf-8")
    good, bad = read_file(path)
    assert good == ("1", "a")
    assert str(bad) == f"{path}:2: this is no CSV (unexpected end of data, line 4); mend the quotes"


def test_rows_of_parquet_that_are_no_text_are_failures(tmp_path):
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "t.parquet"
    broken = pyarrow.array([b"a", b"\xff", None, b"d"], pyarrow.binary()).view(pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"text": broken, "id": ["x", "y", "z", None]}), path)
    failures: list[Failure] = []
    documents = [(document.doc_id, document.text) for document in read_documents(path, failures=failures)]
    assert documents == [("t#x", "a"), ("t#4", "d")]
    assert [str(failure) for failure in failures] == [
        f"{path}:2: the text is not UTF-8; write it again",
        f"{path}:3: the text is a NoneType; expected a string",
    ]


def test_a_parquet_file_damaged_in_the_middle_says_where(tmp_path):
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "t.parquet"
    table = pyarrow.table({"text": [f"第{number}份" * 50 for number in range(2000)]})
    pyarrow.parquet.write_table(table, path, row_group_size=500, use_dictionary=False)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(data)
    failures: list[Failure] = []
    assert 500 <= len(list(read_documents(path, failures=failures))) < 2000
    (failure,) = failures
    assert failure.path == str(path)
    assert failure.reason.startswith("the file is damaged after row ")


@pytest.mark.parametrize("key", [None, "", "  "], ids=["null", "empty", "blank"])
def test_an_empty_id_becomes_the_number_of_the_row(tmp_path, key):
    path = tmp_path / "t.jsonl"
    path.write_text(
        json.dumps({"id": "x", "text": "a"}) + "\n" + json.dumps({"id": key, "text": "b"}), encoding="utf-8"
    )
    assert list(read_file(path)) == [("x", "a"), ("2", "b")]


@pytest.mark.parametrize(
    "rows", [f"1,{'b' * 3000}\n", '1,"' + ("b" * 500 + "\n") * 6 + '"\n'], ids=["in a line", "over lines"]
)
def test_a_cell_of_csv_too_long_ends_the_file_with_the_row(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("lawner.files.MAX_LINE_BYTES", 2000)
    path = tmp_path / "t.csv"
    path.write_text("id,text\n0,a\n" + rows + "2,c\n", encoding="utf-8")
    failures: list[Failure] = []
    assert [document.doc_id for document in read_documents(path, failures=failures)] == ["t#0"]
    (failure,) = failures
    assert str(failure).startswith(f"{path}:2: the row is longer than")


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_line_too_long_is_not_copied_many_times(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("lawner.files.MAX_LINE_BYTES", 2**20)
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(b"id,text\n" + b"x" * 32 * 2**20)
    tracemalloc.start()
    try:
        list(read_documents(path, failures=[]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 48 * 2**20


def test_csv_with_the_line_ends_of_old_macs_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("id,text\r1,全年12件\r2,其中3件\r".encode("gb18030"))
    assert list(read_file(path)) == [("1", "全年12件"), ("2", "其中3件")]


def test_importing_the_readers_changes_no_setting_of_csv():
    code = "import csv; before = csv.field_size_limit(); import lawner.readers; print(before == csv.field_size_limit())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True"
