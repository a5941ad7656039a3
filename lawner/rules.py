"""A tagger of regular expressions: what can be had without learning, the row that every table begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lawner.document import Document, Span
from lawner.labels import DEFAULT_LABELS
from lawner.relations import link_values

CASE, COUNT, RATE, AMOUNT, NAME = DEFAULT_LABELS.spans

DIGITS = r"[0-9０-９]+(?:[,，][0-9０-９]{3}(?![0-9０-９]))*(?:[.．][0-9０-９]+)?"
WORDS = r"[二两三四五六七八九十百千万][零一二两三四五六七八九十百千万]{1,12}|[十百千万](?=[余多])|[零〇两]"
ONE_WORD = r"[三四五六七八九十](?=期|起|件|人次|场次|名|家|户)"
BEFORE = r"(?:不少于|不低于|不超过|超过|至少|最多|将近|近|约|超|逾|不足)?"
AFTER = r"(?:以上|以下|以内|左右|上下)?"
CASE_UNITS = "件次|件|起|宗|例"
COUNT_UNITS = (
    "人次|场次|批次|户次|家次|台次|辆次|方面|人|次|份|场|个|条|家|户|名|部|项|期|处|所|支|类|种|门|篇|册|张|本|辆|台|套|座"
    "|艘|头|只|位|幅|块|批|则|轮|笔|间|株|棵|片|把|箱|瓶|盒|袋|枚|卷|点|对|封|通|组|堂|节|章|面"
)
VALUE = re.compile(
    rf"(?<![第0-9０-９.．a-zA-Z“《〔\[-]){BEFORE}(?:"
    rf"(?P<rate>百分之[零一二三四五六七八九十百点]{{1,9}}|[一二三四五六七八九十]{{1,5}}分之[一二三四五六七八九十]{{1,5}}"
    rf"|{DIGITS}[余多]?(?:%|％|‰|个百分点|个千分点|倍)|[一二三四五六七八九][成倍])"
    rf"|(?P<amount>(?:{DIGITS}|{WORDS}|{ONE_WORD})[余多]?[百千万亿]{{0,3}}[余多]?(?:元|美元|人民币))"
    rf"|(?P<case>(?:{DIGITS}|{WORDS}|{ONE_WORD})[余多几]?[百千万亿]{{0,3}}[余多]?\s?(?:{CASE_UNITS}))"
    rf"|(?P<count>(?:{DIGITS}|{WORDS}|{ONE_WORD})[余多几]?[百千万亿]{{0,3}}[余多]?\s?(?:{COUNT_UNITS}))"
    rf"){AFTER}(?![小月年])"
)
TYPES: Mapping[str, str] = {"rate": RATE, "amount": AMOUNT, "case": CASE, "count": COUNT}
COUNTED = re.compile("办件|提案|建议|公开|文件|案卷|线索|证件|产品|专利|信息|意见|事项|合同|稿|作品|证照|电子|服务|物")
"""Words beside 件 that make it a count of things, not of cases."""
PROCEEDING = re.compile("案|诉|复议|调解|纠纷|处罚|投诉|举报|信访|立案|判|裁|撤|维持|公证|援助|审结")
"""Words one of which stands near 件 where it counts cases."""

CLAUSE = re.compile(r"[，。；：、！？,;:!?\s（）()“”]")
LEAD = re.compile(
    r"^(?:[一二三四五六七八九十]是|其中|全[年市县省区厅局]|我[局市县区厅省院]|[0-9０-９]{2,4}年度?|本?年度?|今年(?:以来)?"
    r"|[0-9０-９]+月(?:底|份|[0-9０-９]+日)?|[上下]半年|累计|[总共]共?计?|已|先后|并|及时|同时|依法|全面|集中|积极|组织"
    r"|认真|实地|现场|对|将|各类|网上)+"
)
TRAIL = re.compile(r"(?:总?共计?|合计|累计|总计|计|已|达到?|约|为|有|了|至|均|分别|实现|是|的|到|由|从|数量|近)+$")
NOUN = re.compile(r"[\u4e00-\u9fff《》“”、]{2,16}")
NO_NOUN = re.compile(r"^(?:的|以|和|与|及|并|或|是|为|在|对|被|占|比|较|同比|均|等|其|开|进|向|由|至|到|，)")
NOUN_END = re.compile(r"的|、|(?:进行|开展|得到|均已|已|全部|参加|通过|完成|纳入|取得)")


def tag_by_rules(document: Document) -> Document:
    """The document with the values and names that regular expressions find, linked as any others are.

    Example:
        >>> tagged = tag_by_rules(Document("a", "全年受理行政复议案件112件，聘请35名法律顾问。"))
        >>> [tagged.text_of(span) for span in tagged.spans]
        ['受理行政复议案件', '112件', '35名', '法律顾问']
    """
    spans: set[Span] = set()
    reached = 0
    for value in _values(document.text):
        name = _name(document.text, value, reached)
        spans |= {value} if name is None else {value, name}
        reached = max(value.end, name.end if name else 0)
    return link_values(document.with_spans(spans), DEFAULT_LABELS)


def _values(text: str) -> Iterator[Span]:
    """Numbers with a unit that counts."""
    for match in VALUE.finditer(text):
        label = TYPES[str(match.lastgroup)]
        if label == CASE and _counts_things(text, match):
            label = COUNT
        yield Span(match.start(), match.end(), label)


def _counts_things(text: str, match: re.Match[str]) -> bool:
    """Whether the words around a number of 件 or 起 are not about cases."""
    start, end = match.span()
    if COUNTED.search(text, max(0, start - 8), end + 6):
        return True
    return match[0].endswith("件") and not PROCEEDING.search(text, max(0, start - 40), end + 6)


def _name(text: str, value: Span, reached: int) -> Span | None:
    """The noun that follows a value, else what stands before it in its clause and after the last value."""
    after = NOUN.match(text, value.end)
    if value.label in (COUNT, CASE) and after and not NO_NOUN.match(after[0]):
        cut = NOUN_END.search(after[0])
        end = value.end + (cut.start() if cut else len(after[0]))
        if end - value.end >= 2:
            return Span(value.end, end, NAME)
    before = text[max(reached, value.start - 30) : value.start]
    trail = TRAIL.search(before)
    before = before[: trail.start()] if trail else before
    start = max((match.end() for match in CLAUSE.finditer(before)), default=0)
    lead = LEAD.match(before[start:])
    start += lead.end() if lead else 0
    end = max(reached, value.start - 30) + len(before)
    length = len(before) - start
    return Span(end - length, end, NAME) if length >= 2 else None
