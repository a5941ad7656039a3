"""Annotated documents as flat rows: one row per value, with the name it belongs to and the exact characters of both."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields

from lawner.document import Document, Span
from lawner.labels import LabelSet
from lawner.sentences import sentence_ends


@dataclass(frozen=True, slots=True)
class Record:
    """One indicator.

    Attributes:
        doc_id: The report.
        label: Type of the value.
        name: What the value measures, as marked; empty if nothing in its sentence names it.
        value_text: The value, as marked.
        start: First character of the value.
        end: One past its last character.
        name_start: First character of the name; None without a name.
        name_end: One past its last character; None without a name.
        sentence: The sentence the value stands in, on one line.
        source: The file the report came from.
    """

    doc_id: str
    label: str
    name: str
    value_text: str
    start: int
    end: int
    name_start: int | None
    name_end: int | None
    sentence: str
    source: str


COLUMNS = tuple(field.name for field in fields(Record))


def to_records(document: Document, labels: LabelSet) -> list[Record]:
    """A row per value, in order of place; a value with several names gives a row for each.

    Example:
        >>> from lawner import DEFAULT_LABELS, Relation, Span
        >>> value, name = Span(4, 7, "CASE"), Span(0, 4, "NAME")
        >>> document = Document("a", "新收案件12件。", [value, name], [Relation(value, name, "Measures")])
        >>> [(record.name, record.value_text) for record in to_records(document, DEFAULT_LABELS)]
        [('新收案件', '12件')]
    """
    ends = sentence_ends(document.text)
    rows = []
    for value in document.spans:
        if value.label not in labels.values:
            continue
        index = bisect_right(ends, value.start)
        sentence = document.text[ends[index - 1] if index else 0 : max(ends[index], value.end)]
        tails = [relation.tail for relation in document.relations if relation.head == value]
        names: list[Span | None] = [*tails] or [None]
        for name in names:
            rows.append(
                Record(
                    document.doc_id,
                    value.label,
                    document.text_of(name) if name else "",
                    document.text_of(value),
                    value.start,
                    value.end,
                    name.start if name else None,
                    name.end if name else None,
                    " ".join(sentence.split()),
                    document.source,
                )
            )
    return rows
