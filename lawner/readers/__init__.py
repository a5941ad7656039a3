"""Raw reports in: one function, whatever the file format. No reader normalises the text that offsets refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lawner.document import Document
from lawner.errors import ReadError
from lawner.files import walk
from lawner.readers import docx, html, pdf, tables, txt

Reader = Callable[[Path], Iterator[tuple[str, str]]]
"""Reads one file and yields (key, text) pairs: one with an empty key for a report, one per row for a table."""

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


@dataclass(frozen=True, slots=True)
class Failure:
    """A report that could not be read.

    Attributes:
        path: The file.
        reason: Why, in one sentence.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        """Where and why."""
        return f"{self.path}: {self.reason}"


def read_documents(path: Path, *, failures: list[Failure] | None = None) -> Iterator[Document]:
    """Read a report, a table of reports, or a folder of both.

    Args:
        path: A file, or a folder that is walked with its subfolders in a stable order.
        failures: Receives the files that cannot be read, and the rest goes on; None stops at the first.

    Yields:
        Documents without spans. The id of a report is its path below `path`, without the suffix unless that would
        repeat an id; rows of a table add ``#`` and their number or id.

    Raises:
        ReadError: If `path` does not exist, holds no report, or (without `failures`) a file cannot be read.
    """
    used: set[str] = set()
    found = False
    for file in walk(path, accept=lambda file: file.suffix.lower() in READERS or file.suffix.lower() in OLD_OFFICE):
        found = True
        relative = PurePosixPath(file.relative_to(path)) if path.is_dir() else PurePosixPath(file.name)
        stem = str(relative.with_suffix(""))
        name = str(relative) if stem in used else stem
        used.add(stem)
        try:
            for key, text in read_file(file):
                doc_id = f"{name}#{key}" if key else name
                yield Document(doc_id, text, source=str(file))
        except ReadError as error:
            if failures is None:
                raise
            failures.append(Failure(str(error.path), error.reason))
    if not found:
        raise ReadError(f"no report here; lawner reads {', '.join(READERS)}", path=path)


def read_file(path: Path) -> Iterator[tuple[str, str]]:
    """The texts of one file with their keys; see `Reader`.

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
