"""The CRF layer in training: its loss, where its scores lie, and that the folder stays a standard one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_training import make_config, make_documents, write_base

from lawner.base_models import load_base, parameter_groups
from lawner.crf_layer import ILLEGAL, add_transitions, chain_loss, transitions_of
from lawner.engines import open_folder
from lawner.errors import ModelError
from lawner.fitting import fit, predict
from lawner.labels import DEFAULT_LABELS
from lawner.losses import LossReport
from lawner.model_card import save_model
from lawner.tagger import Tagger
from lawner.tags import is_legal
from lawner.training_data import Splits

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

TAGS = DEFAULT_LABELS.tags
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder."""
    folder = tmp_path_factory.mktemp("layer")
    write_base(folder / "base")
    return folder


@pytest.fixture
def model(place: Path) -> Any:
    found = load_base(make_config(place), DEFAULT_LABELS)
    add_transitions(found, TAGS)
    return found


def by_enumeration(scores: np.ndarray, transitions: np.ndarray, tags: list[int]) -> float:
    """Minus the log-probability of a tag sequence, with every other one written out."""

    def weight(path: tuple[int, ...]) -> float:
        steps = sum(transitions[one, two] for one, two in itertools.pairwise(path))
        return float(sum(scores[place, tag] for place, tag in enumerate(path)) + steps)

    every = [weight(path) for path in itertools.product(range(scores.shape[1]), repeat=len(tags))]
    return float(np.log(np.sum(np.exp(every))) - weight(tuple(tags)))


def test_the_loss_is_that_of_all_sequences_written_out() -> None:
    """Cores of several lengths at several places in their windows; context and padding count nothing."""
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(4, 7, 3)).astype(np.float32)
    transitions = draw.normal(size=(3, 3)).astype(np.float32)
    cores = [(1, 5), (0, 7), (3, 4), (2, 2)]
    labels = np.full((4, 7), -100)
    expected, n_tokens = 0.0, 0
    for row, (start, end) in enumerate(cores):
        tags = draw.integers(0, 3, size=end - start).tolist()
        labels[row, start:end] = tags
        if tags:
            expected += by_enumeration(scores[row, start:end], transitions, tags)
        n_tokens += len(tags)
    found = chain_loss(*(torch.from_numpy(one) for one in (scores, transitions, labels)))
    assert float(found) == pytest.approx(expected / n_tokens, rel=1e-5)


def by_steps(scores: Any, transitions: Any, labels: Any) -> Any:
    """The loss of one core after the other, with every step left to torch to follow back."""
    total, n_tokens = torch.zeros((), dtype=torch.float64), 0
    for row, tags in zip(scores, labels, strict=True):
        core, gold = row[tags >= 0], tags[tags >= 0]
        if len(gold):
            state = core[0]
            for one in core[1:]:
                state = torch.logsumexp(state[:, None] + transitions, 0) + one
            path = core[torch.arange(len(gold)), gold].sum() + transitions[gold[:-1], gold[1:]].sum()
            total, n_tokens = total + torch.logsumexp(state, 0) - path, n_tokens + len(gold)
    return total / max(1, n_tokens)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12), st.sampled_from([0.1, 1.0, 10.0]))
def test_gradients_are_those_of_every_step_followed_back(seed: int, n_tokens: int, scale: float) -> None:
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 5, (3, n_tokens), generator=draw)
    starts, lengths = (torch.randint(0, n_tokens + 1, (3, 1), generator=draw) for _ in range(2))
    places = torch.arange(n_tokens)
    labels[(places < starts) | (places >= starts + lengths)] = -100
    given = [scale * torch.randn(*shape, generator=draw, dtype=torch.float64) for shape in ((3, n_tokens, 5), (5, 5))]
    results = []
    for loss in (by_steps, chain_loss):
        leaves = [one.clone().requires_grad_() for one in given]
        value = loss(*leaves, labels)
        if value.requires_grad:
            (3 * value).backward()
        results.append([value.detach(), *(torch.zeros_like(one) if one.grad is None else one.grad for one in leaves)])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(other.double(), one.double(), rtol=2e-4, atol=2e-5)


