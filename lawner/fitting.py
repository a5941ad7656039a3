"""One fine-tuning: documents (augmented anew in every pass) → windows → `transformers.Trainer` → a model in memory.

The trainer stops on the indicator F1 of the validation split and keeps the pass that did best.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lawner.base_models import heavy, load_base, load_checkpoint, load_encoder, quiet
from lawner.batches import Collator, EpochSampler, to_dataset
from lawner.crf import Crf
from lawner.crf_layer import add_transitions, restore_transitions, transitions_of
from lawner.document import Document
from lawner.encoding import Encoder
from lawner.engines import Batch, ModelFolder, Pending
from lawner.errors import LawnerError
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.tagger import Tagger
from lawner.train_config import TrainConfig, WindowConfig
from lawner.trainer import (
    Watch,
    boards_in,
    callbacks,
    last_checkpoint,
    seconds_of,
    trainer_class,
    training_arguments,
)
from lawner.training_data import Example, Splits, augmented_epochs, to_examples

Pairs = list[tuple[Document, Document]]
FINISHED = "finished.json"
"""Says, beside the checkpoints of a training, that it came to its end, and how."""

WATCHED = {"typed_value_f1": "typed values", "name_f1": "names", "indicator_f1": "pairs"}
"""The scores of the validation split that every log line of a pass has, and what `score_documents` calls them."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model and how it came about.

    Attributes:
        model: A ``BertForTokenClassification``.
        encoder: Its tokenizer.
        history: One row per log line: step, loss, learning rate, scores on the validation split.
        seconds: Wall time of the training.
        tokens: Tokens trained on, context and special ones counted in, padding left out.
    """

    model: Any
    encoder: Encoder
    history: list[dict[str, float]]
    seconds: float
    tokens: int

    @property
    def best(self) -> dict[str, float]:
        """The log line with the best indicator F1 on the validation split."""
        rows = [row for row in self.history if "eval_indicator_f1" in row]
        return max(rows, key=lambda row: row["eval_indicator_f1"]) if rows else {}


class MemoryEngine:
    """Runs a model that is being trained, for `Tagger`."""

    threads = 1
    name = "torch, in training"

    def __init__(self, model: Any) -> None:
        self._model = model

    def submit(self, batch: Batch) -> Pending:
        """Compute a batch."""
        scores = self.run(batch)
        return lambda: scores

    def run(self, batch: Batch) -> Any:
        """Scores of every tag for every token."""
        import torch

        device = self._model.device
        mask = torch.from_numpy(np.arange(batch.ids.shape[1]) < batch.lengths[:, None]).long().to(device)
        with torch.inference_mode():
            ids = torch.from_numpy(batch.ids).long().to(device)
            return self._model(input_ids=ids, attention_mask=mask).logits.float().cpu().numpy()


def predict(
    model: Any,
    documents: Sequence[Document],
    *,
    encoder: Encoder,
    windows: WindowConfig,
    labels: LabelSet,
    crf: Crf | None = None,
) -> Pairs:
    """Gold and prediction of each document, by a model as it stands in memory."""
    with tagging(model, encoder=encoder, windows=windows, labels=labels, crf=crf) as tagger:
        return list(zip(documents, tagger.tag_many(documents), strict=True))


@contextlib.contextmanager
def tagging(
    model: Any, *, encoder: Encoder, windows: WindowConfig, labels: LabelSet, crf: Crf | None = None
) -> Iterator[Tagger]:
    """A tagger of a model as it stands in memory, which does not train while the block runs."""
    order, transitions = tuple(range(len(labels.tags))), transitions_of(model)
    folder = ModelFolder(Path(), {}, labels, order, windows.size, windows.context, transitions, windows.numeric)
    was_training = model.training
    model.eval()
    try:
        yield Tagger(folder, encoder, MemoryEngine(model), crf)
    finally:
        model.train(was_training)


def fit(
    config: TrainConfig,
    splits: Splits,
    labels: LabelSet,
    *,
    folder: Path,
    losses: LossReport,
    resume: bool = False,
    watch: Watch | None = None,
) -> Fitted:
    """Fine-tune once.

    Args:
        config: Settings.
        splits: Documents.
        labels: Tags.
        folder: Where checkpoints and TensorBoard files go.
        losses: Receives spans that do not begin and end where tokens do.
        resume: Go on from the last checkpoint in the folder, if there is one.
        watch: Called with every log line.

    Raises:
        LawnerError: If memory runs out.
    """
    done = folder / FINISHED
    if resume and done.is_file():
        return _finished(done, load_encoder(config.base))
    encoder, model = load_encoder(config.base), load_base(config, labels)
    if config.training.transition_learning_rate:
        add_transitions(model, labels.tags)
    epochs = _examples(config, splits.train, encoder, labels=labels, losses=losses)
    flat = [example for epoch in epochs for example in epoch]
    arguments = training_arguments(config.training, folder, n_examples=len(flat))

    def validate(current: Any) -> dict[str, float]:
        pairs = predict(current, splits.validation, encoder=encoder, windows=config.windows, labels=labels)
        scores = score_documents(pairs, labels)
        return {name: scores[key].f1 if key in scores else 0.0 for name, key in WATCHED.items()}

    checkpoint = last_checkpoint(folder) if resume else None
    with quiet(), boards_in(folder / "tensorboard"), memory_in_words(config.training.batch):
        trainer = trainer_class()(
            model=model,
            args=arguments,
            train_dataset=to_dataset(flat),
            eval_dataset=to_dataset(flat[:1]),  # `validate` takes its place
            data_collator=Collator(encoder.pad_id),
            callbacks=callbacks(config.training, watch),
        )
        trainer.remove_callback(heavy("transformers").PrinterCallback)
        trainer.sampler = EpochSampler(
            [[len(example.input_ids) for example in epoch] for epoch in epochs],
            batch=config.training.batch,
            seed=config.training.seed,
        )
        trainer.validate, trainer.settings = validate, config.training
        trainer.began = time.perf_counter() - seconds_of(checkpoint)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    share = trainer.state.global_step / max(1, trainer.state.max_steps)
    tokens = round(share * sum(len(example.input_ids) for example in flat))
    fitted = Fitted(trainer.model, encoder, trainer.state.log_history, trainer.seconds, tokens)
    if trainer.is_world_process_zero():
        best = Path(trainer.state.best_model_checkpoint).name
        content = {"best": best, "history": fitted.history, "seconds": fitted.seconds, "tokens": tokens}
        done.write_text(json.dumps(content), encoding="utf-8")
    return fitted


def fit_in_one(
    config: TrainConfig,
    documents: Sequence[Document],
    validation: Sequence[Document],
    labels: LabelSet,
    *,
    passes: int,
    losses: LossReport,
) -> Fitted:
    """Fine-tune over documents several times, as one pass to the trainer: what it ends with is kept, nothing chosen.

    Args:
        config: Settings; their number of passes does not matter.
        documents: To train on.
        validation: Scored at the end.
        labels: Tags.
        passes: How often the documents are gone over, varied anew each time.
        losses: Receives spans that do not begin and end where tokens do.
    """
    training = replace(config.training, epochs=1)
    varied = augmented_epochs(documents, epochs=passes, settings=config.augmentation, labels=labels, seed=training.seed)
    splits = Splits(list(chain.from_iterable(varied)), list(validation), [])
    with TemporaryDirectory() as scratch:
        return fit(replace(config, training=training), splits, labels, folder=Path(scratch), losses=losses)


def _finished(done: Path, encoder: Encoder) -> Fitted:
    """A training that had come to its end before the run was broken off."""
    content = json.loads(done.read_text(encoding="utf-8"))
    checkpoint = done.with_name(content["best"])
    model = load_checkpoint(checkpoint)
    restore_transitions(model, checkpoint)
    return Fitted(model, encoder, content["history"], content["seconds"], content["tokens"])


@contextlib.contextmanager
def memory_in_words(batch: int) -> Iterator[None]:
    """Turn what torch raises when memory runs out into one sentence.

    Raises:
        LawnerError: With the settings to lower.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error).lower():
            raise LawnerError(
                f"memory ran out while training with {batch} windows a step; lower training.batch or windows.size, or "
                "take a smaller base"
            ) from None
        raise


def _examples(
    config: TrainConfig, documents: Sequence[Document], encoder: Encoder, *, labels: LabelSet, losses: LossReport
) -> list[list[Example]]:
    """The windows of every pass; losses are counted in the first."""
    epochs: list[list[Example]] = []
    for varied in augmented_epochs(
        documents, epochs=config.training.epochs, settings=config.augmentation, labels=labels, seed=config.training.seed
    ):
        found = LossReport() if epochs else losses
        epochs.append(
            [one for d in varied for one in to_examples(d, encoder, config.windows, labels=labels, losses=found)]
        )
    return epochs
