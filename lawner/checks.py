"""What to know about a set of annotated documents before trusting it: counts, oddities, disagreement."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lawner.document import Document, Span
from lawner.labels import LabelSet
from lawner.numerals import unmarked_numerals

EDGE_PUNCTUATION = re.compile(r"^[，。；：、,;:．.]|[，。；：、,;:]$")


class Kind(StrEnum):
    """What a finding is about. Those in `FAULTS` fail a strict check; the others are for a person to look at."""

    OVERLAP = "spans overlap"
    CROSSES_LINE = "span crosses a line break"
    EDGE_SPACE = "span begins or ends with white space"
    EDGE_PUNCTUATION = "span begins or ends with punctuation"
    DUPLICATE_DOCUMENT = "same text as another document"
    DUPLICATE_ID = "same id as another document"
    UNUSED_NAME = "name that no value points to"
    VALUE_WITHOUT_NAME = "value without a name"
    SEVERAL_NAMES = "value with several names"
    UNMARKED_NUMERAL = "numeral left unmarked"


FAULTS = frozenset(
    {
        Kind.OVERLAP,
        Kind.CROSSES_LINE,
        Kind.EDGE_SPACE,
        Kind.EDGE_PUNCTUATION,
        Kind.DUPLICATE_DOCUMENT,
        Kind.DUPLICATE_ID,
        Kind.UNUSED_NAME,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    Attributes:
        kind: What it is.
        doc_id: Where.
        start: First character of the place.
        end: One past its last character.
        text: The characters there, or the id of the other document.
        context: The text around it on its line.
    """

    kind: Kind
    doc_id: str
    start: int
    end: int
    text: str
    context: str = ""


@dataclass(slots=True)
class CheckReport:
    """The result of `check_documents`.

    Attributes:
        n_documents: Documents seen.
        n_characters: Characters in them.
        spans: Spans per label.
        relations: Relations per label.
        lengths: Per label, the lengths of its spans in characters.
        names: How often each name occurs.
        findings: Everything noticed, by document and place.
    """

    n_documents: int = 0
    n_characters: int = 0
    spans: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    lengths: dict[str, list[int]] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def count(self, kind: Kind) -> int:
        """How many findings of a kind."""
        return sum(finding.kind is kind for finding in self.findings)

    def of_kind(self, kind: Kind) -> list[Finding]:
        """The findings of a kind."""
        return [finding for finding in self.findings if finding.kind is kind]

    @property
    def faults(self) -> list[Finding]:
        """Findings that fail a strict check."""
        return [finding for finding in self.findings if finding.kind in FAULTS]


def check_documents(documents: Iterable[Document], labels: LabelSet) -> CheckReport:
    """Count and inspect a set of annotated documents.

    Args:
        documents: Any number, streamed.
        labels: Says which label is the name.

    Returns:
        The counts and findings.
    """
    report = CheckReport(lengths={label: [] for label in labels.spans})
    texts: dict[bytes, str] = {}
    ids: set[str] = set()
    for document in documents:
        report.n_documents += 1
        report.n_characters += len(document.text)
        report.relations.update(relation.label for relation in document.relations)
        for span in document.spans:
            report.spans[span.label] += 1
            report.lengths.setdefault(span.label, []).append(span.end - span.start)
            if span.label == labels.name:
                report.names[document.text_of(span)] += 1
        digest = document.digest
        if digest in texts:
            report.findings.append(Finding(Kind.DUPLICATE_DOCUMENT, document.doc_id, 0, 0, texts[digest]))
        texts.setdefault(digest, document.doc_id)
        if document.doc_id in ids:
            report.findings.append(Finding(Kind.DUPLICATE_ID, document.doc_id, 0, 0, document.doc_id))
        ids.add(document.doc_id)
        report.findings += _inspect(document, labels)
    return report


