"""Annotation formats: one mapping from a name to what reads and writes it.

To add a format, write one module with a `FORMAT` and add it to the list below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from lawner.document import Document
from lawner.errors import AnnotationError, LawnerError, OutputError, ReadError
from lawner.files import describe_passed_over, walk
from lawner.formats import brat, conll, doccano, label_studio, prodigy, webanno
from lawner.formats.base import Format, read_head
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.losses import LossReport
from lawner.outputs import atomic_file, atomic_folder

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        one.name: one
        for one in (
            brat.FORMAT,
            doccano.FORMAT,
            label_studio.FORMAT,
            label_studio.PREDICTIONS,
            prodigy.FORMAT,
            conll.FORMAT,
            webanno.FORMAT,
        )
    }
)
"""Every annotation format by name, in the order in which files are tried for them."""

AUTO = "auto"

__all__ = ["AUTO", "FORMATS", "Format", "detect_format", "load_annotations", "save_annotations"]


def load_annotations(
    path: Path, fmt: str = AUTO, *, labels: LabelSet = DEFAULT_LABELS, losses: LossReport
) -> Iterator[Document]:
    """Read annotated documents.

    Args:
        path: A file, or a folder that is walked with its subfolders in a stable order.
        fmt: A key of `FORMATS`, or ``"auto"`` to recognise the format.
        labels: The labels to keep.
        losses: Receives every annotation that is left behind, while the documents are read.

    Returns:
        The documents, read as they are asked for.

    Raises:
        LawnerError: If the format is unknown or not recognised, or a file cannot be read.
    """
    chosen = _format(detect_format(path) if fmt == AUTO else fmt)
    return chosen.load(path, labels=labels, losses=losses)


def save_annotations(
    documents: Iterable[Document],
    path: Path,
    fmt: str,
    *,
    losses: LossReport,
    force: bool = False,
    before_commit: Callable[[], None] | None = None,
) -> int:
    """Write annotated documents; nothing is left at `path` unless all of them were written.

    Args:
        documents: Read one by one while they are written.
        path: The file or folder to make, as the format has it.
        fmt: A key of `FORMATS`.
        losses: Receives every annotation that the format cannot hold.
        force: Whether to replace what is there.
        before_commit: Called when all is written but not yet in place; what it raises leaves nothing behind.

    Returns:
        How many documents were written.

    Raises:
        LawnerError: If the format is unknown or the output cannot be written.
    """
    chosen = _format(fmt)
    n_documents = 0

    def counted() -> Iterator[Document]:
        nonlocal n_documents
        for document in documents:
            n_documents += 1
            yield document

    with (atomic_folder if chosen.writes_folder else atomic_file)(path, force=force) as stage:
        try:
            chosen.save(counted(), stage, losses=losses)
        except UnicodeEncodeError as error:
            half = error.object[error.start : error.end]
            message = f"{path}: document {n_documents} holds half a character ({half!a}), which UTF-8 cannot store"
            raise OutputError(message) from None
        if before_commit is not None:
            before_commit()
    return n_documents


def detect_format(path: Path) -> str:
    """The format of a file, or of the files in a folder.

    Raises:
        AnnotationError: If no file, or files of several formats, are found.
        ReadError: If there is no such file or folder.
    """
    found: dict[str, Path] = {}
    others: Counter[str] = Counter()
    failed: list[ReadError] = []
    for file in walk(
        path,
        accept=lambda _: True,
        on_error=lambda path, reason: failed.append(ReadError(reason, path=path)),
        passed_over=others,
    ):
        name = next((one.name for one in FORMATS.values() if one.sniff(file)), None)
        if name is None:
            others[file.suffix.lower() or file.name] += 1
        else:
            found.setdefault(name, file)
    if len(found) == 1:
        return next(iter(found))
    if found:
        seen = ", ".join(f"{name} ({file.name})" for name, file in found.items())
        raise AnnotationError(f"files of several formats lie here: {seen}; convert them one at a time", path=path)
    if failed:
        raise failed[0]
    raise AnnotationError(f"{_describe(path, others)}; known formats are {', '.join(FORMATS)}: name one", path=path)


def _describe(path: Path, others: Counter[str]) -> str:
    """What was found where no annotation was recognised."""
    if path.is_dir():
        return f"no file here is an annotation lawner knows (found {describe_passed_over(others)})"
    head = read_head(path, 200).strip()
    return f"this is no annotation lawner knows (it begins {head[:40]!r})" if head else "the file is empty"


def _format(name: str) -> Format:
    """The format of a name."""
    if name not in FORMATS:
        raise LawnerError(f"{name!r} is no annotation format; known are {', '.join(FORMATS)}")
    return FORMATS[name]
