"""Fixtures for every test; those of one family stand in its own folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from builders import annotated

from lawner import Document


@pytest.fixture
def report() -> Document:
    """A short report with every label, a shared name and a value after which the name stands."""
    text = (
        "云川县2023年法治政府建设年度报告\n"
        "全年办理行政复议案件112件，其中撤销9件，按期办结率98.6%。新聘18名公职律师，"
        "为群众挽回经济损失230余万元。\n"
        "下一步，做好第二批清单编制，确保6月底前完成。\n"
    )
    return annotated(
        "county/yunchuan-2023",
        text,
        ("112件", "CASE", "办理行政复议案件"),
        ("9件", "CASE", "撤销"),
        ("98.6%", "RATE", "按期办结率"),
        ("18名", "COUNT", "公职律师"),
        ("230余万元", "AMOUNT", "挽回经济损失"),
    )


@pytest.fixture
def brat_folder(tmp_path: Path, report: Document) -> Path:
    """A brat folder with three reports, two of them the same but for the place."""
    from lawner.formats import save_annotations
    from lawner.losses import LossReport

    other = annotated(
        "town", "本镇调解纠纷31件，成功率100%。\n", ("31件", "CASE", "调解纠纷"), ("100%", "RATE", "成功率")
    )
    third = annotated(
        "bureau", "开展检查45次，查处问题7个。\n", ("45次", "COUNT", "开展检查"), ("7个", "COUNT", "查处问题")
    )
    folder = tmp_path / "gold"
    save_annotations([report, other, third], folder, "brat", losses=LossReport())
    return folder


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds the project."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def import_script(project_root: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a script by its name, without .py."""
    folder = str(project_root / "scripts")
    sys.path.insert(0, folder)
    yield importlib.import_module
    sys.path.remove(folder)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread, so that tests side by side do not wait for each other."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
