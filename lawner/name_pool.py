"""What can be exchanged between reports: names of indicators that stand in the same kind of place, and place names."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lawner.document import Document, Relation, Span
from lawner.edits import Edit
from lawner.labels import LabelSet

Key = tuple[str, ...]

FEWEST_OF_A_KIND = 4
"""With fewer names of its own kind of report to choose from, a name is taken from any kind."""

LONG_NAME = 5
"""Characters from which a name counts as long; 受理 after 其中 is no place for a whole verb phrase."""

TITLE_LINE = 60
"""Lines longer than this name the report's place only at the very beginning of the text."""

NUMBER = re.compile(r"[0-9０-９〇零一二两三四五六七八九十百千万亿余多几半,，.．\s+\-—~～至到]+")
HEDGES = re.compile(r"近|约|超过|超|逾|不足|至少|不少于|不低于|不超过|最多|突破|过|以上|以下|以内|左右|上下")
VERB = re.compile(
    "受理|办理|开展|调解|立案|办结|罚款|查处|组织|审结|发放|收到|检查|移送|发现|举办|结案|审查"
    "|撤销|清理|罚没|整改|提出|化解|新增|排查|接待|培训|召开|完成|废止|抽查|挽回|纠正|参加|责令"
    "|配备|减免|取消|公开|采纳|评查|追回|修改|出动|制定|发出|新建|审核|出具|退回|拆除|发布|直接"
    "|投入|调处|参与|收缴|列入|处罚|监督|推送|走访|编制|建成|处理|适用|保留|公示|申请|公布|提请"
    "|抓获|设立|取缔|约谈|督促|作出|下达|判处|解决|听取|聘请|收集|查出|印发|终止|承接|通报|起诉"
    "|安排|避免|没收|查办|查获|查实|处置|兑现|移交|判决|追缴|核查|帮助|撤回|抽检|规范|答复|给予"
    "|宣布|变更|修订|报备|收回|邀请|确认|发生|解答|制发|退还|提起|驳回|减轻|研究|实施|覆盖|回访"
    "|批准|清退|兑付|关停|推动|签订|转办|征收|问责|取得|检测|破案|安置|注册|下发|提供|执行|追究"
    "|纳入|协调|审批|培育|清偿|巡查|轮训|防止|执结|进驻|吊销|建议|制作|裁决|落实|设置|劝返|接到"
    "|接受|旁听|获得|反馈|追责|核实|新收|核定|建立|破获|接收|培养|转移|出台|整治|建设|播放|撤诉"
    "|接听|免予|梳理|核发|注销|提交|协助|下放|回复|审议|归集|捣毁|惠及|派驻|争取|启动|裁定|代办"
    "|收取|征集|改变|促进|处以|审计|稽查|学习|接入|制止|创建|评定|审理|查封|报送|告知|不予|主动"
    "|网上|当场|依申|通过|涉及|修复|引进|维修|更换|改造|张贴|印制|悬挂|刊发|编发|录入|登记|化验"
    "|采集|救助|帮扶|资助|招聘|招录|选派|命名|表彰|符合|违反"
)
PREDICATE = re.compile(
    "上[山门]|不|中止|以|侵|到|协商|合格|优秀|因|在|夜巡|夺|延期|当[天场]|成为|改判|明显|是|有|未|来自|查不|没|消|深入|用|考|缓|落地|补办"
    "|要|请|误|走[进访]|调阅|进|返|需|静默|集体[学讨]|被|安全返|就近|实行|组成|获|受到|转|存在|属于|持有|逾期|达标|退休|晋升|入选|主动|自愿"
    "|仍|还|均|已|反映|希望|认为|表示"
)
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "comparison",
        re.compile(r"同比|环比|比(?![例重率])|较|与|[高低优]于|高出|快于|增长|下降|上升|提高|减少|增加|净增|[增降]幅"),
    ),
    ("share", re.compile(r"占")),
    ("headless", re.compile(r".*的$")),
    ("ratio", re.compile(r".*(?:率|比例|占比|比重|覆盖面)$")),
    ("predicate", re.compile(rf"(?:{PREDICATE.pattern})[^的]*$")),
    ("verb", VERB),
)
"""What a name is by its wording, first match; all others are nouns."""

_PLACE = r"([\u4e00-\u9fff]{2,3}?)(自治区|自治州|自治县|街道|省|市|县|区|州|镇|乡)"
PLACE_LINE = re.compile(rf"[\s（(【《]*(?:关于|中共|中国共产党|政协)?{_PLACE}(?:{_PLACE})?(?![场民区城])")
NO_PLACE = re.compile(
    r"[全各本我在由市县区省乡镇社园的和与其某每个等到从对向被年有是为主依法旧将建小集地]"
    r"|(?:开发|高新|功能|试验|示范|自治|经济|文化|工业|农贸|新|老城|保税|产业)$"
)


