"""How many tokens a second training takes, against the same work done the way transformers' own example does it.

Run it to see whether a change slowed training down, on a machine that does nothing else:

    python scripts/bench_train.py [--base models/encoder] [--documents 24] [--repeats 3] [--threads 2]

Both sides make one pass over the same annotated reports with a model of the same shape, in turn, in one process:

* **lawner**: `lawner.fitting.fit`, as behind ``lawner train``, on the reports as they are.
* **recipe**: the defaults of ``run_ner.py`` with ``--pad_to_max_length``: rows of the dataset that ``lawner convert``
  writes, characters as words, every row padded to 512 tokens (or as many as the base has positions), 8 rows a step,
  32-bit floats, `Trainer` with `DataCollatorForTokenClassification`.

The clock runs while `Trainer.train` does. Tokens are those of the reports, each counted once; context, special tokens
and padding are shown beside them. Without ``models/encoder`` a model of 4 layers of 256 with random weights is taken.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from build_tokenizer import build_tokenizer, build_vocabulary
from rich.console import Console
from rich.table import Table

from lawner import DEFAULT_LABELS, Document
from lawner.dataset import to_rows
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.splits import find_split, split_by_file

if TYPE_CHECKING:
    from datasets import Dataset

IGNORED = -100
MAX_TOKENS = 512
VOCABULARY = 5312
SHAPE = {"num_hidden_layers": 4, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}
console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the reports.

    Attributes:
        tokens: Tokens of the reports, each counted once.
        slots: Places of all batches: tokens, context, special tokens and, for the recipe, padding.
        seconds: Wall time of the training; set by `timed`.
        cpu_seconds: CPU time of all threads; tells more than wall time while others use the machine, but only with
            one thread, since threads that wait also spin.
    """

    tokens: int
    slots: int
    seconds: float = 0.0
    cpu_seconds: float = 0.0


Side = Callable[[list[Document], Path, Path], Pass]


# ----------------------------------------------------------------------------------------------------------- recipe


def pass_by_recipe(documents: list[Document], base: Path, folder: Path) -> Pass:
    """One pass with the recipe of the example script."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    rows = recipe_rows(documents, tokenizer)
    trainer = transformers.Trainer(
        model=transformers.AutoModelForTokenClassification.from_pretrained(
            base, num_labels=len(DEFAULT_LABELS.tags), dtype="float32"
        ),
        args=transformers.TrainingArguments(
            output_dir=str(folder),
            num_train_epochs=1,
            save_strategy="no",
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
            logging_strategy="no",
        ),
        train_dataset=rows,
        data_collator=transformers.DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
    )
    trainer.train()
    tokens = sum(label != IGNORED for row in rows for label in row["labels"])
    return Pass(tokens, sum(len(row["input_ids"]) for row in rows))


def recipe_rows(documents: list[Document], tokenizer: Any) -> Dataset:
    """Rows of a converted dataset, tokenised and padded: a word's first token carries its tag, the others none."""
    import datasets

    ids, most = DEFAULT_LABELS.tag_ids, min(MAX_TOKENS, tokenizer.model_max_length)
    windows = [row for document in documents for row in to_rows(document, max_characters=most - 2, losses=LossReport())]
    source = datasets.Dataset.from_dict(
        {"tokens": [list(row.text) for row in windows], "ner_tags": [[ids[tag] for tag in row.tags] for row in windows]}
    )

    def tokenise(batch: dict[str, list[Any]]) -> Any:
        encoded = tokenizer(
            batch["tokens"], is_split_into_words=True, padding="max_length", truncation=True, max_length=most
        )
        encoded["labels"] = [
            first_token_tags(encoded.word_ids(index), tags) for index, tags in enumerate(batch["ner_tags"])
        ]
        return encoded

    return source.map(tokenise, batched=True, remove_columns=source.column_names)


def first_token_tags(words: list[int | None], tags: list[int]) -> list[int]:
    """The tag id of every token that is the first of a word; `IGNORED` for all others."""
    before = [None, *words[:-1]]
    return [IGNORED if word is None or word == last else tags[word] for word, last in zip(words, before, strict=True)]


# ----------------------------------------------------------------------------------------------------------- lawner


def pass_by_lawner(documents: list[Document], base: Path, folder: Path) -> Pass:
    """One pass with lawner's training; validation at its end, on the shortest report, lies within the clock."""
    from lawner.encoding import Encoder
    from lawner.fitting import fit
    from lawner.train_config import TrainConfig
    from lawner.training_data import Splits

    config = TrainConfig(base=str(base))
    config = replace(config, training=replace(config.training, epochs=1, patience=0))
    shortest = min(documents, key=lambda document: len(document.text))
    fitted = fit(config, Splits(documents, [shortest], []), DEFAULT_LABELS, folder=folder, losses=LossReport())
    encoder = Encoder.from_pretrained(base)
    tokens = sum(len(encoder.encode(document.text).ids) for document in documents)
    return Pass(tokens, fitted.tokens)


