"""What lies beside the weights of a tagger."""

from __future__ import annotations

import csv
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tiny_training import make_config, make_documents, write_base

from lawner.evaluation import evaluate_systems
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.model_card import Run, digest_of, save_model, write_card, write_curve, write_settings

pytest.importorskip("torch")

GOLD = make_documents()
HISTORY = [
    {"step": 1, "loss": 2.0, "learning_rate": 1e-3, "grad_norm": 1.0},
    {"step": 2, "eval_typed_value_f1": 0.5, "eval_name_f1": 0.25, "eval_indicator_f1": 0.125},
    {"step": 2, "train_runtime": 1.0},
]
SCORES = {
    1: {"typed_value_f1": 0.5, "name_f1": 0.25, "indicator_f1": 0.125},
    2: {"typed_value_f1": 0.7, "name_f1": 0.25, "indicator_f1": 0.325},
}


@pytest.fixture
def run() -> Run:
    reports = {"validation": evaluate_systems("this model", list(zip(GOLD, GOLD, strict=True)), DEFAULT_LABELS)}
    documents = {"train": 2, "validation": 1, "test": 1}
    return Run(
        make_config(Path("x")), DEFAULT_LABELS, HISTORY, 120.0, 6000, documents, digest_of(GOLD), reports, SCORES
    )


def test_the_digest_depends_on_texts_and_gold_but_not_on_order_or_names() -> None:
    first, *rest = GOLD
    assert digest_of(GOLD) == digest_of([*rest, replace_id(first)])
    assert digest_of(GOLD) != digest_of(rest)
    assert digest_of(GOLD) != digest_of([first.with_spans(first.spans[1:]), *rest])
    assert digest_of(GOLD) != digest_of([first.with_spans(first.spans), *rest])  # without the relations


def replace_id(document):  # type: ignore[no-untyped-def]
    return type(document)("other", document.text, document.spans, document.relations, "elsewhere")


def test_the_card_says_what_say_the_crf_has(run: Run, tmp_path: Path) -> None:
    write_card(replace(run, shares={0.0: 0.8, 0.2: 0.85, 0.4: 0.82}), tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "has 20% of the say" in card and "0.8500, without it 0.8000" in card
    write_card(replace(run, shares={0.0: 0.8, 0.2: 0.75}), tmp_path)
    assert "was tried and did not help" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "On top of the encoder lies a CRF layer" in (tmp_path / "README.md").read_text(encoding="utf-8")
    bare = replace(run.config, training=replace(run.config.training, transition_learning_rate=0.0))
    write_card(replace(run, config=bare), tmp_path)
    assert "CRF" not in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_the_card_says_data_training_seeds_and_scores(run: Run, tmp_path: Path) -> None:
    write_card(run, tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert yaml.safe_load(card.split("---")[1])["pipeline_tag"] == "token-classification"
    assert "2 documents for training, 1 for choosing the best pass, 1 for the scores below" in card
    assert run.data_digest in card
    assert "6,000 tokens in 2.0 minutes (50 tokens/s)" in card
    assert "## Scores on the validation split" in card
    assert "| this model | 1.000 (1.000–1.000) |" in card
    assert "| rules | " in card
    assert "| mean ± sd | 0.2250 ± 0.1414 | 0.2500 ± 0.0000 | 0.6000 ± 0.1414 |" in card
    assert "![learning curve](learning_curve.png)" in card


def test_the_card_of_one_run_has_no_table_of_seeds(run: Run, tmp_path: Path) -> None:
    write_card(replace(run, seeds={1: SCORES[1]}), tmp_path)
    assert "Seeds" not in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_the_settings_hold_config_labels_digest_and_scores(run: Run, tmp_path: Path) -> None:
    labels = LabelSet(("行政案件", "NAME"))
    write_settings(replace(run, labels=labels), tmp_path)
    content = yaml.safe_load((tmp_path / "lawner.yaml").read_text(encoding="utf-8"))
    assert content["windows"] == {"size": 40, "context": 6, "numeric": True}
    assert content["labels"] == {"spans": ["行政案件", "NAME"], "relations": [], "name": "NAME"}
    assert content["data_sha256"] == run.data_digest
    assert content["validation"][2]["typed_value_f1"] == 0.7
    assert content["scores"]["validation"]["this model"]["indicators"]["f1"] == 1.0
    assert content["training"]["epochs"] == run.config.training.epochs


def test_the_curve_is_a_table_and_a_picture(tmp_path: Path) -> None:
    from PIL import Image

    write_curve(HISTORY, tmp_path)
    with (tmp_path / "learning_curve.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["step"], row["loss"], row["eval_indicator_f1"]) for row in rows] == [
        ("1", "2.0", ""),
        ("2", "", "0.125"),
    ]
    with Image.open(tmp_path / "learning_curve.png") as image:
        image.load()
        assert image.format == "PNG"
        assert len(set(image.convert("RGB").resize((70, 36)).get_flattened_data())) > 5  # something is drawn


def test_weights_are_written_in_half_and_the_model_stays_as_the_file_is(tmp_path: Path) -> None:
    import torch
    from safetensors import safe_open
    from transformers import AutoModelForTokenClassification

    from lawner.base_models import load_base

    base = write_base(tmp_path / "base")
    model = load_base(make_config(tmp_path), DEFAULT_LABELS)
    (tmp_path / "model").mkdir()
    save_model(model, str(base), tmp_path / "model")
    with safe_open(tmp_path / "model" / "model.safetensors", "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118
    loaded = AutoModelForTokenClassification.from_pretrained(str(tmp_path / "model"))
    assert loaded.dtype == torch.float32 == model.dtype
    assert all(torch.equal(weight, model.state_dict()[name]) for name, weight in loaded.state_dict().items())
    assert json.loads((tmp_path / "model" / "config.json").read_text())["id2label"]["1"] == "B-CASE"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "model").iterdir()}
    assert len(modes) == 1
