"""Other ways to tag, trained on the same reports and scored the same way: rules, a CRF, spaCy.

Run it on demand, to know what a fine-tuned encoder has to beat; it takes some minutes a tagger:

    pip install spacy
    python scripts/compare_taggers.py annotations --real FOLDER [--only rules,crf,spacy]

The CRF is that of written_to_real.py; spaCy is a blank Chinese pipeline that cuts characters, with its own small
convolutional encoder and NER. Both learn spans from the training split; values are then linked to names, and names
that no value has are dropped, as everywhere.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import sklearn_crfsuite
import typer
from written_to_real import features, rows_of

from lawner import DEFAULT_LABELS, Document, Span
from lawner.evaluation import Report, compare_table, evaluate, to_markdown
from lawner.formats import load_annotations
from lawner.losses import LossReport
from lawner.relations import drop_unused_names, link_values
from lawner.rules import tag_by_rules
from lawner.splits import find_split, split_by_file
from lawner.tags import tags_to_spans

Row = tuple[Document, int, str, list[str]]
FindSpans = Callable[[str], Sequence[tuple[int, int, str]]]


def informative(documents: Sequence[Document]) -> list[Row]:
    """Windows of the reports that hold digits or spans."""
    rows = rows_of(documents)
    return [row for row in rows if any(letter.isdigit() for letter in row[2]) or len(set(row[3])) > 1]


def fit_crf(documents: Sequence[Document]) -> sklearn_crfsuite.CRF:
    """A linear-chain CRF over characters, from windows that hold digits or spans."""
    rows = informative(documents)
    model = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=0.05, c2=0.01, max_iterations=60)
    return model.fit([features(text) for _, _, text, _ in rows], [tags for _, _, _, tags in rows])


def train_crf(documents: Sequence[Document], validation: Sequence[Document], minutes: float) -> FindSpans:
    """A linear-chain CRF over characters; it makes its passes, whatever the minutes, and needs no validation split."""
    del validation, minutes
    model = fit_crf(documents)
    return lambda text: tags_to_spans(list(model.predict_single(features(text))))


def train_spacy(documents: Sequence[Document], validation: Sequence[Document], minutes: float) -> FindSpans:
    """A blank Chinese pipeline with tok2vec and NER; the best state on some of the validation split is kept."""
    import spacy
    from spacy.training import Example
    from spacy.util import fix_random_seed, minibatch

    fix_random_seed(13)
    pipeline = spacy.blank("zh")  # without a segmenter of words, it cuts characters
    pipeline.add_pipe("tok2vec")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"}
    parser = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": listener,
    }
    pipeline.add_pipe("ner", config={"model": parser})

    def to_examples(rows: Sequence[Row]) -> Iterator[Any]:
        for _, _, text, tags in rows:
            yield Example.from_dict(pipeline.make_doc(text), {"entities": tags_to_spans(tags)})

    examples = list(to_examples(informative(documents)))
    held_out = list(to_examples(informative(validation)))[:300]
    optimizer = pipeline.initialize(lambda: examples)
    generator, started, best, state = random.Random(13), time.perf_counter(), -1.0, pipeline.to_bytes()
    while time.perf_counter() - started < 60 * minutes:
        generator.shuffle(examples)
        for batch in minibatch(examples, 32):
            pipeline.update(batch, sgd=optimizer, drop=0.1)
            if time.perf_counter() - started > 60 * minutes:
                break
        score = pipeline.evaluate(held_out)["ents_f"] or 0.0
        print(f"  spaCy after {time.perf_counter() - started:.0f} s: F1 {score:.3f} on validation windows", flush=True)
        if score > best:
            best, state = score, pipeline.to_bytes()
    pipeline.from_bytes(state)
    return lambda text: [(span.start_char, span.end_char, span.label_) for span in pipeline(text).ents]


TRAINERS = {"crf": train_crf, "spacy": train_spacy}


def tag(find_spans: FindSpans, documents: Sequence[Document]) -> list[tuple[Document, Document]]:
    """Gold and prediction of each document."""
    spans: dict[int, list[Span]] = {id(document): [] for document in documents}
    for document, offset, text, _ in rows_of(documents):
        spans[id(document)] += [Span(offset + start, offset + end, label) for start, end, label in find_spans(text)]
    return [
        (one, drop_unused_names(link_values(one.with_spans(spans[id(one)]), DEFAULT_LABELS), DEFAULT_LABELS))
        for one in documents
    ]


def main(
    annotations: Annotated[Path, typer.Argument(help="The written reports, with index.csv.")] = Path("annotations"),
    real: Annotated[Path | None, typer.Option(help="Real reports with gold, brat.")] = None,
    extra: Annotated[list[Path] | None, typer.Option(help="Further annotated documents to train on, brat.")] = None,
    only: Annotated[str, typer.Option(help="Which taggers, with commas between them.")] = "rules,crf,spacy",
    minutes: Annotated[float, typer.Option(help="How long spaCy trains.")] = 6.0,
) -> None:
    """Train, score, print one table per set of reports."""
    splits = split_by_file(annotations / "index.csv")
    parts: dict[str, list[Document]] = {"train": [], "validation": [], "test": []}
    for document in load_annotations(annotations, "brat", losses=LossReport()):
        parts[find_split(splits, document.doc_id)].append(document)
    for folder in extra or []:
        parts["train"] += load_annotations(folder, "brat", losses=LossReport())
    sets = {"written reports, test split": parts["test"]}
    if real is not None:
        sets["real reports"] = list(load_annotations(real, "brat", losses=LossReport()))
    reports: dict[str, dict[str, Report]] = {title: {} for title in sets}
    for name in only.split(","):
        started = time.perf_counter()
        find_spans = None if name == "rules" else TRAINERS[name](parts["train"], parts["validation"], minutes)
        for title, documents in sets.items():
            pairs = tag(find_spans, documents) if find_spans else [(one, tag_by_rules(one)) for one in documents]
            reports[title][name] = evaluate(pairs, DEFAULT_LABELS)
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    for title, by_name in reports.items():
        print(f"\n{title}\n\n{to_markdown(compare_table(by_name))}", flush=True)


if __name__ == "__main__":
    typer.run(main)
