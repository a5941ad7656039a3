"""Does what a model learns from the written reports hold on real ones?

Run it when the written reports change:

    python scripts/written_to_real.py annotations --real FOLDER [--share 0.5]

A linear-chain CRF over characters (windows of two, character classes, the shape of numbers) is trained on the training
split in some minutes and scored on the written test split and on a folder of real reports with gold. It is a yardstick
for the data, not the tagger that lawner ships.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import sklearn_crfsuite
import typer

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.dataset import to_rows
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.sentences import sentence_ends
from lawner.splits import find_split, split_by_file
from lawner.tags import tags_to_spans

CLASSES = (
    (re.compile(r"[0-9０-９]"), "digit"),
    (re.compile(r"[一二两三四五六七八九十百千万亿零〇]"), "numeral"),
    (re.compile(r"[件起宗例人名户家个份次场期条项部元%％‰]"), "unit"),
    (re.compile(r"[，。、；：,;:！？“”《》（）()\s]"), "mark"),
    (re.compile(r"[a-zA-Z]"), "latin"),
)
WINDOW = 255


def character_class(character: str) -> str:
    """A coarse class of a character."""
    return next((name for pattern, name in CLASSES if pattern.match(character)), "han")


def features(text: str) -> list[list[str]]:
    """Per character: itself and its neighbours, pairs and triples, classes, and how far the next numeral is."""
    padded = f"\0\0\0{text}\0\0\0"
    folded = [("0" if character.isdigit() else character) for character in padded]
    kinds = [character_class(character) for character in padded]
    numerals = [index for index, kind in enumerate(kinds) if kind in ("digit", "numeral")]
    rows, cursor = [], 0
    for at in range(3, len(padded) - 3):
        while cursor < len(numerals) and numerals[cursor] < at:
            cursor += 1
        ahead = min(9, numerals[cursor] - at) if cursor < len(numerals) else 10
        behind = min(9, at - numerals[cursor - 1]) if cursor else 10
        row = [f"{k}={folded[at + k]}" for k in range(-3, 4)]
        row += [f"{k}+={folded[at + k]}{folded[at + k + 1]}" for k in range(-2, 2)]
        row += [f"{k}++={folded[at + k]}{folded[at + k + 1]}{folded[at + k + 2]}" for k in (-2, -1, 0)]
        row += ["k=" + "/".join(kinds[at - 1 : at + 2]), "kk=" + "/".join(kinds[at - 2 : at + 3])]
        row += [f"ahead={ahead}", f"behind={behind}"]
        rows.append(row)
    return rows


def rows_of(documents: Sequence[Document]) -> Iterator[tuple[Document, int, str, list[str]]]:
    """Document, offset, text and tags of every window."""
    for document in documents:
        for row in to_rows(document, max_characters=WINDOW, losses=LossReport()):
            yield document, row.offset, row.text, row.tags


def link(text: str, spans: Sequence[Span]) -> list[Relation]:
    """Join every value to the name that follows it directly, else to the nearest one before it in its sentence."""
    ends = sentence_ends(text)
    relations, position = [], 0
    names = [span for span in spans if span.label == "NAME"]
    for value in spans:
        if value.label == "NAME":
            continue
        while ends[position] <= value.start:
            position += 1
        start = ends[position - 1] if position else 0
        after = [name for name in names if name.start == value.end]
        before = [name for name in names if start <= name.start and name.end <= value.start]
        if after or before:
            relations.append(Relation(value, after[0] if after else before[-1], "Measures"))
    return relations


def predict(model: sklearn_crfsuite.CRF, documents: Sequence[Document]) -> list[tuple[Document, Document]]:
    """Gold and prediction of each document."""
    spans: dict[str, list[Span]] = {document.doc_id: [] for document in documents}
    for document, offset, text, _ in rows_of(documents):
        tags = list(model.predict_single(features(text)))
        spans[document.doc_id] += [Span(offset + a, offset + b, label) for a, b, label in tags_to_spans(tags)]
    return [(d, d.with_spans(spans[d.doc_id], link(d.text, sorted(spans[d.doc_id])))) for d in documents]


def report(name: str, pairs: list[tuple[Document, Document]]) -> None:
    """Print the exact scores of a set."""
    scores = score_documents(pairs, DEFAULT_LABELS)
    columns = "  ".join(f"{key} {scores[key].f1:.3f}" for key in ("typed values", "names", "pairs"))
    print(f"{name:24} {len(pairs):4} reports  {columns}", flush=True)


def main(
    annotations: Annotated[Path, typer.Argument(help="The written reports, with index.csv.")] = Path("annotations"),
    real: Annotated[Path | None, typer.Option(help="Real reports with gold, brat.")] = None,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the training split to use.")] = 1.0,
    iterations: Annotated[int, typer.Option(min=1, help="Passes of the optimiser.")] = 60,
) -> None:
    """Train, score, print."""
    splits = split_by_file(annotations / "index.csv")
    parts: dict[str, list[Document]] = {"train": [], "validation": [], "test": []}
    for document in load_annotations(annotations, "brat", losses=LossReport()):
        parts[find_split(splits, document.doc_id)].append(document)
    random.Random(3).shuffle(parts["train"])
    train = parts["train"][: max(1, round(share * len(parts["train"])))]
    started = time.perf_counter()
    rows = [
        (features(text), tags)
        for _, _, text, tags in rows_of(train)
        if any(c.isdigit() for c in text) or len(set(tags)) > 1
    ]
    model = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=0.05, c2=0.01, max_iterations=iterations)
    model.fit([one for one, _ in rows], [tags for _, tags in rows])
    seconds, n_characters = time.perf_counter() - started, sum(len(tags) for _, tags in rows)
    print(f"trained on {len(train)} reports, {n_characters:,} characters, {seconds:.0f} s", flush=True)
    report("written, test split", predict(model, parts["test"]))
    if real is not None:
        report("real", predict(model, list(load_annotations(real, "brat", losses=LossReport()))))


if __name__ == "__main__":
    typer.run(main)
