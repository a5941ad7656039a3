"""Files in: folders walked in a stable order, files read whole and within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawner.errors import AnnotationError, ReadError

MAX_FILE_BYTES = 512 * 2**20
"""A single annotation file or report larger than this is refused; it is a mistake or an attack."""

MAX_LINE_BYTES = 64 * 2**20
"""A single line longer than this is refused."""

PASSED_OVER = (".", "_", "~$")
"""How the names of files and folders begin that are not looked at: hidden, set aside, or locks of an open office file.
"""

NAMED_ASIDE = f"whose name begins with {', '.join(PASSED_OVER[:-1])} or {PASSED_OVER[-1]}"
NO_FILE = "neither file nor folder"


def walk(
    root: Path,
    *,
    accept: Callable[[Path], bool],
    on_error: Callable[[Path, str], None] | None = None,
    passed_over: Counter[str] | None = None,
) -> Iterator[Path]:
    """Regular files below a folder, or the file itself.

    Folders are walked in the order of their names, each real folder once, so a loop of symbolic links ends. Names that
    begin as in `PASSED_OVER` are not given, nor is what lies below them.

    Args:
        root: A file or a folder.
        accept: Which files to give; a file named as `root` itself is always given.
        on_error: Receives what below `root` cannot be looked at, and why, and the rest goes on; None stops there.
        passed_over: Counts what was not given: by suffix, or in words as `NAMED_ASIDE`.

    Yields:
        Paths that begin with `root`.

    Raises:
        ReadError: If `root` does not exist or is neither file nor folder, or (without `on_error`) if something below
            it cannot be looked at.
    """
    try:
        exists, is_folder, is_file = root.exists(), root.is_dir(), root.is_file()
    except OSError as error:
        raise ReadError(f"it cannot be looked at ({error.strerror})", path=root) from None
    if not exists:
        raise ReadError("there is no such file or folder", path=root)
    if is_folder:
        yield from _Walk(accept, on_error, Counter() if passed_over is None else passed_over).below(root)
    elif is_file:
        yield root
    else:
        raise ReadError("this is neither a file nor a folder; name one", path=root)


@dataclass(slots=True)
class _Walk:
    """The state of one walk."""

    accept: Callable[[Path], bool]
    on_error: Callable[[Path, str], None] | None
    passed_over: Counter[str]
    seen: set[tuple[int, int]] = field(default_factory=set)

    def below(self, root: Path) -> Iterator[Path]:
        """The files below a folder; a stack rather than recursion, as folders may lie deeper than Python calls."""
        stack = [iter(self._entries(root))]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
            elif entry.name.startswith(PASSED_OVER):
                self.passed_over[NAMED_ASIDE] += 1
            elif self._is(entry, Path.is_dir):
                stack.append(iter(self._entries(entry)))
            elif not self.accept(entry):
                self.passed_over[entry.suffix.lower() or "without a suffix"] += 1
            elif self._is(entry, Path.is_file):
                yield entry
            elif entry.is_symlink():
                self._fail(entry, "this link leads nowhere; mend or remove it")
            else:
                self.passed_over[NO_FILE] += 1

    def _entries(self, folder: Path) -> list[Path]:
        """What lies in a folder, sorted; nothing if it was walked already under another name."""
        try:
            status = folder.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in self.seen:
                return []
            self.seen.add(identity)
            return sorted(folder.iterdir(), key=lambda path: path.name)
        except PermissionError:
            self._fail(folder, "this folder may not be listed; change its permissions or name another")
        except OSError as error:
            self._fail(folder, f"this folder cannot be listed ({error.strerror})")
        return []

    def _is(self, entry: Path, kind: Callable[[Path], bool]) -> bool:
        """Whether an entry is of a kind; False after it was reported that it cannot be looked at."""
        try:
            return kind(entry)
        except OSError as error:
            self._fail(entry, f"it cannot be looked at ({error.strerror}); change the permissions of its folder")
            return False

    def _fail(self, path: Path, reason: str) -> None:
        """Report what cannot be looked at, or stop."""
        if self.on_error is None:
            raise ReadError(reason, path=path) from None
        self.on_error(path, reason)


def describe_passed_over(passed_over: Counter[str]) -> str:
    """What `walk` counted, in words, the most frequent first.

    Example:
        >>> describe_passed_over(Counter({".xlsx": 2, "without a suffix": 1}))
        '2 .xlsx, 1 without a suffix'
    """
    kinds = [f"{number:,} {kind}" for kind, number in sorted(passed_over.items(), key=lambda item: (-item[1], item[0]))]
    return ", ".join(kinds[:8] + [f"{len(kinds) - 8:,} other kinds"] * (len(kinds) > 8)) or "nothing"


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
