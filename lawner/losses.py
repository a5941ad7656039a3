"""The account of everything that could not be carried over. Nothing is lost in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Reason(StrEnum):
    """Why an annotation was left behind."""

    OUT_OF_RANGE = "offsets outside the text"
    SURFACE_MISMATCH = "stored text differs from the text at the offsets"
    EMPTY = "empty span"
    DUPLICATE = "same span or relation twice"
    OVERLAP = "overlap, which the target cannot hold"
    DISCONTINUOUS = "discontinuous span"
    CROSSES_LINE = "crosses a line break, which the target cannot hold"
    UNKNOWN_LABEL = "label not in the label set"
    MISSING_SPAN = "relation to a span that is missing or was left behind"
    UNALIGNED = "does not start and end on a token"
    CUT = "cut by the end of a text window"
    NOT_READ = "in a sentence without a number to mark, which is not read"
    UNSUPPORTED = "kind of annotation that lawner does not carry"
    NOT_ACCEPTED = "task not accepted by the annotator"


@dataclass(frozen=True, slots=True)
class Loss:
    """One annotation that was left behind.

    Attributes:
        path: The file it stood in (or was to be written to).
        line: Its line in that file counted from 1; 0 where the format has no lines to point to.
        reason: Why.
        detail: The annotation itself, in words.
    """

    path: str
    line: int
    reason: Reason
    detail: str

    def __str__(self) -> str:
        """One sentence: where, why, what."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.reason}: {self.detail}"


@dataclass(slots=True)
class LossReport:
    """Collects losses while documents stream by.

    Attributes:
        losses: Every loss, in the order met.
        notes: Other facts the user should hear once, such as the unit in which a file counts its offsets.
    """

    losses: list[Loss] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _noted: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def add(self, path: Path | str, line: int, reason: Reason, detail: str) -> None:
        """Record one loss."""
        self.losses.append(Loss(_printable(str(path)), line, reason, _printable(detail)))

    def note(self, text: str) -> None:
        """Record a fact once."""
        text = _printable(text)
        if text not in self._noted:
            self._noted.add(text)
            self.notes.append(text)

    def counts(self) -> Counter[Reason]:
        """Losses per reason."""
        return Counter(loss.reason for loss in self.losses)

    def __len__(self) -> int:
        """How many annotations were left behind."""
        return len(self.losses)

    def __iter__(self) -> Iterator[Loss]:
        """The losses in the order met."""
        return iter(self.losses)


def _printable(text: str) -> str:
    """The text with half characters, as in JSON and in names of files, written out, so that it can be printed."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
