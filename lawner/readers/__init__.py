"""Raw reports in: one function, whatever the file format. No reader normalises the text that offsets refer to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from lawner.document import Document
from lawner.errors import ReadError
from lawner.files import walk
from lawner.readers import docx, html, pdf, tables, txt

Reader = Callable[[Path], Iterator[tuple[str, str] | ReadError]]
"""Reads one file and yields (key, text) pairs: one with an empty key for a report, one per row for a table.

What makes the whole file unreadable is raised; what spoils one row is yielded as a value, and the next row follows.
"""

READERS: Mapping[str, Reader] = {
    ".txt": txt.read,
    ".html": html.read,
    ".htm": html.read,
    ".shtml": html.read,
    ".xhtml": html.read,
    ".docx": docx.read,
    ".pdf": pdf.read,
    ".jsonl": tables.read_jsonl,
    ".csv": tables.read_csv,
    ".parquet": tables.read_parquet,
}
"""File suffix in lower case to reader; a new reader is a module and a line here."""

OLD_OFFICE = {".doc", ".wps", ".rtf"}

SPLIT_FILE = "index.csv"
"""In a folder, the table that says which report belongs to which split; it is no table of reports."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A report that could not be read, or a folder that could not be listed.

    Attributes:
        path: The file, with a colon and the number of the row if it is one row of a table.
        reason: Why, in one sentence.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        """Where and why."""
        return f"{self.path}: {self.reason}"


def read_documents(
    path: Path, *, failures: list[Failure] | None = None, passed_over: Counter[str] | None = None
) -> Iterator[Document]:
    """Read a report, a table of reports, or a folder of both.

    Args:
        path: A file, or a folder that is walked with its subfolders in a stable order.
        failures: Receives the files, rows and folders that cannot be read, and the rest goes on; None stops at the
            first. The caller sees from it whether every report failed.
        passed_over: Counts what lies in the folder and was not taken for a report, as `walk` counts it.

    Yields:
        Documents without spans. The id of a report is its path below `path`, without the suffix unless that would
        repeat an id; rows of a table add ``#`` and their number or id.

    Raises:
        ReadError: If `path` does not exist, holds no report, or (without `failures`) something cannot be read.
    """
    used: set[str] = set()
    found = False

    def fail(place: Path, reason: str) -> None:
        nonlocal found
        found = True
        if failures is None:
            raise ReadError(reason, path=readable(place)) from None
        failures.append(Failure(readable(place), reason))

    for file in walk(path, accept=_is_report, on_error=fail, passed_over=passed_over):
        found = True
        name = _name(file.relative_to(path) if file != path else Path(file.name), used)
        try:
            for row in read_file(file):
                if isinstance(row, ReadError):
                    fail(row.path, row.reason)
                    continue
                key, text = row
                yield Document(f"{name}#{key}" if key else name, text, source=readable(file))
        except ReadError as error:
            fail(error.path, error.reason)
    if not found:
        raise ReadError(f"no report here; lawner reads {', '.join(READERS)}", path=path)


def _is_report(file: Path) -> bool:
    """Whether a file of a folder is read, or named as one that should be converted first."""
    return file.suffix.lower() in {*READERS, *OLD_OFFICE} and file.name != SPLIT_FILE


def _name(relative: Path, used: set[str]) -> str:
    """The id of a file: its path without the suffix, or as much more as makes it differ from those used."""
    name = readable(PurePosixPath(relative.with_suffix("")))
    if name in used:
        name = full = readable(PurePosixPath(relative))
        number = 2
        while name in used:
            name = f"{full}~{number}"
            number += 1
    used.add(name)
    return name


def readable(path: PurePath) -> str:
    """A path as text that can be written anywhere: a name in GBK, as old archives unpack to, in its characters.

    Example:
        >>> readable(PurePath(os.fsdecode("年报.txt".encode("gbk"))))
        '年报.txt'
    """
    data = os.fsencode(path)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("utf-8", errors="replace")


def read_file(path: Path) -> Iterator[tuple[str, str] | ReadError]:
    """The texts of one file with their keys, and an error for each row of a table that has none; see `Reader`.

    Raises:
        ReadError: If the format is not known or the file not what its suffix says.
    """
    suffix = path.suffix.lower()
    if suffix in OLD_OFFICE:
        raise ReadError(
            f"{suffix} is an old office format; convert it first: soffice --headless --convert-to docx {path.name}",
            path=path,
        )
    reader = READERS.get(suffix)
    if reader is None:
        raise ReadError(f"suffix {suffix or '(none)'} is not one lawner reads ({', '.join(READERS)})", path=path)
    yield from reader(path)
