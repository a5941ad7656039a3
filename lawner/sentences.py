"""Where sentences end in Chinese running text, and windows cut at those places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

SENTENCE_END = re.compile(r"(?:[。！？!?；;]+[”’」』）)》]*|\.(?=\s|$)|…+)\s*|(?<!\s)\s*[\r\n]+\s*")
CLAUSE_END = re.compile(r"[，,、：:）)\s]")


def sentence_ends(text: str) -> list[int]:
    """Offsets one past each sentence, ascending, the last ``len(text)``; closing quotes and blanks go with a sentence.

    Example:
        >>> sentence_ends("受理5件。办结3件；其余在办")
        [5, 10, 14]
    """
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    if text and (not ends or ends[-1] < len(text)):
        ends.append(len(text))
    return ends


def cut_windows(text: str, *, max_characters: int, keep_whole: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Cut a text into consecutive windows that end where sentences do.

    Args:
        text: The text of a document.
        max_characters: The most a window holds; longer sentences are cut at a comma, and at worst in mid-clause.
        keep_whole: Half-open character ranges (spans, a value with its name) that no cut may divide while they fit.

    Returns:
        Half-open ranges that together are exactly ``[0, len(text))``; none longer than `max_characters`.
    """
    if max_characters < 1:
        raise ValueError(f"a window of {max_characters} characters holds nothing")
    forbidden = bytearray(len(text) + 1)
    for start, end in keep_whole:
        if end - start <= max_characters:
            forbidden[start + 1 : end] = b"\1" * (end - start - 1)
    cuts, start = [0], 0
    good = [end for end in sentence_ends(text) if not forbidden[end]]
    position = 0
    while len(text) - start > max_characters:
        limit = start + max_characters
        while position < len(good) and good[position] <= limit:
            position += 1
        best = good[position - 1] if position and good[position - 1] > start else 0
        start = best or _cut_inside(text, start, limit, forbidden)
        cuts.append(start)
    cuts.append(len(text))
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def _cut_inside(text: str, start: int, limit: int, forbidden: bytearray) -> int:
    """The best place to cut a sentence that is too long: a clause end, else any allowed place, else the limit."""
    for clause_end in (True, False):
        for place in range(limit, start, -1):
            if not forbidden[place] and (not clause_end or CLAUSE_END.match(text[place - 1])):
                return place
    return limit
