"""Turn reports written in the light inline mark-up into brat files, and back.

Run it after writing or correcting an annotated report. One paragraph a line; the marks are ASCII brackets, which
Chinese reports do not use themselves:

    全年[新收行政案件]{1204件|C}，其中[撤销]{36件|C}；培训{35名|N}[公职律师]。

* ``[...]`` is a NAME; ``{...|X}`` is a value, X its type: C (CASE), N (COUNT), R (RATE), M (AMOUNT).
* A value belongs to the name that follows it directly, else to the nearest name before it in its line.
* Where that is wrong, number the name and say the number in the value: ``[1:许可]、[2:处罚]分别为{5件|N1}、{8件|N2}``.
* ``{12次|N0}`` is a value without a name.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import lawner
from lawner.formats.brat import to_ann

LABELS = {"C": "CASE", "N": "COUNT", "R": "RATE", "M": "AMOUNT"}
LETTERS = {label: letter for letter, label in LABELS.items()}
MARK = re.compile(
    r"\[(?:(?P<name_id>\d+):)?(?P<name>[^\[\]{}\n]+)\]|\{(?P<value>[^\[\]{}|\n]+)\|(?P<type>[CNRM])(?P<link>\d*)\}"
)

Span = tuple[int, int, str]
Link = tuple[int, int]


class MarkupError(ValueError):
    """A mark that cannot be read; the message says the line and what is wrong."""


def parse_line(line: str, start: int) -> tuple[str, list[Span], list[Link]]:
    """Read one marked-up line.

    Args:
        line: One paragraph without its line break.
        start: Character offset at which the paragraph's plain text will stand in the document.

    Returns:
        The plain text, its spans with document offsets, and the links as (value, name) positions in that span list.

    Raises:
        MarkupError: If a bracket is left over or a number points to no name.
    """
    plain = ""
    spans: list[Span] = []
    pointers: list[tuple[int, str]] = []
    numbered: dict[str, int] = {}
    names: list[int] = []
    position = 0
    for mark in MARK.finditer(line):
        plain += line[position : mark.start()]
        position = mark.end()
        body = mark["name"] or mark["value"]
        span = (start + len(plain), start + len(plain) + len(body))
        plain += body
        if mark["name"] is not None:
            names.append(len(spans))
            if mark["name_id"]:
                if mark["name_id"] in numbered:
                    raise MarkupError(f"name number {mark['name_id']} is given twice in one line")
                numbered[mark["name_id"]] = len(spans)
            spans.append((*span, "NAME"))
        else:
            pointers.append((len(spans), mark["link"]))
            spans.append((*span, LABELS[mark["type"]]))
    plain += line[position:]
    left_over = re.search(r"[\[\]{}]", plain)
    if left_over:
        raise MarkupError(f"left-over bracket near {plain[max(0, left_over.start() - 12) : left_over.start() + 12]!r}")
    return (
        plain,
        spans,
        [(value, name) for value, name in _resolve(spans, names, pointers, numbered) if name is not None],
    )


def _resolve(
    spans: list[Span], names: list[int], pointers: list[tuple[int, str]], numbered: dict[str, int]
) -> list[tuple[int, int | None]]:
    """Find the name each value points to; None for a value marked as nameless."""
    links: list[tuple[int, int | None]] = []
    for value, pointer in pointers:
        if pointer == "0":
            links.append((value, None))
            continue
        if pointer:
            if pointer not in numbered:
                raise MarkupError(f"a value points to name number {pointer}, which this line does not have")
            links.append((value, numbered[pointer]))
            continue
        following = [n for n in names if spans[n][0] == spans[value][1]]
        before = [n for n in names if spans[n][1] <= spans[value][0]]
        if not following and not before:
            raise MarkupError(f"value {value + 1} of the line has no name; write 0 after its type if it has none")
        links.append((value, following[0] if following else before[-1]))
    return links


def from_inline(source: str) -> tuple[str, list[Span], list[Link]]:
    """Read a marked-up document; offsets are code points of the returned text, half-open."""
    lines: list[str] = []
    spans: list[Span] = []
    links: list[Link] = []
    start = 0
    for number, line in enumerate(source.split("\n"), 1):
        try:
            plain, line_spans, line_links = parse_line(line, start)
        except MarkupError as error:
            raise MarkupError(f"line {number}: {error}") from None
        links += [(value + len(spans), name + len(spans)) for value, name in line_links]
        spans += line_spans
        lines.append(plain)
        start += len(plain) + 1
    return "\n".join(lines), spans, links


def to_inline(text: str, spans: list[Span], links: list[Link]) -> str:
    """Write a document in the mark-up; numbers appear only where the default rule would link wrongly."""
    name_of = dict(links)
    order = sorted(range(len(spans)), key=lambda i: spans[i])
    out, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        here = [i for i in order if start <= spans[i][0] and spans[i][1] <= end]
        names = [i for i in here if spans[i][2] == "NAME"]
        default = {}
        for i in here:
            if spans[i][2] != "NAME":
                following = [n for n in names if spans[n][0] == spans[i][1]]
                before = [n for n in names if spans[n][1] <= spans[i][0]]
                default[i] = following[0] if following else (before[-1] if before else None)
        wrong = [i for i in default if name_of.get(i) != default[i] or name_of.get(i) is None]
        number = {n: str(k) for k, n in enumerate(sorted({name_of[i] for i in wrong if i in name_of}), 1)}
        marked, position = "", start
        for i in here:
            a, b, label = spans[i]
            marked += text[position:a]
            if label == "NAME":
                marked += "[" + (number[i] + ":" if i in number else "") + text[a:b] + "]"
            else:
                pointer = (number[name_of[i]] if i in name_of else "0") if i in wrong else ""
                marked += "{" + text[a:b] + "|" + LETTERS[label] + pointer + "}"
            position = b
        out.append(marked + text[position:end])
        start = end + 1
    return "\n".join(out)


def to_brat(text: str, spans: list[Span], links: list[Link]) -> str:
    """The .ann file for a document: T lines in order of position, then R lines."""
    placed = [lawner.Span(*span) for span in spans]
    relations = [lawner.Relation(placed[value], placed[name], "Measures") for value, name in links]
    return to_ann(lawner.Document("", text, placed, relations))


def from_brat(text: str, ann: str) -> tuple[str, list[Span], list[Link]]:
    """Read the T and R lines of a .ann file written by `to_brat` (or a tool that writes the same)."""
    spans: list[Span] = []
    ids: dict[str, int] = {}
    links: list[Link] = []
    for line in ann.splitlines():
        fields = line.split("\t")
        if line.startswith("T"):
            label, a, b = fields[1].split()
            ids[fields[0]] = len(spans)
            spans.append((int(a), int(b), label))
    for line in ann.splitlines():
        fields = line.split("\t")
        if line.startswith("R"):
            _, head, tail = fields[1].split()
            links.append((ids[head.partition(":")[2]], ids[tail.partition(":")[2]]))
    return text, spans, links


def main(arguments: list[str]) -> int:
    """Convert ``SRC DST``: each marked-up .txt of folder SRC becomes .txt and .ann in folder DST."""
    if len(arguments) != 2:
        print("usage: markup.py SRC DST", file=sys.stderr)
        return 2
    source, target = map(Path, arguments)
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.txt")):
        try:
            text, spans, links = from_inline(path.read_text(encoding="utf-8"))
        except MarkupError as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 1
        (target / path.name).write_text(text, encoding="utf-8", newline="")
        (target / path.with_suffix(".ann").name).write_text(to_brat(text, spans, links), encoding="utf-8", newline="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
