"""Pre-trained encoders to start from: found by folder or name, given a head for the labels."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lawner.encoding import Encoder
from lawner.errors import MissingExtraError, ModelError
from lawner.labels import LabelSet
from lawner.train_config import TrainConfig


def load_base(config: TrainConfig, labels: LabelSet) -> Any:
    """The base with a new head for the labels.

    Raises:
        ModelError: If the base cannot be found, is no BERT, or has fewer positions than a window has tokens.
    """
    torch, transformers = heavy("torch"), heavy("transformers")
    torch.manual_seed(config.training.seed)
    options = {
        "num_labels": len(labels.tags),
        "id2label": dict(enumerate(labels.tags)),
        "label2id": labels.tag_ids,
        "hidden_dropout_prob": config.training.dropout,
        "attention_probs_dropout_prob": config.training.dropout,
    }
    with reachable(config.base):
        settings = transformers.AutoConfig.from_pretrained(config.base, **options)
    if settings.model_type != "bert":
        raise ModelError(f"{config.base}: a {settings.model_type} model; expected one with BERT's layout")
    if config.windows.size + 2 > settings.max_position_embeddings:
        room = settings.max_position_embeddings
        raise ModelError(
            f"{config.base}: holds {room} positions, but a window has {config.windows.size} tokens and two more; "
            f"set windows.size to {room - 2} or less"
        )
    attention = "sdpa" if torch.cuda.is_available() else "eager"  # the fused backward pass is slow on a CPU
    kind = transformers.AutoModelForTokenClassification
    if config.random_weights:
        return kind.from_config(settings, attn_implementation=attention)
    with reachable(config.base):
        return kind.from_pretrained(
            config.base, config=settings, attn_implementation=attention, dtype=torch.float32, use_safetensors=None
        )


@contextlib.contextmanager
def reachable(name: str) -> Iterator[None]:
    """Turn what loading a model by name can raise into one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(
            f"{name}: no local folder and not reachable by that name ({reason}); fetch it on a connected machine with "
            f"`hf download {name} --local-dir DIR` and give DIR"
        ) from None


def load_encoder(name: str) -> Encoder:
    """The tokenizer of a base given by folder or name."""
    if Path(name).is_dir():
        return Encoder.from_pretrained(Path(name))
    with reachable(name):
        file = importlib.import_module("huggingface_hub").hf_hub_download(name, "tokenizer.json")
    return Encoder.from_pretrained(Path(file).parent)


def heavy(name: str) -> Any:
    """A heavy library.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError("training", package=name, extra="train") from None


def parameter_groups(
    model: Any, *, learning_rate: float, layer_decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Parameters with their learning rates: the head's is full, every layer below has less.

    Args:
        model: A ``BertForTokenClassification``.
        learning_rate: Of head and top layer.
        layer_decay: Factor from a layer to the one below; the embeddings lie below the first.
        weight_decay: Of matrices; vectors have none.
    """
    n_layers = model.config.num_hidden_layers
    groups: dict[tuple[int, bool], list[Any]] = {}
    for name, parameter in model.named_parameters():
        if ".layer." in name:
            depth = n_layers - 1 - int(name.split(".layer.")[1].split(".")[0])
        else:
            depth = n_layers if ".embeddings." in name else 0
        groups.setdefault((depth, parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": members,
            "lr": learning_rate * layer_decay**depth,
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (depth, decays), members in sorted(groups.items(), key=lambda item: item[0])
    ]
