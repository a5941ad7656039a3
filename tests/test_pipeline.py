"""Tagging whole folders: every good report in the table, every bad one told, whatever happens on the way."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import TEXT, edit_json, write_tagger

from lawner import reading
from lawner.document import Document
from lawner.errors import LawnerError, OutputError, ReadError
from lawner.export import export_onnx
from lawner.formats import load_annotations
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.pipeline import TagOptions, tag_reports
from lawner.readers import Failure
from lawner.reading import FileReaders
from lawner.records import to_records
from lawner.resuming import Journal, Part
from lawner.sources import list_sources, read_sources
from lawner.tagger import Tagger

pytest.importorskip("torch")

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) not in ",'\"-`~^_|\\"}
TAGS = ("O", *(f"{prefix}-{label}" for label in ("NAME", "COUNT", "RATE", "AMOUNT", "CASE") for prefix in "BI"))
"""An order in which the random weights find more values than names."""

N_FILES, BROKEN = 200, (3, 64, 65, 130, 199)
texts = st.lists(st.one_of(st.characters(), st.sampled_from([TEXT, TEXT[:50], "1204件", "\ud800", "[MASK]"]))).map(
    "".join
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny tagger with its ONNX file."""
    folder = write_tagger(tmp_path_factory.mktemp("model"), tags=TAGS)
    export_onnx(folder, precision="fp32")
    return folder


