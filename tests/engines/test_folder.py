"""Which folders are taken for models, and what is said of the others."""

from __future__ import annotations

import sys

import pytest
from tiny_models import edit_json

from lawner.engines import find_model, open_folder
from lawner.errors import ModelError
from lawner.labels import DEFAULT_LABELS, LabelSet

TAGS = dict(enumerate(DEFAULT_LABELS.tags))


def test_labels_and_windows_are_read(tagger_folder):
    folder = open_folder(tagger_folder)
    assert (folder.labels, folder.size, folder.context) == (DEFAULT_LABELS, 40, 6)
    assert folder.tag_order == tuple(range(11))


def test_without_settings_windows_are_as_long_as_the_positions_allow(copy):
    (copy / "lawner.yaml").unlink()
    folder = open_folder(copy)
    assert (folder.size, folder.context) == (62, 15)


def test_settings_name_the_labels(copy):
    (copy / "lawner.yaml").write_text(
        "labels: {spans: [NAME, CASE, COUNT, RATE, AMOUNT], relations: [Has], name: CASE}\n"
    )
    folder = open_folder(copy)
    assert folder.labels == LabelSet(("NAME", "CASE", "COUNT", "RATE", "AMOUNT"), ("Has",), "CASE")
    assert [TAGS[column] for column in folder.tag_order] == list(folder.labels.tags)


def test_tags_may_stand_in_any_order(copy):
    edit_json(copy / "config.json", id2label={str(10 - tag): name for tag, name in TAGS.items()})
    folder = open_folder(copy)
    assert folder.labels.spans == ("NAME", "AMOUNT", "RATE", "COUNT", "CASE")
    assert [TAGS[10 - column] for column in folder.tag_order] == list(folder.labels.tags)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"architectures": ["BertForMaskedLM"]}, "no token-classification head", id="no head"),
        pytest.param({"architectures": None}, "no token-classification head", id="no architecture"),
        pytest.param({"id2label": {"0": "O", "1": "B-CASE"}}, "not IOB2.*first odd one: I-CASE", id="no I- tag"),
        pytest.param({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, "not IOB2", id="default labels"),
        pytest.param({"id2label": {"0": "O"}}, "not IOB2.*there is only O", id="nothing to find"),
        pytest.param({"id2label": {"1": "O"}}, "has no id2label with the ids", id="gaps in the ids"),
        pytest.param({"id2label": None}, "has no id2label", id="no labels"),
        pytest.param({"max_position_embeddings": 32}, "longer than the model's 32 positions", id="too few positions"),
    ],
)
def test_a_model_that_cannot_tag_is_refused(copy, changes, message):
    edit_json(copy / "config.json", **changes)
    with pytest.raises(ModelError, match=message):
        open_folder(copy)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param("windows: {size: 10, context: 5}", "are impossible", id="no core"),
        pytest.param("windows: {size: many}", "are impossible", id="no number"),
        pytest.param("windows: {numeric: often}", "windows.numeric is 'often'; expected true or false", id="no flag"),
        pytest.param("labels: {spans: [CASE]}", "names the labels CASE, but", id="other labels"),
        pytest.param("labels: {spans: [O]}", "cannot be used", id="impossible labels"),
        pytest.param("windows: {", "this is not YAML", id="no YAML"),
        pytest.param("windows: 5", "expected keys under windows", id="no section"),
    ],
)
def test_impossible_settings_are_refused(copy, settings, message):
    (copy / "lawner.yaml").write_text(settings)
    with pytest.raises(ModelError, match=message):
        open_folder(copy)


def test_pickled_weights_are_refused_unless_asked_for(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin is a pickle, which can run any code"):
        open_folder(copy)
    assert open_folder(copy, allow_pickle=True).labels == DEFAULT_LABELS


def test_a_folder_without_weights_is_refused(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="there are no weights"):
        open_folder(copy)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_broken_configuration_is_named(copy, content):
    (copy / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json: "):
        open_folder(copy)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"there is no config\.json"):
        open_folder(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "./no/where", "/no/where", "a/b/c"])
def test_a_missing_folder_is_no_name_on_the_hub(name):
    with pytest.raises(ModelError, match="there is no such model folder"):
        find_model(name)


def test_a_name_on_the_hub_without_its_library_says_how_to_fetch_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match="hf download some/model --local-dir DIR"):
        find_model("some/model")


def test_other_weights_have_another_fingerprint(copy):
    before = open_folder(copy).fingerprint
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-200] ^= 1
    (copy / "model.safetensors").write_bytes(content)
    assert len(before) == 64
    assert open_folder(copy).fingerprint != before
