"""An exported file is the checkpoint, or is not written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_models import TEXT, edit_json, write_tagger

from lawner.errors import ModelError, OutputError
from lawner.export import export_onnx
from lawner.weights import read_safetensors

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny tagger; not to be changed."""
    return write_tagger(tmp_path_factory.mktemp("tagger"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(original, tmp_path / "tagger"))


def test_fp32_finds_every_span_of_the_checkpoint(folder):
    report = export_onnx(folder, precision="fp32")
    assert report.path == folder / "model.onnx"
    assert report.agreement == 1.0
    assert report.n_spans > 20
    assert report.difference < 2e-3


def test_int8_is_smaller_and_says_how_much_it_finds(folder, tmp_path):
    full = export_onnx(folder, precision="fp32")
    small = export_onnx(folder, tmp_path / "x" / "small.onnx", precision="int8", samples=[TEXT * 5])
    assert small.path.stat().st_size < full.path.stat().st_size
    assert 0.8 <= small.agreement <= 1.0


def test_auto_falls_back_to_fp32_where_rounding_changes_spans(folder, monkeypatch):
    monkeypatch.setattr("lawner.export.LEAST_AGREEMENT", 1.1)
    assert export_onnx(folder).path == folder / "model.onnx"
    assert not (folder / "model.int8.onnx").exists()


def test_auto_takes_int8_where_it_finds_enough(folder, monkeypatch):
    monkeypatch.setattr("lawner.export.LEAST_AGREEMENT", 0.5)
    assert export_onnx(folder).path == folder / "model.int8.onnx"


def test_int8_that_breaks_the_model_is_not_written(folder, monkeypatch):
    monkeypatch.setattr("lawner.export.LEAST_INT8", 1.1)
    with pytest.raises(ModelError, match="export it in fp32"):
        export_onnx(folder, precision="int8")
    assert not list(folder.glob("*.onnx"))


def test_a_graph_that_is_not_the_checkpoint_is_not_written(folder, monkeypatch):
    def spoiled(path: Path):
        weights = read_safetensors(path)
        return weights | {"classifier.bias": weights["classifier.bias"] + np.arange(11, dtype=np.float32)}

    monkeypatch.setattr("lawner.export.read_safetensors", spoiled)
    with pytest.raises(ModelError, match=r"exported, it finds .* of .* spans in the sample texts"):
        export_onnx(folder, precision="fp32")
    assert not list(folder.glob("*.onnx"))


def test_a_file_that_is_there_is_replaced_only_when_asked_for(folder):
    export_onnx(folder, precision="fp32")
    with pytest.raises(OutputError):
        export_onnx(folder, precision="fp32")
    assert export_onnx(folder, precision="fp32", force=True).agreement == 1.0


@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
def test_activations_are_those_of_transformers(tmp_path, activation):
    folder = write_tagger(tmp_path / "tagger", hidden_act=activation)
    assert export_onnx(folder, precision="fp32").difference < 2e-3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"model_type": "electra"}, "only models of type bert", id="another architecture"),
        pytest.param({"is_decoder": True}, "only models of type bert", id="decoder"),
        pytest.param({"hidden_act": "silu"}, "hidden_act 'silu'", id="unknown activation"),
        pytest.param({"position_embedding_type": "relative_key"}, "'relative_key' cannot be exported", id="positions"),
    ],
)
def test_a_model_that_the_graph_cannot_stand_for_is_refused(folder, changes, message):
    edit_json(folder / "config.json", **changes)
    with pytest.raises(ModelError, match=message):
        export_onnx(folder)


def test_an_unknown_precision_is_named(folder):
    with pytest.raises(ModelError, match="there is no precision 'int4'"):
        export_onnx(folder, precision="int4")
