"""What scripts/build_tokenizer.py promises for every string."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lawner.encoding import Encoder

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
building: Any = importlib.import_module("build_tokenizer")

LINES = ["全年共新收行政案件1204件，同比增长3.5％。", "GDP达到5.67万亿元；", "ＡＢＣ公司（以下简称甲方）尧茂书"] * 3


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tokenizer of a small corpus, loaded from disk."""
    pytest.importorskip("transformers")
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    building.build_tokenizer(building.build_vocabulary([*LINES, *["APP"] * 30], min_count=3), folder)
    return AutoTokenizer.from_pretrained(str(folder))


def tokenize(tokenizer: Any, text: str) -> list[tuple[str, int, int]]:
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    return [(token, start, end) for token, (start, end) in zip(tokens, encoded["offset_mapping"], strict=True)]


awkward = st.sampled_from("\x00\x1f\u200b\u200d\ufeff\ue000\U00020bb7\U0001f600％１Ａ，\r\n\t\u3000 \xa0e\u0301İß㎡ﬁ①")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.characters(exclude_categories=["Cs"]), awkward)).map("".join))
@example("[MASK] [CLS]")
@example("a" * 300 + "\n" + "9" * 300)
def test_offsets_rise_and_cover_every_character_but_white_space(tokenizer: Any, text: str) -> None:
    tokens = tokenize(tokenizer, text)
    ends = [0, *(end for _, _, end in tokens)]
    assert all(before <= start < end <= len(text) for before, (_, start, end) in zip(ends, tokens, strict=False))
    covered = {place for _, start, end in tokens for place in range(start, end)}
    missed = [character for place, character in enumerate(text) if place not in covered]
    assert all(character.isspace() and character != "\n" for character in missed)


@settings(deadline=None)
@given(st.text(alphabet="0123456789０１２.,，万件AB \n", max_size=40))
def test_digits_are_never_merged(tokenizer: Any, text: str) -> None:
    lengths = [end - start for _, start, end in tokenize(tokenizer, text) if any(map(str.isdigit, text[start:end]))]
    assert lengths == [1] * sum(map(str.isdigit, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("１２％（Ａ）", ["1", "2", "%", "(", "A", ")"], id="full-width forms are folded"),
        pytest.param("1,234，5", ["1", ",", "2", "3", "4", "，", "5"], id="the full-width comma stays itself"),
        pytest.param("APP、App", ["APP", "、", "A", "##p", "##p"], id="known word whole, unknown word in letters"),
        pytest.param("甲\r\n乙 丙\u3000丁", ["甲", "⏎", "乙", "丙", "丁"], id="line feed is a token, space is none"),
        pytest.param("万\U00020bb7\u200b\ue000\x01件", ["万", *["[UNK]"] * 4, "件"], id="unknown, never dropped"),
        pytest.param("PM2.5", ["P", "##M", "2", ".", "5"], id="digits part from letters"),
    ],
)
def test_tokens(tokenizer: Any, text: str, expected: list[str]) -> None:
    assert [token for token, _, _ in tokenize(tokenizer, text)] == expected


def test_with_digit_shapes_numbers_of_one_form_are_the_same(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    building.build_tokenizer(building.build_vocabulary(LINES, min_count=3), tmp_path, digit_shapes=True)
    shapes = transformers.AutoTokenizer.from_pretrained(str(tmp_path))
    expected = [
        *[("0", place, place + 1) for place in range(4)],
        *[("件", 4, 5), ("、", 5, 6), ("0", 6, 7), ("%", 7, 8)],
    ]
    assert tokenize(shapes, "1204件、３%") == expected
    encoder = Encoder.from_pretrained(tmp_path)
    assert encoder.table is not None, "tagging would fall back to the slow tokenizer"
    encoding = encoder.encode("1204件、３%")
    assert shapes.convert_ids_to_tokens(encoding.ids.tolist()) == [token for token, _, _ in expected]
    assert encoding.offsets.tolist() == [[start, end] for _, start, end in expected]


def test_a_sequence_is_framed(tokenizer: Any) -> None:
    ids = tokenizer("万")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", "万", "[SEP]"]


def test_vocabulary_holds_common_characters_the_corpus_lacks() -> None:
    vocabulary = building.build_vocabulary(["甲"], min_count=3)
    assert vocabulary[:5] == list(building.SPECIAL_TOKENS)
    assert len(vocabulary) == len(set(vocabulary))
    assert len(vocabulary) % building.VOCABULARY_MULTIPLE == 0
    assert {"啊", "座", "0", "~", "％".translate(str.maketrans(building.folds())), "，", "##z"} <= set(vocabulary)


def test_each_fold_is_one_character_for_one() -> None:
    assert all(len(old) == len(new) == 1 for old, new in building.folds().items())


def test_vocab_txt_lists_the_tokens_in_the_order_of_their_ids(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    vocabulary = building.build_vocabulary(LINES, min_count=3)
    building.build_tokenizer(vocabulary, tmp_path)
    assert (tmp_path / "vocab.txt").read_text(encoding="utf-8").splitlines() == vocabulary


def test_a_pattern_without_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(building.InputError, match=r"no \.txt or \.txt\.xz file there"):
        building.corpus_files([str(tmp_path)])


def test_text_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("案件".encode("gb18030"))
    with pytest.raises(building.InputError, match=r"a\.txt: not UTF-8"):
        list(building.read_lines(path))
