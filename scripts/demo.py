"""What ``make demo`` shows: a sample of the shipped annotations, checked, converted there and back, and as a table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lawner import DEFAULT_LABELS
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.records import to_records

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "demo"
SAMPLE = ROOT / "annotations" / "fazhi"
STYLES = {"CASE": "cyan", "COUNT": "green", "RATE": "magenta", "AMOUNT": "yellow"}
ROWS = 24


def run(*arguments: str) -> None:
    """Show a command, then run it; end where it fails."""
    print(f"\n$ lawner {' '.join(arguments)}", flush=True)
    status = subprocess.run([sys.executable, "-m", "lawner", *arguments], cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def main() -> None:
    """Check, convert, compare, show."""
    sample = str(SAMPLE.relative_to(ROOT))
    tasks, back, table_file = (str((OUT / name).relative_to(ROOT)) for name in ("tasks.json", "brat", "indicators.csv"))
    run("check", sample)
    run("convert", sample, tasks, "--to", "label-studio", "--force")
    run("convert", tasks, back, "--to", "brat", "--force")
    run("check", sample, "--against", back)
    run("convert", sample, table_file, "--to", "csv", "--force")
    document = next(iter(load_annotations(SAMPLE, "brat", losses=LossReport())))
    table = Table(title=f"indicators of {document.doc_id}: the first {ROWS}", title_justify="left")
    for column in ("label", "name", "value", "characters"):
        table.add_column(column, overflow="fold")
    for record in to_records(document, DEFAULT_LABELS)[:ROWS]:
        style = STYLES[record.label]
        table.add_row(f"[{style}]{record.label}[/]", record.name, record.value_text, f"{record.start}–{record.end}")
    Console().print("\n", table)
    print(f"\nthe whole table: {table_file}; the same reports as tasks for Label Studio: {tasks}")


if __name__ == "__main__":
    main()
