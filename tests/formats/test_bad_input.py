"""Every way a file can be wrong, and the sentence the user gets for it."""

from __future__ import annotations

import json
import re

import pytest

from lawner.document import Document, Relation, Span
from lawner.errors import AnnotationError, LawnerError, OutputError, ReadError
from lawner.formats import detect_format, save_annotations
from lawner.losses import Reason

ROW = "1-1\t0-1\t受\t_\t_\t_\t\n"
HEAD = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.Span|label\n#T_RL=a.Link|label|BT_a.Span\n\n\n"
TASK = {"data": {"text": "受理3件"}, "annotations": [{"id": 1, "result": []}]}


def task(*results: object, **data: object) -> str:
    return json.dumps([{"data": data or {"text": "受理3件"}, "annotations": [{"id": 1, "result": list(results)}]}])


BAD = {
    # brat
    "brat spaces for TABs": (
        "a.ann",
        "T1 CASE 0 2 受理\n",
        "a.ann:1: .*is no brat span .spaces stand where TABs belong.",
    ),
    "brat offsets no numbers": ("a.ann", "T1\tCASE 0 x\t受理\n", "a.ann:1: .*the offsets cannot be read"),
    "brat huge offset": ("a.ann", f"T1\tCASE 0 {'9' * 5000}\t受理\n", "a.ann:1: .*the offsets cannot be read"),
    "brat relation": (
        "a.ann",
        "T1\tCASE 0 2\t受理\nR1\tMeasures T1 T1\n",
        "a.ann:2: .*is no brat relation; expected R1",
    ),
    "brat other line": ("a.ann", "\nhello\n", "a.ann:2: 'hello' is no brat annotation; a line begins with T"),
    "brat id twice": ("a.ann", "T1\tCASE 0 2\t受理\nT1\tCASE 2 3\t3\n", "a.ann:2: id 'T1' is used twice in a; give"),
    "brat without text": ("b.ann", "", "b.ann: no b.txt stands beside it; brat keeps text and annotations in a pair"),
    "not UTF-8": (
        "a.ann",
        b"T1\tCASE 0 2\t\xca\xdc\xc0\xed\n",
        "a.ann:1: byte 0xca is not UTF-8; .*save the file in that",
    ),
    # JSON Lines
    "cut JSON": (
        "a.jsonl",
        '{"text": "受理", "label": []}\n{"text": "受',
        r"a.jsonl:2: this is not complete JSON .*cut off",
    ),
    "JSON of another type": ("a.jsonl", "[1, 2]\n", "a.jsonl:1: a JSON value is of type list, but object was expected"),
    "deep JSON": ("a.jsonl", '{"text": ' + "[" * 100_000, "a.jsonl:1: this JSON is nested too deeply"),
    "half a character in a label": (
        "a.jsonl",
        r'{"text": "ab", "label": [[0, 1, "N\ud800"]]}',
        r"a.jsonl:1: label or id 'N.ud800' holds half a character \('.ud800'\) at position 1; a tool cut a surrogate",
    ),
    "half a character in the type of a relation": (
        "a.jsonl",
        r'{"text": "ab", "entities": [], "relations": [{"from_id": 1, "to_id": 2, "type": "\ud800"}]}',
        "a.jsonl:1: label or id '.ud800' holds half a character",
    ),
    "half a character in a doc_id": (
        "a.jsonl",
        r'{"text": "ab", "label": [], "doc_id": "d\ud800"}',
        r"a.jsonl:1: key 'doc_id' holds half a character \('.ud800'\) at position 1; a tool cut a surrogate pair",
    ),
    "half a character in an id": (
        "a.jsonl",
        r'{"text": "ab", "label": [], "id": "\ud800"}',
        "a.jsonl:1: key 'id' holds half a character",
    ),
    "half a character in meta": (
        "p.jsonl",
        r'{"text": "ab", "spans": [], "meta": {"doc_id": "\ud800"}}',
        "p.jsonl:1: key 'doc_id' holds half a character",
    ),
    "half a character in a task": (
        "a.json",
        task(text="ab", doc_id="\ud800"),
        "a.json: task 1: key 'doc_id' holds half a character",
    ),
    "half a character in a region": (
        "a.json",
        task({"type": "labels", "value": {"start": 0, "end": 1, "labels": ["\ud800"]}}),
        "a.json: label or id '.ud800' holds half a character",
    ),
    "half a character in a comment": (
        "a.conll",
        '# doc_id = "\\ud800"\n受\tO\n',
        "a.conll: the document's id holds half a character",
    ),
    "huge number elsewhere": (
        "a.jsonl",
        '{"text": "a", "label": [], "x": [{"y": -' + "9" * 5000 + "}]}",
        "a.jsonl:1: this JSON cannot be read",
    ),
    "huge number in a task": ("a.json", '[{"id": ' + "9" * 5000 + "}]", "a.json: this JSON cannot be read"),
    "huge number in a comment": (
        "a.conll",
        "# offset = " + "9" * 5000 + "\n受\tO\n",
        "a.conll:1: '9{40}' is no value for # offset; expected a number",
    ),
    "deep JSON in a comment": (
        "a.conll",
        "# relations = " + "[" * 100_000 + "\n受\tO\n",
        r"a.conll:1: '\[{40}' is no value for # relations; expected a JSON list",
    ),
    "huge number": ("a.jsonl", '{"text": ' + "9" * 5000 + "}", "a.jsonl:1: this JSON cannot be read"),
    "empty file": ("a.jsonl", "\n\n", "a.jsonl: the file is empty, but JSON objects, one a line, were expected"),
    "no text": ("a.jsonl", '{"txt": "受理", "label": []}', "a.jsonl:1: key 'text' is missing; found 'txt', 'label'"),
    "text is a number": ("a.jsonl", '{"text": 3, "label": []}', "a.jsonl:1: key 'text' is of type int, but str was"),
    "half a character": (
        "a.jsonl",
        r'{"text": "a\ud842", "label": []}',
        r"a.jsonl:1: .*holds half a character \('.ud842'\)",
    ),
    "label no list": (
        "a.jsonl",
        '{"text": "a", "label": "CASE"}',
        "a.jsonl:1: key 'label' is of type str, but list was",
    ),
    "label a pair": (
        "a.jsonl",
        '{"text": "ab", "label": [[0, 2]]}',
        r"a.jsonl:1: \[0, 2\] is no entity; expected \[start",
    ),
    "offset a string": (
        "a.jsonl",
        '{"text": "a", "label": [["0", 2, "A"]]}',
        "key 'start_offset' is of type str, but int",
    ),
    "offset a truth": (
        "a.jsonl",
        '{"text": "a", "label": [[true, 2, "A"]]}',
        "'start_offset' is of type bool, but int was",
    ),
    "relation a list": (
        "a.jsonl",
        '{"text": "a", "entities": [], "relations": [[1, 2]]}',
        "is no relation; expected an object",
    ),
    "entity id twice": (
        "a.jsonl",
        '{"text": "a", "entities": [{"id": 1, "label": "CASE", "start_offset": 0, "end_offset": 1},'
        ' {"id": 1, "label": "NAME", "start_offset": 0, "end_offset": 1}]}',
        "a.jsonl:1: id '1' is used twice in a-1; give every annotation an id of its own",
    ),
    # Prodigy
    "prodigy span without end": (
        "p.jsonl",
        '{"text": "ab", "spans": [{"start": 0, "label": "A"}]}',
        "key 'end' is missing",
    ),
    "prodigy token": (
        "p.jsonl",
        '{"text": "ab", "tokens": ["a"], "spans": []}',
        "p.jsonl:1: a token is of type str, but object",
    ),
    # Label Studio
    "empty JSON": ("a.json", " ", "a.json: the file is empty, but a JSON list of tasks was expected"),
    "no tasks": ("a.json", "[]", "a.json: the list of tasks is empty"),
    "cut tasks": (
        "a.json",
        '[{"id": 1,\n "data": {"te',
        r"a.json: this is not complete JSON \(.* at line 2 column \d+\); ",
    ),
    "JSON-MIN": (
        "a.json",
        '[{"text": "a", "label": []}]',
        "a.json: task 1: key 'data' is missing; if this is JSON-MIN",
    ),
    "which text": (
        "a.json",
        task(title="a", body="b"),
        "which key of 'data' holds the text. found 'title', 'body'; name it",
    ),
    "region without start": (
        "a.json",
        task({"type": "labels", "value": {"end": 2, "labels": ["CASE"]}}),
        "a.json: task 1: key 'start' is missing; found 'end', 'labels'",
    ),
    # CoNLL
    "conll empty": (
        "a.conll",
        "\n",
        "a.conll: the file is empty, but lines with a character and its tag were expected",
    ),
    "conll one column": (
        "a.conll",
        "受\tO\n理\n",
        "a.conll:2: '理' has one column; expected a character, TAB or space",
    ),
    "conll no tag": ("a.conll", "受\tCASE\n", "a.conll:1: 'CASE' is no tag; expected a character"),
    "conll mixed schemes": (
        "a.conll",
        "受\tS-NAME\n理\tU-NAME\n",
        "a.conll: prefixes S, U belong to no one scheme; a file",
    ),
    "conll row against text": (
        "a.conll",
        '# text = "受理"\n受\tO\n案\tO\n',
        "a.conll:3: the row has '案' where # text goes on",
    ),
    "conll rows missing": (
        "a.conll",
        '# text = "受理"\n受\tO\n',
        "a.conll:2: the rows end, but # text goes on with '理'",
    ),
    "conll sentence missing": (
        "a.conll",
        "# offset = 5\n受\tO\n",
        "a.conll:1: the sentence begins at offset 5, but the text",
    ),
    "conll offset": (
        "a.conll",
        "# offset = five\n受\tO\n",
        "a.conll:1: 'five' is no value for # offset; expected a number",
    ),
    "conll relation": ("a.conll", "# relations = [[1]]\n受\tO\n", r"a.conll:1: \[1\] is no relation; expected \[label"),
    # WebAnno
    "webanno other version": (
        "a.tsv",
        "#FORMAT=WebAnno TSV 2.0\n",
        "a.tsv:1: the file begins .*export it as WebAnno TSV v3",
    ),
    "webanno layer": (
        "a.tsv",
        "#FORMAT=WebAnno TSV 3.3\n#T_XY=a|b\n",
        "a.tsv:2: '#T_XY=a.b' is no layer; expected #T_SP=",
    ),
    "webanno row": ("a.tsv", HEAD + "#Text=受\n1-1 0-1 受 _\n", "a.tsv:7: '1-1 0-1 受 _' is no row; expected 1-1, TAB"),
    "webanno columns": (
        "a.tsv",
        HEAD + "#Text=受\n1-1\t0-1\t受\t_\n",
        "a.tsv:7: the row has 1 annotation columns, .* declares 3",
    ),
    "webanno row first": ("a.tsv", HEAD + ROW, "a.tsv:6: a row stands before the #Text= of its sentence"),
    "webanno token": (
        "a.tsv",
        HEAD + "#Text=理\n" + ROW,
        r"a.tsv:7: token '受' at \[0, 1\), but the text there is '理'",
    ),
    "webanno range": (
        "a.tsv",
        HEAD + "#Text=受\n" + ROW.replace("0-1", "0-9"),
        r"a.tsv:7: .*but the text has 1 characters",
    ),
    "webanno sentences": (
        "a.tsv",
        HEAD + "#Text=受\n" + ROW + "\n#Text=受\n" + ROW,
        "a.tsv:9: the sentence begins at offset 0, within the one before, which ends at 1",
    ),
    "webanno governor": (
        "a.tsv",
        HEAD + "#Text=受\n" + "1-1\t0-1\t受\tCASE\tMeasures\tx\n",
        r"a.tsv:7: relation 'Measures' with governor 'x'; expected one token like 1-4 or 1-4\[2_3\] each",
    ),
}
FORMAT_OF = {"a.ann": "brat", "b.ann": "brat", "p.jsonl": "prodigy", "a.jsonl": "doccano", "a.json": "label-studio"}
FORMAT_OF |= {"a.conll": "conll", "a.tsv": "webanno-tsv"}


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_place_finding_and_remedy(name, content, message, read, write):
    write("a.txt", "受理3件")
    path = write(name, content)
    with pytest.raises(AnnotationError, match=message) as caught:
        read(path, FORMAT_OF[name])
    assert str(caught.value).startswith(str(path))


