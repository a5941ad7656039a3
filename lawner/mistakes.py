"""Where a prediction differs from the gold, and how: one row per mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lawner.checks import context_of
from lawner.document import Document, Relation, Span
from lawner.labels import LabelSet


class MistakeKind(StrEnum):
    """What is wrong; see `match_spans` and `find_mistakes` for when."""

    BOUNDARY = "boundary"
    TYPE = "type"
    MISSED = "missed"
    SPURIOUS = "spurious"
    WRONG_LINK = "wrong link"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One place where a prediction differs from the gold.

    Attributes:
        kind: How.
        doc_id: The document.
        gold: The span in the gold, for a wrong link that of the value; None if it is spurious.
        pred: The span in the prediction; None if it was missed.
        text: The characters in the gold; for a wrong link value and names.
        pred_text: The same in the prediction.
        context: The text around the place, on one line.
    """

    kind: MistakeKind
    doc_id: str
    gold: Span | None
    pred: Span | None
    text: str
    pred_text: str
    context: str

    @property
    def row(self) -> tuple[str | int, ...]:
        """The mistake as one row of a table with the columns `COLUMNS`."""
        return (
            self.doc_id,
            self.kind,
            *(_cells(self.gold)),
            self.text,
            *(_cells(self.pred)),
            self.pred_text,
            self.context,
        )


COLUMNS = (
    *("doc_id", "error", "label", "start", "end", "text"),
    *("pred_label", "pred_start", "pred_end", "pred_text", "context"),
)


def _cells(span: Span | None) -> tuple[str | int, ...]:
    """Label, start and end; empty for a span that is not there."""
    return (span.label, span.start, span.end) if span else ("", "", "")


@dataclass(frozen=True, slots=True)
class SpanMatch:
    """A gold span and what the prediction has in its place; one of the two may be missing.

    Attributes:
        gold: The gold span.
        pred: The predicted span.
        kind: What is wrong with it; None if nothing is.
    """

    gold: Span | None
    pred: Span | None
    kind: MistakeKind | None


def match_spans(gold: Document, pred: Document, labels: LabelSet) -> list[SpanMatch]:
    """What became of every span of either side, in order of place.

    Equal spans match first; then spans with the same characters but another type (`TYPE`); then, the longest overlap
    first, those of one label that overlap (`BOUNDARY`) and those of two that overlap (`TYPE`). Values match values
    only, names match names. What is left was missed or is spurious. Every span stands in one match.
    """
    known = set(labels.spans)
    left = {span for span in gold.spans if span.label in known}
    right = {span for span in pred.spans if span.label in known}
    matches = [SpanMatch(span, span, None) for span in left & right]
    left, right = left - right, right - left
    for one, two in sorted(_overlapping(left, right, labels), key=lambda pair: _preference(*pair)):
        if one in left and two in right:
            kind = MistakeKind.BOUNDARY if one.label == two.label else MistakeKind.TYPE
            matches.append(SpanMatch(one, two, kind))
            left.remove(one)
            right.remove(two)
    matches += [SpanMatch(span, None, MistakeKind.MISSED) for span in left]
    matches += [SpanMatch(None, span, MistakeKind.SPURIOUS) for span in right]
    return sorted(matches, key=lambda match: (match.gold or match.pred, match.pred or match.gold))


def _overlapping(left: Iterable[Span], right: Iterable[Span], labels: LabelSet) -> Iterator[tuple[Span, Span]]:
    """Pairs that share a character and are both values or both names."""
    others = sorted(right)
    position, reachable = 0, list[Span]()
    for span in sorted(left):
        while position < len(others) and others[position].start < span.end:
            reachable.append(others[position])
            position += 1
        reachable = [other for other in reachable if other.end > span.start]
        for other in reachable:
            if other.overlaps(span) and (other.label == labels.name) == (span.label == labels.name):
                yield span, other


def _preference(gold: Span, pred: Span) -> tuple[bool, bool, int, Span, Span]:
    """Sorts pairs: same characters, then same label, then long overlap, then place."""
    shared = min(gold.end, pred.end) - max(gold.start, pred.start)
    same_place = (gold.start, gold.end) == (pred.start, pred.end)
    return not same_place, gold.label != pred.label, -shared, gold, pred


def find_mistakes(gold: Document, pred: Document, labels: LabelSet) -> list[Mistake]:
    """Every mistake of one document, in order of place.

    A link is wrong if the gold has both its spans in the prediction, whole or nearly (see `match_spans`), but does not
    join them, or joins the value to a name that was found too and the prediction does not. One value is one mistake.
    """
    matches = match_spans(gold, pred, labels)
    found = [_of_span(gold, match, match.kind) for match in matches if match.kind is not None]
    found += _of_links(gold, pred, matches)
    return sorted(found, key=lambda one: (one.gold or one.pred or _NOWHERE, one.kind))


_NOWHERE = Span(0, 1, "")


def _of_span(document: Document, match: SpanMatch, kind: MistakeKind) -> Mistake:
    """A mistake about a span."""
    gold, pred = match.gold, match.pred
    there = [span for span in (gold, pred) if span is not None]
    context = context_of(document.text, min(span.start for span in there), max(span.end for span in there))
    text, pred_text = (document.text_of(span) if span else "" for span in (gold, pred))
    return Mistake(kind, document.doc_id, gold, pred, text, pred_text, context)


def _of_links(gold: Document, pred: Document, matches: Iterable[SpanMatch]) -> Iterator[Mistake]:
    """The values whose links differ, among links between spans that both sides have."""
    pairs = [(match.gold, match.pred) for match in matches if match.gold and match.pred]
    to_pred, to_gold = dict(pairs), {two: one for one, two in pairs}
    wanted = _tails(gold.relations, to_pred)
    got = {to_gold[head]: {to_gold[tail] for tail in tails} for head, tails in _tails(pred.relations, to_gold).items()}
    for value in sorted(wanted.keys() | got.keys()):
        names, pred_names = wanted.get(value, set()), got.get(value, set())
        if names == pred_names:
            continue
        there = to_pred[value]
        reach = [value, *names, *pred_names]
        text, pred_text = _pair(gold, value, names), _pair(gold, there, {to_pred[name] for name in pred_names})
        context = context_of(gold.text, min(span.start for span in reach), max(span.end for span in reach))
        yield Mistake(MistakeKind.WRONG_LINK, gold.doc_id, value, there, text, pred_text, context)


def _tails(relations: Iterable[Relation], known: Mapping[Span, Span]) -> dict[Span, set[Span]]:
    """The tails of every head, where both are known to the other side."""
    tails: dict[Span, set[Span]] = {}
    for relation in relations:
        if relation.head in known and relation.tail in known:
            tails.setdefault(relation.head, set()).add(relation.tail)
    return tails


def _pair(document: Document, value: Span, names: Iterable[Span]) -> str:
    """A value and its names in words."""
    return f"{document.text_of(value)} → {'、'.join(document.text_of(name) for name in sorted(names)) or 'no name'}"
