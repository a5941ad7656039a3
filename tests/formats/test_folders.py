"""Folders of annotation files as they are found, and names for those that are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lawner.document import Document
from lawner.errors import AnnotationError, OutputError, ReadError
from lawner.formats import FORMATS, detect_format, save_annotations

ANN = "T1\tCASE 2 4\t3件\n"


@pytest.mark.parametrize(
    ("text", "ann"), [("a.TXT", "a.ANN"), ("a.txt", "a.ANN"), ("a.TXT", "a.ann"), ("a.Txt", "a.Ann")]
)
def test_the_halves_of_a_brat_pair_may_be_named_in_upper_case(text, ann, read, write, tmp_path, losses):
    text_path, ann_path = write(f"in/{text}", "受理3件"), write(f"in/{ann}", ANN)
    for path in (tmp_path / "in", text_path, ann_path):
        (document,) = read(path)
        assert (document.doc_id, document.text_of(document.spans[0])) == ("a", "3件")
    assert (losses.notes, losses.losses) == ([], [])


def test_of_two_texts_beside_one_ann_the_other_is_named(read, write, tmp_path, losses):
    write("in/a.txt", "受理3件"), write("in/a.TXT", "办结"), write("in/a.ann", ANN)
    if len(list((tmp_path / "in").iterdir())) < 3:
        pytest.skip("upper and lower case are one here")
    assert [document.text for document in read(tmp_path / "in")] == ["受理3件"]
    assert "1 .txt without an .ann beside it, so not read: a.TXT;" in losses.notes[0]


def test_of_many_texts_without_annotations_five_are_named(read, write, tmp_path, losses):
    write("in/a.txt", "受理3件"), write("in/a.ann", ANN)
    for number in range(1200):
        write(f"in/x/{number:04}.txt", "")
    read(tmp_path / "in")
    (note,) = losses.notes
    assert "1,200 .txt without an .ann" in note
    assert "not read: x/0000.txt, x/0001.txt, x/0002.txt, x/0003.txt, x/0004.txt, …; where" in note


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt != "label-studio-predictions"])
def test_files_that_are_passed_over_are_noted_once(fmt, save, read, write, tmp_path, losses):
    form = FORMATS[fmt]
    path = save([Document("a", "受理3件")], fmt, "in" if form.writes_folder else f"in/a{form.suffix}")
    folder = path if form.writes_folder else path.parent
    for name in ("b.xlsx", "c.xlsx", "_old/d.ann", "_old/e.ann", "~$f.docx"):
        write(f"in/{name}", "")
    assert len(read(folder, "auto")) == 1
    expected = "4 files passed over: 2 .xlsx, 2 whose name begins with ., _ or ~$"
    assert [note for note in losses.notes if "passed" in note] == [f"{folder}: {expected}"]


def test_a_pipe_in_a_folder_stops_nothing(read, write, tmp_path, losses):
    write("in/a.txt", "受理3件"), write("in/a.ann", ANN)
    os.mkfifo(tmp_path / "in" / "b.ann")
    assert [document.doc_id for document in read(tmp_path / "in")] == ["a"]
    assert losses.notes == [f"{tmp_path / 'in'}: 1 file passed over: 1 neither file nor folder"]


def test_a_folder_that_may_not_be_listed_is_named(write, tmp_path, monkeypatch):
    write("in/closed/a.txt", "")
    allowed = Path.iterdir

    def forbid(self):
        if self.name == "closed":
            raise PermissionError(13, "Permission denied")
        return allowed(self)

    monkeypatch.setattr(Path, "iterdir", forbid)
    with pytest.raises(ReadError, match="in/closed: this folder may not be listed; change its permissions"):
        detect_format(tmp_path / "in")


def test_links_that_lead_nowhere_do_not_hide_the_format(write, tmp_path):
    write("in/a.jsonl", '{"text": "受理", "label": []}')
    (tmp_path / "in" / "README").symlink_to("gone")
    assert detect_format(tmp_path / "in") == "doccano"


def test_a_name_that_is_not_utf8_is_refused(read, tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xbd\xe1.jsonl")).write_text('{"text": "a", "label": []}')
    except OSError:
        pytest.skip("no such name can be made here")
    with pytest.raises(AnnotationError, match=r"the name .* is not UTF-8; rename the file"):
        read(tmp_path)


@pytest.mark.parametrize("fmt", ["doccano", "prodigy", "label-studio", "conll"])
def test_a_format_is_recognised_behind_a_text_of_many_mebibytes(fmt, save):
    text = '"\\' + "\x01" * 200_000  # each takes six bytes
    name = f"x{FORMATS[fmt].suffix}"
    assert detect_format(save([Document("a", text), Document("b", "c")], fmt, name)) == fmt


def test_a_cut_off_text_full_of_quotes_is_looked_through_once(write):
    path = write("a.jsonl", '{"text": "' + r"\"" * 10**6)
    with pytest.raises(AnnotationError, match="this is no annotation lawner knows"):
        detect_format(path)


@pytest.mark.parametrize("order", [1, -1], ids=["file first", "folder first"])
@pytest.mark.parametrize(
    ("fmt", "ids"),
    [
        pytest.param("brat", ["a", "a.txt/b", "a.txt/c", "a.ann/b", "A.TXT/d"], id="brat"),
        pytest.param("webanno-tsv", ["a", "a.tsv/b", "a.tsv/c"], id="webanno"),
    ],
)
def test_no_file_is_named_as_a_folder(fmt, ids, order, save, read, losses):
    documents = [Document(doc_id, f"第{number}") for number, doc_id in enumerate(ids)][::order]
    back = read(save(documents, fmt), fmt)
    assert sorted(document.text for document in back) == sorted(document.text for document in documents)
    renamed = [document.doc_id for document in back if document.doc_id not in ids]
    assert len([note for note in losses.notes if "is written as" in note]) == len(renamed) > 0


def test_a_folder_beside_a_file_of_its_name_is_renamed_as_a_whole(save):
    folder = save([Document(doc_id, "") for doc_id in ("a", "a.txt/b", "a.txt/c")], "brat")
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.ann")) == [
        "a.ann",
        "a.txt-2/b.ann",
        "a.txt-2/c.ann",
    ]


@pytest.mark.parametrize("fmt", ["brat", "webanno-tsv"])
@pytest.mark.parametrize(
    ("doc_id", "size"),
    [("a/" * 2999 + "a", "3,000 parts and 5,999"), ("/".join(["长" * 60] * 10), "10 parts and 609")],
    ids=["parts", "bytes"],
)
def test_an_id_too_long_for_a_file_is_refused(fmt, doc_id, size, tmp_path, losses):
    message = rf"document '{doc_id[:40]}'… has an id of {size} characters, more than the 64 parts and 1,024 bytes"
    with pytest.raises(OutputError, match=message):
        save_annotations([Document(doc_id, "受理")], tmp_path / "x", fmt, losses=losses)
    assert list(tmp_path.iterdir()) == []


def test_a_document_named_like_a_lock_file_is_read_again(save, read):
    assert [document.doc_id for document in read(save([Document("~$a", "受理")], "brat"))] == ["x~$a"]
