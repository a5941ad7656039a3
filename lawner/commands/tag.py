"""``lawner tag``: reports in any format to a table of indicators."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lawner.document import Document
    from lawner.labels import LabelSet
    from lawner.pipeline import Tagging

STDOUT = Path("-")
SHOWN = 20
"""How many unreadable reports or losses are listed before the rest is only counted."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def tag(
    reports: Annotated[
        list[Path],
        typer.Argument(help="Files and folders: txt, html, docx, pdf, jsonl, csv, parquet.", metavar="REPORTS..."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="The table: .xlsx .csv .jsonl .parquet .sqlite .html, or - for JSON Lines."
        ),
    ] = STDOUT,
    fmt: Annotated[str, typer.Option("--format", help="Format of the table, if its suffix does not say.")] = "auto",
    model: Annotated[
        str | None, typer.Option("--model", help="Model folder or hub name.", show_default="the one in the box")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="What runs the model: auto, onnx or torch.")] = "auto",
    threads: Annotated[int, typer.Option("--threads", min=0, help="Threads of the model; 0: one per processor.")] = 0,
    workers: Annotated[
        int, typer.Option("--workers", min=-1, help="Processes that read files; -1: as many as are worth it.")
    ] = -1,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Keep only the labels of this YAML file; see configs/labels.yaml."),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="List of unreadable reports (CSV).", show_default="errors.csv beside the table"),
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option("--annotations", help="Write the predictions here for correction.", metavar="DIR")
    ] = None,
    tool: Annotated[str, typer.Option("--to", help="Annotation tool: brat, label-studio or doccano.")] = "brat",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run that was stopped left off.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if any report cannot be read.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace outputs that are there.")] = False,
) -> None:
    """Find the indicators in reports and write a row for each.

    A report that cannot be read is listed with its reason, and the others go on. The table appears when it is whole;
    a run that was stopped goes on with --resume.
    """
    from lawner.pipeline import TagOptions, tag_reports
    from lawner.tagger import Tagger

    begin = time.perf_counter()
    target = None if output == STDOUT else output
    options = TagOptions(
        fmt=fmt,
        labels=_labels(labels),
        workers=None if workers < 0 else workers,
        errors=errors,
        annotations=annotations,
        annotation_format=tool,
        resume=resume,
        force=force,
    )
    tagger = Tagger.from_pretrained(model, engine=engine, threads=threads)
    try:
        with _progress() as advance:
            result = tag_reports(reports, target, tagger, options=options, on_document=advance)
    except KeyboardInterrupt:
        kept = "" if target is None else f"; nothing was written to {target}, the same command with --resume goes on"
        _say(f"lawner: interrupted{kept}")
        raise typer.Exit(INTERRUPTED) from None
    _report(result, output, time.perf_counter() - begin)
    if strict and result.failures:
        raise typer.Exit(1)


def _labels(path: Path | None) -> LabelSet | None:
    """The label set of a file."""
    if path is None:
        return None
    from lawner.config import load_labels

    return load_labels(path)


def _report(result: Tagging, output: Path, seconds: float) -> None:
    """What was left out, then one line with every number, on standard error."""
    from lawner.files import describe_passed_over

    for note in result.notes + result.losses.notes:
        _say(f"note: {note}")
    for loss in result.losses.losses[:SHOWN]:
        _say(f"left behind: {loss}")
    if result.losses:
        _say(f"{len(result.losses):,} predictions left behind, which the annotation format cannot hold")
    if result.n_repeated:
        _say(f"{result.n_repeated:,} files were named more than once and read once")
    if result.passed_over:
        _say(f"passed over: {describe_passed_over(result.passed_over)}")
    shown = result.failures if result.errors is None else result.failures[:SHOWN]
    for failure in shown:
        _say(f"not read: {failure}")
    if len(shown) < len(result.failures):
        _say(f"… and {len(result.failures) - len(shown):,} more")
    where = f" ({result.errors})" if result.failures and result.errors else ""
    resumed = f", {result.n_resumed:,} of them from the run before" if result.n_resumed else ""
    plural = "" if result.n_documents == 1 else "s"
    _say(
        f"{result.n_documents:,} report{plural} tagged{resumed}, {len(result.failures):,} not read{where}: "
        f"{result.n_records:,} indicators in {result.n_characters:,} characters, {seconds:.1f} s → {output}"
    )


def _say(line: str) -> None:
    """A line on standard error."""
    typer.echo(line.encode("utf-8", "backslashreplace").decode("utf-8"), err=True)


@contextmanager
def _progress() -> Iterator[Callable[[Document], None] | None]:
    """What moves a line of counts on standard error with every document; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("tagging {task.fields[seen]}"), TimeElapsedColumn())
    n_documents = n_characters = 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, seen="")

        def advance(document: Document) -> None:
            nonlocal n_documents, n_characters
            n_documents, n_characters = n_documents + 1, n_characters + len(document.text)
            progress.update(task, seen=f"{n_documents:,} reports, {n_characters:,} characters")

        yield advance
