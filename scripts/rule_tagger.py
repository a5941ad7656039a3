"""What regular expressions find in reports, as predictions to compare with a model's.

Run it to see the rules at work; ``lawner evaluate`` has them in every table anyway:

    python scripts/rule_tagger.py annotations -o rules.jsonl
    lawner evaluate --predictions rules.jsonl annotations
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lawner import DEFAULT_LABELS
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.records import to_records
from lawner.rules import tag_by_rules
from lawner.writers import open_writer


def main(
    source: Annotated[Path, typer.Argument(help="Annotated documents; only their texts are looked at.")],
    target: Annotated[Path, typer.Option("-o", "--output", help="The JSON Lines file to write.")] = Path("rules.jsonl"),
) -> None:
    """Tag, write, count."""
    with open_writer(target, fmt="jsonl", force=True) as writer:
        for document in load_annotations(source, labels=DEFAULT_LABELS, losses=LossReport()):
            writer.write(document, to_records(tag_by_rules(document), DEFAULT_LABELS))
    print(f"{writer.written.n_records:,} indicators in {writer.written.n_documents:,} documents → {target}")


if __name__ == "__main__":
    typer.run(main)
