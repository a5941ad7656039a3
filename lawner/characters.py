"""The tokenizer that lawner's own models use, as a table over code points.

It reads ``tokenizer.json`` and gives what the tokenizers library gives, some fifty times as fast, but only for one
layout: single characters folded one for one, white space dropped, every other character a token of its own, and
runs of ASCII letters cut by WordPiece. Any other layout is left to the library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

N_CODES = 0x110000
BLANK, LETTER = -1, -2
SPACES = (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
REPLACEMENT = 0xFFFD
MAX_WORDS = 1 << 16

PRE_TOKENIZERS = [
    {"type": "Split", "pattern": {"Regex": r"\s"}, "behavior": "Removed", "invert": False},
    {"type": "Split", "pattern": {"Regex": "[A-Za-z]+|[^A-Za-z]"}, "behavior": "Isolated", "invert": False},
]
MODEL = {"type": "WordPiece", "continuing_subword_prefix": "##"}
PLAIN_TOKEN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


@dataclass(frozen=True, slots=True)
class CharacterTable:
    """A tokenizer of characters and ASCII words.

    Attributes:
        ids: For every code point the id of its token, or `BLANK` or `LETTER`.
        folds: Letters that are read as ASCII ones, by code point.
        vocabulary: Token to id.
        unknown: Id of the unknown token.
        max_word: Longer runs of letters are unknown as a whole.
        added: Finds tokens that stand for themselves in a text, which the table does not know.
    """

    ids: npt.NDArray[np.int32]
    folds: Mapping[int, int]
    vocabulary: Mapping[str, int]
    unknown: int
    max_word: int
    added: re.Pattern[str]
    _words: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> CharacterTable | None:
        """The table of a ``tokenizer.json``, or None if it has another layout.

        Raises:
            ValueError: If the file is no JSON.
            OSError: If it cannot be read.
        """
        content = json.loads(path.read_text(encoding="utf-8"))
        try:
            return cls._from_layout(content) if _has_layout(content) else None
        except (KeyError, TypeError, AttributeError):
            return None

    @classmethod
    def _from_layout(cls, content: Mapping[str, Any]) -> CharacterTable:
        """The table of a tokenizer whose layout has been checked."""
        vocabulary: dict[str, int] = content["model"]["vocab"]
        unknown = vocabulary[content["model"]["unk_token"]]
        ids = np.full(N_CODES, unknown, dtype=np.int32)
        for token, token_id in vocabulary.items():
            if len(token) == 1:
                ids[ord(token)] = token_id
        ids[list(SPACES)] = BLANK
        ids[ord("A") : ord("Z") + 1] = ids[ord("a") : ord("z") + 1] = LETTER
        twins = _twins(content["normalizer"]["normalizers"])
        ids[list(twins)] = ids[list(twins.values())]
        ids[0xD800:0xE000] = ids[REPLACEMENT]  # halves of surrogate pairs, which the library cannot take
        folds = {code: twin for code, twin in twins.items() if ids[code] == LETTER}
        added = "|".join(re.escape(token["content"]) for token in content["added_tokens"])
        max_word = content["model"]["max_input_chars_per_word"]
        return cls(ids, folds, vocabulary, unknown, max_word, re.compile(added or r"(?!)"))

    def encode(self, text: str) -> tuple[Ints, Ints] | None:
        """Ids and half-open characters of the tokens of a text, or None if it holds a token that stands for itself.

        Shapes:
            result: ``(n_tokens,)`` and ``(n_tokens, 2)``
        """
        if self.added.search(text):
            return None
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        ids = self.ids[codes]
        letters = ids == LETTER
        ends = np.arange(1, len(ids) + 1)
        if letters.any():
            edges = np.flatnonzero(np.diff(letters, prepend=False, append=False))
            for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                word_ids, word_ends = self._word(text[start:end])
                ids[start:end] = word_ids
                ends[start:end] = word_ends
                ends[start:end] += start
        starts = np.flatnonzero(ids >= 0)
        return ids[starts].astype(np.int64), np.stack([starts, ends[starts]], axis=1)

    def _word(self, word: str) -> tuple[list[int], list[int]]:
        """For every letter of a word the id of the piece that begins there, or `BLANK`, and where that piece ends."""
        found = self._words.get(word)
        if found is None:
            if len(self._words) >= MAX_WORDS:
                self._words.clear()
            pieces = self._pieces(word.translate(self.folds))
            ids, ends = [BLANK] * len(word), [0] * len(word)
            for token_id, start, end in pieces:
                ids[start], ends[start] = token_id, end
            found = self._words[word] = ids, ends
        return found

    def _pieces(self, word: str) -> list[tuple[int, int, int]]:
        """Ids and places of the pieces of a word: the longest that the vocabulary has, from left to right."""
        whole = [(self.unknown, 0, len(word))]
        if len(word) > self.max_word:
            return whole
        pieces: list[tuple[int, int, int]] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            end = len(word)
            while end > start and prefix + word[start:end] not in self.vocabulary:
                end -= 1
            if end == start:
                return whole
            pieces.append((self.vocabulary[prefix + word[start:end]], start, end))
            start = end
        return pieces


def _twins(rules: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """The characters that are read as another one, each with its twin; the rules hold one after the other."""
    twins: dict[int, int] = {}
    for rule in rules:
        old, new = ord(rule["pattern"]["String"]), ord(rule["content"])
        for code in (old, *twins):
            if twins.get(code, code) == old:
                twins[code] = new
    return twins


def _has_layout(content: Mapping[str, Any]) -> bool:
    """Whether a ``tokenizer.json`` is of the one layout that the table can stand for."""
    model, normalizer, splitter = content["model"], content["normalizer"], content["pre_tokenizer"]
    return (
        all(model[key] == value for key, value in MODEL.items())
        and model["unk_token"] in model["vocab"]
        and normalizer["type"] == splitter["type"] == "Sequence"
        and splitter["pretokenizers"] == PRE_TOKENIZERS
        and all(
            rule["type"] == "Replace" and len(rule["pattern"]["String"]) == len(rule["content"]) == 1
            for rule in normalizer["normalizers"]
        )
        and all(token[key] == value for token in content["added_tokens"] for key, value in PLAIN_TOKEN.items())
    )
