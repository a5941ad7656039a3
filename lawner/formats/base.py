"""What every annotation format shares: raw annotations become a `Document`, and each one that cannot is counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from lawner.document import Document, Relation, Span
from lawner.errors import AnnotationError
from lawner.files import walk
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import OffsetMap, StoredSpan, Unit, decide_unit, locate, offset_map, same_surface


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span as a file states it.

    Attributes:
        key: The file's own name for it, by which relations point to it.
        label: Its label.
        stored: Offsets in the file's unit, and the surface if the file stores one.
        line: Where it stands, counted from 1; 0 if the format has no lines.
        score: Confidence in ``[0, 1]``; 1.0 for gold.
    """

    key: str
    label: str
    stored: StoredSpan
    line: int = 0
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class RawRelation:
    """A relation as a file states it: its label and the keys of the two spans it joins."""

    label: str
    head: str
    tail: str
    line: int = 0
    score: float = 1.0


@dataclass(slots=True)
class RawDocument:
    """One document of an annotation file before anything is checked.

    Attributes:
        doc_id: Its name.
        text: Its text, line breaks kept, byte order mark removed.
        path: The file, for messages.
        spans: As stated by the file.
        relations: As stated by the file.
        evidence: Further offsets with their surface, e.g. tokens, that help to prove the unit.
    """

    doc_id: str
    text: str
    path: Path
    spans: list[RawSpan] = field(default_factory=list)
    relations: list[RawRelation] = field(default_factory=list)
    evidence: list[StoredSpan] = field(default_factory=list)


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


def unit_of(documents: Sequence[RawDocument], candidates: Sequence[Unit], *, losses: LossReport) -> Unit:
    """The unit a file counts in, proved over all its documents, and noted where it is not code points."""
    unit = decide_unit(
        ((raw.text, [*(span.stored for span in raw.spans), *raw.evidence]) for raw in documents), candidates
    )
    shifted = [raw for raw in documents if raw.spans and offset_map(raw.text, unit) is not None]
    if shifted:
        proved = any(span.stored.surface is not None for raw in shifted for span in raw.spans) or shifted[0].evidence
        how = "" if proved else ", judged by where spans begin and end because the file stores no text of them"
        losses.note(f"{shifted[0].path}: offsets count {unit}{how}")
    return unit


def build_document(raw: RawDocument, *, unit: Unit, labels: LabelSet, losses: LossReport) -> Document:
    """Check every raw annotation and keep what holds.

    Args:
        raw: As stated by the file.
        unit: How the file counts its offsets.
        labels: The labels to keep.
        losses: Receives every annotation that is left behind, with its reason.

    Returns:
        The document with code-point spans.

    Raises:
        AnnotationError: If two spans share a key, so that relations to them mean nothing.
    """
    mapping = offset_map(raw.text, unit)
    kept: dict[str, Span | None] = {}
    spans: set[Span] = set()
    for raw_span in raw.spans:
        if raw_span.key in kept:
            message = f"id {raw_span.key!r} is used twice in {raw.doc_id}; give every annotation an id of its own"
            raise AnnotationError(message, path=raw.path, line=raw_span.line or None)
        span = _build_span(raw_span, raw, mapping, labels, losses)
        kept[raw_span.key] = span
        if span is not None and span in spans:
            words = f"{raw_span.key} {span.label} {raw.text[span.start : span.end][:40]!r} in {raw.doc_id}"
            losses.add(raw.path, raw_span.line, Reason.DUPLICATE, words)
        elif span is not None:
            spans.add(span)
    relations: dict[Relation, None] = {}
    for raw_relation in raw.relations:
        relation = _build_relation(raw_relation, raw, kept, labels, losses)
        if relation is not None and relation in relations:
            words = f"relation {relation.label} from {raw_relation.head} to {raw_relation.tail} in {raw.doc_id}"
            losses.add(raw.path, raw_relation.line, Reason.DUPLICATE, words)
        elif relation is not None:
            relations[relation] = None
    return Document(raw.doc_id, raw.text, spans, relations, source=str(raw.path))


def _build_span(
    raw_span: RawSpan, raw: RawDocument, mapping: OffsetMap | None, labels: LabelSet, losses: LossReport
) -> Span | None:
    """One checked span, or None after its loss was counted."""
    stored = raw_span.stored
    words = f"{raw_span.key} {raw_span.label} [{stored.start}, {stored.end})"
    if stored.surface is not None:
        words += f" {stored.surface[:40]!r}"

    def lose(reason: Reason, more: str = "") -> None:
        losses.add(raw.path, raw_span.line, reason, f"{words}{more} in {raw.doc_id}")

    if raw_span.label not in labels.spans:
        lose(Reason.UNKNOWN_LABEL)
        return None
    if stored.start == stored.end:
        lose(Reason.EMPTY)
        return None
    place = locate(stored, raw.text, mapping)
    if place is None:
        lose(Reason.OUT_OF_RANGE, f" of a text of {len(raw.text)} characters")
        return None
    actual = raw.text[place[0] : place[1]]
    if stored.surface is not None and not same_surface(stored.surface, actual):
        lose(Reason.SURFACE_MISMATCH, f" where the text has {actual[:40]!r}")
        return None
    return Span(*place, raw_span.label, raw_span.score)


def _build_relation(
    raw_relation: RawRelation, raw: RawDocument, kept: dict[str, Span | None], labels: LabelSet, losses: LossReport
) -> Relation | None:
    """One checked relation, or None after its loss was counted."""
    words = f"relation {raw_relation.label} from {raw_relation.head} to {raw_relation.tail} in {raw.doc_id}"
    if labels.relations and raw_relation.label not in labels.relations:
        losses.add(raw.path, raw_relation.line, Reason.UNKNOWN_LABEL, words)
        return None
    head, tail = kept.get(raw_relation.head), kept.get(raw_relation.tail)
    if head is None or tail is None:
        losses.add(raw.path, raw_relation.line, Reason.MISSING_SPAN, words)
        return None
    return Relation(head, tail, raw_relation.label, raw_relation.score)


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
