"""How far the time expressions of a report hold: a clause, brackets, a sentence, a section, a table."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lawner.document import Span
from lawner.periods.expressions import TimeExpression
from lawner.periods.roles import Role
from lawner.periods.stretches import OPEN, Stretch

STATEMENT_END = re.compile(r"[。！？!?]+[”’」』）)》]*|[\r\n]+")
MARK = re.compile(r"[（(]|[）)]|[；;]|(?<=[。；;，,\n：:])[一二三四五六七八九十]{1,2}是")
CLAUSE = re.compile(r"[，,。；;：:\n]")
UNTIL = re.compile(r"截(?:至|止)(?:到|至)?[ ]?$")
CONTINUES = re.compile(r"\s{0,4}[（(]?(?:其中|同期|期间|累计)")
HEADINGS = (
    r"\s{0,4}[一二三四五六七八九十]{1,3}、",
    r"\s{0,4}[（(][一二三四五六七八九十]{1,3}[）)]",
    r"\s{0,4}\d{1,2}[.．、](?!\d)",
)
HEADING = re.compile("|".join(f"({heading})" for heading in HEADINGS))
SHORT_LINE = re.compile(r"[^\r\n。；;]{2,30}[\r\n]")
PROBLEMS = re.compile("问题|短板|不足|困难|薄弱|差距")
BLANKS = re.compile(r"[ \t\u3000|]{1,8}")
TOPIC = re.compile(r"[^，,。；;：:]{0,14}$")
CHANGED = re.compile(r"(?:[、和及][0-9０-９.．%％]+[^，,。；;、\n]{0,3}){0,4}[^，,。；;、\n0-9]{0,4}(?:到|至|为)")
"""What follows the first of two values in 由85%提高到92%, also where it is a list."""

REACH = 60
NO_HEADING = 9
COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Governor:
    """A stretch of time with the characters that name it; without characters, the report's own."""

    time: Stretch | None
    start: int | None = None
    end: int | None = None


