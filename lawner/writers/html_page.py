"""The parts of the page of records: rows of its table, and reports with their marks. Everything is escaped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from itertools import pairwise

from lawner.document import Document
from lawner.records import Record
from lawner.sentences import sentence_ends

CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)], "\ufffd")
"""Characters that no web page may hold."""

LABELS: Mapping[str, str] = {"CASE": "案件", "COUNT": "数量", "RATE": "比率", "AMOUNT": "金额"}
"""Chinese words for the labels of the default set, in the order of their colours."""

COLUMNS = (
    ("报告", "report", "text"),
    ("类型", "type", "text"),
    ("指标", "name", "text"),
    ("原文", "as written", "text"),
    ("数值", "value", "number"),
    ("单位", "unit", "text"),
    ("时期", "period", "text"),
    ("置信度", "score", "number"),
)
"""Headings of the table and how their columns are sorted."""

MOST_DECIMALS = 6
AROUND = 200
"""Characters kept before and after a mark where only sentences are shown."""


@dataclass(slots=True)
class _Mark:
    """A stretch of text with the records that rest on it."""

    start: int
    end: int
    is_value: bool
    records: list[tuple[int, Record]] = field(default_factory=list)


def shown(text: str) -> str:
    """Text that is safe inside an element or an attribute."""
    return escape(text.translate(CONTROLS))


def reading(record: Record) -> str:
    """The number of a record as people write it, bounds and all.

    A single figure stands alone; a bound is written ``≥ 60``, a range ``[400, 500)`` with a round bracket where the
    number itself is left out. Fractions that go on are cut; files of records have all their digits.
    """
    low, high = record.lower, record.upper
    if low is not None and high is not None:
        brackets = "[("[record.lower_open], "])"[record.upper_open]
        words = _figure(low) if low == high else f"{brackets[0]}{_figure(low)}, {_figure(high)}{brackets[1]}"
    elif low is not None:
        words = f"{'≥>'[record.lower_open]} {_figure(low)}"
    elif high is not None:
        words = f"{'≤<'[record.upper_open]} {_figure(high)}"
    else:
        words = "" if record.value is None else _figure(record.value)
    return f"≈ {words}" if words and record.approximate else words


def _figure(number: Decimal) -> str:
    """A number with separators, and not much more than what fits a column."""
    whole, point, rest = f"{number:,f}".partition(".")
    return f"{whole}.{rest[:MOST_DECIMALS]}…" if len(rest) > MOST_DECIMALS else f"{whole}{point}{rest}"


def label_words(label: str) -> str:
    """A label in Chinese and as written in the data."""
    return f"{LABELS[label]} {label}" if label in LABELS else label


def table_row(number: int, record: Record, kind: int) -> str:
    """One row of the table, with a link to the place in the text."""
    figure = next((one for one in (record.value, record.lower, record.upper) if one is not None), None)
    score = f"{record.score:.4g}"
    period = record.period + (f" ← {record.compared_with}" if record.compared_with else "")
    return (
        f"<tr><td>{shown(record.doc_id)}</td>"
        f'<td><mark class="k{kind}">{shown(LABELS.get(record.label, record.label))}</mark></td>'
        f"<td>{shown(record.full_name)}</td>"
        f'<td><a href="#r{number}">{shown(record.value_text)}</a></td>'
        f'<td class="number" data-v="{_sortable(figure)}">{shown(reading(record))}</td>'
        f'<td>{shown(record.unit)}</td><td>{shown(period)}</td><td class="number" data-v="{score}">{score}</td></tr>\n'
    )


def _sortable(number: Decimal | None) -> str:
    """A number that a script can compare."""
    return "" if number is None else f"{number:f}"


def report(
    document: Document, records: Sequence[tuple[int, Record]], kinds: Mapping[str, int], *, whole: bool
) -> Iterator[str]:
    """One report with its values and names marked.

    Args:
        document: The report.
        records: Its records, each with its number on the page.
        kinds: The colour of each label.
        whole: Whether to show the full text; else only what surrounds the records.
    """
    words = f"{len(records):,} 条指标 indicators" + ("" if whole else " · 只列相关句子 sentences only")
    yield f"<section>\n<h3>{shown(document.doc_id)}<small>{words}</small></h3>\n"
    marks = _marks(records)
    stretches = [(0, len(document.text))] if whole else _stretches(document.text, marks)
    first = 0
    for start, end in stretches:
        last = first
        while last < len(marks) and marks[last].start < end:
            last += 1
        cut = "…" * (start > 0 and not whole), "…" * (end < len(document.text) and not whole)
        yield f"<p>{cut[0]}{''.join(_marked(document.text, (start, end), marks[first:last], kinds))}{cut[1]}</p>\n"
        first = last
    yield "</section>\n"


def _marks(records: Sequence[tuple[int, Record]]) -> list[_Mark]:
    """The values and names of the records, each stretch once, in order of place."""
    found: dict[tuple[int, int, bool], _Mark] = {}
    for number, record in records:
        places = [(record.start, record.end, True)]
        if record.name_start is not None and record.name_end is not None:
            places.append((record.name_start, record.name_end, False))
        for place in places:
            found.setdefault(place, _Mark(*place)).records.append((number, record))
    return [found[place] for place in sorted(found)]


def _stretches(text: str, marks: Iterable[_Mark]) -> list[tuple[int, int]]:
    """The sentences that hold marks, without the far ends of very long ones; no stretch ends inside a mark."""
    ends = sentence_ends(text)
    joined: list[tuple[int, int]] = []
    for mark in marks:
        index = bisect_right(ends, mark.start)
        start = max(ends[index - 1] if index else 0, mark.start - AROUND)
        end = max(min(ends[index], mark.end + AROUND), mark.end)
        if joined and start < joined[-1][1]:
            joined[-1] = min(start, joined[-1][0]), max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _marked(text: str, stretch: tuple[int, int], marks: Sequence[_Mark], kinds: Mapping[str, int]) -> Iterator[str]:
    """A stretch of text with its marks; where they overlap, each piece stands in one mark for all of them."""
    start, end = stretch
    cuts = sorted({start, end, *(place for mark in marks for place in (mark.start, mark.end))})
    active: list[_Mark] = []
    coming = 0
    for left, right in pairwise(cuts):
        active = [mark for mark in active if mark.end > left]
        while coming < len(marks) and marks[coming].start <= left:
            active.append(marks[coming])
            coming += 1
        piece = shown(text[left:right].strip("\r\n") if (left, right) == stretch else text[left:right])
        yield _mark(piece, active, left, kinds) if active else piece


def _mark(piece: str, active: Sequence[_Mark], left: int, kinds: Mapping[str, int]) -> str:
    """A piece of text with the records of the marks it lies in; a value's colour wins over a name's."""
    values = [mark for mark in active if mark.is_value]
    style = f' class="k{kinds[values[-1].records[0][1].label]}"' if values else ""
    anchors = [f"r{number}" for mark in values if mark.start == left for number, _ in mark.records]
    more = "".join(f'<a id="{anchor}"></a>' for anchor in anchors[1:])
    identity = f' id="{anchors[0]}"' if anchors else ""
    card = "".join(map(_value_card, values)) if values else _name_card(active[-1])
    return f'<mark{style}{identity} tabindex="0">{more}{piece}<span class="card">{card}</span></mark>'


def _value_card(mark: _Mark) -> str:
    """The records of a value."""
    return "".join(_record_card(record) for _, record in mark.records)


def _record_card(record: Record) -> str:
    """One record, field by field; empty fields are left out."""
    lines = (
        ("类型 type", label_words(record.label)),
        ("原文 text", record.value_text),
        ("数值 value", reading(record)),
        ("单位 unit", record.unit),
        ("时期 period", record.period),
        ("对比 against", record.compared_with),
        ("位置 place", f"[{record.start}, {record.end})"),
        ("置信度 score", f"{record.score:.4g}"),
        ("文件 file", record.source),
    )
    title = shown(record.full_name) or "（未找到名称 no name）"
    return f"<b>{title}</b>" + "".join(
        f"<i><u>{head}</u><span>{shown(text)}</span></i>" for head, text in lines if text
    )


MOST_ON_CARD = 12


def _name_card(mark: _Mark) -> str:
    """A name with the values it names."""
    record = mark.records[0][1]
    values = "、".join(shown(record.value_text) for _, record in mark.records[:MOST_ON_CARD])
    more = f" … {len(mark.records):,}" if len(mark.records) > MOST_ON_CARD else ""
    return f"<b>{shown(record.name)}</b><i><u>数值 values</u><span>{values}{more}</span></i>"
