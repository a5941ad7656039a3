"""Text to token ids and the characters they stand for, with the tokenizer of any BERT and without transformers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lawner.alignment import Offsets
from lawner.characters import CharacterTable
from lawner.errors import MissingExtraError, ModelError
from lawner.sentences import sentence_ends

if TYPE_CHECKING:
    from tokenizers import Encoding as LibraryEncoding
    from tokenizers import Tokenizer

FRAME = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
SURROGATE = re.compile("[\ud800-\udfff]")
TEXTS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Encoding:
    """A document's tokens, without special ones.

    Attributes:
        ids: Token ids, ``(n_tokens,)``.
        offsets: Half-open characters of every token, ``(n_tokens, 2)``; empty for tokens that stand for none.
        breaks: Indices of the tokens that begin a sentence, ascending.
    """

    ids: npt.NDArray[np.int64]
    offsets: Offsets
    breaks: npt.NDArray[np.int64]

    def select(self, kept: npt.NDArray[np.bool_]) -> Encoding:
        """Those of the tokens that are kept, as if nothing stood between them.

        Shapes:
            kept: ``(n_tokens,)``
        """
        before = np.concatenate([[0], np.cumsum(kept)])
        return Encoding(self.ids[kept], self.offsets[kept], np.unique(before[self.breaks]))


class Encoder:
    """Encodes texts.

    Attributes:
        path: The ``tokenizer.json``.
        table: The same as a table over code points, where the file is of that kind.
        cls_id: Id of the token that opens a window.
        sep_id: Id of the token that closes one.
        pad_id: Id that fills up a batch.
    """

    def __init__(self, path: Path, *, table: CharacterTable | None, frame: tuple[int, int, int]) -> None:
        self.path = path
        self.table = table
        self.cls_id, self.sep_id, self.pad_id = frame
        self._tokenizer: Tokenizer | None = None

    @classmethod
    def from_pretrained(cls, folder: Path) -> Encoder:
        """The encoder of a model folder.

        Raises:
            ModelError: If ``tokenizer.json`` is missing, broken, or lacks the tokens that frame a window.
        """
        path = Path(folder) / "tokenizer.json"
        if not path.is_file():
            raise ModelError(
                f"{folder}: there is no tokenizer.json, which a fast tokenizer needs; save the model's tokenizer with "
                "transformers' AutoTokenizer.save_pretrained"
            )
        try:
            table = CharacterTable.from_file(path)
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: this is no tokenizer file ({error})") from None
        names = FRAME | _settings(path.with_name("tokenizer_config.json"))
        if table:
            ids = [table.vocabulary.get(name) for name in names.values()]
        else:
            tokenizer = _load_tokenizer(path)
            ids = [tokenizer.token_to_id(name) for name in names.values()]
        for name, token_id in zip(names.values(), ids, strict=True):
            if token_id is None:
                raise ModelError(f"{path}: there is no token {name}; expected a tokenizer of BERT's kind")
        cls_id, sep_id, pad_id = (token_id or 0 for token_id in ids)
        return cls(path, table=table, frame=(cls_id, sep_id, pad_id))

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizers library's own, loaded when first needed."""
        if self._tokenizer is None:
            self._tokenizer = _load_tokenizer(self.path)
        return self._tokenizer

    def encode(self, text: str) -> Encoding:
        """The tokens of a text."""
        return next(self.encode_many([text]))

    def encode_many(self, texts: Iterable[str]) -> Iterator[Encoding]:
        """The tokens of each text, in order; a few texts are read ahead where that is faster."""
        rest = iter(texts)
        if self.table:
            for text in rest:
                known = self.table.encode(text)
                ids, offsets = known or _arrays(self.tokenizer.encode(_whole(text), add_special_tokens=False))
                yield Encoding(ids, offsets, _breaks(text, offsets))
            return
        while group := list(islice(rest, TEXTS_AT_ONCE)):
            encoded = self.tokenizer.encode_batch([_whole(text) for text in group], add_special_tokens=False)
            for text, item in zip(group, encoded, strict=True):
                ids, offsets = _arrays(item)
                yield Encoding(ids, offsets, _breaks(text, offsets))


def _load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a file, without truncation and padding."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtraError(f"{path}", package="tokenizers", extra="train") from None
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare exceptions
        raise ModelError(f"{path}: this is no tokenizer file ({error})") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _settings(path: Path) -> dict[str, str]:
    """The names that a ``tokenizer_config.json`` gives the tokens of the frame."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = {key: content.get(key) for key in FRAME} if isinstance(content, dict) else {}
    names = {key: value.get("content") if isinstance(value, dict) else value for key, value in found.items()}
    return {key: value for key, value in names.items() if isinstance(value, str)}


def _whole(text: str) -> str:
    """The text with halves of surrogate pairs, which no tokenizer takes, replaced one for one."""
    return SURROGATE.sub("\ufffd", text)


def _arrays(encoded: LibraryEncoding) -> tuple[npt.NDArray[np.int64], Offsets]:
    """Ids and offsets; tokens that stand for no character lie, empty, where the one before them ends."""
    ids = np.array(encoded.ids, dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(encoded.offsets), dtype=np.int64, count=2 * len(ids))
    offsets = flat.reshape(-1, 2)
    empty = offsets[:, 0] >= offsets[:, 1]
    if empty.any():
        ends = np.maximum.accumulate(np.where(empty, 0, offsets[:, 1]))
        offsets[empty] = ends[empty, None]
    return ids, offsets


def _breaks(text: str, offsets: Offsets) -> npt.NDArray[np.int64]:
    """Indices of the tokens that begin a sentence, and the number of tokens."""
    ends = np.array(sentence_ends(text), dtype=np.int64)
    found = np.searchsorted(offsets[:, 0], ends, side="left")
    return found[np.diff(found, prepend=-1) > 0]
