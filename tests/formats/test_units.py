"""The same document stored in different units gives the same spans."""

from __future__ import annotations

import json

import pytest

from lawner.document import Document, Relation, Span
from lawner.losses import Reason
from lawner.offsets import OffsetMap, Unit

TEXT = "𠮷𠮷安镇\r\n受理12件，\r\n𠮷某办结3件。"
NAME, CASE, LATE = Span(6, 8, "NAME"), Span(8, 11, "CASE"), Span(18, 20, "CASE")
GOLD = Document("a", TEXT, [NAME, CASE, LATE], [Relation(CASE, NAME, "Measures")])
KEYS = {NAME: "1", CASE: "2", LATE: "3"}
SHIFTING = [Unit.CODE_POINT, Unit.UTF16, Unit.CODE_POINT_LF, Unit.UTF16_LF]


def places(unit: Unit) -> list[tuple[Span, int, int]]:
    mapping = OffsetMap(TEXT, unit)
    return [(span, mapping.from_code_point(span.start), mapping.from_code_point(span.end)) for span in GOLD.spans]


def as_doccano(unit: Unit, *, surfaces: bool) -> str:
    entities = [
        {"id": KEYS[span], "label": span.label, "start_offset": start, "end_offset": end}
        | ({"text": GOLD.text_of(span)} if surfaces else {})
        for span, start, end in places(unit)
    ]
    relations = [{"id": 1, "from_id": "2", "to_id": "1", "type": "Measures"}]
    return json.dumps({"doc_id": "a", "text": TEXT, "entities": entities, "relations": relations})


def as_label_studio(unit: Unit) -> str:
    results: list[object] = [
        {
            "id": KEYS[span],
            "type": "labels",
            "to_name": "text",
            "value": {"start": start, "end": end, "text": GOLD.text_of(span), "labels": [span.label]},
        }
        for span, start, end in places(unit)
    ]
    results.append({"type": "relation", "from_id": "2", "to_id": "1", "direction": "right", "labels": ["Measures"]})
    return json.dumps([{"data": {"text": TEXT, "doc_id": "a"}, "annotations": [{"result": results}]}])


def as_prodigy(unit: Unit) -> str:
    mapping = OffsetMap(TEXT, unit)
    tokens = [
        {
            "text": word,
            "start": mapping.from_code_point(start),
            "end": mapping.from_code_point(start + len(word)),
            "id": n,
        }
        for n, (start, word) in enumerate([(0, "𠮷𠮷安镇"), (6, "受理"), (8, "12"), (10, "件"), (18, "3"), (19, "件")])
    ]
    spans = [{"start": start, "end": end, "label": span.label} for span, start, end in places(unit)]
    ends = [{"start": spans[n]["start"], "end": spans[n]["end"]} for n in (1, 0)]
    relations = [{"head": 3, "child": 1, "label": "Measures", "head_span": ends[0], "child_span": ends[1]}]
    return json.dumps({"doc_id": "a", "text": TEXT, "tokens": tokens, "spans": spans, "relations": relations})


@pytest.mark.parametrize("unit", SHIFTING)
def test_doccano_with_surfaces(unit, read, write, losses):
    assert read(write("x.jsonl", as_doccano(unit, surfaces=True))) == [GOLD]
    assert not losses.losses


@pytest.mark.parametrize("unit", [Unit.CODE_POINT, Unit.UTF16])
def test_doccano_without_surfaces_goes_by_the_edges_of_spans(unit, read, write):
    assert read(write("x.jsonl", as_doccano(unit, surfaces=False))) == [GOLD]


@pytest.mark.parametrize("unit", SHIFTING)
def test_label_studio(unit, read, write, losses):
    assert read(write("x.json", as_label_studio(unit))) == [GOLD]
    assert not losses.losses


@pytest.mark.parametrize("unit", SHIFTING)
def test_prodigy_proves_by_its_tokens(unit, read, write, losses):
    assert read(write("x.jsonl", as_prodigy(unit))) == [GOLD]
    assert not losses.losses


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("unit", [*SHIFTING, Unit.CODE_POINT_BOM, Unit.CODE_POINT_LF_BOM])
def test_brat(unit, mark, read, write, losses):
    if "mark" in unit and not mark:
        pytest.skip("no byte order mark to count")
    write("a.txt", mark + TEXT.encode())
    lines = [f"T{KEYS[span]}\t{span.label} {start} {end}\t{GOLD.text_of(span)}\n" for span, start, end in places(unit)]
    path = write("a.ann", "".join(lines) + "R1\tMeasures Arg1:T2 Arg2:T1\n")
    assert read(path.parent) == [GOLD]
    assert not losses.losses
    assert bool(losses.notes) == (unit is not Unit.CODE_POINT)


@pytest.mark.parametrize("unit", [Unit.UTF16, Unit.CODE_POINT])
def test_webanno_in_code_points_is_read_with_a_note(unit, read, write, losses):
    mapping = OffsetMap("𠮷安受理3件", unit)
    cells = ["_", "_", "NAME[1]", "NAME[1]", "CASE[2]", "CASE[2]"]
    rows = [
        f"1-{index + 1}\t{mapping.from_code_point(index)}-{mapping.from_code_point(index + 1)}\t{character}\t{cell}\t"
        for index, (character, cell) in enumerate(zip("𠮷安受理3件", cells, strict=True))
    ]
    header = "#FORMAT=WebAnno TSV 3.2\n#T_SP=custom.Span|label\n\n\n#Text=𠮷安受理3件\n"
    (document,) = read(write("a.tsv", header + "\n".join(rows)))
    assert document == Document("a", "𠮷安受理3件", [Span(2, 4, "NAME"), Span(4, 6, "CASE")])
    assert bool(losses.notes) == (unit is Unit.CODE_POINT)


def test_what_no_unit_explains_is_counted(read, write, reasons):
    entities = [
        {"label": "CASE", "start_offset": 5, "end_offset": 7, "text": "3件"},
        {"label": "NAME", "start_offset": 3, "end_offset": 5, "text": "受理"},
        {"label": "CASE", "start_offset": 0, "end_offset": 2, "text": "件"},
        {"label": "CASE", "start_offset": 0, "end_offset": 1},
        {"label": "CASE", "start_offset": 3, "end_offset": 99},
        {"label": "CASE", "start_offset": -2, "end_offset": 3},
        {"label": "CASE", "start_offset": 4, "end_offset": 4},
    ]
    read(write("x.jsonl", json.dumps({"text": "𠮷安受理3件", "entities": entities})))
    assert reasons() == [Reason.SURFACE_MISMATCH, *[Reason.OUT_OF_RANGE] * 3, Reason.EMPTY]
