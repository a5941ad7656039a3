"""The table of what each step from scores to spans is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import typer
from tiny_models import edit_json, write_tagger
from tiny_training import make_documents

from lawner.crf import BUCKET_BITS, Crf, symbols_and_kinds
from lawner.formats import save_annotations
from lawner.losses import LossReport
from lawner.tagger import Tagger

ROWS = ["every token by itself", "with the CRF layer", "and the CRF beside it (30%)", "all of it, the text read whole"]


@pytest.fixture(scope="module")
def comparing(import_script):
    return import_script("compare_decoding")


@pytest.fixture
def model(tmp_path):
    """A tagger with transitions, a CRF beside it and numeric windows."""
    folder = write_tagger(tmp_path / "model", windows="{size: 40, context: 6, numeric: true}")
    tagger = Tagger.from_pretrained(folder, engine="torch", precision="fp32")
    tags = tuple(tagger.labels.tags)
    edit_json(folder / "config.json", transitions=np.eye(len(tags)).tolist())
    symbols, kinds = symbols_and_kinds(tagger._encoder.table.vocabulary)
    weights = np.zeros((1 << BUCKET_BITS, len(tags)), dtype=np.float16)
    weights[:, 1] = 0.5
    Crf(tags, symbols, kinds, weights, np.zeros((len(tags), len(tags)), dtype=np.float32), 0.3).save(folder / "crf.npz")
    return folder


def test_every_step_is_a_row_and_leaves_the_tagger_as_it_was(comparing, model):
    tagger = Tagger.from_pretrained(model, engine="torch", precision="fp32")
    assert tagger.folder.numeric
    variants = comparing.make_variants(tagger, shares=False)
    assert list(variants) == ROWS
    assert variants[ROWS[0]].transitions is None and variants[ROWS[0]].crf is None
    assert variants[ROWS[1]].crf.share == 0.0 and variants[ROWS[2]].crf.share == 0.3
    assert not variants[ROWS[3]].folder.numeric and tagger.folder.numeric
    assert tagger.crf.share == 0.3 and tagger.transitions is not None
    documents = make_documents()
    found = {name: [document.spans for document in one.tag_many(documents)] for name, one in variants.items()}
    assert found[ROWS[0]] != found[ROWS[1]] or found[ROWS[1]] != found[ROWS[2]]
    assert found[ROWS[2]] == [document.spans for document in tagger.tag_many(documents)]


def test_the_table_has_all_rows_and_a_model_that_is_not_there_is_one_sentence(comparing, model, tmp_path, capsys):
    gold = [replace(document, doc_id=f"real-{place}") for place, document in enumerate(make_documents())]
    save_annotations(gold, tmp_path / "gold", "brat", losses=LossReport())
    comparing.main(model, tmp_path / "gold", precision="fp32", shares=True)
    out = capsys.readouterr().out
    assert all(f"| {row} " in out for row in [*ROWS, "the CRF beside it with 25%"])
    assert "% of the tokens are read" in out
    with pytest.raises(typer.Exit):
        comparing.main(tmp_path / "none", tmp_path / "gold")
    assert capsys.readouterr().err.startswith("error: ")
