"""Which period a value speaks of, and what a comparison compares with."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lawner.document import Document, Span
from lawner.labels import LabelSet
from lawner.periods.expressions import TimeExpression, find_time_expressions
from lawner.periods.reports import report_period
from lawner.periods.roles import Role, compared_with, roles
from lawner.periods.scopes import CHANGED, MARK, REACH, STATEMENT_END, Governor, Scopes, table_heads
from lawner.periods.stretches import Stretch

CHANGES_FROM = re.compile(r"[由从](?:每[^，,。；;\n]{1,6})?$")
OF_VALUE = re.compile(r"(?:的|为)?[^，,。；;：:、\n0-9增升提上下降减多少翻高低]{0,4}$")
CHANGE = re.compile(r"(?:增长|上升|下降|上涨|提高|降低|增加|减少)$")


@dataclass(frozen=True, slots=True)
class Period:
    """The time a value speaks of.

    Attributes:
        text: In the style of ISO 8601: ``"2023"``, ``"2019/2023"``, ``"2023-01/2023-06"``, ``"2023-06-30"``; open
            at the end (从2019年起) ``"2019/.."``, at the beginning (截至2023年12月底) ``"../2023-12"``; empty if
            unknown.
        start: First character of the time expression it comes from; None if it is the report's own.
        end: One past the last character of that expression; None if it is the report's own.
        compared_with: For a comparison, the period compared with, in the same form; empty otherwise.
    """

    text: str
    start: int | None
    end: int | None
    compared_with: str = ""


def attribute_periods(document: Document, labels: LabelSet, *, report: str | None = None) -> dict[Span, Period]:
    """The period of every value of a document.

    A value takes the nearest time expression before it in its sentence that speaks of values at all; a year in a title,
    in quotation marks, in a document number or after 比 does not. An expression in brackets holds inside them; one in
    the middle of a sentence holds up to the next semicolon; a heading holds up to the next heading of its rank, and a
    sentence that opens with a year to come (2024年，将……) does too. Otherwise it is the report's own period.

    Of two values in a change (由85%提高到92%) the first is of the time that 由 names, of no known period if it names
    none.

    Args:
        document: A report with values, names and their relations, gold or predicted.
        labels: Says which spans are values.
        report: The report's own period; found by `report_period` if None.

    Example:
        >>> from lawner.labels import DEFAULT_LABELS
        >>> value = Span(13, 16, "RATE")
        >>> document = Document("a-2023", "上半年收案5件，同比上升25%。", [value])
        >>> attribute_periods(document, DEFAULT_LABELS)[value]
        Period(text='2023-01/2023-06', start=0, end=3, compared_with='2022-01/2022-06')
    """
    own = report_period(document) if report is None else report
    first, _, last = own.partition("/")
    time = Stretch(first, last or first) if own else None
    text, values = document.text, [span for span in document.spans if span.label in labels.values]
    ends = [match.end() for match in STATEMENT_END.finditer(text)]
    expressions = find_time_expressions(text, report=time.year if time else None, ends=ends)
    names = {relation.head: relation.tail for relation in document.relations}
    return _Reader(text, values, names, expressions).read(Scopes(text, values, Governor(time)), ends)


class _Reader:
    """One pass over a document, from left to right."""

    def __init__(
        self, text: str, values: Sequence[Span], names: dict[Span, Span], expressions: Sequence[TimeExpression]
    ) -> None:
        self.text, self.values, self.names = text, values, names
        found = list(zip(expressions, roles(text, expressions), strict=True))
        self.compares = [one for one, role in found if role is Role.COMPARES]
        self.compare_starts = [one.start for one in self.compares]
        self.governs = [(one, role) for one, role in found if role in (Role.GOVERNS, Role.ORIGIN)]
        self.before: dict[int, TimeExpression] = {}  # values that are themselves of the time compared with
        self.origin = -2
        self.row: Span | None = None
        self.cell = 0

    def read(self, scopes: Scopes, ends: Sequence[int]) -> dict[Span, Period]:
        """The period of every value."""
        heads = table_heads(self.text, [one for one, _ in self.governs])
        events: list[tuple[int, int, int]] = [(end, 0, 0) for end in ends]
        events += [(match.start(), 1, 0) for match in MARK.finditer(self.text)]
        events += [(one.start, 2, index) for index, (one, _) in enumerate(self.governs)]
        events += [(value.start, 3, index) for index, value in enumerate(self.values)]
        found: list[Period] = []
        for place, kind, index in sorted(events):
            if kind == 0:
                scopes.end_statement(place)
            elif kind == 1:
                scopes.mark(place)
            elif kind == 2:
                scopes.columns = heads.get(index, ())
                if not scopes.columns:
                    scopes.govern(*self.governs[index])
            elif scopes.columns:
                found.append(self._in_table(index, scopes.columns))
            else:
                found.append(self._in_sentence(index, scopes, found[-1] if found else None))
        return dict(zip(self.values, found, strict=True))

    def _in_table(self, index: int, columns: Sequence[Governor]) -> Period:
        """The period of a value in a table: its column's; beyond the years, a change up to the last of them."""
        name = self.names.get(self.values[index])
        self.cell = self.cell + 1 if name == self.row else 0
        self.row = name
        if self.cell < len(columns):
            return _period(columns[self.cell])
        in_order = sorted(columns, key=lambda column: column.time.last if column.time else "")
        before = in_order[-2].time if len(in_order) > 1 else None
        return replace(_period(in_order[-1]), compared_with=before.text if before else "")

    def _in_sentence(self, index: int, scopes: Scopes, previous: Period | None) -> Period:
        """The period of a value in running text."""
        value = self.values[index]
        governor = scopes.now(value.start)
        end = self.values[index - 1].end if index else 0
        low = min(max(end, scopes.begin, value.start - REACH), value.start)
        name = self.names.get(value)
        named = (max(name.start, name.end - REACH), name.end) if name else (low, low)
        one = self._comparison(*named) or self._comparison(low, value.start)
        if one and self._is_of_value(one, value):
            self.before[index] = one
            return _period(Governor(one.time, one.start, one.end))
        if CHANGES_FROM.search(self.text, max(value.start - 8, 0), value.start) and CHANGED.match(self.text, value.end):
            self.origin = index
            return _edge(governor, last=False)
        if self.origin == index - 1 and governor.time and governor.time.first != governor.time.last:
            return _edge(governor, last=True)
        if one is None and end >= scopes.begin:
            one = self.before.get(index - 1)
        words = self.text[slice(*named)]
        compared = compared_with(governor.time, one, words + "\n" + self.text[low : value.start], self.text)
        if not compared and previous and end >= scopes.begin and CHANGE.search(words) and not CHANGE.fullmatch(words):
            compared = previous.compared_with if previous.start == governor.start else ""
        return replace(_period(governor), compared_with=compared)

    def _comparison(self, low: int, high: int) -> TimeExpression | None:
        """The last expression after 比 between two places."""
        index = bisect_left(self.compare_starts, high) - 1
        return self.compares[index] if index >= 0 and self.compare_starts[index] >= low else None

    def _is_of_value(self, one: TimeExpression, value: Span) -> bool:
        """Whether a value is what it was then, as in 较上年的85%提高7个百分点."""
        if self.text[one.start - 1 : one.start] not in ("比", "较") or value.start - one.end >= 8:
            return False
        return bool(OF_VALUE.match(self.text[one.end : value.start]))


def _period(governor: Governor) -> Period:
    """The period that a governor gives."""
    return Period(governor.time.text if governor.time else "", governor.start, governor.end)


def _edge(governor: Governor, *, last: bool) -> Period:
    """The period of the first or the last of two values in a change: an end of a range; unknown without one."""
    time = governor.time
    if time is None or (time.first == time.last and not last):
        return Period("", governor.start, governor.end)
    return Period(time.last if last else time.first, governor.start, governor.end)
