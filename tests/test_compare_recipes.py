"""The comparison of recipes: each run once, scored on reports it never saw, the table from what lies there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tiny_training import environment, make_documents, settings_of, write_base, write_gold

from lawner.formats import save_annotations
from lawner.losses import LossReport


@pytest.fixture(scope="module")
def recipes(import_script):
    return import_script("compare_recipes")


def test_a_recipe_is_a_name_and_what_it_sets(recipes):
    assert recipes.parse_recipe("plain") == ("plain", [])
    assert recipes.parse_recipe("no noise: a.b=0  'c=[1, 2]'") == ("no noise", ["a.b=0", "c=[1, 2]"])


def test_the_table_has_means_over_seeds(recipes):
    def run(recipe: str, names: float) -> dict[str, object]:
        scores = {"typed values": 0.9, "names": names, "indicators": 0.5}
        return {"recipe": recipe, "scores": {"written": scores, "real": scores}}

    table = recipes.to_table([run("a", 0.5), run("b", 0.1), run("a", 0.7)]).splitlines()
    assert [line.split("|")[1:3] for line in table[2:]] == [[" a ", " 2 "], [" b ", " 1 "]]
    assert "0.600 ± 0.141" in table[2]
    assert "0.100" in table[3]
    assert "±" not in table[3]


def test_runs_are_made_once_and_a_wrong_key_is_one_sentence(project_root: Path, tmp_path: Path):
    pytest.importorskip("torch")
    write_base(tmp_path / "base")
    write_gold(tmp_path / "gold")
    save_annotations(make_documents()[:1], tmp_path / "real", "brat", losses=LossReport())  # trained on, which is said
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings_of(tmp_path, epochs=1)), encoding="utf-8")

    def compare(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [project_root / "scripts/compare_recipes.py", tmp_path / "tiny.yaml", "--results", tmp_path / "out"]
        command += ["--real", tmp_path / "real", *arguments]
        return subprocess.run(
            [sys.executable, *map(str, command)], capture_output=True, text=True, env=environment(), check=False
        )

    first = compare("--recipe", "as it is", "--recipe", "drawn anew: random_weights=true", "--seeds", "2")
    assert first.returncode == 0, first.stderr
    assert "long lines of the real reports are in the training text" in first.stderr
    names = ["as-it-is-1.json", "as-it-is-2.json", "drawn-anew-1.json", "drawn-anew-2.json"]
    files = [tmp_path / "out" / name for name in names]
    assert sorted((tmp_path / "out").iterdir()) == files
    found = json.loads(files[2].read_text(encoding="utf-8"))
    assert yaml.safe_load(found["settings"])["random_weights"] is True
    assert set(found["scores"]) == {"written", "real"}
    times = [file.stat().st_mtime_ns for file in files]
    (tmp_path / "out" / "as-it-is-1.run").mkdir()
    again = compare("--recipe", "as it is", "--seeds", "2")
    assert again.stdout == first.stdout
    assert [file.stat().st_mtime_ns for file in files] == times
    refused = {
        ("--recipe", "as it is", "--recipe", "typo: random_weight=true"): "random_weights",
        ("--recipe", "as it is: training.batch=2"): "made with other settings",
        ("--recipe", "a b", "--recipe", "a-b"): "another recipe has the file",
    }
    for arguments, message in refused.items():
        wrong = compare(*arguments)
        assert wrong.returncode == 1
        assert message in wrong.stderr
        assert wrong.stderr.count("\n") == 1
    assert sorted((tmp_path / "out").iterdir()) == files
