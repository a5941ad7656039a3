"""How fast a tagger is, step by step from the pipeline of transformers to lawner's default engine.

Run it on a model folder with its ONNX files (``lawner export``) and folders of reports:

    python scripts/bench_tag.py MODEL --texts REPORTS... [--seconds 4] [--rounds 3]

All rows come from one run, with the same weights, texts and threads, measured in turns; medians are shown. Where
other work runs on the machine, the factors per second of processor time are the ones to trust.
"""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from lawner.alignment import to_char_spans
from lawner.document import Document
from lawner.files import read_utf8
from lawner.tagger import TOKENS_PER_BATCH, Tagger, _Job
from lawner.tags import is_legal, tags_to_spans
from lawner.windows import Scores, plan_windows

Runner = Callable[[Sequence[str]], Iterable[Any]]
BATCH_SIZES = (1, 8, 32)
MATRIX = 1536
console = Console(highlight=False, width=110)


class TokenByToken(Tagger):
    """A tagger whose decoding visits every token in Python, as most do."""

    def _mark(self, job: _Job, scores: Scores) -> Document:
        tags = self.labels.tags
        moves = np.array([[0.0 if is_legal(prev, tag) else -np.inf for tag in tags] for prev in tags])
        total, back = moves[0], list[Any]()
        for row in scores:
            routes = total[:, None] + moves if back else total[None]
            back.append(routes.argmax(axis=0))
            total = routes.max(axis=0) + row
        path = [int(total.argmax())]
        for step in back[:0:-1]:
            path.append(int(step[path[-1]]))
        spans = tags_to_spans([tags[tag] for tag in path[::-1]]) if len(scores) else []
        return job.document.with_spans(to_char_spans(spans, job.excerpt.encoding.offsets))


def load_pipeline(model: Path, size: int, context: int) -> Any:
    """The pipeline of transformers over windows of the same size that overlap by the context."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    tokenizer = AutoTokenizer.from_pretrained(str(model), model_max_length=size + 2)
    network = AutoModelForTokenClassification.from_pretrained(str(model)).float().eval()
    return pipeline(
        "token-classification", model=network, tokenizer=tokenizer, aggregation_strategy="simple", stride=context
    )


def pipe_through(pipe: Any, batch_size: int, texts: Sequence[str]) -> Iterable[Any]:
    """What the pipeline finds in each text."""
    found: Iterable[Any] = pipe(list(texts), batch_size=batch_size)
    return found


def with_library_tokenizer(tagger: Tagger) -> Tagger:
    """The tagger without its table of characters."""
    tagger._encoder.table = None
    return tagger


def without_chains(model: Path, **options: Any) -> Tagger:
    """A tagger in which every token's scores stand by themselves, as in the pipeline."""
    tagger = Tagger.from_pretrained(model, **options)
    tagger.crf = tagger.transitions = None
    return tagger


def asked_everywhere(tagger: Tagger) -> Runner:
    """Tagging in which the model is asked about every window, as in the pipeline."""

    def run(texts: Sequence[str]) -> Iterator[Document]:
        for job, scores in tagger._score(texts, TOKENS_PER_BATCH, whole=True):
            yield tagger._mark(job, scores)

    return run


