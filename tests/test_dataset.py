from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.dataset import to_rows, write_dataset
from lawner.errors import ConfigError, LawnerError
from lawner.losses import LossReport, Reason
from lawner.splits import Ratio, find_split, split_by_file, split_by_ratio
from lawner.tags import tags_to_spans


@st.composite
def documents(draw):
    """A document of some clauses, each with a name and a value, now and then a long gap between."""
    text, spans, relations = "", [], []
    for _ in range(draw(st.integers(0, 8))):
        text += draw(st.text(alphabet="的工作情况，。；\n𠮷 ", max_size=25))
        name = Span(len(text), len(text) + 2, "NAME")
        value = Span(name.end, name.end + 3, draw(st.sampled_from(DEFAULT_LABELS.values)))
        text += "办案12件"
        spans += [name, value]
        relations.append(Relation(value, name, "Measures"))
    return Document("a", text, spans, relations)


@given(documents(), st.integers(16, 60))
@settings(deadline=None)
def test_rows_hold_every_character_span_and_relation_once(document, size):
    losses = LossReport()
    rows = list(to_rows(document, max_characters=size, losses=losses))
    assert "".join(row.text for row in rows) == document.text
    assert all(len(row.tags) == len(row.text) <= size for row in rows)
    spans = [
        Span(start + row.offset, end + row.offset, label)
        for row in rows
        for start, end, label in tags_to_spans(row.tags)
    ]
    assert sorted(spans) == list(document.spans)
    assert sorted(relation.shift(row.offset) for row in rows for relation in row.relations) == list(document.relations)
    assert not losses
    assert all(one.offset + len(one.text) == two.offset for one, two in pairwise(rows))


def test_of_two_spans_that_overlap_the_second_is_counted_as_lost():
    losses = LossReport()
    document = Document("a", "办理案件12件", [Span(0, 4, "NAME"), Span(2, 4, "NAME"), Span(4, 7, "CASE")])
    (row,) = to_rows(document, max_characters=100, losses=losses)
    assert row.tags == ["B-NAME", "I-NAME", "I-NAME", "I-NAME", "B-CASE", "I-CASE", "I-CASE"]
    assert [loss.reason for loss in losses] == [Reason.OVERLAP]


def test_a_relation_longer_than_a_row_is_counted_as_lost():
    losses = LossReport()
    value, name = Span(40, 43, "CASE"), Span(0, 2, "NAME")
    document = Document("a", "办案" + "很" * 38 + "12件", [value, name], [Relation(value, name, "Measures")])
    rows = list(to_rows(document, max_characters=30, losses=losses))
    assert sum(len(row.relations) for row in rows) == 0
    assert [loss.reason for loss in losses] == [Reason.CUT]


def test_documents_with_the_same_text_fall_into_the_same_split():
    twins = [Document(f"d{number}", f"第{number // 2}种") for number in range(40)]
    splits = split_by_ratio(twins, Ratio(seed=5))
    assert all(splits[f"d{number}"] == splits[f"d{number + 1}"] for number in range(0, 40, 2))
    assert sorted(splits.values()).count("train") == 32
    assert splits == split_by_ratio(list(reversed(twins)), Ratio(seed=5))
    assert splits != split_by_ratio(twins, Ratio(seed=6))


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="add up to 1"):
        Ratio(0.8, 0.3, 0.1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,part\na,train\n", r"splits.csv:2: the columns id and split are needed; found id, part"),
        ("id,split\na,training\n", r"splits.csv:2: split 'training' is none of"),
        ("id,split\na,train\na,test\n", r"splits.csv:3: document 'a' is named a second time"),
    ],
    ids=["no-column", "unknown-split", "twice"],
)
def test_a_file_of_splits_with_a_mistake_is_refused(tmp_path, content, message):
    path = tmp_path / "splits.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        split_by_file(path)


def test_a_file_of_splits_may_say_dev_and_leave_out_folders(tmp_path):
    path = tmp_path / "splits.csv"
    path.write_text("\ufeffid,split\nyunchuan,dev\n", encoding="utf-8")
    assert find_split(split_by_file(path), "county/yunchuan") == "validation"


def test_oddities_of_a_file_of_splits_are_said(tmp_path):
    losses = LossReport()
    twins = [Document("a", "甲"), Document("b", "甲")]
    splits = {"a": "train", "b": "test", "gone": "train"}
    write_dataset(twins, tmp_path / "out", splits=splits, labels=DEFAULT_LABELS, losses=losses)
    assert "1 lines of the file of splits name no document here; first: gone" in losses.notes
    assert "a and b have the same text but fall into different splits" in losses.notes


