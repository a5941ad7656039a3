"""Files in and out: folders walked in a stable order, outputs written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lawner.errors import AnnotationError, OutputError, ReadError

MAX_FILE_BYTES = 512 * 2**20
"""A single annotation file or report larger than this is refused; it is a mistake or an attack."""

MAX_LINE_BYTES = 64 * 2**20
"""A single line longer than this is refused."""


def walk(root: Path, *, accept: Callable[[Path], bool]) -> Iterator[Path]:
    """Files below a folder, or the file itself.

    Folders are walked in the order of their names, each real folder once, so a loop of symbolic links ends. Names that
    begin with ``.`` or ``_`` are passed over.

    Args:
        root: A file or a folder.
        accept: Which files to give; a file named as `root` itself is always given.

    Yields:
        Paths that begin with `root`.

    Raises:
        ReadError: If `root` does not exist.
    """
    try:
        exists, is_folder = root.exists(), root.is_dir()
    except OSError as error:
        raise ReadError(f"it cannot be looked at ({error.strerror})", path=root) from None
    if not exists:
        raise ReadError("there is no such file or folder", path=root)
    if is_folder:
        yield from _walk_folder(root, accept, set())
    else:
        yield root


def _walk_folder(folder: Path, accept: Callable[[Path], bool], seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Walk one folder unless it was walked already under another name."""
    status = folder.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return
    seen.add(identity)
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except PermissionError:
        raise ReadError("this folder may not be listed; change its permissions or name another", path=folder) from None
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            yield from _walk_folder(entry, accept, seen)
        elif accept(entry):
            yield entry


def read_bytes(path: Path) -> bytes:
    """A whole file.

    Raises:
        ReadError: If it is missing, unreadable, no regular file, or larger than `MAX_FILE_BYTES`.
    """
    try:
        if path.exists() and not path.is_file():
            raise ReadError("this is not a regular file", path=path)
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ReadError(
                f"the file has {size / 2**20:,.0f} MiB, more than the {MAX_FILE_BYTES / 2**20:,.0f} that are read; "
                "split it",
                path=path,
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise ReadError("there is no such file", path=path) from None
    except PermissionError:
        raise ReadError("this file may not be read; change its permissions", path=path) from None
    except OSError as error:
        raise ReadError(f"the file cannot be read ({error.strerror})", path=path) from None


def read_utf8(path: Path, *, max_line_bytes: int = MAX_LINE_BYTES) -> str:
    """The text of an annotation file: UTF-8 with or without a byte order mark, line breaks untouched.

    Args:
        path: The file.
        max_line_bytes: The longest line that is read.

    Raises:
        ReadError: If the file cannot be read.
        AnnotationError: If it is not UTF-8 or has a line longer than allowed.
    """
    data = read_bytes(path)
    if len(data) > max_line_bytes:
        _refuse_long_line(data, path, max_line_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AnnotationError(
            f"byte 0x{data[error.start]:02x} is not UTF-8; annotation files are UTF-8: save the file in that encoding",
            path=path,
            line=line,
        ) from None


def _refuse_long_line(data: bytes, path: Path, max_line_bytes: int) -> None:
    """Raise if a line of a file is too long to hold one document."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > max_line_bytes:
            raise AnnotationError(
                f"the line has {len(line) / 2**20:,.0f} MiB; a line holds one document of at most "
                f"{max_line_bytes / 2**20:,.0f} MiB, so split it",
                path=path,
                line=number,
            )


@contextmanager
def atomic_file(target: Path, *, force: bool = False) -> Iterator[Path]:
    """A path to write to that becomes `target` only when the block ends well.

    Args:
        target: The file to make.
        force: Whether to replace a file that is there.

    Raises:
        OutputError: If the target exists (and not `force`), is a folder, or its place cannot be written to.
    """
    with _staging(target, force=force, folder=False) as stage:
        yield stage
        _replace(stage, target)


@contextmanager
def atomic_folder(target: Path, *, force: bool = False) -> Iterator[Path]:
    """A new folder to fill that becomes `target` only when the block ends well; an empty folder there is replaced."""
    with _staging(target, force=force, folder=True) as stage:
        stage.mkdir()
        yield stage
        old = stage.with_name(stage.name + ".old")
        if target.exists():
            _replace(target, old)
        try:
            _replace(stage, target)
        except OutputError:
            if old.exists():
                old.replace(target)
            raise


@contextmanager
def _staging(target: Path, *, force: bool, folder: bool) -> Iterator[Path]:
    """A scratch place on the same file system as the target, removed whatever happens."""
    try:
        there = _exists(target)
        wrong_kind = there and target.is_dir() != folder
        taken = there and not force and not (target.is_dir() and not any(target.iterdir()))
        if not wrong_kind and not taken:
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".lawner.", dir=target.parent))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{target}: nothing can be written here ({reason}); name another place") from None
    if wrong_kind:
        found, wanted = ("file", "folder") if folder else ("folder", "file")
        raise OutputError(f"{target}: this is a {found}, but a {wanted} is to be written; name a {wanted}")
    if taken:
        raise OutputError(f"{target}: it exists already; name another output or add --force to replace it")
    try:
        yield scratch / target.name
    except OSError as error:
        raise OutputError(f"{target}: writing failed ({error.strerror or error})") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _exists(target: Path) -> bool:
    """Whether something is there; unlike `Path.exists`, it fails for names that no file can have."""
    try:
        target.stat()
    except FileNotFoundError:
        return False
    return True


def _replace(source: Path, target: Path) -> None:
    """Move finished work into place."""
    try:
        source.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be put in place ({error.strerror}); name another place") from None
