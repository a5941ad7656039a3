"""The run over many files: that what it calls broken is refused, and that it sees what becomes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def stress(import_script):
    return import_script("stress_tag")


def test_broken_files_are_refused_and_the_others_are_in_the_table(stress, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(stress, "EVERY", 0.02)
    broken = stress.write_files(tmp_path / "reports", 12, 80, 1 / 3)
    assert {name.rpartition(".")[2] for name in broken} == {"docx", "pdf", "parquet", "jsonl"}
    code, said, _, memory = stress.run_tag(tmp_path / "reports", tmp_path / "table.csv")
    assert code == 0, said
    assert "8 reports tagged, 4 not read" in said
    assert max(memory) > 50e6 or not Path("/proc/self/status").exists()
    assert stress.names_in(stress.read_rows(tmp_path / "errors.csv")) == broken
    good = {row["doc_id"] for row in stress.read_rows(tmp_path / "table.csv")}
    assert good and not any(name.rpartition(".")[0] in doc_id for name in broken for doc_id in good)


def test_reports_are_as_long_as_asked_and_the_same_for_a_seed(stress):
    texts = list(stress.make_texts(3, 500))
    assert all(len(text) >= 500 for text in texts)
    assert texts == list(stress.make_texts(3, 500))
    assert texts[0] != texts[1]


def test_what_does_not_hold_ends_the_run(stress, capsys):
    import typer

    stress.expect(True, "this holds")
    with pytest.raises(typer.Exit):
        stress.expect(False, "this does not")
    assert capsys.readouterr().out == "yes this holds\nNO  this does not\n"
