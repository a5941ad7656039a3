"""Words and signs of Chinese quantities as tables: numerals, magnitudes, units, currencies, bounds and hedges.

Adding a word is adding a row here and a case to ``tests/test_quantities.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

DIGITS: Mapping[str, str] = {
    numeral: str(digit)
    for digit, numerals in enumerate(
        ("零〇○0", "一壹1", "二两贰兩貳2", "三叁參3", "四肆4", "五伍5", "六陆陸6", "七柒7", "八捌8", "九玖9")
    )
    for numeral in numerals
}
"""Every way to write a digit, ordinary, formal, traditional or Arabic."""

MAGNITUDES: Mapping[str, Decimal] = {
    sign: Decimal(10) ** power
    for power, signs in ((1, "十拾"), (2, "百佰"), (3, "千仟"), (4, "万萬"), (8, "亿億"))
    for sign in signs
}
"""What each sign multiplies by."""

CONTRACTIONS: Mapping[str, str] = {"廿": "二十", "卅": "三十", "卌": "四十"}
"""Numerals that stand for two."""

REMAINDERS = "余餘多几幾"
"""Signs for "and some more, less than the last thing counted": 百余件, 十多家, 二十几人."""

ABOUTS = "来來"
"""Signs for "a little more or less" in the place of a remainder: 三百来户."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a word such as 超过 says of the number beside it.

    Attributes:
        lower: Whether the number is the least (超过, 以上) or the most (近, 以下).
        is_open: Whether the number itself is left out.
    """

    lower: bool
    is_open: bool


_MORE, _AT_LEAST, _LESS, _AT_MOST = Bound(True, True), Bound(True, False), Bound(False, True), Bound(False, False)

BOUNDS_BEFORE: Mapping[str, Bound] = {
    word: bound
    for bound, words in (
        (_MORE, "超 超过 超过了 超出 超越 逾 过 破 突破 突破了 高于 大于 多于 优于 不止 不只 > ＞"),
        (_AT_LEAST, "至少 最少 起码 不少于 不低于 不小于 不下于 不下 不亚于 最低 上 成 ≥ ≧ >= 大于等于 大于或等于"),
        (_LESS, "近 将近 接近 临近 逼近 不足 不到 不满 未满 未达 未到 低于 小于 少于 < ＜"),
        (_AT_MOST, "不超过 不超 不逾 不过 不高于 不大于 不多于 至多 最多 最高 顶多 未超过 ≤ ≦ <= 小于等于 小于或等于"),
    )
    for word in words.split()
}
"""Words before a number that bound it.

Source: Civil Code of the People's Republic of China, art. 1259: 以上, 以下 and 以内 include the number; 不满, 超过 and
以外 do not. The words it does not name follow their sense: 至少 100 may be 100, 近 100 and 突破 100 are not.
"""

BOUNDS_AFTER: Mapping[str, Bound] = {
    word: bound
    for bound, words in (
        (_MORE, "以外 开外 还多 还要多"),
        (_AT_LEAST, "以上 及以上 或以上 之上 及其以上"),
        (_LESS, "不到 不足"),
        (_AT_MOST, "以下 及以下 或以下 以内 之内 之下 为限 封顶"),
    )
    for word in words.split()
}
"""Words after a number that bound it; source as for `BOUNDS_BEFORE`."""

HEDGES_BEFORE = frozenset(
    {"约", "大约", "约为", "约有", "约占", "约达", "约计", "约莫", "大概", "大致", "估计", "预计", "~", "≈"}
)
"""Words before a number that make it approximate on both sides."""

HEDGES_AFTER = frozenset({"左右", "上下", "前后"})
"""Words after a number that make it approximate on both sides."""

FILLERS_BEFORE = frozenset(
    {
        "达",
        "达到",
        "高达",
        "多达",
        "共",
        "计",
        "共计",
        "为",
        "是",
        "占",
        "有",
        "在",
        "仅",
        "只",
        "翻",
        "翻了",
        "了",
        "的",
        "略",
        "稍",
        "远",
        "大幅",
    }
)
"""Words between a bound and its number that change nothing."""

FILLERS_AFTER = frozenset({"整", "之多", "不等", "的"})
"""Words after a number that change nothing."""

CURRENCY_UNITS: Mapping[str, tuple[str, Decimal]] = {
    name: (code, Decimal(factor))
    for code, factor, names in (
        ("CNY", "1", "元 圆 块钱 元钱 人民币 元人民币 人民币元 RMB CNY RMB元"),
        ("CNY", "0.1", "角 毛钱"),
        ("CNY", "0.01", "分钱"),
        ("USD", "1", "美元 美金 USD"),
        ("USD", "0.01", "美分"),
        ("HKD", "1", "港元 港币 港币元 港幣 HKD"),
        ("MOP", "1", "澳门元 澳门币 MOP"),
        ("TWD", "1", "新台币 新台币元 台币 新臺幣 TWD"),
        ("EUR", "1", "欧元 EUR"),
        ("JPY", "1", "日元 日圆 日币 JPY"),
        ("GBP", "1", "英镑 GBP"),
        ("CAD", "1", "加元 加拿大元 加币 CAD"),
        ("AUD", "1", "澳元 澳大利亚元 澳币 AUD"),
        ("NZD", "1", "新西兰元 纽元 NZD"),
        ("SGD", "1", "新加坡元 新元 新币 SGD"),
        ("CHF", "1", "瑞士法郎 瑞郎 CHF"),
        ("KRW", "1", "韩元 韩币 KRW"),
        ("RUB", "1", "卢布 RUB"),
        ("THB", "1", "泰铢 泰国铢 THB"),
        ("MYR", "1", "林吉特 马币 MYR"),
        ("VND", "1", "越南盾 越盾 VND"),
        ("INR", "1", "印度卢比 INR"),
        ("KZT", "1", "坚戈 KZT"),
    )
    for name in names.split()
}
"""Words after a number that make it money: the ISO 4217 code and what one of them is worth in it.

