"""``lawner evaluate``: a model, or predictions of any system, against gold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lawner.commands.reporting import SHOWN, plain_console, print_losses
from lawner.commands.reporting import label_set as load_label_set

if TYPE_CHECKING:
    from lawner.document import Document
    from lawner.evaluation import Report
    from lawner.labels import LabelSet
    from lawner.predictions import Predictions


def evaluate_cli(
    paths: Annotated[
        list[Path],
        typer.Argument(help="The model (not with --predictions) and the gold.", metavar="[MODEL] GOLD"),
    ],
    from_format: Annotated[
        str, typer.Option("--from", "--format", help="The annotation format of GOLD, or auto.")
    ] = "auto",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write scores.json, errors.csv and report.html here.", metavar="FOLDER"),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="Any system's rows as JSON Lines, instead of a model.", metavar="FILE"),
    ] = None,
    ceiling: Annotated[
        Path | None,
        typer.Option("--ceiling", help="A second reading of GOLD, to show how far people agree.", metavar="PATH"),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Only the documents of this split: train, validation or test.")
    ] = None,
    splits: Annotated[
        Path | None,
        typer.Option("--splits", help="The file of splits; index.csv in GOLD if it is not given.", metavar="FILE"),
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="What runs the model: auto, onnx or torch.")] = "auto",
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="A YAML file with another label set; see configs/labels.yaml.", metavar="FILE"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the report if it is there.")] = False,
) -> None:
    """Measure how well a model finds the indicators of annotated documents.

    Prints exact and overlap scores of values and names, the score of whole indicators (value, type, name and link all
    right), and that of equal quantities, with 95 % intervals from resampling whole documents; beside it the rules that
    come with lawner and, with --ceiling, the agreement of a second reading.
    """
    from lawner.evaluation import evaluate_systems, read_gold, save_report
    from lawner.losses import LossReport
    from lawner.outputs import atomic_folder
    from lawner.predictions import read_predictions

    model, source = _model_and_gold(paths, predictions)
    label_set, losses = load_label_set(labels), LossReport()
    gold = read_gold(source, from_format, labels=label_set, losses=losses, split=split, split_file=splits)
    print_losses(losses)
    if predictions is not None:
        read = read_predictions(predictions, gold, label_set)
        _print_unused(predictions, read)
        name, readings = predictions.name, read.documents
    else:
        name, readings = model.name or str(model), _tag(model, gold, engine)
    second = _second_reading(ceiling, label_set) if ceiling is not None else None
    pairs = list(zip(gold, readings, strict=True))
    reports = evaluate_systems(name, pairs, label_set, second_reading=second)
    _print_reports(reports)
    if output is not None:
        about = {"system": str(predictions or model), "gold": str(source), "split": split, "left_behind": len(losses)}
        if predictions is not None:
            about |= {"rows": read.n_rows, "rows_unused": len(read.unused)}
        with atomic_folder(output, force=force) as stage:
            save_report(stage, pairs, label_set, reports, about)
        plain_console().print(f"report → {output}")


def _model_and_gold(paths: Sequence[Path], predictions: Path | None) -> tuple[Path, Path]:
    """The two arguments; with predictions there is no model."""
    wanted = 1 if predictions is not None else 2
    if len(paths) != wanted:
        needed = "only GOLD with --predictions" if predictions is not None else "MODEL and GOLD"
        raise typer.BadParameter(f"{len(paths)} given, but {needed} needed", param_hint="[MODEL] GOLD")
    return paths[0], paths[-1]


def _tag(model: Path, gold: Sequence[Document], engine: str) -> list[Document]:
    """What a model finds in the texts of the gold."""
    from lawner.tagger import Tagger

    tagger = Tagger.from_pretrained(model, engine=engine)
    return list(tagger.tag_many(document.with_spans(()) for document in gold))


def _second_reading(path: Path, labels: LabelSet) -> list[Document]:
    """Another reading of the gold documents."""
    from lawner.formats import load_annotations
    from lawner.losses import LossReport

    losses = LossReport()
    documents = list(load_annotations(path, labels=labels, losses=losses))
    print_losses(losses)
    return documents


def _print_reports(reports: dict[str, Report]) -> None:
    """All systems in one table, then the first one in full."""
    from lawner.evaluation import compare_table
    from lawner.mistakes import MistakeKind

    (name, report), *_ = reports.items()
    console = plain_console()
    console.print(f"{name}: {report.n_documents:,} documents, {report.n_characters:,} characters")
    for rows in (report.to_table(), report.to_label_table(), compare_table(reports)):
        heading, *body = rows
        table = Table(box=None)
        for index, cell in enumerate(heading):
            table.add_column(cell, justify="right" if index else "left")
        for row in body:
            table.add_row(*row)
        console.print(table)
        console.print()
    for other, one in reports.items():
        if one.n_documents != report.n_documents:
            console.print(f"{other}: over {one.n_documents:,} of the {report.n_documents:,} documents only")
    counts = ", ".join(f"{report.count(kind):,} {kind}" for kind in MistakeKind)
    console.print(f"errors: {counts}")


def _print_unused(path: Path, read: Predictions) -> None:
    """The rows that could not be used, to standard error; the first few in full."""
    console = plain_console(stderr=True)
    for row in read.unused[:SHOWN]:
        console.print(f"not used: {path}:{row.line}: {row.reason}: {row.detail}")
    if read.unused:
        reasons = Counter(row.reason for row in read.unused)
        counts = "; ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        console.print(f"{len(read.unused):,} of {len(read.unused) + read.n_rows:,} rows not used: {counts}")
