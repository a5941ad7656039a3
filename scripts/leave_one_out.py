"""How well does a tagger read the report of another body once it has also learned from the other reports with gold?

Run it before training on real reports whose scores then are no evidence any more:

    python scripts/leave_one_out.py models/mine ../shared/reports

The model must not have seen the reports (the one in the box has). For every body it is trained further on the reports
of all the others, beside some of its training documents, varied as the settings say, and then reads those left out.
Reports whose names differ in the year alone are of one body. Nothing is chosen by looking at what is left out: settings
and number of passes are fixed.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from lawner.commands.reporting import print_losses
from lawner.config import load_config
from lawner.crf import Crf
from lawner.document import Document
from lawner.errors import ConfigError, LawnerError
from lawner.evaluation import compare_table, evaluate, to_markdown
from lawner.fitting import fit_in_one, predict
from lawner.formats import load_annotations
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.tagger import load_crf
from lawner.train_config import TrainConfig
from lawner.training_data import load_splits, long_lines

Pair = tuple[Document, Document]


def body_of(doc_id: str) -> str:
    """The name of a report without its year.

    Example:
        >>> body_of("hebei-miit-2018")
        'hebei-miit'
    """
    return re.sub(r"[-_ ]?(19|20)\d\d$", "", doc_id)


def leave_out(gold: Sequence[Document]) -> Iterator[tuple[list[Document], list[Document]]]:
    """The reports of each body in turn, and all others.

    Raises:
        ConfigError: If there are no two bodies.
    """
    bodies = list(dict.fromkeys(body_of(document.doc_id) for document in gold))
    if len(bodies) < 2:
        raise ConfigError(f"reports of {len(bodies)} body; leaving one out needs those of two or more")
    for body in bodies:
        held = [body_of(document.doc_id) == body for document in gold]
        yield (
            [document for document, out in zip(gold, held, strict=True) if out],
            [document for document, out in zip(gold, held, strict=True) if not out],
        )


def read_left_out(
    config: TrainConfig,
    left_out: Sequence[Document],
    documents: Sequence[Document],
    *,
    labels: LabelSet,
    passes: int,
    crf: Crf | None,
    losses: LossReport,
) -> list[Pair]:
    """Train further on documents, then read those left out; a CRF beside the base has its say as it is.

    To the trainer all passes are one, since after several it would keep the one that reads the left-out reports best.
    """
    fitted = fit_in_one(config, documents, left_out, labels, passes=passes, losses=losses)
    return predict(fitted.model, left_out, encoder=fitted.encoder, windows=config.windows, labels=labels, crf=crf)


def main(
    model: Annotated[Path, typer.Argument(help="A tagger that never saw the reports.")],
    reports: Annotated[Path, typer.Argument(help="Reports with gold.")],
    settings: Annotated[Path, typer.Option(help="Settings of the training.")] = Path("configs/tagger.yaml"),
    passes: Annotated[int, typer.Option(min=1, help="How often the documents are gone over.")] = 2,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 6e-4,
    rehearse: Annotated[int, typer.Option(min=0, help="Training documents beside the other reports.")] = 40,
) -> None:
    """Train once for every body without its reports, score all readings together."""
    losses = LossReport()
    overrides = [f"training.learning_rate={learning_rate}"]
    try:
        config = replace(load_config(settings, TrainConfig, overrides=overrides), base=str(model))
        splits, labels = load_splits(config.data, losses)
        gold = list(load_annotations(reports, "auto", labels=labels, losses=losses))
        if shared := long_lines(splits.train) & long_lines(gold):
            losses.note(f"{len(shared)} long lines of the reports are in the training text")
        crf = load_crf(Path(config.base), labels)
        readings: list[Pair] = []
        for place, (left_out, others) in enumerate(leave_out(gold)):
            rehearsal = random.Random(place).sample(splits.train, min(rehearse, len(splits.train)))
            readings += read_left_out(
                config, left_out, [*others, *rehearsal], labels=labels, passes=passes, crf=crf, losses=LossReport()
            )
            print(f"{len(readings)}/{len(gold)} {left_out[-1].doc_id}", file=sys.stderr, flush=True)
    except LawnerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print_losses(losses)
    print(to_markdown(compare_table({"with the other reports": evaluate(readings, labels)})))


if __name__ == "__main__":
    typer.run(main)