def test_a_document_without_a_split_is_an_error():
    with pytest.raises(ConfigError, match="document 'b' has no split"):
        find_split({"a": "train"}, "b")


def test_a_dataset_of_nothing_is_an_error(tmp_path):
    with pytest.raises(LawnerError, match="no document to make a dataset of"):
        write_dataset([], tmp_path / "out", splits=Ratio(), labels=DEFAULT_LABELS, losses=LossReport())


TRAIN = """
import sys
import numpy, torch
from datasets import load_from_disk
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
from transformers import (
    BertConfig, BertForTokenClassification, BertTokenizerFast, DataCollatorForTokenClassification, Trainer,
    TrainingArguments,
)

folder, work = sys.argv[1:]
parts = load_from_disk(folder)
names = parts["train"].features["ner_tags"].feature.names
characters = sorted({c for row in parts["train"] for c in row["tokens"] if not c.isspace()})
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
open(work + "/vocab.txt", "w", encoding="utf-8").write("\\n".join(words))
tokenizer = BertTokenizerFast(vocab=work + "/vocab.txt")

def align(rows):
    encoded = tokenizer(rows["tokens"], is_split_into_words=True, truncation=True, max_length=128)
    encoded["labels"] = [
        [-100 if word is None else tags[word] for word in encoded.word_ids(i)]
        for i, tags in enumerate(rows["ner_tags"])
    ]
    return encoded

ready = parts.map(align, batched=True, remove_columns=parts["train"].column_names)
torch.manual_seed(1)
model = BertForTokenClassification(BertConfig(
    vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
    num_labels=len(names),
))

def score(prediction):
    best = numpy.argmax(prediction.predictions, axis=-1)
    keep = prediction.label_ids != -100
    gold = [[names[t] for t in row[k]] for row, k in zip(prediction.label_ids, keep)]
    pred = [[names[t] for t in row[k]] for row, k in zip(best, keep)]
    return {"f1": f1_score(gold, pred, mode="strict", scheme=IOB2, zero_division=0)}

arguments = TrainingArguments(
    output_dir=work, num_train_epochs=60, learning_rate=5e-3, per_device_train_batch_size=4, report_to=[],
    save_strategy="no", disable_tqdm=True, use_cpu=True, logging_strategy="no", seed=1, dataloader_pin_memory=False,
)
trainer = Trainer(
    model, arguments, train_dataset=ready["train"], processing_class=tokenizer, compute_metrics=score,
    data_collator=DataCollatorForTokenClassification(tokenizer),
)
trainer.train()
print("F1", trainer.evaluate(ready["train"])["eval_f1"])
"""


def test_the_dataset_trains_a_tagger_without_lawner(tmp_path, report):
    """A script that knows only datasets, transformers and seqeval learns the training rows by heart."""
    texts = [Document(f"d{number}", report.text, report.spans, report.relations) for number in range(3)]
    splits = {"d0": "train", "d1": "validation", "d2": "test"}
    counts = write_dataset(texts, tmp_path / "ds", splits=splits, labels=DEFAULT_LABELS, losses=LossReport())
    assert counts.spans == {"train": 10, "validation": 10, "test": 10}
    script = tmp_path / "train.py"
    script.write_text(TRAIN, encoding="utf-8")
    blocker = tmp_path / "lawner.py"
    blocker.write_text("raise ImportError('lawner must not be needed')", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "ds"), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert float(result.stdout.split("F1")[-1]) > 0.9


def test_parquet_loads_with_its_class_labels(tmp_path, report):
    import datasets

    write_dataset(
        [report],
        tmp_path / "pq",
        splits={report.doc_id: "train"},
        labels=DEFAULT_LABELS,
        losses=LossReport(),
        parquet=True,
    )
    loaded = datasets.Dataset.from_parquet(str(tmp_path / "pq" / "train.parquet"), cache_dir=str(tmp_path / "cache"))
    assert loaded.features["ner_tags"].feature.names == list(DEFAULT_LABELS.tags)
    (row,) = loaded
    assert "".join(row["tokens"]) == row["text"] == report.text
    relation = row["relations"][0]
    assert row["text"][relation["head_start"] : relation["head_end"]] == "112件"
    assert row["text"][relation["tail_start"] : relation["tail_end"]] == "办理行政复议案件"
