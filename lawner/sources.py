"""Any mix of files and folders as a list of reports, and their texts with ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lawner.document import Document
from lawner.files import walk
from lawner.readers import OLD_OFFICE, READERS, SPLIT_FILE, Failure, readable
from lawner.reading import TABLES, FileReaders

SLOW = {".docx", ".pdf", ".html", ".htm", ".shtml", ".xhtml"}
"""Files that take about as long to read as to tag."""

WORTH_A_PROCESS = 24
"""With fewer slow files than this, starting a process takes longer than it saves."""

Position = tuple[int, int]
"""Where a report stands in the inputs: the number of its file and its number in the file, both counted from 0."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file with one report or many.

    Attributes:
        path: The file.
        name: The id of its report, or what the ids of its reports begin with; no other file has it.
        size: Bytes.
        changed: When it was last written, in nanoseconds.
    """

    path: Path
    name: str
    size: int
    changed: int


@dataclass(slots=True)
class Sources:
    """The result of `list_sources`.

    Attributes:
        files: In the order in which they were named; those of a folder in the order of their names.
        failures: What was named, or lies in a folder, and cannot be looked at.
        passed_over: What lies in the folders and is no report, as `walk` counts it.
        n_repeated: Files that were named more than once; each is read once.
    """

    files: list[Source] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    n_repeated: int = 0


def list_sources(paths: Sequence[Path], *, leave_out: Sequence[Path] = ()) -> Sources:
    """The reports in files and folders.

    The id of a report is its path below the folder that was named, without the suffix; where two files would have the
    same id, the later one keeps its suffix, then takes a number.

    Args:
        paths: Files and folders.
        leave_out: Files that are no reports, though they lie among them.

    Raises:
        ReadError: If one of the paths does not exist.
    """
    found, used, seen = Sources(), dict[str, int](), set[tuple[int, int]]()
    outputs = {path.name: path.resolve() for path in leave_out}
    pairs: list[tuple[Path, Path]] = []
    for root in paths:
        before = len(pairs) + len(found.failures)
        pairs += [
            (file, root)
            for file in _walk(root, found)
            if file.name not in outputs or file.resolve() != outputs[file.name]
        ]
        if before == len(pairs) + len(found.failures):
            found.failures.append(Failure(readable(root), f"no report here; lawner reads {', '.join(READERS)}"))
    with_tables = any(file.suffix.lower() in TABLES for file, _ in pairs)
    for file, root in pairs:
        try:
            status = file.stat()
        except OSError as error:
            found.failures.append(Failure(readable(file), f"it cannot be looked at ({error.strerror})"))
            continue
        if (status.st_dev, status.st_ino) in seen:
            found.n_repeated += 1
            continue
        seen.add((status.st_dev, status.st_ino))
        relative = PurePosixPath(file.relative_to(root) if file != root else file.name)
        name = _unused_name(relative, used, keep_hash=not with_tables)
        found.files.append(Source(file, name, status.st_size, status.st_mtime_ns))
    return found


def _walk(root: Path, found: Sources) -> Iterator[Path]:
    """The reports of one path that was named; a link that leads nowhere is a failure, a wrong path an error."""
    if root.is_symlink() and not root.exists():
        found.failures.append(Failure(readable(root), "this link leads nowhere; mend or remove it"))
        return iter(())
    return walk(
        root,
        accept=lambda file: file.suffix.lower() in {*READERS, *OLD_OFFICE} and file.name != SPLIT_FILE,
        on_error=lambda place, reason: found.failures.append(Failure(readable(place), reason)),
        passed_over=found.passed_over,
    )


def _unused_name(relative: PurePosixPath, used: dict[str, int], *, keep_hash: bool) -> str:
    """An id that no file had yet; beside tables, whose reports have ids with ``#``, it has none of its own."""
    short, full = readable(relative.with_suffix("")), readable(relative)
    if not keep_hash:
        short, full = short.replace("#", "_"), full.replace("#", "_")
    return _unused(short if short not in used else full, used)


def _unused(name: str, used: dict[str, int]) -> str:
    """The name, or the first with a number that is not used; used from now on, with the number to go on from."""
    free, number = name, used.get(name, 1)
    while free in used:
        number += 1
        free = f"{name}~{number}"
    used[name] = number
    used.setdefault(free, 1)
    return free


def default_workers(files: Sequence[Source], *, processors: int) -> int:
    """How many processes are worth starting to read files: none for a few, else one for every two processors."""
    slow = sum(source.path.suffix.lower() in SLOW for source in files)
    return max(1, processors // 2) if slow >= WORTH_A_PROCESS else 0


def read_sources(
    files: Sequence[Source], *, workers: int = 0, start: Position = (0, 0)
) -> Generator[tuple[Position, Document | Failure], None, None]:
    """The reports of files, in their order and a few ahead of what is asked for.

    Args:
        files: As `list_sources` gives them.
        workers: Processes that read; with 0 the files are read when they are asked for.
        start: The first report to give.

    Yields:
        The position of each report with its document, or with why there is none.
    """
    with closing(FileReaders(workers)) as readers:
        for index, rows in enumerate(readers.read(source.path for source in files[start[0] :]), start[0]):
            used: dict[str, int] = {}
            skipped = start[1] if index == start[0] else 0
            for number, row in enumerate(rows):
                found = row if isinstance(row, Failure) else _document(files[index], row, used)
                if number >= skipped:
                    yield (index, number), found


def _document(source: Source, row: tuple[str, str], used: dict[str, int]) -> Document:
    """A report with an id that no other has: where a key stands twice in a table, the later ones take a number."""
    key, text = row
    return Document(f"{source.name}#{_unused(key, used)}" if key else source.name, text, source=readable(source.path))
