"""Datasets that ``lawner convert`` wrote, read back as documents."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lawner.document import Document, Relation, Span
from lawner.errors import LawnerError, MissingExtraError
from lawner.labels import LabelSet
from lawner.splits import SPLITS
from lawner.tags import tags_to_spans

COLUMNS = ("doc_id", "offset", "text", "ner_tags", "relations")
"""What is read; the tokens are the characters of the text."""

MARKERS = ("dataset_dict.json", "dataset_info.json", *(f"{split}.parquet" for split in SPLITS))
ADVICE = "give a folder that lawner convert --to dataset or --to parquet wrote"


def is_dataset(path: Path) -> bool:
    """Whether a folder holds a dataset, in Arrow or Parquet files."""
    return any((path / name).is_file() for name in MARKERS)


def read_dataset(path: Path, labels: LabelSet) -> dict[str, list[Document]]:
    """The documents of a dataset by split, put together from their rows, in the order of the dataset.

    Args:
        path: A folder that `lawner.dataset.write_dataset` filled.
        labels: The labels it was written with.

    Returns:
        A list for every split; empty where the dataset has none.

    Raises:
        LawnerError: If it cannot be read, has other columns or labels, or lacks rows of a document.
        MissingExtraError: If the packages for this are not installed.
    """
    try:
        tables = _tables(path)
    except (OSError, ValueError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise LawnerError(f"{path}: this dataset cannot be read ({reason}); {ADVICE}") from None
    parts: dict[str, list[Document]] = {split: [] for split in SPLITS}
    for split, (table, features) in tables.items():
        _check(path, split, features, labels)
        rows: dict[str, list[dict[str, Any]]] = {}
        for batch in table.select(list(COLUMNS)).to_batches():
            for row in batch.to_pylist():
                rows.setdefault(row["doc_id"], []).append(row)
        parts[split] = [_join(path, doc_id, of_document, labels) for doc_id, of_document in rows.items()]
    return parts


def _tables(path: Path) -> dict[str, tuple[Any, Any]]:
    """Arrow table and features of every split."""
    try:
        library, parquet = importlib.import_module("datasets"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtraError("reading a dataset", package="datasets", extra="train") from None
    files = {split: path / f"{split}.parquet" for split in SPLITS if (path / f"{split}.parquet").is_file()}
    if files:
        read = {split: parquet.read_table(file) for split, file in files.items()}
        return {split: (table, library.Features.from_arrow_schema(table.schema)) for split, table in read.items()}
    loaded = library.load_from_disk(str(path))
    if not isinstance(loaded, Mapping):
        raise ValueError("it is one split alone")
    return {split: (part.data.table, part.features) for split, part in loaded.items()}


def _check(path: Path, split: str, features: Mapping[str, Any], labels: LabelSet) -> None:
    """Refuse a split with another name, other columns or other tags."""
    if split not in SPLITS:
        raise LawnerError(f"{path}: the dataset has a split {split}; expected {', '.join(SPLITS)}; {ADVICE}")
    if missing := [name for name in COLUMNS if name not in features]:
        found = ", ".join(features)
        raise LawnerError(f"{path}: the dataset has no column {missing[0]}, but {found}; {ADVICE}")
    names = getattr(getattr(features["ner_tags"], "feature", None), "names", None)
    if names is None:
        raise LawnerError(f"{path}: the column ner_tags of the dataset does not say what its tags are; {ADVICE}")
    if tuple(names) != labels.tags:
        raise LawnerError(
            f"{path}: the dataset has the tags {', '.join(names)}, but expected were {', '.join(labels.tags)}; give "
            "the label set that it was made with as data.labels"
        )


def _join(path: Path, doc_id: str, rows: Sequence[Mapping[str, Any]], labels: LabelSet) -> Document:
    """The document that rows hold."""
    texts: list[str] = []
    spans: list[Span] = []
    relations: list[Relation] = []
    end = 0
    for row in sorted(rows, key=lambda row: int(row["offset"])):
        offset, text, tags = row["offset"], row["text"], [labels.tags[tag_id] for tag_id in row["ner_tags"]]
        if offset != end or len(tags) != len(text):
            raise LawnerError(
                f"{path}: document {doc_id} has a row of {len(text)} characters and {len(tags)} tags at {offset}, "
                f"where {end} was expected; write the dataset again"
            )
        of_row = [Span(offset + start, offset + stop, label) for start, stop, label in tags_to_spans(tags)]
        spans += of_row
        relations += _relations(path, doc_id, row, {(span.start, span.end): span for span in of_row}, labels)
        texts.append(text)
        end += len(text)
    return Document(doc_id, "".join(texts), spans, relations, source=str(path))


def _relations(
    path: Path, doc_id: str, row: Mapping[str, Any], spans: Mapping[tuple[int, int], Span], labels: LabelSet
) -> list[Relation]:
    """The relations of a row."""
    found = []
    for one in row["relations"]:
        head, tail = (
            spans.get((row["offset"] + one[f"{end}_start"], row["offset"] + one[f"{end}_end"]))
            for end in ("head", "tail")
        )
        if head is None or tail is None:
            raise LawnerError(
                f"{path}: document {doc_id}: a relation {one['label']} at {row['offset']} joins what the tags do not "
                "mark; write the dataset again"
            )
        if labels.relations and one["label"] not in labels.relations:
            known = ", ".join(labels.relations)
            raise LawnerError(
                f"{path}: the dataset has the relation {one['label']}, but the label set knows {known}; give the one "
                "that it was made with as data.labels"
            )
        found.append(Relation(head, tail, one["label"]))
    return found
