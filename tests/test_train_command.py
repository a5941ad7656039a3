"""``lawner train`` as a user runs it: what is printed, what is left, and several processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_training import environment, lawner, make_config, write_base, write_gold

from lawner.config import dump_config

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder, gold and settings."""
    folder = tmp_path_factory.mktemp("command")
    write_base(folder / "base")
    write_gold(folder / "gold")
    (folder / "c.yaml").write_text(dump_config(make_config(folder)), encoding="utf-8")
    return folder


def test_a_run_from_annotations_to_a_model_that_tags(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    result = lawner("train", place / "c.yaml", "-o", out, "--seeds", 2, "--set", "training.epochs=3")
    assert result.returncode == 0, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 6 and all("F1 on the validation split: values " in line for line in lines), result.stderr
    assert lines[0].startswith("seed 1, ") and lines[-1].startswith("seed 2, 100 %: ")
    for words in (
        "indicator_f1 over 2 seeds: ",
        "validation split, 1 documents",
        "test split, 1 documents",
        f"tokens/s; model → {out} (seed ",
        f"{out / 'model.onnx'}: for tagging without torch",
    ):
        assert words in result.stdout.replace("\n", " "), result.stdout
    assert "…" not in result.stdout  # no table is cut
    (tmp_path / "a.txt").write_text("全年共受理行政复议申请1,204件。", encoding="utf-8")
    tagged = lawner("tag", tmp_path / "a.txt", "--model", out, "-o", tmp_path / "o.csv")
    assert tagged.returncode == 0, tagged.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--set", "training.epoch=5"], "unknown key training.epoch; did you mean training.epochs?", id="key"
        ),
        pytest.param(["--set", "base=nobody/nothing"], "hf download nobody/nothing --local-dir DIR", id="base"),
    ],
)
def test_what_is_wrong_is_one_line(place: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    result = lawner("train", place / "c.yaml", "-o", tmp_path / "mine", *arguments)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("lawner: ") and message in line
    assert list(tmp_path.iterdir()) == []


def test_two_processes_train_one_model(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command += ["-m", "lawner", "train", str(place / "c.yaml"), "-o", str(out), "--no-export"]
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment(), cwd=tmp_path, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stderr.count("seed 1, 100 %: F1 on the validation split") == 1, result.stderr
    assert result.stdout.count(f"model → {out} (seed 1)") == 1
    assert sorted(os.listdir(tmp_path)) == ["mine"]  # noqa: PTH208
    assert (out / "model.safetensors").is_file() and len(list((out / "tensorboard").iterdir())) == 1
