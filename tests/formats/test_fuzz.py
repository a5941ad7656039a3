"""Whatever happens to a file, the user gets documents, losses or a sentence; never a traceback."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from format_strategies import PIECES
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner.document import Document, Relation, Span
from lawner.errors import LawnerError
from lawner.formats import FORMATS, load_annotations, save_annotations
from lawner.losses import LossReport

NAME, CASE = Span(1, 3, "NAME"), Span(3, 6, "CASE")
SAMPLE = [Document("a", "𠮷受理12件。\n𠮷办结", [NAME, CASE, Span(1, 6, "COUNT")], [Relation(CASE, NAME, "Measures")])]
JUNK = [
    *PIECES,
    "{",
    "}",
    "null",
    "-1",
    "0",
    "1",
    "99",
    "1e9",
    "true",
    "NaN",
    "[0_0]",
    "[0_1]",
    "1-1",
    "B-",
    "R1",
    "T1",
    "E",
    ";0 1",
]
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(["", *JUNK])), min_size=1, max_size=3)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 99), st.floats(), st.sampled_from(["", "text", "CASE", "T1", "1"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["id", "text", "label"]), inner)
    ),
    max_leaves=4,
)


def load_all(path: Path, fmt: str) -> None:
    losses = LossReport()
    try:
        for document in load_annotations(path, fmt, losses=losses):
            assert isinstance(document, Document)
    except LawnerError as error:
        assert "\n" not in str(error)


def saved(folder: str, fmt: str) -> list[Path]:
    path = Path(folder) / f"x{FORMATS[fmt].suffix}"
    save_annotations(SAMPLE, path, fmt, losses=LossReport())
    return sorted(path.iterdir()) if path.is_dir() else [path]


@pytest.mark.parametrize("fmt", [name for name in FORMATS if name != "label-studio-predictions"])
@given(changes=edits)
@settings(deadline=None, max_examples=40)
def test_a_damaged_file_is_read_or_refused(fmt, changes):
    with tempfile.TemporaryDirectory() as folder:
        path = saved(folder, fmt)[0]
        content = path.read_bytes().decode("utf-8")
        for where, length, junk in changes:
            start = int(where * len(content))
            content = content[:start] + junk + content[start + length :]
        path.write_bytes(content.encode("utf-8"))
        load_all(path, fmt)


@pytest.mark.parametrize("fmt", ["doccano", "label-studio", "label-studio-predictions", "prodigy"])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_json_with_a_value_of_another_kind_is_read_or_refused(fmt, data):
    with tempfile.TemporaryDirectory() as folder:
        (path,) = saved(folder, fmt)
        whole = json.loads(path.read_text("utf-8"))
        holder = whole
        for _ in range(data.draw(st.integers(0, 6))):
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            deeper = [key for key in keys if isinstance(holder[key], dict | list) and holder[key]]
            if not deeper:
                break
            holder = holder[data.draw(st.sampled_from(deeper))]
        key = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else list(range(len(holder)))))
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = data.draw(values)
        path.write_text(json.dumps(whole), "utf-8")
        load_all(path, fmt)
