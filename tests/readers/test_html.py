"""Web pages: tables of data, tables for layout, numbers that must stay what they are."""

from __future__ import annotations

import pytest

from lawner.readers import read_file

SENTENCE = "全县坚持以人民为中心，统筹推进各项工作，全年共受理行政复议案件{}件，取得了较好成效。"
BEFORE, AFTER = (  # enough for the extraction to take the page
    "".join(f"<p>{SENTENCE.format(f'{kind}{number}') * 3}</p>" for number in "一二三") for kind in "前后"
)


def lines_of(path, body: str) -> list[str]:
    path.write_text(f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>', encoding="utf-8")
    ((_, text),) = read_file(path)
    return text.split("\n")


TABLES = {
    "blocks of a cell": (
        "<table><tr><td><p>受理12</p><p>34件结案</p></td></tr></table>",
        ["受理12", "34件结案"],
    ),
    "break in the only cell": ("<table><tr><td>受理12<br>34件结案</td></tr></table>", ["受理12", "34件结案"]),
    "blocks beside a cell": (
        "<table><tr><td>导航</td><td><div>受理12</div><div>34件结案</div></td></tr></table>",
        ["导航", "受理12", "34件结案"],
    ),
    "prose with breaks beside a cell": (
        "<table><tr><td>导航</td><td>受理12件。<br><br>\u3000\u300034件结案。</td></tr></table>",
        ["导航", "受理12件。", "\u3000\u300034件结案。"],
    ),
    "a cell a row": ("<table><tr><td>受理12</td></tr><tr><td>34件结案</td></tr></table>", ["受理12", "34件结案"]),
    "data": (
        "<table><tr><th>行政<br>许可</th><td><p>1,156</p></td></tr><tr><td>处罚</td><td><b>3</b>4</td></tr></table>",
        ["行政 许可\t1,156", "处罚\t34"],
    ),
    "data with empty cells": (
        "<table><tr><td></td><td>甲</td><td>乙</td><td></td></tr><tr><td>丙</td><td></td><td>5</td></tr></table>",
        ["\t甲\t乙", "丙\t\t5"],
    ),
    "data under a title row": (
        "<table><caption>表一</caption><tr><td colspan=2>收结案情况</td></tr><tr><td>新收</td><td>7</td></tr></table>",
        ["表一", "收结案情况", "新收\t7"],
    ),
    "data in a layout cell": (
        "<table><tr><td><p>前文</p><table><tr><td>许可</td><td>3</td></tr></table>后文</td></tr></table>",
        ["前文", "许可\t3", "后文"],
    ),
    "data in a cell beside another": (
        "<table><tr><td>左<table><tr><td>许可</td><td>3</td></tr></table></td><td>右</td></tr></table>",
        ["左", "许可\t3", "右"],
    ),
    "layout in layout": (
        "<table><tr><td><table><tr><td><table><tr><td>受理12</td></tr><tr><td>34件</td></tr></table></td></tr></table>"
        "</td></tr></table>",
        ["受理12", "34件"],
    ),
    "cells without a row": ("<table><td>许可<td>3</table>", ["许可", "3"]),
    "preformatted": (
        "<table><tr><td>表</td><td><pre>受理12\n34件<br>结案\n5件</pre></td></tr></table>",
        ["表\t受理12 34件 结案 5件"],
    ),
    "preformatted alone": ("<table><tr><td><pre>受理12\n34件</pre></td></tr></table>", ["受理12", "34件"]),
}


@pytest.mark.parametrize(("table", "expected"), TABLES.values(), ids=TABLES)
@pytest.mark.parametrize(("before", "after"), [("", ""), (BEFORE, AFTER)], ids=["alone", "in a page"])
def test_a_row_of_data_is_a_line_and_anything_else_ordinary_blocks(tmp_path, table, expected, before, after):
    lines = lines_of(tmp_path / "a.html", before + table + after)
    rest = [line for line in lines if line not in BEFORE + AFTER]
    assert rest == expected


def test_a_page_laid_out_in_one_cell_keeps_its_paragraphs(tmp_path):
    paragraphs = [SENTENCE.format(number) for number in range(6)]
    page = "<table><tr><td>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs) + "</td></tr></table>"
    assert lines_of(tmp_path / "a.html", page) == paragraphs


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("分别为 120\n35 件", "分别为 120 35 件"),
        ("分别为１２０\n３５件", "分别为１２０ ３５件"),
        ("分别为120\r\n  件", "分别为120件"),
        ("受理\n120件", "受理120件"),
        ("同比上升12\n%，下降3\n％", "同比上升12%，下降3％"),
        ("同比上升12\n.5", "同比上升12 .5"),
        ("全年共受\n理", "全年共受理"),
        ("a\nb", "a b"),
    ],
)
def test_a_line_break_of_the_source_never_makes_one_number_of_two(tmp_path, source, expected):
    assert lines_of(tmp_path / "a.html", f"<p>{source}</p>") == [expected]


def test_a_number_split_over_any_inline_tag_stays_one(tmp_path):
    page = '<p>受理<st1:chmetcnv unitname="件">1<q>2</q></st1:chmetcnv><time>3</time>件</p>'
    assert lines_of(tmp_path / "a.html", page) == ["受理123件"]


def test_a_page_nested_deeper_than_the_stack_is_read(tmp_path):
    assert lines_of(tmp_path / "a.html", "<div>" * 2000 + "受理12件" + "</div>" * 2000 + "结案") == ["受理12件", "结案"]


def test_control_characters_do_not_end_the_reading(tmp_path):
    assert lines_of(tmp_path / "a.html", "<p>受理\x01&#2;12\x0b件</p><pre>\x02甲</pre>") == ["受理12件", "甲"]


def test_a_page_longer_than_any_report_is_given_whole_and_soon(tmp_path):
    rows = "".join(f"<tr><td><p>第{number}项</p></td></tr>" for number in range(20_000))
    (tmp_path / "a.html").write_text(f"<table>{rows}</table>", encoding="utf-8")
    ((_, text),) = read_file(tmp_path / "a.html")
    assert text.count("\n") == 19_999
