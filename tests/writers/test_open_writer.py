from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from lawner.errors import OutputError
from lawner.writers import WRITERS, check_target, open_writer

STOP = RuntimeError("stop")


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("error", [STOP, KeyboardInterrupt()], ids=["error", "ctrl-c"])
def test_an_error_in_the_middle_leaves_nothing(tmp_path, suffix, error, document, record):
    with pytest.raises(type(error)), open_writer(tmp_path / f"rows.{suffix}") as writer:
        writer.write(document, [record] * 3)
        raise error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_error_keeps_the_file_that_was_to_be_replaced(tmp_path, suffix, document, record):
    target = tmp_path / f"rows.{suffix}"
    target.write_text("old")
    with pytest.raises(RuntimeError), open_writer(target, force=True) as writer:
        writer.write(document, [record])
        raise STOP
    assert target.read_text() == "old"


@pytest.mark.parametrize("suffix", WRITERS)
def test_one_file_appears_and_nothing_else(tmp_path, suffix, document, record):
    with open_writer(tmp_path / "new" / f"ROWS.{suffix.upper()}") as writer:
        writer.write(document, [record, record])
        writer.write(document, [])
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"ROWS.{suffix.upper()}"]
    assert (writer.written.n_documents, writer.written.n_records) == (2, 2)
    assert writer.written.n_characters == 2 * len(document.text)


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_table_without_rows_is_a_file_too(tmp_path, suffix):
    with open_writer(tmp_path / f"rows.{suffix}"):
        pass
    assert (tmp_path / f"rows.{suffix}").is_file()


def test_a_file_that_is_there_is_not_replaced(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(OutputError, match="exists already"), open_writer(tmp_path / "a.csv"):
        pass


@pytest.mark.parametrize(
    ("target", "fmt", "message"),
    [
        pytest.param(Path("a.doc"), "auto", "the suffix '.doc' names no format of tables", id="other suffix"),
        pytest.param(Path("a"), "auto", "a name without a suffix names no format", id="no suffix"),
        pytest.param(Path("a.csv"), "xls", "'xls' is not a format of tables; known are jsonl, csv", id="other format"),
        pytest.param(None, "csv", "the standard output takes jsonl only", id="csv on stdout"),
        pytest.param(Path("-"), "html", "the standard output takes jsonl only", id="html on stdout"),
    ],
)
def test_a_target_without_a_format_is_refused_in_one_sentence(target, fmt, message):
    with pytest.raises(OutputError, match=message):
        check_target(target, fmt=fmt)


def test_a_format_by_name_goes_before_the_suffix(tmp_path, document, record):
    with open_writer(tmp_path / "a.txt", fmt="jsonl") as writer:
        writer.write(document, [record])
    assert json.loads((tmp_path / "a.txt").read_text("utf-8"))["value"] == 12


@pytest.mark.parametrize("target", [None, Path("-")], ids=["none", "dash"])
def test_lines_on_the_standard_output_are_utf8_whatever_the_terminal(monkeypatch, target, document, record):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    with open_writer(target) as writer:
        writer.write(document, [record])
    sys.stdout.write("after")
    sys.stdout.flush()
    line, after = raw.getvalue().decode("utf-8").split("\n")
    assert (json.loads(line)["name"], after) == ("受理案件", "after")