class Scopes:
    """What governs at one place of a text that is read from left to right.

    Args:
        text: The document's text.
        values: Its values, in order.
        report: The report's own period.
    """

    def __init__(self, text: str, values: Sequence[Span], report: Governor) -> None:
        self.text, self.values, self.report = text, values, report
        self.starts = [value.start for value in values]
        self.columns: tuple[Governor, ...] = ()
        self._current: Governor | None = None
        self._topic: Governor | None = None
        self._section: Governor | None = None
        self._level = self._depth = NO_HEADING
        self._until = -1
        self._after: Governor | None = None
        self._brackets: list[tuple[int, Governor | None]] = []
        self.begin = 0
        self._open_statement(0, new_line=True)

    def now(self, place: int) -> Governor:
        """What governs here: the expression in the sentence, else the section's, else the report's own."""
        self._expire(place)
        return self._current or self._section or self.report

    def end_statement(self, place: int) -> None:
        """Forget what held for one sentence; keep a topic that lies in the future, and what a heading said."""
        new_line = self.text[place - 1] in "\r\n"
        topic, own = self._topic, self.report.time
        if topic and topic.time and own and topic.time.year > own.year:
            self._section, self._depth = topic, self._level
        carried = topic if not new_line and CONTINUES.match(self.text, place) else None
        self._current, self._topic, self._brackets, self._until = carried, carried, [], -1
        if not new_line:
            self.columns = ()
        self._open_statement(place, new_line=new_line)

    def mark(self, place: int) -> None:
        """Brackets keep their time to themselves; after a semicolon or 二是 only the topic of the sentence holds."""
        self._expire(place)
        mark = self.text[place]
        if mark in "（(":
            self._brackets.append((place, self._current))
        elif mark not in "）)":
            if not self._brackets:
                self._current, self._until = self._topic, -1
        elif self._brackets:
            self._close_bracket(place)

    def govern(self, one: TimeExpression, role: Role) -> None:
        """Let an expression hold from here on."""
        self._expire(one.start)
        governor = Governor(self._time(one), one.start, one.end)
        if role is Role.ORIGIN and (until := self._change(one.end)):
            self._after, self._until = self._current, until
        elif one.kind == "begin":
            clause = CLAUSE.search(self.text, one.end + 1, one.end + REACH)
            self._after, self._until = self._current, clause.start() if clause else one.end + REACH
        elif self._is_topic(one):
            self._topic = governor
            self._head_section(governor)
        self._current = governor

    def _expire(self, place: int) -> None:
        """Let go of an expression that held for a few words only."""
        if 0 <= self._until <= place:
            self._current, self._until = self._after, -1

    def _open_statement(self, place: int, *, new_line: bool) -> None:
        """Begin a sentence; a heading ends the sections of its rank and below."""
        self.begin = place
        heading = new_line and (HEADING.match(self.text, place) or SHORT_LINE.match(self.text, place))
        if heading:
            self._level = heading.lastindex or 0
            if self._level <= self._depth:
                self._section, self._depth = None, NO_HEADING

    def _close_bracket(self, place: int) -> None:
        """Go back to what held before a bracket, unless all it does is to explain that: 五年来（2016—2020年）."""
        opened, before = self._brackets.pop()
        inside = self._current
        if before and inside and before.end == opened and (inside.start, inside.end) == (opened + 1, place):
            self._topic = inside if before is self._topic else self._topic
        else:
            self._current = before

    def _time(self, one: TimeExpression) -> Stretch | None:
        """What an expression means here: 截至 opens its beginning, 同期 is a year before what governs."""
        if self.text.endswith("同期", one.start, one.end):
            base = self.now(one.start).time
            return base.shift(-1) if base else None
        time = one.time
        if time and time.first == time.last and UNTIL.search(self.text[max(one.start - 6, 0) : one.start]):
            return Stretch(OPEN, time.last)
        return time

    def _change(self, place: int) -> int | None:
        """Where 到 stands in (由2022年)的85%提高到92%; None if what follows is no change."""
        index = bisect_left(self.starts, place)
        if index == len(self.values) or self.starts[index] - place > 16:
            return None
        if CLAUSE.search(self.text, place, self.starts[index]):
            return None
        becomes = CHANGED.match(self.text, self.values[index].end)
        return becomes.end() if becomes else None

    def _is_topic(self, one: TimeExpression) -> bool:
        """Whether an expression opens its sentence and is no single month or day."""
        if one.start - self.begin > REACH or one.kind == "end" or one.time is None:
            return False
        heading = HEADING.match(self.text, self.begin)
        before = self.text[heading.end() if heading else self.begin : one.start]
        return bool(TOPIC.match(before)) and (len(one.time.last) == 4 or one.time.first != one.time.last)

    def _head_section(self, governor: Governor) -> None:
        """Let the time in a heading hold for what stands under it, unless problems stand there too."""
        end = STATEMENT_END.search(self.text, self.begin, self.begin + REACH)
        if end is None or (self.begin and self.text[self.begin - 1] not in "\r\n"):
            return
        first = bisect_left(self.starts, self.begin)
        if first < len(self.starts) and self.starts[first] < end.start():
            return
        heading = HEADING.match(self.text, self.begin)
        if (heading or end[0][0] in "\r\n") and not PROBLEMS.search(self.text, self.begin, end.start()):
            self._depth = (heading.lastindex or 0) if heading else 0
            self._section = governor if governor.time != self.report.time else None


def table_heads(text: str, expressions: Sequence[TimeExpression]) -> dict[int, tuple[Governor, ...]]:
    """Years with nothing but blanks between them, by their places in `expressions`, each with the columns up to it.

    Example:
        >>> from lawner.periods.expressions import find_time_expressions
        >>> found = find_time_expressions("类别 2023年 2022年 增减", report=2023, ends=[17])
        >>> [[column.time.text for column in head] for head in table_heads("类别 2023年 2022年 增减", found).values()]
        [['2023'], ['2023', '2022']]
    """
    found: dict[int, tuple[Governor, ...]] = {}
    for index, (left, right) in enumerate(pairwise(expressions)):
        blank = right.start - left.end <= 8 and BLANKS.fullmatch(text, left.end, right.start)
        if blank and left.time and right.time and left.time != right.time:
            columns = found.setdefault(index, (Governor(left.time, left.start, left.end),))
            found[index + 1] = (*columns[-COLUMNS:], Governor(right.time, right.start, right.end))
    return found
