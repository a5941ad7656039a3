"""Train a tagger further on the documents that were held out to measure it, and on real reports: what is shipped.

Run it after all measuring, since the model's scores on these documents say nothing any more:

    python scripts/finish_tagger.py MODEL --reports FOLDER -o OUT [--passes 2] [--rehearse 200]
    lawner export OUT --precision int8 --texts annotations/fazhi

It goes on with the weights of MODEL over the validation split, the test split, the real reports and a sample of the
training documents, so that those are not forgotten. A CRF beside MODEL is trained anew on all documents, and keeps the
share that was chosen while the validation split was still held out.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from lawner.commands.reporting import print_losses
from lawner.config import dump_config, load_config
from lawner.crf import FILE as CRF_FILE
from lawner.crf_fitting import fit_crf
from lawner.errors import LawnerError
from lawner.fitting import fit_in_one
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.model_card import digest_of, save_model
from lawner.outputs import atomic_folder
from lawner.tagger import load_crf
from lawner.train_config import TrainConfig
from lawner.training_data import load_splits

SAMPLE_SEED = 7


def finish(
    model: Path, reports: Path, out: Path, config: TrainConfig, *, passes: int, rehearse: int, losses: LossReport
) -> None:
    """Write a folder with the weights trained further, the CRF trained anew, tokenizer and settings.

    Args:
        model: A tagger that `lawner train` made with these settings.
        reports: Real reports with gold.
        out: The folder to write.
        config: Settings; the learning rates are those of the further passes.
        passes: How often the documents are gone over.
        rehearse: Training documents among them.
        losses: Receives annotations that could not be used.
    """
    splits, labels = load_splits(config.data, losses)
    real = list(load_annotations(reports, "auto", labels=labels, losses=losses))
    new = [*splits.validation, *splits.test, *real]
    chosen = [*new, *random.Random(SAMPLE_SEED).sample(splits.train, min(rehearse, len(splits.train)))]
    before, further = load_crf(model, labels), replace(config, base=str(model))
    with atomic_folder(out) as stage:
        fitted = fit_in_one(further, chosen, splits.validation[:1], labels, passes=passes, losses=losses)
        save_model(fitted.model, str(model), stage)
        if before:
            crf = fit_crf([*splits.train, *new], fitted.encoder, labels, config.crf, numeric=config.windows.numeric)
            crf.with_share(before.share).save(stage / CRF_FILE)
        settings = dump_config(
            config,
            labels={"spans": list(labels.spans), "relations": list(labels.relations), "name": labels.name},
            finished={"passes": passes, "documents": len(chosen)},
            documents={"train": len(splits.train) + len(new)},
            data_sha256=digest_of([*splits.train, *new]),
        )
        (stage / "lawner.yaml").write_text(settings, encoding="utf-8")


def main(
    model: Annotated[Path, typer.Argument(help="A tagger that was measured.")],
    reports: Annotated[Path, typer.Option(help="Real reports with gold.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The model folder to write.")],
    settings: Annotated[Path, typer.Option(help="Settings of the training.")] = Path("configs/tagger.yaml"),
    passes: Annotated[int, typer.Option(min=1, help="How often the documents are gone over.")] = 2,
    slower: Annotated[float, typer.Option(min=0.0, max=1.0, help="Factor on the learning rates.")] = 0.5,
    rehearse: Annotated[int, typer.Option(min=0, help="Training documents beside the others.")] = 200,
) -> None:
    """Train further, and write the folder."""
    losses = LossReport()
    try:
        config = load_config(settings, TrainConfig)
        training = config.training
        slow = replace(
            training,
            learning_rate=slower * training.learning_rate,
            transition_learning_rate=slower * training.transition_learning_rate,
        )
        config = replace(config, training=slow)
        finish(model, reports, out, config, passes=passes, rehearse=rehearse, losses=losses)
    except LawnerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print_losses(losses)
    print(f"{out}: written; now lawner export {out}")


if __name__ == "__main__":
    typer.run(main)
