"""The settings of a training run: the shipped file says every one of them, with its default."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lawner.config import dump_config, load_config, load_yaml, parse_config
from lawner.errors import ConfigError
from lawner.train_config import TrainConfig

FILE = Path(__file__).parents[1] / "configs" / "tagger.yaml"


def paths_of(config: Any, prefix: str = "") -> set[str]:
    """The dotted path of every setting of a dataclass of dataclasses."""
    found: set[str] = set()
    for field in fields(config):
        value = getattr(config, field.name)
        found |= paths_of(value, f"{prefix}{field.name}.") if is_dataclass(value) else {f"{prefix}{field.name}"}
    return found


def keys_of(content: dict[str, Any], prefix: str = "") -> set[str]:
    """The dotted path of every value of a mapping of mappings."""
    found: set[str] = set()
    for key, value in content.items():
        found |= keys_of(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"}
    return found


def test_the_shipped_file_says_every_setting_and_no_other() -> None:
    assert keys_of(load_yaml(FILE)) == paths_of(TrainConfig())


def test_the_shipped_file_says_the_defaults_but_for_the_further_texts() -> None:
    assert load_config(FILE, TrainConfig, ["data.extra=[]"]) == TrainConfig()


def test_every_setting_of_the_shipped_file_has_a_comment() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for above, line in pairwise(lines)
        if ":" in line and not line.lstrip().startswith("#") and not line.endswith(":") and "#" not in above
    ]
    assert bare == []


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    config = replace(TrainConfig(), base="other", random_weights=True)
    (tmp_path / "c.yaml").write_text(dump_config(config), encoding="utf-8")
    assert load_config(tmp_path / "c.yaml", TrainConfig) == config


@pytest.mark.parametrize(
    ("section", "content", "message"),
    [
        pytest.param("data", {"share": 0}, "data.share must be above 0", id="share"),
        pytest.param("data", {"ratio": [0.5, 0.5]}, "data.ratio needs three shares", id="ratio"),
        pytest.param("windows", {"size": 20, "context": 10}, "windows.size 20 leaves no room", id="no core"),
        pytest.param("windows", {"context": -1}, "leaves no room", id="negative context"),
        pytest.param("training", {"epochs": 0}, "training.epochs must be at least 1, but is 0", id="epochs"),
        pytest.param("training", {"patience": -1}, "training.patience must be at least 0", id="patience"),
        pytest.param("training", {"batch": 0}, "training.batch must be at least 1", id="batch"),
        pytest.param("training", {"learning_rate": 0}, "training.learning_rate must be above 0", id="rate"),
        pytest.param("training", {"layer_decay": 1.5}, "training.layer_decay must be above 0", id="decay"),
        pytest.param("training", {"warmup": 1}, "training.warmup must lie between 0 and 1", id="warmup"),
        pytest.param("training", {"weight_decay": -1}, "training.weight_decay must be at least 0", id="weight decay"),
        pytest.param("training", {"dropout": 1.0}, "training.dropout must lie between 0 and 1", id="dropout"),
        pytest.param("training", {"precision": "int8"}, "training.precision must be auto, bf16 or fp32", id="bits"),
        pytest.param("training", {"seed": -1}, "training.seed must be at least 0", id="seed"),
        pytest.param("augmentation", {"noise": 2}, "augmentation.noise is 2", id="augmentation"),
    ],
)
def test_an_impossible_value_is_one_sentence(section: str, content: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({section: content}, TrainConfig, place="c.yaml")
    assert str(caught.value).startswith("c.yaml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert f"{section}.{section}" not in str(caught.value)
