"""Do thousands of reports come through ``lawner tag`` whole, with broken ones among them, and in how much memory?

Run it after changes to reading, tagging or writing; either for many files, one in a hundred broken,

    python scripts/stress_tag.py files [--files 20000]

where the run is also killed in the middle and resumed, or for many reports in one Parquet file:

    python scripts/stress_tag.py stream [--reports 2000]

The reports are put together from paragraphs of `annotations/`, their digits drawn anew, in a scratch folder.
"""

from __future__ import annotations

import csv
import itertools
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from lawner.formats import load_annotations
from lawner.losses import LossReport

app = typer.Typer(add_completion=False)
ANNOTATIONS = Path(__file__).resolve().parent.parent / "annotations"
BROKEN_SUFFIXES = (".docx", ".pdf", ".parquet", ".jsonl")
EVERY = 0.5
"""Seconds between two looks at the memory."""


def make_texts(n_texts: int, n_characters: int, seed: int = 1) -> Iterator[str]:
    """Reports of paragraphs drawn at random, with new digits in the old places."""
    rng = random.Random(seed)
    documents = load_annotations(ANNOTATIONS, "brat", losses=LossReport())
    lines = [line for document in documents for line in document.text.splitlines() if line.strip()]
    for _ in range(n_texts):
        parts: list[str] = []
        while sum(map(len, parts)) < n_characters:
            parts.append(re.sub(r"[1-9]", lambda _: rng.choice("123456789"), rng.choice(lines)))
        yield "\n".join(parts) + "\n"


def write_broken(path: Path) -> None:
    """A file that cannot be what its suffix says."""
    if path.suffix == ".docx":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "no document here")
    elif path.suffix == ".jsonl":
        path.write_text('{"text": "全年办理案件12件。"\n', encoding="utf-8")
    else:
        path.write_bytes(b"%PDF-1.7\n\x00\x01 and then nothing" if path.suffix == ".pdf" else b"PAR1 and then nothing")


def write_files(folder: Path, n_files: int, n_characters: int, broken_share: float) -> set[str]:
    """Fill a folder, a hundred files to a subfolder; returns the names of the broken ones."""
    rng = random.Random(2)
    bad = set(rng.sample(range(n_files), round(broken_share * n_files)))
    broken: set[str] = set()
    suffixes = itertools.cycle(BROKEN_SUFFIXES)
    for number, text in enumerate(make_texts(n_files, n_characters)):
        place = folder / f"{number // 100:04d}"
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"report-{number:06d}.txt"
        if number in bad:
            path = path.with_suffix(next(suffixes))
            write_broken(path)
            broken.add(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    return broken


def memory_of(pid: int) -> int:
    """Bytes in memory of a process and its descendants; what they share is counted in each. 0 without /proc."""
    total, waiting = 0, [pid]
    while waiting:
        one = Path("/proc") / str(waiting.pop())
        with suppress(OSError, StopIteration):  # it may be gone by now
            line = next(line for line in (one / "status").read_text().splitlines() if line.startswith("VmRSS"))
            total += int(line.split()[1]) * 1024
            for task in (one / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return total


def run_tag(source: Path, table: Path, *options: str, kill_after: float = 0.0) -> tuple[int, str, float, list[int]]:
    """Run ``lawner tag``; returns exit code, what it said, seconds and the memory over time."""
    command = [sys.executable, "-m", "lawner", "tag", str(source), "-o", str(table), *options]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        memory: list[int] = []
        while process.poll() is None:
            memory.append(memory_of(process.pid))
            if kill_after and time.perf_counter() - started > kill_after:
                process.send_signal(signal.SIGKILL)
            time.sleep(EVERY)
        said.seek(0)
        return process.returncode, said.read(), time.perf_counter() - started, memory


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV table."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def names_in(errors: list[dict[str, str]]) -> set[str]:
    """The files that errors.csv lists; what is wrong in a line of a file stands there with the line's number."""
    return {re.sub(r":[0-9]+$", "", Path(row["path"]).name) for row in errors}


def expect(holds: bool, what: str) -> None:
    """Say what was found; stop where it does not hold."""
    print(("yes " if holds else "NO  ") + what, flush=True)
    if not holds:
        raise typer.Exit(1)


@app.command()
def files(
    n_files: Annotated[int, typer.Option("--files", min=300, help="Files to tag.")] = 20_000,
    characters: Annotated[int, typer.Option(min=1, help="Characters of each, about.")] = 300,
    broken_share: Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of broken ones.")] = 0.01,
) -> None:
    """Tag a folder of files with broken ones among them, once whole and once killed and resumed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        broken = write_files(folder / "reports", n_files, characters, broken_share)
        whole, again, n_good = folder / "whole.csv", folder / "again.csv", n_files - len(broken)
        code, said, seconds, memory = run_tag(folder / "reports", whole)
        print(said.strip().splitlines()[-1] if said.strip() else "(nothing said)")
        expect(code == 0, "exit code 0")
        expect(f"{n_good:,} reports tagged, {len(broken):,} not read" in said, "the summary says both numbers")
        expect(
            names_in(read_rows(folder / "errors.csv")) == broken,
            f"errors.csv names the {len(broken)} broken files and no other",
        )
        print(f"{len(read_rows(whole)):,} indicators in {seconds:.0f} s; most memory seen {max(memory) / 1e9:.2f} GB")
        code, *_ = run_tag(folder / "reports", folder / "strict.csv", "--strict", "--errors", str(folder / "e.csv"))
        expect(code == 1, "exit code 1 with --strict")
        code, *_ = run_tag(folder / "reports", again, kill_after=seconds / 2)
        expect(code == -signal.SIGKILL and not again.exists(), "no table after kill -9 in the middle")
        errors = folder / "errors-again.csv"
        code, said, *_ = run_tag(folder / "reports", again, "--resume", "--errors", str(errors))
        print(said.strip().splitlines()[-1] if said.strip() else "(nothing said)")
        expect(code == 0 and "from the run before" in said, "resumed, it takes over what was done")
        expect(names_in(read_rows(errors)) == broken, "errors.csv is whole, too")
        expect(again.read_bytes() == whole.read_bytes(), "the table is that of the run that was not broken off")


@app.command()
def stream(
    reports: Annotated[int, typer.Option(min=1, help="Reports in the Parquet file.")] = 2_000,
    characters: Annotated[int, typer.Option(min=1, help="Characters of each, about.")] = 7_000,
) -> None:
    """Tag one large Parquet file and watch the memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "reports.parquet"
        schema = pa.schema([("id", pa.string()), ("text", pa.string())])
        n_characters = 0
        with pq.ParquetWriter(source, schema) as writer:
            texts = make_texts(reports, characters)
            for start in range(0, reports, 200):
                part = list(itertools.islice(texts, 200))
                n_characters += sum(map(len, part))
                ids = [f"r{start + place:06d}" for place in range(len(part))]
                writer.write_table(pa.table({"id": ids, "text": part}, schema=schema))
        code, said, seconds, memory = run_tag(source, Path(scratch) / "table.parquet")
        print(said.strip().splitlines()[-1] if said.strip() else "(nothing said)")
        expect(code == 0 and f"{reports:,} reports tagged, 0 not read" in said, "every report is tagged")
        print(f"{n_characters:,} characters in {seconds:.0f} s: {n_characters / seconds:,.0f} a second")
        quarters = [max(memory[len(memory) * k // 4 :][: len(memory) // 4 + 1]) for k in range(4)]
        print("most memory seen in each quarter of the run: " + ", ".join(f"{peak / 1e9:.2f} GB" for peak in quarters))


if __name__ == "__main__":
    app()
