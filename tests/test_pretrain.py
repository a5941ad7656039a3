"""Pre-training: masking, hold-out, exact resumption, export, and the scripts beside it, on tiny corpora."""

from __future__ import annotations

import importlib
import json
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("transformers")

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
pretrain: Any = importlib.import_module("pretrain_encoder")
contamination: Any = importlib.import_module("check_contamination")
evaluation: Any = importlib.import_module("eval_encoder")

TINY = {
    "layers": 1,
    "hidden": 16,
    "head_size": 8,
    "max_positions": 32,
    "local_heads": 1,
    "warmup_steps": 5,
    "log_every": 5,
    "eval_every": 20,
    "holdout_every": 10,
    "digit_shapes": False,
    "word_loss": 0.3,
    "exclude": [],
    "stages": [{"share": 0.5, "length": 12, "batch": 4}, {"share": 0.5, "length": 16, "batch": 4}],
}
WORDS = ["全年", "新收", "行政", "案件", "1204件", "同比", "增长", "3.5%", "，", "其中", "培训", "律师", "35名", "。"]


def write_corpus(folder: Path, n_lines: int = 200) -> Path:
    """Two sources of random words, one of them compressed."""
    rng = random.Random(0)
    lines = ["".join(rng.choices(WORDS, k=12)) + f"第{number}号" for number in range(n_lines)]
    folder.mkdir(exist_ok=True)
    (folder / "reports.txt").write_text("\n".join(lines[: n_lines // 2]), encoding="utf-8")
    with lzma.open(folder / "laws.txt.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines[n_lines // 2 :]))
    return folder


def tiny_settings(corpus: Path, **changes: Any) -> dict[str, Any]:
    return {**TINY, "corpus": [str(corpus)], **changes}


def command(state: Path, corpus: Path, *arguments: str, **changes: Any) -> list[str]:
    pairs = [f"--set={key}={json.dumps(value)}" for key, value in tiny_settings(corpus, **changes).items()]
    return [str(ROOT / "configs" / "pretrain.yaml"), "--state", str(state), *pairs, *arguments]


def invoke(script: Any, arguments: list[str]) -> Any:
    app = Typer()
    app.command()(script.main)
    return CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The state folder and the exported encoder of a short run."""
    folder = tmp_path_factory.mktemp("trained")
    corpus = write_corpus(folder / "corpus")
    result = invoke(pretrain, command(folder / "state", corpus, "--tokens", "6000", "--out", str(folder / "encoder")))
    assert result.exit_code == 0, result.output
    return folder / "state", folder / "encoder"


def read_log(state: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (state / "log.jsonl").read_text(encoding="utf-8").splitlines()]


# -------------------------------------------------------------------------------------------------------- configuration


def test_the_shipped_configuration_loads() -> None:
    config = pretrain.load_config(ROOT / "configs" / "pretrain.yaml")
    assert config.stages[-1].length <= config.max_positions


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"learning_rat": 1}, "unknown key learning_rat; did you mean learning_rate?", id="unknown key"),
        pytest.param({"stages": [{"share": 0.5, "length": 64, "batch": 8}]}, "must sum to 1", id="half a budget"),
        pytest.param({"hidden": 100}, "multiple of head_size", id="heads do not fit"),
        pytest.param({"minutes": 5, "tokens": 5}, "one of minutes and tokens must be set", id="two budgets"),
        pytest.param({"layers": "many"}, "invalid literal for int", id="wrong type"),
    ],
)
def test_a_bad_configuration_is_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(pretrain.InputError, match=message.replace("?", r"\?")):
        pretrain.load_config(ROOT / "configs" / "pretrain.yaml", changes)


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    config = pretrain.load_config(
        ROOT / "configs" / "pretrain.yaml", {"warmup_steps": 10, "decay_share": 0.5, "learning_rate": 1.0}
    )
    assert config.rate_at(0, 0.0) == pytest.approx(0.1)
    assert config.rate_at(100, 0.4) == 1.0
    assert config.rate_at(100, 0.75) == pytest.approx(0.5)
    assert config.rate_at(100, 1.0) == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["no.yaml", "--state", "s"], "no.yaml: cannot be read", id="no configuration"),
        pytest.param(["CONFIG", "--state", "s", "--set", "corpus=[nowhere]"], "nowhere: no .txt", id="no corpus"),
        pytest.param(["CONFIG", "--state", "s", "--set", "layers"], "write --set layers=VALUE", id="no value"),
        pytest.param(["CONFIG", "--state", "s", "--export-only"], "add --out DIR", id="nowhere to export to"),
        pytest.param(["CONFIG", "--state", "s", "--export-only", "--out", "o"], "train first", id="nothing to export"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = str(ROOT / "configs" / "pretrain.yaml")
    result = invoke(pretrain, [config if argument == "CONFIG" else argument for argument in arguments])
    assert result.exit_code == 1
    assert message in result.output
    assert len(result.output.splitlines()) == 1


# ----------------------------------------------------------------------------------------------------------------- data


@pytest.mark.parametrize("n_lines", [3, 50, 999, 20_000])
def test_held_out_and_training_lines_part_the_source(n_lines: int) -> None:
    lines = [str(number) for number in range(n_lines)]
    train, held = pretrain.split_lines(lines, 100)
    flat = [line for block in held for line in block]
    assert sorted(train + flat, key=int) == lines
    assert not set(train) & set(flat)
    assert len(flat) == pytest.approx(n_lines / 100, rel=0.6, abs=1)


def test_lines_shared_with_test_texts_are_dropped_over_line_breaks_too() -> None:
    kept = contamination.bare(["前文：各级行政机关应当依照法律规定的权限和程序，作出行政许可（2026）。"])
    lines = ["第一条", "各级行政机关应当依照法律规定的", "权限和程序作出行政许可2026年", "第二条", "行政许可"]
    assert pretrain.drop_shared(lines, kept) == ["第一条", "第二条", "行政许可"]
    assert pretrain.drop_shared(lines, "") == lines


def test_the_fastest_number_of_threads_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)
    monkeypatch.setattr("torch.set_num_threads", chosen.append)
    chooser = pretrain.ThreadChooser()
    for fastest, first in ((1, 0), (2, chooser.EVERY)):
        for step in range(first, first + chooser.EVERY):
            threads = chooser.before(step)
            chooser.after(step, threads, 1.0 if threads == fastest else 2.0)
        assert threads == fastest


def test_word_starts_follow_words_but_never_join_digits() -> None:
    starts = pretrain.word_starts("人民法院1204件")
    assert starts.tolist() == [True, False, False, False, True, True, True, True, True]


def test_shards_hold_every_token_once(trained: tuple[Path, Path]) -> None:
    shards = trained[0] / "shards"
    table = json.loads((shards / "shards.json").read_text(encoding="utf-8"))["sources"]
    assert set(table) == {"reports", "laws"}
    for name, facts in table.items():
        assert facts["lines"] == 100
        for split in ("train", "held"):
            ids, starts = (np.load(shards / f"{name}.{split}.{kind}.npy") for kind in ("ids", "starts"))
            assert len(ids) == len(starts) == facts[f"{split}_tokens"]
            assert ids.dtype == np.uint16
    held = (shards / "laws.held.txt").read_text(encoding="utf-8").splitlines()
    assert 0 < len(held) <= 15


def test_weights_share_out_by_pattern_and_size(trained: tuple[Path, Path]) -> None:
    sources = pretrain.open_sources(trained[0] / "shards", {"rep*": 3, "*": 1}, split="train", length=10)
    assert {source.name: source.weight for source in sources} == pytest.approx({"reports": 0.75, "laws": 0.25})
    with pytest.raises(pretrain.InputError, match="no pattern matches the source"):
        pretrain.open_sources(trained[0] / "shards", {"reports": 1}, split="train", length=10)


@pytest.mark.parametrize(("words", "spans"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.3, 0.3)])
def test_masking_rates(words: float, spans: float) -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(5, 1000, size=(200, 100))
    starts = np.tile(np.arange(100) % 4 == 0, (200, 1))
    hidden, columns = pretrain.Masker(4, np.arange(5, 1000), 0.15, words, spans)(ids, starts, rng)
    assert columns.shape == (200, 15)
    assert (np.diff(columns, axis=1) > 0).all()
    untouched = np.ones(ids.shape, dtype=bool)
    np.put_along_axis(untouched, columns, False, axis=1)
    assert (hidden[untouched] == ids[untouched]).all()
    shown, original = (np.take_along_axis(array, columns, axis=1) for array in (hidden, ids))
    assert (shown == 4).mean() == pytest.approx(0.8, abs=0.03)
    assert (shown == original).mean() == pytest.approx(0.1, abs=0.03)


def test_whole_words_are_masked_together() -> None:
    rng = np.random.default_rng(0)
    starts = np.tile(np.arange(100) % 4 == 0, (50, 1))
    ids = np.full((50, 100), 7)
    _, columns = pretrain.Masker(4, np.arange(5, 10), 0.16, 1.0, 0.0)(ids, starts, rng)
    assert all(len(set(row // 4)) == 4 for row in columns)


def test_span_starts_make_spans_of_one_to_three() -> None:
    starts = pretrain.random_span_starts(20, 100, np.random.default_rng(0))
    starts[:, 0] = True
    lengths = {int(gap) for row in starts for gap in np.diff(np.nonzero(row)[0])}
    assert lengths == {1, 2, 3}


def test_the_same_seed_draws_the_same_batch(trained: tuple[Path, Path]) -> None:
    sources = pretrain.open_sources(trained[0] / "shards", {"*": 1}, split="train", length=10)
    masker = pretrain.Masker(4, np.arange(5, 10), 0.2, 0.5, 0.5)
    stage = pretrain.Stage(1.0, 12, 6)
    first, again, other = (
        pretrain.draw_batch(sources, masker, (2, 3), stage=stage, seed=(1, step)) for step in (7, 7, 8)
    )
    assert (first.ids == again.ids).all()
    assert (first.positions == again.positions).all()
    assert (first.ids != other.ids).any()
    assert (first.ids[:, 0] == 2).all()
    assert (first.ids[:, -1] == 3).all()
    assert len(first.labels) == 6 * 2


# ------------------------------------------------------------------------------------------------------------- training


def test_random_positions_move_the_first_token_and_nothing_else(trained: tuple[Path, Path]) -> None:
    sources = pretrain.open_sources(trained[0] / "shards", {"*": 1.0}, split="train", length=14)
    masker = pretrain.Masker(4, np.arange(5, 20), 0.15, 0.3, 0.3)
    stage = pretrain.Stage(1.0, 16, 64)
    fixed = pretrain.draw_batch(sources, masker, (2, 3), stage=stage, seed=(1, 2))
    moved = pretrain.draw_batch(sources, masker, (2, 3), stage=stage, seed=(1, 2), n_positions=40)
    assert not fixed.firsts.any()
    assert set(moved.firsts) <= set(range(25))
    assert len(set(moved.firsts)) > 5
    assert np.array_equal(fixed.ids, moved.ids)
    assert np.array_equal(fixed.labels, moved.labels)


def test_the_export_leaves_out_positions_that_were_never_trained() -> None:
    import torch
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertForMaskedLM(BertConfig(vocab_size=30, max_position_embeddings=64, **sizes)).eval()
    ids = torch.arange(20)[None]
    with torch.no_grad():
        before = model(input_ids=ids).logits
        pretrain.trim_positions(model, 20)
        after = model(input_ids=ids).logits
    assert torch.equal(before, after)
    assert model.config.max_position_embeddings == len(model.bert.embeddings.position_embeddings.weight) == 20


def test_training_lowers_the_loss(trained: tuple[Path, Path]) -> None:
    log = read_log(trained[0])
    assert log[-1]["tokens"] >= 6000
    assert log[-1]["loss"] < log[0]["loss"] - 0.5
    assert {"step", "accuracy", "tokens_per_second", "held_loss", "held_accuracy"} <= set(log[-1])
    assert [line["length"] for line in log] == sorted(line["length"] for line in log)


def test_a_killed_run_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    budget = {"checkpoint_minutes": 0.001, "log_every": 1}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert invoke(pretrain, command(whole, corpus, "--tokens", "3000", **budget)).exit_code == 0
    shutil.copytree(whole, killed, ignore=shutil.ignore_patterns("checkpoint.pt", "log.jsonl"))
    script = [sys.executable, str(ROOT / "scripts" / "pretrain_encoder.py")]
    environment = {**os.environ, "OMP_NUM_THREADS": str(pretrain_threads())}
    process = subprocess.Popen(
        [*script, *command(killed, corpus, "--tokens", "3000", **budget)], env=environment, stderr=subprocess.DEVNULL
    )
    log, deadline = killed / "log.jsonl", time.monotonic() + 60
    while not (log.exists() and log.read_text(encoding="utf-8").count("\n") >= 15) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert read_log(killed)[-1]["tokens"] < 3000
    assert invoke(pretrain, command(killed, corpus, "--tokens", "3000", **budget)).exit_code == 0
    assert [(line["step"], line["loss"]) for line in read_log(killed)] == [
        (line["step"], line["loss"]) for line in read_log(whole)
    ]
    assert same_weights(killed, whole)


def pretrain_threads() -> int:
    import torch

    return torch.get_num_threads()


def same_weights(first: Path, second: Path) -> bool:
    import torch

    masters = [
        torch.load(state / "checkpoint.pt", weights_only=False)["optimizer"]["masters"] for state in (first, second)
    ]
    return all(torch.equal(left, right) for left, right in zip(*masters, strict=True))


def test_a_larger_budget_goes_on(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    for tokens in (1000, 2000):
        assert invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", str(tokens))).exit_code == 0
    log = read_log(tmp_path / "state")
    assert [line["step"] for line in log] == sorted(line["step"] for line in log)
    assert 2000 <= log[-1]["tokens"] < 2100


def test_other_text_in_the_same_state_folder_is_refused(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    assert invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "200")).exit_code == 0
    result = invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "400", holdout_every=20))
    assert result.exit_code == 1
    assert "give another --state folder" in result.output


def test_words_cannot_be_switched_on_half_way(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    assert invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "200", word_loss=0)).exit_code == 0
    result = invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "400"))
    assert result.exit_code == 1
    assert "word_loss" in result.output


@pytest.mark.parametrize(("key", "value"), [("layers", 2), ("hidden", 32)])
def test_the_size_cannot_change_half_way(key: str, value: int, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    assert invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "200")).exit_code == 0
    result = invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "400", **{key: value}))
    assert result.exit_code == 1
    assert f"training began there with {key} {TINY[key]}, not {value}" in result.output


def test_the_encoder_learns_where_words_begin(tmp_path: Path) -> None:
    import torch

    corpus = write_corpus(tmp_path / "corpus")
    losses = {}
    for weight in (0.0, 3.0):
        torch.manual_seed(1)
        state = tmp_path / f"state-{weight}"
        changes = {"word_loss": weight, "learning_rate": 5e-3}
        assert invoke(pretrain, command(state, corpus, "--tokens", "9000", **changes)).exit_code == 0
        config = pretrain.load_config(ROOT / "configs" / "pretrain.yaml", tiny_settings(corpus, **changes))
        tokenizer = pretrain.load_tokenizer(state / "tokenizer")
        trainer = pretrain.Trainer(config, state, tokenizer, pretrain.World(0, 1, torch.device("cpu")))
        held = pretrain.open_sources(state / "shards", config.weights, split="held", length=14)
        batch = pretrain.draw_batch(held, trainer.masker, trainer.edges, stage=config.stages[-1], seed=(0, 1))
        head = getattr(trainer.model, "word_starts", torch.nn.Linear(16, 1))
        trainer.model.word_starts = head
        with torch.inference_mode():
            states = pretrain.encode(trainer.model, torch.from_numpy(batch.ids), torch.from_numpy(batch.firsts))
            losses[weight] = float(pretrain.word_loss(trainer.model, states, torch.from_numpy(batch.starts)))
    assert losses[3.0] < 0.4 < losses[0.0]


# --------------------------------------------------------------------------------------------------- export and loading


@pytest.mark.parametrize("kind", ["AutoModel", "AutoModelForMaskedLM", "AutoModelForTokenClassification"])
@pytest.mark.filterwarnings("ignore")
def test_the_export_loads_in_transformers(trained: tuple[Path, Path], kind: str) -> None:
    import torch
    import transformers

    model = getattr(transformers, kind).from_pretrained(str(trained[1]))
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(trained[1]))
    assert next(model.parameters()).dtype == torch.float32
    assert model.config.model_type == "bert"
    output = model(**tokenizer("新收案件12件", return_tensors="pt"))
    assert output[0].shape[:2] == (1, 9)


def test_the_export_is_float16_and_equals_the_checkpoint(trained: tuple[Path, Path]) -> None:
    import torch
    from safetensors.torch import load_file

    weights = load_file(trained[1] / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    assert all(name.startswith(("bert.", "cls.")) for name in weights)
    masters = torch.load(trained[0] / "checkpoint.pt", weights_only=False)["optimizer"]["masters"]
    torch.testing.assert_close(weights["bert.embeddings.word_embeddings.weight"], masters[0].half())


def write_wordpiece_bert(folder: Path) -> Path:
    """A random checkpoint in the layout of bert-base-chinese: vocab.txt, lower case, digits in pieces."""
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    characters = sorted({character for word in WORDS for character in word} | set("第号"))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, "12", "##04", "##5", "gdp"]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    vocabulary = {token: number for number, token in enumerate(tokens)}
    BertTokenizerFast(vocab=vocabulary, do_lower_case=True).save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertForMaskedLM(BertConfig(vocab_size=len(tokens), max_position_embeddings=32, **sizes)).save_pretrained(folder)
    return folder


def test_a_wordpiece_bert_is_trained_on_by_the_same_code(tmp_path: Path) -> None:
    from transformers import AutoModelForMaskedLM

    base = write_wordpiece_bert(tmp_path / "base")
    corpus = write_corpus(tmp_path / "corpus")
    arguments = command(
        tmp_path / "state", corpus, "--tokens", "1000", "--out", str(tmp_path / "encoder"), base=str(base)
    )
    result = invoke(pretrain, arguments)
    assert result.exit_code == 0, result.output
    model = AutoModelForMaskedLM.from_pretrained(str(tmp_path / "encoder"))
    assert model.config.vocab_size == AutoModelForMaskedLM.from_pretrained(str(base)).config.vocab_size


def test_a_grown_model_computes_what_it_did_and_is_trained_on(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForMaskedLM

    base = write_wordpiece_bert(tmp_path / "base")
    model = AutoModelForMaskedLM.from_pretrained(str(base)).eval()
    for norm in [part for name, part in model.named_modules() if name.endswith("LayerNorm")]:
        torch.nn.init.normal_(norm.weight)
        torch.nn.init.normal_(norm.bias)
    ids = torch.arange(5, 20)[None]
    with torch.no_grad():
        before = model(ids).logits
        pretrain.grow(model, (1,))
        pretrain.grow(model, (1, 2))
        after = model(ids).logits
    assert len(model.bert.encoder.layer) == model.config.num_hidden_layers == 4
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)

    out = tmp_path / "encoder"
    corpus = write_corpus(tmp_path / "corpus")
    arguments = command(tmp_path / "state", corpus, "--tokens", "1000", "--out", str(out), base=str(base))
    result = invoke(pretrain, [*arguments, "--set", "grow_after=[1]"])
    assert result.exit_code == 0, result.output
    grown = AutoModelForMaskedLM.from_pretrained(str(out))
    assert grown.config.num_hidden_layers == 2
    result = invoke(pretrain, [*arguments, "--set", "grow_after=[]"])
    assert result.exit_code == 1
    assert "grow_after" in result.output
    assert all(layer.output.dense.weight.abs().sum() > 0 for layer in grown.bert.encoder.layer)


def test_only_a_layer_of_the_base_can_be_grown_after(tmp_path: Path) -> None:
    base = write_wordpiece_bert(tmp_path / "base")
    corpus = write_corpus(tmp_path / "corpus")
    arguments = command(tmp_path / "state", corpus, "--tokens", "100", base=str(base))
    result = invoke(pretrain, [*arguments, "--set", "grow_after=[2]"])
    assert result.exit_code == 1
    assert "grow_after: the base has no layer 2; it has layers 1 to 1" in result.output


@pytest.mark.parametrize("name", ["nobody/no-such-bert", "no/such/folder"])
def test_a_base_that_cannot_be_reached_is_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    corpus = write_corpus(tmp_path / "corpus")
    result = invoke(pretrain, command(tmp_path / "state", corpus, "--tokens", "100", base=name))
    assert result.exit_code == 1
    assert f"{name}: no local folder and not reachable" in result.output
    assert f"hf download {name} --local-dir DIR" in result.output
    assert len(result.output.splitlines()) == 1


# ----------------------------------------------------------------------------------------------- evaluation and leakage


def test_evaluation_prints_all_three_models(trained: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "numbers.json"
    arguments = [str(trained[1]), "--state", str(trained[0]), "--length", "16", "--out", str(out)]
    too_long = invoke(evaluation, [*arguments[:4], "24"])
    assert too_long.exit_code == 1
    assert "takes 16 tokens; give --length that or less" in too_long.output
    result = invoke(evaluation, arguments)
    assert result.exit_code == 0, result.output
    numbers = json.loads(out.read_text(encoding="utf-8"))
    assert set(numbers) == {"laws", "reports"}
    assert set(numbers["laws"]) == {"encoder", "random weights", "5-gram"}
    assert numbers["laws"]["encoder"][1] < numbers["laws"]["random weights"][1]


def test_the_ngram_model_gives_distributions_and_knows_its_text() -> None:
    ids = np.array([1, 2, 3, 4] * 50)
    model = evaluation.OneSidedNgrams(ids, 6)
    for context in ([], [3], [3, 2], [3, 2, 1, 4], [5], [3, 5]):
        assert model.predict(context).sum() == pytest.approx(1.0)
    assert model.predict([3, 2, 1, 4]).argmax() == 4
    assert model.predict([3, 2, 1, 4])[4] > model.predict([])[4]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("全年共新收行政复议案件一千二百零四件，其中撤销三十六件变更四件。", 0, id="new text"),
        pytest.param(
            "前文。各级行政机关应当，依照法律规定的权限和程序\n作出行政许可（２０２６）后文", 1, id="other marks"
        ),
    ],
)
def test_contamination_is_found_through_marks_and_line_breaks(tmp_path: Path, text: str, found: int) -> None:
    corpus, kept = tmp_path / "corpus.txt", tmp_path / "kept.txt"
    corpus.write_text("第一条\n各级行政机关应当依照法律规定的权限和程序作出行政许可(2026)。\n", encoding="utf-8")
    kept.write_text(text, encoding="utf-8")
    result = invoke(contamination, [str(kept), "--corpus", str(corpus)])
    assert result.exit_code == found
    assert ("kept.txt; first:" in result.output) == bool(found)