def make_runners(model: Path, threads: int) -> dict[str, Runner]:
    """What is measured, slowest first."""
    in_torch = {"engine": "torch", "device": "cpu", "precision": "fp32"}
    base = without_chains(model, threads=threads, **in_torch)
    slow = with_library_tokenizer(TokenByToken(base.folder, base._encoder, base.engine))
    decoded = with_library_tokenizer(without_chains(model, **in_torch))
    full = without_chains(model, **in_torch)
    pipe = load_pipeline(model, base.folder.size, base.folder.context)
    runners: dict[str, Runner] = {}
    for size in BATCH_SIZES:
        runners[f"transformers pipeline, batches of {size}"] = partial(pipe_through, pipe, size)
    runners["own windows and batches, torch fp32"] = asked_everywhere(slow)
    runners["+ decoding in numpy"] = asked_everywhere(decoded)
    runners["+ table of characters"] = asked_everywhere(full)
    for precision in ("fp32", "int8"):
        if (model / {"fp32": "model.onnx", "int8": "model.int8.onnx"}[precision]).is_file():
            for count in (1, threads):
                tagger = without_chains(model, engine="onnx", precision=precision, threads=count)
                runners[f"+ ONNX Runtime {precision}, {count} thread{'s' * (count > 1)}"] = asked_everywhere(tagger)
    whole = Tagger.from_pretrained(model, device="cpu", threads=threads)
    if whole.crf or whole.transitions is not None:
        runners["+ transitions and the CRF"] = asked_everywhere(whole)
    runners["+ only sentences that may hold values: what lawner tag runs"] = whole.tag_many
    half = without_chains(model, engine="torch", device="cpu", precision="bf16")
    runners["(torch bf16)"] = asked_everywhere(half)
    return runners


class Rate(NamedTuple):
    """Characters per second of wall time and of processor time, all threads counted in."""

    wall: float
    processor: float


def rate(run: Runner, texts: Sequence[str]) -> Rate:
    """How fast texts go through."""
    started, busy = time.perf_counter(), time.process_time()
    for _ in run(texts):
        pass
    n_characters = sum(map(len, texts))
    return Rate(n_characters / (time.perf_counter() - started), n_characters / (time.process_time() - busy))


def portion(texts: Sequence[str], n_characters: float) -> list[str]:
    """Texts from the beginning, over and over, until there are so many characters."""
    chosen: list[str] = []
    for text in cycle(texts):
        chosen.append(text)
        n_characters -= len(text)
        if n_characters <= 0:
            return chosen
    return chosen


