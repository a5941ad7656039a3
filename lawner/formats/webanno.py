r"""WebAnno TSV 3.3, the table of WebAnno and INCEpTION: a row per token, a column per feature, a file per document.

Offsets are UTF-16 units. A span over several tokens, or beside another, bears a number: ``CASE[3]``. A relation stands
in the row of its tail and points to its head: ``1-4[2_3]``.

What lawner writes has one token per character. White space is a token only where a span or a sentence begins or ends
with it. A sentence reaches from one line break to the next, with the white space around; no span is cut. ``#Text=``
holds every character, with ``\r`` and other control characters escaped; the line feed between two sentences is implied
by their offsets, as INCEpTION has it. So the text is restored exactly. The document's id is the name of its file.

Source: https://inception-project.github.io/releases/36.0/docs/user-guide.html#sect_webannotsv
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from lawner.document import Document, Span
from lawner.formats.base import FileNames, Format, load_files, read_head
from lawner.formats.webanno_escapes import escape_text, escape_value
from lawner.formats.webanno_rows import HEADER, NOTHING, UNITS, parse
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.offsets import OffsetMap, Unit

SPAN_LAYER, RELATION_LAYER, FEATURE = "webanno.custom.Indicator", "webanno.custom.IndicatorRelation", "label"
BREAK = re.compile(r"[\r\n]\s*")


def load(path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
    """Read a file, or every ``.tsv`` of a folder.

    Of every span and relation layer, the only feature is read, else the one called ``label`` or ``value``. Line feeds
    stand for text between sentences that the file does not hold.

    Args:
        path: The file or folder.
        labels: The labels to keep.
        losses: Receives what is left behind.

    Yields:
        A document per file; its id is the path below `path` without the suffix.

    Raises:
        AnnotationError: If a file is not WebAnno TSV 3, or its offsets contradict its text.
    """
    return load_files(path, parse, suffixes=(".tsv",), units=UNITS, labels=labels, losses=losses)


def save(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:
    """Write a folder with one file per document."""
    names = FileNames(losses, ".tsv")
    for document in documents:
        file = path / f"{names.name(document.doc_id)}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(to_tsv(document), encoding="utf-8", newline="\n")


def to_tsv(document: Document) -> str:
    """The content of the file of a document."""
    spans = list(dict.fromkeys(document.spans))
    lines = [
        HEADER,
        f"#T_SP={SPAN_LAYER}|{FEATURE}",
        f"#T_RL={RELATION_LAYER}|{FEATURE}|BT_{SPAN_LAYER}",
        "",
    ]
    cells = _Cells(document, spans)
    mapping = OffsetMap(document.text, Unit.UTF16)
    sentences = _sentences(document.text, spans)
    edges = {edge for span in spans for edge in (span.start, span.end - 1)} | {start for start, _ in sentences}
    rows = [
        [index for index in range(start, end) if index in edges or not document.text[index].isspace()]
        for start, end in sentences
    ]
    cells.number(rows)
    for (start, end), tokens in zip(sentences, rows, strict=True):
        text = document.text[start:end]
        if end < len(document.text):
            text = text.removesuffix("\n")  # the offset of the next sentence says it
        lines += ["", *(f"#Text={escape_text(line)}" for line in text.split("\n"))]
        for index in tokens:
            first, last = mapping.from_code_point(index), mapping.from_code_point(index + 1)
            form = escape_text(document.text[index])
            lines.append(
                f"{cells.rows[index]}\t{first}-{last}\t{form}\t{cells.spans(index)}\t{cells.relations(index)}\t"
            )
    return "\n".join(lines) + "\n"


def _sentences(text: str, spans: list[Span]) -> list[tuple[int, int]]:
    """Half-open ranges that together are the text: lines, each with the blank lines and the indent after it."""
    ends = [match.end() for match in BREAK.finditer(text)] + [len(text)]
    cuts, position, reach = [0], 0, 0
    for end in ends:
        while position < len(spans) and spans[position].start < end:
            reach = max(reach, spans[position].end)
            position += 1
        if reach <= end:
            cuts.append(end)
    return [(start, end) for start, end in pairwise(cuts) if start < end]


class _Cells:
    """What stands in the annotation columns of every row."""

    def __init__(self, document: Document, spans: list[Span]) -> None:
        self.rows: dict[int, str] = {}
        self._document = document
        self._spans = spans
        self._at: dict[int, list[Span]] = defaultdict(list)
        self._numbers: dict[Span, int] = {}
        self._relations: dict[int, list[tuple[str, str]]] = defaultdict(list)

    def number(self, sentences: list[list[int]]) -> None:
        """Name the rows, and number the spans that cover several or share one."""
        indices = [index for tokens in sentences for index in tokens]
        self.rows = {index: f"{s}-{t}" for s, tokens in enumerate(sentences, 1) for t, index in enumerate(tokens, 1)}
        position = 0
        for span in self._spans:
            while indices[position] < span.start:
                position += 1
            ahead = position
            while ahead < len(indices) and indices[ahead] < span.end:
                self._at[indices[ahead]].append(span)
                ahead += 1
        for span in self._spans:
            last = span.end - 1
            if len(self._at[span.start]) > 1 or last != span.start:
                self._numbers[span] = len(self._numbers) + 1
        for relation in self._document.relations:
            numbers = [self._numbers.get(span, 0) for span in (relation.head, relation.tail)]
            suffix = f"[{numbers[0]}_{numbers[1]}]" if any(numbers) else ""
            governor = self.rows[relation.head.start] + suffix
            self._relations[relation.tail.start].append((escape_value(relation.label), governor))

    def spans(self, index: int) -> str:
        """The span column of a row."""
        values = []
        for span in self._at.get(index, ()):
            number = self._numbers.get(span)
            values.append(escape_value(span.label) + (f"[{number}]" if number else ""))
        return "|".join(values) or NOTHING

    def relations(self, index: int) -> str:
        """The two relation columns of a row."""
        pairs = self._relations.get(index)
        if not pairs:
            return f"{NOTHING}\t{NOTHING}"
        return "|".join(label for label, _ in pairs) + "\t" + "|".join(governor for _, governor in pairs)


def _sniff(path: Path) -> bool:
    """Whether a file begins with WebAnno's header."""
    return path.suffix.lower() == ".tsv" and read_head(path, 64).startswith("#FORMAT=WebAnno TSV 3")


FORMAT = Format("webanno-tsv", load, save, _sniff, writes_folder=True, suffix=".tsv")
