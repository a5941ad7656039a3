"""The one record everything speaks: a text with labelled spans and relations between them.

Offsets are Unicode code points of `Document.text`, half-open, everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled stretch of a document's text.

    Attributes:
        start: First character.
        end: One past the last character.
        label: Entity label without a tag prefix, e.g. ``"AMOUNT"``.
        score: Confidence in ``[0, 1]``; 1.0 for gold spans. Ignored by ``==``.
    """

    start: int
    end: int
    label: str
    score: float = field(default=1.0, compare=False)

    def __post_init__(self) -> None:
        """Refuse an empty or negative span."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"span [{self.start}, {self.end}) is empty or negative")

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one character."""
        return self.start < other.end and other.start < self.end

    def shift(self, distance: int) -> Span:
        """The same span `distance` characters further on."""
        return Span(self.start + distance, self.end + distance, self.label, self.score)


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A directed, labelled pair of spans: in the default label set from a value to its name.

    Attributes:
        head: The span the relation starts from, e.g. a value.
        tail: The span it points to, e.g. the name of what the value measures.
        label: Relation label, e.g. ``"Measures"``.
        score: Confidence in ``[0, 1]``; 1.0 for gold relations. Ignored by ``==``.
    """

    head: Span
    tail: Span
    label: str
    score: float = field(default=1.0, compare=False)

    def shift(self, distance: int) -> Relation:
        """The same relation between spans `distance` characters further on."""
        return Relation(self.head.shift(distance), self.tail.shift(distance), self.label, self.score)


@dataclass(frozen=True, slots=True)
class Document:
    """A report's text with the spans and relations known about it.

    Attributes:
        doc_id: Stable name of the report, e.g. its path below the folder it was read from, without the suffix.
        text: The text exactly as read; no reader normalises it.
        spans: Labelled spans, in order of position.
        relations: Relations between members of `spans`, in order of position.
        source: Where the text came from, for messages.

    Example:
        >>> count = Span(4, 7, "CASE")
        >>> document = Document("a", "新收案件12件", spans=[count, Span(0, 4, "NAME")])
        >>> [document.text_of(span) for span in document.spans]
        ['新收案件', '12件']
    """

    doc_id: str
    text: str
    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    source: str = field(default="", compare=False)

    def __init__(
        self,
        doc_id: str,
        text: str,
        spans: Iterable[Span] = (),
        relations: Iterable[Relation] = (),
        source: str = "",
    ) -> None:
        """Sort spans and relations; refuse spans outside the text and relations between spans that are not there."""
        ordered = tuple(sorted(spans))
        if ordered and max(span.end for span in ordered) > len(text):
            last = max(ordered, key=lambda span: span.end)
            raise ValueError(
                f"{doc_id}: span [{last.start}, {last.end}) ends outside the text of {len(text)} characters"
            )
        pairs = tuple(sorted(relations))
        known = set(ordered)
        for relation in pairs:
            if relation.head not in known or relation.tail not in known:
                raise ValueError(f"{doc_id}: relation {relation.label} joins a span that the document does not have")
        object.__setattr__(self, "doc_id", doc_id)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "spans", ordered)
        object.__setattr__(self, "relations", pairs)
        object.__setattr__(self, "source", source)

    def text_of(self, span: Span) -> str:
        """The characters a span covers."""
        return self.text[span.start : span.end]

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text: the same for documents with the same text, whatever their ids."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).digest()

    def with_spans(self, spans: Iterable[Span], relations: Iterable[Relation] = ()) -> Document:
        """The same text with other spans and relations."""
        return Document(self.doc_id, self.text, spans, relations, self.source)
