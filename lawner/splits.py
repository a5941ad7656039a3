"""Which document goes to which split; whole documents always, never windows of them."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from lawner.document import Document
from lawner.errors import ConfigError
from lawner.losses import LossReport

SPLITS = ("train", "validation", "test")
SPLIT_NAMES = {"train": "train", "validation": "validation", "valid": "validation", "dev": "validation", "test": "test"}


@dataclass(frozen=True, slots=True)
class Ratio:
    """Shares of the documents per split, and the seed of the shuffle.

    Attributes:
        train: Share of the training split.
        validation: Share of the validation split.
        test: Share of the test split; the three add up to 1.
        seed: The same documents with the same seed always fall into the same splits.
    """

    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1
    seed: int = 13

    def __post_init__(self) -> None:
        """Refuse shares that are negative or do not add up."""
        shares = (self.train, self.validation, self.test)
        if not all(isfinite(share) and share >= 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
            raise ValueError(f"shares {self.train}, {self.validation}, {self.test} must be at least 0 and add up to 1")


def split_by_ratio(documents: Sequence[Document], ratio: Ratio) -> dict[str, str]:
    """A split for every document; documents with the same text go together, so that none is tested on its twin.

    Returns:
        Document id to split name.
    """
    groups: dict[bytes, list[str]] = {}
    for document in sorted(documents, key=lambda document: document.doc_id):
        groups.setdefault(document.digest, []).append(document.doc_id)
    members = list(groups.values())
    random.Random(ratio.seed).shuffle(members)
    n_train = round(len(members) * ratio.train)
    n_validation = round(len(members) * ratio.validation)
    splits: dict[str, str] = {}
    for index, doc_ids in enumerate(members):
        split = SPLITS[0 if index < n_train else 1 if index < n_train + n_validation else 2]
        splits |= dict.fromkeys(doc_ids, split)
    return splits


def split_by_file(path: Path) -> dict[str, str]:
    """The splits a CSV file with the columns ``id`` and ``split`` fixes.

    Returns:
        Document id to split name; ``dev`` and ``valid`` mean ``validation``.

    Raises:
        ConfigError: If a column is missing, a split is unknown, or a document is named twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file of splits") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read as a UTF-8 CSV file ({error})") from None
    splits: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        if row.get("id") is None or row.get("split") is None:
            found = ", ".join(str(key) for key in row)
            raise ConfigError(f"{path}:{number}: the columns id and split are needed; found {found}")
        if row["split"] not in SPLIT_NAMES:
            raise ConfigError(f"{path}:{number}: split {row['split']!r} is none of {', '.join(SPLIT_NAMES)}")
        if row["id"] in splits:
            raise ConfigError(f"{path}:{number}: document {row['id']!r} is named a second time")
        splits[row["id"]] = SPLIT_NAMES[row["split"]]
    return splits


def find_split(splits: Mapping[str, str], doc_id: str) -> str:
    """The split of a document, by its id or by the last part of it.

    Raises:
        ConfigError: If the file of splits does not name it.
    """
    split = splits.get(doc_id) or splits.get(doc_id.rsplit("/", 1)[-1])
    if split is None:
        raise ConfigError(
            f"document {doc_id!r} has no split; add it to the file of splits (index.csv) or give --split-ratio"
        )
    return split


def note_oddities(documents: Sequence[Document], splits: Mapping[str, str], losses: LossReport) -> None:
    """Say what a file of splits gets wrong: lines without a document, and one text on two sides."""
    names = {name for document in documents for name in (document.doc_id, document.doc_id.rsplit("/", 1)[-1])}
    missing = sorted(splits.keys() - names)
    if missing:
        losses.note(f"{len(missing):,} lines of the file of splits name no document here; first: {missing[0]}")
    seen: dict[str, Document] = {}
    for document in documents:
        twin = seen.setdefault(document.text, document)
        if find_split(splits, twin.doc_id) != find_split(splits, document.doc_id):
            losses.note(f"{twin.doc_id} and {document.doc_id} have the same text but fall into different splits")
