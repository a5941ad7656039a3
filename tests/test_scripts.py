"""The scripts that make and watch the annotations."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LINE = (
    "全年[新收行政案件]{1204件|C}，其中[撤销]{36件|C}；培训{35名|N}[公职律师]，"
    "[1:许可]、[2:处罚]分别为{5件|N1}、{8件|N2}，共{9次|N0}。"
)


@pytest.fixture(scope="module")
def markup(import_script):
    return import_script("markup")


def test_the_inline_markup_says_spans_types_and_links(markup):
    text, spans, links = markup.from_inline(f"标题\n{LINE}")
    assert "[" not in text and "{" not in text
    pairs = [(text[slice(*spans[value][:2])], spans[value][2], text[slice(*spans[name][:2])]) for value, name in links]
    assert pairs == [
        ("1204件", "CASE", "新收行政案件"),
        ("36件", "CASE", "撤销"),
        ("35名", "COUNT", "公职律师"),
        ("5件", "COUNT", "许可"),
        ("8件", "COUNT", "处罚"),
    ]
    assert sum(label != "NAME" for *_, label in spans) == 6


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("CNRM"), st.integers(-1, 5)), max_size=6))
@settings(deadline=None)
def test_inline_markup_and_brat_are_inverses(markup, parts):
    """Names and values in any order, linked any way, come back the same."""
    text, spans, values = "", [], []
    for gap, letter, target in parts:
        text += "，" * gap + "某名"
        spans.append((len(text) - 2, len(text), "NAME"))
        text += "12件"
        values.append((len(spans), target))
        spans.append((len(text) - 3, len(text), markup.LABELS[letter]))
    names = [index for index, span in enumerate(spans) if span[2] == "NAME"]
    links = [(value, names[target]) for value, target in values if 0 <= target < len(names)]

    def flat(result):
        text, spans, links = result
        return text, sorted(spans), sorted((spans[value], spans[name]) for value, name in links)

    document = (text, spans, links)
    assert flat(markup.from_inline(markup.to_inline(*document))) == flat(document)
    assert flat(markup.from_brat(text, markup.to_brat(*document))) == flat(document)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("受理{3件|C}", "has no name; write 0 after its type"),
        ("[受理]{3件|C7}", "name number 7, which this line does not have"),
        ("[受理{3件|C}", "left-over bracket"),
        ("[1:甲][1:乙]{3件|C1}", "given twice in one line"),
    ],
    ids=["no-name", "no-number", "bracket", "twice"],
)
def test_a_mark_that_cannot_be_read_names_its_line(markup, line, message):
    with pytest.raises(markup.MarkupError, match=f"line 2: .*{message}"):
        markup.from_inline(f"标题\n{line}")


def test_near_duplicates_are_found_whatever_their_figures(project_root, tmp_path):
    sentence = "全市各级行政复议机构共收到行政复议申请{}件，同比增长{}%，依法受理{}件。"
    (tmp_path / "a.txt").write_text(
        sentence.format(12, 3, 9) + "县政府常务会议专题听取依法行政工作汇报。", encoding="utf-8"
    )
    (tmp_path / "b.txt").write_text(
        sentence.format(4577, "8.25", 310) + "执法队伍力量仍显薄弱，专业人才偏少。", encoding="utf-8"
    )
    command = [sys.executable, str(project_root / "scripts" / "near_duplicates.py"), str(tmp_path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "2 texts, 4 sentences" in output
    assert "1 = 25.00%" in output


def test_quotations_of_other_texts_are_found_in_any_width(project_root, tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (own / "a.txt").write_text("坚持依法行政,全面推进法治政府建设各项任务。", encoding="utf-8")
    (other / "b.txt").write_text("前文。坚持依法行政，全面推进法治政府建设各项任务。后文。", encoding="utf-8")
    command = [sys.executable, str(project_root / "scripts" / "near_duplicates.py"), str(own), "--against", str(other)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "stand in the other texts too: 1" in output
