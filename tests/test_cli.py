"""The commands as a user runs them, looked at by the files they leave and the sentences they print."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import pytest


def lawner(*arguments: object, cwd=None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "lawner", *map(str, arguments)]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=environment, check=False
    )


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The error message, after making sure that it is one line with exit code 1 and no traceback."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    line = result.stderr.strip().splitlines()[-1]
    assert line.startswith("lawner: ")
    return line


def test_check_counts_what_is_marked(brat_folder):
    result = lawner("check", brat_folder, "--strict")
    assert result.returncode == 0, result.stderr
    assert "3 documents" in result.stdout
    assert "9 values, 9 names" in result.stdout
    assert "3 × numeral left unmarked" in result.stdout


def test_check_writes_the_unmarked_numerals(brat_folder, tmp_path):
    lawner("check", brat_folder, "--numerals", tmp_path / "numerals.csv")
    with (tmp_path / "numerals.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["numeral"] for row in rows] == ["2023", "二", "6"]


def test_check_strict_fails_on_a_fault(brat_folder):
    ann = brat_folder / "town.ann"
    ann.write_text(ann.read_text(encoding="utf-8") + "T9\tNAME 2 5\t调解纠\n", encoding="utf-8")
    message = one_sentence(lawner("check", brat_folder, "--strict"))
    assert "0 annotations left behind and 2 faults; --strict allows none" in message


def test_check_against_measures_agreement(brat_folder, tmp_path):
    lawner("convert", brat_folder, tmp_path / "second.jsonl", "--to", "doccano")
    ann = brat_folder / "town.ann"
    ann.write_text(ann.read_text(encoding="utf-8").replace("COUNT", "CASE").replace("CASE", "COUNT"), encoding="utf-8")
    result = lawner("check", brat_folder, "--against", tmp_path / "second.jsonl", "--differences", tmp_path / "d.csv")
    assert result.returncode == 0, result.stderr
    lines = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.strip()}
    assert lines["names"][-1] == "1.0000"
    assert lines["typed"][-1] == f"{8 / 9:.4f}"
    assert "town [6, 9) first only: COUNT 31件" in result.stdout
    assert len((tmp_path / "d.csv").read_text(encoding="utf-8-sig").splitlines()) == 5


def test_convert_there_and_back_keeps_everything(brat_folder, tmp_path):
    result = lawner("convert", brat_folder, tmp_path / "task.json", "--to", "label-studio", "--strict")
    assert result.returncode == 0, result.stderr
    assert "3 documents with 18 spans and 9 relations, brat → " in result.stdout
    assert lawner("convert", tmp_path / "task.json", tmp_path / "back", "--to", "brat").returncode == 0
    for file in sorted(brat_folder.rglob("*.*")):
        assert (tmp_path / "back" / file.relative_to(brat_folder)).read_bytes() == file.read_bytes()


def test_convert_to_a_table_guards_against_formulas(tmp_path):
    (tmp_path / "a.txt").write_text("=1+2 12件\n", encoding="utf-8")
    (tmp_path / "a.ann").write_text(
        "T1\tNAME 0 4\t=1+2\nT2\tCASE 5 8\t12件\nR1\tMeasures Arg1:T2 Arg2:T1\n", encoding="utf-8"
    )
    assert lawner("convert", tmp_path, tmp_path / "table.csv", "--to", "csv").returncode == 0
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["name"], row["value_text"], row["start"]) == ("'=1+2", "12件", "5")


def test_convert_to_a_dataset_uses_the_splits_beside_the_annotations(brat_folder, tmp_path):
    (brat_folder / "index.csv").write_text("id,split\nyunchuan-2023,train\ntown,dev\nbureau,test\n", encoding="utf-8")
    result = lawner("convert", brat_folder, tmp_path / "dataset", "--max-characters", 64)
    assert result.returncode == 0, result.stderr
    import datasets

    parts = datasets.load_from_disk(str(tmp_path / "dataset"))
    assert {split: set(part["doc_id"]) for split, part in parts.items()} == {
        "train": {"county/yunchuan-2023"},
        "validation": {"town"},
        "test": {"bureau"},
    }
    assert parts["train"].num_rows == 2


def test_convert_raw_reports_reports_the_bad_file_and_goes_on(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.txt").write_text("全年受理案件3件。", encoding="gb18030")
    (folder / "b.pdf").write_bytes(b"no pdf at all")
    (folder / "c.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "d.xlsx").write_bytes(b"PK")
    result = lawner("convert", folder, tmp_path / "out", "--from", "reports", "--to", "brat")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "a.txt").read_text(encoding="utf-8") == "全年受理案件3件。"
    assert "2 reports could not be read" in result.stderr
    assert "1 file passed over: 1 .xlsx" in result.stderr
    message = one_sentence(
        lawner("convert", folder, tmp_path / "strict", "--from", "reports", "--to", "brat", "--strict")
    )
    assert "b.pdf: this is no PDF file" in message
    assert not (tmp_path / "strict").exists()


def test_strict_writes_nothing_when_something_is_lost(brat_folder, tmp_path):
    ann = brat_folder / "town.ann"
    ann.write_text(ann.read_text(encoding="utf-8").replace("31件", "32件"), encoding="utf-8")
    message = one_sentence(lawner("convert", brat_folder, tmp_path / "out.jsonl", "--to", "doccano", "--strict"))
    assert "nothing was written, because --strict allows no loss" in message
    assert "town.ann:2: stored text differs from the text at the offsets" in message
    assert "(and 1 more)" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gold"]
    strict = lawner(
        "convert", brat_folder, tmp_path / "o", "--to", "doccano", "--strict", "--losses", tmp_path / "s.csv"
    )
    assert len((tmp_path / "s.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
    assert sum(line.startswith("left behind: ") for line in strict.stderr.splitlines()) == 2
    loose = lawner(
        "convert", brat_folder, tmp_path / "out.jsonl", "--to", "doccano", "--losses", tmp_path / "losses.csv"
    )
    assert loose.returncode == 0
    assert "2 annotations left behind" in loose.stderr
    assert len((tmp_path / "losses.csv").read_text(encoding="utf-8-sig").splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("convert", "{gold}", "{tmp}/x", "--to", "bratt"), "--to 'bratt' is not a format; known are brat"),
        (("convert", "{gold}", "{tmp}/x", "--from", "xml", "--to", "brat"), "--from 'xml' is not a format"),
        (("convert", "{tmp}/none", "{tmp}/x", "--to", "brat"), "none: there is no such file or folder"),
        (("convert", "{gold}", "{full}", "--to", "brat"), "it exists already; name another output or add --force"),
        (("convert", "{gold}", "{gold}", "--to", "brat", "--force"), "the source lies here and would be replaced"),
        (("convert", "{gold}", "{tmp}", "--to", "brat", "--force"), "the source lies here and would be replaced"),
        (("convert", "{raw}", "{tmp}/x", "--to", "brat"), "; for plain reports add --from reports"),
        (
            ("convert", "{raw}", "{tmp}/x", "--from", "reports", "--to", "brat"),
            "because no report could be read: {raw}",
        ),
        (("convert", "{gold}", "/proc/none/x", "--to", "brat"), "/proc/none/x: nothing can be written here"),
        (("convert", "{gold}", "{full}", "--to", "doccano"), "this is a folder, but a file is to be written"),
        (("convert", "{gold}/town.txt", "{tmp}/x", "--split-file", "{tmp}/no.csv"), "there is no such file of splits"),
        (("check", "{gold}", "--labels", "{tmp}/no.yaml"), "there is no such configuration file"),
        (("check", "{empty}"), "no file here is an annotation lawner knows"),
    ],
    ids=[
        "to",
        "from",
        "missing",
        "exists",
        "onto-itself",
        "above-itself",
        "plain-reports",
        "nothing-read",
        "unwritable",
        "folder",
        "split-file",
        "labels",
        "empty-folder",
    ],
)
def test_a_wrong_call_ends_in_one_sentence(brat_folder, tmp_path, arguments, message):
    places = {"gold": brat_folder, "tmp": tmp_path} | {name: tmp_path / name for name in ("empty", "full", "raw")}
    for name in ("empty", "full", "raw"):
        places[name].mkdir()
    (places["full"] / "mine.txt").write_text("mine", encoding="utf-8")
    (places["raw"] / "scan.pdf").write_bytes(b"no pdf")
    before = sorted(tmp_path.rglob("*"))
    result = lawner(*(argument.format(**places) for argument in arguments))
    assert message.format(**places) in one_sentence(result)
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert",),
        ("convert", "a", "b", "--max-characters", "3"),
        ("convert", "a", "b", "--split-ratio", "80-20"),
        ("convert", "a", "b", "--split-ratio", "nan/1/1"),
        ("convert", "a", "b", "--to", "brat", "--seed", "4"),
        ("convert", "a", "b", "--split-file", "c", "--split-ratio", "8/1/1"),
        ("convert", "a", "b", "--losses", "b"),
        ("tagg",),
    ],
    ids=[
        "nothing",
        "few-characters",
        "ratio",
        "no-number",
        "split-of-brat",
        "two-splits",
        "losses-onto-target",
        "command",
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments):
    result = lawner(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_force_replaces_a_folder(brat_folder, tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old.txt").write_text("old", encoding="utf-8")
    (target / "old.ann").write_text("", encoding="utf-8")
    assert lawner("convert", brat_folder, target, "--to", "brat", "--force").returncode == 0
    assert not (target / "old.txt").exists()
    assert (target / "town.ann").exists()


def test_another_label_set_can_be_brought(tmp_path):
    (tmp_path / "labels.yaml").write_text("spans: [PER]\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("张三12件", encoding="utf-8")
    (tmp_path / "a.ann").write_text("T1\tPER 0 2\t张三\nT2\tCASE 2 5\t12件\n", encoding="utf-8")
    result = lawner("check", tmp_path, "--labels", tmp_path / "labels.yaml")
    assert "1 label not in the label set" in result.stderr
    assert "PER" in result.stdout


def test_the_version_is_printed():
    from lawner import __version__

    assert lawner("--version").stdout.strip() == f"lawner {__version__}"


def test_characters_a_terminal_cannot_show_do_not_end_the_run(tmp_path):
    (tmp_path / "a.txt").write_text("𠮷某办案\n12件 3:100:5 [b]", encoding="utf-8")
    (tmp_path / "a.ann").write_text("T1\tNAME 0 8\t𠮷某办案 12件\n", encoding="utf-8")
    command = [sys.executable, "-m", "lawner", "check", str(tmp_path)]
    environment = os.environ | {"PYTHONIOENCODING": "gbk"}
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert result.returncode == 0, result.stderr
    assert "\\U00020bb7某办案" in result.stdout.decode("gbk")
    assert "3:100:5 [b]" in result.stdout.decode("gbk")


def test_square_brackets_in_a_path_are_no_markup(brat_folder, tmp_path):
    result = lawner("convert", brat_folder, tmp_path / "o[x].jsonl", "--to", "doccano")
    assert result.returncode == 0, result.stderr
    assert "o[x].jsonl" in result.stdout


def test_ctrl_c_leaves_nothing_behind(brat_folder, tmp_path):
    """The signal arrives while the second document is read."""
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom lawner.conversion import convert\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background shell starts its jobs deaf to it
        "seen = []\n"
        "def stop(document):\n    seen.append(document)\n    len(seen) == 2 and os.kill(os.getpid(), signal.SIGINT)\n"
        f"convert(Path({str(brat_folder)!r}), Path({str(tmp_path / 'out')!r}), to_format='brat', on_document=stop)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "KeyboardInterrupt" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gold"]


def test_force_does_not_replace_what_lawner_did_not_write(brat_folder, tmp_path):
    target = tmp_path / "mine"
    target.mkdir()
    (target / "notes.md").write_text("mine", encoding="utf-8")
    message = one_sentence(lawner("convert", brat_folder, target, "--to", "brat", "--force"))
    assert "it holds notes.md, which lawner did not write; name another folder" in message
    assert (target / "notes.md").read_text(encoding="utf-8") == "mine"
