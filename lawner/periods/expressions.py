"""Time expressions in Chinese reports and the stretch of time that each one means."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lawner.periods.stretches import OPEN, YEAR, Clock, Stretch, number, stretch

FUTURE = "今后|未来"
_MONTH = (
    "(?:(?<![0-9０-９.．])(?:[1１][0-2０-２]|[0０]?[1-9１-９])"
    "|(?<![十百个每一二三四五六七八九])(?:十[一二]?|[一二三四五六七八九]))"
)
_DAY = "(?:[12１２][0-9０-９]|[3３][01０１]|[0０]?[1-9１-９]|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_TO = r"[ ]{0,2}(?:[-－—–―─~～]{1,2}|至|到)[ ]{0,2}"
_COUNT = "(?:[1-9１-９]?[0-9０-９]|[二三]?十[一二三四五六七八九]?|[二两三四五六七八九])"
_TAIL = r"(?P<tail>以来|起(?![草诉步早见来到数始])|底|末|初(?!步))?"
_NEAR = "今年|(?<!基)本年度?|当年|同年|去年|(?<!以)上年(?![龄轻代均])度?|(?<!以)前年(?![龄轻代均度])|明年|(?<!年)来年"
_WHOLE = "(?<![0-9０-９零一二两三四五六七八九十百几多半数每今去上前明来本当同安])"
_QUARTER = "[一二三四1-4１-４]"


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """Words that name a time.

    Attributes:
        start: First character.
        end: One past the last character.
        kind: The row of `ROWS` that found it.
        time: What it means; None where the text does not say (``今年`` in a report of no known year).
    """

    start: int
    end: int
    kind: str
    time: Stretch | None


def _named_year(words: str | None, clock: Clock) -> int | None:
    """The year in figures, or the one a relative word names, or the one named last."""
    if words is None:
        return clock.sentence
    return number(words) if re.match(YEAR, words) else _near(words, clock)


def _near(word: str, clock: Clock) -> int | None:
    """The year that a relative word names."""
    year = clock.sentence if word in ("当年", "同年") else clock.report
    step = {"去": -1, "上": -1, "前": -2, "明": 1, "来": 1}.get(word[0], 0)
    return None if year is None else year + step


def _end(date: str, tail: str | None, clock: Clock) -> Stretch:
    """A date with what follows it: ``以来`` reaches to the end of the report's year, ``起`` is open."""
    year = int(date[:4])
    if tail == "起":
        return Stretch(date, OPEN)
    if tail == "以来" and clock.report is not None and clock.report >= year:
        return Stretch(date, f"{clock.report:04d}" + {4: "", 7: "-12", 10: "-12-31"}[len(date)])
    if len(date) == 4 and tail in ("底", "末", "初"):
        date += "-01" if tail == "初" else "-12"
    return Stretch(date, date)


def _year(match: re.Match[str], clock: Clock) -> Stretch | None:
    """``2023年``, ``今年``, ``上年末``, ``2020年以来``."""
    year = _named_year(match["y"], clock)
    return None if year is None else _end(f"{year:04d}", match["tail"], clock)


def _years(match: re.Match[str], _: Clock) -> Stretch | None:
    """``2019年至2023年``."""
    first, last = number(match["first"]), number(match["last"])
    return stretch(first, last) if first <= last else None


def _date(match: re.Match[str], clock: Clock) -> Stretch | None:
    """``6月``, ``2023年6月15日``, ``2022年9月至2023年8月``, ``1—11月``."""
    year = _named_year(match["y"], clock)
    if year is None:
        return None
    first = _join(year, match["m"], match["d"])
    if match["m2"] is None and match["d2"] is None:
        return _end(first, match["tail"], clock) if first else None
    month2 = match["m2"] or match["m"]
    year2 = number(match["y2"]) if match["y2"] else year + (number(month2) < number(match["m"]))
    last = _join(year2, month2, match["d2"])
    return Stretch(first, last) if first and last and first[:7] <= last[:7] else None


def _join(year: int, month: str, day: str | None) -> str:
    """An ISO date of the precision given; empty if the month has no such day."""
    date = f"{year:04d}-{number(month):02d}"
    if day is None:
        return date
    return f"{date}-{number(day):02d}" if 1 <= number(day) <= monthrange(year, number(month))[1] else ""


def _part(match: re.Match[str], clock: Clock) -> Stretch | None:
    """``上半年``, ``前三季度``, ``第三季度``, ``三至四季度``."""
    year = _named_year(match["y"], clock)
    if year is None:
        return None
    if match["half"]:
        first, last = (1, 6) if match["half"] == "上" else (7, 12)
    elif match["upto"]:
        first, last = 1, 3 * number(match["upto"])
    else:
        first = 3 * number(match["quarter"]) - 2
        last = 3 * number(match["quarter2"] or match["quarter"])
    if last > 12 or first > last:
        return None
    return Stretch(f"{year:04d}-{first:02d}", f"{year:04d}-{last:02d}")


def _some_years(match: re.Match[str], clock: Clock) -> Stretch | None:
    """``近三年``, ``五年来``, ``今后三年``, ``连续举办16年``."""
    years = number(match["n"])
    if clock.report is None or not years:
        return None
    if match["lead"] and re.match(FUTURE, match["lead"]):
        return stretch(clock.report + 1, clock.report + years)
    return stretch(clock.report - years + 1, clock.report)


def _ago(match: re.Match[str], clock: Clock) -> Stretch | None:
    """``五年前``."""
    return None if clock.report is None else stretch(*[clock.report - number(match["n"])] * 2)


