"""Every error `lawner` raises on purpose. One root, so that a caller can catch what the user's files did wrong."""

from __future__ import annotations

from pathlib import Path


class LawnerError(Exception):
    """Something in the user's files, settings or installation is wrong; the message is one sentence for the user."""


class AnnotationError(LawnerError):
    """An annotation file that cannot be read at all.

    Args:
        message: What was found, what was expected, what to do.
        path: The file.
        line: The line, counted from 1, if there is one to blame.
    """

    def __init__(self, message: str, *, path: Path | str, line: int | None = None) -> None:
        place = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{place}: {message}")
        self.path = Path(path)
        self.line = line


class ReadError(LawnerError):
    """A report that no reader can turn into text.

    Args:
        message: What was found, what was expected, what to do.
        path: The file.
    """

    def __init__(self, message: str, *, path: Path | str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = Path(path)
        self.reason = message


class OutputError(LawnerError):
    """An output that cannot be written: it exists already, or the place refuses it."""


class ConfigError(LawnerError):
    """A configuration file with an unknown key or an impossible value."""


class ModelError(LawnerError):
    """A model that cannot be found, loaded or used for the task."""


class MissingExtraError(LawnerError):
    """A feature whose packages are not installed.

    Args:
        feature: What the user wanted, e.g. ``"reading .docx"``.
        package: The distribution that is missing.
        extra: The extra of lawner that brings it.
    """

    def __init__(self, feature: str, *, package: str, extra: str) -> None:
        super().__init__(f"{feature} needs {package}, which is not installed: pip install 'lawner[{extra}]'")
