"""The outputs of a tagging run: the table, the list of what could not be read, and the predictions for correction."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from lawner.document import Document
from lawner.errors import LawnerError, OutputError
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.outputs import atomic_file, atomic_folder
from lawner.readers import Failure
from lawner.writers import AUTO, RecordWriter, check_target, open_writer
from lawner.writers.csv import guarded

OUTPUT = "output"
"""Folder of the journal in which outputs grow until they are put in place."""

ERRORS = "errors.csv"
ERROR_COLUMNS = ("path", "reason")

ANNOTATION_FORMATS = {"brat": "brat", "label-studio": "label-studio-predictions", "doccano": "doccano"}
"""Annotation tool to the format that has predictions corrected in it."""

FILES_OF_TOOLS = {"label-studio": "tasks.json", "doccano": "documents.jsonl"}
"""What is written into the folder of annotations for tools that read one file."""


@dataclass(frozen=True, slots=True)
class TagOptions:
    """How reports are tagged and what is written.

    Attributes:
        fmt: The format of the table, ``"auto"`` for that of its suffix.
        labels: Labels to keep; all that the model knows by default.
        workers: Processes that read files; None for as many as are worth it.
        errors: Table of the reports that cannot be read; ``errors.csv`` beside the output by default.
        annotations: Where to write the predictions for correction in an annotation tool.
        annotation_format: A key of `ANNOTATION_FORMATS`.
        resume: Whether to go on with a run that was stopped.
        force: Whether to replace outputs that are there.
    """

    fmt: str = AUTO
    labels: LabelSet | None = None
    workers: int | None = None
    errors: Path | None = None
    annotations: Path | None = None
    annotation_format: str = "brat"
    resume: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Outputs:
    """The places of the outputs of a run.

    Attributes:
        target: The table; None for the standard output.
        errors: The table of the reports that cannot be read; None where they are only counted.
        annotations: The file or folder of the predictions, None where none are asked for.
        options: See `TagOptions`.
    """

    target: Path | None
    errors: Path | None
    annotations: Path | None
    options: TagOptions

    @classmethod
    def of(cls, target: Path | None, options: TagOptions) -> Outputs:
        """The outputs of a run that makes a table.

        Raises:
            LawnerError: If there is no annotation tool of that name.
        """
        if options.annotation_format not in ANNOTATION_FORMATS:
            known = ", ".join(ANNOTATION_FORMATS)
            raise LawnerError(f"{options.annotation_format!r} is no annotation tool; known are {known}")
        errors = options.errors or (target.with_name(ERRORS) if target is not None else None)
        place, name = options.annotations, FILES_OF_TOOLS.get(options.annotation_format)
        if place is not None and name and place.suffix != Path(name).suffix:
            place = place / name
        return cls(target, errors, place, options)

    @property
    def tables(self) -> list[Path]:
        """The files that are no reports, wherever they lie."""
        return [path for path in (self.target, self.errors) if path is not None]

    def check(self) -> None:
        """Find out before any work what would stop it at its end.

        Raises:
            OutputError: If an output exists (and is not to be replaced), or two are the same.
        """
        check_target(self.target, fmt=self.options.fmt)
        if self.target is None and self.options.resume:
            raise OutputError("--resume needs a table in a file; name one with -o")
        places = [path.absolute() for path in (*self.tables, self.annotations) if path is not None]
        if len(set(places)) != len(places):
            raise OutputError(f"{places[-1]}: two outputs are to be written here; name another place for one")
        for path in (self.target, self.annotations):
            taken = path is not None and path.exists() and not (path.is_dir() and not any(path.iterdir()))
            if taken and not self.options.force:
                raise OutputError(f"{path}: it exists already; name another output or add --force to replace it")
        if self.target is not None and self.target.is_dir():
            raise OutputError(f"{self.target}: this is a folder, but a file is to be written; name a file")
        if self.errors is not None and self.errors.exists() and not self.options.force and not _is_own(self.errors):
            raise OutputError(
                f"{self.errors}: it exists and is no list of lawner's; name another place with --errors, or add --force"
            )

    def open_table(self, stage: Path | None) -> AbstractContextManager[RecordWriter]:
        """The writer of the table; with a stage, of what `place` will make the table of."""
        if self.target is None or stage is None:
            return open_writer(self.target, fmt=self.options.fmt, force=self.options.force)
        fmt = check_target(self.target, fmt=self.options.fmt)
        return open_writer(stage / self.target.name, fmt=fmt, force=True)

    def save_annotations(self, documents: Iterable[Document], stage: Path | None, losses: LossReport) -> None:
        """Write the predictions; with a stage, what `place` will make them of."""
        from lawner.formats import save_annotations

        if self.annotations is None:
            return
        target = self.annotations if stage is None else stage / "annotations" / self.annotations.name
        fmt = ANNOTATION_FORMATS[self.options.annotation_format]
        save_annotations(documents, target, fmt, losses=losses, force=self.options.force)

    def write_errors(self, failures: Sequence[Failure]) -> Path | None:
        """The list of what could not be read; one of an earlier run is replaced, and none made where all was read."""
        if self.errors is None or not (failures or self.options.errors or self.errors.exists()):
            return None
        with (
            atomic_file(self.errors, force=True) as stage,
            stage.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as stream,
        ):
            rows = csv.writer(stream)
            rows.writerow(ERROR_COLUMNS)
            rows.writerows([guarded(failure.path), guarded(failure.reason)] for failure in failures)
        return self.errors

    def place(self, stage: Path) -> None:
        """Put the finished outputs where they belong, the table last."""
        if self.annotations is not None:
            made = stage / "annotations" / self.annotations.name
            if made.is_dir():
                with atomic_folder(self.annotations, force=self.options.force) as folder:
                    for path in made.iterdir():
                        shutil.move(path, folder / path.name)
            else:
                with atomic_file(self.annotations, force=self.options.force) as file:
                    shutil.move(made, file)
        if self.target is not None:
            with atomic_file(self.target, force=self.options.force) as file:
                shutil.move(stage / self.target.name, file)


def _is_own(path: Path) -> bool:
    """Whether a file is a list that `Outputs.write_errors` made."""
    try:
        with path.open("rb") as stream:
            return stream.read(64).removeprefix(b"\xef\xbb\xbf").startswith(",".join(ERROR_COLUMNS).encode())
    except OSError:
        return False
