"""What a time expression does in its sentence: it governs values, says what they are compared with, or neither."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum

from lawner.periods.expressions import TimeExpression
from lawner.periods.stretches import OPEN, Stretch

LOOK = 40
QUOTED = re.compile(
    r"《[^《》\n]{0,150}》|〔[^〔〕\n]{0,30}〕|“[^“”\n]{0,60}”|「[^「」\n]{0,60}」|『[^『』\n]{0,60}』"
    r"|\[[^\[\]\n]{0,40}\]|<[^<>\n]{0,80}>"
)
INERT_BEFORE = re.compile(
    "(?:原定|根据|按照|依据|印发|关于|落实|贯彻|参加|编制|制定|出台|列入|写进|报送|评为|获评|荣获|纳入|自查|合并|被判|判处"
    "|成立于|建于|始于)[的了]?$"
)
INERT_AFTER = re.compile(
    r"[ ]?(?:以前|之前|前(?![三两]季)|结转|制定|出台|印发|发布|颁布|修订|施行|实施|生效|成立|组建"
    r"|设关|版|提出的|确定的|既定的|定下|规划|纲要|要点|目录|方案|立法|收官|第\d+号"
    r"|[^，。；：:,;\n]{0,4}(?:起?施行|起实施|开始施行|转交|启用|上线|先行|实行|挂牌)"
    r"|(?:以来)?的[^，。；,;\n0-9]{0,8}(?:文件|卷宗|案卷|规章|法规|档案|合同)"
    r"|是[^。；\n0-9]{0,30}(?:年|年份)(?=[，。,]))"
)
COMPARES_BEFORE = re.compile(r"(?:比|较|高于|低于|多于|少于|超过|不及|相比|比照)(?:之)?$")
WITH_BEFORE = re.compile(r"[与同和跟]$")
COMPARES_AFTER = re.compile(r"(?:同期)?(?:的[^，。；\n0-9]{0,6})?(?:相比|比较|比|基本持平|持平)")
EQUALS_BEFORE = re.compile(r"(?:是|为|相当于|达到|达)$")
EQUALS_AFTER = re.compile(r"(?:同期)?的?[约近超]?[0-9０-９.．一二两三四五六七八九十]+多?(?:倍|%|％|成)")
YEARLY = re.compile(r"同比|环比|[比较]上(?:个?月|一?季度)")
BARE_CHANGE = re.compile(r"(?:增长|下降|上升|上涨)$")
NOT_YEARLY = re.compile(r"年均|平均|累计|月均|由|从")
FROM_BEFORE = re.compile(r"[由从]$")


class Role(StrEnum):
    """What an expression does."""

    GOVERNS = "governs the values that follow"
    COMPARES = "what a value is compared with"
    ORIGIN = "when a change began, if two values follow"
    INERT = "part of a title, a document number or an attribute"


def roles(text: str, expressions: Sequence[TimeExpression]) -> list[Role]:
    """The role of each expression, in their order.

    Example:
        >>> from lawner.periods.expressions import find_time_expressions
        >>> text = "2023年受理5件，比上年增长25%，依据《规划（2021—2025年）》"
        >>> [role.name for role in roles(text, find_time_expressions(text, report=2023, ends=[len(text)]))]
        ['GOVERNS', 'COMPARES', 'INERT']
    """
    quoted = [match.span() for match in QUOTED.finditer(text)]
    starts = [start for start, _ in quoted]
    found = []
    for expression in expressions:
        index = bisect_right(starts, expression.start) - 1
        inside = (
            index >= 0
            and expression.end <= quoted[index][1]
            and expression.end - expression.start < (quoted[index][1] - quoted[index][0])
        )
        found.append(Role.INERT if inside else _role(text, expression))
    return found


def _role(text: str, expression: TimeExpression) -> Role:
    """The role of an expression that stands in no title and no quotation."""
    before = text[max(expression.start - 8, 0) : expression.start]
    after = text[expression.end : expression.end + LOOK]
    if COMPARES_BEFORE.search(before) or (WITH_BEFORE.search(before) and COMPARES_AFTER.match(after)):
        return Role.COMPARES
    if EQUALS_BEFORE.search(before) and EQUALS_AFTER.match(after):
        return Role.COMPARES
    if expression.kind in ("ago", "same") or INERT_BEFORE.search(before) or INERT_AFTER.match(after):
        return Role.INERT
    return Role.ORIGIN if FROM_BEFORE.search(before) else Role.GOVERNS


def compared_with(base: Stretch | None, one: TimeExpression | None, words: str, text: str) -> str:
    """The period that a comparison compares with.

    Args:
        base: The period of the value.
        one: The expression after 比, if there is one.
        words: The name of the value, a line break, what stands before the value.
        text: The document's text.
    """
    if one is None:
        return _implied(base, words) if base else ""
    named = text[one.start : one.end]
    if base and named.endswith("同期"):
        return base.shift(-1).text
    if base and one.kind == "year" and one.time and text.startswith("同期", one.end):
        return base.shift(one.time.year - base.year).text
    if base and one.kind == "begin":
        return f"{base.year:04d}-01"
    if base and named[0] in "上前" and one.kind in ("near", "former") and not named.startswith("前年"):
        return f"{base.year - 1:04d}"
    return one.time.text if one.time else ""


def _implied(base: Stretch, words: str) -> str:
    """What 同比, 环比 or a bare 增长 compares with, the period of the value given."""
    marker = YEARLY.search(words)
    whole_years = len(base.first) == len(base.last) == 4
    if marker and marker[0] != "同比":
        return base.before().text
    if marker and whole_years:
        return base.before().text
    bare = BARE_CHANGE.search(words.partition("\n")[0]) and not NOT_YEARLY.search(words)
    if not marker and (not bare or (whole_years and base.first != base.last)):
        return ""
    return f"{base.year - 1:04d}" if base.last == OPEN else base.shift(-1).text
