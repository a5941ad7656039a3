"""Engines agree with transformers and with each other."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from tiny_models import edit_json

from lawner.engines import Batch, load_engine, open_folder
from lawner.errors import ModelError
from lawner.export import export_onnx

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def exported(tmp_path_factory, tagger_folder):
    """The tiny tagger with both ONNX files."""
    import shutil

    folder = shutil.copytree(tagger_folder, tmp_path_factory.mktemp("exported") / "tagger")
    for precision in ("fp32", "int8"):
        export_onnx(folder, precision=precision)
    return open_folder(folder)


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(3)
    return Batch.of([rng.integers(5, 60, size) for size in (30, 30, 17, 1)], cls_id=2, sep_id=3, pad_id=0)


@pytest.fixture(scope="module")
def expected(exported, batch):
    """What transformers says itself."""
    from transformers import BertForTokenClassification

    model = BertForTokenClassification.from_pretrained(exported.path, attn_implementation="eager").float().eval()
    mask = torch.from_numpy(np.arange(batch.ids.shape[1]) < batch.lengths[:, None])
    with torch.inference_mode():
        return model(input_ids=torch.from_numpy(batch.ids).long(), attention_mask=mask.long()).logits.numpy()


def real(batch, scores):
    return np.concatenate([row[:length] for row, length in zip(scores, batch.lengths, strict=True)])


@pytest.mark.parametrize(
    ("backend", "precision", "apart"),
    [
        pytest.param("onnx", "fp32", 1e-3, id="onnx fp32"),
        pytest.param("onnx", "int8", 3.0, id="onnx int8"),
        pytest.param("torch", "fp32", 1e-3, id="torch fp32"),
        pytest.param("torch", "bf16", 1.5, id="torch bf16"),
    ],
)
def test_scores_are_those_of_transformers(exported, batch, expected, backend, precision, apart):
    engine = load_engine(exported, backend, device="cpu", precision=precision, threads=1)
    scores = engine.run(batch)
    assert engine.name.split()[-1] == precision
    assert scores.dtype == np.float32
    assert np.abs(real(batch, scores) - real(batch, expected)).max() < apart
    assert np.array_equal(engine.submit(batch)(), scores)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_scores_do_not_depend_on_what_else_is_in_the_batch(exported, batch, precision):
    engine = load_engine(exported, "onnx", precision=precision, threads=1)
    together = engine.run(batch)
    for row, length in enumerate(batch.lengths.tolist()):
        alone = engine.run(Batch(batch.ids[row : row + 1, :length].copy(), batch.lengths[row : row + 1]))
        assert np.abs(alone[0] - together[row, :length]).max() < 1e-4


def test_batches_in_flight_come_back_as_themselves(exported, batch):
    engine = load_engine(exported, "onnx", precision="fp32", threads=2)
    rows = [Batch(batch.ids[row : row + 1], batch.lengths[row : row + 1]) for row in range(4)]
    pendings = [engine.submit(row) for row in rows * 5]
    for row, pending in zip((rows * 5)[::-1], pendings[::-1], strict=True):
        assert np.array_equal(pending(), engine.run(row))


def test_int8_is_taken_first(exported):
    assert load_engine(exported).name == "onnx int8"
    assert load_engine(exported, device="cpu").threads >= 1


def test_without_an_onnx_file_torch_runs_the_weights(copy):
    assert load_engine(open_folder(copy), device="cpu").name.startswith("torch cpu")


def test_asking_for_onnx_without_a_file_says_how_to_make_one(copy):
    with pytest.raises(ModelError, match="there is no ONNX file; make one with 'lawner export"):
        load_engine(open_folder(copy), "onnx")


def test_a_missing_torch_is_named_where_there_is_no_onnx_file(copy, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match="torch, which could run the weights, is not installed"):
        load_engine(open_folder(copy))


def test_an_onnx_file_of_other_weights_is_refused(copy):
    export_onnx(copy, precision="fp32")
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-9] ^= 1
    (copy / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="was made from other weights"):
        load_engine(open_folder(copy))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"nothing", "ONNX Runtime cannot load it", id="no ONNX"),
        pytest.param(None, "takes x, but", id="foreign"),
    ],
)
def test_an_onnx_file_that_is_no_tagger_is_refused(copy, content, message):
    import onnx

    if content is None:
        x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy")
        graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
        opsets = [onnx.helper.make_opsetid("", 18)]
        content = onnx.helper.make_model(graph, ir_version=9, opset_imports=opsets).SerializeToString()
    (copy / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_engine(open_folder(copy))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"backend": "tensorflow"}, "there is no engine 'tensorflow'", id="engine"),
        pytest.param({"backend": "torch", "precision": "int8"}, "fp32 or bf16, not in int8", id="precision"),
        pytest.param({"backend": "torch", "device": "abacus"}, "there is no device 'abacus'", id="device"),
    ],
)
def test_an_unknown_choice_is_named(tagger_folder, options, message):
    with pytest.raises(ModelError, match=message):
        load_engine(open_folder(tagger_folder), **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_missing_graphics_card_is_named(tagger_folder):
    with pytest.raises(ModelError, match="no graphics card here"):
        load_engine(open_folder(tagger_folder), device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
@pytest.mark.parametrize(("precision", "apart"), [("fp32", 1e-2), ("bf16", 1.5)])
def test_a_graphics_card_gives_the_same_scores(exported, batch, expected, precision, apart):
    engine = load_engine(exported, "torch", device="cuda", precision=precision)
    for scores in [pending() for pending in [engine.submit(batch) for _ in range(6)]]:
        assert np.abs(real(batch, scores) - real(batch, expected)).max() < apart


def test_missing_weights_are_refused_by_torch(copy):
    edit_json(copy / "config.json", num_hidden_layers=3)
    with pytest.raises(ModelError, match="of the model's weights are missing"):
        load_engine(open_folder(copy), "torch", device="cpu")


def test_pickled_weights_are_loaded_when_asked_for(copy):
    from safetensors.torch import load_file

    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    folder = open_folder(copy, allow_pickle=True)
    assert load_engine(folder, "torch", device="cpu", allow_pickle=True).name.startswith("torch")
    with pytest.raises(ModelError, match="cannot load the model"):
        load_engine(folder, "torch", device="cpu")


def test_importing_the_engines_loads_nothing_heavy():
    heavy = ("torch", "transformers", "onnxruntime", "onnx", "tokenizers")
    code = f"import sys, lawner.tagger, lawner.export; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
