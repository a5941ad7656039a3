"""What ``make demo`` shows: some sample reports in four file formats, tagged, as a table here and as files to open.

Arguments are handed on to ``lawner tag``, e.g. ``--model DIR``.
"""

from __future__ import annotations

import csv
import html
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "annotations"
OUT = ROOT / "build" / "demo"
STYLES = {"CASE": "cyan", "COUNT": "green", "RATE": "magenta", "AMOUNT": "yellow"}
N_REPORTS, ROWS_PER_REPORT = 8, 5
FONT, SIZE, MARGIN, CHARACTERS_PER_LINE = "STSong-Light", 11, 60, 42


def main() -> None:
    """Prepare, tag, show."""
    reports = OUT / "reports"
    shutil.rmtree(OUT, ignore_errors=True)
    reports.mkdir(parents=True)
    write_reports(reports)
    places = [OUT / f"indicators.{suffix}" for suffix in ("xlsx", "html", "jsonl")]
    for place in places:
        run("tag", str(reports.relative_to(ROOT)), "-o", str(place.relative_to(ROOT)), *sys.argv[1:])
    rows = [json.loads(line, parse_float=Decimal) for line in places[-1].read_text(encoding="utf-8").splitlines()]
    console = Console() if sys.stdout.isatty() else Console(width=140)
    console.print(indicator_table(rows))
    console.print(f"\nThe first {ROWS_PER_REPORT} indicators of each report, {len(rows):,} in all:")
    console.print(f"  to open in Excel:      {places[0].relative_to(ROOT)}", highlight=False)
    console.print(f"  to open in a browser:  {places[1].relative_to(ROOT)}", highlight=False)
    console.print(f"  the reports:           {reports.relative_to(ROOT)}", highlight=False)


def run(*arguments: str) -> None:
    """Show a command, then run it; end where it fails."""
    print(f"\n$ lawner {' '.join(arguments)}", flush=True)
    status = subprocess.run([sys.executable, "-m", "lawner", *arguments], cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def write_reports(folder: Path) -> None:
    """Write the shortest samples of the test split: three in other formats, the others as they are."""
    with (SAMPLES / "index.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test"]
    rows.sort(key=lambda row: (int(row["characters"]), row["id"]))
    writers: list[tuple[str, Callable[[Path, str], None]]] = [
        (".html", write_html),
        (".docx", write_docx),
        (".pdf", write_pdf),
    ]
    for number, row in enumerate(rows[:N_REPORTS]):
        text = (SAMPLES / row["kind"] / f"{row['id']}.txt").read_text(encoding="utf-8")
        suffix, write = writers[number] if number < len(writers) else (".txt", write_text)
        write(folder / f"{row['id']}{suffix}", text)


def write_text(path: Path, text: str) -> None:
    """Write a report as it is."""
    path.write_text(text, encoding="utf-8")


def write_html(path: Path, text: str) -> None:
    """Write a report as a web page, a paragraph per line."""
    title, *lines = text.splitlines()
    body = "\n".join(f"<p>{html.escape(line)}</p>" for line in lines if line.strip())
    path.write_text(
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>\n'
        f"<body><article><h1>{html.escape(title)}</h1>\n{body}\n</article></body></html>\n",
        encoding="utf-8",
    )


def write_docx(path: Path, text: str) -> None:
    """Write a report as a Word document, a paragraph per line."""
    import docx

    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    document.save(str(path))


def write_pdf(path: Path, text: str) -> None:
    """Write a report as a PDF file in a font that every reader of such files has."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    top, y = A4[1] - MARGIN, 0.0
    for paragraph in text.splitlines():
        for start in range(0, max(len(paragraph), 1), CHARACTERS_PER_LINE):
            if y < MARGIN:
                canvas.showPage()
                canvas.setFont(FONT, SIZE)
                y = top
            canvas.drawString(MARGIN, y, paragraph[start : start + CHARACTERS_PER_LINE])
            y -= SIZE * 1.6
    canvas.save()


def indicator_table(rows: list[Mapping[str, Any]]) -> Table:
    """The first indicators of every report, coloured by label."""
    table = Table(header_style="bold", row_styles=["", "on grey11"])
    table.add_column("report", no_wrap=True)
    table.add_column("label", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("as written", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("period", no_wrap=True)
    shown: dict[str, int] = {}
    for row in rows:
        doc_id = str(row["doc_id"])
        shown[doc_id] = shown.get(doc_id, 0) + 1
        if shown[doc_id] > ROWS_PER_REPORT:
            continue
        style = STYLES.get(str(row["label"]), "")
        first = shown[doc_id] == 1
        if first and len(shown) > 1:
            table.add_section()
        report = Path(str(row["source"])).name if first else ""
        cells = (report, row["label"], row["full_name"], row["value_text"], _number(row), row["unit"], row["period"])
        table.add_row(*map(_plain, cells), style=style)
    return table


def _number(row: Mapping[str, Any]) -> str:
    """The value, or its bounds where it is not one number."""
    if row["value"] is not None:
        return f"{'≈ ' if row['approximate'] else ''}{row['value']:,}"
    lower, upper = ("" if row[key] is None else f"{row[key]:,}" for key in ("lower", "upper"))
    return f"{lower} – {upper}" if lower or upper else ""


def _plain(cell: object) -> str:
    """A cell whose square brackets are no mark-up."""
    return str(cell).replace("[", r"\[")


if __name__ == "__main__":
    main()
