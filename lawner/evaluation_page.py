"""The mistakes of a reading as one web page: gold and prediction side by side, nothing loaded from elsewhere.

Filters work by style sheet alone. Everything that comes from reports is escaped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from lawner.document import Document, Span
from lawner.evaluation_style import STYLE
from lawner.labels import LabelSet
from lawner.mistakes import Mistake, MistakeKind, SpanMatch, find_mistakes, match_spans
from lawner.sentences import sentence_ends

CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], "\ufffd")
"""Characters that no web page may hold."""

SLUGS: Mapping[MistakeKind, str] = {kind: kind.replace(" ", "-") for kind in MistakeKind}
SIDES = ("gold", "predicted")
CLEAN = "clean"


@dataclass(slots=True)
class _Row:
    """A stretch of text, whole sentences that no span leaves, with what is marked in it."""

    start: int
    end: int
    matches: list[SpanMatch] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A span of one side as it is shown."""

    span: Span
    classes: str
    badge: str


def render_page(
    title: str,
    pairs: Sequence[tuple[Document, Document]],
    labels: LabelSet,
    *,
    tables: Iterable[Sequence[Sequence[str]]] = (),
) -> Iterator[str]:
    """The page, piece by piece.

    Args:
        title: What was evaluated.
        pairs: Gold and prediction of each document.
        labels: Says which labels count and which one is the name.
        tables: Tables to show on top, as rows of text with the heading first.
    """
    mistakes = [find_mistakes(gold, pred, labels) for gold, pred in pairs]
    counts = Counter(mistake.kind for here in mistakes for mistake in here)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{_escape(title)}</title>\n<style>{STYLE}{_filters()}</style>\n</head>\n<body>\n"
    yield f"<header>\n<h1>{_escape(title)}</h1>\n"
    yield f"<p>Documents: {len(pairs):,}. Errors: {counts.total():,}. "
    yield "In brackets: 95 % intervals, from resampling whole documents.</p>\n"
    yield from map(_table, tables)
    yield "</header>\n"
    yield from _switches(counts)
    yield "<main>\n"
    for (gold, pred), here in zip(pairs, mistakes, strict=True):
        yield from _section(gold, pred, here, labels)
    yield "</main>\n</body>\n</html>\n"


