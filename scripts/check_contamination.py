"""Prove that texts kept for testing are not in the pre-training corpus.

Run it on every report that a model is tested on, whenever the corpus or the tests change:

    python scripts/check_contamination.py ../shared/reports --corpus '../shared/corpus/*.txt.xz'

A text is found when a run of 25 letters or digits of it (Han characters are letters) stands in the corpus, whatever
marks, spaces and line breaks lie between them on either side. Full-width and ASCII forms are the same. Exit code 1 if
any is found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from build_tokenizer import InputError, corpus_files, read_lines

Hashes = npt.NDArray[np.uint64]
RUN_LENGTH = 25  # letters and digits; a shorter run may be a common phrase
BASE = np.uint64(0x9E3779B97F4A7C15)


def bare(lines: Iterable[str]) -> str:
    """Return the letters and digits of a text, in NFKC form, run together."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", "\n".join(lines))))


def run_hashes(text: str, length: int) -> Hashes:
    """Hash every run of a text.

    Args:
        text: As returned by `bare`.
        length: Characters of a run.

    Shapes:
        result: ``(max(0, len(text) - length + 1),)``
    """
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    n_runs = max(0, len(codes) - length + 1)
    hashes = np.zeros(n_runs, dtype=np.uint64)
    for offset in range(length):
        hashes = hashes * BASE + codes[offset : offset + n_runs]
    return hashes


def find_shared(texts: dict[str, str], corpus_text: str, length: int) -> dict[str, list[str]]:
    """Return, for each text, its runs that stand in a piece of the corpus.

    Args:
        texts: Name to bare text.
        corpus_text: Bare text.
        length: Characters of a run.

    Returns:
        The shared runs by name, in the order of the corpus; names without any are left out.
    """
    hashes = run_hashes(corpus_text, length)
    shared = {}
    for name, text in texts.items():
        own = np.unique(run_hashes(text, length))
        if not len(own):
            continue
        places = np.nonzero(own[np.minimum(np.searchsorted(own, hashes), len(own) - 1)] == hashes)[0]
        runs = [run for run in (corpus_text[place : place + length] for place in places.tolist()) if run in text]
        if runs:
            shared[name] = list(dict.fromkeys(runs))
    return shared


def main(
    texts: Annotated[list[str], typer.Argument(help="Test files (.txt, .txt.xz), folders or glob patterns.")],
    corpus: Annotated[list[str], typer.Option(help="Corpus files, folders or glob patterns; may be repeated.")],
    length: Annotated[int, typer.Option(min=5, help="Letters and digits of a run.")] = RUN_LENGTH,
) -> None:
    """Look for runs of the texts in the corpus, and print the counts."""
    try:
        kept = {str(path): bare(read_lines(path)) for path in corpus_files(texts)}
        files = corpus_files(corpus)
        n_runs = sum(max(0, len(text) - length + 1) for text in kept.values())
        n_letters, found = 0, 0
        for path in files:
            corpus_text = bare(read_lines(path))
            n_letters += len(corpus_text)
            for name, runs in find_shared(kept, corpus_text, length).items():
                found += len(runs)
                typer.echo(f'{path.name}: shares {len(runs)} runs with {name}; first: "{runs[0]}"')
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"{found} of {n_runs:,} runs of {length} letters or digits from {len(kept)} texts are in the corpus "
        f"({n_letters:,} letters and digits in {len(files)} files)"
    )
    if found:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
