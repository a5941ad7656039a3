"""Files as the tools themselves export them."""

from __future__ import annotations

import pytest

from lawner.document import Document
from lawner.losses import Reason

MARKED = [
    ("NAME", "受理行政复议案件"),
    ("CASE", "12件"),
    ("CASE", "10件"),
    ("NAME", "开展执法检查"),
    ("COUNT", "36次"),
    ("NAME", "罚款"),
    ("AMOUNT", "3.5万元"),
]
MEASURES = [("12件", "受理行政复议案件"), ("36次", "开展执法检查"), ("3.5万元", "罚款")]


def marked(document: Document) -> list[tuple[str, str]]:
    return [(span.label, document.text_of(span)) for span in document.spans]


def related(document: Document) -> list[tuple[str, str]]:
    return [(document.text_of(one.head), document.text_of(one.tail)) for one in document.relations]


def test_brat(data, read, reasons, losses):
    (document,) = read(data / "brat")
    assert document.doc_id == "xianju"
    assert marked(document) == [("NAME", "受理案件"), ("CASE", "12件"), ("NAME", "，\n办")]
    assert related(document) == [("12件", "受理案件")]
    assert sorted(reasons()) == sorted([Reason.UNSUPPORTED] * 3 + [Reason.DISCONTINUOUS, Reason.SURFACE_MISMATCH])
    assert {loss.line for loss in losses} == {5, 6, 7, 8, 9}


def test_doccano_sequence_labelling(data, read, losses):
    first, second = read(data / "doccano-sequence.jsonl")
    assert (first.doc_id, second.doc_id) == ("doccano-sequence-31", "doccano-sequence-32")
    assert marked(first) == MARKED
    assert second.spans == ()
    assert [(loss.line, loss.reason) for loss in losses] == [(2, Reason.UNSUPPORTED)]
    assert "judged by where spans begin and end" in losses.notes[0]


def test_doccano_relations(data, read, losses):
    (document,) = read(data / "doccano-relation.jsonl")
    assert marked(document) == MARKED
    assert related(document) == MEASURES
    assert not losses.losses


def test_doccano_in_its_old_keys(data, read, losses):
    documents = read(data / "doccano-old.jsonl")
    assert [marked(document) for document in documents] == [
        [("CASE", "12件"), ("CASE", "10件")],
        [("CASE", "3件")],
        [("CASE", "3件")],
    ]
    (loss,) = losses
    assert (loss.line, loss.reason) == (1, Reason.UNKNOWN_LABEL)
    assert "number 3" in loss.detail


def test_label_studio_takes_the_ground_truth_or_the_latest_annotation(data, read, losses):
    first, second = read(data / "label-studio.json")
    assert (first.doc_id, marked(first), related(first)) == ("label-studio-17", MARKED, MEASURES)
    assert marked(second) == [("NAME", "受理"), ("CASE", "3件"), ("COUNT", "3件")]
    assert sorted(related(second)) == [("3件", "受理")] * 2 + [("受理", "3件")] * 2
    details = [(loss.reason, loss.detail) for loss in losses]
    assert details == [
        (Reason.NOT_ACCEPTED, "task 1 (id 17): annotation 9 with 2 results was not taken beside 10"),
        (Reason.NOT_ACCEPTED, "task 1 (id 17): annotation 11 with 1 results was cancelled"),
        (Reason.NOT_ACCEPTED, "task 2 (id 18): annotation 13 with 0 results was not taken beside 12"),
        (Reason.UNSUPPORTED, "task 2 (id 18): result of type 'choices' in label-studio-18"),
        (Reason.NOT_ACCEPTED, "task 3 (id 19): it has no annotation that counts"),
    ]


def test_label_studio_predictions_keep_their_scores(data, read, reasons):
    (document,) = read(data / "label-studio-predictions.json")
    assert [(document.text_of(span), span.score) for span in document.spans] == [
        ("受理行政复议案件", 0.6),
        ("12件", 0.75),
    ]
    assert reasons() == [Reason.NOT_ACCEPTED]


def test_prodigy_with_tokens_that_are_words(data, read, losses):
    (document,) = read(data / "prodigy.jsonl")
    assert document.doc_id == "prodigy-1"
    assert marked(document) == MARKED
    assert related(document) == MEASURES
    assert [(loss.line, loss.reason) for loss in losses] == [(2, Reason.NOT_ACCEPTED), (3, Reason.NOT_ACCEPTED)]


def test_conll_iob1_with_windows_line_breaks_and_document_marks(data, read, losses):
    first, second = read(data / "iob1.conll")
    assert (first.doc_id, first.text) == ("iob1-1", "办结1件2件。")
    assert marked(first) == [("NAME", "办结"), ("CASE", "1件"), ("CASE", "2件")]
    assert (second.doc_id, second.text, marked(second)) == ("iob1-2", "罚　款\n#1", [("COUNT", "1")])
    assert losses.notes == [f"{data / 'iob1.conll'}: tags are IOB1"]


def test_conll_iobes_with_an_empty_first_column(data, read, losses):
    (document,) = read(data / "iobes.bio")
    assert document.text == "办结510件 。"
    assert marked(document) == [("NAME", "办结"), ("COUNT", "5"), ("CASE", "10件")]
    assert losses.notes == [f"{data / 'iobes.bio'}: tags are IOBES"]


def test_conll_bilou_with_columns_between(data, read, losses):
    (document,) = read(data / "bilou.bio", "conll")
    assert (document.text, marked(document)) == ("办结5件\n完", [("NAME", "办结"), ("COUNT", "5")])
    assert losses.notes == [f"{data / 'bilou.bio'}: tags are BILOU"]


def test_webanno_named_entities_with_relations_stacks_and_part_tokens(data, read, losses):
    (document,) = read(data / "inception.tsv")
    assert document.text == "𠮷安镇共受理案件12件，\n办结10件。\n罚款\\5元"
    assert marked(document) == [
        ("NAME", "受理案件"),
        ("CASE", "12件"),
        ("NAME", "办结"),
        ("COUNT", "10"),
        ("CASE", "10件"),
        ("AMOUNT", "\\5元"),
    ]
    assert sorted(related(document)) == [("10", "办结"), ("10件", "办结"), ("12件", "受理案件")]
    assert [(loss.line, loss.reason) for loss in losses] == [(2, Reason.UNSUPPORTED), (25, Reason.UNKNOWN_LABEL)]


@pytest.mark.parametrize("name", ["doccano-sequence.jsonl", "prodigy.jsonl", "label-studio.json", "inception.tsv"])
def test_an_export_gains_a_byte_order_mark_in_a_windows_editor(name, data, read, write):
    marked_file = write(name, b"\xef\xbb\xbf" + (data / name).read_bytes())
    assert read(marked_file) == read(data / name)
