"""``lawner train``: annotated documents and a pre-trained encoder become a tagger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from lawner.commands.reporting import print_losses

if TYPE_CHECKING:
    from lawner.evaluation import Report
    from lawner.training import TrainResult

SHOWN = 10
"""How many losses are listed before the rest is only counted."""


def train_cli(
    config: Annotated[Path, typer.Argument(help="Settings; see configs/tagger.yaml.", metavar="CONFIG")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model folder to write.", metavar="FOLDER")] = Path(
        "models/mine"
    ),
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="section.key=value, over the file; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Train with so many seeds, report all, keep the best.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was broken off.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the model folder if it is there.")] = False,
    export: Annotated[bool, typer.Option(help="Write the ONNX file that tagging without torch needs, too.")] = True,
) -> None:
    """Fine-tune a tagger on annotated documents, and write it as a Hugging Face folder with card and learning curve.

    With several processes: torchrun --nproc_per_node=N -m lawner train ...
    """
    from lawner.config import load_config
    from lawner.losses import LossReport
    from lawner.train_config import TrainConfig
    from lawner.training import is_first, train

    settings, losses = load_config(config, TrainConfig, overrides or ()), LossReport()
    with _Watcher(silent=not is_first()) as watcher:
        result = train(settings, output, n_seeds=seeds, resume=resume, force=force, losses=losses, watch=watcher.watch)
    if not is_first():
        return
    print_losses(losses, shown=SHOWN)
    _print_result(result)
    if export:
        from lawner.export import export_onnx

        report = export_onnx(output, precision="fp32")
        _console().print(f"{report.path}: for tagging without torch")


def _console() -> Console:
    """Standard output; wide when it is not a terminal, so that no table is cut."""
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, markup=False, width=200)


class _Watcher:
    """A progress bar, and a line for every pass."""

    def __init__(self, *, silent: bool) -> None:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        columns = (
            BarColumn(),
            TextColumn("{task.percentage:3.0f} % {task.description}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, disable=silent or not console.is_terminal, transient=True)
        self._task = self._bar.add_task("preparing", total=1.0)

    def __enter__(self) -> _Watcher:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def watch(self, seed: int, row: Mapping[str, float]) -> None:
        """Show a log line."""
        share = row["step"] / max(1, row["steps"])
        if "loss" in row:
            self._bar.update(self._task, completed=share, description=f"seed {seed} loss {float(row['loss']):.4f}")
        if "eval_indicator_f1" in row:
            names = {"eval_typed_value_f1": "values", "eval_name_f1": "names", "eval_indicator_f1": "indicators"}
            scores = ", ".join(f"{name} {row[key]:.4f}" for key, name in names.items() if key in row)
            self._bar.console.print(f"seed {seed}, {share * 100:.0f} %: F1 on the validation split: {scores}")


def _print_result(result: TrainResult) -> None:
    """The scores of every seed and of every split."""
    from statistics import mean, stdev

    console = _console()
    if len(result.seeds) > 1:
        for name in next(iter(result.seeds.values())):
            values = [scores[name] for scores in result.seeds.values()]
            console.print(f"{name} over {len(values)} seeds: {mean(values):.4f} ± {stdev(values):.4f}")
    for split, reports in result.reports.items():
        _print_split(console, split, result.documents[split], reports)
    console.print(f"{result.tokens_per_second:,.0f} tokens/s; model → {result.folder} (seed {result.kept})")


def _print_split(console: Console, split: str, n_documents: int, reports: Mapping[str, Report]) -> None:
    """The table of one split."""
    from lawner.evaluation import compare_table

    heading, *rows = compare_table(reports)
    table = Table(*heading, box=None, title=f"{split} split, {n_documents:,} documents", title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