@pytest.fixture(scope="module")
def tagger(model: Path) -> Tagger:
    """The tagger on the default engine."""
    return Tagger.from_pretrained(model, threads=1)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small reports, a few of them broken in various ways."""
    folder = tmp_path_factory.mktemp("reports")
    for number in range(N_FILES):
        text = f"第{number}号报告。" + TEXT[number % 40 : 40 + number % 60]
        path = folder / f"{number:03d}.txt"
        if number not in BROKEN:
            path.write_text(text, encoding="utf-8")
        elif number % 2:
            path.with_suffix(".docx").write_bytes(b"PK\x03\x04 no Word document")
        else:
            path.write_bytes(b"")
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def stopped(model: Path, reports: Path, target: Path, how: signal.Signals) -> subprocess.CompletedProcess[str]:
    """A run that gets a signal after its hundredth report."""
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from lawner.pipeline import tag_reports\nfrom lawner.tagger import Tagger\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "seen = []\n"
        "def stop(document):\n"
        "    seen.append(document.doc_id)\n"
        f"    if len(seen) == 100: os.kill(os.getpid(), {int(how)})\n"
        f"tagger = Tagger.from_pretrained({str(model)!r}, threads=1)\n"
        f"tag_reports([Path({str(reports)!r})], Path({str(target)!r}), tagger, on_document=stop)\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_files_folders_and_tables_become_one_table_in_their_order(tagger, tmp_path):
    (tmp_path / "in" / "county").mkdir(parents=True)
    (tmp_path / "in" / "county" / "b.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "in" / "a.html").write_text(f"<html><body><p>{TEXT * 3}</p></body></html>", encoding="utf-8")
    rows = [{"id": "x", "text": TEXT}, {"text": TEXT[:40]}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    single = tmp_path / "z.txt"
    single.write_text(TEXT, encoding="utf-8")
    seen: list[Document] = []
    result = tag_reports(
        [single, tmp_path / "in", tmp_path / "t.jsonl"], tmp_path / "out.csv", tagger, on_document=seen.append
    )
    assert [document.doc_id for document in seen] == ["z", "a", "county/b", "t#x", "t#2"]
    written = rows_of(tmp_path / "out.csv")
    assert list(dict.fromkeys(row["doc_id"] for row in written)) == [one.doc_id for one in seen if one.spans]
    assert (result.n_documents, result.n_records) == (5, len(written))
    assert result.n_characters == sum(len(document.text) for document in seen)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "t.jsonl", "z.txt", "out.csv"}


@pytest.mark.parametrize("workers", [0, 2])
def test_every_good_report_is_in_the_table_and_every_bad_one_in_the_list(tagger, reports, tmp_path, workers):
    seen: list[str] = []
    options = TagOptions(workers=workers)
    result = tag_reports(
        [reports], tmp_path / "o.jsonl", tagger, options=options, on_document=lambda one: seen.append(one.doc_id)
    )
    assert seen == [f"{number:03d}" for number in range(N_FILES) if number not in BROKEN]
    assert result.n_documents == N_FILES - len(BROKEN)
    listed = rows_of(tmp_path / "errors.csv")
    assert [Path(row["path"]).stem for row in listed] == [f"{number:03d}" for number in BROKEN]
    assert [row["reason"] for row in listed] == [failure.reason for failure in result.failures]
    assert "the file is empty" in listed[1]["reason"]
    assert "no Word document" in listed[0]["reason"]


def test_a_killed_run_leaves_no_table_and_is_resumed_without_double_rows(model, tagger, reports, tmp_path):
    whole, target = tmp_path / "whole" / "i.csv", tmp_path / "killed" / "i.csv"
    tag_reports([reports], whole, tagger)
    assert stopped(model, reports, target, signal.SIGKILL).returncode == -signal.SIGKILL
    assert [path.name for path in target.parent.iterdir()] == [".i.csv.lawner"]
    with pytest.raises(OutputError, match="add --resume to go on with it, or --force to begin anew"):
        tag_reports([reports], target, tagger)
    result = tag_reports([reports], target, tagger, options=TagOptions(resume=True))
    assert (result.n_resumed, result.n_documents) == (64, N_FILES - len(BROKEN))
    assert target.read_bytes() == whole.read_bytes()
    assert len(rows_of(target)) == result.n_records > N_FILES
    assert (target.parent / "errors.csv").read_bytes() == (whole.parent / "errors.csv").read_bytes()
    assert {path.name for path in target.parent.iterdir()} == {"i.csv", "errors.csv"}


def test_ctrl_c_keeps_what_is_finished_and_leaves_nothing_half_written(model, tagger, reports, tmp_path):
    target = tmp_path / "i.xlsx"
    result = stopped(model, reports, target, signal.SIGINT)
    assert result.returncode not in (0, -signal.SIGKILL)
    assert "KeyboardInterrupt" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [".i.xlsx.lawner"]
    again = tag_reports([reports], target, tagger, options=TagOptions(resume=True))
    assert (again.n_resumed, again.n_documents, target.is_file()) == (64, N_FILES - len(BROKEN), True)


def test_a_table_of_many_reports_is_resumed_in_its_middle(model, tagger, tmp_path):
    table = tmp_path / "reports.jsonl"
    lines = [json.dumps({"id": f"r{number % 70}", "text": TEXT[:60]}) for number in range(150)]
    lines[40] = "{broken"
    table.write_text("\n".join(lines), encoding="utf-8")
    whole, target = tmp_path / "whole.csv", tmp_path / "i.csv"
    tag_reports([table], whole, tagger, options=TagOptions(errors=tmp_path / "e.csv"))
    stopped(model, table, target, signal.SIGKILL)
    result = tag_reports([table], target, tagger, options=TagOptions(resume=True))
    assert result.n_resumed == 64
    assert target.read_bytes() == whole.read_bytes()
    assert (tmp_path / "errors.csv").read_bytes() == (tmp_path / "e.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param("model", "had another model or engine", id="model"),
        pytest.param("inputs", r"had other reports \(.*new\.txt is there only once\)", id="inputs"),
        pytest.param("size", r"had other reports \(.*000\.txt\)", id="a report"),
        pytest.param("labels", "had other settings", id="labels"),
        pytest.param("part", "is damaged", id="part"),
    ],
)
def test_a_run_cannot_be_resumed_when_something_has_changed(model, reports, tmp_path, change, message):
    folder, target = Path(shutil.copytree(reports, tmp_path / "in")), tmp_path / "i.csv"
    copy = Path(shutil.copytree(model, tmp_path / "model"))
    stopped(copy, folder, target, signal.SIGKILL)
    options = TagOptions(resume=True)
    if change == "model":
        edit_json(copy / "config.json", note="other")
    elif change == "inputs":
        (folder / "new.txt").write_text(TEXT, encoding="utf-8")
    elif change == "size":
        (folder / "000.txt").write_text(TEXT, encoding="utf-8")
    elif change == "labels":
        options = TagOptions(resume=True, labels=LabelSet(("CASE", "NAME"), ("Measures",)))
    else:
        part = tmp_path / ".i.csv.lawner" / "part-000000.jsonl"
        part.write_text("".join(part.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    tagger = Tagger.from_pretrained(copy, threads=1)
    with pytest.raises(OutputError, match=message):
        tag_reports([folder], target, tagger, options=options)
    assert not target.exists()
    assert tag_reports([folder], target, tagger, options=TagOptions(force=True)).n_resumed == 0


def test_two_runs_cannot_write_the_same_table(tmp_path):
    pytest.importorskip("fcntl")
    first, second = (Journal(tmp_path / ".i.csv.lawner", {}) for _ in range(2))
    first.begin(resume=False, force=False)
    with pytest.raises(OutputError, match="another run is writing here"):
        second.begin(resume=True, force=True)
    second.close()
    assert first.folder.is_dir()
    first.close()
    assert not first.folder.exists()


def test_a_journal_gives_back_what_was_written_down(tagger, tmp_path):
    documents = [tagger.tag(Document("=1\n\u2028/a\ud800", TEXT, source="x\u0085y")), Document("b", "")]
    journal = Journal(tmp_path / "j", {})
    journal.begin(resume=False, force=False)
    for document in documents:
        journal.add(document)
    journal.finish_part((7, 2), [Failure("p", "why")])
    journal.add(documents[0])
    journal.close()
    again = Journal(tmp_path / "j", {})
    again.manifest = {"lawner": 1, "model": "", "settings": {}, "inputs": []}
    (tmp_path / "j" / "manifest.json").write_text(json.dumps(again.manifest), encoding="utf-8")
    again.begin(resume=True, force=False)
    found = list(again.replay())
    again.close()
    assert found == [*documents, Part(2, (7, 2), [Failure("p", "why")])]
    assert [(span.score, found[0].source) for span in found[0].spans] == [
        (s.score, "x\u0085y") for s in documents[0].spans
    ]


def test_no_two_reports_have_the_same_id(tmp_path):
    for name in ("a/r.txt", "a/r.html", "b/r.txt", "b/s#1.txt", "r.jsonl", "s.jsonl", "t.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text\n" + TEXT[:30].replace(",", "，"), encoding="utf-8")
    lines = [json.dumps({"id": key, "text": "1件"}) for key in ("1", "1", "1~2", "")]
    (tmp_path / "r.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "s.jsonl").write_text(lines[0], encoding="utf-8")
    paths = [tmp_path / name for name in ("a", "b", "a/r.txt", "r.jsonl", "s.jsonl", "t.csv")]
    sources = list_sources(paths)
    found = [one.doc_id for _, one in read_sources(sources.files) if isinstance(one, Document)]
    assert found == [
        "r",
        "r.txt",
        "r.txt~2",
        "s_1",
        "r.jsonl#1",
        "r.jsonl#1~2",
        "r.jsonl#1~2~2",
        "r.jsonl#4",
        "s#1",
        "t#1",
    ]
    assert sources.n_repeated == 1


def test_outputs_among_the_reports_are_no_reports(tagger, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"")
    for _ in range(2):
        result = tag_reports([tmp_path], tmp_path / "out.csv", tagger, options=TagOptions(force=True))
        assert (result.n_documents, len(result.failures)) == (1, 1)


def test_a_list_of_errors_does_not_outlive_its_errors(tagger, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "in" / "b.txt").write_bytes(b"")
    tag_reports([tmp_path / "in"], tmp_path / "o.csv", tagger)
    (tmp_path / "in" / "b.txt").write_text(TEXT, encoding="utf-8")
    tag_reports([tmp_path / "in"], tmp_path / "o.csv", tagger, options=TagOptions(force=True))
    assert rows_of(tmp_path / "errors.csv") == []


def test_what_would_stop_a_run_at_its_end_stops_it_at_its_beginning(tagger, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "errors.csv").write_text("mine", encoding="utf-8")

    def run(name: str, **options: object) -> None:
        tag_reports(
            [tmp_path / "a.txt"],
            tmp_path / name,
            tagger,
            options=TagOptions(**options),  # type: ignore[arg-type]
            on_document=lambda _: pytest.fail("a report was tagged"),
        )

    with pytest.raises(OutputError, match=r"there\.csv: it exists already"):
        run("there.csv")
    with pytest.raises(OutputError, match=r"errors\.csv: it exists and is no list of lawner's"):
        run("new.csv")
    with pytest.raises(OutputError, match="names no format of tables"):
        run("new.doc")
    with pytest.raises(OutputError, match="two outputs are to be written here"):
        run("new.csv", errors=tmp_path / "new.csv")
    with pytest.raises(LawnerError, match="'prodigy' is no annotation tool"):
        run("new.csv", annotations=tmp_path / "x", annotation_format="prodigy")
    with pytest.raises(LawnerError, match="does not know the labels PERSON"):
        run("new.csv", errors=tmp_path / "e.csv", labels=LabelSet(("PERSON",)))
    with pytest.raises(ReadError, match="there is no such file or folder"):
        tag_reports([tmp_path / "none"], None, tagger)
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "there.csv", "errors.csv"}


def test_without_a_single_report_there_is_no_table_but_a_list_of_errors(tagger, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(b"")
    with pytest.raises(LawnerError, match="nothing was written, because no report could be read"):
        tag_reports([tmp_path / "in"], tmp_path / "o.csv", tagger)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "errors.csv"}


@pytest.mark.parametrize(
    ("tool", "file"), [("brat", "."), ("label-studio", "tasks.json"), ("doccano", "documents.jsonl")]
)
def test_predictions_go_to_annotation_tools_and_come_back(tagger, reports, tmp_path, tool, file):
    seen: list[Document] = []
    options = TagOptions(annotations=tmp_path / "fix", annotation_format=tool)
    paths = [reports / "000.txt", reports / "001.txt"]
    result = tag_reports(paths, tmp_path / "o.csv", tagger, options=options, on_document=seen.append)
    losses = LossReport()
    back = {one.doc_id: one for one in load_annotations(tmp_path / "fix" / file, losses=losses)}
    left = {(loss.reason, loss.detail) for loss in result.losses}
    assert len(seen) == len(back) == 2
    for document in seen:
        kept = back[document.doc_id]
        assert kept.text == document.text
        assert set(kept.spans) <= set(document.spans)
        assert kept.spans == document.spans or left


def test_only_the_labels_asked_for_are_kept(tagger, reports, tmp_path):
    paths = [reports / f"{number:03d}.txt" for number in range(40) if number not in BROKEN]
    tag_reports(paths, tmp_path / "all.csv", tagger)
    every = rows_of(tmp_path / "all.csv")
    label = every[0]["label"]
    options = TagOptions(labels=LabelSet((label,)))
    tag_reports(paths, tmp_path / "o.csv", tagger, options=options)
    kept = rows_of(tmp_path / "o.csv")
    assert len({row["label"] for row in every}) > 1
    places = {(row["doc_id"], row["start"], row["end"]) for row in every if row["label"] == label}
    assert {(row["doc_id"], row["start"], row["end"]) for row in kept} == places
    assert {(row["label"], row["name"]) for row in kept} == {(label, "")}


def die(path: Path) -> list[reading.Row]:
    """A reader that brings its process down with one file."""
    if path.name == "001.txt":
        os._exit(9)
    return list(reading.read_rows(path))


def test_a_file_that_kills_its_reader_is_told_and_the_others_are_read(reports, monkeypatch):
    monkeypatch.setattr(reading, "_read_all", die)
    readers = FileReaders(2)
    paths = [reports / f"{number:03d}.txt" for number in (0, 1, 2, 4)]
    found = [list(rows) for rows in readers.read(paths)]
    readers.close()
    assert [isinstance(rows[0], Failure) for rows in found] == [False, True, False, False]
    assert "brings the process down" in str(found[1][0])


@given(text=texts)
@settings(deadline=None, max_examples=60)
def test_any_text_gives_rows_whose_offsets_hold(tagger, text):
    document = tagger.tag(Document("a", text))
    assert document.text == text
    for record in to_records(document, tagger.labels):
        assert 0 <= record.start < record.end <= len(text)
        assert text[record.start : record.end] == record.value_text
        if record.name_start is not None and record.name_end is not None:
            assert text[record.name_start : record.name_end] == record.name


def test_full_width_and_half_width_reports_give_the_same_spans(tagger):
    wide = TEXT.translate(WIDE)
    assert wide != TEXT
    spans = [[(span.start, span.end, span.label) for span in tagger.tag(text).spans] for text in (TEXT, wide)]
    assert spans[0] == spans[1] != []
