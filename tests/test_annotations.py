"""The shipped annotations: files, index and counts hold together, and the whole is what it says it is."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from lawner import DEFAULT_LABELS
from lawner.checks import Kind, check_documents
from lawner.formats import load_annotations
from lawner.losses import LossReport


@pytest.fixture(scope="module")
def folder(project_root):
    return project_root / "annotations"


@pytest.fixture(scope="module")
def index(folder):
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def documents(folder):
    losses = LossReport()
    loaded = {document.doc_id: document for document in load_annotations(folder, "brat", losses=losses)}
    assert list(losses) == []
    return loaded


def test_index_files_and_counts_hold_together(index, documents):
    assert sorted(f"{row['kind']}/{row['id']}" for row in index) == sorted(documents)
    for row in index:
        document = documents[f"{row['kind']}/{row['id']}"]
        spans = Counter(span.label for span in document.spans)
        assert int(row["characters"]) == len(document.text), row["id"]
        assert {label: int(row[label]) for label in DEFAULT_LABELS.spans} == {
            label: spans[label] for label in DEFAULT_LABELS.spans
        }, row["id"]


def test_the_whole_is_as_large_and_broad_as_it_says(index, documents):
    totals = {label: sum(int(row[label]) for row in index) for label in DEFAULT_LABELS.spans}
    assert len(index) >= 180
    assert sum(int(row["characters"]) for row in index) >= 450_000
    assert sum(totals[label] for label in DEFAULT_LABELS.values) >= 11_000
    assert totals["CASE"] >= 2_500 and totals["RATE"] >= 1_300 and totals["AMOUNT"] >= 700
    kinds = Counter(row["kind"] for row in index)
    assert len(kinds) >= 24
    assert 0.28 <= kinds["fazhi"] / len(index) <= 0.4
    assert {row["level"] for row in index} == {"province", "city", "county", "township", "bureau"}
    assert {min(row["year"] for row in index), max(row["year"] for row in index)} == {"2008", "2025"}


def test_strict_checks_are_clean_and_unmarked_numerals_plenty(documents):
    report = check_documents(documents.values(), DEFAULT_LABELS)
    assert report.faults == []
    assert report.count(Kind.SEVERAL_NAMES) == 0
    assert report.count(Kind.UNMARKED_NUMERAL) >= 5_000


def test_the_split_is_by_document_and_stratified_by_kind(index):
    splits = Counter(row["split"] for row in index)
    assert set(splits) == {"train", "validation", "test"}
    assert abs(splits["train"] / len(index) - 0.8) < 0.03
    of_kind = defaultdict(Counter)
    for row in index:
        of_kind[row["kind"]][row["split"]] += 1
    assert all(counts["train"] >= 0.6 * sum(counts.values()) for counts in of_kind.values())
    assert sum("validation" in counts or "test" in counts for counts in of_kind.values()) == len(of_kind)


def test_values_and_names_stay_in_their_paragraph(documents):
    for document in documents.values():
        assert "\r" not in document.text
        for relation in document.relations:
            first, last = sorted((relation.head, relation.tail))
            assert "\n" not in document.text[first.start : last.end], document.doc_id


@pytest.mark.parametrize("part", ["_public", "_further"])
def test_training_texts_are_clean_and_apart_from_the_reports(folder, documents, part):
    losses = LossReport()
    texts = list(load_annotations(folder / part, "brat", losses=losses))
    assert list(losses) == []
    report = check_documents(texts, DEFAULT_LABELS)
    assert report.faults == []
    assert report.count(Kind.SEVERAL_NAMES) == 0
    lines = {line for document in documents.values() for line in document.text.splitlines() if len(line) > 40}
    assert not lines & {line for document in texts for line in document.text.splitlines()}
    said = (folder / part / "README.md").read_text(encoding="utf-8")
    n_names = sum(span.label == "NAME" for document in texts for span in document.spans)
    n_values = sum(len(document.spans) for document in texts) - n_names
    n_characters = sum(len(document.text) for document in texts)
    assert f"{len(texts)} documents, {n_characters:,} characters, {n_values:,} values, {n_names:,} names" in said


def test_few_sentences_repeat_another(project_root, folder):
    command = [sys.executable, str(project_root / "scripts" / "near_duplicates.py"), str(folder), "--show", "0"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert float(output.split("=")[-1].split("%")[0]) < 2.0
