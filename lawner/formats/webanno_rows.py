"""Reading the rows of a WebAnno TSV 3 file; see `lawner.formats.webanno` for the format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawner.errors import AnnotationError
from lawner.files import read_utf8
from lawner.formats.raw import RawDocument, RawRelation, RawSpan
from lawner.formats.webanno_escapes import unescape
from lawner.losses import LossReport, Reason
from lawner.offsets import StoredSpan, Unit, locate, offset_map

HEADER = "#FORMAT=WebAnno TSV 3.3"
NOTHING = "_"
UNITS = (Unit.CODE_POINT,)
"""`parse` has settled the unit already, because the text itself is put together by the offsets."""

LAYER = re.compile(r"#T_(SP|CH|RL)=([^|]+)\|?(.*)")
ROW = re.compile(r"(\d{1,9}-\d{1,9}(?:\.\d{1,9})?)\t(\d{1,15})-(\d{1,15})\t([^\t]*)\t(.*)")
VALUE = re.compile(r"((?:[^\\|\[]|\\.)*)(?:\[(\d+)\])?")
GOVERNOR = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)_(\d+)\])?")
STACK = re.compile(r"(?:[^\\|]|\\.)+", re.DOTALL)


@dataclass(slots=True)
class _Layer:
    """A layer declared in the header."""

    kind: str
    name: str
    features: list[str]
    first: int
    line: int

    @property
    def label(self) -> int | None:
        """The column that holds the label; None if there is none to be told from the others."""
        plain = [
            index
            for index, feature in enumerate(self.features)
            if not feature.startswith(("ROLE_", "BT_")) and not (index and self.features[index - 1].startswith("ROLE_"))
        ]
        named = [index for index in plain if len(plain) == 1 or self.features[index] in ("label", "value")]
        return self.first + named[0] if named and self.kind != "CH" else None


@dataclass(slots=True)
class _Row:
    """A token or a part of one."""

    line: int
    name: str
    begin: int
    end: int
    form: str
    cells: list[str]


@dataclass(slots=True)
class _Sentence:
    """A sentence's text and rows."""

    line: int
    texts: list[str] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text; several lines are joined by line feeds."""
        return "\n".join(self.texts)


def parse(path: Path, name: str, losses: LossReport) -> Iterator[RawDocument]:
    """The one raw document of a file, its offsets in code points."""
    lines = [line.removesuffix("\r") for line in read_utf8(path).split("\n")]
    if not lines[0].startswith("#FORMAT=WebAnno TSV 3"):
        message = f"the file begins {lines[0][:40]!r}; expected {HEADER!r}, so export it as WebAnno TSV v3"
        raise AnnotationError(message, path=path, line=1)
    layers = _layers(lines, path)
    n_columns = sum(len(layer.features) for layer in layers)
    sentences = list(_sentences(lines, 1 + len(layers), n_columns, path))
    unit, text = _settle(sentences, path)
    if unit is not Unit.UTF16:
        losses.note(f"{path}: offsets count {unit}, where the format has UTF-16 units")
    raw = RawDocument(name, text, path)
    _Annotations(raw, layers, unit, losses).parse([row for sentence in sentences for row in sentence.rows])
    yield raw


def _layers(lines: list[str], path: Path) -> list[_Layer]:
    """The layers of the header, with the columns they take."""
    layers: list[_Layer] = []
    column = 0
    for number, line in enumerate(lines[1:], 2):
        if not line.startswith("#T_"):
            break
        match = LAYER.fullmatch(line)
        if match is None:
            message = f"{line[:60]!r} is no layer; expected #T_SP=, #T_CH= or #T_RL= with layer|feature"
            raise AnnotationError(message, path=path, line=number)
        layers.append(_Layer(match[1], match[2], match[3].split("|"), column, number))
        column += len(layers[-1].features)
    return layers


def _sentences(lines: list[str], first: int, n_columns: int, path: Path) -> Iterator[_Sentence]:
    """The sentences after the header."""
    sentence: _Sentence | None = None
    for number, line in enumerate(lines[first:], first + 1):
        if line.startswith("#Text=") and (sentence is None or not sentence.rows):
            sentence = sentence or _Sentence(number)
            sentence.texts.append(unescape(line.removeprefix("#Text=")))
        elif not line:
            if sentence is not None:
                yield sentence
            sentence = None
        elif not line.startswith("#Sentence.id=") or sentence is not None:
            row = _row(line, number, n_columns, path)
            if sentence is None:
                raise AnnotationError("a row stands before the #Text= of its sentence", path=path, line=number)
            sentence.rows.append(row)
    if sentence is not None:
        yield sentence


def _row(line: str, number: int, n_columns: int, path: Path) -> _Row:
    """One row."""
    match = ROW.fullmatch(line if line.count("\t") > 2 else line + "\t")
    if match is None:
        message = f"{line[:60]!r} is no row; expected 1-1, TAB, begin-end, TAB, token, TAB and the annotations"
        raise AnnotationError(message, path=path, line=number)
    cells = match[5].split("\t")
    if len(cells) < n_columns:
        message = f"the row has {len(cells)} annotation columns, but the header declares {n_columns}"
        raise AnnotationError(message, path=path, line=number)
    return _Row(number, match[1], int(match[2]), int(match[3]), match[4], cells)


def _settle(sentences: list[_Sentence], path: Path) -> tuple[Unit, str]:
    """The unit of the offsets and the text they make; UTF-16 as the format has it, else code points."""
    errors = []
    for unit in (Unit.UTF16, Unit.CODE_POINT):
        text, error = _assemble(sentences, unit, path)
        if error is None:
            return unit, text
        errors.append(error)
    raise errors[0]


def _assemble(sentences: list[_Sentence], unit: Unit, path: Path) -> tuple[str, AnnotationError | None]:
    """The text of a document if its offsets count a unit, and what speaks against that."""
    parts: list[str] = []
    position = 0
    for sentence in sentences:
        text = sentence.text
        begin = position
        if sentence.rows:
            first = sentence.rows[0]
            indent = 0 if text.startswith(unescape(first.form)) else len(text) - len(text.lstrip())
            begin = first.begin - _length(text[:indent], unit)
        if begin < position:
            message = f"the sentence begins at offset {begin}, within the one before, which ends at {position}"
            return "", AnnotationError(message, path=path, line=sentence.line)
        # What lies between two sentences is not in the file; WebAnno fills it in the same way.
        parts += ["\n" + " " * (begin - position - 1) if begin > position else "", text]
        position = begin + _length(text, unit)
    document = "".join(parts)
    mapping = offset_map(document, unit)
    for sentence in sentences:
        for row in sentence.rows:
            place = locate(StoredSpan(row.begin, row.end), document, mapping)
            actual = document[place[0] : place[1]] if place else None
            if actual not in (row.form, unescape(row.form)):
                found = f"the text there is {actual!r}" if place else f"the text has {len(document)} characters"
                message = f"token {row.form!r} at [{row.begin}, {row.end}), but {found}; export the file again"
                return "", AnnotationError(message, path=path, line=row.line)
    return document, None


def _length(text: str, unit: Unit) -> int:
    """How many units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if unit is Unit.UTF16 else len(text)