def test_a_line_of_many_mebibytes_is_refused(monkeypatch, read, write):
    monkeypatch.setattr("lawner.files.read_utf8.__kwdefaults__", {"max_line_bytes": 2**20})
    path = write("a.jsonl", '{"text": "受理", "label": []}\n{"text": "' + "a" * (2 * 2**20) + '"}\n')
    with pytest.raises(
        AnnotationError, match=r"a.jsonl:2: the line has 2 MiB; a line holds one document of at most 1 MiB"
    ):
        read(path, "doccano")


def test_a_list_of_tasks_may_stand_on_one_long_line(monkeypatch, read, write):
    monkeypatch.setattr("lawner.files.read_utf8.__kwdefaults__", {"max_line_bytes": 10})
    assert [document.text for document in read(write("a.json", json.dumps([TASK])))] == ["受理3件"]


@pytest.mark.parametrize("fmt", ["brat", "doccano", "label-studio", "prodigy", "conll", "webanno-tsv"])
def test_a_folder_without_files_of_the_format(fmt, read, tmp_path):
    with pytest.raises(AnnotationError, match=r"no .* in this folder|no .ann file here"):
        read(tmp_path, fmt)


def test_a_missing_source(read, tmp_path):
    with pytest.raises(ReadError, match="there is no such file or folder"):
        read(tmp_path / "absent")


