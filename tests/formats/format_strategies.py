"""Hypothesis strategies for documents with everything that has ever shifted an offset."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from lawner.document import Document, Relation, Span
from lawner.labels import DEFAULT_LABELS

PIECES = [
    *["受理", "案件", "12件", "𠮷", "𠮷某", "㐂", "，", "。", "%", "3—5件"],
    *["\r\n", "\r", "\n", "\n\n", "\u3000", "\t", " ", "\ufeff", "\u200b", "\x85", "\u2028", "\x0b", "\x00", "\x7f"],
    *[
        '"',
        "'",
        "\\",
        "\\n",
        "\\u3000",
        "#",
        "# text = ",
        "|",
        "_",
        "[",
        "]",
        "[1]",
        "->",
        ";",
        "*",
        ":",
        "O",
        "-DOCSTART-",
    ],
]

texts = st.lists(
    st.one_of(st.sampled_from(PIECES), st.characters(exclude_categories=["Cs"])),
    max_size=25,
).map("".join)


@st.composite
def documents(draw: st.DrawFn, *, doc_id: str = "a", overlapping: bool = True) -> Document:
    text = draw(texts)
    if not text:
        return Document(doc_id, text)
    edges = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=8))
    drawn = [
        Span(min(pair), max(pair), draw(st.sampled_from(DEFAULT_LABELS.spans))) for pair in edges if pair[0] != pair[1]
    ]
    spans = set(drawn) if overlapping else set(without_overlaps(drawn))
    pairs = draw(st.lists(st.tuples(*[st.sampled_from(sorted(spans))] * 2), max_size=4)) if spans else []
    return Document(doc_id, text, spans, {Relation(head, tail, "Measures") for head, tail in pairs})


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in spans:
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return kept


@st.composite
def batches(draw: st.DrawFn, *, overlapping: bool = True) -> list[Document]:
    """One to three documents with ids in the order in which folders are walked."""
    return [draw(documents(doc_id=doc_id, overlapping=overlapping)) for doc_id in "abc"[: draw(st.integers(1, 3))]]
