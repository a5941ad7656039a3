"""The built wheel, in an empty environment outside the project, with nothing but what it asks for."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

REPORT = "全年受理行政复议案件112件，其中撤销9件，按期办结率98.6%。\n"
TRACES = ("No matching distribution", "Could not find a version", "Temporary failure in name resolution")
"""What pip says where neither a package index nor a copy of the build backend is at hand."""


@pytest.fixture(scope="session")
def wheel(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source tree, built as pip builds it."""
    if not (project_root / "models" / "tagger" / "config.json").is_file():
        pytest.skip("there is no tagger in models/tagger to put into the wheel")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out)]
    if importlib.util.find_spec("hatchling"):
        command.append("--no-build-isolation")
    result = subprocess.run([*command, str(project_root)], capture_output=True, text=True, check=False)
    if result.returncode and any(trace in result.stderr for trace in TRACES):
        pytest.skip("hatchling, which builds the wheel, is not installed and no package index can be reached")
    assert result.returncode == 0, result.stderr
    (found,) = out.glob("lawner-*.whl")
    return found


@pytest.fixture(scope="session")
def empty_lawner(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``lawner`` command of a fresh environment that holds the wheel and links to its requirements only."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    scheme = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    names = {"lawner"}
    for name in requirements(wheel):
        if name not in names:
            names.add(name)
            link_distribution(name, site)
    command = [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    return Path(sysconfig.get_path("scripts", "venv", scheme)) / "lawner"


def requirements(wheel: Path) -> list[str]:
    """The names of all distributions that the wheel needs, with those that they need, extras left out."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = importlib.metadata.PathDistribution(zipfile.Path(archive, f"{Path(name).parent.name}/"))
        waiting, found = list(metadata.requires or ()), list[str]()
    from packaging.requirements import Requirement

    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if requirement.name not in found:
            found.append(requirement.name)
            waiting += importlib.metadata.requires(requirement.name) or []
    return found


def link_distribution(name: str, site: Path) -> None:
    """Link what a distribution installed here into another environment."""
    distribution = importlib.metadata.distribution(name)
    tops = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}
    for top in tops:
        target = site / top
        if not target.exists():
            target.symlink_to(Path(str(distribution.locate_file(top))).resolve())


def test_the_wheel_carries_the_tagger_and_nothing_it_does_not_need(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        carried = {Path(name).name for name in names if name.startswith("lawner/models/tagger/")}
    assert {"config.json", "tokenizer.json"} <= carried
    assert any(name.endswith(".onnx") for name in carried)
    assert not [name for name in names if name.startswith(("tests/", "annotations/", "scripts/", "models/"))]
    assert "lawner/py.typed" in names or not (Path(__file__).parent.parent / "lawner" / "py.typed").exists()
    assert wheel.stat().st_size < 40 * 2**20


def test_the_installed_wheel_tags_a_report_offline(empty_lawner, tmp_path):
    (tmp_path / "report.txt").write_text(REPORT, encoding="utf-8")
    offline = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}

    def lawner(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(empty_lawner), "tag", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=kept | offline,
            check=False,
        )

    result = lawner("report.txt")
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows
    assert all(REPORT[row["start"] : row["end"]] == row["value_text"] for row in rows)
    for suffix in ("csv", "xlsx", "sqlite", "html"):
        result = lawner("report.txt", "-o", f"out/i.{suffix}")
        assert result.returncode == 0, result.stderr
        assert (tmp_path / "out" / f"i.{suffix}").stat().st_size > 0
    assert not shutil.which("torch", path=str(empty_lawner.parent))