def test_a_format_that_does_not_exist(read, tmp_path, losses):
    with pytest.raises(LawnerError, match="'xml' is no annotation format; known are brat, doccano, label-studio"):
        read(tmp_path, "xml")
    with pytest.raises(LawnerError, match="'xml' is no annotation format"):
        save_annotations([], tmp_path / "x", "xml", losses=losses)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            {}, r"no file here is an annotation lawner knows \(found nothing\); known formats are", id="nothing"
        ),
        pytest.param({"a.txt": "受理", "b.xml": "<a/>"}, r"\(found 1 .txt, 1 .xml\)", id="other files"),
        pytest.param(
            {"a.txt": "受理", "a.ann": "", "b.jsonl": '{"text": "受理", "label": []}'},
            r"files of several formats lie here: brat \(a.ann\), doccano \(b.jsonl\); convert them one at a time",
            id="mixed",
        ),
    ],
)
def test_a_folder_whose_format_cannot_be_recognised(files, message, write, tmp_path):
    for name, content in files.items():
        write(name, content)
    with pytest.raises(AnnotationError, match=message):
        detect_format(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "the file is empty; known formats"), ("<html>", "this is no annotation lawner knows .it begins '<html>'.")],
)
def test_a_file_whose_format_cannot_be_recognised(content, message, write):
    with pytest.raises(AnnotationError, match=message):
        detect_format(write("a.json", content))


