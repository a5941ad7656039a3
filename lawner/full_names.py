"""Names that are only a stage (受理, 其中撤销, 同比上升), completed by the head they leave out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace

from lawner.document import Document, Span
from lawner.labels import LabelSet
from lawner.sentences import sentence_ends
from lawner.stages import (
    BRANCHES,
    COMPARISON,
    LIGHT,
    NO_PARTS,
    OPENER,
    RECEIVED,
    STAGE,
    STAGE_RATE,
    WEAK,
    unit_of,
)

SEPARATOR = " · "

FINDING = re.compile("问题|意见|建议|线索")
QUALITY = re.compile("合格|优|良")

BETWEEN = re.compile(r"(?:[，,、；;（(）)\s]|其中|并|均|且|已|数|量|的|了|分别|比率|金额|总额)*")
MARK = re.compile(r"[（(）)]|其中|[；;。\r\n]")
LONGEST, LONGEST_HEAD = 24, 60
REACH, OPENS, REMEMBERED = 200, 8, 16


@dataclass(frozen=True, slots=True)
class FullName:
    """A name with the head it inherits.

    Attributes:
        text: The inherited head, ``" · "`` and the name as marked; the marked name alone where nothing is inherited.
        start: First character of the head in the document's text; None if nothing is inherited.
        end: One past the last character of the head; None if nothing is inherited.
    """

    text: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A value with its name, once the name is completed.

    Attributes:
        value: The value.
        name: The name.
        full: The completed name.
        unit: The value's classifier.
        sentence: Which sentence it stands in.
        headed: Whether the name has a noun of its own.
    """

    value: Span
    name: Span
    full: FullName
    unit: str
    sentence: int
    headed: bool


@dataclass(slots=True)
class _State:
    """What can be inherited at one place of the text, while it is read from left to right."""

    heads: dict[str, _Entry] = field(default_factory=dict)
    counts: list[_Entry] = field(default_factory=list)
    compared: list[_Entry] = field(default_factory=list)
    last: _Entry | None = None
    target: _Entry | None = None
    parent: _Entry | None = None
    inner: bool = False
    brackets: list[tuple[_Entry | None, bool]] = field(default_factory=list)


def complete_names(document: Document, labels: LabelSet) -> dict[tuple[Span, Span], FullName]:
    """The full name for every relation from a value to its name.

    A name inherits only if it has no noun of its own, from its sentence or the one before in the same paragraph:

    - a stage (受理, 维持, 以调解方式结案, 继续有效的) from the last thing counted by the same classifier, always the
      thing itself and never a chain of stages: 行政复议申请 · 维持;
    - a rate of a stage (办结率) from the last thing counted;
    - a comparison (同比上升) or a share (占总数的) from the value right before it, with 分别 from those before it in
      turn;
    - a branch (民事, 其他) after 其中 or in brackets from what is broken down.

    The head loses the light verb before its noun (收到行政复议申请 gives 行政复议申请); before a comparison it keeps
    all verbs but 收到, for that is what grew: 办理案件 · 同比上升. Whatever is not clear stays as marked.

    Example:
        >>> from lawner import DEFAULT_LABELS, Relation
        >>> claims, accepted = Span(8, 10, "CASE"), Span(13, 15, "CASE")
        >>> names = Span(0, 8, "NAME"), Span(11, 13, "NAME")
        >>> pairs = [Relation(claims, names[0], "Measures"), Relation(accepted, names[1], "Measures")]
        >>> document = Document("a", "收到行政复议申请9件，受理8件。", [claims, accepted, *names], pairs)
        >>> complete_names(document, DEFAULT_LABELS)[accepted, names[1]]
        FullName(text='行政复议申请 · 受理', start=2, end=8)
    """
    return _Reader(document, labels).read()


