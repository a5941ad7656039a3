"""Reports to a table of indicators: files and folders in, a row per indicator out, whatever happens on the way."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawner import __version__
from lawner.document import Document
from lawner.errors import LawnerError
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.manifests import make_manifest
from lawner.readers import Failure
from lawner.records import to_records
from lawner.resuming import Journal, Part
from lawner.sources import Position, Source, default_workers, list_sources, read_sources
from lawner.tag_outputs import OUTPUT, Outputs, TagOptions
from lawner.tagger import Tagger
from lawner.writers import RecordWriter

__all__ = ["TagOptions", "Tagging", "tag_reports"]


@dataclass(slots=True)
class Tagging:
    """The result of `tag_reports`.

    Attributes:
        n_documents: Reports in the table, those without any indicator counted in.
        n_records: Rows of the table.
        n_characters: Characters of the reports.
        n_resumed: Reports taken over from the run that was stopped.
        n_repeated: Files that were named more than once and read once.
        failures: Reports that could not be read.
        passed_over: What lies in the folders and is no report, as `lawner.files.walk` counts it.
        losses: Predictions that the annotation format cannot hold.
        notes: What the format of the table could not hold as it is.
        errors: The table of the failures, if one was written.
    """

    n_documents: int = 0
    n_records: int = 0
    n_characters: int = 0
    n_resumed: int = 0
    n_repeated: int = 0
    failures: list[Failure] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    losses: LossReport = field(default_factory=LossReport)
    notes: list[str] = field(default_factory=list)
    errors: Path | None = None


def tag_reports(
    paths: Sequence[Path],
    target: Path | None,
    tagger: Tagger,
    *,
    options: TagOptions | None = None,
    on_document: Callable[[Document], None] | None = None,
) -> Tagging:
    """Tag reports and write their indicators, with a memory that does not grow with the number of reports.

    Args:
        paths: Files and folders.
        target: The table to make; it appears only when it is whole. None for JSON Lines on the standard output.
        tagger: What finds the indicators.
        options: See `TagOptions`.
        on_document: Called with every tagged document as it streams by, e.g. to move a progress bar.

    Raises:
        LawnerError: If a path does not exist, no report can be read, or an output cannot be written.
    """
    outputs = Outputs.of(target, options or TagOptions())
    outputs.check()
    sources = list_sources(paths, leave_out=outputs.tables)
    result = Tagging(n_repeated=sources.n_repeated, passed_over=sources.passed_over, failures=[*sources.failures])
    run = _Run(tagger, outputs, sources.files, result, on_document)
    if target is None:
        run.write(None)
        return result
    journal = Journal(target.with_name(f".{target.name}.lawner"), run.manifest())
    try:
        journal.begin(resume=outputs.options.resume, force=outputs.options.force)
        run.write(journal)
        journal.remove()
    finally:
        journal.close()
    return result


@dataclass(slots=True)
class _Run:
    """One run.

    Attributes:
        labels: The labels to keep.
        waiting: Where the documents stand that are being tagged.
        untold: Failures since the last finished part, and where.
    """

    tagger: Tagger
    outputs: Outputs
    files: Sequence[Source]
    result: Tagging
    on_document: Callable[[Document], None] | None
    labels: LabelSet = field(init=False)
    waiting: deque[Position] = field(default_factory=deque)
    untold: deque[tuple[Position, Failure]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Refuse labels that the model does not know."""
        self.labels = self.outputs.options.labels or self.tagger.labels
        unknown = sorted(set(self.labels.spans) - set(self.tagger.labels.spans))
        if unknown:
            known = ", ".join(self.tagger.labels.spans)
            raise LawnerError(f"the model does not know the labels {', '.join(unknown)}; it finds {known}")

    def manifest(self) -> dict[str, Any]:
        """What the finished parts of this run depend on."""
        labels = [list(self.labels.spans), list(self.labels.relations), self.labels.name]
        folder, engine = self.tagger.folder.path, self.tagger.engine.name
        return make_manifest(self.files, version=__version__, model=folder, engine=engine, settings={"labels": labels})

    def write(self, journal: Journal | None) -> None:
        """Tag everything and put the outputs in place, the table last."""
        stage = journal.folder / OUTPUT if journal else None
        documents = self._documents(journal)
        with self.outputs.open_table(stage) as writer:
            if self.outputs.annotations is None:
                for document in documents:
                    self._record(writer, document)
            else:
                self.outputs.save_annotations(self._recorded(writer, documents), stage, self.result.losses)
        self.result.n_records = writer.written.n_records
        self.result.notes += writer.written.notes()
        self.result.errors = self.outputs.write_errors(self.result.failures)
        if not self.result.n_documents:
            first, n_more = self.result.failures[0], len(self.result.failures) - 1
            more = f" (and {n_more:,} more)" if n_more else ""
            raise LawnerError(f"nothing was written, because no report could be read: {first}{more}")
        if stage is not None:
            self.outputs.place(stage)

    def _recorded(self, writer: RecordWriter, documents: Iterator[Document]) -> Iterator[Document]:
        """The documents, each after its rows were written."""
        for document in documents:
            self._record(writer, document)
            yield document

    def _record(self, writer: RecordWriter, document: Document) -> None:
        """Write the rows of a document."""
        writer.write(document, to_records(document, self.labels))
        self.result.n_documents += 1
        self.result.n_characters += len(document.text)
        if self.on_document is not None:
            self.on_document(document)

    def _documents(self, journal: Journal | None) -> Iterator[Document]:
        """Every report, tagged: those of finished parts, then the others."""
        start: Position = (0, 0)
        for item in journal.replay() if journal else ():
            if isinstance(item, Part):
                start = item.following
                self.result.failures += item.failures
            else:
                self.result.n_resumed += 1
                yield item
        workers = self.outputs.options.workers
        if workers is None:
            workers = default_workers(self.files, processors=self.tagger.engine.threads)
        with closing(read_sources(self.files, workers=workers, start=start)) as reading:
            for document in self.tagger.tag_many(self._texts(reading)):
                kept = self._kept(document)
                file, number = self.waiting.popleft()
                if journal and journal.add(kept):
                    journal.finish_part((file, number + 1), self._told((file, number + 1)))
                yield kept

    def _texts(self, reading: Iterator[tuple[Position, Document | Failure]]) -> Iterator[Document]:
        """The documents on their way to the tagger; failures are kept."""
        for position, found in reading:
            if isinstance(found, Failure):
                self.result.failures.append(found)
                self.untold.append((position, found))
            else:
                self.waiting.append(position)
                yield found

    def _told(self, until: Position) -> list[Failure]:
        """The failures before a position that no part holds yet."""
        told = []
        while self.untold and self.untold[0][0] < until:
            told.append(self.untold.popleft()[1])
        return told

    def _kept(self, document: Document) -> Document:
        """The document with the spans of the labels to keep."""
        if self.labels.spans == self.tagger.labels.spans:
            return document
        spans = [span for span in document.spans if span.label in self.labels.spans]
        kept = set(spans)
        return document.with_spans(spans, (one for one in document.relations if {one.head, one.tail} <= kept))
