"""What an annotation format is, and what reading and writing its files has in common with the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from lawner.document import Document, Span
from lawner.errors import AnnotationError
from lawner.files import walk
from lawner.formats.raw import RawDocument, build_document, unit_of
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.offsets import Unit

Parse = Callable[[Path, str, LossReport], Iterable[RawDocument]]
"""Reads the raw documents of one file; the string is the file's name below the folder read, without its suffix."""


def annotation_files(path: Path, suffixes: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """The files of one format.

    Args:
        path: A folder, walked with its subfolders in a stable order, or one file of any name.
        suffixes: In lower case; which files of a folder to take.

    Yields:
        A file and its name below the folder without the suffix, with ``/`` between the parts.

    Raises:
        AnnotationError: If a folder holds no such file.
    """
    found = False
    for file in walk(path, accept=lambda file: file.suffix.lower() in suffixes):
        found = True
        relative = file.relative_to(path) if file != path else Path(file.name)
        yield file, str(PurePosixPath(relative.with_suffix("")))
    if not found:
        raise AnnotationError(f"no file that ends in {' or '.join(suffixes)} in this folder", path=path)


def load_files(
    path: Path,
    parse: Parse,
    *,
    suffixes: Sequence[str],
    units: Sequence[Unit],
    labels: LabelSet,
    losses: LossReport,
) -> Iterator[Document]:
    """Read every file of a format, deciding for each in which of the given units it counts."""
    for file, name in annotation_files(path, suffixes):
        raws = list(parse(file, name, losses))
        unit = unit_of(raws, units, losses=losses)
        raws.reverse()
        while raws:
            yield build_document(raws.pop(), unit=unit, labels=labels, losses=losses)


class Load(Protocol):
    """Reads a file or folder of one format, document by document."""

    def __call__(self, path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
        """Keep the annotations with the given labels; count what is left behind in `losses`."""


class Save(Protocol):
    """Writes documents to a path; the caller moves it into place."""

    def __call__(self, documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:
        """Write to an empty folder, or to a file that does not exist; count what is left behind in `losses`."""


@dataclass(frozen=True, slots=True)
class Format:
    """One annotation format.

    Attributes:
        name: As given to ``--from`` and ``--to``.
        load: Reads it.
        save: Writes it.
        sniff: Whether a single file (never a folder) looks like this format; cheap, reads only the head of the file.
        writes_folder: Whether `save` fills a folder; else it writes one file.
        suffix: Of its files, with the dot.
    """

    name: str
    load: Load
    save: Save
    sniff: Callable[[Path], bool]
    writes_folder: bool
    suffix: str


def read_head(path: Path, size: int = 2**20) -> str:
    """The beginning of a file, for sniffing; undecodable bytes are replaced, and a missing file is empty."""
    try:
        with path.open("rb") as stream:
            return stream.read(size).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def span_keys(document: Document) -> dict[Span, str]:
    """A key for every span, ``T1``, ``T2`` … in order of position."""
    return {span: f"T{number}" for number, span in enumerate(dict.fromkeys(document.spans), 1)}


class FileNames:
    """Names for the files of a folder that holds one per document, unique also where upper and lower case are one."""

    def __init__(self, losses: LossReport) -> None:
        self._used: set[str] = set()
        self._losses = losses

    def name(self, doc_id: str) -> str:
        """A relative path without suffix for a document; noted where it is not the document's id itself."""
        base = name = safe_name(doc_id)
        number = 1
        while name.casefold() in self._used:
            number += 1
            name = f"{base}-{number}"
        self._used.add(name.casefold())
        if name != doc_id:
            self._losses.note(f"document {doc_id!r} is written as {name!r}")
        return name


def safe_name(doc_id: str) -> str:
    """A document id as a relative path that stays below its folder and that `lawner.files.walk` does not pass over.

    Example:
        >>> safe_name("../a/b:c"), safe_name("_draft")
        ('a/b_c', 'x_draft')
    """
    parts = []
    for part in doc_id.split("/"):
        cleaned = re.sub(r'[\x00-\x1f<>:"\\|?*]', "_", part).strip(" ")
        if cleaned not in ("", ".", ".."):
            hidden = "x" if cleaned[0] in "._" else ""
            parts.append(hidden + cleaned.encode("utf-8", "replace")[:200].decode("utf-8", "ignore"))
    return "/".join(parts) or "document"