@dataclass(frozen=True, slots=True)
class NamePool:
    """Names and places of many reports, to exchange between them.

    Attributes:
        names: Names by the place they can stand in: first by kind of report, and under the empty kind all of them.
        places: Place names without 省, 市, 县 ... by what follows them.
        label: The span label of names.
    """

    names: Mapping[Key, tuple[str, ...]]
    places: Mapping[str, tuple[str, ...]]
    label: str

    @classmethod
    def from_documents(cls, documents: Iterable[Document], labels: LabelSet) -> NamePool:
        """The pool of all names that serve one value, and of the places the reports are about."""
        names: defaultdict[Key, set[str]] = defaultdict(set)
        places: defaultdict[str, set[str]] = defaultdict(set)
        for document in documents:
            for relation in _single_relations(document, labels.name or ""):
                key = place_key(document, relation)
                for kind in (kind_of(document.doc_id), ""):
                    names[(kind, *key)].add(document.text_of(relation.tail))
            for stem, suffix in find_places(document.text):
                places[suffix].add(stem)
        return cls(
            {key: tuple(sorted(group)) for key, group in sorted(names.items())},
            {suffix: tuple(sorted(group)) for suffix, group in sorted(places.items())},
            labels.name or "",
        )

    def choose_name(self, document: Document, relation: Relation, *, rng: random.Random) -> str | None:
        """Another name that can stand where the relation's name stands; None if there is none."""
        key = place_key(document, relation)
        group = self.names.get((kind_of(document.doc_id), *key), ())
        if len(group) < FEWEST_OF_A_KIND:
            group = self.names.get(("", *key), ())
        name = rng.choice(group) if group else None
        return None if name == document.text_of(relation.tail) else name

    def swap_names(self, document: Document, *, share: float, rng: random.Random) -> list[Edit]:
        """Edits that put another name in place of a share of the names that serve one value."""
        edits = []
        for relation in _single_relations(document, self.label):
            name = self.choose_name(document, relation, rng=rng) if rng.random() < share else None
            if name is not None:
                edits.append(Edit(relation.tail.start, relation.tail.end, name))
        return edits

    def swap_places(self, document: Document, *, rng: random.Random) -> list[Edit]:
        """Edits that give the places a report is about other names, the same one throughout."""
        other: dict[str, str] = {}
        for stem, suffix in find_places(document.text):
            choices = [place for place in self.places.get(suffix, ()) if place not in document.text]
            if choices:
                other[stem] = rng.choice(choices)
        if not other:
            return []
        stems = re.compile("|".join(sorted(map(re.escape, other), key=len, reverse=True)))
        return [Edit(match.start(), match.end(), other[match.group()]) for match in stems.finditer(document.text)]


def kind_of(doc_id: str) -> str:
    """The kind of a report by its id: the folder it lies in, else what stands before the first hyphen.

    Example:
        >>> kind_of("fayuan/fayuan-2019-01"), kind_of("fuyi-2017-02")
        ('fayuan', 'fuyi')
    """
    folder, slash, _ = doc_id.rpartition("/")
    return folder.rpartition("/")[2] if slash else doc_id.partition("-")[0]


def unit_of(value_text: str) -> str:
    """The unit or classifier of a value, without number and hedges; empty if it has none.

    Example:
        >>> unit_of("不少于1.2万人次"), unit_of("4.1个百分点"), unit_of("近八成")
        ('人次', '个百分点', '成')
    """
    if "百分点" in value_text:
        return "个百分点"
    return NUMBER.sub("", HEDGES.sub("", value_text))


def shape_of(name: str) -> str:
    """What a name is by its wording.

    Example:
        >>> shape_of("同比上升"), shape_of("按期办结率"), shape_of("受理"), shape_of("行政案件")
        ('comparison', 'ratio', 'verb', 'noun')
    """
    return next((shape for shape, pattern in SHAPES if pattern.match(name)), "noun")


def place_key(document: Document, relation: Relation) -> Key:
    """What decides whether another name can stand in a name's place.

    The label and unit of its value, whether it stands before or after it, what stands between the two, its shape, and
    whether it is long.
    """
    value, name = relation.head, relation.tail
    before = name.start < value.start
    gap = document.text[name.end : value.start] if before else document.text[value.end : name.start]
    text = document.text_of(name)
    length = "long" if len(text) >= LONG_NAME else "short"
    side = "before" if before else "after"
    return (value.label, unit_of(document.text_of(value)), side, gap.strip(), shape_of(text), length)


def find_places(text: str) -> list[tuple[str, str]]:
    """The places a report is about, from its title and signature: the name and what follows it.

    Example:
        >>> find_places("云川县2023年法治政府建设年度报告")
        [('云川', '县')]
    """
    found: dict[str, str] = {}
    for line in re.finditer(r"[^\r\n]+", text):
        if line.start() and line.end() - line.start() > TITLE_LINE:
            continue
        match = PLACE_LINE.match(line.group())
        pairs = (match.group(1, 2), match.group(3, 4)) if match else ()
        found.update((stem, suffix) for stem, suffix in pairs if stem and not NO_PLACE.search(stem))
    return list(found.items())


def _single_relations(document: Document, label: str) -> Iterator[Relation]:
    """The relations whose name serves no other value and holds no line break."""
    uses: Counter[Span] = Counter(relation.tail for relation in document.relations)
    for relation in document.relations:
        name = relation.tail
        if name.label == label and uses[name] == 1 and "\n" not in document.text_of(name):
            yield relation
