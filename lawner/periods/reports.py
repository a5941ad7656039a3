"""The year a report speaks of: from its title, its opening, its date, its file name."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePath

from lawner.document import Document
from lawner.periods.stretches import YEAR, number

HEAD, TAIL = 900, 900
WORKS = "报告|总结|情况|公报|年报|回顾|主要工作|汇报|综述|盘点|工作要点|工作计划"
SKIPPED = re.compile(
    r"(?<=\n)[^\n]{0,12}(?:上一篇|下一篇|上一条|下一条|相关)[^\n]{0,80}|(?:根据|按照)[^\n。]{0,20}《[^\n》]{0,60}》"
)
TITLE = re.compile(
    rf"(?P<first>{YEAR})[ ]?年?(?:(?:[-－—–~～至到]{{1,2}})(?P<last>{YEAR})[ ]?年)?(?<=年)度?"
    r"(?:[ ]?(?P<half>[上下])半年)?(?![ ]?[0-9０-９一二三四五六七八九十]{1,2}[ ]?月)"
    rf"[^，。；,;\n《]{{0,40}}?(?:{WORKS})"
)
DATE = re.compile(
    rf"(?P<y>{YEAR})[ ]?(?:年[ ]?|[-/.])(?P<m>[0-9０-９]{{1,2}}|十?[一二三四五六七八九]|十)[ ]?(?:月|[-/.])"
    r"(?:[ ]?(?:[0-9０-９]{1,2}|[一二三]?十?[一二三四五六七八九]?)[ ]?[日号]?)?"
)
DIGITS_DATE = re.compile(r"(?<!\d)((?:19|20)[0-9]{2})[-_.]?(0[1-9]|1[0-2])[-_.]?([0-3][0-9])(?!\d)")
NAME_YEAR = re.compile(r"(?<!\d)(?:19|20)[0-9]{2}(?!\d)")
TEXT_YEAR = re.compile(
    rf"(?:(?<=[\n。；：:的])|^)[ ]{{0,4}}(?:[（(]?[一二三四五六七八九十]{{1,3}}[）)、])?(?P<y>{YEAR})[ ]?年"
    r"(?![ ]?\d{1,2}月|[^。\n]{0,12}(?:[将要拟]|计划|打算|力争|准备|重点))"
)
LAST_MONTH_OF_YEAR_BEFORE = 4


def report_period(document: Document) -> str:
    r"""The year (or half year, or years) that a report speaks of, ``""`` if nothing tells.

    Asked in this order: a title with a year and a word such as 报告 or 总结 in the first lines; a date of speech,
    publication or signature from January to April, which means the year before; the years that open sentences; a date
    later in the year; the document's id and the name of its file.

    Example:
        >>> report_period(Document("a", "青山县2023年法治政府建设年度报告\n今年以来，"))
        '2023'
        >>> report_period(Document("a", "各位代表：我代表县法院报告工作。\n2024年1月12日"))
        '2023'
    """
    head = SKIPPED.sub("", document.text[:HEAD])
    if title := TITLE.search(head):
        return _title(title)
    date = _date(document.text)
    if date and date[1] <= LAST_MONTH_OF_YEAR_BEFORE:
        return str(date[0] - 1)
    named = _named(document)
    opening = _opening(document.text, date[0] if date else None, named)
    return opening or (str(date[0]) if date else "") or named


def _title(title: re.Match[str]) -> str:
    """The period in a title."""
    first = number(title["first"])
    if title["last"] and number(title["last"]) > first:
        return f"{first}/{number(title['last'])}"
    if title["half"]:
        return f"{first}-01/{first}-06" if title["half"] == "上" else f"{first}-07/{first}-12"
    return f"{first}"


def _opening(text: str, dated: int | None, named: str) -> str:
    """The first of the years that open many sentences about the past, or among all that do the one in the file name.

    Where the report has a date, only its year and the one before count.
    """
    years = Counter(number(match["y"]) for match in TEXT_YEAR.finditer(text))
    if dated:
        years = Counter({year: count for year, count in years.items() if 0 <= dated - year <= 1})
    if named and int(named) in years:
        return named
    often = max(years.values(), default=0)
    return next((str(year) for year, count in years.items() if 2 * count >= often), "")


def _date(text: str) -> tuple[int, int] | None:
    """Year and month of a report: the last date of the last lines, else the first of the first lines."""
    tail = [match for match in DATE.finditer(SKIPPED.sub("", text[-TAIL:])) if _is_line(match)]
    head = [match for match in DATE.finditer(SKIPPED.sub("", text[:HEAD])) if _is_line(match)]
    for match in [*reversed(tail), *head]:
        month = number(match["m"])
        if 1 <= month <= 12:
            return number(match["y"]), month
    return None


def _is_line(match: re.Match[str]) -> bool:
    """Whether a date stands at the end of a line, in a speech's 在……上, or beside a word such as 日期."""
    text, start, end = match.string, match.start(), match.end()
    after = text[end : end + 12].split("\n")[0].strip(" \t印发）)")
    before = text[max(start - 8, 0) : start].split("\n")[-1]
    return not after or bool(re.search("日期|时间|——$", before)) or after.startswith("在")


def _named(document: Document) -> str:
    """The year in the document's id or file name."""
    for name in (PurePath(document.doc_id).name, PurePath(document.source).stem):
        if day := DIGITS_DATE.search(name):
            return str(int(day[1]) - (int(day[2]) <= LAST_MONTH_OF_YEAR_BEFORE))
        if year := NAME_YEAR.search(name):
            return year[0]
    return ""
