from __future__ import annotations

import pytest

from lawner import Span
from lawner.numerals import find_numerals, unmarked_numerals


@pytest.mark.parametrize(
    ("text", "numerals"),
    [
        ("受理1,204件，其中12.5%", ["1,204", "12.5"]),
        ("受理１２３件", ["１２３"]),
        ("2019,2020两年", ["2019", "2020", "两"]),
        ("第二批、第十三条", ["二", "十三"]),
        ("举办两期培训，三百余人参加", ["两", "三百余"]),
        ("占四分之一，百分之九十二点五", ["四分之一", "百分之九十二点五"]),
        ("二〇二三年", ["二〇二三"]),
        ("建设一个平台，统一部署", []),
        ("投诉零件，查处〇起", ["零", "〇"]),
    ],
    ids=["separators", "full-width", "list", "ordinals", "counts", "fraction", "year", "one-means-a", "zero"],
)
def test_numerals_found(text, numerals):
    assert [text[start:end] for start, end in find_numerals(text)] == numerals


def test_a_numeral_in_a_span_is_marked():
    text = "第3次检查12家"
    assert [text[a:b] for a, b in unmarked_numerals(text, [Span(5, 8, "COUNT")])] == ["3"]
