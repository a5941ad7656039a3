"""``lawner tag`` as a user runs it: exit codes, the line of numbers, and what is imported on the way."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_models import TEXT, write_tagger

from lawner.export import export_onnx

pytest.importorskip("torch")

TAGS = ("O", *(f"{prefix}-{label}" for label in ("NAME", "COUNT", "RATE", "AMOUNT", "CASE") for prefix in "BI"))


def lawner(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "lawner", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny tagger with its ONNX file."""
    folder = write_tagger(tmp_path_factory.mktemp("model"), tags=TAGS)
    export_onnx(folder, precision="fp32")
    return folder


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Two reports, one broken, and a file that is none."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.txt").write_text(f"{TEXT}{TEXT}", encoding="gb18030")
    (folder / "c.pdf").write_bytes(b"no pdf")
    (folder / "notes.md").write_text("1件", encoding="utf-8")
    return folder


def test_the_last_line_says_every_number(reports, model, tmp_path):
    result = lawner("tag", reports, "--model", model, "-o", tmp_path / "o.csv")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    *others, last = result.stderr.splitlines()
    with (tmp_path / "o.csv").open(encoding="utf-8-sig", newline="") as stream:
        n_rows = len(list(csv.DictReader(stream)))
    numbers = f"{n_rows:,} indicators in {3 * len(TEXT):,} characters, "
    assert last.startswith(f"2 reports tagged, 1 not read ({tmp_path / 'errors.csv'}): {numbers}")
    assert last.endswith(f" s → {tmp_path / 'o.csv'}")
    assert "passed over: 1 .md" in others
    assert any(line.startswith(f"not read: {reports / 'c.pdf'}: ") for line in others)


def test_without_an_output_the_rows_go_to_standard_output(reports, model):
    result = lawner("tag", reports / "a.txt", "--model", model)
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows
    assert all(TEXT[row["start"] : row["end"]] == row["value_text"] for row in rows)
    assert f"1 report tagged, 0 not read: {len(rows):,} indicators" in result.stderr
    assert lawner("tag", reports / "a.txt", "--model", model, "-o", "-").stdout == result.stdout


def test_strict_turns_an_unreadable_report_into_exit_code_1(reports, model, tmp_path):
    assert lawner("tag", reports, "--model", model, "-o", tmp_path / "o.csv", "--strict").returncode == 1
    assert (tmp_path / "o.csv").is_file()
    assert lawner("tag", reports / "a.txt", "--model", model, "--strict").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["none.txt"], "lawner: none.txt: there is no such file or folder", id="no report"),
        pytest.param(["{in}", "--model", "./none"], "lawner: ./none: there is no such model folder", id="no model"),
        pytest.param(["{in}", "--engine", "gpu"], "lawner: there is no engine 'gpu'", id="no engine"),
        pytest.param(["{in}", "-o", "t.doc"], "lawner: t.doc: the suffix '.doc' names no format", id="no format"),
        pytest.param(["{in}", "--resume"], "lawner: --resume needs a table in a file", id="nothing to resume"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(reports, model, arguments, sentence):
    given = [argument.replace("{in}", str(reports)) for argument in arguments]
    result = lawner("tag", *given, *([] if "--model" in given else ["--model", model]))
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1].startswith(sentence)
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_ctrl_c_ends_with_a_sentence_and_code_130(reports, model, tmp_path):
    code = (
        "import signal, sys\nfrom lawner import cli\nfrom lawner.tagger import Tagger\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def stop(self, documents):\n    next(documents)\n    signal.raise_signal(signal.SIGINT)\n    yield\n"
        "Tagger.tag_many = stop\n"  # the moment of the signal, not what follows from it, is made up
        f"sys.argv = ['lawner', 'tag', {str(reports)!r}, '--model', {str(model)!r}, "
        f"'-o', {str(tmp_path / 'o.csv')!r}]\n"
        "cli.main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 130
    assert "the same command with --resume goes on" in result.stderr
    assert "Traceback" not in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def test_tagging_a_text_imports_nothing_heavy(reports, model, tmp_path):
    heavy = ("torch", "transformers", "datasets", "pyarrow", "lxml", "docx", "pypdfium2", "tokenizers", "pandas")
    code = (
        "import sys\nfrom lawner import cli\n"
        f"sys.argv = ['lawner', 'tag', {str(reports / 'a.txt')!r}, '--model', {str(model)!r}, "
        f"'-o', {str(tmp_path / 'o.csv')!r}]\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "[]", result.stderr
