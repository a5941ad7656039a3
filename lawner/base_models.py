"""Pre-trained encoders to start from: found by folder or name, given a head for the labels."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lawner.encoding import Encoder
from lawner.engines.folder import TRANSITIONS
from lawner.engines.torch import has_bf16
from lawner.errors import LawnerError, MissingExtraError, ModelError
from lawner.labels import LabelSet
from lawner.train_config import TrainConfig


def load_base(config: TrainConfig, labels: LabelSet) -> Any:
    """The base with a head for the labels: a new one, unless the base is a tagger with the same.

    Raises:
        ModelError: If the base cannot be found, is no BERT, or has fewer positions than a window has tokens.
    """
    torch, transformers = heavy("torch"), heavy("transformers")
    torch.manual_seed(config.training.seed)
    shape = {
        "num_labels": len(labels.tags),
        "id2label": dict(enumerate(labels.tags)),
        "label2id": labels.tag_ids,
        "hidden_dropout_prob": config.training.dropout,
        "attention_probs_dropout_prob": 0.0,  # the same everywhere; on a CPU it would cost more than all the rest
    }
    with reachable(config.base), quiet():
        own = transformers.AutoConfig.from_pretrained(config.base)
        settings = transformers.AutoConfig.from_pretrained(config.base, **shape)
    if settings.model_type != "bert":
        raise ModelError(f"{config.base}: a {settings.model_type} model; expected one with BERT's layout")
    if config.windows.size + 2 > settings.max_position_embeddings:
        room = settings.max_position_embeddings
        raise ModelError(
            f"{config.base}: holds {room} positions, but a window has {config.windows.size} tokens and two more; "
            f"set windows.size to {room - 2} or less"
        )
    options = {"attn_implementation": "sdpa" if torch.cuda.is_available() else "eager"}  # sdpa is slow on a CPU
    kind = transformers.AutoModelForTokenClassification
    fits = not config.random_weights and list(own.id2label.values()) == list(labels.tags)
    if hasattr(settings, TRANSITIONS) and not fits:  # of other tags
        delattr(settings, TRANSITIONS)
    if config.random_weights:
        return with_quick_dropout(kind.from_config(settings, **options))
    with reachable(config.base), quiet():
        model, found = kind.from_pretrained(
            config.base,
            config=settings,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # another head, which is replaced
            output_loading_info=True,
            **options,
        )
    _check_loaded(config.base, found)
    if not fits:  # whatever head there was
        with torch.no_grad():
            model.classifier.weight.normal_(std=settings.initializer_range)
            model.classifier.bias.zero_()
    return with_quick_dropout(model)


def with_quick_dropout(model: Any) -> Any:
    """The model with its dropout drawn from bytes where it runs on a CPU, in place.

    One byte a unit instead of a 64-bit number: the share is rounded to 256ths. PyTorch's own can take a third of the
    time of a training step. The generator is seeded by PyTorch's for each draw, so that a run that goes on from a
    checkpoint draws the same.
    """
    torch = heavy("torch")
    if torch.cuda.is_available():
        return model

    class QuickDropout(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, share: float) -> None:
            super().__init__()
            self.p, self.dropped = share, min(255, max(1, round(256 * share)))

        def forward(self, states: Any) -> Any:
            if not self.training:
                return states
            generator = np.random.Generator(np.random.SFC64(int(torch.randint(2**62, ()))))
            drawn = torch.from_numpy(np.frombuffer(generator.bytes(states.numel()), dtype=np.uint8).copy())
            kept = (drawn >= self.dropped).view(states.shape)
            return states * kept.to(states.dtype) * (256 / (256 - self.dropped))

    for module in list(model.modules()):
        for name, part in module.named_children():
            if isinstance(part, torch.nn.Dropout) and part.p:
                setattr(module, name, QuickDropout(part.p))
    return model


def _check_loaded(base: str, found: Mapping[str, Any]) -> None:
    """Refuse a base without the weights of an encoder; transformers would go on with random numbers in their place."""
    names = [key[0] if isinstance(key, tuple) else str(key) for key in found["mismatched_keys"]]
    missing = sorted(name for name in {*names, *found["missing_keys"]} if not name.startswith("classifier."))
    if missing:
        raise ModelError(f"{base}: {len(missing)} of the encoder's weights are missing, first {missing[0]}")


def load_checkpoint(folder: Path) -> Any:
    """The model of a checkpoint that a trainer wrote, in float32."""
    torch, transformers = heavy("torch"), heavy("transformers")
    with quiet():
        return transformers.AutoModelForTokenClassification.from_pretrained(
            str(folder), dtype=torch.float32, attn_implementation="sdpa" if torch.cuda.is_available() else "eager"
        )


@contextlib.contextmanager
def reachable(name: str) -> Iterator[None]:
    """Turn what loading a model by name can raise into one sentence."""
    try:
        yield
    except LawnerError:
        raise
    except Exception as error:  # the hub, the network, the disk and the libraries each fail in their own ways
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if Path(name).is_dir():
            raise ModelError(f"{name}: transformers cannot load the base that lies here ({reason})") from None
        raise ModelError(
            f"{name}: no local folder and not reachable by that name ({reason}); fetch it on a connected machine with "
            f"`hf download {name} --local-dir DIR` and give DIR"
        ) from None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the reports, bars and warnings of transformers off the terminal while the block runs."""
    logging = heavy("transformers").utils.logging
    level, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if has_bars:
            logging.enable_progress_bar()


def load_encoder(name: str) -> Encoder:
    """The tokenizer of a base given by folder or name; one without ``tokenizer.json`` is made into one."""
    if (Path(name) / "tokenizer.json").is_file():
        return Encoder.from_pretrained(Path(name))
    with TemporaryDirectory() as scratch:
        with reachable(name), quiet():
            save_tokenizer(name, Path(scratch))
        encoder = Encoder.from_pretrained(Path(scratch))
        _ = encoder.tokenizer  # is read from the file now, while it is there
    return encoder


def save_tokenizer(base: str, folder: Path) -> None:
    """Write a base's tokenizer as transformers loads it."""
    heavy("transformers").AutoTokenizer.from_pretrained(base).save_pretrained(folder)


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
    model: Any, *, learning_rate: float, layer_decay: float, weight_decay: float, transition_learning_rate: float = 0.0
) -> list[dict[str, Any]]:
    """Parameters with their learning rates: the head's is full, every layer below has less.

    Args:
        model: A ``BertForTokenClassification``.
        learning_rate: Of head and top layer.
        layer_decay: Factor from a layer to the one below; the embeddings lie below the first.
        weight_decay: Of matrices; vectors have none.
        transition_learning_rate: Of the scores from tag to tag, which do not decay.
    """
    n_layers = model.config.num_hidden_layers
    groups: dict[tuple[int, bool], list[Any]] = {}
    chain: list[dict[str, Any]] = []
    for name, parameter in model.named_parameters():
        if name == TRANSITIONS:
            chain = [{"params": [parameter], "lr": transition_learning_rate, "weight_decay": 0.0}]
            continue
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
    ] + chain


def uses_bf16(precision: str) -> bool:
    """Whether to compute in bfloat16: ``"auto"`` where the hardware multiplies matrices in it."""
    if precision != "auto":
        return precision == "bf16"
    torch = heavy("torch")
    return has_bf16(torch.device("cuda" if torch.cuda.is_available() else "cpu"))


def importable(name: str) -> bool:
    """Whether a package is installed."""
    return importlib.util.find_spec(name) is not None
