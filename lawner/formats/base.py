"""What an annotation format is, and what reading and writing its files has in common with the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from lawner.document import Document, Span
from lawner.errors import AnnotationError, OutputError
from lawner.files import PASSED_OVER, describe_passed_over, walk
from lawner.formats.raw import RawDocument, build_document, half_character, unit_of
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.offsets import Unit

MAX_FOLDERS, MAX_NAME_BYTES = 63, 1024
"""The longest name a document's file gets; systems allow 4,096 bytes with the folder it lies in, or fewer."""

Parse = Callable[[Path, str, LossReport], Iterable[RawDocument]]
"""Reads the raw documents of one file; the string is the file's name below the folder read, without its suffix."""


def document_name(file: Path, root: Path) -> str:
    """The name of a file below the folder read, without its suffix, with ``/`` between the parts.

    Raises:
        AnnotationError: If it is not UTF-8, so that no document can be named after it.
    """
    relative = file.relative_to(root) if file != root else Path(file.name)
    name = str(PurePosixPath(relative.with_suffix("")))
    if half_character(name, "") is not None:
        raise AnnotationError(f"the name {str(relative)!a} is not UTF-8; rename the file", path=file)
    return name


def note_passed_over(path: Path, passed_over: Counter[str], losses: LossReport) -> None:
    """Say once what a folder holds beside the files of a format."""
    if passed_over:
        total = passed_over.total()
        losses.note(f"{path}: {total:,} file{'s'[: total - 1]} passed over: {describe_passed_over(passed_over)}")


def annotation_files(path: Path, suffixes: Sequence[str], losses: LossReport) -> Iterator[tuple[Path, str]]:
    """The files of one format.

    Args:
        path: A folder, walked with its subfolders in a stable order, or one file of any name.
        suffixes: In lower case; which files of a folder to take.
        losses: Receives a note on all others.

    Yields:
        A file and its name below the folder without the suffix, with ``/`` between the parts.

    Raises:
        AnnotationError: If a folder holds no such file.
    """
    found = False
    passed_over: Counter[str] = Counter()
    for file in walk(path, accept=lambda file: file.suffix.lower() in suffixes, passed_over=passed_over):
        found = True
        yield file, document_name(file, path)
    note_passed_over(path, passed_over, losses)
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
    for file, name in annotation_files(path, suffixes, losses):
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
    """The beginning of a file, for sniffing; undecodable bytes are replaced, and what is no regular file is empty."""
    try:
        if not path.is_file():
            return ""  # to open a pipe would wait for its other end
        with path.open("rb") as stream:
            return stream.read(size).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def span_keys(document: Document) -> dict[Span, str]:
    """A key for every span, ``T1``, ``T2`` … in order of position."""
    return {span: f"T{number}" for number, span in enumerate(dict.fromkeys(document.spans), 1)}


class FileNames:
    """Names for the files of a folder that holds some per document, unique also where upper and lower case are one.

    Args:
        losses: Receives a note where a name is not the document's id itself.
        suffixes: Of the files that each document has.
    """

    def __init__(self, losses: LossReport, *suffixes: str) -> None:
        self._losses, self._suffixes = losses, suffixes
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._last: Counter[str] = Counter()

    def name(self, doc_id: str) -> str:
        """A relative path without suffix for a document.

        Raises:
            OutputError: If the id is longer than a path may be.
        """
        base = safe_name(doc_id)
        *folders, leaf = base.split("/")
        if len(folders) > MAX_FOLDERS or len(base.encode("utf-8")) > MAX_NAME_BYTES:
            raise OutputError(
                f"document {doc_id[:40]!r}… has an id of {len(folders) + 1:,} parts and {len(doc_id):,} characters, "
                f"more than the {MAX_FOLDERS + 1} parts and {MAX_NAME_BYTES:,} bytes a file may be named with; "
                "give it a shorter id"
            )
        name = ""
        for folder in folders:
            wanted = name + folder
            if wanted not in self._renamed:
                self._renamed[wanted] = self._free(wanted, self._files.__contains__)
            name = self._renamed[wanted]
            self._folders.add(name.casefold())
            name += "/"
        name = self._free(name + leaf, self._is_taken)
        self._files.update(name.casefold() + suffix for suffix in self._suffixes)
        if name != doc_id:
            self._losses.note(f"document {doc_id!r} is written as {name!r}")
        return name

    def _is_taken(self, name: str) -> bool:
        """Whether a file of this name would replace another, or lie where there is a folder."""
        files = {name + suffix for suffix in self._suffixes}
        return not (files.isdisjoint(self._files) and files.isdisjoint(self._folders))

    def _free(self, base: str, is_taken: Callable[[str], bool]) -> str:
        """The path itself, or with a number that is free."""
        name = base
        while is_taken(name.casefold()):
            self._last[base.casefold()] += 1
            name = f"{base}-{self._last[base.casefold()] + 1}"
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
            hidden = "x" if cleaned.startswith(PASSED_OVER) else ""
            parts.append(hidden + cleaned.encode("utf-8", "replace")[:200].decode("utf-8", "ignore"))
    return "/".join(parts) or "document"
