"""Encoding gives the tokenizer's tokens, and their characters, for every string."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny_models import TEXT, edit_json, write_tokenizer, write_wordpiece

from lawner.characters import CharacterTable
from lawner.encoding import Encoder
from lawner.errors import ModelError

pytest.importorskip("transformers")

AWKWARD = "\x00\x1f\u200b\u200d\ufeff\ue000\U00020bb7\U0001f600％１Ａｇ，\r\n\t\u3000 \xa0\u2028e\u0301"
AWKWARD += "İßK㎡ﬁ①⏎∶¥￥\ud800\udc00"
texts = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from(AWKWARD),
        st.sampled_from(["APP", "GDP", "Gdp", "[MASK]", "[CLS", "件", "ab" * 60]),
    )
).map("".join)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with lawner's own kind of tokenizer."""
    folder = tmp_path_factory.mktemp("own")
    write_tokenizer(folder)
    return folder


@pytest.fixture(scope="session")
def wordpiece(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer made elsewhere."""
    folder = tmp_path_factory.mktemp("wordpiece")
    write_wordpiece(folder)
    return folder


@pytest.fixture(scope="session")
def fast(own: Path) -> Encoder:
    """An encoder with a table."""
    encoder = Encoder.from_pretrained(own)
    assert encoder.table is not None
    return encoder


@pytest.fixture(scope="session")
def slow(own: Path, fast: Encoder) -> Encoder:
    """The same encoder without its table."""
    return Encoder(own / "tokenizer.json", table=None, frame=(fast.cls_id, fast.sep_id, fast.pad_id))


def same(one, other) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ids", "offsets", "breaks"))


@settings(max_examples=500, deadline=None)
@given(texts)
@example(TEXT)
@example("[MASK]")
@example("a" * 101 + "Ａ" * 101 + "1")
def test_the_table_gives_what_the_tokenizer_gives(fast, slow, text):
    assert same(fast.encode(text), slow.encode(text))


def test_the_table_gives_what_the_tokenizer_gives_for_every_character(fast, slow):
    every = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x30000), *range(0xE0000, 0xE0200), 0x10FFFF)]
    for start in range(0, len(every), 5000):
        text = "件".join(every[start : start + 5000])
        assert same(fast.encode(text), slow.encode(text))


@settings(deadline=None)
@given(st.lists(texts, max_size=5))
def test_many_texts_are_encoded_as_one_by_one(wordpiece, fast, many):
    for encoder in (fast, Encoder.from_pretrained(wordpiece)):
        assert all(same(*pair) for pair in zip(encoder.encode_many(many), map(encoder.encode, many), strict=True))


@settings(max_examples=200, deadline=None)
@given(texts)
def test_offsets_rise_and_stay_inside_the_text(wordpiece, fast, text):
    for encoder in (fast, Encoder.from_pretrained(wordpiece)):
        encoding = encoder.encode(text)
        starts, ends = encoding.offsets[:, 0], encoding.offsets[:, 1]
        assert (starts <= ends).all()
        assert (starts[1:] >= ends[:-1]).all()
        assert not len(ends) or (starts[0] >= 0 and ends[-1] <= len(text))


def test_breaks_are_the_tokens_that_begin_sentences(fast):
    text = "受理5件。 办结3件；\n在办"
    encoding = fast.encode(text)
    begins = [encoding.offsets[index, 0] for index in encoding.breaks if index < len(encoding.ids)]
    assert [text[begin] for begin in begins] == ["办", "在"]


def test_offsets_of_a_tokenizer_made_elsewhere_are_characters(wordpiece):
    encoder = Encoder.from_pretrained(wordpiece)
    text = "𠮷受理1204件"
    pieces = [text[start:end] for start, end in encoder.encode(text).offsets.tolist()]
    assert encoder.table is None
    assert pieces == ["𠮷", "受", "理", "12", "04", "件"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"normalizer": {"type": "Lowercase"}}, id="another normaliser"),
        pytest.param({"pre_tokenizer": {"type": "BertPreTokenizer"}}, id="another splitter"),
        pytest.param({"normalizer": None}, id="no normaliser"),
    ],
)
def test_another_layout_is_left_to_the_library(own, tmp_path, change):
    path = tmp_path / "tokenizer.json"
    path.write_text((own / "tokenizer.json").read_text(encoding="utf-8"), encoding="utf-8")
    edit_json(path, **change)
    assert CharacterTable.from_file(path) is None


def test_rules_that_follow_on_each_other_do_so_in_the_table(own, tmp_path):
    path = tmp_path / "tokenizer.json"
    content = json.loads((own / "tokenizer.json").read_text(encoding="utf-8"))
    rules = content["normalizer"]["normalizers"]
    rules += [{"type": "Replace", "pattern": {"String": old}, "content": new} for old, new in ("%件", "件a", "理受")]
    path.write_text(json.dumps(content), encoding="utf-8")
    fast = Encoder.from_pretrained(tmp_path)
    slow = Encoder(path, table=None, frame=(0, 0, 0))
    assert fast.table is not None
    assert same(fast.encode("％件%理受b件件"), slow.encode("％件%理受b件件"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "there is no tokenizer.json", id="missing"),
        pytest.param("{", "this is no tokenizer file", id="no JSON"),
        pytest.param('{"model": {"type": "X"}}', "this is no tokenizer file", id="no tokenizer"),
    ],
)
def test_a_folder_without_a_tokenizer_is_an_error(tmp_path, content, message):
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match=message):
        Encoder.from_pretrained(tmp_path)


def test_tokens_of_another_frame_are_found_by_their_names(own, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text((own / "tokenizer.json").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"cls_token": "<s>"}))
    with pytest.raises(ModelError, match="there is no token <s>"):
        Encoder.from_pretrained(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"cls_token": {"content": "[MASK]"}}))
    assert Encoder.from_pretrained(tmp_path).cls_id == 4


def test_lawners_own_tokenizer_needs_no_library(own):
    code = (
        "import sys; sys.modules['tokenizers'] = None\n"
        f"from pathlib import Path; from lawner.encoding import Encoder\n"
        f"print(len(Encoder.from_pretrained(Path({str(own)!r})).encode('受理5件').ids))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "4"
