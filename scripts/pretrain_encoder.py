"""Pre-train the Chinese encoder within a budget of minutes or tokens: masked-language modelling and word boundaries.

Run it when the corpus, the tokenizer or the size of the encoder changes; fine-tuning then starts from the result:

    python scripts/pretrain_encoder.py configs/pretrain.yaml --state ~/lawner-pretrain --out models/encoder
    torchrun --nproc-per-node 8 scripts/pretrain_encoder.py ...        # several GPUs, same arguments

    text files -> tokenizer -> shards (ids and word starts, memory-mapped, 1 % held out)
               -> batches (drawn and masked from seed and step alone) -> training <-> checkpoint -> encoder folder

The state folder holds the tokenizer, the shards, ``log.jsonl`` and ``checkpoint.pt``. The same command continues after
any interruption, ``kill -9`` included, and ends with the same weights as an uninterrupted run of the same ``--tokens``:
step N draws its data from N, so the checkpoint needs no reader position. A larger budget later continues, too.
``--export-only`` writes the encoder folder from the last checkpoint at any time.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import fnmatch
import hashlib
import json
import logging
import math
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
import yaml
from build_tokenizer import (
    NEWLINE_TOKEN,
    InputError,
    build_tokenizer,
    build_vocabulary,
    corpus_files,
    folds,
    read_lines,
)
from check_contamination import RUN_LENGTH, bare, find_shared

if TYPE_CHECKING:
    import torch
    from torch import nn

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DATA_VERSION = 1  # of the shard files; a change makes existing shards be built again
MAX_BLOCK = 100  # paragraphs held out together
LOCAL_OFFSETS = (-1, 1, -2, 2)
MASK, RANDOM = 0.8, 0.9  # of the chosen tokens, below 0.8 are masked, below 0.9 replaced, the rest stays
IGNORED = -100
SIZES = ("grow_after", "layers", "hidden", "head_size", "max_positions")
"""Settings that say how large the model is."""


# ---------------------------------------------------------------------------------------------------- configuration


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the budget with its own sequence length.

    Attributes:
        share: Of the budget.
        length: Tokens of a sequence, [CLS] and [SEP] included.
        batch: Sequences in a step over all processes.
    """

    share: float
    length: int
    batch: int


@dataclass(frozen=True, slots=True)
class Config:
    """The keys of ``configs/pretrain.yaml``, which explains each."""

    corpus: tuple[str, ...]
    exclude: tuple[str, ...]
    weights: Mapping[str, float]
    holdout_every: int
    min_count: int
    digit_shapes: bool
    base: str
    grow_after: tuple[int, ...]
    layers: int
    hidden: int
    head_size: int
    max_positions: int
    random_positions: bool
    local_heads: int
    mask_rate: float
    word_masking: float
    span_masking: float
    word_loss: float
    minutes: float
    tokens: int
    seed: int
    precision: str
    attention: str
    learning_rate: float
    warmup_steps: int
    decay_share: float
    weight_decay: float
    beta2: float
    max_norm: float
    stages: tuple[Stage, ...]
    adapt_threads: bool
    log_every: int
    eval_every: int
    checkpoint_minutes: float

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        rules = {
            "hidden must be a multiple of head_size": self.hidden % self.head_size == 0,
            "precision must be bf16 or fp32": self.precision in ("bf16", "fp32"),
            "attention must be auto, sdpa or plain": self.attention in ("auto", "sdpa", "plain"),
            "mask_rate must lie between 0 and 1": 0 < self.mask_rate < 1,
            "word_masking and span_masking must not exceed 1 together": self.word_masking + self.span_masking <= 1,
            "word_loss must not be negative": self.word_loss >= 0,
            "digit_shapes needs a tokenizer of its own, but base brings one": not (self.digit_shapes and self.base),
            "grow_after needs a base": not self.grow_after or bool(self.base),
            "holdout_every must be at least 2": self.holdout_every >= 2,
            f"local_heads must be 0 to {len(LOCAL_OFFSETS)}": 0 <= self.local_heads <= len(LOCAL_OFFSETS),
            "the shares of the stages must sum to 1": abs(sum(stage.share for stage in self.stages) - 1) < 1e-6,
            "one of minutes and tokens must be set": (self.minutes > 0) != (self.tokens > 0),
            "every stage must be at least 8 tokens long": all(stage.length >= 8 for stage in self.stages),
        }
        if broken := [rule for rule, holds in rules.items() if not holds]:
            raise InputError("; ".join(broken))

    def stage_at(self, progress: float) -> Stage:
        """Return the stage that a share of the budget falls in."""
        reached = 0.0
        for stage in self.stages:
            reached += stage.share
            if progress < reached:
                return stage
        return self.stages[-1]

    def rate_at(self, step: int, progress: float) -> float:
        """Return the learning rate of a step."""
        warmup = min(1.0, (step + 1) / max(1, self.warmup_steps))
        decay = min(1.0, max(0.0, 1 - progress) / max(self.decay_share, 1e-9))
        return self.learning_rate * min(warmup, decay)


def parse_overrides(overrides: Iterable[str]) -> dict[str, Any]:
    """Read ``key=value`` pairs, the values as YAML."""
    pairs = [override.partition("=") for override in overrides]
    if bad := [key for key, equals, _ in pairs if not equals]:
        raise InputError(f"--set {bad[0]}: no value; write --set {bad[0]}=VALUE")
    return {key: yaml.safe_load(value) for key, _, value in pairs}


