"""What the files that lawner writes look like to the tools, and small rules of reading."""

from __future__ import annotations

import json

import pytest

from lawner.document import Document, Relation, Span
from lawner.errors import AnnotationError
from lawner.labels import LabelSet
from lawner.losses import Reason

TEXT = "𠮷安受理\n3件 。"
NAME, CASE, COUNT = Span(2, 4, "NAME", 0.5), Span(3, 7, "CASE", 0.25), Span(5, 6, "COUNT")
GOLD = Document("2023/a", TEXT, [NAME, CASE, COUNT], [Relation(CASE, NAME, "Measures", 0.75)])


def test_brat_cuts_spans_at_line_breaks(save):
    folder = save([GOLD], "brat")
    assert (folder / "2023" / "a.txt").read_bytes() == TEXT.encode()
    assert (folder / "2023" / "a.ann").read_text("utf-8") == (
        "T1\tNAME 2 4\t受理\nT2\tCASE 3 4;5 7\t理 3件\nT3\tCOUNT 5 6\t3\nR1\tMeasures Arg1:T2 Arg2:T1\n"
    )


def test_doccano_counts_utf16_and_numbers_entities_through_the_file(save):
    lines = save([GOLD, GOLD], "doccano").read_text("utf-8").splitlines()
    first, second = map(json.loads, lines)
    assert [(one["start_offset"], one["end_offset"], one["text"]) for one in first["entities"]] == [
        (3, 5, "受理"),
        (4, 8, "理\n3件"),
        (6, 7, "3"),
    ]
    assert first["relations"] == [{"id": 1, "from_id": 2, "to_id": 1, "type": "Measures"}]
    assert second["relations"] == [{"id": 2, "from_id": 5, "to_id": 4, "type": "Measures"}]
    assert (first["id"], second["id"], first["doc_id"]) == (1, 2, "2023/a")


def test_label_studio_annotations(save):
    (task,) = json.loads(save([GOLD], "label-studio").read_text("utf-8"))
    (annotation,) = task["annotations"]
    assert task["data"] == {"text": TEXT, "doc_id": "2023/a"}
    assert annotation["result"][1] == {
        "id": "T2",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": 3, "end": 7, "text": "理\n3件", "labels": ["CASE"]},
    }
    assert annotation["result"][3] == {
        "type": "relation",
        "from_id": "T2",
        "to_id": "T1",
        "direction": "right",
        "labels": ["Measures"],
    }


def test_label_studio_predictions_carry_scores_there_and_back(save, read):
    path = save([GOLD, Document("b", "无")], "label-studio-predictions")
    tasks = json.loads(path.read_text("utf-8"))
    assert tasks[0]["predictions"][0]["score"] == pytest.approx((0.5 + 0.25 + 1) / 3)
    assert tasks[0]["predictions"][0]["model_version"] == "lawner"
    assert "annotations" not in tasks[0]
    first, second = read(path, "label-studio")
    assert [span.score for span in first.spans] == [0.5, 0.25, 1.0]
    assert first.relations[0].score == 0.75
    assert second == Document("b", "无")


def test_no_documents_are_an_empty_list_of_tasks(save):
    assert json.loads(save([], "label-studio").read_text("utf-8")) == []


def test_prodigy_tokens_are_characters(save):
    record = json.loads(save([GOLD], "prodigy").read_text("utf-8"))
    assert record["tokens"][0] == {"text": "𠮷", "start": 0, "end": 1, "id": 0, "ws": False}
    assert record["spans"][1] == {"start": 3, "end": 7, "token_start": 3, "token_end": 6, "label": "CASE"}
    assert (record["relations"][0]["head"], record["relations"][0]["child"]) == (6, 3)
    assert (record["meta"], record["answer"]) == ({"doc_id": "2023/a"}, "accept")


