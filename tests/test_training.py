"""Training from settings to a model folder: what is in it, what is kept when a run is broken off, what is refused."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
import yaml
from tiny_models import TEXT
from tiny_training import environment, make_config, make_documents, settings_of, write_base, write_gold

from lawner.config import dump_config, parse_config
from lawner.engines import open_folder
from lawner.errors import LawnerError, ModelError, OutputError
from lawner.labels import DEFAULT_LABELS
from lawner.losses import LossReport
from lawner.model_card import digest_of
from lawner.tagger import Tagger
from lawner.train_config import CrfConfig, TrainConfig
from lawner.trainer import last_checkpoint
from lawner.training import TrainResult, train

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

FILES = {
    "README.md",
    "crf.npz",
    "config.json",
    "lawner.yaml",
    "learning_curve.csv",
    "learning_curve.png",
    "model.safetensors",
    "tensorboard",
    "tokenizer.json",
    "tokenizer_config.json",
}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder and gold."""
    folder = tmp_path_factory.mktemp("training")
    write_base(folder / "base")
    write_gold(folder / "gold")
    return folder


@pytest.fixture(scope="module")
def result(place: Path) -> TrainResult:
    """Two seeds, trained until they find something; without a CRF layer, so that the CRF beside has something to do."""
    config = make_config(
        place, epochs=15, batch=2, learning_rate=8e-3, transition_learning_rate=0.0, dropout=0.0, patience=0
    )
    return train(config, place / "model", n_seeds=2)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ----------------------------------------------------------------------------------------------------- what is written


def test_the_folder_holds_what_it_should_and_nothing_lies_beside_it(result: TrainResult) -> None:
    assert {path.name for path in result.folder.iterdir()} == FILES
    assert leftovers(result.folder.parent) == ["base", "gold", "model", "splits.csv"]
    assert any((result.folder / "tensorboard").glob("events.out.tfevents.*"))


