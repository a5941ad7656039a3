"""Reading the rows and comments of a CoNLL file; see `lawner.formats.conll` for the format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawner.errors import AnnotationError
from lawner.files import read_utf8
from lawner.formats.raw import RawDocument, RawRelation, RawSpan
from lawner.losses import LossReport
from lawner.offsets import StoredSpan
from lawner.tags import Scheme, broken_tags, detect_scheme, is_tag, tags_to_spans

COMMENT = re.compile(r"# (doc_id|relations|text|offset) = (.*)")
ESCAPE = re.compile(r"\\(?:[\\nrtbf]|u(?!d[89a-f])[0-9a-f]{4}|ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})")
DOCUMENT_START = "-DOCSTART-"


def escape(character: str) -> str:
    r"""A character as it can stand in a column: white space and invisible characters as JSON escapes.

    Example:
        >>> escape("件"), escape("　"), escape("\n"), escape("\\")
        ('件', '\\u3000', '\\n', '\\\\')
    """
    if character == "\\":
        return "\\\\"
    return character if character.isprintable() and not character.isspace() else json.dumps(character)[1:-1]


def unescape(column: str) -> str:
    r"""The inverse of `escape`; what is no escape is taken as it is.

    Example:
        >>> unescape("\\u3000"), unescape("案件"), unescape("\\x")
        ('\u3000', '案件', '\\x')
    """
    return str(json.loads(f'"{column}"')) if column[:1] == "\\" and ESCAPE.fullmatch(column) else column


@dataclass(slots=True)
class _Sentence:
    """The rows between two blank lines, and the comments before them."""

    line: int
    comments: dict[str, Any] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    starts_document: bool = False


def parse(path: Path, name: str, losses: LossReport) -> Iterator[RawDocument]:
    """The raw documents of one file."""
    sentences = list(_sentences(path))
    if not sentences:
        raise AnnotationError("the file is empty, but lines with a character and its tag were expected", path=path)
    scheme = _scheme(sentences, path, losses)
    building: _Building | None = None
    number = 0
    for sentence in sentences:
        if building is None or sentence.starts_document or "doc_id" in sentence.comments:
            if building is not None:
                yield building.finished()
            number += 1
            doc_id = sentence.comments.get("doc_id") or (f"{name}-{number}" if sentence.starts_document else name)
            building = _Building(RawDocument(doc_id, "", path))
        building.append(sentence)
    if building is not None:
        yield building.finished()
    broken = sum(broken_tags(sentence.tags, scheme) for sentence in sentences)
    if broken:
        losses.note(f"{path}: {broken} tags stand where {scheme} does not allow them; each was read as a span's edge")


def _scheme(sentences: list[_Sentence], path: Path, losses: LossReport) -> Scheme:
    """The scheme of a file, noted where it is not the one lawner writes."""
    try:
        scheme = detect_scheme(sentence.tags for sentence in sentences)
    except ValueError as error:
        raise AnnotationError(f"{error}; a file uses IOB1, IOB2, IOBES or BILOU throughout", path=path) from None
    if scheme is not Scheme.IOB2:
        losses.note(f"{path}: tags are {scheme}")
    return scheme


def _sentences(path: Path) -> Iterator[_Sentence]:
    """The sentences of a file, and those that hold comments only."""
    sentence = _Sentence(1)
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        line = line.removesuffix("\r")
        comment = COMMENT.fullmatch(line) if line.startswith("# ") else None
        if comment is not None:
            if sentence.tokens:
                yield sentence
                sentence = _Sentence(number)
            sentence.comments[comment[1]] = _comment_value(comment[1], comment[2], path, number)
        elif not line.strip(" \t"):
            said = bool(sentence.tokens or sentence.comments)
            if said:
                yield sentence
            sentence = _Sentence(number + 1, starts_document=sentence.starts_document and not said)
        elif line.startswith(DOCUMENT_START):
            if sentence.tokens:
                yield sentence
            sentence = _Sentence(number, starts_document=True)
        else:
            token, tag = split_row(line)
            if is_tag(tag):
                sentence.tokens.append(token)
                sentence.tags.append(tag)
                sentence.lines.append(number)
            elif not line.startswith("# "):
                what = f"{tag!r} is no tag" if tag else f"{line[:40]!r} has one column"
                message = f"{what}; expected a character, TAB or space, and O, B-LABEL or I-LABEL"
                raise AnnotationError(message, path=path, line=number)
    if sentence.tokens or sentence.comments:
        yield sentence


def split_row(line: str) -> tuple[str, str]:
    """The token and the tag of a line; an empty first column is a space that a tool wrote as it is."""
    columns = line.split("\t") if "\t" in line else line.rstrip(" ").split(" ")
    if len(columns) < 2:
        return columns[0], ""
    return unescape(columns[0]) or " ", columns[-1].strip(" ") or (columns[-2] if len(columns) > 2 else "")


def _comment_value(key: str, value: str, path: Path, number: int) -> Any:
    """A comment's value; ids and texts may stand without quotes, as other tools write them."""
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        parsed = value
    kind: type = {"relations": list, "offset": int}.get(key, str)
    if isinstance(parsed, kind):
        return parsed
    if kind is str:
        return value
    message = f"{value[:40]!r} is no value for # {key}; expected {'a number' if kind is int else 'a JSON list'}"
    raise AnnotationError(message, path=path, line=number)


