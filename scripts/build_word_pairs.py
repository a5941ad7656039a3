"""Find the pairs of characters between which hardly ever a word begins: what `lawner.span_edges` reads.

Run it when the corpus changes, after pre-training, whose shards know where words begin (by jieba):

    python scripts/build_word_pairs.py --state STATE

STATE is the state folder of `pretrain_encoder.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from lawner.outputs import atomic_file
from lawner.span_edges import PAIRS_FILE

PAIRS_PER_LINE = 50
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def count_pairs(shards: Iterable[tuple[Ids, Flags]], n_tokens: int) -> tuple[Ids, Ids, npt.NDArray[np.float64]]:
    """How often each pair of tokens occurs, and with a word beginning at its second.

    Args:
        shards: Token ids, and whether a word begins at each.
        n_tokens: Of the vocabulary.

    Returns:
        ``first * n_tokens + second`` of every pair, ascending; its count; the share of word beginnings.
    """
    parts = list(shards)
    codes = np.concatenate([ids[:-1].astype(np.int64) * n_tokens + ids[1:] for ids, _ in parts])
    begun = np.concatenate([starts[1:] for _, starts in parts])
    pairs, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    return pairs, counts, np.bincount(places, weights=begun, minlength=len(pairs)) / counts


def bound_pairs(
    shards: Iterable[tuple[Ids, Flags]], vocabulary: dict[int, str], *, least: int, most_begun: float
) -> list[str]:
    """The pairs of Han characters that occur so often and are divided by words so seldom, in order of code points."""
    n_tokens = max(vocabulary) + 1
    codes, counts, begun = count_pairs(shards, n_tokens)
    kept = codes[(counts >= least) & (begun <= most_begun)]
    pairs = (
        vocabulary.get(int(code) // n_tokens, "") + vocabulary.get(int(code) % n_tokens, "") for code in kept.tolist()
    )
    return sorted(pair for pair in pairs if len(pair) == 2 and all("\u4e00" <= letter <= "\u9fff" for letter in pair))


def main(
    state: Annotated[Path, typer.Option(help="State folder of pre-training.")],
    out: Annotated[Path, typer.Option(help="The file to write.")] = PAIRS_FILE,
    least: Annotated[int, typer.Option(min=1, help="How often a pair must occur.")] = 20,
    most_begun: Annotated[float, typer.Option(min=0, max=1, help="Share of word beginnings it may have.")] = 0.05,
) -> None:
    """Count, select, write."""
    from tokenizers import Tokenizer

    files = sorted((state / "shards").glob("*.train.ids.npy"))
    if not files:
        print(f"error: {state}: no shards here; name the state folder of pretrain_encoder.py", file=sys.stderr)
        raise typer.Exit(1)
    words = Tokenizer.from_file(str(state / "tokenizer" / "tokenizer.json")).get_vocab(with_added_tokens=True)
    shards = (
        (np.load(file), np.load(file.with_name(file.name.replace(".ids.", ".starts."))).astype(bool)) for file in files
    )
    found = bound_pairs(shards, {place: word for word, place in words.items()}, least=least, most_begun=most_begun)
    lines = ["".join(found[start : start + PAIRS_PER_LINE]) for start in range(0, len(found), PAIRS_PER_LINE)]
    with atomic_file(out, force=True) as stage:
        stage.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{out}: {len(found):,} pairs")


if __name__ == "__main__":
    typer.run(main)
