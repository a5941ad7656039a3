"""Keep `annotations/index.csv` in step with the files beside it.

Run it after adding or correcting reports:

    python scripts/index_annotations.py [--check]

Kind, level, year and split stand in the index alone and are kept; characters and values are counted anew. A report that
the index does not know yet must be given a line with its level and year first.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from lawner import DEFAULT_LABELS, Document
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.outputs import atomic_file

LABELS = DEFAULT_LABELS.spans
COLUMNS = ("id", "kind", "level", "year", "split", "characters", *LABELS)


def read_index(path: Path) -> list[dict[str, str]]:
    """The lines of the index."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def counted(row: dict[str, str], document: Document) -> dict[str, str]:
    """A line of the index with its counts made anew."""
    spans = Counter(span.label for span in document.spans)
    return row | {"characters": str(len(document.text))} | {label: str(spans[label]) for label in LABELS}


def to_csv(rows: list[dict[str, str]]) -> str:
    """The index as it stands in the file."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def main(
    folder: Annotated[Path, typer.Argument(help="The annotated reports.")] = Path("annotations"),
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if the index is out of step.")] = False,
) -> None:
    """Count anew, compare, write."""
    index = folder / "index.csv"
    losses = LossReport()
    documents = {document.doc_id: document for document in load_annotations(folder, "brat", losses=losses)}
    rows = {f"{row['kind']}/{row['id']}": row for row in read_index(index)}
    unknown, missing = sorted(documents.keys() - rows.keys()), sorted(rows.keys() - documents.keys())
    if unknown or missing or losses:
        print(f"{index}: not in the index: {unknown or 'none'}; without a file: {missing or 'none'}")
        print(f"annotations left behind: {len(losses)}")
        sys.exit(1)
    content = to_csv([counted(rows[doc_id], documents[doc_id]) for doc_id in sorted(rows)])
    if content == index.read_text(encoding="utf-8"):
        print(f"{index}: in step, {len(rows)} reports")
    elif check:
        print(f"{index}: out of step; run scripts/index_annotations.py")
        sys.exit(1)
    else:
        with atomic_file(index, force=True) as stage:
            stage.write_text(content, encoding="utf-8", newline="")
        print(f"{index}: brought into step, {len(rows)} reports")


if __name__ == "__main__":
    typer.run(main)