def _plan(match: re.Match[str], clock: Clock) -> Stretch | None:
    """``“十四五”期间``, ``“七五”普法五年来``: the five years of a plan, or of the law campaign with the same years."""
    first = 2001 + 5 * number(match["plan"]) if match["plan"] else 1981 + 5 * number(match["law"])
    tail, last = match["tail"], first + 4
    if tail[0] in "末初":
        return stretch(*[last if tail == "末" else first] * 2)
    if tail == "以来" and clock.report is not None and first <= clock.report < last:
        last = clock.report
    return stretch(first, last)


def _fixed(step: int, month: str = "") -> Callable[[re.Match[str], Clock], Stretch | None]:
    """The report's year moved by `step`, or a month of it; a step of 0 follows the year named in the sentence."""

    def resolve(_: re.Match[str], clock: Clock) -> Stretch | None:
        year = clock.report if step else clock.sentence
        if year is None:
            return None
        return Stretch(date := f"{year + step:04d}{month}", date)

    return resolve


Row = tuple[str, re.Pattern[str], Callable[[re.Match[str], Clock], Stretch | None]]

ROWS: tuple[Row, ...] = (
    ("years", re.compile(f"(?P<first>{YEAR})年?度?{_TO}(?P<last>{YEAR})年(?:度|间|期间)?"), _years),
    (
        "date",
        re.compile(
            rf"(?:(?P<y>{YEAR}|{_NEAR})[ ]?年?[ ]?)?(?P<m>{_MONTH})(?:[ ]?月(?:[上中下]旬|份)?|(?={_TO}{_MONTH}[ ]?月))"
            rf"(?:(?<=月)[ ]?(?P<d>{_DAY})[ ]?[日号])?"
            rf"(?:{_TO}(?:(?P<y2>{YEAR})[ ]?年[ ]?)?(?:(?P<m2>{_MONTH})[ ]?月(?:[上中下]旬|份)?)?"
            rf"(?:(?P<d2>{_DAY})[ ]?[日号])?(?<=[月日号旬份]))?(?<=[月日号旬份]){_TAIL}"
        ),
        _date,
    ),
    (
        "part",
        re.compile(
            rf"(?:(?P<y>{YEAR}|{_NEAR})[ ]?年?)?(?:(?P<half>[上下])半年|前(?P<upto>[一二两三2-3])个?季度"
            rf"|(?<![每个续按])第?(?P<quarter>{_QUARTER})(?:(?:{_TO}|、)第?(?P<quarter2>{_QUARTER}))?季度)"
        ),
        _part,
    ),
    ("year", re.compile(rf"(?P<y>{YEAR})[ ]?年度?(?:[春秋]季学期(?=起))?{_TAIL}"), _year),
    ("near", re.compile(rf"(?P<y>{_NEAR}){_TAIL}(?:同期)?"), _year),
    ("whole", re.compile(f"{_WHOLE}(?:全年|年内|一年来)|过去一年|过去的一年|这一年"), _fixed(0)),
    ("end", re.compile(f"{_WHOLE}(?:年底|年末|年终)"), _fixed(0, "-12")),
    ("begin", re.compile(f"{_WHOLE}年初"), _fixed(0, "-01")),
    ("next", re.compile("下一年度?|新的一年|下一步"), _fixed(1)),
    ("former", re.compile("(?<![0-9])[上前]一年度?(?:同期)?"), _fixed(-1)),
    ("same", re.compile("(?<![年月度])同期"), lambda *_: None),
    (
        "some",
        re.compile(
            rf"(?P<lead>近|最近|过去|过去的|这|{FUTURE}|今后的|未来的)(?P<n>{_COUNT})年(?:多?来|以来|间|里|中|内)?"
        ),
        _some_years,
    ),
    ("some", re.compile(rf"(?<![第几十百数0-9０-９])(?P<lead>)(?P<n>{_COUNT})年(?:来|以来|间|中)"), _some_years),
    ("some", re.compile(rf"(?P<lead>连续(?:举办|开展|实施))(?P<n>{_COUNT})[年届]"), _some_years),
    ("ago", re.compile(rf"(?<![第几十百数0-9０-９])(?P<n>{_COUNT})年前"), _ago),
    (
        "plan",
        re.compile(
            '[“"‘]?(?:十(?P<plan>[一二三四五])五[”"’]?(?:规划)?|(?P<law>[四五六七八九])五[”"’]?普法(?:规划)?)'
            "(?P<tail>时期|期间|以来|五年来?|末|初期|初|年均)"
        ),
        _plan,
    ),
)
"""How each kind of expression looks and what it means; one row, one kind. The longest match at a place wins."""


def find_time_expressions(text: str, *, report: int | None, ends: Iterable[int]) -> list[TimeExpression]:
    """Every time expression of a text, in order, none overlapping another.

    Args:
        text: A document's text.
        report: The year that ``今年`` means.
        ends: Where sentences end, ascending: ``当年`` and a month without a year look back no further.

    Example:
        >>> found = find_time_expressions("2022年6月受理5件，去年同期3件。", report=2023, ends=[19])
        >>> [expression.time.text for expression in found if expression.time]
        ['2022-06', '2022']
    """
    hits = [
        (match.start(), -match.end(), row)
        for row, (_, pattern, _) in enumerate(ROWS)
        for match in pattern.finditer(text)
        if match.end() > match.start()
    ]
    found: list[TimeExpression] = []
    limits, limit, year, free = iter(ends), 0, report, 0
    for start, minus_end, row in sorted(hits):
        if start < free:
            continue
        while limit <= start:
            limit, year = next(limits, len(text) + 1), report
        free = -minus_end
        kind, pattern, resolve = ROWS[row]
        match = pattern.match(text, start)
        time = resolve(match, Clock(report, year)) if match else None
        found.append(TimeExpression(start, free, kind, time))
        if time and kind in ("year", "date", "part") and time.first[:4] == time.last[:4]:
            year = time.year
    return found