def test_texts_without_annotations_are_noted(read, write, losses):
    write("a.ann", "")
    write("a.txt", "受理")
    path = write("b.txt", "办结")
    assert [document.doc_id for document in read(path.parent)] == ["a"]
    assert losses.notes == [
        f"{path.parent}: 1 .txt without an .ann beside it, so not read: b.txt; "
        "where nothing is marked in one, make an empty .ann"
    ]


class TestSaving:
    def test_refuses_to_replace_unless_forced(self, write, losses):
        path = write("x.jsonl", "precious")
        with pytest.raises(OutputError, match="it exists already; name another output or add --force"):
            save_annotations([Document("a", "b")], path, "doccano", losses=losses)
        assert path.read_text() == "precious"
        assert save_annotations([Document("a", "b")], path, "doccano", losses=losses, force=True) == 1

    @pytest.mark.parametrize(("fmt", "name"), [("brat", "f"), ("doccano", "d")])
    def test_refuses_a_file_for_a_folder_and_a_folder_for_a_file(self, fmt, name, write, tmp_path, losses):
        write("f", "")
        write("d/x", "")
        with pytest.raises(OutputError, match=r"this is a (file|folder), but a (folder|file) is to be written"):
            save_annotations([], tmp_path / name, fmt, losses=losses, force=True)

    @pytest.mark.parametrize("fmt", ["brat", "doccano", "label-studio", "prodigy", "conll", "webanno-tsv"])
    def test_leaves_nothing_behind_when_the_source_fails(self, fmt, tmp_path, losses):
        def failing():
            yield Document("a", "受理")
            raise AnnotationError("broken", path="source")

        with pytest.raises(AnnotationError, match="source: broken"):
            save_annotations(failing(), tmp_path / "x", fmt, losses=losses)
        assert list(tmp_path.iterdir()) == []

    def test_leaves_nothing_behind_when_the_caller_objects(self, tmp_path, losses):
        def refuse():
            raise LawnerError("strict")

        with pytest.raises(LawnerError, match="strict"):
            save_annotations([Document("a", "b")], tmp_path / "x", "brat", losses=losses, before_commit=refuse)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("fmt", ["brat", "doccano", "webanno-tsv"])
    def test_refuses_half_a_character(self, fmt, tmp_path, losses):
        documents = [Document("a", "好"), Document("b", "\ud842")]
        with pytest.raises(OutputError, match=r"x: document 2 holds half a character \('.ud842'\)"):
            save_annotations(documents, tmp_path / "x", fmt, losses=losses)
        assert list(tmp_path.iterdir()) == []

    def test_says_when_a_place_cannot_be_written(self, write, losses):
        path = write("file", "") / "x.jsonl"
        with pytest.raises(OutputError, match="nothing can be written here"):
            save_annotations([], path, "doccano", losses=losses)

    @pytest.mark.parametrize("fmt", ["brat", "webanno-tsv"])
    def test_names_files_safely_and_says_so(self, fmt, save, read, losses):
        ids = ["../a:b", "A", "a", "_draft", ".git", "", "b/c", "x" * 300, "长" * 100]
        documents = [Document(doc_id, f"第{n}") for n, doc_id in enumerate(ids)]
        folder = save(documents, fmt)
        back = {document.text: document.doc_id for document in read(folder, fmt)}
        names = ["a_b", "A", "a-2", "x_draft", "x.git", "document", "b/c", "x" * 200, "长" * 66]
        assert back == {f"第{n}": name for n, name in enumerate(names)}
        notes = [note for note in losses.notes if "is written as" in note]
        assert len(notes) == 7
        assert re.match(r"document '../a:b' is written as 'a_b'", notes[0])


