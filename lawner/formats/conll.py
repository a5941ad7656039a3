r"""CoNLL: a character and its tag on each line, a blank line after each sentence.

Written are IOB2 tags after a TAB, with comments that keep what rows alone would lose::

    # doc_id = "2023/xianju"
    # relations = [["Measures", [4, 7, "CASE"], [0, 4, "NAME"]]]
    # text = "受理案件12件。"
    # offset = 0
    受	B-NAME
    …

Values of comments are JSON; offsets are code points of the document. A character that is white space or invisible is
written as its JSON escape (``\u3000``, ``\n``) and a backslash as two; any other first column is taken as it is. Scores
are not kept, and of overlapping spans only the first, longest one.

Read are files of any tool: columns parted by TABs or spaces, of which the first is the token and the last the tag;
IOB1, IOB2, IOBES and BILOU; ``-DOCSTART-``. Without comments a file is one document, and a sentence one line of it, its
tokens joined without spaces.

Source: https://www.clips.uantwerpen.be/conll2003/ner/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lawner.document import Document, Span
from lawner.formats.base import Format, load_files, read_head
from lawner.formats.conll_rows import COMMENT, DOCUMENT_START, escape, parse, split_row
from lawner.formats.jsonio import dump_json
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import Unit
from lawner.sentences import sentence_ends
from lawner.tags import is_tag, spans_to_tags

SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".bioes", ".bmes")


def load(path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
    """Read a file of any suffix, or those of a folder that end in one of `SUFFIXES`.

    Args:
        path: The file or folder.
        labels: The labels to keep.
        losses: Receives what is left behind.

    Yields:
        A document per ``# doc_id`` or ``-DOCSTART-``, else per file.

    Raises:
        AnnotationError: If a line is no row, or a sentence contradicts its comments.
    """
    return load_files(path, parse, suffixes=SUFFIXES, units=(Unit.CODE_POINT,), labels=labels, losses=losses)


def save(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:
    """Write all documents to one file; spans that overlap one before them, and their relations, are left behind."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for document in documents:
            spans = _without_overlaps(document, losses)
            stream.write(f"# doc_id = {dump_json(document.doc_id)}\n")
            relations = _relations(document, set(spans), losses)
            if relations:
                stream.write(f"# relations = {dump_json(relations)}\n")
            tags = spans_to_tags([(span.start, span.end, span.label) for span in spans], len(document.text))
            for start, end in _sentence_ranges(document.text, spans):
                text = document.text[start:end]
                stream.write(f"# text = {dump_json(text)}\n# offset = {start}\n")
                stream.writelines(
                    f"{escape(character)}\t{tag}\n" for character, tag in zip(text, tags[start:end], strict=True)
                )
                stream.write("\n")
            if not document.text:
                stream.write("\n")


def _without_overlaps(document: Document, losses: LossReport) -> list[Span]:
    """The spans a row of tags can hold: of those that overlap the first, and of those the longest."""
    kept: list[Span] = []
    for span in sorted(dict.fromkeys(document.spans), key=lambda span: (span.start, -span.end, span.label)):
        if kept and kept[-1].overlaps(span):
            words = f"{span.label} [{span.start}, {span.end}) {document.text_of(span)[:40]!r} in {document.doc_id}"
            losses.add(document.source or document.doc_id, 0, Reason.OVERLAP, words)
        else:
            kept.append(span)
    return kept


def _relations(document: Document, spans: set[Span], losses: LossReport) -> list[list[Any]]:
    """The relations between spans that were kept."""
    items = []
    for relation in document.relations:
        head, tail = ([span.start, span.end, span.label] for span in (relation.head, relation.tail))
        if relation.head in spans and relation.tail in spans:
            items.append([relation.label, head, tail])
        else:
            words = f"{relation.label} from {head} to {tail} in {document.doc_id}"
            losses.add(document.source or document.doc_id, 0, Reason.MISSING_SPAN, words)
    return items


def _sentence_ranges(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Half-open ranges that together are the text, cut where sentences end but never within a span."""
    start, position = 0, 0
    for end in sentence_ends(text):
        while position < len(spans) and spans[position].end <= end:
            position += 1
        if position == len(spans) or spans[position].start >= end:
            yield start, end
            start = end


def _sniff(path: Path) -> bool:
    """Whether the first rows of a file are a token and a tag each."""
    if path.suffix.lower() not in (*SUFFIXES, ".txt", ".tsv"):
        return False
    lines = [line for line in read_head(path, 65536).split("\n")[:-1][:50] if line.strip()]
    rows = [line.removesuffix("\r") for line in lines if not line.startswith(("# ", DOCUMENT_START))]
    if rows:
        return all(is_tag(split_row(row)[1]) for row in rows)
    return any(map(COMMENT.match, lines))


FORMAT = Format("conll", load, save, _sniff, writes_folder=False, suffix=".conll")