def test_without_transitions_the_loss_is_cross_entropy_and_scores_may_be_great() -> None:
    scores = 100 * torch.randn(3, 40, 5, generator=torch.Generator().manual_seed(1))
    labels = torch.randint(0, 5, (3, 40), generator=torch.Generator().manual_seed(2))
    labels[:, :4] = -100
    expected = torch.nn.functional.cross_entropy(scores.flatten(0, 1), labels.flatten())
    found = chain_loss(scores, torch.zeros(5, 5), labels)
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


def test_new_transitions_know_what_is_legal(model: Any) -> None:
    found = transitions_of(model)
    assert found is not None
    for row, tag in enumerate(TAGS):
        for column, after in enumerate(TAGS):
            assert found[row, column] == (0 if is_legal(tag, after) else ILLEGAL)


def test_they_learn_faster_than_the_head_and_do_not_decay(model: Any) -> None:
    options = {"learning_rate": 1e-3, "layer_decay": 0.9, "weight_decay": 0.01, "transition_learning_rate": 0.03}
    groups = parameter_groups(model, **options)
    (own,) = [group for group in groups if any(one is model.transitions for one in group["params"])]
    assert own["params"] == [model.transitions] and own["lr"] == pytest.approx(0.03) and own["weight_decay"] == 0
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_the_folder_is_a_standard_one_with_the_transitions_in_its_config(
    model: Any, place: Path, tmp_path: Path
) -> None:
    with torch.no_grad():
        model.transitions += torch.randn(len(TAGS), len(TAGS), generator=torch.Generator().manual_seed(1))
    kept = transitions_of(model)
    assert kept is not None
    save_model(model, str(place / "base"), tmp_path)
    np.testing.assert_array_equal(transitions_of(model), kept)
    _, found = transformers.AutoModelForTokenClassification.from_pretrained(str(tmp_path), output_loading_info=True)
    assert not any(found[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    loaded = open_folder(tmp_path).transitions
    np.testing.assert_allclose(loaded, kept, atol=1e-5)
    again = load_base(replace(make_config(place), base=str(tmp_path)), DEFAULT_LABELS)
    add_transitions(again, TAGS)
    np.testing.assert_allclose(transitions_of(again), kept, atol=1e-5)


def test_a_model_without_transitions_forgets_those_of_its_base(model: Any, place: Path, tmp_path: Path) -> None:
    save_model(model, str(place / "base"), tmp_path / "one")
    bare = load_base(replace(make_config(place), base=str(tmp_path / "one")), DEFAULT_LABELS)
    save_model(bare, str(place / "base"), tmp_path / "two")
    assert "transitions" not in json.loads((tmp_path / "two" / "config.json").read_text(encoding="utf-8"))
    assert open_folder(tmp_path / "two").transitions is None


def test_tags_in_another_order_bring_their_transitions_along(model: Any, place: Path, tmp_path: Path) -> None:
    save_model(model, str(place / "base"), tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    before = open_folder(tmp_path)
    order = [*range(1, len(TAGS)), 0]
    config["id2label"] = {str(place): TAGS[index] for place, index in enumerate(order)}
    config["transitions"] = np.array(config["transitions"])[np.ix_(order, order)].tolist()
    path.write_text(json.dumps(config), encoding="utf-8")
    after = open_folder(tmp_path)
    assert before.transitions is not None and after.transitions is not None
    for one, row in zip(after.labels.tags, after.transitions, strict=True):
        expected = before.transitions[before.labels.tags.index(one)]
        columns = [before.labels.tags.index(tag) for tag in after.labels.tags]
        np.testing.assert_allclose(row, expected[columns])


def test_a_base_with_other_tags_gives_neither_head_nor_transitions(model: Any, place: Path, tmp_path: Path) -> None:
    with torch.no_grad():
        model.classifier.weight += 5
        model.transitions += 5
    save_model(model, str(place / "base"), tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["id2label"] = {str(index): tag.replace("CASE", "CASES") for index, tag in enumerate(TAGS)}
    config["label2id"] = {tag: int(index) for index, tag in config["id2label"].items()}
    path.write_text(json.dumps(config), encoding="utf-8")
    drawn = replace(make_config(place), base=str(tmp_path), random_weights=True)
    for config_of_run in (replace(make_config(place), base=str(tmp_path)), drawn):
        other = load_base(config_of_run, DEFAULT_LABELS)
        assert other.classifier.weight.abs().max() < 1
        add_transitions(other, TAGS)
        found = transitions_of(other)
        assert found is not None and found.max() == 0


def test_a_base_with_broken_transitions_is_one_sentence(model: Any, place: Path, tmp_path: Path) -> None:
    save_model(model, str(place / "base"), tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "transitions": [[0.0], [0.0, 1.0]]}), encoding="utf-8")
    base = load_base(replace(make_config(place), base=str(tmp_path)), DEFAULT_LABELS)
    with pytest.raises(ModelError, match="no table of numbers"):
        add_transitions(base, TAGS)


@pytest.mark.parametrize("broken", [[[0.0, 1.0]], "none", [[float("nan")] * len(TAGS)] * len(TAGS), [[[]]]])
def test_broken_transitions_are_one_sentence(model: Any, place: Path, tmp_path: Path, broken: Any) -> None:
    save_model(model, str(place / "base"), tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "transitions": broken}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"transitions in config\.json"):
        open_folder(tmp_path)


def test_what_a_run_learned_is_there_after_it_was_broken_off(place: Path, tmp_path: Path) -> None:
    gold = make_documents()
    splits, config = Splits(gold[:2], gold[2:3], gold[3:]), make_config(place, epochs=2)
    first = fit(config, splits, DEFAULT_LABELS, folder=tmp_path, losses=LossReport())
    again = fit(config, splits, DEFAULT_LABELS, folder=tmp_path, losses=LossReport(), resume=True)
    learned = transitions_of(first.model)
    assert learned is not None and len(np.unique(learned)) > 2
    np.testing.assert_array_equal(transitions_of(again.model), learned)


def test_the_saved_model_tags_as_the_one_in_memory(place: Path, tmp_path: Path) -> None:
    gold = make_documents()
    config = make_config(place, epochs=8, batch=2, learning_rate=8e-3, dropout=0.0)
    fitted = fit(config, Splits(gold[:2], gold[2:3], []), DEFAULT_LABELS, folder=tmp_path / "run", losses=LossReport())
    options = {"encoder": fitted.encoder, "windows": config.windows, "labels": DEFAULT_LABELS}
    ((_, expected),) = predict(fitted.model, gold[3:], **options)
    (tmp_path / "model").mkdir()
    save_model(fitted.model, config.base, tmp_path / "model")
    (tmp_path / "model" / "lawner.yaml").write_text("windows: {size: 40, context: 6}\n", encoding="utf-8")
    tagger = Tagger.from_pretrained(tmp_path / "model", engine="torch", device="cpu", precision="fp32")
    assert expected.spans and tagger.tag(gold[3]).spans == expected.spans
    tagger.transitions = None
    without = tagger.tag(gold[3])
    assert [one.score for one in without.spans] != [one.score for one in expected.spans]


def test_none_are_made_where_none_are_asked_for(place: Path, tmp_path: Path) -> None:
    gold = make_documents()
    config = make_config(place, epochs=1, transition_learning_rate=0.0)
    fitted = fit(config, Splits(gold[:2], gold[2:3], []), DEFAULT_LABELS, folder=tmp_path, losses=LossReport())
    assert transitions_of(fitted.model) is None
