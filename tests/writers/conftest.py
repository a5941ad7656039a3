"""Records made by hand, for what a writer must hold that no parser gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.records import Record, to_records

TEXT = "受理案件12件"


@pytest.fixture
def document() -> Document:
    """One value with its name."""
    value, name = Span(4, 7, "CASE", 0.9), Span(0, 4, "NAME", 0.75)
    return Document("a", TEXT, [value, name], [Relation(value, name, "Measures")], "in/a.txt")


@pytest.fixture
def record(document: Document) -> Record:
    """The row of that value; `dataclasses.replace` makes others of it."""
    return to_records(document, DEFAULT_LABELS)[0]


@pytest.fixture
def hard_records(record: Record) -> list[Record]:
    """Texts that a format may trip over."""
    texts = (
        "=1+1",
        "+2",
        "-3",
        "@x",
        "\t=4",
        "\r5",
        "＝6",
        "－7",
        "'8",
        "''9",
        ' "引号", 逗号',
        "两\r\n行",
        "<b>&amp;",
        "",
    )
    texts += ("http://a.cn", "007", "1e5", "true", "_x0041_", "𠮷", "null", "2023-01")
    return [replace(record, name=text, full_name=text, value_text=text or "x") for text in texts]
