"""A tiny tagger for every test of the engines."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny_models import write_tagger


@pytest.fixture(scope="session")
def tagger_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny tagger; not to be changed."""
    pytest.importorskip("torch")
    return write_tagger(tmp_path_factory.mktemp("tagger"))


@pytest.fixture
def copy(tagger_folder: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(tagger_folder, tmp_path / "copy"))