# -------------------------------------------------------------------------------------------------------- both sides


SIDES: dict[str, Side] = {"recipe": pass_by_recipe, "lawner": pass_by_lawner}


def timed(side: Side, documents: list[Document], base: Path, folder: Path) -> Pass:
    """A pass with a clock on `Trainer.train`, the same for both sides."""
    import transformers

    train, spent = transformers.Trainer.train, [0.0, 0.0]

    def watched(*arguments: Any, **options: Any) -> Any:
        before = time.perf_counter(), time.process_time()
        result = train(*arguments, **options)
        spent[:] = time.perf_counter() - before[0], time.process_time() - before[1]
        return result

    transformers.Trainer.train = watched
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the trainer prints its log
            done = side(documents, base, folder)
    finally:
        transformers.Trainer.train = train
    return replace(done, seconds=spent[0], cpu_seconds=spent[1])


def make_base(folder: Path, documents: list[Document]) -> Path:
    """A model with random weights and a tokenizer of the reports' characters, for want of the shipped one."""
    import transformers

    lines = [line for document in documents for line in document.text.splitlines()]
    vocabulary = build_vocabulary(lines, min_count=1)[:VOCABULARY]
    vocabulary += [f"[spare{number}]" for number in range(VOCABULARY - len(vocabulary))]
    build_tokenizer(vocabulary, folder, max_tokens=MAX_TOKENS)
    shape = transformers.BertConfig(vocab_size=VOCABULARY, max_position_embeddings=MAX_TOKENS, pad_token_id=0, **SHAPE)
    transformers.BertForMaskedLM(shape).save_pretrained(folder)
    return folder


def load_documents(annotations: Path, n_documents: int) -> list[Document]:
    """Every n-th training report, so that all kinds are among them."""
    splits = split_by_file(annotations / "index.csv")
    loaded = load_annotations(annotations, "brat", losses=LossReport())
    documents = [document for document in loaded if find_split(splits, document.doc_id) == "train"]
    return documents[:: max(1, len(documents) // n_documents)][:n_documents]


def show(passes: dict[str, list[Pass]]) -> None:
    """Print the medians and the ratio."""
    table = Table("", "tokens", "places in batches", "seconds", "tokens/s", "from – to", "CPU seconds", box=None)
    rates = {}
    for name, done in passes.items():
        seconds = [one.seconds for one in done]
        rates[name] = done[0].tokens / statistics.median(seconds)
        spread = f"{min(seconds):.1f} – {max(seconds):.1f} s"
        middle = f"{statistics.median(seconds):.1f}"
        cpu = f"{statistics.median(one.cpu_seconds for one in done):.1f}"
        table.add_row(name, f"{done[0].tokens:,}", f"{done[0].slots:,}", middle, f"{rates[name]:,.0f}", spread, cpu)
    console.print(table)
    together = [recipe.seconds / ours.seconds for recipe, ours in zip(passes["recipe"], passes["lawner"], strict=True)]
    console.print(
        f"lawner takes {rates['lawner'] / rates['recipe']:.1f} times as many tokens/s as the recipe "
        f"(pass by pass, same reports: {', '.join(f'{ratio:.1f}' for ratio in together)})"
    )


def main(
    base: Annotated[Path, typer.Option(help="Encoder folder; random weights if it is not there.")] = Path(
        "models/encoder"
    ),
    annotations: Annotated[Path, typer.Option(help="Annotated reports.")] = Path("annotations"),
    documents: Annotated[int, typer.Option(min=1, help="How many training reports.")] = 24,
    repeats: Annotated[int, typer.Option(min=1, help="Passes of each side, in turn.")] = 3,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
) -> None:
    """Train by turns the recipe's way and lawner's way; print tokens/s and the ratio."""
    import datasets
    import torch
    import transformers

    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    chosen = load_documents(annotations, documents)
    passes: dict[str, list[Pass]] = {name: [] for name in SIDES}
    with tempfile.TemporaryDirectory() as scratch:
        there = (base / "config.json").is_file()
        model = base if there else make_base(Path(scratch) / "base", chosen)
        console.print(f"{len(chosen)} reports, {base if there else 'random weights'}, {threads} threads")
        for repeat in range(repeats):
            for name, side in SIDES.items():
                one = timed(side, chosen, model, Path(scratch) / f"{name}{repeat}")
                passes[name].append(one)
                console.print(f"  {name}: {one.seconds:.1f} s", style="dim")
    show(passes)


if __name__ == "__main__":
    typer.run(main)
