"""Pre-trained encoders to start from: what fits, what does not, and what is said about it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_models import TEXT, edit_json, write_tagger
from tiny_training import write_base

from lawner.base_models import load_base, load_encoder, parameter_groups, save_tokenizer, uses_bf16, with_quick_dropout
from lawner.encoding import Encoder
from lawner.errors import ModelError
from lawner.labels import DEFAULT_LABELS
from lawner.train_config import TrainConfig, WindowConfig

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base"))


def config_of(base: object, **changes: Any) -> TrainConfig:
    return replace(TrainConfig(base=str(base), windows=WindowConfig(40, 6)), **changes)


def one_sentence(config: TrainConfig) -> str:
    with pytest.raises(ModelError) as caught:
        load_base(config, DEFAULT_LABELS)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_encoder_is_the_bases_and_the_head_is_for_the_labels(base: Path) -> None:
    model = load_base(config_of(base), DEFAULT_LABELS)
    source = transformers.AutoModelForMaskedLM.from_pretrained(str(base)).state_dict()
    for name, weight in model.state_dict().items():
        assert weight.dtype == torch.float32
        if not name.startswith("classifier."):
            assert torch.equal(weight, source[name])
    assert model.config.id2label == dict(enumerate(DEFAULT_LABELS.tags))
    assert model.config.hidden_dropout_prob == 0.1


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU, dropout is PyTorch's own")
def test_quick_dropout_drops_its_share_keeps_the_mean_and_follows_the_seed() -> None:
    model = with_quick_dropout(torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(0.25)))
    dropout, states = model[1], torch.ones(100, 999, requires_grad=True)
    torch.manual_seed(1)
    first, second = dropout(states), dropout(states)
    torch.manual_seed(1)
    assert torch.equal(dropout(states), first)
    assert not torch.equal(first, second)
    assert float((first == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(first.detach().mean()) == pytest.approx(1.0, abs=0.01)
    first.sum().backward()
    assert torch.equal(states.grad, first.detach())
    assert dropout(states.bfloat16()).dtype == torch.bfloat16
    assert torch.equal(model.eval()[1](states), states)


def test_the_seed_decides_the_head(base: Path) -> None:
    heads = []
    for seed in (1, 1, 2):
        config = config_of(base)
        config = replace(config, training=replace(config.training, seed=seed))
        heads.append(load_base(config, DEFAULT_LABELS).classifier.weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_random_weights_take_only_the_shape(base: Path) -> None:
    drawn = load_base(config_of(base, random_weights=True), DEFAULT_LABELS)
    loaded = load_base(config_of(base), DEFAULT_LABELS)
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert drawn.state_dict()[name].shape == loaded.state_dict()[name].shape
    assert not torch.equal(drawn.state_dict()[name], loaded.state_dict()[name])


def test_a_tagger_with_other_labels_gives_its_encoder(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path, tags=("O", "B-X", "I-X"))
    assert load_base(config_of(folder), DEFAULT_LABELS).classifier.weight.shape[0] == len(DEFAULT_LABELS.tags)


def test_nothing_is_printed(base: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_base(config_of(base), DEFAULT_LABELS)
    load_encoder(str(base))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["nobody/no-such-bert", "no/such/folder", "nowhere"])
def test_a_base_that_cannot_be_found_is_one_sentence_with_advice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for message in (one_sentence(config_of(name)), _encoder_error(name)):
        assert message.startswith(f"{name}: no local folder and not reachable by that name (")
        assert f"fetch it on a connected machine with `hf download {name} --local-dir DIR` and give DIR" in message


def _encoder_error(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        load_encoder(name)
    return str(caught.value)


def test_an_empty_folder_is_said_to_be_no_base(tmp_path: Path) -> None:
    assert f"{tmp_path}: transformers cannot load the base that lies here" in one_sentence(config_of(tmp_path))


def test_a_base_with_too_few_positions_says_the_size_that_fits(base: Path) -> None:
    message = one_sentence(config_of(base, windows=WindowConfig(126, 16)))
    assert "holds 64 positions, but a window has 126 tokens and two more; set windows.size to 62 or less" in message
    load_base(config_of(base, windows=WindowConfig(62, 6)), DEFAULT_LABELS)


def test_a_base_of_another_architecture_is_one_sentence(tmp_path: Path) -> None:
    transformers.DistilBertConfig(dim=8, n_heads=1, n_layers=1).save_pretrained(tmp_path)
    assert "a distilbert model; expected one with BERT's layout" in one_sentence(config_of(tmp_path))


def test_a_base_without_all_weights_is_one_sentence(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "base")
    edit_json(tmp_path / "base" / "config.json", num_hidden_layers=2)
    message = one_sentence(config_of(tmp_path / "base"))
    assert "16 of the encoder's weights are missing, first bert.encoder.layer.1.attention" in message


def test_a_base_with_broken_weights_is_one_sentence(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "base")
    weights = tmp_path / "base" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    assert "transformers cannot load the base that lies here" in one_sentence(config_of(tmp_path / "base"))


@pytest.mark.parametrize("wordpiece", [False, True], ids=["characters", "wordpiece"])
def test_the_saved_tokenizer_is_the_one_that_trained(tmp_path: Path, wordpiece: bool) -> None:
    base = write_base(tmp_path / "base", wordpiece=wordpiece)
    save_tokenizer(str(base), tmp_path / "saved")
    trained, saved = load_encoder(str(base)).encode(TEXT), Encoder.from_pretrained(tmp_path / "saved").encode(TEXT)
    assert trained.ids.tolist() == saved.ids.tolist()
    assert trained.offsets.tolist() == saved.offsets.tolist()


def test_a_base_with_a_vocabulary_alone_has_a_tokenizer(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", wordpiece=True)
    reference = load_encoder(str(base)).encode(TEXT).ids.tolist()
    import tokenizers

    vocabulary = tokenizers.Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab()
    (base / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.__getitem__)), encoding="utf-8")
    (base / "tokenizer.json").unlink()
    edit_json(base / "tokenizer_config.json", tokenizer_class="BertTokenizer", do_lower_case=True)
    assert load_encoder(str(base)).encode(TEXT).ids.tolist() == reference


def test_learning_rates_fall_from_the_head_to_the_embeddings_and_vectors_have_no_decay(tmp_path: Path) -> None:
    base = write_base(tmp_path, num_hidden_layers=2)
    model = load_base(config_of(base), DEFAULT_LABELS)
    groups = parameter_groups(model, learning_rate=1.0, layer_decay=0.5, weight_decay=0.1)
    of_parameter = {id(parameter): group for group in groups for parameter in group["params"]}
    assert len(of_parameter) == len(list(model.parameters()))
    rates = {name: of_parameter[id(parameter)]["lr"] for name, parameter in model.named_parameters()}
    assert rates["classifier.weight"] == rates["bert.encoder.layer.1.output.dense.bias"] == 1.0
    assert rates["bert.encoder.layer.0.output.dense.weight"] == 0.5
    assert rates["bert.embeddings.word_embeddings.weight"] == 0.25
    for parameter in model.parameters():
        assert of_parameter[id(parameter)]["weight_decay"] == (0.1 if parameter.ndim > 1 else 0.0)


def test_the_precision_is_as_asked() -> None:
    assert uses_bf16("bf16") and not uses_bf16("fp32")
    assert isinstance(uses_bf16("auto"), bool)


@pytest.mark.parametrize(("amx", "avx", "expected"), [(0, 0, False), (1, 0, True), (0, 1, True)])
def test_bf16_is_taken_where_a_processor_multiplies_in_it(
    amx: int, avx: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: bool(amx))
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: bool(avx))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert uses_bf16("auto") is expected
