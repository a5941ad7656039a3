"""How well does a tagger read a new report once it has also learned from the other reports with gold?

Run it before training on real reports whose scores then are no evidence any more:

    python scripts/leave_one_out.py models/mine ../shared/reports

For every report the model goes on over all the others, and over as many training documents as keep it from forgetting,
and then reads the one left out. Nothing is chosen by looking at that one: settings and number of passes are fixed.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from lawner.config import load_config
from lawner.document import Document
from lawner.errors import ConfigError, LawnerError
from lawner.evaluation import compare_table, evaluate, to_markdown
from lawner.fitting import fit, predict
from lawner.formats import load_annotations
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.train_config import TrainConfig
from lawner.training_data import Splits, load_splits

Pair = tuple[Document, Document]


def read_left_out(
    config: TrainConfig,
    left_out: Document,
    others: Sequence[Document],
    rehearsal: Sequence[Document],
    *,
    labels: LabelSet,
    passes: int,
) -> Pair:
    """Train on over the other reports and some training documents, then read the one left out.

    The passes are one to the trainer, which would else keep the one that reads the left-out report best.
    """
    splits = Splits([*others, *rehearsal] * passes, [left_out], [])
    with TemporaryDirectory() as scratch:
        fitted = fit(config, splits, labels, folder=Path(scratch), losses=LossReport())
    return predict(fitted.model, [left_out], encoder=fitted.encoder, windows=config.windows, labels=labels)[0]


def main(
    model: Annotated[Path, typer.Argument(help="A tagger that never saw the reports.")],
    reports: Annotated[Path, typer.Argument(help="Reports with gold.")],
    settings: Annotated[Path, typer.Option(help="Settings of the training.")] = Path("configs/tagger.yaml"),
    passes: Annotated[int, typer.Option(min=1, help="How often the other reports are gone over.")] = 2,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 6e-4,
    rehearse: Annotated[int, typer.Option(min=0, help="Training documents that are gone over again beside them.")] = 40,
) -> None:
    """Go on once for every report, score all readings together."""
    losses = LossReport()
    try:
        config = load_config(settings, TrainConfig, overrides=[f"base={model}"])
        config = replace(config, training=replace(config.training, epochs=1, learning_rate=learning_rate))
        splits, labels = load_splits(config.data, losses)
        gold = list(load_annotations(reports, "auto", labels=labels, losses=losses))
        if len(gold) < 2:
            raise ConfigError(f"{reports}: {len(gold)} document; leaving one out needs two or more")
        readings: list[Pair] = []
        for place, left_out in enumerate(gold):
            others = [*gold[:place], *gold[place + 1 :]]
            rehearsal = random.Random(place).sample(splits.train, min(rehearse, len(splits.train)))
            readings.append(read_left_out(config, left_out, others, rehearsal, labels=labels, passes=passes))
            print(f"{place + 1}/{len(gold)} {left_out.doc_id}", file=sys.stderr, flush=True)
    except LawnerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(to_markdown(compare_table({"with the other reports": evaluate(readings, labels)})))


if __name__ == "__main__":
    typer.run(main)
