from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.records import Record, to_records
from lawner.writers import html, open_writer
from lawner.writers.html_page import reading
from lawner.writers.html_style import INK, NAME, PALETTE

VOID = {"meta", "br"}


@dataclass
class Page(HTMLParser):
    """What a browser would see: the tree is closed right, texts without cards, cards, rows, ids."""

    path: Path
    stack: list[tuple[str, str]] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    words: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert not {"src", "onclick", "onload", "onerror"} & set(given)
        self.tags[tag] += 1
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if tag not in VOID:
            self.stack.append((tag, given.get("class", "")))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "p" and self.inside("section"):
            self.texts.append("")
        elif tag == "mark" and self.inside("section"):
            self.marks.append((given.get("class", ""), ""))
        elif given.get("class") == "card":
            self.cards.append("")

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def inside(self, tag, kind=None):
        return any(tag == one and kind in (None, other) for one, other in self.stack)

    def handle_data(self, data):
        if self.inside("style") or self.inside("script"):
            return
        if self.inside("span", "card"):
            self.cards[-1] += data
        elif self.inside("td") or self.inside("th"):
            self.rows[-1][-1] += data
        elif self.inside("section") and self.inside("p"):
            self.texts[-1] += data
            if self.inside("mark"):
                self.marks[-1] = (self.marks[-1][0], self.marks[-1][1] + data)
        else:
            self.words += data


def page_of(folder, *documents, name="page.html"):
    with open_writer(Path(folder) / name) as writer:
        for document in documents:
            writer.write(document, to_records(document, DEFAULT_LABELS))
    return Page(Path(folder) / name)


def test_the_page_shows_the_text_its_marks_and_a_row_per_record(tmp_path, report):
    page = page_of(tmp_path, report)
    assert page.texts == [report.text.strip("\n")] or page.texts == [report.text]
    assert [text for kind, text in page.marks if kind] == ["112件", "9件", "98.6%", "18名", "230余万元"]
    assert {text for kind, text in page.marks if not kind} >= {"办理行政复议案件", "按期办结率"}
    heading, *rows = page.rows
    assert heading[2] == "指标name"
    assert rows[4] == [
        "county/yunchuan-2023",
        "金额",
        "挽回经济损失",
        "230余万元",
        "[2,300,000, 2,400,000)",
        "CNY",
        "2023",
        "1",
    ]
    assert len(rows) == 5


def test_hovering_a_value_shows_its_record_and_a_name_its_values(tmp_path, document):
    page = page_of(tmp_path, document)
    assert page.cards[1] == (
        "受理案件类型 type案件 CASE原文 text12件数值 value12单位 unit件位置 place[4, 7)"
        "置信度 score0.75文件 filein/a.txt"
    )
    assert page.cards[0] == "受理案件数值 values12件"


def test_every_row_links_to_a_place_in_the_text_and_no_id_comes_twice(tmp_path, report):
    value, names = Span(8, 10, "CASE"), [Span(0, 2, "NAME"), Span(3, 5, "NAME")]
    shared = Document(
        "b", "受理、办结各共计5件", [value, *names], [Relation(value, name, "Measures") for name in names]
    )
    page = page_of(tmp_path, report, shared)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.links) == 7


def test_the_counts_per_label_are_drawn(tmp_path, report):
    words = page_of(tmp_path, report).words
    for label in (
        "案件 CASE2 · 40.0%",
        "数量 COUNT1 · 20.0%",
        "比率 RATE1 · 20.0%",
        "金额 AMOUNT1 · 20.0%",
        "名称 NAME",
    ):
        assert label in words
    assert "1 份报告，5 条指标" in words


EVIL = '<script>alert("1")</script><img src=x onerror=alert(2)>&amp;\' "</p>'


