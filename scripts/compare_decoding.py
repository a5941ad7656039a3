"""What each step from the encoder's scores to spans is worth: the CRF layer, the CRF beside it, its share, the excerpt.

Run it on a model folder and reports with gold that trained nothing in it:

    python scripts/compare_decoding.py MODEL GOLD [--precision fp32] [--shares]

The rows share weights, edges of names and links; illegal tag sequences come out of none. The first is what other
libraries find in the folder at best.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from lawner.commands.reporting import print_losses
from lawner.crf_fitting import SHARES
from lawner.document import Document
from lawner.errors import LawnerError
from lawner.evaluation import Report, compare_table, evaluate, to_markdown
from lawner.excerpts import may_have_values
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.tagger import Tagger


def make_variants(tagger: Tagger, *, shares: bool) -> dict[str, Tagger]:
    """Taggers with the same weights and more and more of what comes after them, then all of it over whole texts."""
    found = {"every token by itself": vary(tagger, chains=False)}
    if tagger.transitions is not None:
        found["with the CRF layer"] = vary(tagger, share=0.0)
    if tagger.crf:
        found[f"and the CRF beside it ({tagger.crf.share:.0%})"] = vary(tagger)
    if tagger.folder.numeric:
        found["all of it, the text read whole"] = vary(tagger, numeric=False)
    if tagger.crf and shares:
        found |= {f"the CRF beside it with {share:.0%}": vary(tagger, share=share) for share in SHARES}
    return found


def vary(tagger: Tagger, *, chains: bool = True, share: float | None = None, numeric: bool | None = None) -> Tagger:
    """The tagger without chains, with another share for its CRF, or with another excerpt of the text."""
    other = copy.copy(tagger)
    if not chains:
        other.transitions = other.crf = None
    if other.crf and share is not None:
        other.crf = other.crf.with_share(share)
    if numeric is not None:
        other.folder = replace(tagger.folder, numeric=numeric)
    return other


def share_read(tagger: Tagger, documents: Iterable[Document]) -> float:
    """The share of the tokens that stand in sentences that may hold values."""
    flags = [may_have_values(one.text, tagger._encoder.encode(one.text)) for one in documents]
    return float(np.concatenate(flags).mean())


def score(tagger: Tagger, gold: Sequence[Document]) -> Report:
    """The scores of a tagger."""
    return evaluate(list(zip(gold, tagger.tag_many(gold), strict=True)), tagger.labels)


def main(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    gold: Annotated[Path, typer.Argument(help="Annotated reports, in any format that lawner reads.")],
    precision: Annotated[str, typer.Option(help="auto, fp32 or int8.")] = "auto",
    shares: Annotated[bool, typer.Option("--shares", help="Also every share of the CRF beside the encoder.")] = False,
) -> None:
    """Print a row for every step."""
    losses = LossReport()
    try:
        tagger = Tagger.from_pretrained(model, precision=precision)
        documents = list(load_annotations(gold, "auto", labels=tagger.labels, losses=losses))
        reports = {name: score(one, documents) for name, one in make_variants(tagger, shares=shares).items()}
    except LawnerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print_losses(losses)
    if tagger.folder.numeric:
        print(f"{share_read(tagger, documents):.0%} of the tokens are read\n")
    print(to_markdown(compare_table(reports)))


if __name__ == "__main__":
    typer.run(main)
