"""One fine-tuning: it learns, is the same for the same seed, and says what went wrong."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_training import make_config, make_documents, write_base

from lawner.errors import ConfigError, LawnerError
from lawner.fitting import Fitted, fit, predict
from lawner.labels import DEFAULT_LABELS
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.model_card import write_curve
from lawner.train_config import TrainConfig
from lawner.training_data import Splits

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

GOLD = make_documents()
SPLITS = Splits(GOLD[:2], GOLD[2:3], GOLD[3:])
EPOCHS = 30

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder."""
    folder = tmp_path_factory.mktemp("fitting")
    write_base(folder / "base")
    write_base(folder / "wordpiece", wordpiece=True)
    return folder


def run(config: TrainConfig, folder: Path, **options: Any) -> Fitted:
    return fit(config, SPLITS, DEFAULT_LABELS, folder=folder, losses=LossReport(), **options)


def weights_equal(first: Fitted, second: Fitted) -> bool:
    left, right = first.model.state_dict(), second.model.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.fixture(scope="module")
def learnt(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    config = make_config(place, epochs=EPOCHS, batch=2, learning_rate=5e-3, patience=0, dropout=0.0)
    splits = Splits(GOLD[:2], GOLD[:2], [])
    return fit(config, splits, DEFAULT_LABELS, folder=tmp_path_factory.mktemp("learnt"), losses=LossReport())


def test_a_few_reports_are_learnt_by_heart(place: Path, learnt: Fitted) -> None:
    config = make_config(place)
    pairs = predict(learnt.model, GOLD[:2], encoder=learnt.encoder, windows=config.windows, labels=DEFAULT_LABELS)
    scores = score_documents(pairs, DEFAULT_LABELS)
    found = {name: scores[name].f1 for name in ("typed values", "names", "pairs")}
    assert found == dict.fromkeys(found, 1.0)
    assert learnt.best["eval_indicator_f1"] == 1.0


def test_the_history_has_loss_rate_and_scores(learnt: Fitted, tmp_path: Path) -> None:
    losses = [row["loss"] for row in learnt.history if "loss" in row]
    assert losses[-1] < 0.1 * losses[0]
    write_curve(learnt.history, tmp_path)
    with (tmp_path / "learning_curve.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sum(bool(row["eval_indicator_f1"]) for row in rows) == EPOCHS
    assert float(rows[-1]["learning_rate"] or 0.0) < 1e-3
    assert learnt.tokens > EPOCHS * sum(len(document.text) for document in SPLITS.train) / 2
    assert learnt.seconds > 0


def test_the_same_seed_gives_the_same_weights_and_another_others(place: Path, tmp_path: Path) -> None:
    fits = [run(make_config(place, seed=seed), tmp_path / name) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert weights_equal(fits[0], fits[1])
    assert not weights_equal(fits[0], fits[2])


def test_a_wordpiece_bert_trains_by_the_same_code(place: Path, tmp_path: Path) -> None:
    config = replace(
        make_config(place, epochs=25, batch=2, learning_rate=1e-2, dropout=0.0, patience=0),
        base=str(place / "wordpiece"),
    )
    fitted = run(config, tmp_path)
    assert fitted.best["eval_typed_value_f1"] > 0.8
    assert fitted.model.config.vocab_size == fitted.encoder.tokenizer.get_vocab_size()


def test_the_best_pass_is_kept_and_training_stops_when_no_better_one_comes(place: Path, tmp_path: Path) -> None:
    config = make_config(place, epochs=30, patience=2, learning_rate=1e-9)  # learns nothing, so the first pass is best
    fitted = run(config, tmp_path)
    assert sum("eval_indicator_f1" in row for row in fitted.history) == 3


def test_nothing_is_printed_and_event_files_are_written(
    place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows: list[Mapping[str, float]] = []
    run(make_config(place), tmp_path, watch=rows.append)
    assert capfd.readouterr() == ("", "")
    (events,) = (tmp_path / "tensorboard").glob("events.out.tfevents.*")
    assert b"eval/indicator_f1" in events.read_bytes()
    assert sum("eval_indicator_f1" in row for row in rows) == 2
    assert all({"step", "steps"} <= row.keys() for row in rows)


def test_a_run_broken_off_goes_on_to_the_same_weights(place: Path, tmp_path: Path) -> None:
    config = make_config(place, epochs=4)
    whole = run(config, tmp_path / "whole")

    class BrokenError(Exception):
        pass

    def breaks(row: Mapping[str, float]) -> None:
        if row["step"] > row["steps"] / 2:
            raise BrokenError

    with pytest.raises(BrokenError):
        run(config, tmp_path / "parts", watch=breaks)
    rows: list[Mapping[str, float]] = []
    parts = run(config, tmp_path / "parts", resume=True, watch=rows.append)
    assert min(row["step"] for row in rows) > 1
    assert weights_equal(whole, parts)
    assert parts.tokens == whole.tokens
    assert [row.get("eval_name_f1") for row in parts.history] == [row.get("eval_name_f1") for row in whole.history]


def test_a_finished_run_is_not_run_again(place: Path, tmp_path: Path) -> None:
    config = make_config(place, epochs=8, patience=1, learning_rate=1e-9)
    first = run(config, tmp_path)
    rows: list[Mapping[str, float]] = []
    again = run(config, tmp_path, resume=True, watch=rows.append)
    assert rows == []
    assert weights_equal(first, again)
    assert (again.history, again.tokens, again.seconds) == (first.history, first.tokens, first.seconds)


def test_running_out_of_memory_is_one_sentence(place: Path, tmp_path: Path) -> None:
    def watch(_: Mapping[str, float]) -> None:
        torch.empty(1 << 55)

    with pytest.raises(
        LawnerError, match=r"^memory ran out while training with 4 windows a step; lower training.batch"
    ):
        run(make_config(place), tmp_path, watch=watch)


def test_a_batch_that_processes_cannot_share_is_one_sentence(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ConfigError, match=r"training\.batch is 4, which 3 processes cannot share; make it a multiple"):
        run(make_config(place), tmp_path)


def test_bfloat16_trains_where_it_is_asked_for(place: Path, tmp_path: Path) -> None:
    fitted = run(make_config(place, precision="bf16"), tmp_path)
    assert next(fitted.model.parameters()).dtype == torch.float32
