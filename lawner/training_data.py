"""Annotated documents as the windows a tagger is trained on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lawner.alignment import to_token_spans
from lawner.augmentation import Augmentation, NamePool, augment
from lawner.config import load_labels
from lawner.dataset_reading import is_dataset, read_dataset
from lawner.document import Document
from lawner.encoding import Encoder, Encoding
from lawner.errors import ConfigError
from lawner.excerpts import Excerpt, are_numbers
from lawner.formats import load_annotations
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.losses import LossReport, Reason
from lawner.splits import SPLITS, Ratio, find_split, note_oddities, split_by_file, split_by_ratio
from lawner.train_config import DataConfig, WindowConfig

LONG_LINE = 25
"""Characters from which a line counts as a text of its own."""

IGNORED = -100
"""The label of tokens that no loss is computed on: special tokens and the context of a window."""


@dataclass(frozen=True, slots=True)
class Example:
    """A window ready for the model.

    Attributes:
        input_ids: With [CLS] and [SEP].
        labels: Tag ids; `IGNORED` outside the core.
    """

    input_ids: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Splits:
    """Documents by what they are for.

    Attributes:
        train: Fit the weights.
        validation: Decide when to stop.
        test: Report.
    """

    train: list[Document]
    validation: list[Document]
    test: list[Document]


def load_splits(config: DataConfig, losses: LossReport) -> tuple[Splits, LabelSet]:
    """The documents of a run by split, and the labels.

    Args:
        config: Where the documents are; a dataset folder brings its own splits.
        losses: Receives annotations that could not be used.

    Raises:
        ConfigError: If a split that is needed is empty, a document has no split, or a label occurs in no training
            document.
        LawnerError: If the documents cannot be read.
    """
    labels = load_labels(config.labels) if config.labels else DEFAULT_LABELS
    if is_dataset(config.annotations):
        parts = read_dataset(config.annotations, labels)
        losses.note(f"{config.annotations}: splits are those of the dataset")
    else:
        parts = _by_split(config, labels, losses)
    train = sorted(parts["train"], key=lambda document: document.doc_id)
    random.Random(13).shuffle(train)
    train = train[: max(1, round(config.share * len(train)))]
    scored = long_lines([*parts["validation"], *parts["test"]])
    for folder in config.extra:
        more = list(load_annotations(folder, "auto", labels=labels, losses=losses))
        if twins := [document.doc_id for document in more if long_lines([document]) & scored]:
            losses.note(
                f"{folder}: {len(twins)} documents share long lines with the validation or test split, whose scores "
                f"are then no evidence; first: {twins[0]}"
            )
        train += more
    for name, part in (("train", train), ("validation", parts["validation"])):
        if not part:
            raise ConfigError(f"{config.annotations}: no document falls into the split {name}; training needs some")
    found = {span.label for document in train for span in document.spans}
    if missing := [label for label in labels.spans if label not in found]:
        raise ConfigError(
            f"{config.annotations}: the label {missing[0]} occurs in no training document; annotate some, or give a "
            "label set without it as data.labels"
        )
    return Splits(train, parts["validation"], parts["test"]), labels


def long_lines(documents: Iterable[Document]) -> set[str]:
    """Lines that two documents will hardly have in common by chance."""
    lines = (line.strip() for document in documents for line in document.text.splitlines())
    return {line for line in lines if len(line) >= LONG_LINE}


def _by_split(config: DataConfig, labels: LabelSet, losses: LossReport) -> dict[str, list[Document]]:
    """The annotated documents of every split."""
    documents = list(load_annotations(config.annotations, config.format, labels=labels, losses=losses))
    parts: dict[str, list[Document]] = {split: [] for split in SPLITS}
    splits = split_by_file(config.splits) if config.splits else split_by_ratio(documents, to_ratio(config))
    for document in documents:
        try:
            parts[find_split(splits, document.doc_id)].append(document)
        except ConfigError:
            raise ConfigError(
                f"{config.splits}: document {document.doc_id} has no split; add a line for it, or set data.splits to "
                "null to split by data.ratio"
            ) from None
    if config.splits:
        note_oddities(documents, splits, losses)
    return parts


def to_ratio(config: DataConfig) -> Ratio:
    """The shares of the splits.

    Raises:
        ConfigError: If they do not add up.
    """
    try:
        return Ratio(*map(float, config.ratio))  # type: ignore[arg-type]
    except ValueError as error:
        raise ConfigError(f"data.ratio: {error}") from None


def settle_windows(windows: WindowConfig, labels: LabelSet, losses: LossReport) -> WindowConfig:
    """The windows that suit the labels: all sentences where a value need not be a number.

    Args:
        windows: As asked for.
        labels: Of the run.
        losses: Hears of a setting that could not be kept.
    """
    if not windows.numeric or are_numbers(labels):
        return windows
    losses.note(f"windows.numeric is left out: values of the labels {', '.join(labels.values)} need not be numbers")
    return replace(windows, numeric=False)


def to_examples(
    document: Document, encoder: Encoder, windows: WindowConfig, *, labels: LabelSet, losses: LossReport
) -> Iterator[Example]:
    """The windows of a document, each token's tag counted in one of them.

    Args:
        document: With gold spans.
        encoder: The model's.
        windows: Size and context.
        labels: Tags and their ids.
        losses: Receives spans that do not begin and end where tokens do, or stand in a sentence that is not read.
    """
    excerpt = Excerpt.of(document.text, encoder.encode(document.text), numeric=windows.numeric)
    ids, tag_ids = excerpt.part.ids, tag_excerpt(document, excerpt, labels, losses)
    for window in excerpt.windows(size=windows.size, context=windows.context):
        counted = np.full(window.end - window.start, IGNORED, dtype=np.int64)
        core = slice(window.core_start, window.core_end)
        counted[window.core_start - window.start : window.core_end - window.start] = tag_ids[core]
        input_ids = [encoder.cls_id, *ids[window.start : window.end].tolist(), encoder.sep_id]
        yield Example(np.array(input_ids, dtype=np.int64), np.pad(counted, 1, constant_values=IGNORED))


def tag_excerpt(document: Document, excerpt: Excerpt, labels: LabelSet, losses: LossReport) -> npt.NDArray[np.int64]:
    """A tag id for every token that is read.

    Shapes:
        result: ``(n_kept,)``
    """
    tag_ids = tag_tokens(document, excerpt.encoding, labels, losses)
    for index in np.flatnonzero((tag_ids > 0) & (tag_ids % 2 == 1) & ~excerpt.kept).tolist():
        start, end = excerpt.encoding.offsets[index].tolist()
        detail = f"{document.text[start:end]}… at {start}"
        losses.add(document.source or document.doc_id, 0, Reason.NOT_READ, detail)
    return tag_ids[excerpt.kept]


def tag_tokens(document: Document, encoding: Encoding, labels: LabelSet, losses: LossReport) -> npt.NDArray[np.int64]:
    """A tag id for every token.

    Shapes:
        result: ``(n_tokens,)``
    """
    aligned = to_token_spans((span for span in document.spans if span.label in labels.spans), encoding.offsets)
    for span in aligned.dropped:
        losses.add(
            document.source or document.doc_id, 0, Reason.UNALIGNED, f"{span.label} {document.text_of(span)[:40]!r}"
        )
    ids = np.zeros(len(encoding.ids), dtype=np.int64)
    of_tag = labels.tag_ids
    for start, end, label in aligned.spans:
        ids[start] = of_tag[f"B-{label}"]
        ids[start + 1 : end] = of_tag[f"I-{label}"]
    return ids


def augmented_epochs(
    documents: Sequence[Document], *, epochs: int, settings: Augmentation, labels: LabelSet, seed: int
) -> Iterable[list[Document]]:
    """The training documents of every epoch: the first as they are, the others varied, the same for the same seed."""
    pool = NamePool.from_documents(documents, labels)
    for epoch in range(epochs):
        rng = random.Random(f"{seed}/{epoch}")
        if epoch:
            yield [augment(document, settings=settings, pool=pool, rng=rng) for document in documents]
        else:
            yield list(documents)
