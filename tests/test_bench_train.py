"""The benchmark of training: that both sides do the same work."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def bench(import_script):
    return import_script("bench_train")


def test_the_first_token_of_a_word_carries_its_tag(bench):
    assert bench.first_token_tags([None, 0, 1, 1, 2, None, None], [4, 5, 6]) == [-100, 4, 5, -100, 6, -100, -100]


def test_the_reports_are_training_reports_of_many_kinds(bench, project_root):
    documents = bench.load_documents(project_root / "annotations", 12)
    assert len(documents) == 12
    assert len({document.doc_id.split("/")[0] for document in documents}) > 5