def test_transformers_loads_the_folder(result: TrainResult) -> None:
    folder = str(result.folder)
    model, found = transformers.AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(found[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert list(model.config.id2label.values()) == list(DEFAULT_LABELS.tags)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tag = transformers.pipeline(
        "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple", device="cpu"
    )
    line = TEXT.splitlines()[0]
    found_groups = {(line[one["start"] : one["end"]], one["entity_group"]) for one in tag(line)}
    assert ("直接纠错率", "NAME") in found_groups


def test_lawner_loads_the_folder_and_tags_as_in_training(result: TrainResult) -> None:
    folder = open_folder(result.folder)
    assert (folder.labels, folder.size, folder.context) == (DEFAULT_LABELS, 40, 6)
    test = make_documents()[3]
    tagged = Tagger.from_pretrained(result.folder, engine="torch").tag(test)
    (report, *_) = result.reports["test"].values()
    assert report.estimates["typed values"].score.tp == len(
        {span for span in tagged.spans if span.label != "NAME"} & set(test.spans)
    )
    assert report.estimates["typed values"].score.tp > 0


def test_the_settings_train_the_same_again(place: Path, result: TrainResult) -> None:
    content = yaml.safe_load((result.folder / "lawner.yaml").read_text(encoding="utf-8"))
    known = {key: content[key] for key in ("base", "random_weights", "data", "windows", "training", "augmentation")}
    config = parse_config(known, TrainConfig, place="lawner.yaml")
    assert config.training.seed == result.kept
    assert content["data_sha256"] == digest_of(make_documents())
    assert content["documents"] == {"train": 2, "validation": 1, "test": 1}
    again = train(config, place / "again" / "model")
    weights = [folder / "model.safetensors" for folder in (again.folder, result.folder)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_the_best_of_several_seeds_is_kept_and_all_are_told(result: TrainResult) -> None:
    assert list(result.seeds) == [1, 2]
    scores = [seed["indicator_f1"] for seed in result.seeds.values()]
    assert result.seeds[result.kept]["indicator_f1"] == max(scores)
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert "## Seeds" in card
    assert f"{mean(scores):.4f} ± {stdev(scores):.4f}" in card
    assert "## Scores on the validation split" in card and "## Scores on the test split" in card
    validation = result.reports["validation"]["this model"].estimates["indicators"].score.f1
    assert validation >= max(scores) - 0.05  # in half precision, and with a CRF that helps


# ------------------------------------------------------------------------------------------------- what is put in place


def test_a_model_that_is_there_is_replaced_only_by_force(place: Path, tmp_path: Path) -> None:
    config = make_config(place, epochs=1)
    out = tmp_path / "model"
    train(config, out)
    before = (out / "lawner.yaml").read_bytes()
    with pytest.raises(OutputError, match="it exists already; name another output or add --force"):
        train(config, out)
    train(make_config(place, epochs=1, seed=5), out, force=True)
    assert (out / "lawner.yaml").read_bytes() != before
    assert leftovers(tmp_path) == ["model"]


def test_a_folder_with_other_things_is_never_replaced(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    out.mkdir()
    (out / "thesis.docx").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"it holds thesis\.docx, which lawner did not write"):
        train(make_config(place), out, force=True)
    assert (out / "thesis.docx").read_bytes() == b"mine"
    assert leftovers(tmp_path) == ["model"]


def test_a_folder_that_is_no_run_is_never_taken_for_one(place: Path, tmp_path: Path) -> None:
    (tmp_path / "model.run").mkdir()
    (tmp_path / "model.run" / "mine.txt").write_text("mine")
    for options in ({"force": True}, {"resume": True}, {}):
        with pytest.raises(OutputError, match="lawner did not write what is there"):
            train(make_config(place), tmp_path / "model", **options)
    assert (tmp_path / "model.run" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"base": "no/such"}, ModelError, id="no base"),
        pytest.param({"windows": {"size": 500, "context": 6}}, ModelError, id="windows too long"),
        pytest.param({"data": {"annotations": "none"}}, LawnerError, id="no data"),
    ],
)
def test_nothing_is_left_of_a_training_that_cannot_begin(
    place: Path, tmp_path: Path, changes: dict[str, Any], error: type[LawnerError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    config = parse_config(settings_of(place) | changes, TrainConfig, place="test")
    with pytest.raises(error):
        train(config, tmp_path / "model")
    assert leftovers(tmp_path) == []


class BrokenError(Exception):
    """Ends a run from within."""


def test_what_the_crf_needs_is_looked_for_before_hours_of_training(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    with pytest.raises(LawnerError, match=r"pip install 'lawner\[train\]'"):
        train(make_config(place, epochs=1), tmp_path / "model")
    assert leftovers(tmp_path) == []


def test_a_run_that_breaks_leaves_checkpoints_but_no_model(place: Path, tmp_path: Path) -> None:
    config, out = make_config(place, epochs=4), tmp_path / "model"

    def breaks(seed: int, row: Mapping[str, float]) -> None:
        if seed == 2 and row["step"] > row["steps"] / 2:
            raise BrokenError

    with pytest.raises(BrokenError):
        train(config, out, n_seeds=2, watch=breaks)
    assert leftovers(tmp_path) == ["model.run"]
    with pytest.raises(OutputError, match="a run was broken off here; add --resume to go on, or --force to start"):
        train(config, out)
    with pytest.raises(
        OutputError, match=r"was broken off had other settings \(training\.epochs was 4, now 5\); take those of"
    ):
        train(make_config(place, epochs=5), out, resume=True)
    seeds: list[int] = []
    later = replace(config, crf=CrfConfig(iterations=5))  # which no checkpoint depends on
    train(later, out, n_seeds=2, resume=True, watch=lambda seed, _: seeds.append(seed))
    assert set(seeds) == {2}  # the first had come to its end
    assert leftovers(tmp_path) == ["model"]
    whole = train(config, tmp_path / "whole", n_seeds=2)
    files = [folder / "model.safetensors" for folder in (out, whole.folder)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_force_starts_a_broken_run_again(place: Path, tmp_path: Path) -> None:
    def breaks(_: int, row: Mapping[str, float]) -> None:
        if row["step"] > row["steps"] / 2:
            raise BrokenError

    with pytest.raises(BrokenError):
        train(make_config(place), tmp_path / "model", watch=breaks)
    train(make_config(place, epochs=1), tmp_path / "model", force=True)
    assert leftovers(tmp_path) == ["model"]


def test_a_run_killed_after_a_checkpoint_goes_on_to_the_same_weights(place: Path, tmp_path: Path) -> None:
    config, out = make_config(place, epochs=12, batch=2, patience=0, learning_rate=5e-3), tmp_path / "model"
    (tmp_path / "c.yaml").write_text(dump_config(config), encoding="utf-8")
    command = [sys.executable, "-m", "lawner", "train", str(tmp_path / "c.yaml"), "-o", str(out), "--no-export"]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(process, lambda: last_checkpoint(tmp_path / "model.run" / "seed-1"))
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert b"Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir() if path.name != "c.yaml"] == ["model.run"]
    seen: list[float] = []
    train(config, out, resume=True, watch=lambda _, row: seen.append(row["step"]))
    assert min(seen) > 1
    whole = train(config, tmp_path / "whole")
    files = [folder / "model.safetensors" for folder in (out, whole.folder)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert leftovers(tmp_path) == ["c.yaml", "model", "whole"]


def wait_for(process: subprocess.Popen[bytes], ready: Any) -> None:
    """Until something is there; fails if the process ends before."""
    limit = time.monotonic() + 90
    while not ready():
        if process.poll() is not None or time.monotonic() > limit:
            process.kill()
            pytest.fail(f"nothing came: {process.communicate()[1].decode()[-2000:]}")
        time.sleep(0.005)


@pytest.mark.parametrize("most", [50_000, 300_000], ids=["weights", "optimizer"])
def test_a_disk_that_is_full_leaves_nothing_half_written(place: Path, tmp_path: Path, most: int) -> None:
    """A limit on the size of a file stands in for the disk: what torch and safetensors meet is the same."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(OutputError) as caught:
            train(make_config(place), tmp_path / "model")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value).startswith(f"{tmp_path / 'model'}: writing failed (")
    assert "\n" not in str(caught.value)
    assert leftovers(tmp_path) == []


def test_losses_are_counted_once_for_all_seeds(place: Path, tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold")
    first = next(path for path in sorted(gold.glob("*.ann")))
    first.write_text(first.read_text(encoding="utf-8") + "T99\tLAW 0 2\t" + "全年\n", encoding="utf-8")
    settings = settings_of(place, epochs=1)
    settings["data"]["annotations"] = str(gold)
    losses = LossReport()
    train(parse_config(settings, TrainConfig, place="test"), tmp_path / "model", n_seeds=2, losses=losses)
    assert len(losses) == 1
