"""Annotations as a file states them, checked one by one on their way into a `Document`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lawner.document import Document, Relation, Span
from lawner.errors import AnnotationError
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


def half_character(text: str, what: str) -> str | None:
    """What to say of a text with half a surrogate pair, which no file can store; None for any other text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return (
            f"{what} holds half a character ({text[error.start]!a}) at position {error.start}; "
            "a tool cut a surrogate pair, so export the file again"
        )
    return None


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
        AnnotationError: If two spans share a key, so that relations to them mean nothing, or if the text, a label or
            a key holds half a character.
    """
    _refuse_half_characters(raw)
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


def _refuse_half_characters(raw: RawDocument) -> None:
    """Raise if a string that may be written elsewhere cannot be stored in a file."""
    for text, what in ((raw.doc_id, "the document's id"), (raw.text, f"the text of {raw.doc_id!a}")):
        message = half_character(text, what)
        if message is not None:
            raise AnnotationError(message, path=raw.path)
    said = [(text, span.line) for span in raw.spans for text in (span.label, span.key)]
    said += [(relation.label, relation.line) for relation in raw.relations]
    for text, line in said:
        message = None if text.isascii() else half_character(text, f"label or id {text[:40]!a}")
        if message is not None:
            raise AnnotationError(message, path=raw.path, line=line or None)


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