LOSSES = {
    "brat attribute and event": ("a.ann", "E1\tCASE:T1\nA1\tX T1\n", [Reason.UNSUPPORTED] * 2),
    "brat unknown label": ("a.ann", "T1\tDATE 0 2\t受理\n", [Reason.UNKNOWN_LABEL]),
    "brat duplicate": ("a.ann", "T1\tNAME 0 2\t受理\nT2\tNAME 0 2\t受理\n", [Reason.DUPLICATE]),
    "brat fragments with a surface that differs": ("a.ann", "T1\tNAME 0 2;3 5\t受理 34\n", [Reason.SURFACE_MISMATCH]),
    "brat fragments outside": ("a.ann", "T1\tNAME 0 2;8 9\t受理 x\n", [Reason.OUT_OF_RANGE]),
    "relation to a lost span": (
        "a.ann",
        "T1\tNAME 0 9\t受理\nT2\tCASE 3 5\t3件\nR1\tMeasures Arg1:T2 Arg2:T1\n",
        [Reason.OUT_OF_RANGE, Reason.MISSING_SPAN],
    ),
    "relation to no span": ("a.ann", "T2\tCASE 3 5\t3件\nR1\tMeasures Arg1:T2 Arg2:T8\n", [Reason.MISSING_SPAN]),
    "relation to an event": (
        "a.ann",
        "T2\tCASE 3 5\t3件\nE1\tCASE:T2\nR1\tMeasures Arg1:E1 Arg2:T2\n",
        [Reason.UNSUPPORTED, Reason.MISSING_SPAN],
    ),
    "relation of unknown label, relation twice": (
        "a.ann",
        "T1\tNAME 0 2\t受理\nT2\tCASE 3 5\t3件\nR1\tIn Arg1:T2 Arg2:T1\nR2\tMeasures Arg1:T2 Arg2:T1\n"
        "R3\tMeasures Arg1:T2 Arg2:T1\n",
        [Reason.UNKNOWN_LABEL, Reason.DUPLICATE],
    ),
    "doccano label of a whole text": ("a.jsonl", '{"text": "a", "label": ["好"]}', [Reason.UNSUPPORTED]),
    "doccano comment that is a number": (
        "a.jsonl",
        '{"text": "a", "label": [], "Comments": 5}',
        [Reason.UNSUPPORTED],
    ),
    "doccano comment that is a string": (
        "a.jsonl",
        '{"text": "a", "label": [], "Comments": "look again"}',
        [Reason.UNSUPPORTED],
    ),
    "doccano comments, categories, and nothing": (
        "a.jsonl",
        '{"text": "a", "label": [], "Comments": ["a", "b"], "comments": "", "cats": {"good": 1, "bad": 0}}',
        [Reason.UNSUPPORTED] * 4,
    ),
    "prodigy characters against tokens": (
        "p.jsonl",
        '{"text": "受理3件", "tokens": [{"text": "受理", "start": 0, "end": 2, "id": 0}],'
        ' "spans": [{"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "NAME"}]}',
        [Reason.UNALIGNED],
    ),
    "prodigy relation between bare tokens": (
        "p.jsonl",
        '{"text": "受理3件", "spans": [], "relations": [{"head": 0, "child": 1, "label": "Measures"}]}',
        [Reason.MISSING_SPAN],
    ),
    "label studio region without label and region of HTML": (
        "a.json",
        task(
            {"id": "a", "type": "labels", "value": {"start": 0, "end": 2, "text": "受理"}},
            {"id": "b", "type": "labels", "value": {"start": "/div[1]/text()[1]", "end": "/div[1]", "labels": ["A"]}},
        ),
        [Reason.UNSUPPORTED] * 2,
    ),
    "label studio second text": (
        "a.json",
        task(
            *[{"type": "labels", "to_name": "text", "value": {"start": 0, "end": 2, "labels": ["NAME"]}}] * 2,
            {"type": "labels", "to_name": "title", "value": {"start": 0, "end": 1, "labels": ["NAME"]}},
        ),
        [Reason.UNSUPPORTED, Reason.DUPLICATE],
    ),
}


