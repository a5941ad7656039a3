"""A model folder: a token-classification checkpoint as Hugging Face saves it, with what lawner adds to it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lawner.config import load_yaml
from lawner.errors import LawnerError, ModelError
from lawner.labels import OUTSIDE, LabelSet

SETTINGS = "lawner.yaml"
WEIGHTS = "model.safetensors"
SHARDS = "model.safetensors.index.json"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.bin")
ONNX_FILES = {"int8": "model.int8.onnx", "fp32": "model.onnx"}
"""Precision to file, the one that is taken first standing first."""

FILES = ("*.json", "*.txt", "*.yaml", "*.safetensors", "*.onnx", "*.npz")
"""What is fetched of a model from a hub."""

TRANSITIONS = "transitions"
"""The key of config.json with the scores from tag to tag; other libraries pass it over."""

DEFAULT_SIZE, DEFAULT_CONTEXT = 254, 32
SPECIAL = 2  # [CLS] and [SEP] take a position each
SAMPLES, SAMPLE_BYTES = 64, 1 << 14


@dataclass(frozen=True, slots=True, eq=False)
class ModelFolder:
    """A folder with a model that tags.

    Attributes:
        path: The folder.
        config: Its ``config.json``.
        labels: The labels that the model finds.
        tag_order: For every tag of `labels` the column of the model's scores that is its own.
        size: The most tokens of a window, special ones not counted.
        context: Tokens before a window's core; behind it, too, where it could not end with a sentence.
        transitions: Scores from a tag (row) to the next, ``(n_tags, n_tags)`` in the order of `labels`; None if the
            model has none.
        numeric: Whether the windows hold only sentences that may hold values, put together.
    """

    path: Path
    config: Mapping[str, Any]
    labels: LabelSet
    tag_order: tuple[int, ...]
    size: int
    context: int
    transitions: npt.NDArray[np.float32] | None = None
    numeric: bool = False

    @property
    def fingerprint(self) -> str:
        """A digest of the weights, taken from samples all over the file; empty where there are no safetensors."""
        path = self.path / WEIGHTS
        if not path.is_file():
            return ""
        digest, n_bytes = hashlib.sha256(), path.stat().st_size
        digest.update(str(n_bytes).encode())
        with path.open("rb") as file:
            for index in range(SAMPLES):
                file.seek(index * n_bytes // SAMPLES)
                digest.update(file.read(SAMPLE_BYTES))
        return digest.hexdigest()


def shipped_model() -> Path:
    """The folder of the model that comes with lawner: in the package, or beside it in a source tree.

    Raises:
        ModelError: If this copy of lawner has none.
    """
    package = Path(__file__).resolve().parent.parent
    places = (package / "models" / "tagger", package.parent / "models" / "tagger")
    for place in places:
        if (place / "config.json").is_file():
            return place
    raise ModelError(f"there is no tagger in {places[0]}: this copy of lawner comes without one; name a model folder")


def find_model(name: Path | str | None = None) -> Path:
    """The folder of a model.

    Args:
        name: A folder, or the name of a model on the Hugging Face hub; without it the model that comes with lawner.

    Raises:
        ModelError: If there is no such folder and the hub cannot be asked or has no such model.
    """
    if name is None:
        return shipped_model()
    path = Path(name)
    if path.is_dir():
        return path
    text = str(name)
    if path.exists() or path.is_absolute() or text.count("/") != 1 or text.startswith((".", "~")):
        raise ModelError(f"{name}: there is no such model folder")
    if importlib.util.find_spec("huggingface_hub") is None:
        raise ModelError(
            f"{name}: there is no such folder, and names on the Hugging Face hub need huggingface_hub: pip install "
            f"it, or fetch the folder with 'hf download {name} --local-dir DIR' elsewhere and name DIR"
        )
    return _fetch(text)


def _fetch(name: str) -> Path:
    """The local copy of a model on the hub, without pickles."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except Exception as error:  # the hub, the network and the disk each fail in their own ways
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{name}: neither a folder nor a model that the hub gives ({reason})") from None


def open_folder(name: Path | str | None = None, *, allow_pickle: bool = False) -> ModelFolder:
    """A model folder, found and checked.

    Args:
        name: As for `find_model`.
        allow_pickle: Whether weights in a pickle, which can run any code when they are loaded, may be used.

    Raises:
        ModelError: If it cannot be found, tags nothing, has labels that are not IOB2 or only pickled weights.
    """
    path = find_model(name)
    config = _read_config(path)
    architectures = config.get("architectures") or []
    if not any(str(item).endswith("ForTokenClassification") for item in architectures):
        found = ", ".join(map(str, architectures)) or "none named"
        raise ModelError(f"{path}: the model has no token-classification head (architecture: {found}); train one on it")
    _check_weights(path, allow_pickle=allow_pickle)
    tags = _tags(path, config)
    settings = _settings(path)
    labels = _labels(path, tags, settings.get("labels") or {})
    of_windows = settings.get("windows") or {}
    size, context = _windows(path, config, of_windows)
    numeric = of_windows.get("numeric", False)
    if not isinstance(numeric, bool):
        raise ModelError(f"{path / SETTINGS}: windows.numeric is {numeric!r}; expected true or false")
    column = {tag: index for index, tag in enumerate(tags)}
    order = tuple(column[tag] for tag in labels.tags)
    transitions = read_transitions(config, n_tags=len(tags), place=path)
    if transitions is not None:
        transitions = transitions[np.ix_(order, order)]
    return ModelFolder(path, config, labels, order, size, context, transitions, numeric)


