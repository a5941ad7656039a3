"""The command line: parses, calls, prints; decides nothing."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lawner import __version__
from lawner.commands.evaluate import evaluate_cli
from lawner.commands.export import export
from lawner.commands.reporting import SHOWN, plain_console, print_losses
from lawner.commands.reporting import label_set as load_label_set
from lawner.commands.tag import tag
from lawner.commands.train import train_cli
from lawner.errors import LawnerError
from lawner.labels import LabelSet

if TYPE_CHECKING:
    from lawner.checks import CheckReport, Difference, Finding
    from lawner.conversion import Conversion
    from lawner.document import Document
    from lawner.splits import Ratio

app = typer.Typer(
    help="Chinese government and legal work reports in, a table of indicators out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Advance = Callable[[int], None]
LabelsOption = Annotated[
    Path | None,
    typer.Option("--labels", help="A YAML file with another label set; see configs/labels.yaml.", metavar="FILE"),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Exit with code 1, and write nothing, if anything is lost or at fault.")
]


def main() -> None:
    """Run the command line; errors of the user's making end with one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal or pipe in GBK cannot show every character of a report
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except LawnerError as error:
        plain_console(stderr=True).print(f"lawner: {error}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _version(value: bool) -> None:
    """Print the version and stop."""
    if value:
        print(f"lawner {__version__}")
        raise typer.Exit


app.command("tag")(tag)
app.command("train")(train_cli)
app.command("evaluate")(evaluate_cli)
app.command("export")(export)


@app.callback()
def lawner(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Chinese government and legal work reports in, a table of indicators out."""
    _ = version


@app.command("convert")
def convert_cli(
    source: Annotated[
        Path, typer.Argument(help="A file or folder of annotated documents, or of plain reports.", metavar="SRC")
    ],
    target: Annotated[Path, typer.Argument(help="What to write.", metavar="DST")],
    from_format: Annotated[
        str, typer.Option("--from", help="brat, conll, doccano, label-studio, prodigy, webanno-tsv, reports, or auto.")
    ] = "auto",
    to_format: Annotated[
        str, typer.Option("--to", help="An annotation format (label-studio-predictions too), csv, dataset, or parquet.")
    ] = "dataset",
    labels: LabelsOption = None,
    strict: StrictOption = False,
    force: Annotated[bool, typer.Option("--force", help="Replace DST if it is there.")] = False,
    split_file: Annotated[
        Path | None,
        typer.Option("--split-file", help="For datasets: a CSV file with the columns id and split.", metavar="FILE"),
    ] = None,
    split_ratio: Annotated[
        str | None, typer.Option("--split-ratio", help="For datasets: train/validation/test shares, e.g. 80/10/10.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="For datasets: of the shuffle before the split.", show_default="13")
    ] = None,
    max_characters: Annotated[
        int, typer.Option("--max-characters", min=16, help="For datasets: the most a row holds.")
    ] = 510,
    losses: Annotated[
        Path | None,
        typer.Option("--losses", help="Write everything that was left behind to this CSV file.", metavar="FILE"),
    ] = None,
) -> None:
    """Convert annotated documents to another format, or to a dataset for training.

    SRC may be a file or a folder; its format is recognised unless --from names it. For datasets the splits are those
    of --split-file, else of index.csv in SRC, else by --split-ratio, always by whole documents.
    """
    from lawner.conversion import DATASETS, DatasetOptions, StrictError, convert

    if to_format not in DATASETS and (split_file or split_ratio or seed is not None):
        raise typer.BadParameter("splits belong to datasets; give --to dataset or --to parquet", param_hint="--split-…")
    if split_file and (split_ratio or seed is not None):
        raise typer.BadParameter(
            "a file of splits leaves nothing to draw; leave the others out", param_hint="--split-file"
        )
    if losses is not None and losses.resolve() == target.resolve():
        raise typer.BadParameter("this is DST; name another file", param_hint="--losses")
    refused: StrictError | None = None
    with _csv_file(losses, ("path", "line", "reason", "detail")) as write_losses:
        try:
            with _progress("converting") as advance:
                result = convert(
                    source,
                    target,
                    from_format=from_format,
                    to_format=to_format,
                    labels=load_label_set(labels),
                    strict=strict,
                    force=force,
                    options=DatasetOptions(split_file, _ratio(split_ratio, seed), max_characters),
                    on_document=lambda document: advance(len(document.text)),
                )
        except StrictError as error:
            refused, result = error, error.conversion
        write_losses((loss.path, loss.line, loss.reason, loss.detail) for loss in result.losses)
    if refused is not None:
        print_losses(result.losses)
        raise refused
    _print_conversion(result, target)


def _ratio(text: str | None, seed: int | None) -> Ratio | None:
    """Shares written as 80/10/10 or 0.8/0.1/0.1; None, if neither is given, leaves the choice to the source."""
    from lawner.splits import Ratio

    if text is None and seed is None:
        return None
    default = Ratio()
    seed = default.seed if seed is None else seed
    if text is None:
        return Ratio(seed=seed)
    try:
        shares = [float(part) for part in text.split("/")]
        total = sum(shares)
        train, validation, test = (share / total for share in shares)
        return Ratio(train, validation, test, seed)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r} is not of the form 80/10/10", param_hint="--split-ratio") from None


def _print_conversion(result: Conversion, target: Path) -> None:
    """What was written and what was left behind."""
    console = plain_console()
    console.print(
        f"{result.n_documents:,} documents with {result.n_spans:,} spans and {result.n_relations:,} relations, "
        f"{result.source_format} → {target}"
    )
    if result.counts is not None:
        table = Table("split", *(f"{column}" for column in ("documents", "rows", "spans", "relations")), box=None)
        for split in result.counts.documents:
            cells = (result.counts.documents, result.counts.rows, result.counts.spans, result.counts.relations)
            table.add_row(split, *(f"{counter[split]:,}" for counter in cells))
        console.print(table)
    print_losses(result.losses)
    for failure in result.failures[:SHOWN]:
        plain_console(stderr=True).print(f"not read: {failure}")
    if result.failures:
        plain_console(stderr=True).print(f"{len(result.failures):,} reports could not be read")


@app.command("check")
def check_cli(
    path: Annotated[Path, typer.Argument(help="A file or folder of annotated documents.", metavar="PATH")],
    from_format: Annotated[str, typer.Option("--from", help="An annotation format, or auto.")] = "auto",
    against: Annotated[
        Path | None,
        typer.Option("--against", help="A second reading of the same documents to compare with.", metavar="PATH"),
    ] = None,
    labels: LabelsOption = None,
    strict: StrictOption = False,
    list_all: Annotated[
        bool, typer.Option("--all", help=f"List every finding, not only the first {SHOWN} of a kind.")
    ] = False,
    numerals: Annotated[
        Path | None,
        typer.Option(
            "--numerals", help="Write every unmarked numeral, with its context, to this CSV file.", metavar="FILE"
        ),
    ] = None,
    differing: Annotated[
        Path | None,
        typer.Option("--differences", help="With --against: write every difference to this CSV file.", metavar="FILE"),
    ] = None,
) -> None:
    """Count and inspect annotated documents; with --against, measure instead how far two readings agree.

    Exit code 1 with --strict if annotations were left behind, spans overlap, cross lines or have odd edges, a name
    belongs to no value, or documents repeat. Values without a name and unmarked numerals are listed for a look only.
    """
    from lawner.checks import Kind, check_documents
    from lawner.formats import load_annotations
    from lawner.losses import LossReport

    label_set, losses = load_label_set(labels), LossReport()
    with _progress("reading") as advance:
        documents = list(_watched(load_annotations(path, from_format, labels=label_set, losses=losses), advance))
    report = check_documents(documents, label_set)
    if against is None:
        _print_check(report, label_set, list_all)
    print_losses(losses)
    if numerals is not None:
        rows = report.of_kind(Kind.UNMARKED_NUMERAL)
        with _csv_file(numerals, ("doc_id", "start", "end", "numeral", "context")) as write:
            write((f.doc_id, f.start, f.end, f.text, f.context) for f in rows)
    if against is not None:
        _compare(documents, against, label_set, list_all, differing)
    if strict and (losses or report.faults):
        raise LawnerError(
            f"{path}: {len(losses):,} annotations left behind and {len(report.faults):,} faults; --strict allows none"
        )


def _print_check(report: CheckReport, labels: LabelSet, list_all: bool) -> None:
    """The counts, the commonest names, and the findings."""
    from lawner.checks import FAULTS, Kind

    console = plain_console()
    values = sum(report.spans[label] for label in labels.values)
    names = report.spans[labels.name or ""]
    console.print(
        f"{report.n_documents:,} documents, {report.n_characters:,} characters, {values:,} values, {names:,} names"
    )
    table = Table("label", "spans", "characters: shortest", "mean", "longest", box=None)
    for label in labels.spans:
        lengths = report.lengths[label]
        if lengths:
            table.add_row(label, f"{len(lengths):,}", str(min(lengths)), f"{mean(lengths):.1f}", str(max(lengths)))
        else:
            table.add_row(label, "0", "", "", "")
    for label, count in report.relations.items():
        table.add_row(f"{label} (relation)", f"{count:,}", "", "", "")
    console.print(table)
    if report.names:
        commonest = ", ".join(f"{name} {count}" for name, count in report.names.most_common(12))
        console.print(f"most frequent names: {commonest}")
    for kind in Kind:
        findings = report.of_kind(kind)
        if findings:
            console.print(f"{len(findings):,} × {kind}{' (a fault)' if kind in FAULTS else ''}")
            _print_findings(findings if list_all else findings[: SHOWN // 2], len(findings))


def _print_findings(findings: Sequence[Finding], total: int) -> None:
    """A list of findings of one kind."""
    console = plain_console()
    for finding in findings:
        console.print(
            f"  {finding.doc_id} [{finding.start}, {finding.end}) {finding.context or finding.text}", markup=False
        )
    if total > len(findings):
        console.print(f"  … and {total - len(findings):,} more; --all lists them")


def _compare(documents: list[Document], against: Path, labels: LabelSet, list_all: bool, target: Path | None) -> None:
    """Print how far two readings agree, and where they do not."""
    from lawner.checks import differences, match_documents
    from lawner.formats import load_annotations
    from lawner.losses import LossReport
    from lawner.metrics import score_documents

    losses = LossReport()
    others = list(load_annotations(against, "auto", labels=labels, losses=losses))
    pairs, alone, differing = match_documents(documents, others)
    console = plain_console()
    print_losses(losses)
    for doc_id in differing:
        console.print(f"  {doc_id}: the two texts differ, so it is not compared")
    for doc_id in alone:
        console.print(f"  {doc_id}: in one of the two only, so it is not compared")
    if not pairs:
        raise LawnerError(
            f"{against}: no document here has the id and text of one in the first; nothing can be compared"
        )
    table = Table(
        "",
        "both",
        "first only",
        "second only",
        "F1 (exact)",
        box=None,
        title=f"agreement over {len(pairs):,} documents",
    )
    for name, score in score_documents(pairs, labels).items():
        table.add_row(name, f"{score.tp:,}", f"{score.fn:,}", f"{score.fp:,}", f"{score.f1:.4f}")
    console.print(table)
    found = differences(pairs)
    _print_differences(found if list_all else found[:SHOWN], len(found))
    if target is not None:
        columns = ("doc_id", "side", "start", "end", "label", "text", "context")
        with _csv_file(target, columns) as write:
            write((d.doc_id, d.side, d.start, d.end, d.label, d.text, d.context) for d in found)


def _print_differences(found: Sequence[Difference], total: int) -> None:
    """Spans and pairs only one reading has."""
    console = plain_console()
    for one in found:
        console.print(
            f"  {one.doc_id} [{one.start}, {one.end}) {one.side} only: {one.label} {one.text}  ({one.context})",
            markup=False,
        )
    if total > len(found):
        console.print(f"  … and {total - len(found):,} more; --all lists them")


def _watched(documents: Iterable[Document], advance: Advance) -> Iterator[Document]:
    """Documents that move a progress bar as they pass."""
    for document in documents:
        advance(len(document.text))
        yield document


@contextmanager
def _progress(what: str) -> Iterator[Advance]:
    """A progress line on standard error, counting documents and characters; silent where there is no terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[seen]}"),
        TimeElapsedColumn(),
    )
    counts: Counter[str] = Counter()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None, seen="")

        def advance(characters: int) -> None:
            counts["documents"] += 1
            counts["characters"] += characters
            progress.update(task, seen=f"{counts['documents']:,} documents, {counts['characters']:,} characters")

        yield advance


WriteRows = Callable[[Iterable[Sequence[object]]], None]


@contextmanager
def _csv_file(path: Path | None, columns: Sequence[str]) -> Iterator[WriteRows]:
    """A CSV file to fill that opens right in Excel, put in place if the block ends well; nothing without a path."""
    from lawner.outputs import atomic_file

    if path is None:
        yield lambda _: None
        return
    with (
        atomic_file(path, force=True) as stage,
        stage.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(columns)
        yield writer.writerows
