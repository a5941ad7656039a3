"""brat standoff: a folder of ``.txt`` files, each with a ``.ann`` beside it.

brat counts code points, but of a text with CR LF sometimes one for both; a pair is read in the unit that proves right.

Source: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from lawner.document import Document, Span
from lawner.errors import AnnotationError
from lawner.files import read_utf8, walk
from lawner.formats.base import FileNames, Format, document_name, note_passed_over, span_keys
from lawner.formats.raw import RawDocument, RawRelation, RawSpan, build_document, unit_of
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import LINE_BREAKS, OffsetMap, StoredSpan, Unit, locate, offset_map

UNITS = (Unit.CODE_POINT, Unit.CODE_POINT_LF, Unit.UTF16, Unit.UTF16_LF)
UNITS_WITH_MARK = (Unit.CODE_POINT_BOM, Unit.CODE_POINT_LF_BOM)
Fragments = list[tuple[int, int]]
TEXT_BOUND = re.compile(r"(T\S*)\t(\S+) (\d{1,15} \d{1,15}(?:;\d{1,15} \d{1,15})*)(?:\t(.*))?")
RELATION = re.compile(r"(R\S*)\t(\S+) ([^\s:]+):(\S+) ([^\s:]+):(\S+)\s*")


def load(path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
    """Read a folder of brat files, or one ``.txt`` or ``.ann`` of a pair.

    Args:
        path: The folder, walked with its subfolders in a stable order, or one file.
        labels: The labels to keep.
        losses: Receives what is left behind.

    Yields:
        A document per ``.txt``; its id is the path below `path` without the suffix.

    Raises:
        AnnotationError: If a file is not brat, or a ``.ann`` has no text beside it.
    """
    found = False
    alone: list[Path] = []
    passed_over: Counter[str] = Counter()
    for file in walk(path, accept=lambda file: file.suffix.lower() in (".ann", ".txt"), passed_over=passed_over):
        is_text = file.suffix.lower() == ".txt"
        other = _partner(file)
        if is_text and file != path:
            if other is None:
                alone.append(file)
            continue
        if other is None:
            missing = file.with_suffix(".ann" if is_text else ".txt").name
            message = f"no {missing} stands beside it; brat keeps text and annotations in a pair"
            raise AnnotationError(message, path=file)
        found = True
        text_path, ann = (file, other) if is_text else (other, file)
        yield _load_pair(text_path, ann, document_name(file, path), labels, losses)
    if not found:
        raise AnnotationError("no .ann file here; a brat folder holds pairs of .txt and .ann", path=path)
    note_passed_over(path, passed_over, losses)
    if alone:
        names = ", ".join(str(file.relative_to(path)) for file in alone[:5]) + ", …" * (len(alone) > 5)
        losses.note(
            f"{path}: {len(alone):,} .txt without an .ann beside it, so not read: {names}; "
            "where nothing is marked in one, make an empty .ann"
        )


def _partner(file: Path) -> Path | None:
    """The other half of a pair, its suffix in lower or upper case; of two texts for an ``.ann`` only one is a half."""
    is_text = file.suffix.lower() == ".txt"
    variants = (".ann", ".ANN", ".Ann") if is_text else (".txt", ".TXT", ".Txt")
    partners = (other for other in map(file.with_suffix, variants) if other.is_file())
    if is_text:
        return next((other for other in partners if file.samefile(_partner(other) or other)), None)
    return next(partners, None)


def _load_pair(text_path: Path, ann: Path, doc_id: str, labels: LabelSet, losses: LossReport) -> Document:
    """One text with its annotations, in whatever unit they prove to count."""
    raw = RawDocument(doc_id, read_utf8(text_path), ann)
    fragments = _parse(raw, read_utf8(ann), losses)
    with text_path.open("rb") as stream:
        has_mark = stream.read(3) == b"\xef\xbb\xbf"
    unit = unit_of([raw], UNITS + UNITS_WITH_MARK if has_mark else UNITS, losses=losses)
    mapping = offset_map(raw.text, unit)
    for raw_span in list(raw.spans) if fragments else ():
        parts = fragments.get(raw_span.key, [])
        if not _is_continuous(raw.text, parts, mapping):
            raw.spans.remove(raw_span)
            words = f"{raw_span.key} {raw_span.label} {parts} {raw_span.stored.surface!r:.60} in {doc_id}"
            losses.add(ann, raw_span.line, Reason.DISCONTINUOUS, words)
    return build_document(raw, unit=unit, labels=labels, losses=losses)


def _is_continuous(text: str, fragments: Fragments, mapping: OffsetMap | None) -> bool:
    """Whether only line breaks keep the fragments apart: that is how brat writes a span over several lines."""
    places = [locate(StoredSpan(start, end), text, mapping) for start, end in fragments]
    whole = [place for place in places if place is not None]
    if len(whole) < len(places):
        return True  # out of range; `build_document` says so
    return all(LINE_BREAKS.fullmatch(text, end, start) is not None for (_, end), (start, _) in pairwise(whole))


def _parse(raw: RawDocument, annotations: str, losses: LossReport) -> dict[str, Fragments]:
    """Add the spans and relations of a ``.ann`` file to a raw document; return which spans are written in fragments."""
    fragmented: dict[str, Fragments] = {}
    for number, line in enumerate(annotations.split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip():
            continue
        if line[0] == "T":
            raw_span, fragments = _parse_text_bound(line, raw.path, number)
            raw.spans.append(raw_span)
            if len(fragments) > 1:
                fragmented[raw_span.key] = fragments
        elif line[0] == "R":
            raw.relations.append(_parse_relation(line, raw.path, number))
        elif line[0] in "AMENW*#":
            losses.add(raw.path, number, Reason.UNSUPPORTED, line[:80])
        else:
            message = f"{line[:60]!r} is no brat annotation; a line begins with T, R, E, A, M, N, * or #"
            raise AnnotationError(message, path=raw.path, line=number)
    return fragmented


def _parse_relation(line: str, path: Path, number: int) -> RawRelation:
    """One R line."""
    match = RELATION.fullmatch(line)
    if match is None:
        message = f"{line[:60]!r} is no brat relation; expected R1, TAB, 'Label Arg1:T1 Arg2:T2'"
        raise AnnotationError(message, path=path, line=number)
    _, label, first, head, second, tail = match.groups()
    if (first, second) == ("Arg2", "Arg1"):
        head, tail = tail, head
    return RawRelation(label, head, tail, number)


def _parse_text_bound(line: str, path: Path, number: int) -> tuple[RawSpan, Fragments]:
    """One T line: the span from its first to its last character, and the fragments it is written in."""
    match = TEXT_BOUND.fullmatch(line)
    if match is None:
        hint = "spaces stand where TABs belong" if line.count("\t") < 2 else "the offsets cannot be read"
        raise AnnotationError(
            f"{line[:60]!r} is no brat span ({hint}); expected T1, TAB, 'Label start end', TAB, text",
            path=path,
            line=number,
        )
    key, label, pairs, surface = match.groups()
    fragments = []
    for pair in pairs.split(";"):
        start, end = map(int, pair.split())
        fragments.append((start, end))
    return RawSpan(key, label, StoredSpan(fragments[0][0], fragments[-1][1], surface), number), fragments


def save(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:
    """Write a brat folder; a span over several lines becomes fragments, as brat itself writes it."""
    names = FileNames(losses, ".txt", ".ann")
    for document in documents:
        text_path = path / f"{names.name(document.doc_id)}.txt"
        text_path.parent.mkdir(parents=True, exist_ok=True)
        mark = (
            "\ufeff" if document.text.startswith("\ufeff") else ""
        )  # readers take the first one for a byte order mark
        text_path.write_bytes((mark + document.text).encode("utf-8"))
        text_path.with_suffix(".ann").write_bytes(to_ann(document).encode("utf-8"))


def to_ann(document: Document) -> str:
    """The ``.ann`` text of a document."""
    keys = span_keys(document)
    lines = []
    for span, key in keys.items():
        fragments = _fragments(document.text, span)
        place = ";".join(f"{start} {end}" for start, end in fragments)
        surface = " ".join(re.sub(r"[\r\n]", " ", document.text[start:end]) for start, end in fragments)
        lines.append(f"{key}\t{span.label} {place}\t{surface}\n")
    for number, relation in enumerate(document.relations, 1):
        lines.append(f"R{number}\t{relation.label} Arg1:{keys[relation.head]} Arg2:{keys[relation.tail]}\n")
    return "".join(lines)


def _fragments(text: str, span: Span) -> Fragments:
    """The span cut at line breaks; left whole where it begins or ends with one, which fragments could not say."""
    breaks = list(LINE_BREAKS.finditer(text, span.start, span.end))
    if breaks and (breaks[0].start() == span.start or breaks[-1].end() == span.end):
        return [(span.start, span.end)]
    starts = [span.start, *(gap.end() for gap in breaks)]
    ends = [*(gap.start() for gap in breaks), span.end]
    return list(zip(starts, ends, strict=True))


def _sniff(path: Path) -> bool:
    """Whether a file is half of a brat pair."""
    suffix = path.suffix.lower()
    return suffix == ".ann" or (suffix == ".txt" and _partner(path) is not None)


FORMAT = Format("brat", load, save, _sniff, writes_folder=True, suffix=".ann")
