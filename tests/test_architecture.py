"""What the package promises about itself: light imports, an installable whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

import lawner

HEAVY = ("torch", "transformers", "datasets", "onnxruntime", "pyarrow", "trafilatura", "lxml", "xlsxwriter", "pandas")


@pytest.mark.parametrize("module", ["lawner", "lawner.cli", "lawner.conversion"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from lawner.cli import app\n"
        "try:\n    app(['--help'], standalone_mode=False)\n"
        "finally:\n    print([name for name in " + repr(HEAVY) + " if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip().endswith("[]")
    assert "convert" in result.stdout


def test_the_public_names_exist():
    assert all(hasattr(lawner, name) for name in lawner.__all__)


def test_a_missing_extra_is_named_with_its_install_line(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04")
    code = (
        "import sys\nsys.modules['docx'] = None\n"
        "from pathlib import Path\nfrom lawner.readers import read_file\nfrom lawner import LawnerError\n"
        f"try:\n    list(read_file(Path({str(tmp_path / 'a.docx')!r})))\nexcept LawnerError as error:\n    print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        result.stdout.strip() == "reading .docx needs python-docx, which is not installed: pip install 'lawner[docs]'"
    )