class _Annotations:
    """The annotations of a document while rows are matched."""

    def __init__(self, raw: RawDocument, layers: list[_Layer], unit: Unit, losses: LossReport) -> None:
        self._raw, self._layers, self._losses = raw, layers, losses
        self._mapping = offset_map(raw.text, unit)
        self._spans: dict[str, RawSpan] = {}
        self._first_in_row: dict[tuple[str, str], str] = {}

    def parse(self, rows: list[_Row]) -> None:
        """Fill the raw document."""
        relations: list[tuple[_Layer, _Row, str]] = []
        for layer in self._layers:
            column = layer.label
            index = layer.first if column is None else column
            marked = [(layer, row, row.cells[index]) for row in rows if row.cells[index] != NOTHING]
            if column is None and marked:
                words = f"layer {layer.name} with values in {len(marked)} rows of {self._raw.doc_id}"
                self._losses.add(self._raw.path, layer.line, Reason.UNSUPPORTED, words)
            elif layer.kind == "RL":
                relations += marked
            else:
                for one in marked:
                    self._add_spans(*one)
        for one in relations:
            self._add_relations(*one)
        self._raw.spans = list(self._spans.values())

    def _add_spans(self, layer: _Layer, row: _Row, cell: str) -> None:
        """The annotations of a layer that cover a row."""
        place = locate(StoredSpan(row.begin, row.end), self._raw.text, self._mapping) or (0, 0)
        for index, value in enumerate(STACK.findall(cell)):
            match = VALUE.fullmatch(value)
            label, number = (match[1], match[2]) if match else (value, None)
            key = f"{layer.name}[{number}]" if number else f"{layer.name}@{row.name}" + (f"#{index}" if index else "")
            self._first_in_row.setdefault((layer.name, row.name), key)
            begun = self._spans.get(key)
            start, line = (begun.stored.start, begun.line) if begun else (place[0], row.line)
            self._spans[key] = RawSpan(key, unescape(label), StoredSpan(start, place[1]), line)

    def _add_relations(self, layer: _Layer, row: _Row, cell: str) -> None:
        """The relations of a layer that point to an annotation in a row."""
        base = layer.features[-1].removeprefix("BT_")
        governors = row.cells[layer.first + len(layer.features) - 1].split("|")
        labels = STACK.findall(cell)
        matches = [GOVERNOR.fullmatch(governor) for governor in governors]
        if len(labels) != len(governors) or not all(matches):
            message = (
                f"relation {cell!r} with governor {'|'.join(governors)!r}; expected one token like 1-4 or 1-4[2_3] each"
            )
            raise AnnotationError(message, path=self._raw.path, line=row.line)
        for label, match in zip(labels, matches, strict=True):
            name, head, tail = match.groups() if match else ("", None, None)
            value = VALUE.fullmatch(label)
            ends = self._key(base, name, head), self._key(base, row.name, tail)
            self._raw.relations.append(RawRelation(unescape(value[1] if value else label), *ends, row.line))

    def _key(self, base: str, row: str, number: str | None) -> str:
        """The annotation of a layer with a number, or the first in a row; the number 0 says that it has none."""
        if number and number != "0":
            return f"{base}[{number}]"
        return self._first_in_row.get((base, row), f"{base}@{row}")
