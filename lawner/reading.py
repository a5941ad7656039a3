"""What files hold, read here or in processes of their own; whatever goes wrong with a file is said, never raised."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import TYPE_CHECKING

from lawner.errors import LawnerError, ReadError
from lawner.readers import Failure, read_file, readable

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

TABLES = {".jsonl", ".csv", ".parquet"}
"""Files of many reports; they are read row by row, never as a whole in another process."""

AHEAD = 8
"""Files that each process reads ahead of what was asked for."""

Row = tuple[str, str] | Failure
"""The key and text of a report, or why there is none."""


def read_rows(path: Path) -> Iterator[Row]:
    """What a file holds; whatever goes wrong with it is a failure that says why, and the last thing that comes."""
    try:
        for row in read_file(path):
            yield Failure(readable(row.path), row.reason) if isinstance(row, ReadError) else row
    except ReadError as error:
        yield Failure(readable(error.path), error.reason)
    except LawnerError as error:
        yield Failure(readable(path), str(error))
    except Exception as error:  # a damaged file may raise anything in the libraries that read it
        reason = (str(error).splitlines() or [""])[0]
        yield Failure(readable(path), f"the file is damaged or of a kind not known ({type(error).__name__}: {reason})")


def _read_all(path: Path) -> list[Row]:
    """What a file holds, at once."""
    return list(read_rows(path))


def _begin_worker() -> None:
    """Leave Ctrl-C to the process that waits for this one, and end when that has ended, even by ``kill -9``."""
    import signal
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class FileReaders:
    """Processes that read files, replaced when a file brings one down."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool = _new_pool(workers) if workers else None

    def close(self) -> None:
        """End the processes without waiting for what nobody will ask for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, paths: Iterable[Path]) -> Iterator[Iterator[Row]]:
        """What each file holds, in their order."""
        waiting: deque[tuple[Path, Future[list[Row]] | None]] = deque()
        for path in paths:
            waiting.append((path, None if path.suffix.lower() in TABLES else self._submit(path)))
            if len(waiting) > AHEAD * self.workers:
                yield self._rows(*waiting.popleft())
        while waiting:
            yield self._rows(*waiting.popleft())

    def _submit(self, path: Path) -> Future[list[Row]] | None:
        """Have a file read; None where it is to be read here."""
        if self._pool is None:
            return None
        try:
            return self._pool.submit(_read_all, path)
        except BrokenExecutor:
            self._pool = _new_pool(self.workers)
            return self._pool.submit(_read_all, path)

    def _rows(self, path: Path, future: Future[list[Row]] | None) -> Iterator[Row]:
        """What a file holds."""
        if future is None:
            return read_rows(path)
        try:
            return iter(future.result())
        except BrokenExecutor:  # this file or one read beside it
            return iter(_read_alone(path))


def _read_alone(path: Path) -> list[Row]:
    """What a file holds, read in a process for it alone, so that it is known which one brings it down."""
    with _new_pool(1) as pool:
        try:
            return pool.submit(_read_all, path).result()
        except BrokenExecutor:
            reason = "reading it brings the process down; it is damaged, or too large for the memory"
            return [Failure(readable(path), reason)]


def _new_pool(workers: int) -> ProcessPoolExecutor:
    """Processes that share nothing with this one, whose threads would not survive a fork."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin_worker)