def _inspect(document: Document, labels: LabelSet) -> list[Finding]:
    """Everything noticeable in one document, in order of place."""
    found: list[Finding] = []

    def add(kind: Kind, start: int, end: int) -> None:
        found.append(
            Finding(kind, document.doc_id, start, end, document.text[start:end], context_of(document.text, start, end))
        )

    for span in document.spans:
        text = document.text_of(span)
        if "\n" in text or "\r" in text:
            add(Kind.CROSSES_LINE, span.start, span.end)
        if text != text.strip():
            add(Kind.EDGE_SPACE, span.start, span.end)
        elif EDGE_PUNCTUATION.search(text):
            add(Kind.EDGE_PUNCTUATION, span.start, span.end)
    furthest: Span | None = None
    for span in document.spans:
        if furthest is not None and span.start < furthest.end:
            add(Kind.OVERLAP, min(span.start, furthest.start), max(span.end, furthest.end))
        if furthest is None or span.end > furthest.end:
            furthest = span
    if labels.name:
        names = Counter(relation.head for relation in document.relations)
        named = {relation.tail for relation in document.relations}
        for span in document.spans:
            if span.label == labels.name:
                if span not in named:
                    add(Kind.UNUSED_NAME, span.start, span.end)
            elif names[span] == 0:
                add(Kind.VALUE_WITHOUT_NAME, span.start, span.end)
            elif names[span] > 1:
                add(Kind.SEVERAL_NAMES, span.start, span.end)
    for start, end in unmarked_numerals(document.text, document.spans):
        add(Kind.UNMARKED_NUMERAL, start, end)
    return sorted(found, key=lambda finding: (finding.start, finding.end))


def context_of(text: str, start: int, end: int, *, width: int = 14) -> str:
    """The place with some characters around it, on one line, the place itself in 「」."""
    before = re.split(r"[\r\n]", text[max(0, start - width) : start])[-1]
    after = re.split(r"[\r\n]", text[end : end + width])[0]
    inside = re.sub(r"[\r\n]+", "⏎", text[start:end])
    return f"{before}「{inside}」{after}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A span or pair that one of two readings has and the other has not.

    Attributes:
        doc_id: The document.
        side: ``"first"`` or ``"second"``: the reading that has it.
        start: First character.
        end: One past the last.
        label: Its label; for a pair the relation's label.
        text: The characters; for a pair value and name.
        context: The text around it.
    """

    doc_id: str
    side: str
    start: int
    end: int
    label: str
    text: str
    context: str


def match_documents(
    first: Sequence[Document], second: Sequence[Document]
) -> tuple[list[tuple[Document, Document]], list[str], list[str]]:
    """Pair two readings by id and text; what is left by text alone, since tools give documents ids of their own.

    Returns:
        The pairs; the ids only one side has; the ids both have with different texts.
    """
    pairs: list[tuple[Document, Document]] = []
    left, right = list(first), list(second)
    for key in (lambda document: (document.doc_id, document.text), lambda document: document.text):
        waiting: dict[object, list[Document]] = {}
        for document in reversed(right):
            waiting.setdefault(key(document), []).append(document)
        unpaired = []
        for document in left:
            if waiting.get(key(document)):
                pairs.append((document, waiting[key(document)].pop()))
            else:
                unpaired.append(document)
        left, right = unpaired, [document for documents in waiting.values() for document in documents]
    left_ids, right_ids = [document.doc_id for document in left], [document.doc_id for document in right]
    differing = [doc_id for doc_id in left_ids if doc_id in right_ids]
    return pairs, [doc_id for doc_id in left_ids + right_ids if doc_id not in differing], differing


def differences(pairs: Iterable[tuple[Document, Document]]) -> list[Difference]:
    """Every span and relation on which two readings differ, in order of document and place."""
    found = []
    for one, two in pairs:
        here = []
        for side, left, right in (("first", one, two), ("second", two, one)):
            only = [(span, span.label, one.text_of(span)) for span in set(left.spans) - set(right.spans)]
            only += [
                (relation.head, relation.label, f"{one.text_of(relation.head)} → {one.text_of(relation.tail)}")
                for relation in set(left.relations) - set(right.relations)
            ]
            for span, label, words in only:
                context = context_of(one.text, span.start, span.end)
                here.append(Difference(one.doc_id, side, span.start, span.end, label, words, context))
        found += sorted(here, key=lambda difference: (difference.start, difference.end, difference.side))
    return found