class _Reader:
    """One pass over a document, from left to right."""

    def __init__(self, document: Document, labels: LabelSet) -> None:
        self.text, self.ends = document.text, sentence_ends(document.text)
        self.pairs = sorted(
            ((relation.head, relation.tail) for relation in document.relations if relation.head.label in labels.values),
            key=lambda pair: (pair[0], pair[1]),
        )
        self.shared = Counter(name for _, name in self.pairs)
        self.state = _State()

    def read(self) -> dict[tuple[Span, Span], FullName]:
        """The full name of every pair."""
        marks = MARK.finditer(self.text)
        mark = next(marks, None)
        found = {}
        for value, name in self.pairs:
            while mark and mark.start() < value.start:
                self._mark(mark)
                mark = next(marks, None)
            found[value, name] = self._complete(value, name)
        return found

    def _mark(self, mark: re.Match[str]) -> None:
        """Follow brackets and 其中; forget everything at the end of a line."""
        state, last = self.state, self.state.counts[-1] if self.state.counts else None
        if mark[0] in "\r\n":
            self.state = _State()
        elif mark[0] in "（(":
            state.brackets.append((state.parent, state.inner))
            state.parent, state.inner = last, True
        elif mark[0] in "）)":
            state.parent, state.inner = state.brackets.pop() if state.brackets else (None, False)
        elif mark[0] == "其中":
            state.parent, state.inner = last, True
        elif mark[0] == "。" or not state.brackets:
            state.brackets, state.inner, state.parent = [], False, None

    def _complete(self, value: Span, name: Span) -> FullName:
        """The full name of one pair, remembered for those that follow."""
        words = self.text[name.start : name.end] if name.end - name.start <= LONGEST else ""
        unit, sentence = unit_of(self.text[value.start : value.end]), bisect_right(self.ends, value.start)
        compares = bool(COMPARISON.fullmatch(words))
        if compares or (self.shared[name] > 1 and STAGE_RATE.fullmatch(words)):
            source = self._compared(name, sentence)
        else:
            source = self._source(words, name, unit, sentence)
        whole = self.text[name.start : name.end]
        full = self._join(source, whole, compares=compares) if source else FullName(whole, None, None)
        headless = compares or STAGE.fullmatch(words) or STAGE_RATE.fullmatch(words) or words in BRANCHES
        self._remember(_Entry(value, name, full, unit, sentence, not headless), source if compares else None, compares)
        return full

    def _source(self, words: str, name: Span, unit: str, sentence: int) -> _Entry | None:
        """What a stage, a rate of a stage or a branch inherits from."""
        state = self.state
        if STAGE_RATE.fullmatch(words):
            return self._counted(words, sentence)
        if STAGE.fullmatch(words):
            source = state.heads.get(unit)
            if not source or not self._reaches(source, words, name, sentence):
                return None
            state.heads[unit] = replace(source, sentence=sentence)
            return source
        if words in BRANCHES and state.inner and state.parent:
            source = state.parent
            named = source.headed or source.full.start is not None
            return source if named and source.unit == unit and source.sentence >= sentence - 1 else None
        return None

    def _counted(self, words: str, sentence: int) -> _Entry | None:
        """The last thing counted that a rate can be a share of."""
        for source in reversed(self.state.counts):
            name = self.text[source.name.start : source.name.end] if source.headed else ""
            weak = name and (WEAK.fullmatch(name) or words[-3:-1] in name)
            if source.sentence < sentence - 1:
                return None
            if weak or source.unit in NO_PARTS or (QUALITY.search(words) and FINDING.search(name)):
                continue
            return source if source.headed or source.full.start is not None else None
        return None

    def _reaches(self, source: _Entry, words: str, name: Span, sentence: int) -> bool:
        """Whether a stage can inherit from an entry: of its sentence, or of the one before if it opens its own."""
        if "**" in self.text[max(source.value.end, name.start - REACH) : name.start]:
            return False
        if source.sentence == sentence:
            return True
        begin = self.ends[sentence - 1] if sentence else 0
        semicolon = self.text[max(begin - 2, 0) : begin].strip()[-1:] in "；;"
        opens = name.start - begin <= OPENS and (semicolon or not OPENER.fullmatch(words))
        return source.sentence == sentence - 1 and opens

    def _compared(self, name: Span, sentence: int) -> _Entry | None:
        """The entry whose value a comparison is about."""
        state, shared = self.state, self.shared[name]
        if state.last and state.last.name == name:
            return state.compared.pop(0) if state.compared else None
        state.compared = []
        if not state.last or state.last.sentence < sentence - 1:
            return None
        edge = max(state.last.value.end, state.last.name.end)
        if not edge <= name.start <= edge + LONGEST or not BETWEEN.fullmatch(self.text, edge, name.start):
            return None
        if shared == 1:
            return state.target
        several = state.counts[-shared:]
        if len(several) < shared or several[0].sentence < sentence - 1:
            return None
        state.compared = several[1:]
        return several[0]

    def _join(self, source: _Entry, words: str, *, compares: bool) -> FullName:
        """The head, the separator and the name."""
        full, name = source.full, source.name
        if full.start is not None:
            head = full.text if compares else self.text[full.start : full.end]
            return FullName(f"{head}{SEPARATOR}{words}", full.start, full.end)
        light = (RECEIVED if compares else LIGHT).match(self.text, name.start, name.end)
        start = light.end() if light and name.end - light.end() >= 2 else name.start
        return FullName(f"{self.text[start : name.end]}{SEPARATOR}{words}", start, name.end)

    def _remember(self, entry: _Entry, target: _Entry | None, compares: bool) -> None:
        """Let what follows inherit from an entry."""
        state, name = self.state, entry.name
        state.last = entry
        state.target = target if compares else entry
        if compares:
            return
        state.counts = [*state.counts[1 - REMEMBERED :], entry]
        opens = entry.headed and bool(LIGHT.match(self.text, name.start, name.end))
        if opens and not state.brackets:
            state.inner = False
        weak = name.end - name.start > LONGEST_HEAD or WEAK.fullmatch(self.text, name.start, name.end)
        if entry.headed and not state.inner and not weak:
            state.heads[entry.unit] = entry
