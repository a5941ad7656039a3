"""Annotated documents become a token-classification dataset that trains without lawner.

Documents → split by document → windows cut at sentence ends → one row a window: its characters as tokens, an IOB2 tag
for each, and the relations that lie in it by token index.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lawner.document import Document, Relation, Span
from lawner.errors import LawnerError, MissingExtraError
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.sentences import cut_windows
from lawner.splits import SPLITS, Ratio, find_split, note_oddities, split_by_ratio
from lawner.tags import spans_to_tags

if TYPE_CHECKING:
    import datasets

ROWS_PER_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One window of a document, ready for training.

    Attributes:
        doc_id: The document.
        offset: Where the window starts in the document, in characters.
        text: The characters of the window.
        tags: An IOB2 tag per character.
        n_spans: How many spans the tags say.
        relations: Relations with both ends in the window, offsets counted from its start.
    """

    doc_id: str
    offset: int
    text: str
    tags: list[str]
    n_spans: int
    relations: list[Relation]


def to_rows(document: Document, *, max_characters: int, losses: LossReport) -> Iterator[Row]:
    """Cut a document into rows.

    Args:
        document: With gold spans.
        max_characters: The most a row holds; 510 leaves room for two special tokens of a BERT with 512 positions.
        losses: Receives spans that overlap another (a tag sequence holds one layer) or that a cut divides.

    Yields:
        Consecutive rows that together hold every character.
    """
    spans = _one_layer(document, losses)
    layer = set(spans)
    pairs = []
    for relation in document.relations:
        head, tail = relation.head, relation.tail
        if head in layer and tail in layer:
            pairs.append((min(head.start, tail.start), max(head.end, tail.end), relation))
        else:
            losses.add(_place(document), 0, Reason.MISSING_SPAN, _words(document, relation))
    ranges = [(span.start, span.end) for span in spans]
    ranges += [(first, last) for first, last, _ in pairs]
    waiting = spans[::-1]
    waiting_pairs = sorted(pairs, reverse=True)
    for start, end in cut_windows(document.text, max_characters=max_characters, keep_whole=ranges):
        token_spans, relations = [], []
        while waiting and waiting[-1].start < end:
            span = waiting.pop()
            if span.end <= end:
                token_spans.append((span.start - start, span.end - start, span.label))
            else:
                losses.add(_place(document), 0, Reason.CUT, _span_words(document, span))
        while waiting_pairs and waiting_pairs[-1][0] < end:
            _, last, relation = waiting_pairs.pop()
            if last <= end:
                relations.append(relation.shift(-start))
            else:
                losses.add(_place(document), 0, Reason.CUT, _words(document, relation))
        tags = spans_to_tags(token_spans, end - start)
        yield Row(document.doc_id, start, document.text[start:end], tags, len(token_spans), relations)


def _place(document: Document) -> str:
    """What to call a document in a loss."""
    return document.source or document.doc_id


def _span_words(document: Document, span: Span) -> str:
    """A span in words."""
    return f"{span.label} [{span.start}, {span.end}) {document.text_of(span)[:40]!r} in {document.doc_id}"


def _words(document: Document, relation: Relation) -> str:
    """A relation in words."""
    head, tail = document.text_of(relation.head), document.text_of(relation.tail)
    return f"{relation.label} {head!r} → {tail!r} in {document.doc_id}"


def _one_layer(document: Document, losses: LossReport) -> list[Span]:
    """The spans left when of two that overlap only the first stays."""
    kept: list[Span] = []
    for span in document.spans:
        if kept and span.start < kept[-1].end:
            losses.add(
                _place(document),
                0,
                Reason.OVERLAP,
                f"{span.label} {document.text_of(span)[:40]!r} in {document.doc_id}",
            )
        else:
            kept.append(span)
    return kept


@dataclass(frozen=True, slots=True)
class DatasetCounts:
    """What a written dataset holds.

    Attributes:
        documents: Documents per split.
        rows: Rows per split.
        spans: Spans per split.
        relations: Relations per split.
    """

    documents: Counter[str]
    rows: Counter[str]
    spans: Counter[str]
    relations: Counter[str]


