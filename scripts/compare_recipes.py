"""Fine-tune in several ways with several seeds, and print what each is worth on written and on real reports.

Run it when the encoder, a setting or the augmentation is in doubt:

    python scripts/compare_recipes.py configs/tagger.yaml --results DIR --real FOLDER --seeds 3 \
        --recipe "encoder" --recipe "random weights: random_weights=true" --set training.epochs=4

A recipe is a name, or a name, a colon and the keys it sets. Every run is trained on the training split, stops by the
validation split, and is scored on the test split and on the real reports, which it never saw. Finished runs lie in the
results folder, one JSON file each, and are not repeated: a call that was broken off goes on, several calls with
different recipes fill one folder side by side, and a call without recipes prints the table of what is there.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any

import typer

from lawner.config import dump_config, load_config
from lawner.document import Document
from lawner.errors import LawnerError
from lawner.fitting import fit, predict
from lawner.formats import load_annotations
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.outputs import atomic_file
from lawner.train_config import TrainConfig
from lawner.training_data import Splits, load_splits

SCORES = {"typed values": "typed values", "names": "names", "pairs": "indicators"}
SETS = {"written": "written test split", "real": "real reports"}


def parse_recipe(text: str) -> tuple[str, list[str]]:
    """Name and overrides of a recipe.

    Example:
        >>> parse_recipe("no noise: augmentation.noise=0 training.epochs=4")
        ('no noise', ['augmentation.noise=0', 'training.epochs=4'])
    """
    name, _, overrides = text.partition(":")
    return name.strip(), overrides.split()


def run_file(results: Path, name: str, seed: int) -> Path:
    """Where the result of a run lies."""
    return results / f"{re.sub(r'[^0-9A-Za-z]+', '-', name).strip('-').lower()}-{seed}.json"


def run_once(
    config: TrainConfig, splits: Splits, labels: LabelSet, *, real: Sequence[Document], work: Path
) -> dict[str, Any]:
    """Train once and score the best pass.

    Returns:
        Settings, seconds, tokens, the validation scores of every pass, and F1 on both sets of reports.
    """
    fitted = fit(config, splits, labels, folder=work, losses=LossReport(), resume=True)
    scores = {}
    for title, documents in (("written", splits.test), ("real", real)):
        pairs = predict(fitted.model, documents, encoder=fitted.encoder, windows=config.windows, labels=labels)
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
    real: Annotated[Path, typer.Option(help="Real reports with gold, brat.")],
    recipe: Annotated[list[str] | None, typer.Option(help="NAME or 'NAME: key=value key=value'.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="key=value for all recipes.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of every recipe.")] = 1,
) -> None:
    """Train what is missing, print the table."""
    results.mkdir(parents=True, exist_ok=True)
    try:
        real_reports = list(load_annotations(real, "brat", losses=LossReport()))
        recipes = [parse_recipe(text) for text in recipe or []]
        for seed_offset in range(seeds):
            for name, own in recipes:
                settings = load_config(config, TrainConfig, overrides=[*(overrides or []), *own])
                seed = settings.training.seed + seed_offset
                settings = replace(settings, training=replace(settings.training, seed=seed))
                file = run_file(results, name, seed)
                if file.exists():
                    continue
                splits, labels = load_splits(settings.data, LossReport())
                work = file.with_suffix(".run")
                found = run_once(settings, splits, labels, real=real_reports, work=work)
                content = {"recipe": name, "seed": seed, "settings": dump_config(settings), **found}
                with atomic_file(file) as stage:
                    stage.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
                shutil.rmtree(work)
                print(f"{name}, seed {seed}: {found['seconds']:.0f} s, {found['scores']}", file=sys.stderr, flush=True)
    except LawnerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(to_table(json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))))


if __name__ == "__main__":
    typer.run(main)