def _escape(text: str) -> str:
    """Text that is safe inside an element or an attribute."""
    return escape(text.translate(CONTROLS))


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as a table; the first is its heading."""
    heading, *body = rows
    head = "".join(f'<th scope="col">{_escape(cell)}</th>' for cell in heading)
    lines = (
        f'<tr><th scope="row">{_escape(first)}</th>{"".join(f"<td>{_escape(cell)}</td>" for cell in cells)}</tr>\n'
        for first, *cells in body
    )
    return f'<div class="table"><table>\n<tr>{head}</tr>\n{"".join(lines)}</table></div>\n'


def _switches(counts: Counter[MistakeKind]) -> Iterator[str]:
    """The filter: one choice per kind of mistake, and whether to show what is right."""
    yield '<input type="radio" name="show" id="show-all" checked>'
    yield f'<label for="show-all">all errors {counts.total():,}</label>\n'
    for kind, slug in SLUGS.items():
        yield f'<input type="radio" name="show" id="show-{slug}">'
        yield f'<label for="show-{slug}">{kind} {counts[kind]:,}</label>\n'
    yield '<input type="checkbox" id="show-clean"><label for="show-clean">sentences without errors too</label>\n'


def _filters() -> str:
    """Rules that hide what is not chosen."""
    return "".join(
        f"#show-{slug}:checked ~ main section:not(.{slug}, .{CLEAN}),\n"
        f"#show-{slug}:checked ~ main .row:not(.{slug}, .{CLEAN}) {{ display: none }}\n"
        for slug in SLUGS.values()
    )


def _classes(mistakes: Iterable[Mistake]) -> str:
    """Names for the style sheet."""
    return " ".join(sorted({SLUGS[mistake.kind] for mistake in mistakes})) or CLEAN


def _section(gold: Document, pred: Document, mistakes: Sequence[Mistake], labels: LabelSet) -> Iterator[str]:
    """One document."""
    tails: list[dict[Span, list[Span]]] = [{}, {}]
    for of_side, document in zip(tails, (gold, pred), strict=True):
        for relation in document.relations:
            of_side.setdefault(relation.head, []).append(relation.tail)
    yield f'<section class="{_classes(mistakes)}">\n<h2>{_escape(gold.doc_id)} <small>{len(mistakes):,}</small></h2>\n'
    for row in _rows(gold, pred, mistakes, labels):
        yield f'<div class="row {_classes(row.mistakes)}">'
        for index, side in enumerate(SIDES):
            marks = _marks(row, index, tails[index], labels)
            yield f'<p class="{side}">{"".join(_marked(gold.text, row, marks))}</p>'
        yield "</div>\n"
    yield "</section>\n"


def _rows(gold: Document, pred: Document, mistakes: Sequence[Mistake], labels: LabelSet) -> list[_Row]:
    """The rows of a document; blank lines go with the row before them."""
    inside = bytearray(len(gold.text) + 1)
    for span in {*gold.spans, *pred.spans}:
        inside[span.start + 1 : span.end] = b"\1" * (span.end - span.start - 1)
    ends = [end for end in sentence_ends(gold.text) if not inside[end]]
    rows = [_Row(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    for match in match_spans(gold, pred, labels):
        rows[bisect_right(ends, min(span.start for span in (match.gold, match.pred) if span))].matches.append(match)
    for mistake in mistakes:
        place = min(span.start for span in (mistake.gold, mistake.pred) if span)
        rows[bisect_right(ends, place)].mistakes.append(mistake)
    return rows


def _marks(row: _Row, side: int, tails: Mapping[Span, Sequence[Span]], labels: LabelSet) -> list[_Mark]:
    """The spans of one side of a row; a name has a number, the same on both sides, and values say whose they are."""
    numbers: dict[Span, int] = {}
    chosen = [((match.gold, match.pred)[side], match) for match in row.matches]
    for number, (span, _) in enumerate(_names(chosen, labels), 1):
        if span is not None:
            numbers[span] = number
    linked = {(mistake.gold, mistake.pred)[side] for mistake in row.mistakes if mistake.kind is MistakeKind.WRONG_LINK}
    marks = []
    for span, match in chosen:
        if span is None:
            continue
        wrong = [match.kind] if match.kind else []
        wrong += [MistakeKind.WRONG_LINK] if span in linked else []
        classes = " ".join(["name"] * (span.label == labels.name) + ["wrong"] * bool(wrong))
        words = [str(numbers[span]) if span in numbers else span.label]
        words += [f"→ {numbers.get(tail, '?')}" for tail in sorted(tails.get(span, ()))]
        marks.append(_Mark(span, classes, " ".join([*words, *(f"· {kind}" for kind in wrong)])))
    return sorted(marks, key=lambda mark: mark.span)


def _names(
    chosen: Iterable[tuple[Span | None, SpanMatch]], labels: LabelSet
) -> Iterator[tuple[Span | None, SpanMatch]]:
    """Those whose match is one of names."""
    for span, match in chosen:
        if any(one is not None and one.label == labels.name for one in (match.gold, match.pred)):
            yield span, match


def _marked(text: str, row: _Row, marks: Sequence[_Mark]) -> Iterator[str]:
    """The text of a row with its spans marked; where spans overlap, each piece stands in one mark for all of them."""
    starts = [mark.span.start for mark in marks]
    cuts = sorted({row.start, row.end, *starts, *(mark.span.end for mark in marks)})
    active: list[_Mark] = []
    for start, end in pairwise(cuts):
        active = [mark for mark in active if mark.span.end > start]
        active += marks[bisect_left(starts, start) : bisect_right(starts, start)]
        piece = _escape(text[start:end].rstrip("\r\n") if end == row.end else text[start:end])
        if not active:
            yield piece
            continue
        classes = sorted({word for mark in active for word in mark.classes.split()})
        badges = "".join(f"<small>{_escape(mark.badge)}</small>" for mark in active if mark.span.end == end)
        yield f'<mark class="{" ".join(classes)}">{piece}{badges}</mark>'
