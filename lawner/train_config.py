"""The settings of a training run: what ``configs/tagger.yaml`` holds, with a sentence on each key there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lawner.augmentation import Augmentation


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Which documents train, and which stop the training.

    Attributes:
        annotations: Folder or file of annotated documents, or a dataset folder that ``lawner convert`` wrote.
        format: Annotation format, or ``"auto"``.
        splits: CSV file with the columns id and split; None splits by `ratio`.
        ratio: Shares of train, validation and test where no file says them.
        extra: Further annotated documents, all of them for training.
        share: Share of the training documents to use, for learning curves.
        labels: A label set's YAML file; None for CASE, COUNT, RATE, AMOUNT and NAME.
    """

    annotations: Path = Path("annotations")
    format: str = "auto"
    splits: Path | None = Path("annotations/index.csv")
    ratio: tuple[float, ...] = (0.8, 0.1, 0.1)
    extra: tuple[Path, ...] = ()
    share: float = 1.0
    labels: Path | None = None

    def __post_init__(self) -> None:
        """Refuse shares outside (0, 1]."""
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0 and at most 1, but is {self.share}")
        if len(self.ratio) != 3:
            raise ValueError(f"ratio needs three shares (train, validation, test), but has {len(self.ratio)}")


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """How documents are cut.

    Attributes:
        size: The most tokens of a window, without [CLS] and [SEP].
        context: Tokens before a core; behind it, too, where it could not end with a sentence.
        numeric: Whether they hold only the sentences that may hold values, put together; all sentences in any case
            where a label set has values that need not be numbers.
    """

    size: int = 126
    context: int = 24
    numeric: bool = True

    def __post_init__(self) -> None:
        """Refuse windows without a core."""
        if self.context < 0 or self.size - 2 * self.context < 1:
            raise ValueError(f"size {self.size} leaves no room between two contexts of {self.context}")


@dataclass(frozen=True, slots=True)
class OptimizerConfig:
    """How the weights are fitted.

    Attributes:
        epochs: The most passes over the training documents.
        patience: Passes without a better indicator F1 on the validation split after which training stops; 0 = never.
        batch: Windows a step, over all processes.
        learning_rate: Peak, of the top layer and the head.
        transition_learning_rate: Peak, of the scores from tag to tag; 0 = none, every token's tag is learned by itself.
        layer_decay: Factor on the learning rate from each layer to the one below; 1.0 = the same for all.
        warmup: Share of the steps in which the learning rate rises.
        weight_decay: AdamW's, not on biases and layer norms.
        dropout: Share of the hidden units left out in training.
        precision: ``"auto"`` (bfloat16 where the hardware has it), ``"bf16"`` or ``"fp32"``.
        seed: Of the head's first weights, the order, the dropout and the augmentation.
    """

    epochs: int = 4
    patience: int = 4
    batch: int = 16
    learning_rate: float = 1.2e-3
    transition_learning_rate: float = 0.036
    layer_decay: float = 0.9
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    precision: str = "auto"
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        steps = self.transition_learning_rate
        rules = {
            f"epochs must be at least 1, but is {self.epochs}": self.epochs >= 1,
            f"patience must be at least 0, but is {self.patience}": self.patience >= 0,
            f"batch must be at least 1, but is {self.batch}": self.batch >= 1,
            f"learning_rate must be above 0, but is {self.learning_rate}": self.learning_rate > 0,
            f"transition_learning_rate must be at least 0, but is {steps}": steps >= 0,
            f"layer_decay must be above 0 and at most 1, but is {self.layer_decay}": 0 < self.layer_decay <= 1,
            f"warmup must lie between 0 and 1, but is {self.warmup}": 0 <= self.warmup < 1,
            f"weight_decay must be at least 0, but is {self.weight_decay}": self.weight_decay >= 0,
            f"seed must be at least 0, but is {self.seed}": self.seed >= 0,
            f"dropout must lie between 0 and 1, but is {self.dropout}": 0 <= self.dropout < 1,
            f"precision must be auto, bf16 or fp32, but is {self.precision}": self.precision
            in ("auto", "bf16", "fp32"),
        }
        if broken := [rule for rule, holds in rules.items() if not holds]:
            raise ValueError(broken[0])


@dataclass(frozen=True, slots=True)
class CrfConfig:
    """The CRF that is trained beside the encoder.

    Attributes:
        train: Whether there is one.
        iterations: The most passes of the optimiser over the training documents.
        l1: Penalty on the sum of the weights.
        l2: Penalty on the sum of their squares.
        min_count: How often a feature must occur.
    """

    train: bool = True
    iterations: int = 60
    l1: float = 0.05
    l2: float = 0.01
    min_count: int = 2

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        if self.iterations < 1 or self.min_count < 0 or min(self.l1, self.l2) < 0:
            raise ValueError("iterations must be at least 1, and min_count, l1 and l2 at least 0")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A training run.

    Attributes:
        base: The pre-trained encoder: a folder, or a name on the Hugging Face Hub.
        random_weights: Take only the base's shape and tokenizer and draw the weights anew, to see what pre-training
            is worth.
        data: Documents.
        windows: How documents are cut.
        training: How the weights are fitted.
        crf: The CRF beside the encoder.
        augmentation: How training documents are varied in every pass.
    """

    base: str = "models/encoder"
    random_weights: bool = False
    data: DataConfig = field(default_factory=DataConfig)
    windows: WindowConfig = field(default_factory=WindowConfig)
    training: OptimizerConfig = field(default_factory=OptimizerConfig)
    crf: CrfConfig = field(default_factory=CrfConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)
