"""Measure how well an encoder fills in hidden characters, beside random weights and a 5-gram model.

Run it after pre-training, for the model card:

    python scripts/eval_encoder.py models/encoder --state ~/lawner-pretrain --texts ../shared/reports

Texts are cut into windows; in each, 15 % of the tokens are replaced by [MASK], each on its own, all at once. Every
model predicts the same tokens from the same windows. Accuracy is the share of best guesses that are right, perplexity
is the exponential of the mean cross-entropy over the vocabulary.

The 5-gram baseline counts the training split of the shards. It reads four tokens on either side, up to the nearest
hidden one: P(c) ~ left(c) * right(c) / unigram(c), where left and right are interpolated by absolute discounting.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from build_tokenizer import NEWLINE_TOKEN, InputError, corpus_files, read_lines
from pretrain_encoder import Masker, load_tokenizer, unreachable

Ids = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]

DISCOUNT = 0.75  # taken off every count and given to the shorter context
RATE = 0.15


@dataclass(frozen=True, slots=True)
class Windows:
    """Text with hidden tokens.

    Attributes:
        shown: ``(n_windows, length)`` ids without [CLS] and [SEP]; hidden tokens are [MASK].
        columns: ``(n_windows, n_hidden)`` where tokens are hidden.
        hidden: ``(n_windows, n_hidden)`` what was hidden.
    """

    shown: Ids
    columns: Ids
    hidden: Ids


@dataclass(frozen=True, slots=True)
class Fill:
    """How well hidden tokens were guessed.

    Attributes:
        accuracy: Share of right best guesses.
        perplexity: Exponential of the mean cross-entropy in nats.
        n_tokens: Hidden tokens.
    """

    accuracy: float
    perplexity: float
    n_tokens: int


def hide(lines: Sequence[str], tokenizer: Any, *, length: int, limit: int) -> Windows | None:
    """Cut a text into windows and hide tokens of each.

    Args:
        lines: The text; lines are joined by the line-feed token where the tokenizer has one.
        tokenizer: A fast tokenizer.
        length: Tokens of a window, [CLS] and [SEP] included. A rest at the end of the text is left out.
        limit: Most windows to use, spread evenly over the text.

    Returns:
        The windows, or None if the text is shorter than one.
    """
    newline = tokenizer.convert_tokens_to_ids(NEWLINE_TOKEN)
    joined: list[int] = []
    for ids in tokenizer(list(lines), add_special_tokens=False, return_token_type_ids=False)["input_ids"]:
        joined += [*ids, *([] if newline in (None, tokenizer.unk_token_id) else [newline])]
    inner = length - 2
    n_windows = len(joined) // inner
    if not n_windows:
        return None
    windows = np.array(joined[: n_windows * inner], dtype=np.int64).reshape(n_windows, inner)
    windows = windows[np.unique(np.linspace(0, n_windows - 1, min(limit, n_windows)).round().astype(np.int64))]
    always = np.array([tokenizer.mask_token_id], dtype=np.int64)  # random replacements are [MASK], too
    masker = Masker(tokenizer.mask_token_id, always, RATE, 0.0, 0.0)
    _, columns = masker(windows, np.ones(windows.shape, dtype=np.bool_), np.random.default_rng(0))
    shown = windows.copy()
    np.put_along_axis(shown, columns, tokenizer.mask_token_id, axis=1)
    return Windows(shown, columns, np.take_along_axis(windows, columns, axis=1))


def fill_with_encoder(model: Any, windows: Windows, edges: tuple[int, int], *, batch_size: int = 16) -> Fill:
    """Let a masked language model guess the hidden tokens."""
    import torch

    right, nats = 0, 0.0
    for begin in range(0, len(windows.shown), batch_size):
        rows = slice(begin, begin + batch_size)
        ids = np.pad(windows.shown[rows], ((0, 0), (1, 1)))
        ids[:, 0], ids[:, -1] = edges
        columns = torch.from_numpy(windows.columns[rows] + 1)
        labels = torch.from_numpy(windows.hidden[rows])
        with torch.inference_mode():
            states = model.bert(input_ids=torch.from_numpy(ids)).last_hidden_state
            states = torch.take_along_dim(states, columns[..., None], dim=1)
            logits = model.cls(states).float()
            nats += float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum"))
            right += int((logits.argmax(-1) == labels).sum())
    return Fill(right / windows.hidden.size, float(np.exp(nats / windows.hidden.size)), windows.hidden.size)


class OneSidedNgrams:
    """Interpolated n-gram model that reads the tokens before the wanted one.

    Contexts form a tree that grows away from the wanted token: a node is a row number in its level's table of
    (parent node, token) keys. Each level holds the counts of every (node, wanted token).
    """

    def __init__(self, ids: Ids, n_tokens: int, *, order: int = 5) -> None:
        """Count all n-grams of a token sequence.

        Args:
            ids: ``(length,)`` the text.
            n_tokens: Size of the vocabulary.
            order: Longest n-gram.
        """
        self.n_tokens = n_tokens
        counts = np.bincount(ids, minlength=n_tokens) + 0.1
        self.unigram: Probabilities = counts / counts.sum()
        self.nodes: list[Ids] = []
        self.grams: list[tuple[Ids, npt.NDArray[np.int32]]] = []
        node = np.zeros(len(ids), dtype=np.int64)
        for distance in range(1, order):
            keys = node[1:] * n_tokens + ids[: len(ids) - distance]
            unique, node = np.unique(keys, return_inverse=True)
            self.nodes.append(unique)
            grams, gram_counts = np.unique(node * n_tokens + ids[distance:], return_counts=True)
            self.grams.append((grams, gram_counts.astype(np.int32)))

    def predict(self, context: Sequence[int]) -> Probabilities:
        """Return the distribution of the next token.

        Args:
            context: Tokens from the nearest to the farthest; what exceeds the order is not read.

        Shapes:
            result: ``(n_tokens,)``
        """
        result, node = self.unigram, 0
        for nodes, (grams, counts), token in zip(self.nodes, self.grams, context, strict=False):
            key = node * self.n_tokens + token
            node = int(np.searchsorted(nodes, key))
            if node == len(nodes) or nodes[node] != key:
                break
            begin, end = np.searchsorted(grams, [node * self.n_tokens, (node + 1) * self.n_tokens])
            total = counts[begin:end].sum()
            result = result * (DISCOUNT * (end - begin) / total)
            result[grams[begin:end] - node * self.n_tokens] += (counts[begin:end] - DISCOUNT) / total
        return result


def fill_with_ngrams(left: OneSidedNgrams, right: OneSidedNgrams, windows: Windows, mask_id: int) -> Fill:
    """Let the two-sided 5-gram model guess the hidden tokens."""
    hits, nats = 0, 0.0
    for row, columns, hidden in zip(windows.shown, windows.columns, windows.hidden, strict=True):
        for column, label in zip(columns.tolist(), hidden.tolist(), strict=True):
            before, after = row[max(0, column - 4) : column][::-1], row[column + 1 : column + 5]
            scores = left.predict(until(before, mask_id)) * right.predict(until(after, mask_id)) / left.unigram
            hits += int(scores.argmax() == label)
            nats -= float(np.log(scores[label] / scores.sum()))
    return Fill(hits / windows.hidden.size, float(np.exp(nats / windows.hidden.size)), windows.hidden.size)


def until(context: Ids, mask_id: int) -> list[int]:
    """Return the tokens before the first hidden one."""
    ids: list[int] = context.tolist()
    return ids[: ids.index(mask_id)] if mask_id in ids else ids


def count_ngrams(shards: Path, n_tokens: int) -> tuple[OneSidedNgrams, OneSidedNgrams]:
    """Count the training split of the shards, forwards and backwards."""
    ids = np.concatenate([np.load(path) for path in sorted(shards.glob("*.train.ids.npy"))]).astype(np.int64)
    return OneSidedNgrams(ids, n_tokens), OneSidedNgrams(ids[::-1], n_tokens)


def gather_texts(state: Path | None, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the lines to test on: each source's held-out text, and the given texts together.

    Raises:
        InputError: If there is nothing to test on.
    """
    found: dict[str, list[str]] = {}
    for path in sorted((state / "shards").glob("*.held.txt")) if state is not None else []:
        found[path.name.removesuffix(".held.txt")] = list(read_lines(path))
    if texts:
        found["given texts"] = [line for path in corpus_files(texts) for line in read_lines(path)]
    if not found:
        raise InputError(f"{state or '--state'}: no held-out text there; give --state of a pre-training run or --texts")
    return found