@pytest.mark.parametrize(("name", "content", "expected"), LOSSES.values(), ids=LOSSES)
def test_what_cannot_be_carried_is_counted(name, content, expected, read, write, losses, reasons):
    write("a.txt", "受理\n3件")
    path = write(name, content)
    read(path, FORMAT_OF[name])
    assert reasons() == expected
    assert all(loss.path == str(path) for loss in losses)
    assert name == "a.json" or all(loss.line for loss in losses)


@pytest.mark.parametrize(("source", "path"), [("in/a.ann", "in/a.ann"), ("", "a")])
def test_conll_says_which_spans_overlap_and_in_which_document(source, path, save, losses):
    inner, case = Span(2, 4, "NAME"), Span(4, 7, "CASE")
    document = Document(
        "a", "受理案件12件", [Span(0, 4, "NAME"), inner, case], [Relation(case, inner, "Measures")], source
    )
    save([document], "conll")
    assert [str(loss) for loss in losses] == [
        f"{path}: {Reason.OVERLAP}: NAME [2, 4) '案件' in a",
        f"{path}: {Reason.MISSING_SPAN}: Measures from [4, 7, 'CASE'] to [2, 4, 'NAME'] in a",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("Arg1:T2 Arg2:T1", (Span(4, 7, "CASE"), Span(0, 4, "NAME"))),
        ("Arg2:T1 Arg1:T2", (Span(4, 7, "CASE"), Span(0, 4, "NAME"))),
        ("Value:T2 Name:T1", (Span(4, 7, "CASE"), Span(0, 4, "NAME"))),
    ],
)
def test_brat_arguments_are_read_by_name(arguments, expected, read, write, losses):
    write("a.txt", "新收案件12件。")
    (document,) = read(write("a.ann", f"T1\tNAME 0 4\t新收案件\nT2\tCASE 4 7\t12件\nR1\tMeasures {arguments}\n"))
    assert [(one.head, one.tail) for one in document.relations] == [expected]
    assert not losses.losses


def test_conll_says_how_many_tags_are_out_of_place(read, write, losses):
    path = write("a.conll", "受\tB-NAME\n理\tO\n案\tI-NAME\n")
    (document,) = read(path)
    assert document.spans == (Span(0, 1, "NAME"), Span(2, 3, "NAME"))
    assert losses.notes == [f"{path}: 1 tags stand where IOB2 does not allow them; each was read as a span's edge"]
