"""What a run has done so far, kept beside its output, so that a run that was stopped can go on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lawner.document import Document, Relation, Span
from lawner.errors import OutputError
from lawner.manifests import first_change
from lawner.readers import Failure
from lawner.sources import Position

PART_DOCUMENTS, PART_CHARACTERS = 64, 500_000
"""A part is finished with so many documents or characters: what is lost, at most, when a run is killed."""

MANIFEST, LOCK = "manifest.json", "lock"


@dataclass(frozen=True, slots=True)
class Part:
    """The end of a finished part.

    Attributes:
        n_documents: Documents in the part.
        following: The position of the first report after it.
        failures: Reports in the part that could not be read.
    """

    n_documents: int
    following: Position
    failures: list[Failure]


class Journal:
    """Finished parts of a run in a hidden folder beside its output: a JSON line per tagged document, then their end.

    Attributes:
        folder: Where they lie, e.g. ``.indicators.xlsx.lawner``; `remove` it when the output is in place.
        manifest: What the parts depend on; see `lawner.manifests`.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self._lock: IO[bytes] | None = None
        self._stream: IO[str] | None = None
        self._owned = False
        self._number = self._n_documents = self._n_characters = 0

    def begin(self, *, resume: bool, force: bool) -> None:
        """Take the folder for this run; without `resume` empty, else with the parts that are finished.

        Raises:
            OutputError: If another run is writing here, or a stopped one left parts and `resume` is missing or
                impossible because something has changed (and not `force`).
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / LOCK).open("ab")
            _lock(self._lock, self.folder)
            if any(self._finished()):
                if resume:
                    self._check_manifest(force=force)
                elif not force:
                    raise OutputError(
                        f"{self.folder}: a run that was stopped left its work here; add --resume to go on with it, or "
                        "--force to begin anew"
                    )
            self._owned = True
            self._clear(keep_parts=resume)
            text = json.dumps(self.manifest, ensure_ascii=False)
            (self.folder / MANIFEST).write_text(text, encoding="utf-8", errors="surrogatepass")
        except OSError as error:
            raise OutputError(
                f"{self.folder}: nothing can be written here ({error.strerror}); name another place"
            ) from None

    def _check_manifest(self, *, force: bool) -> None:
        """Refuse parts that another model, version or list of reports made; with `force`, leave them aside."""
        try:
            text = (self.folder / MANIFEST).read_text(encoding="utf-8", errors="surrogatepass")
            changed = first_change(json.loads(text), self.manifest)
        except (OSError, ValueError, AttributeError):
            changed = "a manifest that cannot be read"
        if changed and not force:
            raise OutputError(
                f"{self.folder}: the run that was stopped had {changed}, so it cannot go on; add --force without "
                "--resume to begin anew"
            )
        if changed:
            self._clear(keep_parts=False)

    def _clear(self, *, keep_parts: bool) -> None:
        """Remove what is no finished part."""
        kept = {LOCK} | ({path.name for path in self._finished()} if keep_parts else set())
        for path in self.folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.jsonl"

    def _finished(self) -> Iterator[Path]:
        """The finished parts in order."""
        number = 0
        while (path := self._path(number)).is_file():
            yield path
            number += 1

    def replay(self) -> Iterator[Document | Part]:
        """The documents of every finished part, each part with its end; new parts are counted on from there.

        Raises:
            OutputError: If a part is not as it was written.
        """
        for path in self._finished():
            self._number += 1
            n_documents, end = 0, None
            with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
                try:
                    for line in stream:
                        row = json.loads(line)
                        if "following" in row:
                            following = (int(row["following"][0]), int(row["following"][1]))
                            end = Part(row["documents"], following, [Failure(*one) for one in row["failures"]])
                        else:
                            n_documents += 1
                            yield _to_document(row)
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    raise OutputError(f"{path}: this is damaged ({error}); begin anew with --force") from None
            if end is None or end.n_documents != n_documents:
                raise OutputError(f"{path}: this is damaged (its end is missing); begin anew with --force")
            yield end

    def add(self, document: Document) -> bool:
        """Write a document down; whether the part is full."""
        if self._stream is None:
            path = self._path(self._number).with_suffix(".unfinished")
            self._stream = path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n")
        self._stream.write(json.dumps(_to_row(document), ensure_ascii=False) + "\n")
        self._n_documents += 1
        self._n_characters += len(document.text)
        return self._n_documents >= PART_DOCUMENTS or self._n_characters >= PART_CHARACTERS

    def finish_part(self, following: Position, failures: Sequence[Failure]) -> None:
        """Finish the part: from now on it survives the run."""
        if self._stream is None:
            return
        end = {"documents": self._n_documents, "following": following}
        rows = [[failure.path, failure.reason] for failure in failures]
        with self._stream as stream:
            stream.write(json.dumps(end | {"failures": rows}, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        path = self._path(self._number)
        path.with_suffix(".unfinished").replace(path)
        self._stream, self._number = None, self._number + 1
        self._n_documents = self._n_characters = 0

    def close(self) -> None:
        """Let go of the folder; where no part is finished, nothing of it stays."""
        if self._stream is not None:
            self._stream.close()
        if self._lock is not None:
            self._lock.close()
        if self._owned and not any(self._finished()):
            self.remove()

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _lock(stream: IO[bytes], folder: Path) -> None:
    """Hold a file for as long as this process lives, where the system can do that."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OutputError(f"{folder}: another run is writing here; wait for it, or name another output") from None


def _to_row(document: Document) -> dict[str, Any]:
    """A document as JSON; relations point to the places of their spans."""
    place = {span: index for index, span in enumerate(document.spans)}
    return {
        "doc_id": document.doc_id,
        "text": document.text,
        "source": document.source,
        "spans": [[span.start, span.end, span.label, float(span.score)] for span in document.spans],
        "relations": [[place[one.head], place[one.tail], one.label, float(one.score)] for one in document.relations],
    }


def _to_document(row: Mapping[str, Any]) -> Document:
    """The inverse of `_to_row`."""
    spans = [Span(*values) for values in row["spans"]]
    relations = [Relation(spans[head], spans[tail], label, score) for head, tail, label, score in row["relations"]]
    return Document(row["doc_id"], row["text"], spans, relations, row["source"])