def test_conll_escapes_white_space_and_keeps_relations(save, losses):
    document = Document("甲", "5件\u3000\\。\n完", [Span(0, 2, "CASE"), Span(5, 7, "NAME")])
    document = document.with_spans(document.spans, [Relation(*document.spans, "Measures")])
    assert save([document], "conll").read_text("utf-8") == (
        '# doc_id = "甲"\n# relations = [["Measures", [0, 2, "CASE"], [5, 7, "NAME"]]]\n'
        '# text = "5件\u3000\\\\。\\n完"\n# offset = 0\n'
        "5\tB-CASE\n件\tI-CASE\n\\u3000\tO\n\\\\\tO\n。\tO\n\\n\tB-NAME\n完\tI-NAME\n\n"
    )


def test_conll_cuts_sentences_where_they_end(save):
    content = save([Document("a", "受理5件。办结\n无")], "conll").read_text("utf-8")
    assert [line for line in content.splitlines() if "offset" in line] == [
        "# offset = 0",
        "# offset = 5",
        "# offset = 8",
    ]


def test_webanno_rows(save):
    document = Document(
        "a", "\u3000𠮷理\r\n\u30003件\n无", [Span(2, 3, "NAME"), Span(6, 8, "CASE"), Span(6, 7, "COUNT")]
    )
    document = document.with_spans(document.spans, [Relation(document.spans[2], document.spans[0], "Measures")])
    assert (save([document], "webanno-tsv") / "a.tsv").read_text("utf-8") == (
        "#FORMAT=WebAnno TSV 3.3\n"
        "#T_SP=webanno.custom.Indicator|label\n"
        "#T_RL=webanno.custom.IndicatorRelation|label|BT_webanno.custom.Indicator\n"
        "\n\n"
        "#Text=\u3000𠮷理\\r\n"
        "#Text=\u3000\n"
        "1-1\t0-1\t\u3000\t_\t_\t_\t\n"
        "1-2\t1-3\t𠮷\t_\t_\t_\t\n"
        "1-3\t3-4\t理\tNAME\tMeasures\t2-1[2_0]\t\n"
        "\n"
        "#Text=3件\n"
        "2-1\t7-8\t3\tCOUNT[1]|CASE[2]\t_\t_\t\n"
        "2-2\t8-9\t件\tCASE[2]\t_\t_\t\n"
        "\n"
        "#Text=无\n"
        "3-1\t10-11\t无\t_\t_\t_\t\n"
    )


def test_other_labels_come_from_the_label_set(save, read, reasons):
    labels = LabelSet(("CASE", "日期"), ("In",), name=None)
    gold = Document("a", "2023年", [Span(0, 5, "日期")])
    for fmt in ("brat", "doccano", "conll", "webanno-tsv"):
        assert read(save([gold], fmt, fmt), fmt, labels=labels) == [gold]
    assert reasons() == []
    assert read(save([gold], "prodigy"), "prodigy") == [Document("a", "2023年")]
    assert reasons() == [Reason.UNKNOWN_LABEL]


def labelled(data: dict[str, str], to_name: str = "main") -> str:
    value = {"start": 2, "end": 4, "text": "3件", "labels": ["CASE"]}
    result = [{"id": "a", "type": "labels", "to_name": to_name, "value": value}]
    return json.dumps([{"id": 4, "data": data, "completions": [{"result": result}]}])


@pytest.mark.parametrize(
    ("data", "to_name"),
    [
        pytest.param({"text": "受理3件", "html": "x"}, "html", id="text comes first"),
        pytest.param({"report": "受理3件", "title": "3件"}, "report", id="the labelled object"),
        pytest.param({"report": "受理3件", "doc_id": "x"}, "main", id="the only one"),
        pytest.param({"report": "受理3件", "source": "仙居"}, "main", id="the one that holds what is marked"),
    ],
)
def test_label_studio_finds_the_text_of_a_task(data, to_name, read, write, losses):
    (document,) = read(write("x.json", labelled(data, to_name)))
    assert (document.text, document.spans) == ("受理3件", (Span(2, 4, "CASE"),))
    assert document.doc_id == data.get("doc_id", "x-4")
    assert not losses.losses


