"""What the commands share: how they read a label set, and how they say what was left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from lawner.labels import DEFAULT_LABELS, LabelSet

if TYPE_CHECKING:
    from lawner.losses import LossReport

SHOWN = 20
"""How many losses, findings or differences are listed before the rest is only counted."""


def label_set(path: Path | None) -> LabelSet:
    """The label set of a file, or the default one."""
    if path is None:
        return DEFAULT_LABELS
    from lawner.config import load_labels

    return load_labels(path)


def plain_console(*, stderr: bool = False) -> Console:
    """A console that cuts nothing where it is no terminal, and takes no text of a report for mark-up."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)
    if not stderr and not console.is_terminal:
        console.width = 200
    return console


def print_losses(losses: LossReport, *, shown: int = SHOWN) -> None:
    """Notes and losses, to standard error; the first few in full."""
    console = plain_console(stderr=True)
    for note in losses.notes[:shown]:
        console.print(f"note: {note}")
    for loss in losses.losses[:shown]:
        console.print(f"left behind: {loss}")
    if losses:
        counts = "; ".join(f"{count:,} {reason}" for reason, count in losses.counts().most_common())
        console.print(f"{len(losses):,} annotations left behind: {counts}")
