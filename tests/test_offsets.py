from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner.offsets import OffsetMap, StoredSpan, Unit, decide_unit, failures, locate, offset_map, same_surface

TEXT = "𠮷安\r\n受理3件"
texts = st.lists(st.one_of(st.sampled_from(["\r\n", "\r", "\n", "𠮷", "案"]), st.characters())).map("".join)
relaxed = settings(deadline=None, max_examples=100)


@given(texts, st.sampled_from(Unit))
@relaxed
def test_code_points_survive_the_way_there_and_back(text, unit):
    mapping = OffsetMap(text, unit)
    for index in range(len(text) + 1):
        back = mapping.to_code_point(mapping.from_code_point(index))
        after_cr = "LF" in unit.name and text[index - 1 : index + 1] == "\r\n" and index > 0
        assert back == (index - 1 if after_cr else index)


@given(texts)
@relaxed
def test_utf16_offsets_are_those_of_the_encoded_text(text):
    mapping = OffsetMap(text, Unit.UTF16)
    encoded = text.encode("utf-16-le", "surrogatepass")
    for index in range(len(text) + 1):
        assert encoded[: 2 * mapping.from_code_point(index)].decode("utf-16-le", "surrogatepass") == text[:index]


@given(texts, st.sampled_from(Unit))
@relaxed
def test_no_map_is_made_only_where_none_is_needed(text, unit):
    if offset_map(text, unit) is None:
        full = OffsetMap(text, unit)
        assert [full.from_code_point(index) for index in range(len(text) + 1)] == list(range(len(text) + 1))


@pytest.mark.parametrize(
    ("unit", "offset", "expected"),
    [
        (Unit.UTF16, 1, None),
        (Unit.UTF16, 2, 1),
        (Unit.UTF16, -1, None),
        (Unit.UTF16, 9, 8),
        (Unit.UTF16, 10, None),
        (Unit.CODE_POINT_LF, 2, 2),
        (Unit.CODE_POINT_LF, 3, 4),
        (Unit.CODE_POINT_BOM, 0, None),
        (Unit.CODE_POINT_BOM, 1, 0),
        (Unit.UTF16_LF, 4, 4),
    ],
)
def test_an_offset_outside_or_inside_a_character_is_none(unit, offset, expected):
    assert OffsetMap(TEXT, unit).to_code_point(offset) == expected


@pytest.mark.parametrize(
    ("stored", "actual", "expected"),
    [
        ("3件", "3件", True),
        ("3件", "3 件", False),
        ("a\nb", "a\r\nb", True),
        ("a b", "a\r\nb", True),
        ("a  b", "a\r\nb", True),
        ("a b", "a\n\nb", True),
        ("a b", "a\u3000b", False),
        ("ab", "a\nb", False),
    ],
)
def test_surfaces_may_differ_in_line_breaks_only(stored, actual, expected):
    assert same_surface(stored, actual) is expected


@pytest.mark.parametrize("span", [StoredSpan(3, 2), StoredSpan(-1, 2), StoredSpan(0, 9)])
def test_locate_refuses_ends_outside_the_text(span):
    assert locate(span, TEXT, None) is None
    assert locate(span, TEXT, OffsetMap(TEXT, Unit.CODE_POINT_LF)) is None


def test_failures_counts_what_a_unit_cannot_explain():
    spans = [StoredSpan(6, 8, "3件"), StoredSpan(7, 9, "3件"), StoredSpan(5, 7, "3件"), StoredSpan(0, 1)]
    assert failures(TEXT, spans, Unit.CODE_POINT) == 2
    assert failures(TEXT, spans, Unit.UTF16) == 3
    assert failures(TEXT, spans, Unit.CODE_POINT_LF) == 2


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([StoredSpan(6, 8, "3件")], Unit.CODE_POINT, id="surface proves code points"),
        pytest.param([StoredSpan(7, 9, "3件")], Unit.UTF16, id="surface proves UTF-16"),
        pytest.param([StoredSpan(5, 7, "3件")], Unit.CODE_POINT_LF, id="surface proves CRLF as one"),
        pytest.param([StoredSpan(7, 9)], Unit.UTF16, id="outside the text in code points"),
        pytest.param([StoredSpan(0, 1)], Unit.CODE_POINT, id="cuts a character in UTF-16"),
        pytest.param([StoredSpan(4, 6)], Unit.CODE_POINT, id="would begin with a line feed in UTF-16"),
        pytest.param([], Unit.UTF16, id="nothing to go by: the first candidate"),
        pytest.param([StoredSpan(0, 9, "x")], Unit.UTF16, id="nothing explains it: the first candidate"),
    ],
)
def test_decide_unit(spans, expected):
    candidates = [Unit.UTF16, Unit.CODE_POINT, Unit.CODE_POINT_LF]
    assert decide_unit([("没有", [StoredSpan(0, 1)]), (TEXT, spans)], candidates) == expected


def test_spans_without_a_surface_do_not_begin_within_a_number():
    text = "𠮷安受理120件，办结30件"
    assert decide_unit([(text, [StoredSpan(5, 9)])], [Unit.UTF16, Unit.CODE_POINT]) == Unit.UTF16
    assert decide_unit([(text, [StoredSpan(4, 8)])], [Unit.UTF16, Unit.CODE_POINT]) == Unit.CODE_POINT


def test_the_majority_decides():
    spans = [StoredSpan(7, 9, "3件"), StoredSpan(5, 7, "受理"), StoredSpan(6, 8, "3件")]
    assert decide_unit([(TEXT, spans)], [Unit.CODE_POINT, Unit.UTF16]) == Unit.UTF16
