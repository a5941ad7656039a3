"""`transformers.Trainer` with lawner's order of windows, learning rates by layer, and score."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lawner.base_models import heavy, importable, parameter_groups, uses_bf16
from lawner.batches import EpochSampler
from lawner.crf_layer import chain_loss
from lawner.engines.folder import TRANSITIONS
from lawner.errors import ConfigError
from lawner.train_config import OptimizerConfig

Watch = Callable[[Mapping[str, float]], None]
STATE = "trainer_state.json"
BOARD_VARIABLE = "TENSORBOARD_LOGGING_DIR"


def training_arguments(settings: OptimizerConfig, folder: Path, *, n_examples: int) -> Any:
    """The settings as transformers has them; all passes are one "epoch", so that each can have windows of its own.

    Raises:
        ConfigError: If the processes cannot share a batch.
    """
    torch, transformers = heavy("torch"), heavy("transformers")
    world, cuda = int(os.environ.get("WORLD_SIZE", "1")), torch.cuda.is_available()
    if settings.batch % world:
        raise ConfigError(
            f"training.batch is {settings.batch}, which {world} processes cannot share; make it a multiple of {world}"
        )
    steps = math.ceil(n_examples / settings.batch)
    every = math.ceil(steps / settings.epochs)
    has_boards = importable("tensorboard") or importable("tensorboardX")
    return transformers.TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=settings.batch // world,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(settings.warmup * steps),
        max_grad_norm=1.0,
        bf16=uses_bf16(settings.precision),
        use_cpu=not cuda,
        ddp_backend="gloo" if world > 1 and not cuda else None,
        ddp_find_unused_parameters=False,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="indicator_f1",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,  # passes without a better score count on after a kill
        logging_steps=max(1, every // 10),
        report_to=["tensorboard"] if has_boards else [],
        disable_tqdm=True,
        seed=settings.seed,
        data_seed=settings.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def trainer_class() -> Any:
    """The trainer; made here since it needs torch."""
    torch, transformers = heavy("torch"), heavy("transformers")

    class TaggerTrainer(transformers.Trainer):  # type: ignore[misc, name-defined]
        sampler: EpochSampler
        validate: Callable[[Any], dict[str, float]]
        settings: OptimizerConfig
        began: float
        control: Any
        optimizer: Any

        @property
        def seconds(self) -> float:
            return time.perf_counter() - self.began

        def _get_train_sampler(self, *_: Any) -> Any:
            return self.sampler

        def log(self, logs: dict[str, float], *rest: Any) -> None:
            super().log({**logs, "seconds": round(self.seconds, 3)}, *rest)

        def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
            metrics = {f"{metric_key_prefix}_{name}": value for name, value in self.validate(self.model).items()}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **rest: Any) -> Any:
            transitions = getattr(self.accelerator.unwrap_model(model), TRANSITIONS, None)
            if transitions is None:
                return super().compute_loss(model, inputs, return_outputs, **rest)
            outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
            loss = chain_loss(outputs.logits, transitions, inputs["labels"])
            return (loss, outputs) if return_outputs else loss

        def create_optimizer(self, *_: Any) -> Any:
            if self.optimizer is None:
                settings = self.settings
                groups = parameter_groups(
                    self.model,
                    learning_rate=settings.learning_rate,
                    layer_decay=settings.layer_decay,
                    weight_decay=settings.weight_decay,
                    transition_learning_rate=settings.transition_learning_rate,
                )
                self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
            return self.optimizer

    return TaggerTrainer


def callbacks(settings: OptimizerConfig, watch: Watch | None) -> list[Any]:
    """What looks on while the trainer works."""
    transformers = heavy("transformers")

    class Watcher(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float], **_: Any) -> None:
            if watch is not None and state.is_world_process_zero:
                watch({"step": state.global_step, "steps": state.max_steps, **logs})

    found: list[Any] = [Watcher()]
    if settings.patience:
        found.append(transformers.EarlyStoppingCallback(early_stopping_patience=settings.patience))
    return found


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint of a run; None if it has none."""
    found = [path for path in folder.glob("checkpoint-*") if _is_whole(path)]
    return max(found, key=lambda path: int(path.name.split("-")[1])) if found else None


def _is_whole(checkpoint: Path) -> bool:
    """Whether the file that is written last is there and complete."""
    try:
        json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def seconds_of(checkpoint: Path | None) -> float:
    """How long a run had trained when it wrote a checkpoint."""
    if checkpoint is None:
        return 0.0
    rows = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))["log_history"]
    return max((float(row.get("seconds", 0.0)) for row in rows), default=0.0)


@contextmanager
def boards_in(folder: Path) -> Iterator[None]:
    """Let transformers write TensorBoard files into a folder while the block runs."""
    before = os.environ.get(BOARD_VARIABLE)
    os.environ[BOARD_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[BOARD_VARIABLE]
        else:
            os.environ[BOARD_VARIABLE] = before
