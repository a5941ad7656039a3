"""Prodigy JSON Lines: spans on tokens, relations between tokens.

Character ends are exclusive, token ends inclusive. What lawner writes has one token per character, so that every span
can be selected in the tool, and the document's id under ``meta``, where annotators see it.

Source: https://prodi.gy/docs/api-interfaces (``spans_manual``, ``relations``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lawner.document import Document, Span
from lawner.formats.base import Format, load_files
from lawner.formats.jsonio import (
    JsonObject,
    Place,
    doc_id_of,
    dump_json,
    expect,
    json_heads,
    json_lines,
    keys_at,
    optional_list,
    require,
    require_text,
)
from lawner.formats.raw import RawDocument, RawRelation, RawSpan
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import StoredSpan, Unit

UNITS = (Unit.CODE_POINT, Unit.UTF16, Unit.CODE_POINT_LF, Unit.UTF16_LF)
MAX_EVIDENCE = 100
"""How many tokens at the end of a text, where offsets have shifted most, are used to prove the unit."""


def load(path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
    """Read a file, or every ``.jsonl`` of a folder.

    Args:
        path: The file or folder.
        labels: The labels to keep.
        losses: Receives what is left behind, also every task that was rejected or ignored.

    Yields:
        A document per accepted line; its id is the ``doc_id`` of the line or its ``meta``, or the file's name
        with a number.

    Raises:
        AnnotationError: If a line is not what Prodigy writes.
    """
    return load_files(path, _parse, suffixes=(".jsonl",), units=UNITS, labels=labels, losses=losses)


def _parse(path: Path, name: str, losses: LossReport) -> Iterator[RawDocument]:
    """The raw documents of one file."""
    for number, (place, record) in enumerate(json_lines(path), 1):
        meta = record.get("meta")
        raw = RawDocument(
            doc_id_of(record, name, place, number, meta if isinstance(meta, dict) else {}),
            require_text(record, "text", place),
            path,
        )
        answer = record.get("answer", "accept")
        if answer != "accept":
            n_spans = len(optional_list(record, "spans", place))
            place.lose(losses, Reason.NOT_ACCEPTED, f"answer {answer!r} for {raw.doc_id} with {n_spans} spans")
            continue
        _Task(raw, record, place, losses).parse()
        yield raw


class _Task:
    """One accepted line while its parts are matched with each other."""

    def __init__(self, raw: RawDocument, record: JsonObject, place: Place, losses: LossReport) -> None:
        self.raw, self.record, self.place, self.losses = raw, record, place, losses
        self.tokens: dict[int, StoredSpan] = {}
        self.keys: dict[tuple[int, int, str | None], str] = {}
        self.token_ranges: list[tuple[int, int, str]] = []

    def parse(self) -> None:
        """Fill the raw document."""
        for index, item in enumerate(optional_list(self.record, "tokens", self.place)):
            token = expect(item, dict, self.place, "a token")
            start, end = (require(token, key, int, self.place) for key in ("start", "end"))
            surface = token.get("text")
            token_id = token.get("id", index)
            self.tokens[token_id if isinstance(token_id, int) else index] = StoredSpan(
                start, end, surface if isinstance(surface, str) else None
            )
        self.raw.evidence = list(self.tokens.values())[-MAX_EVIDENCE:]
        for item in optional_list(self.record, "spans", self.place):
            self._parse_span(expect(item, dict, self.place, "a span"))
        for item in optional_list(self.record, "relations", self.place):
            relation = expect(item, dict, self.place, "a relation")
            label = require(relation, "label", str, self.place)
            head, tail = self._end(relation, "head"), self._end(relation, "child")
            self.raw.relations.append(RawRelation(label, head, tail, self.place.line))

    def _parse_span(self, item: JsonObject) -> None:
        """Add one span, unless its characters and its tokens contradict each other."""
        label = require(item, "label", str, self.place)
        first, last = item.get("token_start"), item.get("token_end")
        edges = [self.tokens.get(index) if isinstance(index, int) else None for index in (first, last)]
        by_token = (edges[0].start, edges[1].end) if edges[0] and edges[1] else None
        if by_token and "start" not in item and "end" not in item:
            start, end = by_token
        else:
            start, end = (require(item, key, int, self.place) for key in ("start", "end"))
        if by_token and (start, end) != by_token:
            words = f"{label} [{start}, {end}) but tokens {first} to {last} in {self.raw.doc_id}"
            self.place.lose(self.losses, Reason.UNALIGNED, words)
            return
        surface = item.get("text")
        key = f"{label} {start}-{end}"
        if (start, end, label) in self.keys:
            key += f" #{len(self.raw.spans) + 1}"
        stored = StoredSpan(start, end, surface if isinstance(surface, str) else None)
        self.raw.spans.append(RawSpan(key, label, stored, self.place.line))
        self.keys.setdefault((start, end, label), key)
        self.keys.setdefault((start, end, None), key)
        if isinstance(first, int) and isinstance(last, int):
            self.token_ranges.append((first, last, key))

    def _end(self, relation: JsonObject, side: str) -> str:
        """The key of the span at one end of a relation: by its characters if they are given, else by the token."""
        stated = relation.get(f"{side}_span")
        if isinstance(stated, dict) and isinstance(stated.get("start"), int) and isinstance(stated.get("end"), int):
            place = (stated["start"], stated["end"])
            label = stated["label"] if isinstance(stated.get("label"), str) else None
            return self.keys.get((*place, label or None)) or f"{label or 'span'} {place[0]}-{place[1]}"
        token = require(relation, side, int, self.place)
        around = [(last - first, key) for first, last, key in self.token_ranges if first <= token <= last]
        return min(around)[1] if around else f"token {token}"


def save(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:  # noqa: ARG001  nothing is lost
    """Write one accepted task per document."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for document in documents:
            stream.write(dump_json(_record(document)) + "\n")


def _record(document: Document) -> JsonObject:
    """One line of the file."""
    return {
        "text": document.text,
        "meta": {"doc_id": document.doc_id},
        "answer": "accept",
        "spans": [_span(span) for span in dict.fromkeys(document.spans)],
        "relations": [
            {
                "head": relation.head.end - 1,
                "child": relation.tail.end - 1,
                "label": relation.label,
                "head_span": _span(relation.head),
                "child_span": _span(relation.tail),
            }
            for relation in document.relations
        ],
        "tokens": [  # last, because they take many times the room of all the rest
            {"text": character, "start": index, "end": index + 1, "id": index, "ws": False}
            for index, character in enumerate(document.text)
        ],
    }


def _span(span: Span) -> JsonObject:
    """A span in characters and in tokens."""
    return {
        "start": span.start,
        "end": span.end,
        "token_start": span.start,
        "token_end": span.end - 1,
        "label": span.label,
    }


def _sniff(path: Path) -> bool:
    """Whether a file begins with an object that has a text and the keys of a Prodigy task."""
    if path.suffix.lower() != ".jsonl":
        return False
    return any(_is_task(keys_at(head, 1)) for head in json_heads(path))


def _is_task(keys: set[str]) -> bool:
    """Whether an object with these keys is a task."""
    return "text" in keys and bool(keys & {"spans", "tokens", "answer", "_input_hash", "_task_hash"})


FORMAT = Format("prodigy", load, save, _sniff, writes_folder=False, suffix=".jsonl")
