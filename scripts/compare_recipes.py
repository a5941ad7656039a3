"""Fine-tune in several ways with several seeds, and print what each is worth on written and on real reports.

Run it when the encoder, a setting or the augmentation is in doubt:

    python scripts/compare_recipes.py configs/tagger.yaml --results DIR --real FOLDER --seeds 3 \
        --recipe "encoder" --recipe "random weights: random_weights=true" --set training.epochs=4

A recipe is a name, or a name, a colon and the keys it sets. Every run is trained on the training split and what
``data.extra`` names, stops by the validation split, and is scored on the test split and on the real reports. Finished
runs lie in the results folder, one JSON file each, and are not repeated: a call that was broken off goes on, several
calls with different recipes fill one folder side by side, and a call without recipes prints the table of what is there.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any

import typer

from lawner.commands.reporting import print_losses
from lawner.config import dump_config, load_config
from lawner.document import Document
from lawner.errors import ConfigError, LawnerError
from lawner.fitting import fit, predict
from lawner.formats import load_annotations
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.outputs import atomic_file
from lawner.train_config import TrainConfig
from lawner.training_data import Splits, load_splits, long_lines

SCORES = {"typed values": "typed values", "names": "names", "pairs": "indicators"}
SETS = ("written", "real")
SETTINGS = "settings.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """One recipe with one seed.

    Attributes:
        recipe: Its name.
        config: All settings, the seed among them.
        file: Where the result goes.
    """

    recipe: str
    config: TrainConfig
    file: Path

    @property
    def work(self) -> Path:
        """Where the checkpoints lie until the result is there."""
        return self.file.with_suffix(".run")


def parse_recipe(text: str) -> tuple[str, list[str]]:
    """Name and overrides of a recipe; a value with blanks is quoted.

    Example:
        >>> parse_recipe("no noise: augmentation.noise=0 'data.extra=[a, b]'")
        ('no noise', ['augmentation.noise=0', 'data.extra=[a, b]'])
    """
    name, _, overrides = text.partition(":")
    return name.strip(), shlex.split(overrides)


def plan_runs(
    config: Path, recipes: Iterable[str], *, overrides: Sequence[str], seeds: int, results: Path
) -> list[Run]:
    """Every run that is asked for, seed by seed, so that early results span all recipes.

    Raises:
        ConfigError: If a recipe cannot be used, two have one file, or a file holds a run with other settings.
    """
    runs: list[Run] = []
    for name, own in map(parse_recipe, recipes):
        settings = load_config(config, TrainConfig, overrides=[*overrides, *own])
        slug = re.sub(r"[^\w]+", "-", name).strip("-").lower()
        for seed in range(settings.training.seed, settings.training.seed + seeds):
            of_seed = replace(settings, training=replace(settings.training, seed=seed))
            runs.append(Run(name, of_seed, results / f"{slug}-{seed}.json"))
    for place, run in enumerate(runs):
        if any(run.file == other.file for other in runs[:place]):
            raise ConfigError(f"{run.recipe}: another recipe has the file {run.file}; give it another name")
        _check_settings(run)
    return sorted(runs, key=lambda run: run.config.training.seed)


def _check_settings(run: Run) -> None:
    """Refuse a result or a begun run of that name with other settings."""
    begun = run.work / SETTINGS
    if run.file.exists():
        before, place = json.loads(run.file.read_text(encoding="utf-8"))["settings"], run.file
    elif begun.exists():
        before, place = begun.read_text(encoding="utf-8"), run.work
    else:
        return
    if before != dump_config(run.config):
        raise ConfigError(
            f"{place}: made with other settings than {run.recipe!r} has now; delete it or rename the recipe"
        )


def run_once(
    run: Run, splits: Splits, labels: LabelSet, *, real: Sequence[Document], losses: LossReport
) -> dict[str, Any]:
    """Train once, or go on, and score the best pass.

    Returns:
        Seconds, tokens, the validation scores of every pass, and F1 on both sets of reports.
    """
    run.work.mkdir(parents=True, exist_ok=True)
    (run.work / SETTINGS).write_text(dump_config(run.config), encoding="utf-8")
    fitted = fit(run.config, splits, labels, folder=run.work, losses=losses, resume=True)
    scores = {}
    for title, documents in zip(SETS, (splits.test, real), strict=True):
        pairs = predict(fitted.model, documents, encoder=fitted.encoder, windows=run.config.windows, labels=labels)
        found = score_documents(pairs, labels)
        scores[title] = {column: found[key].f1 for key, column in SCORES.items() if key in found}
    passes = [row for row in fitted.history if "eval_indicator_f1" in row]
    return {"scores": scores, "seconds": fitted.seconds, "tokens": fitted.tokens, "passes": passes}


def to_table(runs: Iterable[Mapping[str, Any]]) -> str:
    """Mean and standard deviation over the seeds of every recipe, as a Markdown table."""
    by_recipe: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        by_recipe.setdefault(run["recipe"], []).append(run)
    heads = [f"{kind}: {column}" for kind in SETS for column in SCORES.values()]
    lines = [f"| recipe | seeds | {' | '.join(heads)} |", "|---|--:|" + "--:|" * len(heads)]
    for recipe, of_recipe in by_recipe.items():
        cells = []
        for kind in SETS:
            for column in SCORES.values():
                values = [run["scores"][kind][column] for run in of_recipe if column in run["scores"][kind]]
                spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
                cells.append(f"{mean(values):.3f}{spread}" if values else "")
        lines.append(f"| {recipe} | {len(of_recipe)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(
    config: Annotated[Path, typer.Argument(help="Settings that all recipes share; see configs/tagger.yaml.")],
    results: Annotated[Path, typer.Option(help="Folder of the results.")],
    real: Annotated[Path | None, typer.Option(help="Real reports with gold, brat; needed for runs.")] = None,
    recipe: Annotated[list[str] | None, typer.Option(help="NAME or 'NAME: key=value key=value'.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="key=value for all recipes.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of every recipe.")] = 1,
) -> None:
    """Train what is missing, print the table."""
    results.mkdir(parents=True, exist_ok=True)
    losses = LossReport()
    try:
        if recipe and real is None:
            raise ConfigError("no real reports to score on; add --real FOLDER")
        runs = plan_runs(config, recipe or [], overrides=overrides or [], seeds=seeds, results=results)
        real_reports = list(load_annotations(real, "brat", losses=losses)) if real else []
        for run in runs:
            if not run.file.exists():
                splits, labels = load_splits(run.config.data, losses)
                if shared := long_lines(splits.train) & long_lines(real_reports):
                    losses.note(f"{len(shared)} long lines of the real reports are in the training text")
                found = run_once(run, splits, labels, real=real_reports, losses=losses)
                content = {"recipe": run.recipe, "settings": dump_config(run.config), **found}
                with atomic_file(run.file) as stage:
                    stage.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
                print(f"{run.file.stem}: {found['seconds']:.0f} s, {found['scores']}", file=sys.stderr, flush=True)
            shutil.rmtree(run.work, ignore_errors=True)
    except LawnerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print_losses(losses)
    print(to_table(json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))))


if __name__ == "__main__":
    typer.run(main)
