from __future__ import annotations

import time

import pytest

from lawner import Document
from lawner.rules import tag_by_rules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("全年受理行政复议案件112件。", [("CASE", "112件", "受理行政复议案件")], id="case"),
        pytest.param("聘请35名法律顾问。", [("COUNT", "35名", "法律顾问")], id="name after"),
        pytest.param("按期办结率达98.6%。", [("RATE", "98.6%", "按期办结率")], id="rate"),
        pytest.param("挽回经济损失230余万元。", [("AMOUNT", "230余万元", "挽回经济损失")], id="amount"),
        pytest.param("办理人大建议5件。", [("COUNT", "5件", "办理人大建议")], id="things counted with 件"),
        pytest.param("2023年6月1日，第5条，第二批，十九届六中全会", [], id="dates, articles, ordinals"),
    ],
)
def test_rules_find_values_and_their_names(text, expected):
    tagged = tag_by_rules(Document("a", text))
    found = [(pair.head.label, tagged.text_of(pair.head), tagged.text_of(pair.tail)) for pair in tagged.relations]
    assert found == expected


@pytest.mark.parametrize("piece", ["9", "1,", "百", "一", "3件", "计已", "百分之", "9,999"])
def test_no_text_takes_the_rules_long(piece):
    started = time.perf_counter()
    tag_by_rules(Document("a", piece * 5000))
    assert time.perf_counter() - started < 5