def test_label_studio_takes_the_only_relation_label_for_one_without(write, read, reasons):
    regions = [
        {"id": key, "type": "labels", "value": {"start": start, "end": start + 2, "labels": [label]}}
        for key, start, label in [("a", 0, "NAME"), ("b", 2, "CASE")]
    ]
    relation = {"type": "relation", "from_id": "b", "to_id": "a", "direction": "right", "labels": []}
    path = write(
        "x.json", json.dumps([{"data": {"text": "受理3件"}, "annotations": [{"result": [relation, *regions]}]}])
    )
    (document,) = read(path)
    assert document.relations == (Relation(Span(2, 4, "CASE"), Span(0, 2, "NAME"), "Measures"),)
    read(path, labels=LabelSet(("NAME", "CASE"), ("Measures", "In")))
    assert reasons() == [Reason.UNKNOWN_LABEL]


def test_a_single_task_is_read_like_a_list_of_one(write, read):
    path = write("x.json", json.dumps({"id": 3, "data": {"text": "受理"}, "annotations": [{"result": []}]}))
    assert read(path) == [Document("x-3", "受理")]


def test_prodigy_spans_by_token_only(write, read):
    tokens = [
        {"text": word, "start": start, "end": start + len(word)} for start, word in [(0, "受理"), (2, "3"), (3, "件")]
    ]
    spans = [{"token_start": 0, "token_end": 0, "label": "NAME"}, {"token_start": 1, "token_end": 2, "label": "CASE"}]
    relations = [{"head": 1, "child": 0, "label": "Measures"}]
    record = {"text": "受理3件", "tokens": tokens, "spans": spans, "relations": relations, "doc_id": "a"}
    (document,) = read(write("x.jsonl", json.dumps(record)))
    name, case = Span(0, 2, "NAME"), Span(2, 4, "CASE")
    assert document == Document("a", "受理3件", [name, case], [Relation(case, name, "Measures")])


def test_a_brat_pair_is_named_by_either_half(write, read):
    text, ann = write("a.txt", "受理3件"), write("a.ann", "T1\tCASE 2 4\t3件\n")
    assert read(text) == read(ann) == [Document("a", "受理3件", [Span(2, 4, "CASE")])]


def test_brat_texts_that_begin_with_a_second_byte_order_mark_keep_it(save, read):
    gold = Document("a", "\ufeff受理", [Span(1, 3, "NAME")])
    assert read(save([gold], "brat"), "brat") == [gold]


def test_a_folder_of_one_format_may_hold_other_files(write, read):
    write("in/README.md", "# 说明")
    write("in/index.csv", "id,split\n")
    path = write("in/a.jsonl", '{"text": "受理", "label": []}')
    assert [document.doc_id for document in read(path.parent)] == ["a-1"]


def test_conll_fills_in_what_other_tools_leave_out(write, read):
    content = "# sent_id = 1\n# text = 受理 案件\n受理\tB-NAME\n案件\tI-NAME\n\n办结 O\n"
    (document,) = read(write("x.conll", content))
    assert document == Document("x", "受理 案件\n办结", [Span(0, 5, "NAME")])


def test_conll_is_recognised_in_plain_text_files_too(write, read):
    assert read(write("train.txt", "受 B-NAME\n理 I-NAME\n")) == [Document("train", "受理", [Span(0, 2, "NAME")])]
    with pytest.raises(AnnotationError, match="this is no annotation lawner knows"):
        read(write("report.txt", "受理 3 件\n办结\n"))


def test_webanno_fills_gaps_between_sentences_as_inception_does(write, read):
    header = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.Span|label\n\n\n"
    content = header + "#Text= 受\n1-1\t1-2\t受\tNAME\t\n\n#Text=理\n2-1\t5-6\t理\tNAME\t\n"
    (document,) = read(write("x.tsv", content))
    assert (document.text, document.spans) == (" 受\n  理", (Span(1, 2, "NAME"), Span(5, 6, "NAME")))
