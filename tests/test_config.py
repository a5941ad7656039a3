"""Configuration files: what is wrong in one is said in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lawner.config import dump_config, load_config, load_labels, load_yaml, parse_config
from lawner.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Inner:
    rate: float = 0.1
    place: Path | None = None
    places: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Outer:
    epochs: int
    name: str = "x"
    bold: bool = False
    inner: Inner = field(default_factory=Inner)


def written(folder: Path, text: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_missing_keys_take_their_defaults(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "epochs: 3\n"), Outer) == Outer(3)


def test_overrides_go_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "epochs: 3\ninner: {rate: 0.5}\n")
    overrides = ["epochs=4", "inner.rate=1e-4", "inner.place=a/b", "inner.places=[c, d]", "bold=true"]
    inner = Inner(1e-4, Path("a/b"), (Path("c"), Path("d")))
    assert load_config(path, Outer, overrides) == Outer(4, bold=True, inner=inner)
    assert load_config(path, Outer, ["inner.place=null"]).inner.place is None


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        pytest.param("epoch: 3", [], "unknown key epoch; did you mean epochs?", id="nearest"),
        pytest.param("epochs: 3\ninner: {rat: 1}", [], "unknown key inner.rat; did you mean inner.rate?", id="deep"),
        pytest.param("epochs: 3\nzzzz: 1", [], "unknown key zzzz; known are epochs, name, bold, inner", id="far"),
        pytest.param("epochs: 3\n7: 1", [], "unknown key 7", id="number as key"),
        pytest.param("epochs: 3", ["epohcs=4"], "unknown key epohcs; did you mean epochs?", id="set"),
        pytest.param("name: a", [], "the key epochs is missing; add it", id="missing"),
        pytest.param("epochs: three", [], "epochs must be a whole number, but is 'three'", id="word for number"),
        pytest.param("epochs: 3.5", [], "epochs must be a whole number, but is 3.5", id="fraction"),
        pytest.param("epochs: true", [], "epochs must be a whole number, but is True", id="truth for number"),
        pytest.param("epochs: null", [], "epochs must be a whole number, but is None", id="nothing"),
        pytest.param("epochs: 3\nbold: 1", [], "bold must be true or false, but is 1", id="number for truth"),
        pytest.param(
            "epochs: 3\nname: 5", [], "name must be a word or a text in quotes, but is 5", id="number for word"
        ),
        pytest.param("epochs: 3\ninner: 5", [], "inner must be a section with keys, but is 5", id="no section"),
        pytest.param("epochs: 3\ninner: {rate: x}", [], "inner.rate must be a number, but is 'x'", id="rate"),
        pytest.param("epochs: 3\ninner: {rate: .nan}", [], "inner.rate must be a number, but is nan", id="nan"),
        pytest.param("epochs: 3\ninner: {place: 5}", [], "inner.place must be a path, but is 5", id="path"),
        pytest.param("epochs: 3\ninner: {places: [5]}", [], "inner.places must be a path, but is 5", id="paths"),
        pytest.param("epochs: 3", ["epochs"], "--set epochs: expected section.key=value", id="no equals sign"),
        pytest.param("epochs: 3", ["epochs=[1"], "--set epochs=[1: the value is not YAML", id="broken value"),
        pytest.param(
            "epochs: 3", ["epochs.x=1"], "--set epochs.x=1: epochs is no section but 3", id="value as section"
        ),
        pytest.param("- 1", [], "expected keys with values, but found list", id="list"),
        pytest.param("a: [1", [], ":1: this is not YAML", id="broken"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, text: str, overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text), Outer, overrides)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_yaml(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read as UTF-8"):
        load_yaml(tmp_path / "c.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("spans: [A]\nname: B", "name is 'B', which is not among spans", id="name"),
        pytest.param("spans: A", "spans must be a list of words", id="no list"),
        pytest.param("spans: [A, A]", "span labels repeat", id="twice"),
        pytest.param("span: [A]", "unknown key span; did you mean spans?", id="key"),
    ],
)
def test_a_label_set_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        load_labels(written(tmp_path, text))


configs = st.builds(
    Outer,
    st.integers(),
    st.text(),
    st.booleans(),
    st.builds(
        Inner,
        st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.just(Path("a/b c")),
        st.lists(st.sampled_from([Path("a"), Path("二")])).map(tuple),
    ),
)


@given(configs)
@example(Outer(1, "\x85:"))
@example(Outer(1, "a\u2028# b"))
@example(Outer(1, "\u2029"))
def test_what_is_dumped_is_parsed_back(config: Outer) -> None:
    import yaml

    content: dict[str, Any] = yaml.safe_load(dump_config(config))
    assert parse_config(content, Outer, place="test") == config


def test_only_a_dataclass_can_be_dumped() -> None:
    with pytest.raises(ValueError, match="is no dataclass"):
        dump_config(5)
