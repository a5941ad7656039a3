"""Plain text files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lawner.files import read_bytes
from lawner.readers._encoding import decode


def read(path: Path) -> Iterator[tuple[str, str]]:
    """The text of a ``.txt`` file, line breaks untouched, a byte order mark removed.

    Raises:
        ReadError: If the file is empty, binary, or in an encoding that cannot be told.
    """
    yield "", decode(read_bytes(path), path=path)
