"""How long it takes, and how much memory, to turn thousands of annotated reports into a dataset.

Run it to see whether a change slowed the converter down:

    python scripts/bench_convert.py [--reports 5000] [--characters 6000]

The reports are put together from paragraphs of `annotations/`, their digits drawn anew, and written as brat files to a
scratch folder; then the same functions as behind ``lawner convert`` run with a clock on each stage.
"""

from __future__ import annotations

import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from lawner import DEFAULT_LABELS, Document, Relation
from lawner.dataset import write_dataset
from lawner.formats import load_annotations, save_annotations
from lawner.losses import LossReport
from lawner.splits import Ratio

Paragraph = tuple[str, tuple[Relation, ...]]
console = Console(highlight=False)


def paragraphs(annotations: Path) -> list[Paragraph]:
    """Every line of the annotated reports with the pairs that lie in it, offsets from the line's start."""
    found = []
    for document in load_annotations(annotations, "brat", losses=LossReport()):
        start = 0
        for line in document.text.splitlines(keepends=True):
            end = start + len(line)
            pairs = tuple(
                relation.shift(-start)
                for relation in document.relations
                if start <= min(relation.head.start, relation.tail.start)
                and max(relation.head.end, relation.tail.end) <= end
            )
            found.append((line, pairs))
            start = end
    return found


def make_report(doc_id: str, source: list[Paragraph], n_characters: int, rng: random.Random) -> Document:
    """A report of paragraphs drawn at random, with new digits in the old places."""
    text, relations = "", []
    while len(text) < n_characters:
        line, pairs = rng.choice(source)
        relations += [relation.shift(len(text)) for relation in pairs]
        text += re.sub(r"[1-9]", lambda _: rng.choice("123456789"), line)
    spans = {span for relation in relations for span in (relation.head, relation.tail)}
    return Document(doc_id, text, spans, set(relations))


def stage(name: str, action: Callable[[], int], table: Table) -> None:
    """Run one stage and note its time."""
    started = time.perf_counter()
    amount = action()
    seconds = time.perf_counter() - started
    table.add_row(name, f"{seconds:.1f}", f"{amount / seconds / 1e6:.2f}")


def convert_in_stages(source: Path, target: Path, n_reports: int) -> None:
    """Read, split and write, with a clock on each stage; run in a process of its own so that its memory is its own."""
    losses = LossReport()
    documents: list[Document] = []
    table = Table("stage", "seconds", "million characters/s", box=None)

    def read() -> int:
        loaded = load_annotations(source, "brat", losses=losses)
        documents.extend(track(loaded, "reading", total=n_reports, console=Console(stderr=True)))
        return sum(len(document.text) for document in documents)

    def write() -> int:
        write_dataset(documents, target, splits=Ratio(), labels=DEFAULT_LABELS, losses=losses)
        return sum(len(document.text) for document in documents)

    started = time.perf_counter()
    stage("read and check brat files", read, table)
    stage("split, cut, tag, write the dataset", write, table)
    n_characters = sum(len(document.text) for document in documents)
    table.add_row("together", f"{time.perf_counter() - started:.1f}", "")
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    console.print(
        f"{len(documents):,} reports, {n_characters:,} characters, {len(losses)} lost; peak memory {peak:.2f} GiB"
    )


def main(
    reports: Annotated[int, typer.Option(min=1, help="How many reports.")] = 5000,
    characters: Annotated[int, typer.Option(min=100, help="Characters of each, about.")] = 6000,
    annotations: Annotated[Path, typer.Option(help="Annotated reports to draw paragraphs from.")] = Path("annotations"),
    stages: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Generate reports, convert them, print time per stage and peak memory."""
    if stages is not None:
        convert_in_stages(stages / "brat", stages / "dataset", reports)
        return
    source, rng = paragraphs(annotations), random.Random(7)
    with tempfile.TemporaryDirectory() as scratch:
        made = (make_report(f"r{number:05}", source, characters, rng) for number in range(reports))
        watched = track(made, "generating", total=reports, console=Console(stderr=True))
        save_annotations(watched, Path(scratch) / "brat", "brat", losses=LossReport())
        command = [sys.executable, __file__, "--reports", str(reports), "--stages", scratch]
        raise typer.Exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    typer.run(main)
