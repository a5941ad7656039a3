"""Order and padding of training batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner.batches import Collator, EpochSampler, to_dataset
from lawner.training_data import IGNORED, Example

plans = st.tuples(
    st.lists(st.lists(st.integers(1, 9), max_size=30), min_size=1, max_size=4), st.integers(1, 7), st.integers(0, 3)
)


@settings(deadline=None)
@given(plans)
def test_every_window_comes_once_a_pass(plan: tuple[Sequence[Sequence[int]], int, int]) -> None:
    lengths, batch, seed = plan
    sampler = EpochSampler(lengths, batch=batch, seed=seed)
    order, first = list(sampler), 0
    assert len(sampler) == len(order)
    for of_pass in lengths:
        assert sorted(order[first : first + len(of_pass)]) == list(range(first, first + len(of_pass)))
        first += len(of_pass)
    assert first == len(order)


@settings(deadline=None)
@given(plans)
def test_the_same_seed_gives_the_same_order(plan: tuple[Sequence[Sequence[int]], int, int]) -> None:
    lengths, batch, seed = plan
    assert EpochSampler(lengths, batch=batch, seed=seed).order == EpochSampler(lengths, batch=batch, seed=seed).order


def test_another_seed_and_another_pass_give_another_order() -> None:
    lengths = [[5] * 40, [5] * 40]
    order = EpochSampler(lengths, batch=4, seed=1).order
    assert order != EpochSampler(lengths, batch=4, seed=2).order
    assert [index - 40 for index in order[40:]] != order[:40]


def test_like_lengths_share_a_batch_in_every_pass() -> None:
    rng = np.random.default_rng(0)
    lengths = [rng.integers(1, 127, 205).tolist() for _ in range(3)]  # 205 windows leave 5 that share a batch
    flat = [length for of_pass in lengths for length in of_pass]
    order = EpochSampler(lengths, batch=8, seed=1).order
    padded = sum(
        max(flat[index] for index in order[at : at + 8]) * len(order[at : at + 8]) for at in range(0, len(order), 8)
    )
    assert padded < 1.1 * sum(flat)


def make_examples(lengths: Sequence[int]) -> list[Example]:
    return [Example(np.arange(length) + 5, np.arange(length) % 3) for length in lengths]


def test_a_dataset_holds_what_the_examples_hold() -> None:
    examples = make_examples([3, 1, 4])
    dataset = to_dataset(examples)
    assert dataset.column_names == ["input_ids", "labels"]
    assert [row["input_ids"] for row in dataset] == [one.input_ids.tolist() for one in examples]
    assert [row["labels"] for row in dataset] == [one.labels.tolist() for one in examples]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=5))
def test_a_batch_is_padded_to_its_longest_window(lengths: list[int]) -> None:
    torch = pytest.importorskip("torch")
    rows = [{"input_ids": one.input_ids.tolist(), "labels": one.labels.tolist()} for one in make_examples(lengths)]
    batch = Collator(pad_id=1)(rows)
    assert {key: tuple(value.shape) for key, value in batch.items()} == dict.fromkeys(
        ("input_ids", "labels", "attention_mask"), (len(lengths), max(lengths))
    )
    for index, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        assert batch["input_ids"][index].tolist() == row["input_ids"] + [1] * (max(lengths) - length)
        assert batch["labels"][index].tolist() == row["labels"] + [IGNORED] * (max(lengths) - length)
        assert torch.equal(batch["attention_mask"][index], (torch.arange(max(lengths)) < length).long())