def load_config(path: Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file.

    Raises:
        InputError: If the file is missing, a key is unknown or missing, or a value has the wrong type.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the configuration's path") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected keys and values; see configs/pretrain.yaml")
    values = {**values, **(overrides or {})}
    known = [field.name for field in fields(Config)]
    for key in values:
        if key not in known:
            hint = difflib.get_close_matches(str(key), known, n=1)
            raise InputError(f"{path}: unknown key {key}" + (f"; did you mean {hint[0]}?" if hint else ""))
    if missing := [field.name for field in fields(Config) if field.name not in values and field.default is MISSING]:
        raise InputError(f"{path}: key {missing[0]} is missing; copy it from configs/pretrain.yaml")
    try:
        values["stages"] = tuple(Stage(**stage) for stage in values["stages"])
        for field in fields(Config):
            if field.type in ("int", "float", "str", "bool"):
                values[field.name] = {"int": int, "float": float, "str": str, "bool": bool}[field.type](
                    values[field.name]
                )
        lists = {key: tuple(values[key]) for key in ("corpus", "exclude", "grow_after")}
        return Config(**{**values, **lists})
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


# ----------------------------------------------------------------------------------------------------------- shards


def source_name(path: Path) -> str:
    """Return a corpus file's name without its endings."""
    return path.name.removesuffix(".xz").removesuffix(".txt")


def split_lines(lines: Sequence[str], holdout_every: int) -> tuple[list[str], list[list[str]]]:
    """Part a source into training lines and held-out blocks of neighbouring lines.

    Args:
        lines: The whole source.
        holdout_every: One block in this many is held out.

    Returns:
        The training lines and the held-out blocks. A source too short for a block of its own is all training text.
    """
    size = max(1, min(MAX_BLOCK, len(lines) // (2 * holdout_every)))
    train, held = [], []
    for number, start in enumerate(range(0, len(lines), size)):
        block = list(lines[start : start + size])
        if number % holdout_every == holdout_every // 2:
            held.append(block)
        else:
            train += block
    return train, held


def drop_shared(lines: Sequence[str], kept: str) -> list[str]:
    """Drop the lines of a source that share a run of letters and digits with texts kept for testing.

    Runs may reach over line breaks, as in `check_contamination`; then every line that they touch is dropped.

    Args:
        lines: The whole source.
        kept: The letters and digits of the texts kept for testing.
    """
    bare_lines = [bare([line]) for line in lines]
    text = "".join(bare_lines)
    ends = np.cumsum([len(line) for line in bare_lines])
    dropped: set[int] = set()
    for run in find_shared({"": kept}, text, RUN_LENGTH).get("", []):
        place = text.find(run)
        while place >= 0:
            first, last = np.searchsorted(ends, [place, place + len(run) - 1], side="right")
            dropped.update(range(int(first), int(last) + 1))
            place = text.find(run, place + 1)
    return [line for number, line in enumerate(lines) if number not in dropped]


def word_starts(line: str) -> Flags:
    """Mark the characters of a line that begin a word; every digit is a word of its own.

    Shapes:
        result: ``(len(line),)``
    """
    import jieba

    jieba.setLogLevel(logging.WARNING)
    starts = np.zeros(len(line), dtype=np.bool_)
    position = 0
    for word in jieba.cut(line):
        starts[position] = True
        position += len(word)
    return starts | np.array([character.isdigit() for character in line], dtype=np.bool_)


def _encode(tokenizer_dir: Path, lines: Sequence[str]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Turn lines into ids and word starts, each line closed by a line-feed token.

    Shapes:
        result: two arrays of ``(n_tokens,)``
    """
    tokenizer = load_tokenizer(tokenizer_dir)
    newline = tokenizer.convert_tokens_to_ids(NEWLINE_TOKEN)
    if newline is None or newline == tokenizer.unk_token_id:
        newline = tokenizer.sep_token_id
    table = str.maketrans(folds())
    ids: list[npt.NDArray[np.uint16]] = []
    starts: list[npt.NDArray[np.uint8]] = []
    for begin in range(0, len(lines), 1000):
        batch = list(lines[begin : begin + 1000])
        encoded = tokenizer(batch, add_special_tokens=False, return_offsets_mapping=True, return_token_type_ids=False)
        for line, line_ids, offsets in zip(batch, encoded["input_ids"], encoded["offset_mapping"], strict=True):
            first = np.array([start for start, _ in offsets], dtype=np.int64)
            ids.append(np.array([*line_ids, newline], dtype=np.uint16))
            starts.append(np.append(word_starts(line.translate(table))[first], True).astype(np.uint8))
    if not ids:
        return np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.uint8)
    return np.concatenate(ids), np.concatenate(starts)


def build_shards(
    files: Sequence[Path], tokenizer_dir: Path, out: Path, *, holdout_every: int, exclude: Sequence[Path] = ()
) -> None:
    """Write each source's ids and word starts, for training and held out, and ``shards.json`` about them.

    Args:
        files: Corpus files; their names without endings must differ.
        tokenizer_dir: A fast tokenizer with fewer than 65,536 tokens.
        out: Folder to write to.
        holdout_every: See `split_lines`.
        exclude: Texts kept for testing; lines that share a run with them are dropped.
    """
    kept = "\n".join(bare(read_lines(path)) for path in exclude)
    out.mkdir(parents=True, exist_ok=True)
    (out / "shards.json").unlink(missing_ok=True)
    table: dict[str, dict[str, int]] = {}
    workers = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with ProcessPoolExecutor(workers) as pool:
        for file in files:
            whole = list(read_lines(file))
            lines = drop_shared(whole, kept)
            train, held = split_lines(lines, holdout_every)
            flat = [line for block in held for line in block]
            parts = [train[begin : begin + 5000] for begin in range(0, len(train), 5000)]
            encoded = list(pool.map(_encode, [tokenizer_dir] * (len(parts) + 1), [*parts, flat]))
            name = source_name(file)
            table[name] = {"lines": len(lines), "characters": sum(map(len, lines)), "dropped": len(whole) - len(lines)}
            for split, arrays in (("train", encoded[:-1]), ("held", encoded[-1:])):
                for kind, index, dtype in (("ids", 0, np.uint16), ("starts", 1, np.uint8)):
                    joined = np.concatenate([np.zeros(0, dtype=dtype), *(pair[index] for pair in arrays)])
                    np.save(out / f"{name}.{split}.{kind}.npy", joined)
                table[name][f"{split}_tokens"] = sum(len(pair[0]) for pair in arrays)
            (out / f"{name}.held.txt").write_text("\n".join(flat), encoding="utf-8")
    write_atomically(out / "shards.json", json.dumps({"version": DATA_VERSION, "sources": table}, indent=1))


def write_atomically(path: Path, text: str) -> None:
    """Write a small text file so that it is either old or new, never half."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@dataclass(frozen=True, slots=True)
class Source:
    """The memory-mapped tokens of one corpus file.

    Attributes:
        name: The file's name without its endings.
        weight: Share of the sequences drawn from it; the weights of all sources sum to 1.
        ids: ``(n_tokens,)`` token ids.
        starts: ``(n_tokens,)`` 1 where a word begins.
    """

    name: str
    weight: float
    ids: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.uint8]


def open_sources(shards: Path, weights: Mapping[str, float], *, split: str, length: int) -> list[Source]:
    """Open the shards of the sources that are long enough for one sequence.

    Args:
        shards: Folder written by `build_shards`.
        weights: Name pattern to relative share; files of one pattern divide it by their size.
        split: ``"train"`` or ``"held"``.
        length: Tokens of a sequence without [CLS] and [SEP].

    Raises:
        InputError: If a source matches no pattern or no source is long enough.
    """
    table: dict[str, dict[str, int]] = json.loads((shards / "shards.json").read_text(encoding="utf-8"))["sources"]
    groups: dict[str, list[str]] = {}
    for name in table:
        pattern = next((pattern for pattern in weights if fnmatch.fnmatch(name, pattern)), None)
        if pattern is None:
            raise InputError(f'weights: no pattern matches the source {name}; add one, or "*" for the rest')
        if table[name][f"{split}_tokens"] >= length and weights[pattern] > 0:
            groups.setdefault(pattern, []).append(name)
    total = sum(weights[pattern] for pattern in groups)
    if not groups:
        raise InputError(f"no source has {length} {split} tokens; give more text or shorter stages")
    sources = []
    for pattern, names in groups.items():
        size = sum(table[name][f"{split}_tokens"] for name in names)
        for name in names:
            weight = weights[pattern] / total * table[name][f"{split}_tokens"] / size
            ids, starts = (np.load(shards / f"{name}.{split}.{kind}.npy", mmap_mode="r") for kind in ("ids", "starts"))
            sources.append(Source(name, weight, ids, starts))
    return sources


# ---------------------------------------------------------------------------------------------------------- batches


@dataclass(frozen=True, slots=True)
class Masker:
    """Hides tokens of a batch.

    Attributes:
        mask_id: Id of [MASK].
        ordinary: Ids a token may be replaced with: all but the special tokens.
        rate: Share of the tokens to hide.
        words: Share of the sequences masked by whole words.
        spans: Share of the sequences masked by spans of 1 to 3 tokens; the rest is masked token by token.
    """

    mask_id: int
    ordinary: Ids
    rate: float
    words: float
    spans: float

    def __call__(self, ids: Ids, starts: Flags, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """Choose the same number of tokens in every row and hide them.

        Args:
            ids: The batch without [CLS] and [SEP].
            starts: True where a word begins.
            rng: Source of every choice.

        Returns:
            The ids with the chosen tokens hidden, and the chosen columns in rising order.

        Shapes:
            ids, starts: ``(batch, length)``
            result: ``(batch, length)`` and ``(batch, n_hidden)``
        """
        batch, length = ids.shape
        mode = rng.random((batch, 1))
        spans = random_span_starts(batch, length, rng)
        unit_starts = np.where(mode < self.words, starts, np.where(mode < self.words + self.spans, spans, True))
        unit_starts[:, 0] = True
        unit = np.cumsum(unit_starts, axis=1) - 1
        priority = np.take_along_axis(rng.random((batch, length)), unit, axis=1)  # equal within a unit
        n_hidden = max(1, round(self.rate * length))
        columns = np.sort(np.argsort(priority, axis=1, kind="stable")[:, :n_hidden], axis=1)
        original = np.take_along_axis(ids, columns, axis=1)
        fate = rng.random(original.shape)
        replacement = self.ordinary[rng.integers(len(self.ordinary), size=original.shape)]
        shown = np.where(fate < MASK, self.mask_id, np.where(fate < RANDOM, replacement, original))
        hidden = ids.copy()
        np.put_along_axis(hidden, columns, shown, axis=1)
        return hidden, columns


def random_span_starts(batch: int, length: int, rng: np.random.Generator) -> Flags:
    """Cut rows into spans of 1, 2 or 3 tokens, each equally likely, and mark where they begin.

    Shapes:
        result: ``(batch, length)``
    """
    ends = np.cumsum(rng.integers(1, 4, size=(batch, length)), axis=1)
    starts = np.zeros((batch, length), dtype=np.bool_)
    rows, columns = np.nonzero(ends < length)
    starts[rows, ends[rows, columns]] = True
    return starts


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's input.

    Attributes:
        ids: ``(batch, length)`` with [CLS], [SEP] and hidden tokens.
        positions: ``(n_hidden,)`` places of the hidden tokens in the flattened ids.
        labels: ``(n_hidden,)`` what was hidden.
        firsts: ``(batch,)`` place of each sequence's first token in the position table.
        starts: ``(batch, length - 2)`` whether a word begins at a token; [CLS] and [SEP] left out.
    """

    ids: Ids
    positions: Ids
    labels: Ids
    firsts: Ids
    starts: Flags


def draw_batch(
    sources: Sequence[Source],
    masker: Masker,
    edges: tuple[int, int],
    *,
    stage: Stage,
    seed: Sequence[int],
    n_positions: int = 0,
) -> Batch:
    """Draw and mask the sequences of a step.

    Args:
        sources: Where to draw from, by weight; every start position of a source is equally likely.
        masker: Hides tokens.
        edges: Ids of [CLS] and [SEP].
        stage: Length and number of the sequences.
        seed: Decides every choice, so that the same seed gives the same batch anywhere.
        n_positions: Let every sequence begin at a random place in a position table of this size; 0 = at its start.
    """
    rng = np.random.default_rng(list(seed))
    inner = stage.length - 2
    chosen = rng.choice(len(sources), size=stage.batch, p=[source.weight for source in sources])
    begins = [int(rng.integers(len(sources[index].ids) - inner + 1)) for index in chosen]
    rows = [(sources[index], begin) for index, begin in zip(chosen, begins, strict=True)]
    ids = np.stack([source.ids[begin : begin + inner] for source, begin in rows]).astype(np.int64)
    starts = np.stack([source.starts[begin : begin + inner] for source, begin in rows]).astype(np.bool_)
    hidden, columns = masker(ids, starts, rng)
    framed = np.pad(hidden, ((0, 0), (1, 1)))
    framed[:, 0], framed[:, -1] = edges
    positions = (np.arange(stage.batch)[:, None] * stage.length + columns + 1).ravel()
    firsts = rng.integers(max(1, n_positions - stage.length + 1), size=stage.batch)
    return Batch(framed, positions, np.take_along_axis(ids, columns, axis=1).ravel(), firsts, starts)


# ------------------------------------------------------------------------------------------------------------ model


def load_tokenizer(name: str | Path) -> Any:
    """Load a fast tokenizer from a folder or by name.

    Raises:
        InputError: If it cannot be reached or is not fast.
    """
    from transformers import AutoTokenizer
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # else it warns of each long line, which the shards are cut from anyway
    with unreachable(name):
        tokenizer = AutoTokenizer.from_pretrained(str(name))
    if not tokenizer.is_fast:
        raise InputError(f"{name}: its tokenizer is not a fast one, which character offsets need; choose another model")
    return tokenizer


@contextlib.contextmanager
def unreachable(name: str | Path) -> Iterator[None]:
    """Turn what loading a model by name can raise into one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"{name}: no local folder and not reachable by that name ({reason}); "
            f"fetch it on a connected machine with `hf download {name} --local-dir DIR` and give DIR"
        ) from error


def plain_attention(
    _module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Attend by two matrix products and a softmax, for `transformers.AttentionInterface`; no dropout.

    Shapes:
        query, key, value: ``(batch, heads, length, head_size)``
        result: ``(batch, length, heads, head_size)``
    """
    scores = (query * scaling) @ key.transpose(-1, -2)
    if attention_mask is not None:
        scores = scores + attention_mask
    return (scores.softmax(-1) @ value).transpose(1, 2).contiguous(), None


def wave_numbers(hidden: int) -> torch.Tensor:
    """Return the waves of the position vectors in radians a token, the shortest first.

    The shortest wave is about two tokens long, so that neighbours differ clearly.

    Shapes:
        result: ``(hidden // 2,)``
    """
    import torch

    return 3.0 * torch.exp(-math.log(10_000.0) * torch.arange(0, hidden, 2) / hidden)


def sinusoids(n_positions: int, hidden: int, std: float) -> torch.Tensor:
    """Return position vectors made of waves, scaled to a standard deviation.

    Shapes:
        result: ``(n_positions, hidden)``; waves from the shortest, as neighbouring (sine, cosine) pairs

    Source: Vaswani et al. 2017, section 3.5, with pairs side by side.
    """
    import torch

    angles = torch.arange(n_positions)[:, None] * wave_numbers(hidden)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).reshape(n_positions, hidden) * (std * math.sqrt(2))


def point_heads_at_neighbours(model: Any, heads: int, *, strength: float = 16.0) -> None:
    """Start some heads of every layer but the last at "the token before", "the token after", and so on.

    A head's query copies the shortest position waves, its key the same waves turned by the offset, so their product
    is largest at that distance. It is only a start: every weight stays free.

    Args:
        model: A ``BertForMaskedLM`` with sinusoidal positions.
        heads: How many heads in each layer.
        strength: Scale of queries and keys.
    """
    import torch

    hidden, size = model.config.hidden_size, model.config.hidden_size // model.config.num_attention_heads
    frequencies = wave_numbers(hidden)[: size // 2]
    layers = model.bert.encoder.layer
    with torch.no_grad():
        for layer in layers[: max(1, len(layers) - 1)]:
            for head, offset in enumerate(LOCAL_OFFSETS[: min(heads, model.config.num_attention_heads)]):
                rows = slice(head * size, (head + 1) * size)
                query, key = layer.attention.self.query.weight[rows], layer.attention.self.key.weight[rows]
                turn = torch.zeros(size, size)
                for pair, angle in enumerate((-offset * frequencies).tolist()):
                    at = slice(2 * pair, 2 * pair + 2)
                    turn[at, at] = torch.tensor(
                        [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
                    )
                query[:, :size] += strength * torch.eye(size) / math.sqrt(size)
                key[:, :size] += strength * turn / math.sqrt(size)


def new_model(config: Config, n_tokens: int, pad_id: int) -> Any:
    """Return a randomly initialised ``BertForMaskedLM`` of the configured size."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(config.seed)
    model = BertForMaskedLM(
        BertConfig(
            vocab_size=n_tokens,
            hidden_size=config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.hidden // config.head_size,
            intermediate_size=4 * config.hidden,
            max_position_embeddings=config.max_positions,
            pad_token_id=pad_id,
        )
    )
    if config.local_heads:
        table = model.bert.embeddings.position_embeddings.weight
        table.data.copy_(sinusoids(config.max_positions, config.hidden, model.config.initializer_range))
        point_heads_at_neighbours(model, config.local_heads)
    return model


def load_model(config: Config, tokenizer: Any) -> Any:
    """Return the model to train: a new one, or the configured base."""
    if not config.base:
        return new_model(config, len(tokenizer), tokenizer.pad_token_id)
    import torch
    from transformers import AutoModelForMaskedLM

    with unreachable(config.base):
        model = AutoModelForMaskedLM.from_pretrained(config.base, dtype=torch.float32)
    if model.config.model_type != "bert":
        raise InputError(f"{config.base}: a {model.config.model_type} model; expected one with BERT's layout")
    longest = max(stage.length for stage in config.stages)
    if longest > model.config.max_position_embeddings:
        raise InputError(
            f"{config.base}: holds {model.config.max_position_embeddings} positions, but a stage is {longest} tokens "
            "long; shorten the stages"
        )
    grow(model, config.grow_after)
    return model


def grow(model: Any, after: Sequence[int]) -> None:
    """Put new layers into a BERT, in place, so that at first it computes what it did.

    A new layer is a copy of the one below, but for the two matrices that write into the residual stream, which are 0.
    What it adds is then nothing; its last norm takes over scale and shift of the layer below, whose own become 1 and 0,
    so that normalising three times in a row is normalising once.

    Args:
        model: A ``BertForMaskedLM``.
        after: The layers, counted from 1, each of which gets a new one above it.

    Raises:
        InputError: If the model has no such layer.
    """
    import torch

    layers = list(model.bert.encoder.layer)
    if wrong := [number for number in after if not 1 <= number <= len(layers)]:
        raise InputError(f"grow_after: the base has no layer {wrong[0]}; it has layers 1 to {len(layers)}")
    with torch.no_grad():
        for number in sorted(after, reverse=True):
            below = layers[number - 1]
            new = copy.deepcopy(below)
            for part in (new.attention.output.dense, new.output.dense):
                part.weight.zero_()
                part.bias.zero_()
            for norm in (below.output.LayerNorm, new.attention.output.LayerNorm):
                norm.weight.fill_(1.0)
                norm.bias.zero_()
            layers.insert(number, new)
    for index, layer in enumerate(layers):
        layer.attention.self.layer_idx = index
    model.bert.encoder.layer = torch.nn.ModuleList(layers)
    model.config.num_hidden_layers = len(layers)


def prepare_model(model: Any, config: Config, device: torch.device) -> None:
    """Set precision, attention and dropout for training, in place.

    Embeddings, the first layer norm and the output bias stay in float32: their gradients sum over thousands of tokens.
    """
    import torch
    from transformers import AttentionInterface

    AttentionInterface.register("plain", plain_attention)
    attention = config.attention if config.attention != "auto" else ("sdpa" if device.type == "cuda" else "plain")
    model.set_attn_implementation(attention)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # the corpus is not seen often enough to overfit, and random numbers are slow on a CPU
    if config.precision == "bf16":
        model.bert.encoder.to(torch.bfloat16)
        model.cls.predictions.transform.to(torch.bfloat16)
        model.bert.embeddings.register_forward_hook(lambda _module, _inputs, output: output.to(torch.bfloat16))
    model.to(device)


def encode(model: Any, ids: torch.Tensor, firsts: torch.Tensor) -> torch.Tensor:
    """Return the encoder's last states.

    Args:
        model: A ``BertForMaskedLM``.
        ids: With tokens hidden.
        firsts: Place of each sequence's first token in the position table.

    Shapes:
        ids: ``(batch, length)``
        firsts: ``(batch,)``
        result: ``(batch, length, hidden)``
    """
    import torch

    places = firsts[:, None] + torch.arange(ids.shape[1], device=ids.device)
    states: torch.Tensor = model.bert(input_ids=ids, position_ids=places).last_hidden_state
    return states


def masked_loss(
    model: Any, states: torch.Tensor, positions: torch.Tensor, labels: torch.Tensor, *, count: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Predict the hidden tokens only.

    Args:
        model: A ``BertForMaskedLM``.
        states: As returned by `encode`.
        positions: Of the hidden tokens in the flattened ids.
        labels: What was hidden.
        count: Whether to count right predictions; 0 is returned otherwise.

    Returns:
        Mean cross-entropy in nats, and the number of right predictions.

    Shapes:
        states: ``(batch, length, hidden)``
        positions, labels: ``(n_hidden,)``
    """
    import torch
    from torch.nn import functional

    chosen = model.cls.predictions.transform(states.flatten(0, 1)[positions])
    decoder = model.cls.predictions.decoder
    logits = functional.linear(chosen, decoder.weight.to(chosen.dtype), decoder.bias.to(chosen.dtype))
    loss = functional.cross_entropy(logits.float(), labels)
    right = (logits.detach().argmax(-1) == labels).sum() if count else torch.zeros((), dtype=torch.int64)
    return loss, right


def word_loss(model: Any, states: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    """Predict at every token, hidden ones too, whether a word begins there.

    Args:
        model: A ``BertForMaskedLM`` with the head ``word_starts``.
        states: As returned by `encode`.
        starts: True where a word begins, without [CLS] and [SEP].

    Returns:
        Mean cross-entropy in nats.

    Shapes:
        states: ``(batch, length, hidden)``
        starts: ``(batch, length - 2)``
    """
    from torch.nn import functional

    logits = model.word_starts(states[:, 1:-1].float()).squeeze(-1)
    return functional.binary_cross_entropy_with_logits(logits, starts.float())


class MasterAdamW:
    """Fused AdamW that keeps float32 copies of the parameters which the model holds in bfloat16.

    Attributes:
        pairs: The model's parameters with their float32 masters; the same tensor where it is float32 already.
        adam: The optimizer of the masters.
    """

    def __init__(self, model: nn.Module, config: Config) -> None:
        """Copy the parameters and set up AdamW without weight decay on biases and layer norms."""
        import torch

        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        masters = [p if p.dtype == torch.float32 else p.detach().float().requires_grad_() for p in parameters]
        self.pairs = list(zip(parameters, masters, strict=True))
        self.max_norm = config.max_norm
        groups = [
            {"params": [m for m in masters if m.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [m for m in masters if m.ndim < 2], "weight_decay": 0.0},
        ]
        self.adam = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, config.beta2), fused=True)

    def step(self, rate: float) -> None:
        """Clip the gradients, update masters and model, and forget the gradients."""
        import torch

        for parameter, master in self.pairs:
            if parameter is not master:
                master.grad = None if parameter.grad is None else parameter.grad.float()
        torch.nn.utils.clip_grad_norm_([master for _, master in self.pairs], self.max_norm)
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        with torch.no_grad():
            for parameter, master in self.pairs:
                if parameter is not master:
                    parameter.copy_(master)
                    master.grad = None
                parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return masters and moments."""
        return {"masters": [master.detach() for _, master in self.pairs], "adam": self.adam.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore masters, moments and the model's parameters."""
        import torch

        self.adam.load_state_dict(state["adam"])
        with torch.no_grad():
            for (parameter, master), saved in zip(self.pairs, state["masters"], strict=True):
                master.copy_(saved)
                if parameter is not master:
                    parameter.copy_(saved)


# --------------------------------------------------------------------------------------------------------- training


@dataclass(slots=True)
class Position:
    """How far a run has come.

    Attributes:
        step: Steps done.
        tokens: Tokens trained on, over all processes.
        seconds: Training time over all restarts.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def progress(self, config: Config) -> float:
        """Return the share of the budget that is spent."""
        return self.tokens / config.tokens if config.tokens else self.seconds / (60 * config.minutes)


@dataclass(frozen=True, slots=True)
class World:
    """The processes that train together.

    Attributes:
        rank: This process.
        size: All of them.
        device: Where this process computes.
    """

    rank: int
    size: int
    device: torch.device


@contextlib.contextmanager
def join_world() -> Iterator[World]:
    """Join the processes that ``torchrun`` started, if it did."""
    import torch
    from torch import distributed

    local, size = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if size > 1:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(int(os.environ.get("RANK", "0")), size, device)
    finally:
        if size > 1:
            distributed.destroy_process_group()


class Trainer:
    """Trains a model batch by batch and can stop and go on at any step."""

    def __init__(self, config: Config, state: Path, tokenizer: Any, world: World) -> None:
        """Set up model, optimizer and data, and go back to the last checkpoint if there is one."""
        import torch

        self.config, self.state, self.world = config, state, world
        model = load_model(config, tokenizer)
        if config.word_loss:
            # must come last: `export_encoder` leaves off the last two of the parameters
            model.word_starts = torch.nn.Linear(model.config.hidden_size, 1)
        prepare_model(model, config, world.device)
        self.model = model
        self.optimizer = MasterAdamW(model, config)
        self.position = Position()
        self.edges = (tokenizer.cls_token_id, tokenizer.sep_token_id)
        unused = tokenizer.convert_tokens_to_ids([str(digit) for digit in range(1, 10)]) if config.digit_shapes else []
        ordinary = np.setdiff1d(np.arange(len(tokenizer)), [*tokenizer.all_special_ids, *unused])
        self.masker = Masker(
            tokenizer.mask_token_id, ordinary, config.mask_rate, config.word_masking, config.span_masking
        )
        longest = max(stage.length for stage in config.stages)
        self.sources = open_sources(state / "shards", config.weights, split="train", length=longest - 2)
        if self.checkpoint.exists():
            saved = torch.load(self.checkpoint, map_location="cpu", weights_only=False)
            before = saved["config"].get("word_loss", 0.0)
            if bool(before) != bool(config.word_loss):
                raise InputError(
                    f"{state}: training began there with word_loss {before:g}, which cannot be switched "
                    f"{'on' if config.word_loss else 'off'} half-way; add --set word_loss={before:g}, or give another "
                    "--state folder"
                )
            for key in SIZES:  # a base has its own layers and hidden units, whatever the settings say
                then, now = saved["config"].get(key, ()), getattr(config, key)
                if then != now and (key == "grow_after" or not config.base):
                    raise InputError(
                        f"{state}: training began there with {key} {then}, not {now}, and the size of a model cannot "
                        f"change half-way; add --set {key}={list(then) if key == 'grow_after' else then}, or give "
                        "another --state folder"
                    )
            self.optimizer.load_state_dict(saved["optimizer"])
            self.position = Position(**saved["position"])
            torch.set_rng_state(saved["rng"])
        self._compute = self._distribute(model)

    def _distribute(self, model: Any) -> Any:
        """Return the loss function, synchronised over all processes."""
        import torch

        class Loss(torch.nn.Module):
            def __init__(self, weight: float) -> None:
                super().__init__()
                self.model, self.weight = model, weight

            def forward(self, *tensors: torch.Tensor, count: bool) -> tuple[torch.Tensor, ...]:
                ids, positions, labels, firsts, starts = tensors
                states = encode(self.model, ids, firsts)
                loss, right = masked_loss(self.model, states, positions, labels, count=count)
                total = loss + self.weight * word_loss(self.model, states, starts) if self.weight else loss
                return total, loss.detach(), right

        loss = Loss(self.config.word_loss)
        if self.world.size == 1:
            return loss
        return torch.nn.parallel.DistributedDataParallel(loss, find_unused_parameters=False)

    @property
    def checkpoint(self) -> Path:
        """Where the run is saved."""
        return self.state / "checkpoint.pt"

    def save(self) -> None:
        """Write the checkpoint so that it is either old or new, never half."""
        import torch

        part = self.checkpoint.with_name("checkpoint.pt.part")
        content = {
            "optimizer": self.optimizer.state_dict(),
            "position": asdict(self.position),
            "rng": torch.get_rng_state(),
            "config": asdict(self.config),
        }
        with part.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.checkpoint)

    def _tensors(self, batch: Batch) -> list[torch.Tensor]:
        """Move this process's rows of a batch to its device."""
        import torch

        size, rank = self.world.size, self.world.rank
        rows = np.array_split(np.arange(len(batch.ids)), size)[rank]
        per_row = len(batch.positions) // len(batch.ids)
        own = slice(rows[0] * per_row, (rows[-1] + 1) * per_row)
        positions = batch.positions[own] - rows[0] * batch.ids.shape[1]
        arrays = (batch.ids[rows], positions, batch.labels[own], batch.firsts[rows], batch.starts[rows])
        return [torch.from_numpy(array).to(self.world.device) for array in arrays]

    def train_step(self, *, count: bool) -> tuple[float, float, Stage]:
        """Do one step and advance the position.

        Args:
            count: Whether to measure the accuracy.

        Returns:
            Loss of the hidden tokens in nats, masked accuracy of this process (0 if not counted), and the stage.
        """
        began = time.monotonic()
        progress = self.position.progress(self.config)
        stage = self.config.stage_at(progress)
        seed = (self.config.seed, self.position.step)
        n_positions = self.model.config.max_position_embeddings if self.config.random_positions else 0
        batch = draw_batch(self.sources, self.masker, self.edges, stage=stage, seed=seed, n_positions=n_positions)
        tensors = self._tensors(batch)
        total, loss, right = self._compute(*tensors, count=count)
        total.backward()
        self.optimizer.step(self.config.rate_at(self.position.step, progress))
        value = float(loss)
        self.position.step += 1
        self.position.tokens += stage.length * stage.batch
        self.position.seconds += self._agreed(time.monotonic() - began)
        return value, int(right) / len(tensors[2]), stage

    def _agreed(self, seconds: float) -> float:
        """Return the first process's clock, so that all stop at the same step."""
        if self.world.size == 1:
            return seconds
        import torch

        clock = torch.tensor([seconds], dtype=torch.float64, device=self.world.device)
        torch.distributed.broadcast(clock, src=0)
        return float(clock)

    def evaluate(self, *, batches: int = 4) -> dict[str, float]:
        """Return loss and single-character accuracy on held-out text, the same batches every time."""
        import torch

        stage = Stage(1.0, min(128, self.config.stages[-1].length), 16)
        held = open_sources(self.state / "shards", self.config.weights, split="held", length=stage.length - 2)
        masker = Masker(self.masker.mask_id, self.masker.ordinary, self.config.mask_rate, 0.0, 0.0)
        losses, right, total = [], 0, 0
        for number in range(batches):
            batch = draw_batch(held, masker, self.edges, stage=stage, seed=(0, number))
            with torch.inference_mode():
                arrays = (batch.ids, batch.firsts, batch.positions, batch.labels)
                ids, firsts, positions, labels = (torch.from_numpy(array).to(self.world.device) for array in arrays)
                loss, hits = masked_loss(self.model, encode(self.model, ids, firsts), positions, labels, count=True)
            losses.append(float(loss))
            right, total = right + int(hits), total + len(batch.labels)
        return {"held_loss": sum(losses) / batches, "held_accuracy": right / total}


class ThreadChooser:
    """Keeps the number of CPU threads that is fastest at the moment.

    Where other jobs take a core now and then, each operation waits for its slowest thread, and fewer may be faster.
    """

    EVERY, TRIAL = 150, 6  # steps between two choices, and steps to time each number of threads

    def __init__(self) -> None:
        """Start with as many threads as PyTorch does."""
        import torch

        self.most = torch.get_num_threads()
        self.seconds: dict[int, list[float]] = {}

    def before(self, step: int) -> int:
        """Set the number of threads of a step and return it."""
        import torch

        turn = step % self.EVERY
        if turn < self.most * self.TRIAL:
            threads = self.most - turn // self.TRIAL
        elif not self.seconds:  # a run that goes on in the middle of a cycle
            threads = self.most
        else:
            threads = min(self.seconds, key=lambda n: sorted(self.seconds[n])[len(self.seconds[n]) // 2])
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        return threads

    def after(self, step: int, threads: int, seconds: float) -> None:
        """Remember how long a step of a trial took."""
        turn = step % self.EVERY
        if turn < self.most * self.TRIAL:
            times = self.seconds.setdefault(threads, []) if turn % self.TRIAL else []
            self.seconds[threads] = [*times, seconds]


class Log:
    """The run's record: one JSON object a line, cut back to the checkpoint when a run is continued."""

    def __init__(self, path: Path, step: int) -> None:
        """Open the log and drop what was written after a step."""
        self.path = path
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step]
            write_atomically(path, "".join(kept))

    def write(self, **values: float) -> None:
        """Append a line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in values.items()}) + "\n")


def run_training(trainer: Trainer) -> None:
    """Train until the budget is spent, with a progress bar, a log and checkpoints."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    config, position, first = trainer.config, trainer.position, trainer.world.rank == 0
    log = Log(trainer.state / "log.jsonl", position.step) if first else None
    columns = (BarColumn(), TextColumn("{task.percentage:.1f} % {task.description}"), TimeElapsedColumn())
    chooser = ThreadChooser() if config.adapt_threads and trainer.world.device.type == "cpu" else None
    saved = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), disable=not first) as bar:
        task = bar.add_task("starting", total=1.0)
        losses: list[float] = []
        since = (position.tokens, position.seconds)
        while position.progress(config) < 1:
            report = (position.step + 1) % config.log_every == 0
            step, clock = position.step, position.seconds
            threads = chooser.before(step) if chooser else 0
            loss, accuracy, stage = trainer.train_step(count=report)
            if chooser:
                chooser.after(step, threads, position.seconds - clock)
            losses.append(loss)
            progress = position.progress(config)
            if log is not None and (report or progress >= 1):
                speed = (position.tokens - since[0]) / max(1e-9, position.seconds - since[1])
                mean, since = sum(losses) / len(losses), (position.tokens, position.seconds)
                losses = []
                values = {"step": position.step, "tokens": position.tokens, "seconds": position.seconds, "loss": mean}
                values |= {"accuracy": accuracy, "tokens_per_second": speed, "length": stage.length}
                if position.step % config.eval_every < config.log_every or progress >= 1:
                    values |= trainer.evaluate()
                log.write(**values, rate=config.rate_at(position.step, progress))
                description = f"loss {mean:.3f} accuracy {accuracy:.3f} {position.tokens / 1e6:.1f}M {speed:,.0f} tok/s"
                bar.update(task, completed=progress, description=description)
            if first and time.monotonic() - saved >= 60 * config.checkpoint_minutes:
                trainer.save()
                saved = time.monotonic()
    if first:
        trainer.save()


# ----------------------------------------------------------------------------------------------------------- export


def export_encoder(config: Config, state: Path, out: Path) -> None:
    """Write the last checkpoint as a folder that ``transformers`` loads: float16 weights, config, tokenizer.

    Positions that no stage reached are left out, so that nobody uses them: untrained ones do more harm than none.
    The config says float32, so that the weights are widened on loading: few CPUs compute in float16.

    Raises:
        InputError: If there is no checkpoint.
    """
    import torch

    path = state / "checkpoint.pt"
    if not path.exists():
        raise InputError(f"{path}: no checkpoint to export; train first")
    saved = torch.load(path, map_location="cpu", weights_only=False)
    sizes = {key: saved["config"].get(key, ()) for key in ("base", *SIZES)}  # grow_after is not in older checkpoints
    config = Config(**{**{field.name: getattr(config, field.name) for field in fields(Config)}, **sizes})
    tokenizer = load_tokenizer(state / "tokenizer")
    model = load_model(config, tokenizer)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    with torch.no_grad():
        masters = saved["optimizer"]["masters"]
        extra = 2 if saved["config"].get("word_loss") else 0  # the head of `word_loss` is no part of the encoder
        for parameter, master in zip(parameters, masters[: len(masters) - extra], strict=True):
            parameter.copy_(master)
    if not saved["config"].get("random_positions") and not saved["config"]["base"]:
        trim_positions(model, max(stage["length"] for stage in saved["config"]["stages"]))
    model.half()
    model.save_pretrained(out)
    settings = json.loads((out / "config.json").read_text(encoding="utf-8"))
    write_atomically(out / "config.json", json.dumps({**settings, "dtype": "float32"}, indent=2) + "\n")
    for file in (state / "tokenizer").iterdir():
        shutil.copyfile(file, out / file.name)
    path = out / "tokenizer_config.json"
    if path.exists():
        settings = json.loads(path.read_text(encoding="utf-8"))
        settings["model_max_length"] = model.config.max_position_embeddings
        write_atomically(path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n")


def trim_positions(model: Any, n_positions: int) -> None:
    """Keep the first places of a BERT's position table only, in place."""
    import torch

    table, n_old = model.bert.embeddings.position_embeddings, model.config.max_position_embeddings
    if n_positions >= n_old:
        return
    kept = table.weight[:n_positions].detach().clone()
    model.bert.embeddings.position_embeddings = torch.nn.Embedding(n_positions, kept.shape[1], _weight=kept)
    model.config.max_position_embeddings = n_positions
    for name in ("position_ids", "token_type_ids"):
        buffer = getattr(model.bert.embeddings, name, None)
        if buffer is not None:
            setattr(model.bert.embeddings, name, buffer[:, :n_positions])


# ---------------------------------------------------------------------------------------------------------- command


def prepare_data(config: Config, state: Path) -> None:
    """Build tokenizer and shards in the state folder, unless they are there for the same text and settings.

    Raises:
        InputError: If a corpus file is missing, or training already began on other text.
    """
    files, exclude = corpus_files(config.corpus), corpus_files(config.exclude)
    names = [source_name(file) for file in files]
    if double := {name for name in names if names.count(name) > 1}:
        raise InputError(f"corpus: two files are called {sorted(double)[0]}; rename one")
    facts = [(file.name, file.stat().st_size) for file in [*files, *exclude]]
    choices = [config.holdout_every, config.min_count, config.base, DATA_VERSION] + ["shapes"] * config.digit_shapes
    key = hashlib.sha256(json.dumps([facts, *choices]).encode())
    stamp = state / "data.sha256"
    if stamp.exists() and stamp.read_text() == key.hexdigest():
        return
    if (state / "checkpoint.pt").exists():
        raise InputError(f"{state}: training began there on other text or settings; give another --state folder")
    state.mkdir(parents=True, exist_ok=True)
    if config.base:
        load_tokenizer(config.base).save_pretrained(state / "tokenizer")
    else:
        lines = (line for file in files for line in read_lines(file))
        vocabulary = build_vocabulary(lines, min_count=config.min_count)
        build_tokenizer(
            vocabulary, state / "tokenizer", max_tokens=config.max_positions, digit_shapes=config.digit_shapes
        )
    build_shards(files, state / "tokenizer", state / "shards", holdout_every=config.holdout_every, exclude=exclude)
    write_atomically(stamp, key.hexdigest())


def wait_for_data(config: Config, state: Path, world: World) -> None:
    """Let the first process prepare the data and the others wait for it."""
    if world.rank == 0:
        prepare_data(config, state)
    if world.size > 1:
        from torch import distributed

        distributed.barrier()


def main(
    config: Annotated[Path, typer.Argument(help="Configuration, see configs/pretrain.yaml.")],
    state: Annotated[Path, typer.Option(help="Folder for shards, log and checkpoint; the same folder continues.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write the trained encoder to.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Budget in minutes over all restarts.")] = None,
    tokens: Annotated[int | None, typer.Option(help="Budget in tokens over all restarts.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="key=value, over the file.")] = None,
    export_only: Annotated[bool, typer.Option(help="Write the last checkpoint to --out and stop.")] = False,
) -> None:
    """Pre-train the encoder, or go on where it stopped."""
    try:
        changes = parse_overrides(overrides or [])
        if minutes is not None or tokens is not None:
            changes |= {"minutes": minutes or 0, "tokens": tokens or 0}
        settings = load_config(config, changes)
        if export_only and out is None:
            raise InputError("--export-only: no folder to write to; add --out DIR")
        if not export_only:
            with join_world() as world:
                wait_for_data(settings, state, world)
                run_training(Trainer(settings, state, load_tokenizer(state / "tokenizer"), world))
        if out is not None and int(os.environ.get("RANK", "0")) == 0:
            export_encoder(settings, state, out)
            typer.echo(f"{out}: encoder written")
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
