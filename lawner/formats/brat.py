"""brat standoff: a folder of ``.txt`` files, each with a ``.ann`` beside it.

brat counts code points, but of a text with CR LF sometimes one for both; a pair is read in the unit that proves right.

Source: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

from lawner.document import Document, Span
from lawner.errors import AnnotationError
from lawner.files import read_utf8, walk
from lawner.formats.base import FileNames, Format, span_keys
from lawner.formats.raw import RawDocument, RawRelation, RawSpan, build_document, unit_of
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import LINE_BREAKS, OffsetMap, StoredSpan, Unit, locate, offset_map

UNITS = (Unit.CODE_POINT, Unit.CODE_POINT_LF, Unit.UTF16, Unit.UTF16_LF)
UNITS_WITH_MARK = (Unit.CODE_POINT_BOM, Unit.CODE_POINT_LF_BOM)
Fragments = list[tuple[int, int]]
TEXT_BOUND = re.compile(r"(T\S*)\t(\S+) (\d{1,15} \d{1,15}(?:;\d{1,15} \d{1,15})*)(?:\t(.*))?")
RELATION = re.compile(r"(R\S*)\t(\S+) [^\s:]+:(T\S*) [^\s:]+:(T\S*)\s*")


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
    for file in walk(path, accept=lambda file: file.suffix in (".ann", ".txt")):
        text_path, ann = file.with_suffix(".txt"), file.with_suffix(".ann")
        if file == text_path and file != path:
            if not ann.is_file():
                losses.note(
                    f"{file}: no {ann.name} stands beside it, so it is not read; if nothing is marked in it, make it"
                )
            continue
        for one, other in ((ann, text_path), (text_path, ann)):
            if not other.is_file():
                message = f"no {other.name} stands beside it; brat keeps text and annotations in a pair"
                raise AnnotationError(message, path=one)
        found = True
        name = ann.relative_to(path) if file != path else Path(ann.name)
        yield _load_pair(text_path, ann, str(PurePosixPath(name.with_suffix(""))), labels, losses)
    if not found:
        raise AnnotationError("no .ann file here; a brat folder holds pairs of .txt and .ann", path=path)


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
    return RawRelation(match[2], match[3], match[4], number)


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
    names = FileNames(losses)
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
    if path.suffix == ".ann":
        return True
    return path.suffix == ".txt" and path.with_suffix(".ann").is_file()


FORMAT = Format("brat", load, save, _sniff, writes_folder=True, suffix=".ann")
