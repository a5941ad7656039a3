"""One fine-tuning: documents (augmented anew in every pass) → windows → `transformers.Trainer` → a model in memory.

The trainer stops on the indicator F1 of the validation split and keeps the pass that did best.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lawner.base_models import heavy, load_base, load_encoder, parameter_groups
from lawner.batches import Collator, EpochSampler, to_dataset
from lawner.document import Document
from lawner.encoding import Encoder
from lawner.engines import Batch, ModelFolder, Pending
from lawner.errors import LawnerError
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.tagger import Tagger
from lawner.train_config import OptimizerConfig, TrainConfig, WindowConfig
from lawner.training_data import Example, Splits, augmented_epochs, to_examples

if TYPE_CHECKING:
    pass

Pairs = list[tuple[Document, Document]]
Watch = Callable[[Mapping[str, float]], None]
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
    model: Any, documents: Sequence[Document], *, encoder: Encoder, windows: WindowConfig, labels: LabelSet
) -> Pairs:
    """Gold and prediction of each document, by a model as it stands in memory."""
    order = tuple(range(len(labels.tags)))
    folder = ModelFolder(Path(), {}, labels, order, windows.size, windows.context)
    was_training = model.training
    model.eval()
    try:
        tagged = list(Tagger(folder, encoder, MemoryEngine(model)).tag_many(documents))
    finally:
        model.train(was_training)
    return list(zip(documents, tagged, strict=True))


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
    settings = config.training
    encoder, model = load_encoder(config.base), load_base(config, labels)
    epochs = _examples(config, splits.train, encoder, labels=labels, losses=losses)
    sampler = EpochSampler(
        [[len(example.input_ids) for example in epoch] for epoch in epochs], batch=settings.batch, seed=settings.seed
    )
    flat = [example for epoch in epochs for example in epoch]
    arguments = _arguments(settings, folder, n_examples=len(flat))

    def validate(current: Any) -> dict[str, float]:
        pairs = predict(current, splits.validation, encoder=encoder, windows=config.windows, labels=labels)
        scores = score_documents(pairs, labels)
        return {name: scores[key].f1 for name, key in WATCHED.items() if key in scores}

    trainer = _trainer_class()(
        model=model,
        args=arguments,
        train_dataset=to_dataset(flat),
        eval_dataset=to_dataset(flat[:1]),  # `validate` takes its place
        data_collator=Collator(encoder.pad_id),
        callbacks=_callbacks(settings, watch),
    )
    trainer.remove_callback(heavy("transformers").PrinterCallback)
    trainer.sampler, trainer.validate, trainer.settings = sampler, validate, settings
    began = time.perf_counter()
    try:
        trainer.train(resume_from_checkpoint=_last_checkpoint(folder) if resume else None)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error).lower():
            raise LawnerError(
                f"memory ran out while training with {settings.batch} windows a step; lower training.batch or "
                "windows.size, or take a smaller base"
            ) from None
        raise
    seconds = time.perf_counter() - began
    done = trainer.state.global_step / max(1, trainer.state.max_steps)
    tokens = round(done * sum(len(example.input_ids) for example in flat))
    return Fitted(trainer.model, encoder, trainer.state.log_history, seconds, tokens)


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


def _arguments(settings: OptimizerConfig, folder: Path, *, n_examples: int) -> Any:
    """The settings as transformers has them; all passes are one "epoch", so that each can have windows of its own."""
    torch, transformers = heavy("torch"), heavy("transformers")
    world, cuda = int(os.environ.get("WORLD_SIZE", "1")), torch.cuda.is_available()
    per_device = max(1, settings.batch // world)
    steps = math.ceil(n_examples / (per_device * world))
    every = math.ceil(steps / settings.epochs)
    boards = [name for name in ("tensorboard", "tensorboardX") if importable(name)]
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder / "tensorboard")
    return transformers.TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=per_device,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(settings.warmup * steps),
        max_grad_norm=1.0,
        bf16=uses_bf16(settings.precision),
        use_cpu=not cuda,
        ddp_backend="gloo" if world > 1 and not cuda else None,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="indicator_f1",
        greater_is_better=True,
        logging_steps=max(1, every // 10),
        report_to=["tensorboard"] if boards else [],
        disable_tqdm=True,
        seed=settings.seed,
        data_seed=settings.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def _trainer_class() -> Any:
    """`transformers.Trainer` with our order, our optimizer groups and our score; made here since it needs torch."""
    torch, transformers = heavy("torch"), heavy("transformers")

    class TaggerTrainer(transformers.Trainer):  # type: ignore[misc, name-defined]
        sampler: EpochSampler
        validate: Callable[[Any], dict[str, float]]
        settings: OptimizerConfig
        control: Any
        optimizer: Any

        def _get_train_sampler(self, *_: Any) -> Any:
            return self.sampler

        def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
            metrics = {f"{metric_key_prefix}_{name}": value for name, value in self.validate(self.model).items()}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def create_optimizer(self, *_: Any) -> Any:
            if self.optimizer is None:
                settings = self.settings
                groups = parameter_groups(
                    self.model,
                    learning_rate=settings.learning_rate,
                    layer_decay=settings.layer_decay,
                    weight_decay=settings.weight_decay,
                )
                self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
            return self.optimizer

    return TaggerTrainer


def _callbacks(settings: OptimizerConfig, watch: Watch | None) -> list[Any]:
    """What looks on while the trainer works."""
    transformers = heavy("transformers")

    class Watcher(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
            if watch is not None and state.is_world_process_zero:
                watch({"step": state.global_step, "steps": state.max_steps, **logs})

    callbacks: list[Any] = [Watcher()]
    if settings.patience:
        callbacks.append(transformers.EarlyStoppingCallback(early_stopping_patience=settings.patience))
    return callbacks


def _last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint of a run; None if it has none."""
    found = [path for path in folder.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    return str(max(found, key=lambda path: int(path.name.split("-")[1]))) if found else None


def uses_bf16(precision: str) -> bool:
    """Whether to compute in bfloat16: ``"auto"`` where the hardware multiplies matrices in it."""
    if precision != "auto":
        return precision == "bf16"
    torch = heavy("torch")
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_amx_tile_supported())


def importable(name: str) -> bool:
    """Whether a package is installed."""
    import importlib.util

    return importlib.util.find_spec(name) is not None
