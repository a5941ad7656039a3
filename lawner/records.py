"""Annotated documents as flat rows: one row per value, with what it says, whose it is and the exact characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING

from lawner.document import Document, Relation, Span
from lawner.errors import MissingExtraError
from lawner.full_names import FullName, complete_names
from lawner.labels import LabelSet
from lawner.periods import Period, attribute_periods
from lawner.quantities import Quantity, parse_quantity
from lawner.sentences import sentence_ends

if TYPE_CHECKING:
    from pandas import DataFrame

LONGEST_SENTENCE = 1000
"""Characters of the longest sentence that a record shows whole."""

CUT = "…"
DIGITS_OF_SCORE = 4
UNREAD = Quantity(None, None, "")
NO_PERIOD = Period("", None, None)


@dataclass(frozen=True, slots=True)
class Record:
    """One indicator.

    Attributes:
        doc_id: The report.
        label: Type of the value.
        name: What the value measures, as marked; empty if nothing in its sentence names it.
        value_text: The value, as marked.
        value: The one figure that is written; None for a range and where no number can be read.
        lower: The least it can be; None if nothing says.
        upper: The most it can be; None if nothing says.
        lower_open: Whether `lower` itself is left out.
        upper_open: Whether `upper` itself is left out.
        approximate: Whether the words say "about".
        unit: The classifier, ``"%"``, ``"‰"``, ``"pp"``, ``"times"``, an ISO 4217 code or ``""``; see `Quantity`.
        period: The time it speaks of in the style of ISO 8601, empty if unknown; see `Period`.
        start: First character of the value.
        end: One past its last character.
        name_start: First character of the name; None without a name.
        name_end: One past its last character; None without a name.
        score: The lowest confidence among the value, its name and the relation between them, in ``[0, 1]``.
        sentence: The sentence the value stands in, on one line; the middle of it, between ``"…"``, if it is very long.
        source: The file the report came from.
        full_name: The name with the head it inherits, e.g. ``"行政复议申请 · 受理"``; else the name.
        full_name_start: First character of that head; None if nothing is inherited.
        full_name_end: One past its last character; None if nothing is inherited.
        compared_with: For a comparison (同比), the period compared with; else empty.
    """

    doc_id: str
    label: str
    name: str
    value_text: str
    value: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    lower_open: bool
    upper_open: bool
    approximate: bool
    unit: str
    period: str
    start: int
    end: int
    name_start: int | None
    name_end: int | None
    score: float
    sentence: str
    source: str
    full_name: str
    full_name_start: int | None
    full_name_end: int | None
    compared_with: str


COLUMNS = tuple(field.name for field in fields(Record))


def to_records(document: Document, labels: LabelSet) -> list[Record]:
    """A row per value, in order of place; a value with several names gives a row for each.

    Example:
        >>> from lawner import DEFAULT_LABELS
        >>> value, name = Span(4, 10, "AMOUNT"), Span(0, 4, "NAME")
        >>> document = Document("a", "挽回损失230余万元。", [value, name], [Relation(value, name, "Measures")])
        >>> [(row.name, row.value_text, str(row.value), row.unit) for row in to_records(document, DEFAULT_LABELS)]
        [('挽回损失', '230余万元', '2300000', 'CNY')]
    """
    periods, full_names = attribute_periods(document, labels), complete_names(document, labels)
    sentences, relations = _Sentences(document.text), _by_head(document)
    rows: list[Record] = []
    kinds = set(labels.values)
    for value in (span for span in document.spans if span.label in kinds):
        quantity = parse_quantity(document.text_of(value)) or UNREAD
        period, sentence = periods.get(value, NO_PERIOD), sentences.around(value)
        for relation in relations.get(value, [None]):
            full = full_names.get((value, relation.tail)) if relation else None
            rows.append(_record(document, value, relation, (quantity, period, full), sentence))
    return rows


def records_to_frame(records: Iterable[Record]) -> DataFrame:
    """The records as a pandas table; the numbers stay exact decimals, in columns of objects.

    Raises:
        MissingExtraError: If pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError:
        raise MissingExtraError("a pandas table", package="pandas", extra="train") from None
    return DataFrame([asdict(record) for record in records], columns=list(COLUMNS))


def _by_head(document: Document) -> dict[Span, list[Relation | None]]:
    """The relations of every value, in order of their names."""
    found: dict[Span, list[Relation | None]] = {}
    for relation in document.relations:
        found.setdefault(relation.head, []).append(relation)
    return found


def _record(
    document: Document,
    value: Span,
    relation: Relation | None,
    reading: tuple[Quantity, Period, FullName | None],
    sentence: str,
) -> Record:
    """The row of one value and one of its names."""
    quantity, period, full = reading
    name = relation.tail if relation else None
    name_text = document.text_of(name) if name else ""
    return Record(
        doc_id=document.doc_id,
        label=value.label,
        name=name_text,
        value_text=document.text_of(value),
        value=quantity.value,
        lower=quantity.lower,
        upper=quantity.upper,
        lower_open=quantity.lower_open,
        upper_open=quantity.upper_open,
        approximate=quantity.approximate,
        unit=quantity.unit,
        period=period.text,
        start=value.start,
        end=value.end,
        name_start=name.start if name else None,
        name_end=name.end if name else None,
        score=_score(value, relation),
        sentence=sentence,
        source=document.source,
        full_name=full.text if full else name_text,
        full_name_start=full.start if full else None,
        full_name_end=full.end if full else None,
        compared_with=period.compared_with,
    )


def _score(value: Span, relation: Relation | None) -> float:
    """The lowest of the scores that a row rests on; a plain float, also where a model gave numbers of its own kind."""
    scores = (value.score, relation.score, relation.tail.score) if relation else (value.score,)
    return round(float(min(scores)), DIGITS_OF_SCORE)


class _Sentences:
    """The sentences of a text, each made one line only once, however many values it holds."""

    def __init__(self, text: str) -> None:
        self.text, self.ends = text, sentence_ends(text)
        self.found: dict[tuple[int, int], str] = {}

    def around(self, value: Span) -> str:
        """The sentence of a value, on one line."""
        index = bisect_right(self.ends, value.start)
        begin, end = self.ends[index - 1] if index else 0, max(self.ends[index], value.end)
        if end - begin <= LONGEST_SENTENCE:
            if (begin, end) not in self.found:
                self.found[begin, end] = _one_line(self.text[begin:end])
            return self.found[begin, end]
        # a table without a stop can be one sentence of the length of a book, and each of its values would repeat it
        first = max(begin, value.start - LONGEST_SENTENCE // 2)
        last = min(end, value.end + LONGEST_SENTENCE // 2)
        cut = CUT * (first > begin), _one_line(self.text[first:last]), CUT * (last < end)
        return "".join(cut)


def _one_line(text: str) -> str:
    """The text with every run of blanks and line breaks as one blank."""
    return " ".join(text.split())