def measure_speed(model: Any, length: int, *, seconds: float = 5.0) -> float:
    """Return tokens per second of forward passes over batches of 16 windows."""
    import torch

    ids = torch.randint(5, model.config.vocab_size, (16, length))
    with torch.inference_mode():
        model.bert(input_ids=ids)
        began, n_passes = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            model.bert(input_ids=ids)
            n_passes += 1
    return 16 * length * n_passes / (time.perf_counter() - began)


def print_table(results: Mapping[str, Mapping[str, Fill]]) -> None:
    """Print accuracy and perplexity, a row per text and two columns per model."""
    from rich.console import Console
    from rich.table import Table

    names = list(next(iter(results.values())))
    table = Table("text", "hidden", *(f"{name}\naccuracy  perplexity" for name in names))
    for text, fills in results.items():
        cells = [f"{fill.accuracy:.3f}  {fill.perplexity:10.1f}" for fill in fills.values()]
        table.add_row(text, f"{next(iter(fills.values())).n_tokens:,}", *cells)
    Console().print(table)


def main(
    encoder: Annotated[str, typer.Argument(help="Encoder folder, or a BERT's name.")],
    state: Annotated[Path | None, typer.Option(help="State folder of the pre-training run, with its shards.")] = None,
    texts: Annotated[list[str] | None, typer.Option(help="Texts, folders or glob patterns; may be repeated.")] = None,
    length: Annotated[int, typer.Option(min=16, help="Tokens of a window.")] = 128,
    limit: Annotated[int, typer.Option(min=1, help="Most windows per text.")] = 200,
    ngrams: Annotated[bool, typer.Option(help="Also count and test the 5-gram baseline (minutes, gigabytes).")] = True,
    speed: Annotated[bool, typer.Option(help="Also measure forward passes.")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for the numbers.")] = None,
) -> None:
    """Print masked-token accuracy and perplexity of an encoder and of two baselines."""
    try:
        tokenizer = load_tokenizer(encoder)
        if length > tokenizer.model_max_length:
            raise InputError(f"{encoder}: takes {tokenizer.model_max_length} tokens; give --length that or less")
        results = compare(encoder, tokenizer, gather_texts(state, texts or []), length=length, limit=limit)
        if ngrams and state is not None:
            if load_tokenizer(state / "tokenizer").get_vocab() != tokenizer.get_vocab():
                raise InputError(f"{state}: its shards have another vocabulary than {encoder}; add --no-ngrams")
            left, right = count_ngrams(state / "shards", len(tokenizer))
            for name, lines in gather_texts(state, texts or []).items():
                windows = hide(lines, tokenizer, length=length, limit=limit)
                if windows is not None:
                    results[name]["5-gram"] = fill_with_ngrams(left, right, windows, tokenizer.mask_token_id)
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    print_table(results)
    values = {t: {m: [f.accuracy, f.perplexity, f.n_tokens] for m, f in fills.items()} for t, fills in results.items()}
    if out is not None:
        out.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if speed:
        typer.echo(f"forward passes: {measure_speed(load_encoder(encoder), length):,.0f} tokens/s in float32")


def load_encoder(name: str) -> Any:
    """Load a masked language model in float32, ready to predict."""
    import torch
    from transformers import AutoModelForMaskedLM

    with unreachable(name):
        return AutoModelForMaskedLM.from_pretrained(name, dtype=torch.float32).eval()


def compare(
    encoder: str, tokenizer: Any, texts: Mapping[str, Sequence[str]], *, length: int, limit: int
) -> dict[str, dict[str, Fill]]:
    """Test the encoder and its randomly initialised twin on each text that is long enough."""
    import torch
    from transformers import AutoModelForMaskedLM

    model = load_encoder(encoder)
    torch.manual_seed(0)
    twin = AutoModelForMaskedLM.from_config(model.config).float().eval()
    edges = (tokenizer.cls_token_id, tokenizer.sep_token_id)
    results: dict[str, dict[str, Fill]] = {}
    for name, lines in texts.items():
        windows = hide(lines, tokenizer, length=length, limit=limit)
        if windows is not None:
            results[name] = {
                "encoder": fill_with_encoder(model, windows, edges),
                "random weights": fill_with_encoder(twin, windows, edges),
            }
    if not results:
        raise InputError(f"no text has {length} tokens; give longer texts or a smaller --length")
    return results


if __name__ == "__main__":
    typer.run(main)
