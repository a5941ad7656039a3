"""Leaving one out: what is trained on, and that every report is read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import yaml
from tiny_training import environment, make_documents, settings_of, write_base, write_gold

from lawner import fitting
from lawner.formats import save_annotations
from lawner.losses import LossReport

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def leaving(import_script):
    pytest.importorskip("torch")
    return import_script("leave_one_out")


@pytest.fixture
def place(tmp_path):
    """A base, gold to train on, real reports of three bodies, and of one."""
    write_base(tmp_path / "base")
    write_gold(tmp_path / "gold")
    names = ["town-2019", "town-2020", "county-2020", "bureau"]
    real = [replace(document, doc_id=name) for document, name in zip(make_documents(), names, strict=True)]
    save_annotations(real, tmp_path / "real", "brat", losses=LossReport())
    save_annotations(real[:2], tmp_path / "one-body", "brat", losses=LossReport())
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings_of(tmp_path)), encoding="utf-8")
    return tmp_path


def test_the_reports_of_the_body_left_out_train_nothing(leaving, place, monkeypatch, capsys):
    fits = []
    fit = fitting.fit

    def recorded(config, splits, *rest, **options):
        fits.append(tuple(sorted(document.doc_id for document in part) for part in (splits.validation, splits.train)))
        return fit(config, splits, *rest, **options)

    monkeypatch.setattr(fitting, "fit", recorded)
    leaving.main(place / "base", place / "real", place / "tiny.yaml", passes=2, learning_rate=1e-3, rehearse=1)
    assert [left_out for left_out, _ in fits] == [["bureau"], ["county-2020"], ["town-2019", "town-2020"]]
    for left_out, trained in fits:
        others = {"bureau", "county-2020", "town-2019", "town-2020"} - set(left_out)
        assert {name for name in trained if not name.startswith("report-")} == others
        assert all(trained.count(name) == 2 for name in trained)
    output = capsys.readouterr()
    assert "| with the other reports |" in output.out
    assert "long lines of the reports are in the training text" in output.err


def test_one_body_is_too_few_and_a_wrong_rate_is_one_sentence(project_root, place):
    def leave(*arguments: str) -> str:
        command = [project_root / "scripts/leave_one_out.py", place / "base", *arguments]
        command += ["--settings", place / "tiny.yaml"]
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment(),
            check=False,
        )
        assert done.returncode == 1
        return done.stderr

    assert leave(place / "one-body").endswith("leaving one out needs those of two or more\n")
    assert "learning_rate must be above 0" in leave(place / "real", "--learning-rate", "0")