def write_dataset(
    documents: Iterable[Document],
    path: Path,
    *,
    splits: Mapping[str, str] | Ratio,
    labels: LabelSet,
    losses: LossReport,
    max_characters: int = 510,
    parquet: bool = False,
) -> DatasetCounts:
    """Write a Hugging Face dataset: an Arrow folder for ``load_from_disk``, or a Parquet file per split.

    Columns: ``doc_id``, ``offset`` (of the window in the document, characters), ``text``, ``tokens`` (its characters),
    ``ner_tags`` (a class label per token) and ``relations`` (a list of label, head_start, head_end, tail_start and
    tail_end in tokens of the row, half-open).

    Args:
        documents: With gold spans; held in memory while they are split.
        path: A folder that does not exist yet.
        splits: Document id to split name, or the ratio to split by.
        labels: Gives the tags and their ids.
        losses: Receives what a tag sequence cannot hold.
        max_characters: The most a row holds.
        parquet: Write Parquet files rather than an Arrow folder.

    Returns:
        The counts per split.

    Raises:
        MissingExtraError: If the packages for this are not installed.
        ConfigError: If a document has no split, or there is no document.
    """
    library = _datasets()
    arrow = importlib.import_module("pyarrow")
    collected = list(documents)
    if not collected:
        raise LawnerError("there is no document to make a dataset of")
    assigned = split_by_ratio(collected, splits) if isinstance(splits, Ratio) else splits
    of_split: dict[str, list[Document]] = {split: [] for split in SPLITS}
    for document in collected:
        of_split[find_split(assigned, document.doc_id)].append(document)
    if not isinstance(splits, Ratio):
        note_oddities(collected, splits, losses)
    features = _features(library, labels)
    counts = DatasetCounts(Counter(), Counter(), Counter(), Counter())
    path.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".arrow-", dir=path.parent) as scratch:
        parts: dict[str, Any] = {}
        for split in SPLITS:
            if not of_split[split]:
                losses.note(f"no document falls into the split {split!r}, so the dataset has no such split")
                continue
            target = Path(scratch) / f"{split}.arrow"
            counts.documents[split] = len(of_split[split])
            with arrow.OSFile(str(target), "wb") as sink, arrow.ipc.new_stream(sink, features.arrow_schema) as writer:
                for rows in _batches(_rows_of(of_split[split], max_characters, losses), ROWS_PER_BATCH):
                    writer.write_batch(_record_batch(arrow, rows, features, labels))
                    counts.rows[split] += len(rows)
                    counts.spans[split] += sum(row.n_spans for row in rows)
                    counts.relations[split] += sum(len(row.relations) for row in rows)
            parts[split] = library.Dataset.from_file(str(target))
        if parquet:
            for split, part in parts.items():
                part.to_parquet(str(path / f"{split}.parquet"))
        else:
            library.DatasetDict(parts).save_to_disk(str(path))
    return counts


def _datasets() -> Any:
    """The datasets library, quiet.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        library = importlib.import_module("datasets")
    except ImportError:
        raise MissingExtraError("writing a dataset", package="datasets", extra="train") from None
    library.disable_progress_bars()
    return library


def _features(library: Any, labels: LabelSet) -> datasets.Features:
    """The columns and their types."""
    index = library.Value("int32")
    relation = {"label": library.Value("string")}
    relation |= dict.fromkeys(("head_start", "head_end", "tail_start", "tail_end"), index)
    return library.Features(
        {
            "doc_id": library.Value("string"),
            "offset": index,
            "text": library.Value("string"),
            "tokens": library.List(library.Value("string")),
            "ner_tags": library.List(library.ClassLabel(names=list(labels.tags))),
            "relations": library.List(relation),
        }
    )


def _rows_of(documents: Iterable[Document], max_characters: int, losses: LossReport) -> Iterator[Row]:
    """The rows of several documents."""
    for document in documents:
        yield from to_rows(document, max_characters=max_characters, losses=losses)


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows in lists of at most `size`."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _record_batch(arrow: Any, rows: Sequence[Row], features: datasets.Features, labels: LabelSet) -> Any:
    """Rows as an Arrow batch; built by column, since there are as many tokens as characters."""
    ids = labels.tag_ids
    columns = {
        "doc_id": [row.doc_id for row in rows],
        "offset": [row.offset for row in rows],
        "text": [row.text for row in rows],
        "tokens": [list(row.text) for row in rows],
        "ner_tags": [[ids[tag] for tag in row.tags] for row in rows],
        "relations": [[_relation_columns(relation) for relation in row.relations] for row in rows],
    }
    schema = features.arrow_schema
    return arrow.record_batch([arrow.array(columns[field.name], type=field.type) for field in schema], schema=schema)


def _relation_columns(relation: Relation) -> dict[str, str | int]:
    """A relation as the dataset holds it."""
    head, tail = relation.head, relation.tail
    return {
        "label": relation.label,
        "head_start": head.start,
        "head_end": head.end,
        "tail_start": tail.start,
        "tail_end": tail.end,
    }