分 alone is not here: 3分 are points more often than cents.
"""

CURRENCIES_BEFORE: Mapping[str, str] = {
    **{name: code for name, (code, factor) in CURRENCY_UNITS.items() if factor == 1 and name not in ("元", "圆")},
    **{"¥": "CNY", "$": "USD", "US$": "USD", "HK$": "HKD", "€": "EUR", "£": "GBP", "CN¥": "CNY", "JP¥": "JPY"},
}
"""Words and signs before a number that make it money. ¥ is the yuan, as it is in Chinese texts."""

RATE_UNITS: Mapping[str, tuple[str, Decimal]] = {
    name: (unit, Decimal(factor))
    for unit, factor, names in (
        ("%", "1", "% 个%"),
        ("%", "0.01", "‱"),
        ("%", "10", "成 折"),
        ("‰", "1", "‰"),
        ("pp", "1", "个百分点 百分点 个百分比 pp pct 个pct"),
        ("pp", "0.1", "个千分点 千分点"),
        ("pp", "0.01", "个万分点 万分点 个基点 基点 BP 个BP bp"),
        ("times", "1", "倍"),
    )
    for name in names.split()
}
"""Units of rates: how they are written in a table, and what one of them is worth there."""

UNITS: Mapping[str, tuple[str, Decimal]] = {
    **CURRENCY_UNITS,
    **RATE_UNITS,
    **{"个人": ("人", Decimal(1)), "個": ("个", Decimal(1))},
}
"""Every unit that is not simply kept as written."""

CLASSIFIERS = frozenset(
    "件起宗例案人名位户家个份次场期条项部处所支批类种门篇册张本辆台套座艘头轮笔课站间株箱趟只面封架枚卷节对栋"
) | {
    *("人次", "家次", "批次", "件次", "户次", "场次", "辆次", "台次"),
    *("件(次)", "场(次)", "家(次)", "台(套)"),
}
"""The classifiers met most. Every word after a number is kept as written; being here only makes it faster."""

SHARES: Mapping[str, tuple[Decimal, Bound | None]] = {
    word: (Decimal(percent), bound)
    for percent, bound, words in (
        ("100", None, "百分百"),
        ("50", _MORE, "过半数 一大半 一多半 大半 多半 过半"),
        ("50", _LESS, "一小半 一少半 小半"),
        ("50", None, "一半 半数 对半"),
    )
    for word in words.split()
}
"""Words for a share of the whole: percent, and the bound they carry. 过半 leaves out the half itself, as 超过 does."""

FRACTIONS: Mapping[str, tuple[str, Decimal]] = {
    "百": ("%", Decimal(1)),
    "千": ("‰", Decimal(1)),
    "万": ("%", Decimal("0.01")),
}
"""Denominators before 分之 that are units of their own."""

SIGNS: Mapping[int, str | None] = {
    **{code: None for code in range(0x3001) if chr(code).isspace()},
    **dict.fromkeys((0xAD, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)),  # invisible
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2500, 0x2501), "-"),
    **dict.fromkeys((0x223C, 0x301C), "~"),
    **dict.fromkeys((0x2236, 0xA789), ":"),
    0x2215: "/",
}
"""What becomes of characters that normalisation (NFKC) leaves: blanks go, dashes and tildes are one each."""

NOTE_MARKS: Mapping[int, None] = dict.fromkeys(
    (0xB2, 0xB3, 0xB9, 0x2070, *range(0x2074, 0x208F), *range(0x2460, 0x2500))
)
"""Raised, lowered and circled figures: marks of notes, which normalisation would turn into digits."""