def _read_config(path: Path) -> dict[str, Any]:
    """The content of config.json."""
    file = path / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: this is no model folder: there is no config.json in it") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read as JSON ({error})") from None
    if not isinstance(config, dict):
        raise ModelError(f"{file}: expected an object, but found {type(config).__name__}")
    return config


def _check_weights(path: Path, *, allow_pickle: bool) -> None:
    """Refuse a folder without weights that may be loaded."""
    safe = (WEIGHTS, SHARDS, *ONNX_FILES.values())
    if any((path / name).is_file() for name in safe):
        return
    pickles = [name for name in PICKLES if (path / name).is_file()]
    if not pickles:
        raise ModelError(f"{path}: there are no weights; expected one of {', '.join(safe)}")
    if not allow_pickle:
        raise ModelError(
            f"{path}: {pickles[0]} is a pickle, which can run any code when it is loaded; save the model as "
            "safetensors, or allow pickles if you trust where it comes from"
        )


def _tags(path: Path, config: Mapping[str, Any]) -> list[str]:
    """The tags of the model in the order of its scores."""
    found: Any = config.get("id2label")
    try:
        tags = [str(found[str(index)]) for index in range(len(found))]
    except (TypeError, KeyError):
        raise ModelError(f"{path}: config.json has no id2label with the ids 0, 1, 2 ...") from None
    labels = dict.fromkeys(tag[2:] for tag in tags if tag != OUTSIDE)
    expected = {OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in "BI")}
    odd = sorted(expected.symmetric_difference(tags))
    if odd or len(set(tags)) != len(tags) or not labels:
        hint = f"first odd one: {odd[0]}" if odd else "some repeat or there is only O"
        raise ModelError(f"{path}: the labels are not IOB2 (O, and B-X and I-X for every label X); {hint}")
    return tags


def read_transitions(config: Mapping[str, Any], *, n_tags: int, place: Path | str) -> npt.NDArray[np.float32] | None:
    """The scores from tag to tag that lawner wrote into config.json, in the order of its tags; None if it did not.

    Raises:
        ModelError: If they are no numbers, or not one for each pair of tags.
    """
    if config.get(TRANSITIONS) is None:
        return None
    try:
        found = np.array(config[TRANSITIONS], dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ModelError(f"{place}: {TRANSITIONS} in config.json are no table of numbers ({error})") from None
    if found.shape != (n_tags, n_tags) or not np.isfinite(found).all():
        raise ModelError(
            f"{place}: {TRANSITIONS} in config.json have the shape {found.shape}, but every one of the {n_tags} tags "
            "needs a row with a finite number for each; train again, or remove the key"
        )
    return found


def _settings(path: Path) -> dict[str, Any]:
    """The content of lawner.yaml, if there is one."""
    file = path / SETTINGS
    if not file.is_file():
        return {}
    try:
        content = load_yaml(file)
    except LawnerError as error:
        raise ModelError(str(error)) from None
    for section in ("windows", "labels"):
        if not isinstance(content.get(section) or {}, dict):
            raise ModelError(f"{file}: expected keys under {section}, but found {content[section]!r}")
    return content


def _labels(path: Path, tags: list[str], settings: Mapping[str, Any]) -> LabelSet:
    """The label set that lawner.yaml names, if it is that of the tags; else what the tags say."""
    try:
        found = LabelSet.from_tags(tags)
        if not settings:
            return LabelSet(found.spans, ("Measures",))
        labels = LabelSet(
            tuple(settings.get("spans") or found.spans), tuple(settings.get("relations") or ()), settings.get("name")
        )
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path}: the labels cannot be used ({error})") from None
    if set(labels.spans) != set(found.spans):
        raise ModelError(
            f"{path}: {SETTINGS} names the labels {', '.join(labels.spans)}, but config.json {', '.join(found.spans)}"
        )
    return labels


def _windows(path: Path, config: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[int, int]:
    """Size and context of windows: from lawner.yaml, else as much as the table of positions allows."""
    positions = config.get("max_position_embeddings")
    most = positions - SPECIAL if isinstance(positions, int) else DEFAULT_SIZE
    size = settings.get("size", min(DEFAULT_SIZE, most))
    context = settings.get("context", min(DEFAULT_CONTEXT, size // 4) if isinstance(size, int) else 0)
    if not (isinstance(size, int) and isinstance(context, int) and 0 <= 2 * context < size):
        raise ModelError(f"{path}: windows of size {size!r} and context {context!r} are impossible; see {SETTINGS}")
    if size > most:
        raise ModelError(
            f"{path}: windows of {size} tokens and {SPECIAL} special ones are longer than the model's "
            f"{positions} positions"
        )
    return size, context
