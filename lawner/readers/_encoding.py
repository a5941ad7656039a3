"""Bytes to text, in the encodings Chinese offices use."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from lawner.errors import ReadError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NEVER_DECLARED = frozenset(("idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"))
"""Codecs of Python that no page is written in."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The commonest characters of reports: a decoding that has few of them is a wrong one.
COMMON = frozenset(
    "的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生政府法行工作全市县省案件执监督管理公开实"
)


def decode(data: bytes, *, path: Path, declared: str | None = None) -> str:
    """Bytes to text: byte order mark, then strict UTF-8, then the declared encoding, GB18030, UTF-16, then a guess.

    UTF-8 comes before the declaration: Chinese in another encoding is as good as never valid UTF-8, while pages that
    declare the wrong encoding are common.

    Args:
        data: A whole file; guesses on snippets go wrong.
        path: For the message.
        declared: What a page says of itself. GB2312 and GBK mean GB18030, which holds both.

    Raises:
        ReadError: If nothing fits, or the text is nothing but white space.
    """
    text = _decode(data, path, normalise_encoding(declared) if declared else None)
    if not text.replace("\ufeff", "").strip():
        raise ReadError("the file is empty; a report was expected", path=path)
    return text


def normalise_encoding(name: str) -> str | None:
    """The codec for a declared encoding; None if there is none that a page can be in.

    Example:
        >>> normalise_encoding("GB2312"), normalise_encoding("utf8"), normalise_encoding("hex")
        ('gb18030', 'utf-8', None)

    Source:
        WHATWG HTML, 13.2.3.2: a page whose declaration can be read byte by byte is not UTF-16, whatever it declares.
    """
    try:
        codec = codecs.lookup(name.strip().strip("\"'")).name
        b"a".decode(codec)
    except (LookupError, UnicodeError):
        return None
    if codec in NEVER_DECLARED or codec.startswith(("utf-16", "utf-32")):
        return None
    return "gb18030" if codec in ("gb2312", "gbk", "hz", "cp936") else codec


def _decode(data: bytes, path: Path, declared: str | None) -> str:
    """The text of a file by the first encoding that fits."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decode_as(data, encoding, path)
    text = _try(data, "utf-8")
    if text is not None and "\0" not in text and (declared is None or text.isascii() or CHINESE.search(text)):
        return text
    declared_text = _try(data, declared) if declared else None
    if declared_text is None:
        return _without_mark(data, path)
    if len(declared_text) == len(data):  # one character for every byte: Latin or the like, which holds no Chinese
        chinese = _try(data, "gb18030")
        if chinese is not None and _looks_chinese(chinese):
            return chinese
    return declared_text


def _try(data: bytes, encoding: str) -> str | None:
    """The decoded text, or None."""
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None


def _decode_as(data: bytes, encoding: str, path: Path) -> str:
    """Decode by a mark that cannot be wrong."""
    text = _try(data, encoding)
    if text is None:
        raise ReadError(
            f"the byte order mark says {encoding}, but the bytes are not; save the file as UTF-8", path=path
        )
    return text


def _without_mark(data: bytes, path: Path) -> str:
    """Text that says nothing of its encoding and is not UTF-8."""
    if b"\0" in data:
        for encoding in ("utf-16-le", "utf-16-be"):
            text = _try(data, encoding)
            if text is not None and _chinese_share(text) > 0.5:
                return text
        raise ReadError(
            "this is a binary file, not text; if it is a Word or PDF file, give it its right suffix", path=path
        )
    text = _try(data, "gb18030")
    if text is not None and (_looks_chinese(text) or not text.strip()):
        return text
    guess = _guess(data)
    if guess is not None:
        return guess
    if text is not None and CHINESE.search(text):
        return text
    raise ReadError("the encoding cannot be told (not UTF-8, GB18030 or UTF-16); save the file as UTF-8", path=path)


def _chinese_share(text: str) -> float:
    """Share of the characters that belong in a Chinese report."""
    known = sum(
        character in "\r\n\t 　，。、；：（）％“”" or "\u4e00" <= character <= "\u9fff" or character.isascii()
        for character in text
    )
    return known / max(1, len(text))


def _looks_chinese(text: str) -> bool:
    """Whether common characters make up the share they have in real prose."""
    letters = CHINESE.findall(text)
    return len(letters) > 0 and sum(letter in COMMON for letter in letters) / len(letters) > 0.08


def _guess(data: bytes) -> str | None:
    """A guess over the whole file, kept if it looks like Chinese prose."""
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    text = str(best) if best is not None else ""
    return text if _looks_chinese(text) else None
