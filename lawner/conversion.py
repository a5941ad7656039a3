"""From any source lawner reads to any target it writes: the work behind ``lawner convert``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawner.dataset import DatasetCounts, write_dataset
from lawner.document import Document
from lawner.errors import AnnotationError, ConfigError, LawnerError, OutputError
from lawner.formats import FORMATS, detect_format, load_annotations, save_annotations
from lawner.formats.base import note_passed_over
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.losses import LossReport
from lawner.outputs import atomic_file, atomic_folder
from lawner.readers import Failure, read_documents
from lawner.records import to_records
from lawner.splits import Ratio, split_by_file
from lawner.writers import WRITERS

REPORTS = "reports"
"""The source that is no annotation format: plain reports in any format the readers know."""

TABLE = "csv"
"""The target that is a table for people: a row per value with its name."""

DATASETS = {"dataset": False, "parquet": True}
"""Targets that are datasets, and whether they are written as Parquet."""


class StrictError(LawnerError):
    """A strict run in which something would have been left behind; nothing was written.

    Attributes:
        conversion: What was read, with every loss.
    """

    def __init__(self, message: str, conversion: Conversion) -> None:
        super().__init__(message)
        self.conversion = conversion


@dataclass(slots=True)
class Conversion:
    """The result of `convert`.

    Attributes:
        source_format: The format read, named or recognised.
        n_documents: Documents written.
        n_spans: Spans read; those the target cannot hold are among `losses`.
        n_relations: Relations read, likewise.
        losses: What was left behind, and notes.
        failures: Raw reports that could not be read.
        counts: Per split, if a dataset was written.
    """

    source_format: str
    n_documents: int = 0
    n_spans: int = 0
    n_relations: int = 0
    losses: LossReport = field(default_factory=LossReport)
    failures: list[Failure] = field(default_factory=list)
    counts: DatasetCounts | None = None


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """How a dataset is split and cut.

    Attributes:
        split_file: A CSV file with the columns id and split; None looks for ``index.csv`` in the source folder.
        ratio: Used when there is no file of splits.
        max_characters: The most a row holds.
    """

    split_file: Path | None = None
    ratio: Ratio | None = None
    max_characters: int = 510


def convert(
    source: Path,
    target: Path,
    *,
    from_format: str = "auto",
    to_format: str,
    labels: LabelSet = DEFAULT_LABELS,
    strict: bool = False,
    force: bool = False,
    options: DatasetOptions | None = None,
    on_document: Callable[[Document], None] | None = None,
) -> Conversion:
    """Convert annotated documents, or raw reports, to another format or to a dataset.

    Args:
        source: A file or folder.
        target: What to write; it appears only when everything went well.
        from_format: A key of `FORMATS`, ``"reports"``, or ``"auto"``.
        to_format: A key of `FORMATS`, ``"csv"``, ``"dataset"`` or ``"parquet"``.
        labels: The labels to keep.
        strict: Whether any loss or unreadable report is an error.
        force: Whether to replace a target that is there.
        options: For datasets.
        on_document: Called with every document as it streams by, e.g. to move a progress bar.

    Returns:
        Counts and losses.

    Raises:
        StrictError: In a strict run, if anything would have been left behind; the losses are in its `conversion`.
        LawnerError: If the source cannot be read or the target not written.
    """
    check_formats(from_format, to_format)
    check_places(source, target)
    result = Conversion(_detect(source) if from_format == "auto" else from_format)

    def documents() -> Iterator[Document]:
        """The source, counted as it streams by; strict runs stop at its end, before the target is in place."""
        for document in _load(source, result.source_format, labels, result, strict=strict):
            result.n_documents += 1
            result.n_spans += len(document.spans)
            result.n_relations += len(document.relations)
            if on_document:
                on_document(document)
            yield document

    if to_format in DATASETS:
        with atomic_folder(target, force=force) as stage:
            settings = options or DatasetOptions()
            result.counts = write_dataset(
                documents(),
                stage,
                splits=_splits(source, settings, result.losses),
                labels=labels,
                losses=result.losses,
                max_characters=settings.max_characters,
                parquet=DATASETS[to_format],
            )
            _before_commit(result, strict)
    elif to_format == TABLE:
        with atomic_file(target, force=force) as stage:
            _write_table(documents(), stage, labels)
            _before_commit(result, strict)
    else:
        save_annotations(
            documents(),
            target,
            to_format,
            losses=result.losses,
            force=force,
            before_commit=lambda: _before_commit(result, strict),
        )
    return result


def _write_table(documents: Iterable[Document], path: Path, labels: LabelSet) -> None:
    """A CSV file that spreadsheets open right; cells that would run as formulas begin with an apostrophe."""
    with WRITERS[TABLE](path) as writer:
        for document in documents:
            writer.write(document, to_records(document, labels))


def check_formats(from_format: str, to_format: str) -> None:
    """Refuse names of formats that do not exist.

    Raises:
        ConfigError: With the names that do.
    """
    sources = ("auto", *FORMATS, REPORTS)
    targets = (*FORMATS, TABLE, *DATASETS)
    if from_format not in sources:
        raise ConfigError(f"--from {from_format!r} is not a format; known are {', '.join(sources)}")
    if to_format not in targets:
        raise ConfigError(f"--to {to_format!r} is not a format; known are {', '.join(targets)}")


def _load(source: Path, from_format: str, labels: LabelSet, result: Conversion, *, strict: bool) -> Iterator[Document]:
    """The documents of the source."""
    if from_format == REPORTS:
        return _read_reports(source, result, strict=strict)
    return load_annotations(source, from_format, labels=labels, losses=result.losses)


def _read_reports(source: Path, result: Conversion, *, strict: bool) -> Iterator[Document]:
    """Plain reports; says what was passed over."""
    passed_over: Counter[str] = Counter()
    yield from read_documents(source, failures=None if strict else result.failures, passed_over=passed_over)
    note_passed_over(source, passed_over, result.losses)


def check_places(source: Path, target: Path) -> None:
    """Refuse a target whose replacement would delete the source.

    Raises:
        OutputError: If the target is the source or a folder above it.
    """
    if target.resolve() in (source.resolve(), *source.resolve().parents):
        raise OutputError(f"{target}: the source lies here and would be replaced; name another output")


def _detect(source: Path) -> str:
    """The annotation format of the source; where there is none, the message says what to do with plain reports."""
    try:
        return detect_format(source)
    except AnnotationError as error:
        raise LawnerError(f"{error}; for plain reports add --from {REPORTS}") from None


def _before_commit(result: Conversion, strict: bool) -> None:
    """End a run that read nothing, or a strict one that lost something, before the target is put in place."""
    if result.failures and not result.n_documents:
        raise LawnerError(f"nothing was written, because no report could be read: {result.failures[0]}")
    if strict and (result.losses or result.failures):
        first = result.losses.losses[0] if result.losses else result.failures[0]
        more = len(result.losses) + len(result.failures) - 1
        others = f" (and {more:,} more)" if more else ""
        raise StrictError(f"nothing was written, because --strict allows no loss: {first}{others}", result)


def _splits(source: Path, options: DatasetOptions, losses: LossReport) -> dict[str, str] | Ratio:
    """The file of splits if one is named or lies in the source, else the ratio."""
    if options.split_file is not None:
        return split_by_file(options.split_file)
    if options.ratio is None:
        index = source / "index.csv"
        if index.is_file():
            losses.note(f"splits are those of {index}")
            return split_by_file(index)
    return options.ratio or Ratio()
