"""Leaving one out: what is trained on, and that every report is read."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from tiny_training import environment, make_config, make_documents, settings_of, write_base, write_gold

from lawner import DEFAULT_LABELS
from lawner.formats import save_annotations
from lawner.losses import LossReport

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def leaving(import_script):
    pytest.importorskip("torch")
    return import_script("leave_one_out")


def test_the_report_left_out_trains_nothing(leaving, monkeypatch, tmp_path):
    trained = []
    fit = leaving.fit

    def recorded(config, splits, *rest, **options):
        trained.append([document.doc_id for document in splits.train])
        return fit(config, splits, *rest, **options)

    monkeypatch.setattr(leaving, "fit", recorded)
    write_base(tmp_path / "base")
    first, second, third, fourth = make_documents()
    gold, reading = leaving.read_left_out(
        make_config(tmp_path, epochs=1), first, [second, third], [fourth], labels=DEFAULT_LABELS, passes=2
    )
    assert gold is first
    assert reading.text == first.text
    assert trained == [[second.doc_id, third.doc_id, fourth.doc_id] * 2]


def test_every_report_is_read_and_one_is_too_few(project_root, tmp_path):
    write_base(tmp_path / "base")
    write_gold(tmp_path / "gold")
    for n_reports in (1, 3):
        save_annotations(make_documents()[:n_reports], tmp_path / f"real-{n_reports}", "brat", losses=LossReport())
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings_of(tmp_path)), encoding="utf-8")
    command = [sys.executable, project_root / "scripts/leave_one_out.py", tmp_path / "base"]
    options = ["--settings", tmp_path / "tiny.yaml", "--rehearse", "1", "--passes", "1"]

    def leave(n_reports: int) -> subprocess.CompletedProcess[str]:
        whole = map(str, [*command, tmp_path / f"real-{n_reports}", *options])
        return subprocess.run(list(whole), capture_output=True, text=True, env=environment(), check=False)

    done = leave(3)
    assert done.returncode == 0, done.stderr
    assert "3/3 report-2" in done.stderr
    assert "| with the other reports |" in done.stdout
    refused = leave(1)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith("leaving one out needs two or more")