def _key(start: int, end: int, label: str) -> str:
    """The name relations use for a span."""
    return f"{label} {start}-{end}"


class _Building:
    """A document while its sentences are read."""

    def __init__(self, raw: RawDocument) -> None:
        self._raw = raw
        self._texts: list[str] = []
        self._length = 0

    def append(self, sentence: _Sentence) -> None:
        """Add a sentence's text, spans and relations."""
        text = sentence.comments.get("text")
        if text is None:
            text = "".join(sentence.tokens)
        places = _align(sentence, text, self._raw.path)
        if "offset" not in sentence.comments and self._texts and not self._texts[-1].endswith("\n"):
            self._add("\n")
        offset = sentence.comments.get("offset", self._length)
        if offset != self._length:
            message = (
                f"the sentence begins at offset {offset}, but the text before it ends at {self._length}; "
                "put back what is missing, or remove every # offset"
            )
            raise AnnotationError(message, path=self._raw.path, line=sentence.line)
        self._add(text)
        for first, last, label in tags_to_spans(sentence.tags):
            start, end = offset + places[first][0], offset + places[last - 1][1]
            stored = StoredSpan(start, end)
            self._raw.spans.append(RawSpan(_key(start, end, label), label, stored, sentence.lines[first]))
        for item in sentence.comments.get("relations", ()):
            self._add_relation(item, sentence.line)

    def _add(self, text: str) -> None:
        if text:
            self._texts.append(text)
            self._length += len(text)

    def _add_relation(self, item: Any, line: int) -> None:
        try:
            label, head, tail = item
            self._raw.relations.append(RawRelation(str(label), _key(*head), _key(*tail), line))
        except (TypeError, ValueError):
            message = f"{item!s:.60} is no relation; expected [label, [start, end, label], [start, end, label]]"
            raise AnnotationError(message, path=self._raw.path, line=line) from None

    def finished(self) -> RawDocument:
        """The document with all of its text."""
        self._raw.text = "".join(self._texts)
        return self._raw


def _align(sentence: _Sentence, text: str, path: Path) -> list[tuple[int, int]]:
    """Where each token stands in the text of its sentence; between them there may be white space only."""
    places = []
    position = 0
    for token, line in zip(sentence.tokens, sentence.lines, strict=True):
        start = position
        while not text.startswith(token, start) and text[start : start + 1].isspace():
            start += 1
        if not text.startswith(token, start):
            message = (
                f"the row has {token!r} where # text goes on with {text[position : position + 10]!r}; "
                "correct the row, or remove # text and # offset"
            )
            raise AnnotationError(message, path=path, line=line)
        position = start + len(token)
        places.append((start, position))
    if sentence.tokens and text[position:].strip():
        message = f"the rows end, but # text goes on with {text[position : position + 20]!r}; put the rows back"
        raise AnnotationError(message, path=path, line=sentence.lines[-1])
    return places
