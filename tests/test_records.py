from __future__ import annotations

from lawner import DEFAULT_LABELS, Document, Span
from lawner.records import to_records


def test_a_row_per_value_with_the_characters_it_came_from(report):
    rows = to_records(report, DEFAULT_LABELS)
    assert [(row.label, row.name, row.value_text) for row in rows] == [
        ("CASE", "办理行政复议案件", "112件"),
        ("CASE", "撤销", "9件"),
        ("RATE", "按期办结率", "98.6%"),
        ("COUNT", "公职律师", "18名"),
        ("AMOUNT", "挽回经济损失", "230余万元"),
    ]
    for row in rows:
        assert report.text[row.start : row.end] == row.value_text
        assert report.text[row.name_start : row.name_end] == row.name
        assert row.value_text in row.sentence
    assert rows[0].sentence == "全年办理行政复议案件112件，其中撤销9件，按期办结率98.6%。"


def test_a_value_without_a_name_has_an_empty_name():
    row = to_records(Document("a", "共12件", [Span(1, 4, "CASE")]), DEFAULT_LABELS)[0]
    assert (row.name, row.name_start, row.sentence) == ("", None, "共12件")
