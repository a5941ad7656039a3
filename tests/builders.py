"""Documents for tests."""

from __future__ import annotations

from lawner import Document, Relation, Span


def annotated(doc_id: str, text: str, *pairs: tuple[str, str, str]) -> Document:
    """A document from (value, label, name) triples found in its text by their characters, each after the one before."""
    spans: list[Span] = []
    relations: list[Relation] = []
    position = 0
    for value_text, label, name_text in pairs:
        start = text.index(value_text, position)
        value = Span(start, start + len(value_text), label)
        position = value.end
        spans.append(value)
        if name_text:
            before = text.rfind(name_text, 0, start)
            at = before if before >= 0 else text.index(name_text, value.end)
            name = Span(at, at + len(name_text), "NAME")
            spans.append(name)
            relations.append(Relation(value, name, "Measures"))
    return Document(doc_id, text, set(spans), set(relations))
