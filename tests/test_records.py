from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.records import COLUMNS, LONGEST_SENTENCE, to_records


def test_the_fields_stand_in_the_order_of_the_contract():
    assert (
        *("doc_id", "label", "name", "value_text", "value", "lower", "upper", "lower_open", "upper_open"),
        *("approximate", "unit", "period", "start", "end", "name_start", "name_end", "score", "sentence", "source"),
        *("full_name", "full_name_start", "full_name_end", "compared_with"),
    ) == COLUMNS


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


def test_a_row_says_how_much_of_what_and_when(report):
    rows = to_records(report, DEFAULT_LABELS)
    assert [(str(row.value), row.unit) for row in rows] == [
        ("112", "件"),
        ("9", "件"),
        ("98.6", "%"),
        ("18", "名"),
        ("2300000", "CNY"),
    ]
    assert {row.period for row in rows} == {"2023"}
    loss = rows[4]
    assert (loss.lower, loss.upper, loss.lower_open, loss.upper_open) == (2300000, 2400000, False, True)


def test_a_stage_has_a_full_name_and_the_place_of_what_it_inherits(report):
    first, second, *_ = to_records(report, DEFAULT_LABELS)
    assert (first.full_name, first.full_name_start, first.full_name_end) == (first.name, None, None)
    assert second.full_name == "行政复议案件 · 撤销"
    assert report.text[second.full_name_start : second.full_name_end] == "行政复议案件"


def test_a_comparison_says_what_it_compares_with():
    text = "2023年收案5件，同比上升25%。"
    count, rise = Span(7, 9, "CASE"), Span(14, 17, "RATE")
    names = Span(5, 7, "NAME"), Span(10, 14, "NAME")
    pairs = [Relation(count, names[0], "Measures"), Relation(rise, names[1], "Measures")]
    rows = to_records(Document("a", text, [count, rise, *names], pairs), DEFAULT_LABELS)
    assert [(row.period, row.compared_with, row.full_name) for row in rows] == [
        ("2023", "", "收案"),
        ("2023", "2022", "收案 · 同比上升"),
    ]


def test_a_value_without_a_name_has_an_empty_name():
    row = to_records(Document("a", "共12件", [Span(1, 4, "CASE")]), DEFAULT_LABELS)[0]
    assert (row.name, row.name_start, row.full_name, row.sentence) == ("", None, "", "共12件")


def test_a_value_that_says_no_number_has_none():
    row = to_records(Document("a", "若干件", [Span(0, 3, "CASE")]), DEFAULT_LABELS)[0]
    assert (row.value, row.lower, row.upper, row.unit, row.approximate) == (None, None, None, "", False)


def test_a_value_with_several_names_gives_a_row_for_each():
    value, names = Span(7, 9, "CASE"), [Span(0, 2, "NAME"), Span(3, 5, "NAME")]
    pairs = [Relation(value, name, "Measures") for name in names]
    rows = to_records(Document("a", "受理、办结各共5件", [value, *names], pairs), DEFAULT_LABELS)
    assert [(row.name, row.start) for row in rows] == [("受理", 7), ("办结", 7)]


@pytest.mark.parametrize(
    ("value", "name", "pair", "score"),
    [
        pytest.param(0.91236, 0.95, 1.0, 0.9124, id="value lowest, four digits"),
        pytest.param(0.9, 0.5, 1.0, 0.5, id="name lowest"),
        pytest.param(0.9, 0.8, 0.25, 0.25, id="relation lowest"),
    ],
)
def test_the_score_is_the_lowest_a_row_rests_on(value, name, pair, score):
    spans = Span(2, 4, "CASE", value), Span(0, 2, "NAME", name)
    document = Document("a", "受理5件", spans, [Relation(*spans, "Measures", pair)])
    assert to_records(document, DEFAULT_LABELS)[0].score == score


def test_the_same_span_scored_otherwise_in_a_relation_still_has_its_name():
    value, name = Span(2, 4, "CASE", 0.9), Span(0, 2, "NAME")
    document = Document("a", "受理5件", [value, name], [Relation(Span(2, 4, "CASE"), name, "Measures")])
    (row,) = to_records(document, DEFAULT_LABELS)
    assert (row.name, row.score) == ("受理", 0.9)


def test_a_very_long_sentence_is_shown_around_its_value():
    text = "项目" * 5000 + "5件" + "事项" * 5000
    row = to_records(Document("a", text, [Span(10_000, 10_002, "CASE")]), DEFAULT_LABELS)[0]
    assert len(row.sentence) == LONGEST_SENTENCE + 4
    assert row.sentence.startswith("…项目")
    assert "项目5件事项" in row.sentence
    assert row.sentence.endswith("事项…")


def test_a_text_as_long_as_a_book_takes_no_more_than_its_length(report):
    # a table without a stop: each value's sentence is the whole text
    n_rows = 30_000
    spans = [Span(10 * index + 7, 10 * index + 9, "CASE") for index in range(n_rows)]
    rows = to_records(Document("a", "受理行政复议案5件、" * n_rows, spans), DEFAULT_LABELS)
    assert len(rows) == n_rows
    assert sum(len(row.sentence) for row in rows) < 1100 * n_rows


@given(st.text(st.characters() | st.sampled_from("。件5万余%年2023\n（"), min_size=1, max_size=80), st.data())
def test_any_text_gives_rows_whose_offsets_are_right(text, data):
    places = [sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2))) for _ in range(4)]
    kinds = ("CASE", "NAME", "RATE", "NAME")
    spans = [Span(start, end, kind) for (start, end), kind in zip(places, kinds, strict=True) if start < end]
    names = [span for span in spans if span.label == "NAME"]
    pairs = {Relation(value, name, "Measures") for value in spans if value.label != "NAME" for name in names}
    document = Document("a", text, set(spans), pairs)
    for row in to_records(document, DEFAULT_LABELS):
        assert text[row.start : row.end] == row.value_text
        if row.name_start is not None:
            assert text[row.name_start : row.name_end] == row.name
        assert all(isinstance(number, Decimal | None) for number in (row.value, row.lower, row.upper))
