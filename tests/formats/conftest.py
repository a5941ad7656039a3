from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lawner.document import Document
from lawner.formats import load_annotations, save_annotations
from lawner.losses import LossReport, Reason

DATA = Path(__file__).parent / "data"


@pytest.fixture
def losses() -> LossReport:
    return LossReport()


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file below the test's folder; bytes as they are, text as UTF-8."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(losses: LossReport) -> Callable[..., list[Document]]:
    """Read all documents; losses go to the `losses` of the test."""

    def read_all(path: Path, fmt: str = "auto", **options: object) -> list[Document]:
        return list(load_annotations(path, fmt, losses=losses, **options))  # type: ignore[arg-type]

    return read_all


@pytest.fixture
def reasons(losses: LossReport) -> Callable[[], list[Reason]]:
    """The reasons of all losses so far, in order."""
    return lambda: [loss.reason for loss in losses]


@pytest.fixture
def save(tmp_path: Path, losses: LossReport) -> Callable[..., Path]:
    """Save documents to a new place below the test's folder."""

    def save_all(documents: list[Document], fmt: str, name: str = "saved") -> Path:
        save_annotations(documents, tmp_path / name, fmt, losses=losses)
        return tmp_path / name

    return save_all
