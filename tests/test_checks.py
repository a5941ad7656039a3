from __future__ import annotations

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.checks import Kind, check_documents, context_of, differences, match_documents


def kinds(document: Document) -> list[Kind]:
    return [finding.kind for finding in check_documents([document], DEFAULT_LABELS).findings]


def test_a_sound_report_has_no_fault(report):
    result = check_documents([report], DEFAULT_LABELS)
    assert result.faults == []
    assert result.spans == {"CASE": 2, "COUNT": 1, "RATE": 1, "AMOUNT": 1, "NAME": 5}
    assert result.relations == {"Measures": 5}
    assert result.names["撤销"] == 1
    assert result.lengths["AMOUNT"] == [6]


def test_numerals_left_unmarked_are_listed_with_their_context(report):
    found = check_documents([report], DEFAULT_LABELS).of_kind(Kind.UNMARKED_NUMERAL)
    assert [finding.text for finding in found] == ["2023", "二", "6"]
    assert found[1].context == "下一步，做好第「二」批清单编制，确保6月底前完成"


def test_overlap_line_break_edge_space_and_edge_punctuation_are_faults():
    text = "办案12件，\n结案 3件"
    assert kinds(Document("a", text, [Span(2, 5, "CASE"), Span(4, 6, "COUNT")])).count(Kind.OVERLAP) == 1
    assert Kind.CROSSES_LINE in kinds(Document("a", text, [Span(5, 9, "CASE")]))
    assert Kind.EDGE_SPACE in kinds(Document("a", text, [Span(9, 12, "CASE")]))
    assert Kind.EDGE_PUNCTUATION in kinds(Document("a", text, [Span(2, 6, "CASE")]))


def test_every_overlap_with_a_long_span_is_seen():
    spans = [Span(0, 9, "NAME"), Span(1, 2, "CASE"), Span(5, 6, "CASE")]
    assert kinds(Document("a", "办案一二三四五六七", spans)).count(Kind.OVERLAP) == 2


def test_quotation_marks_at_the_edge_are_no_fault():
    assert Kind.EDGE_PUNCTUATION not in kinds(Document("a", "“守法贷”12户", [Span(0, 5, "NAME"), Span(5, 8, "COUNT")]))


def test_a_value_without_a_name_and_a_name_without_a_value_are_told_apart():
    found = kinds(Document("a", "办案12件", [Span(0, 2, "NAME"), Span(2, 5, "CASE")]))
    assert Kind.UNUSED_NAME in found
    assert Kind.VALUE_WITHOUT_NAME in found


def test_a_value_with_two_names_is_listed():
    value, one, two = Span(2, 5, "CASE"), Span(0, 2, "NAME"), Span(5, 7, "NAME")
    document = Document(
        "a", "办案12件纠纷", [value, one, two], [Relation(value, one, "Measures"), Relation(value, two, "Measures")]
    )
    assert kinds(document) == [Kind.SEVERAL_NAMES]


def test_the_same_text_and_the_same_id_twice_are_faults():
    documents = [Document("a", "甲"), Document("b", "甲"), Document("a", "乙")]
    report = check_documents(documents, DEFAULT_LABELS)
    assert [(finding.kind, finding.doc_id, finding.text) for finding in report.faults] == [
        (Kind.DUPLICATE_DOCUMENT, "b", "a"),
        (Kind.DUPLICATE_ID, "a", "a"),
    ]


def test_the_context_stays_on_its_line():
    assert context_of("上一行\n本行12件后\n下一行", 6, 9) == "本行「12件」后"


def test_two_readings_are_paired_by_id_and_text():
    first = [Document("a", "甲"), Document("b", "乙"), Document("c", "丙")]
    second = [Document("a", "甲"), Document("b", "戊"), Document("d", "丁")]
    pairs, alone, differing = match_documents(first, second)
    assert [one.doc_id for one, _ in pairs] == ["a"]
    assert (alone, differing) == (["c", "d"], ["b"])


def test_readings_whose_tools_gave_other_ids_are_paired_by_their_text():
    first = [Document("report-a", "甲"), Document("report-b", "乙")]
    second = [Document("export-1", "乙"), Document("export-2", "甲")]
    pairs, alone, differing = match_documents(first, second)
    assert [(one.doc_id, two.doc_id) for one, two in pairs] == [("report-a", "export-2"), ("report-b", "export-1")]
    assert (alone, differing) == ([], [])


def test_documents_that_share_an_id_are_told_apart_by_their_text():
    twins = [Document("a", "甲"), Document("a", "乙")]
    pairs, alone, differing = match_documents(twins, list(reversed(twins)))
    assert [(one.text, two.text) for one, two in pairs] == [("甲", "甲"), ("乙", "乙")]
    assert (alone, differing) == ([], [])


def test_differences_say_which_reading_has_what():
    text = "办理案件12件"
    value, long_name, short_name = Span(4, 7, "CASE"), Span(0, 4, "NAME"), Span(2, 4, "NAME")
    one = Document("a", text, [value, long_name], [Relation(value, long_name, "Measures")])
    two = Document("a", text, [value, short_name], [Relation(value, short_name, "Measures")])
    assert [(d.side, d.label, d.text) for d in differences([(one, two)])] == [
        ("first", "NAME", "办理案件"),
        ("second", "NAME", "案件"),
        ("first", "Measures", "12件 → 办理案件"),
        ("second", "Measures", "12件 → 案件"),
    ]
