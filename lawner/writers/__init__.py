"""Files of records: one mapping from the name of a format, which is its suffix too, to what writes it.

To add a format, write one module with a function that opens a `RecordWriter` on a path, and add it to the list below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from lawner.errors import OutputError
from lawner.outputs import atomic_file
from lawner.writers.base import OpenWriter, RecordWriter, Written
from lawner.writers.csv import open_csv
from lawner.writers.html import open_html
from lawner.writers.jsonl import open_jsonl, open_stdout
from lawner.writers.parquet import open_parquet
from lawner.writers.sqlite import open_sqlite
from lawner.writers.xlsx import open_xlsx

WRITERS: Mapping[str, OpenWriter] = MappingProxyType(
    {
        "jsonl": open_jsonl,
        "csv": open_csv,
        "parquet": open_parquet,
        "xlsx": open_xlsx,
        "sqlite": open_sqlite,
        "html": open_html,
    }
)
"""Every format of records."""

AUTO = "auto"
STDOUT = "-"

__all__ = ["AUTO", "STDOUT", "WRITERS", "RecordWriter", "Written", "check_target", "open_writer"]


@contextmanager
def open_writer(target: Path | None, *, fmt: str = AUTO, force: bool = False) -> Iterator[RecordWriter]:
    """A writer whose file appears only when the block ends well.

    Args:
        target: The file to make; None or ``-`` for JSON Lines on the standard output.
        fmt: A key of `WRITERS`, or ``"auto"`` to go by the suffix.
        force: Whether to replace a file that is there.

    Raises:
        OutputError: If no format has this name or suffix, or the target exists (and not `force`) or cannot be written.
        MissingExtraError: If the package for the format is not installed.

    Example:
        >>> import tempfile
        >>> from lawner import DEFAULT_LABELS, Document, Span
        >>> from lawner.records import to_records
        >>> document = Document("a", "受理5件", [Span(2, 4, "CASE")])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open_writer(Path(folder) / "rows.csv") as writer:
        ...         writer.write(document, to_records(document, DEFAULT_LABELS))
        ...     writer.written.n_records
        1
    """
    chosen = check_target(target, fmt=fmt)
    if target is None or str(target) == STDOUT:
        with open_stdout() as writer:
            yield writer
    else:
        with atomic_file(target, force=force) as stage, WRITERS[chosen](stage) as writer:
            yield writer


def check_target(target: Path | None, *, fmt: str = AUTO) -> str:
    """The name of the format that `open_writer` would write.

    Raises:
        OutputError: If there is none.
    """
    known = ", ".join(WRITERS)
    if fmt != AUTO and fmt not in WRITERS:
        raise OutputError(f"{fmt!r} is not a format of tables; known are {known}")
    if target is None or str(target) == STDOUT:
        if fmt not in (AUTO, "jsonl"):
            raise OutputError(f"the standard output takes jsonl only, not {fmt}; name a file")
        return "jsonl"
    chosen = target.suffix.lower().removeprefix(".") if fmt == AUTO else fmt
    if chosen not in WRITERS:
        found = f"the suffix {target.suffix!r}" if target.suffix else "a name without a suffix"
        raise OutputError(f"{target}: {found} names no format of tables; end it with one of {known}")
    return chosen
