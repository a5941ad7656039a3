"""Changes to a document's text that carry its spans and relations along, exactly."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from lawner.document import Document, Relation, Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A stretch of text and what stands there afterwards.

    Attributes:
        start: First character replaced.
        end: One past the last; equal to `start` where something is only inserted.
        text: The new characters; empty where something is only dropped.
    """

    start: int
    end: int
    text: str


def keep_fitting(document: Document, edits: Iterable[Edit]) -> list[Edit]:
    """The edits, in order, that change something, overlap no earlier one and cross no edge of a span."""
    edges = sorted({edge for span in document.spans for edge in (span.start, span.end)})
    kept: list[Edit] = []
    for edit in sorted(edits):
        after = bisect_right(edges, edit.start)
        crosses = after < len(edges) and edges[after] < edit.end
        overlaps = bool(kept) and edit.start < kept[-1].end
        if not crosses and not overlaps and document.text[edit.start : edit.end] != edit.text:
            kept.append(edit)
    return kept


def apply_edits(document: Document, edits: Iterable[Edit]) -> Document:
    """The document with its text edited; spans and relations stay on the same words.

    What is inserted at the edge of a span stays outside it; what is changed within a span belongs to it.

    Args:
        document: Any.
        edits: In any order; see `keep_fitting` for those that can be applied.

    Raises:
        ValueError: If edits overlap or cross the edge of a span.

    Example:
        >>> document = Document("a", "受理12件", [Span(0, 2, "NAME"), Span(2, 5, "CASE")])
        >>> edited = apply_edits(document, [Edit(2, 2, "案件"), Edit(4, 4, " ")])
        >>> [edited.text_of(span) for span in edited.spans]
        ['受理', '12 件']
    """
    ordered = sorted(edits)
    if not ordered:
        return document
    changing = [edit for edit in ordered if document.text[edit.start : edit.end] != edit.text]
    if len(keep_fitting(document, ordered)) != len(changing):
        raise ValueError(f"{document.doc_id}: edits overlap or cross the edge of a span")
    parts, position = [], 0
    for edit in ordered:
        parts += [document.text[position : edit.start], edit.text]
        position = edit.end
    parts.append(document.text[position:])
    starts, ends = [edit.start for edit in ordered], [edit.end for edit in ordered]
    shifts = [0, *accumulate(len(edit.text) - (edit.end - edit.start) for edit in ordered)]

    def move(span: Span) -> Span:
        start = span.start + shifts[bisect_right(ends, span.start)]
        end = span.end + shifts[bisect_left(starts, span.end)]
        return Span(start, end, span.label, span.score)

    return _moved(document, "".join(parts), move)


def rearrange(document: Document, pieces: Sequence[tuple[int, int]]) -> Document:
    """The document with pieces of its text in another order.

    Args:
        document: Any.
        pieces: Half-open ranges that together are the text, in their new order; none ends inside a span.

    Raises:
        ValueError: If the pieces are not the text, or one ends inside a span.

    Example:
        >>> document = Document("a", "甲。受理5件。", [Span(2, 4, "NAME"), Span(4, 6, "CASE")])
        >>> moved = rearrange(document, [(2, 7), (0, 2)])
        >>> moved.text, [moved.text_of(span) for span in moved.spans]
        ('受理5件。甲。', ['受理', '5件'])
    """
    ordered = sorted(pieces)
    cuts = [0, *(end for _, end in ordered)]
    if [start for start, _ in ordered] != cuts[:-1] or cuts[-1] != len(document.text):
        raise ValueError(f"{document.doc_id}: the pieces are not the whole text")
    lengths = accumulate((end - start for start, end in pieces), initial=0)
    distance = {start: new - start for (start, _), new in zip(pieces, lengths, strict=False)}

    def move(span: Span) -> Span:
        start, end = ordered[bisect_right(cuts, span.start) - 1]
        if span.end > end:
            raise ValueError(f"{document.doc_id}: a piece ends inside the span [{span.start}, {span.end})")
        return span.shift(distance[start])

    return _moved(document, "".join(document.text[start:end] for start, end in pieces), move)


def _moved(document: Document, text: str, move: Callable[[Span], Span]) -> Document:
    """The document with another text and every span moved."""
    moved = {span: move(span) for span in document.spans}
    relations = [
        Relation(moved[relation.head], moved[relation.tail], relation.label, relation.score)
        for relation in document.relations
    ]
    return Document(document.doc_id, text, moved.values(), relations, document.source)


def free_cuts(document: Document, places: Iterable[int]) -> list[int]:
    """The places, ascending, that divide neither a span nor a relation's two ends; the ends of the text always."""
    size = len(document.text)
    inside = bytearray(size + 1)
    ranges = [(span.start, span.end) for span in document.spans]
    for relation in document.relations:
        head, tail = relation.head, relation.tail
        ranges.append((min(head.start, tail.start), max(head.end, tail.end)))
    for start, end in ranges:
        inside[start + 1 : end] = b"\1" * (end - start - 1)
    return sorted({0, size} | {place for place in places if 0 <= place <= size and not inside[place]})
