"""Characters with a meaning in WebAnno TSV 3, and how they are written when they have none."""

from __future__ import annotations

import re

RESERVED = re.compile(r"->|[\\\[\]|_;\t\n*]")
CONTROL = re.compile(r"[\x00-\x1f\\]")
ESCAPED = re.compile(r"\\(->|[\x00-\x1f\\tnfrb\[\]|_;*])", re.DOTALL)
NAMED = {"\t": "t", "\n": "n", "\f": "f", "\r": "r", "\b": "b"}
CHARACTERS = {letter: character for character, letter in NAMED.items()}


def escape_text(text: str) -> str:
    r"""A text as it stands after ``#Text=``: control characters and backslashes escaped.

    Example:
        >>> escape_text("5件\r")
        '5件\\r'
    """
    return CONTROL.sub(lambda match: "\\" + NAMED.get(match[0], match[0]), text)


def escape_value(value: str) -> str:
    r"""A feature's value as it stands in a cell: everything with a meaning there escaped.

    Example:
        >>> escape_value("A_B->C")
        'A\\_B\\->C'
    """
    return RESERVED.sub(lambda match: "\\" + NAMED.get(match[0], match[0]), value)


def unescape(text: str) -> str:
    r"""The inverse of `escape_text` and `escape_value`.

    Example:
        >>> unescape("A\\_B\\->C\\\\n")
        'A_B->C\\n'
    """
    return ESCAPED.sub(lambda match: CHARACTERS.get(match[1], match[1]), text) if "\\" in text else text