def measure(runners: dict[str, Runner], texts: Sequence[str], *, seconds: float, rounds: int) -> dict[str, Rate]:
    """Median rates of each, all in turns; each gets as much text as it does in that time."""
    first = {name: rate(run, portion(texts, 3000)).wall for name, run in runners.items()}
    first = {name: rate(run, portion(texts, first[name] * seconds / 2)).wall for name, run in runners.items()}
    rates: dict[str, list[Rate]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            rates[name].append(rate(run, portion(texts, first[name] * seconds)))
    return {
        name: Rate(median(one.wall for one in found), median(one.processor for one in found))
        for name, found in rates.items()
    }


def show_ladder(rates: dict[str, Rate]) -> None:
    """Print rates, each with its factors over the best pipeline and its factor over the row before it."""
    pipelines = [value for name, value in rates.items() if "pipeline" in name]
    best = Rate(max(one.wall for one in pipelines), max(one.processor for one in pipelines))
    columns = ("characters/s", "factor", "over the row above", "per processor second", "factor")
    table = Table("step", *columns, box=None)
    before = best.wall
    for name, value in rates.items():
        aside = "pipeline" in name or name.startswith("(")
        step = "" if aside else f"{value.wall / before:.2f}"
        table.add_row(
            name,
            f"{value.wall:,.0f}",
            f"{value.wall / best.wall:.1f}",
            step,
            f"{value.processor:,.0f}",
            f"{value.processor / best.processor:.1f}",
        )
        before = before if aside else value.wall
    console.print(table)


def show_agreement(model: Path, texts: Sequence[str]) -> None:
    """Print how many spans and documents each engine has in common with torch in fp32."""
    options: dict[str, dict[str, Any]] = {
        "onnx fp32": {"engine": "onnx", "precision": "fp32"},
        "onnx int8": {"engine": "onnx", "precision": "int8"},
        "torch bf16": {"engine": "torch", "precision": "bf16", "device": "cpu"},
    }
    expected = spans_of(Tagger.from_pretrained(model, engine="torch", device="cpu", precision="fp32"), texts)
    table = Table("engine", "spans as torch fp32 (F1)", "documents exactly alike", box=None)
    for name, option in options.items():
        found = spans_of(Tagger.from_pretrained(model, **option), texts)
        shared = sum(len(one & other) for one, other in zip(expected, found, strict=True))
        total = sum(map(len, expected)) + sum(map(len, found))
        alike = sum(one == other for one, other in zip(expected, found, strict=True))
        table.add_row(name, f"{2 * shared / total:.2%}" if total else "none found", f"{alike} of {len(texts)}")
    console.print(table)


def spans_of(tagger: Tagger, texts: Sequence[str]) -> list[set[Any]]:
    """The spans of each text."""
    return [set(document.spans) for document in tagger.tag_many(texts)]


def peaks(threads: int) -> dict[str, float]:
    """Operations per second of one large matrix product: the best of some."""
    import torch

    torch.set_num_threads(threads)
    one = torch.randn(MATRIX, MATRIX)
    half = one.bfloat16()
    ints = integer_product(threads)
    actions: dict[str, Callable[[], Any]] = {"fp32": lambda: one @ one, "bf16": lambda: half @ half, "int8": ints}
    return {name: 2 * MATRIX**3 / fastest(action) for name, action in actions.items()}


def integer_product(threads: int) -> Callable[[], Any]:
    """A large product of uint8 and int8 in ONNX Runtime."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weight = numpy_helper.from_array(rng.integers(-127, 127, (MATRIX, MATRIX)).astype(np.int8), "b")
    source = helper.make_tensor_value_info("a", TensorProto.UINT8, [MATRIX, MATRIX])
    target = helper.make_tensor_value_info("c", TensorProto.INT32, [MATRIX, MATRIX])
    graph = helper.make_graph([helper.make_node("MatMulInteger", ["a", "b"], ["c"])], "g", [source], [target], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feed = {"a": rng.integers(0, 255, (MATRIX, MATRIX)).astype(np.uint8)}
    return lambda: session.run(None, feed)


def fastest(action: Callable[[], Any], *, seconds: float = 2.0) -> float:
    """Seconds of the fastest run."""
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - started)
    return best


def operations_per_character(tagger: Tagger, texts: Sequence[str]) -> float:
    """Multiplications and additions of the matrix products, context counted in, per character."""
    config = tagger.folder.config
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    layers = config["num_hidden_layers"]
    total = 0
    for text in texts:
        encoding = tagger._encoder.encode(text)
        size, context = tagger.folder.size, tagger.folder.context
        for window in plan_windows(len(encoding.ids), size=size, context=context, breaks=encoding.breaks):
            seq = window.end - window.start + 2
            total += layers * seq * (2 * (4 * hidden * hidden + 2 * hidden * inner) + 4 * seq * hidden)
    return total / max(1, sum(map(len, texts)))


def show_peaks(model: Path, texts: Sequence[str], rates: dict[str, Rate], threads: int) -> None:
    """Print the share of the chip's own speed that the forward pass reaches, all else counted against it."""
    found = peaks(threads)
    per_character = operations_per_character(Tagger.from_pretrained(model), texts)
    table = Table("", "peak, GOP/s", "reached, GOP/s", "share", box=None)
    rows = {"fp32": f"fp32, {threads} thread", "int8": f"int8, {threads} thread", "bf16": "torch bf16"}
    for precision, part in rows.items():
        reached = max((value.wall for name, value in rates.items() if part in name), default=0.0) * per_character
        table.add_row(
            precision, f"{found[precision] / 1e9:,.0f}", f"{reached / 1e9:,.0f}", f"{reached / found[precision]:.0%}"
        )
    console.print(table)


def show_cold(model: Path, text: Path) -> None:
    """Print the seconds from nothing to the spans of one report."""
    pipe = (
        "import sys; sys.path.insert(0, {here!r}); from bench_tag import load_pipeline; from pathlib import Path; "
        "load_pipeline(Path({model!r}), {size}, {context})(Path({text!r}).read_text(encoding='utf-8'))"
    )
    ours = (
        "from lawner.tagger import Tagger; from pathlib import Path; "
        "Tagger.from_pretrained({model!r}).tag(Path({text!r}).read_text(encoding='utf-8'))"
    )
    folder = Tagger.from_pretrained(model).folder
    here = str(Path(__file__).parent)
    values = {"here": here, "model": str(model), "text": str(text), "size": folder.size, "context": folder.context}
    commands = {
        "a script with the pipeline": [sys.executable, "-c", pipe.format(**values)],
        "a script with the Tagger": [sys.executable, "-c", ours.format(**values)],
        "lawner tag": [sys.executable, "-m", "lawner", "tag", str(text), "-o", "-", "--model", str(model)],
    }
    table = Table("cold start, one report", "seconds", box=None)
    for name, command in commands.items():
        seconds, codes = [], []
        for _ in range(3):
            started = time.perf_counter()
            codes.append(subprocess.run(command, capture_output=True, check=False).returncode)
            seconds.append(time.perf_counter() - started)
        table.add_row(name, f"{median(seconds):.2f}" if not any(codes) else "does not run")
    console.print(table)


def show_memory(model: Path, texts: Path, seconds: float) -> None:
    """Print the peak memory of a process that tags for a while."""
    command = [sys.executable, __file__, str(model), "--texts", str(texts), "--stream", str(seconds)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    table = Table("memory while tagging", "MiB", box=None)
    for share, amount in json.loads(result.stdout).items():
        table.add_row(share, f"{amount:,.0f}")
    console.print(table)


def stream(model: Path, texts: Sequence[str], seconds: float) -> None:
    """Tag the same texts over and over, in a process of its own, and write down the peak memory."""
    tagger = Tagger.from_pretrained(model)
    found = {"before the first document": peak_memory()}
    started, n_characters = time.perf_counter(), 0

    def endless() -> Iterator[str]:
        for text in cycle(texts):
            if time.perf_counter() - started > seconds:
                return
            yield text

    for document in tagger.tag_many(endless()):
        n_characters += len(document.text)
        if "half-way" not in found and time.perf_counter() - started > seconds / 2:
            found["half-way"] = peak_memory()
    found[f"after {n_characters:,} characters"] = peak_memory()
    sys.stdout.write(json.dumps(found))


def peak_memory() -> float:
    """The most memory this process has held, in MiB."""
    status = Path("/proc/self/status")  # getrusage counts in what the parent held when it forked
    if status.is_file():
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        if found:
            return int(found[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main(
    model: Annotated[Path, typer.Argument(help="Model folder with its ONNX files.")],
    texts: Annotated[list[Path], typer.Option(help="Folders of .txt reports.")],
    seconds: Annotated[float, typer.Option(help="Time of each measurement.")] = 4.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    threads: Annotated[int, typer.Option(help="Threads; 0 for one per processor.")] = 0,
    stream_seconds: Annotated[float, typer.Option("--stream", hidden=True)] = 0.0,
) -> None:
    """Measure the ladder from the pipeline to the default engine, agreement, peaks, cold start and memory."""
    logging.disable(logging.WARNING)
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    files = [path for folder in texts for path in sorted(folder.rglob("*.txt"))]
    reports = [read_utf8(path) for path in files]
    if stream_seconds:
        stream(model, reports, stream_seconds)
        return
    count = threads or len(os.sched_getaffinity(0))
    console.print(f"{len(reports)} reports, {sum(map(len, reports)):,} characters, {count} threads")
    rates = measure(make_runners(model, count), reports, seconds=seconds, rounds=rounds)
    show_ladder(rates)
    show_agreement(model, portion(reports, 60_000))
    show_peaks(model, portion(reports, 60_000), rates, count)
    show_cold(model, files[0])
    show_memory(model, texts[0], 4 * seconds)


if __name__ == "__main__":
    typer.run(main)
