from __future__ import annotations

import json

import pytest

from lawner import DEFAULT_LABELS, Document
from lawner.errors import LawnerError
from lawner.predictions import read_predictions
from lawner.records import to_records
from lawner.writers.jsonl import to_json

ROW = {"doc_id": "a", "label": "CASE", "start": 4, "end": 7, "name_start": 0, "name_end": 4, "value_text": "12件"}
TEXT = "受理案件12件"


def read(tmp_path, *lines, gold=(Document("a", TEXT),)):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return read_predictions(path, gold, DEFAULT_LABELS)


def test_records_written_and_read_again_are_the_same_reading(tmp_path, report):
    rows = [to_json(record) for record in to_records(report, DEFAULT_LABELS)]
    found = read(tmp_path, *rows, gold=[report.with_spans(())])
    assert found.documents == [report]
    assert (found.n_rows, found.unused) == (len(rows), [])


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        pytest.param("{", "line that is not JSON", "Expecting", id="cut off"),
        pytest.param("[1]", "line that is no JSON object", "[1]", id="list"),
        pytest.param({**ROW, "doc_id": 3}, "row without a doc_id", "3", id="id no text"),
        pytest.param({**ROW, "doc_id": "b"}, "document that the gold does not have", "'b'", id="other document"),
        pytest.param({**ROW, "label": "NAME"}, "label that is no type of value", "'NAME'", id="name as value"),
        pytest.param({**ROW, "label": ["CASE"]}, "label that is no type of value", "CASE", id="label no text"),
        pytest.param({**ROW, "start": "4"}, "offset that is no whole number", "start is '4'", id="offset as text"),
        pytest.param({**ROW, "end": True}, "offset that is no whole number", "end is True", id="truth as offset"),
        pytest.param({**ROW, "name_end": None}, "offset that is no whole number", "name_end is None", id="half a name"),
        pytest.param({**ROW, "end": 99}, "offsets outside the text", "[4, 99)", id="too far"),
        pytest.param({**ROW, "end": 4}, "offsets outside the text", "[4, 4)", id="empty"),
        pytest.param(
            {**ROW, "value_text": "13件"}, "characters differ from the text at the offsets", "'13件'", id="other value"
        ),
        pytest.param(
            {**ROW, "name": "受理"}, "characters differ from the text at the offsets", "受理", id="other name"
        ),
        pytest.param(ROW, "same row twice", "12件", id="twice"),
    ],
)
def test_a_row_that_cannot_be_used_is_counted_with_line_and_reason(tmp_path, row, reason, detail):
    found = read(tmp_path, ROW, "", row)
    assert found.n_rows == 1
    assert [(one.line, one.reason) for one in found.unused] == [(3, reason)]
    assert detail in found.unused[0].detail


def test_a_value_may_have_no_name_or_several(tmp_path):
    found = read(tmp_path, ROW, {**ROW, "name_start": 2}, {"doc_id": "a", "label": "COUNT", "start": 4, "end": 6})
    (document,) = found.documents
    assert len(document.spans) == 4
    assert len(document.relations) == 2


def test_a_document_is_known_by_the_last_part_of_its_id_if_no_other_has_it(tmp_path):
    two = [Document("x/a", TEXT), Document("y/b", TEXT), Document("z/b", TEXT)]
    found = read(tmp_path, ROW, {**ROW, "doc_id": "b"}, gold=two)
    assert [len(document.spans) for document in found.documents] == [2, 0, 0]
    assert [one.reason for one in found.unused] == ["document that the gold does not have"]


def test_a_file_without_any_usable_row_is_refused(tmp_path):
    with pytest.raises(LawnerError, match=r"none of the 2 rows can be used \(2 × document that the gold"):
        read(tmp_path, {**ROW, "doc_id": "b"}, {**ROW, "doc_id": "c"})


def test_a_system_that_found_nothing_is_no_error(tmp_path):
    assert read(tmp_path).documents == [Document("a", TEXT)]