def test_whatever_a_report_holds_stays_text(tmp_path, record):
    text = f"{EVIL}12件{EVIL}"
    start = len(EVIL)
    document = Document(EVIL, text, [Span(start, start + 3, "CASE")], source=EVIL)
    evil = replace(
        record, doc_id=EVIL, label=EVIL, name=EVIL, value_text=EVIL, unit=EVIL, period=EVIL, compared_with=EVIL,
        full_name=EVIL, sentence=EVIL, source=EVIL, start=start, end=start + 3, name_start=0, name_end=start,
    )  # fmt: skip
    with open_writer(tmp_path / "a.html") as writer:
        writer.write(document, [evil])
    page = Page(tmp_path / "a.html")
    assert page.tags["script"] == 1
    assert page.tags["img"] == 0
    assert page.texts == [text]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_text_on_the_page_is_the_text_of_the_report(data):
    text = data.draw(
        st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("<>&\"'。\t5件"), min_size=1)
    )
    spans = set()
    for label in data.draw(st.lists(st.sampled_from(["CASE", "RATE", "NAME"]), max_size=6)):
        start = data.draw(st.integers(0, len(text) - 1))
        spans.add(Span(start, data.draw(st.integers(start + 1, len(text))), label))
    values, names = [s for s in spans if s.label != "NAME"], [s for s in spans if s.label == "NAME"]
    document = Document("a", text, spans, {Relation(value, name, "Measures") for value in values for name in names})
    with tempfile.TemporaryDirectory() as folder:
        page = page_of(folder, document)
        assert page.texts == ([text] if values else [])
        assert len(page.rows) - 1 == len(to_records(document, DEFAULT_LABELS))
        assert sorted(page.links) == sorted(f"#{one}" for one in page.ids if one.startswith("r"))


def test_nothing_is_loaded_from_elsewhere(tmp_path, report):
    page_of(tmp_path, report)
    source = (tmp_path / "page.html").read_text("utf-8")
    assert not re.search(r"https?://|//[a-z]|url\(|@import|<link|<iframe", source)
    assert "default-src 'none'" in source
    assert source.startswith("<!doctype html>")


def test_past_the_budget_of_characters_only_sentences_are_shown_and_the_page_says_so(tmp_path, report, monkeypatch):
    monkeypatch.setattr(html, "FULL_TEXT", len(report.text))
    other = replace_id(report, "b")
    silent = Document("c", "没有数字。")
    page = page_of(tmp_path, report, other, silent)
    assert page.texts[0].strip() == report.text.strip()
    assert [text.strip("…\n") for text in page.texts[1:]] == [
        "全年办理行政复议案件112件，其中撤销9件，按期办结率98.6%。",
        "新聘18名公职律师，为群众挽回经济损失230余万元。",
    ]
    assert "1 份报告只列含指标的句子" in page.words
    assert "1 reports show sentences only" in page.words
    assert "1 份报告没有指标，未列出" in page.words


def test_past_the_budget_of_records_the_rest_is_counted_and_the_page_says_so(tmp_path, report, monkeypatch):
    monkeypatch.setattr(html, "SHOWN_RECORDS", 7)
    page = page_of(tmp_path, *(replace_id(report, name) for name in "abcd"))
    assert len(page.rows) - 1 == 7
    assert "其余 13 条（含 2 份报告的全部）只计数" in page.words
    assert "4 份报告，20 条指标" in page.words
    assert "CASE8 ·" in page.words


def replace_id(document, doc_id):
    return Document(doc_id, document.text, document.spans, document.relations)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"value": Decimal(5), "lower": Decimal(5), "upper": Decimal(5)}, "5", id="figure"),
        pytest.param({"lower": Decimal(60), "upper": None}, "≥ 60", id="at least"),
        pytest.param({"lower": Decimal(60), "upper": None, "lower_open": True}, "> 60", id="more than"),
        pytest.param({"lower": None, "upper": Decimal(3)}, "≤ 3", id="at most"),
        pytest.param({"lower": None, "upper": Decimal(3), "upper_open": True}, "< 3", id="less than"),
        pytest.param(
            {"lower": Decimal(460000), "upper": Decimal(470000), "upper_open": True}, "[460,000, 470,000)", id="range"
        ),
        pytest.param(
            {"value": Decimal(20000), "lower": Decimal(20000), "upper": Decimal(20000), "approximate": True},
            "≈ 20,000",
            id="about",
        ),
        pytest.param({"value": None, "lower": None, "upper": None}, "", id="no number"),
        pytest.param(dict.fromkeys(("value", "lower", "upper"), Decimal(1) / 3), "0.333333…", id="never ends"),
    ],
)
def test_a_number_is_shown_as_people_write_it(record: Record, change, words):
    assert reading(replace(record, **change)) == words


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", PALETTE)
def test_marked_text_can_be_read_in_every_colour(theme):
    fills = [fill for fill, _, _ in PALETTE[theme]] + [NAME[theme]]
    assert min(contrast(INK[theme], fill) for fill in fills) >= 7
    assert min(contrast(line, fill) for fill, line, _ in PALETTE[theme]) >= 3
