"""Other ways in which the same report could have been written: marks, blanks, line breaks, widths, years.

Each function returns the document with spans and relations on the same words.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence

from lawner.document import Document, Span
from lawner.edits import Edit, apply_edits, free_cuts, keep_fitting

DIGITS = ("0123456789", "０１２３４５６７８９")
_LETTERS = string.ascii_letters
WIDTHS: dict[str, tuple[str, str]] = {
    "digits": DIGITS,
    "percent": ("%‰", "％‰"),
    "point": (".", "．"),
    "letters": (_LETTERS, "".join(chr(ord(letter) + 0xFEE0) for letter in _LETTERS)),
    "marks": (",;:!?()", "，；：！？（）"),
}
"""Half-width characters and their full-width twins; a point only between digits."""

WIDTH_PROFILES: tuple[tuple[str, ...], ...] = (
    ("digits",),
    ("digits", "percent", "point"),
    ("digits", "percent", "point", "letters"),
    ("percent",),
    ("letters",),
    ("marks",),
)
BLANK_SIDES = ((True, True), (False, True), (False, True), (True, False))
"""Whether a blank goes before and after a number."""

MARK_PAIRS = ((",", "，"), (";", "；"), (":", "："), ("()", "（）"), ("[]", "［］"))
BLANKS = " \u00a0\u3000"
_NUMBER_CHARACTER = "0-9０-９"
_HAN = "\u4e00-\u9fff"
LINE_BREAK = re.compile(rf"[\t{BLANKS}]*(?:\r?\n[\t{BLANKS}]*)+")
LINE_BREAKS = ("\n", "\n\n", "\n\u3000\u3000", "\r\n", "\n    ", "\n\n\u3000\u3000", "\u3000\u3000", " ")
"""What can stand between two lines; the last two are what is left when a page is flattened."""

_Y = f"[2２][0０][{_NUMBER_CHARACTER}]{{2}}"
YEAR = re.compile(
    rf"《[^》\n]*》|(?<![{_NUMBER_CHARACTER}])(?P<digits>{_Y})(?=年|[—–~～至-]{_Y}年|[〕\]］])"
    r"|(?P<words>二[〇○零][〇○零一二][〇○零一二三四五六七八九])(?=年)"
)
CHINESE_YEAR = "〇一二三四五六七八九"
_TO_DIGITS = str.maketrans(DIGITS[1] + CHINESE_YEAR + "○零", DIGITS[0] * 2 + "00")
FIRST_YEAR, LAST_YEAR, MOST_YEARS = 2005, 2026, 4


def vary_punctuation(document: Document, *, label: str, rng: random.Random) -> Document:
    """The document with one or two of: other marks, other blanks around numbers, other line breaks.

    Args:
        document: Any.
        label: The span label of names; all other spans are values.
        rng: Decides which.
    """
    for variant in rng.sample(PUNCTUATION, rng.randint(1, 2)):
        edits = variant(document, label, rng)
        document = apply_edits(document, keep_fitting(document, edits))
    return document


def _marks(document: Document, _label: str, rng: random.Random) -> Iterator[Edit]:
    """Commas, semicolons, colons or brackets in the other width."""
    for half, full in rng.sample(MARK_PAIRS, rng.randint(1, len(MARK_PAIRS))):
        found = [sum(map(document.text.count, marks)) for marks in (half, full)]
        old, new = (half, full) if found[0] > found[1] else (full, half)
        other = dict(zip(old, new, strict=True))
        pattern = rf"(?<![{_NUMBER_CHARACTER}])[{re.escape(old)}]|[{re.escape(old)}](?![{_NUMBER_CHARACTER}])"
        yield from (Edit(mark.start(), mark.end(), other[mark.group()]) for mark in re.finditer(pattern, document.text))


def _quotes(document: Document, _label: str, rng: random.Random) -> Iterator[Edit]:
    """Quotation marks of another kind."""
    new = rng.choice(('""', "「」", "‘’", "＂＂"))
    for mark in re.finditer("[“”]", document.text):
        yield Edit(mark.start(), mark.end(), new["“”".index(mark.group())])


def _separators(document: Document, label: str, rng: random.Random) -> Iterator[Edit]:
    """A comma for the semicolon or 、 between one value and the next name, or 、 for a comma."""
    free = set(free_cuts(document, range(len(document.text) + 1)))
    names = {span.start for span in document.spans if span.label == label}
    for span in document.spans:
        place = span.end
        mark = document.text[place : place + 1]
        if span.label != label and {place, place + 1} <= free and place + 1 in names and mark in {"、", "，", "；"}:
            yield Edit(place, place + 1, rng.choice("，，、" if mark == "；" else "，；" if mark == "、" else "、；"))


def _blanks(document: Document, label: str, rng: random.Random) -> Iterator[Edit]:
    """A blank before or after the number of a value, or none where there was one."""
    values = [span for span in document.spans if span.label != label]
    spaced = sum(any(blank in document.text_of(span) for blank in BLANKS) for span in values)
    if spaced * 3 > len(values):
        yield from _without_blanks(document, values)
        return
    share, (before, after) = rng.choice((0.4, 1.0)), rng.choice(BLANK_SIDES)
    for span in values:
        if rng.random() >= share:
            continue
        for number in re.finditer(
            rf"[{_NUMBER_CHARACTER}]+(?:[.,，．][{_NUMBER_CHARACTER}]+)*", document.text_of(span)
        ):
            start, end = span.start + number.start(), span.start + number.end()
            if before and re.match(f"[{_HAN}]", document.text[start - 1 : start]):
                yield Edit(start, start, " ")
            if after and end < span.end and re.match(f"[{_HAN}]", document.text[end]):
                yield Edit(end, end, " ")


def _without_blanks(document: Document, values: Iterable[Span]) -> Iterator[Edit]:
    """Every blank within and directly before a value dropped."""
    for span in values:
        start = span.start
        while start > 0 and document.text[start - 1] in BLANKS:
            start -= 1
        if not re.match(f"[{_HAN}]", document.text[start - 1 : start]):
            start = span.start
        for place in range(start, span.end):
            if document.text[place] in BLANKS:
                yield Edit(place, place + 1, "")


def _lines(document: Document, _label: str, rng: random.Random) -> Iterator[Edit]:
    """Lines divided in another way."""
    new = rng.choices(LINE_BREAKS, (4, 4, 3, 1, 2, 2, 1, 1))[0]
    return (Edit(match.start(), match.end(), new) for match in LINE_BREAK.finditer(document.text))


PUNCTUATION: Sequence[Callable[[Document, str, random.Random], Iterable[Edit]]] = (
    _marks,
    _quotes,
    _separators,
    _blanks,
    _lines,
)


def to_width(document: Document, classes: Iterable[str], *, full: bool) -> Document:
    """The document with characters of some classes of `WIDTHS` all in full width, or all in half width.

    Example:
        >>> to_width(Document("a", "受理12件，占3.5%"), ["digits", "point"], full=True).text
        '受理１２件，占３．５%'
    """
    text = document.text
    for name in classes:
        half, wide = WIDTHS[name]
        old, new = (half, wide) if full else (wide, half)
        if name == "point":
            text = re.sub(rf"(?<=[{_NUMBER_CHARACTER}])[{old}](?=[{_NUMBER_CHARACTER}])", new, text)
        else:
            text = text.translate(str.maketrans(old, new))
    return Document(document.doc_id, text, document.spans, document.relations, document.source)


def swap_widths(document: Document, *, rng: random.Random) -> Document:
    """The document with digits, letters or marks in the width that is rarer in it."""
    classes = rng.choice(WIDTH_PROFILES)
    half, full = (sum(map(document.text.count, characters)) for characters in WIDTHS[classes[0]])
    return to_width(document, classes, full=half > full)


def shift_years(document: Document, *, label: str, rng: random.Random) -> Document:
    """The document some years earlier or later; years in titles of laws and in values stay."""
    values = [span for span in document.spans if span.label != label]
    covered = {place for span in values for place in range(span.start, span.end)}
    found = [match for match in YEAR.finditer(document.text) if match.lastgroup and match.start() not in covered]
    if not found:
        return document
    years = [_year(match.group()) for match in found]
    lowest = min(0, max(-MOST_YEARS, FIRST_YEAR - min(years)))
    highest = max(0, min(MOST_YEARS, LAST_YEAR - max(years)))
    distances = [distance for distance in range(lowest, highest + 1) if distance]
    if not distances:
        return document
    distance = rng.choice(distances)
    edits = [
        Edit(match.start(), match.end(), _like(str(year + distance), match.group()))
        for match, year in zip(found, years, strict=True)
    ]
    return apply_edits(document, keep_fitting(document, edits))


def _year(text: str) -> int:
    """A year in digits of any kind."""
    return int(text.translate(_TO_DIGITS))


def _like(number: str, pattern: str) -> str:
    """A year written as another one is: half-width, full-width or in words, with the same sign for zero."""
    if pattern[0] in DIGITS[0]:
        return number
    if pattern[0] in DIGITS[1]:
        return number.translate(str.maketrans(*DIGITS))
    zero = next((sign for sign in "○零" if sign in pattern), "〇")
    return number.translate(str.maketrans(DIGITS[0], zero + CHINESE_YEAR[1:]))
