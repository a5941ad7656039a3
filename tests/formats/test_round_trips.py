from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path

import pytest
from format_strategies import batches, documents
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner.document import Document, Relation, Span
from lawner.formats import FORMATS, detect_format, load_annotations, save_annotations
from lawner.losses import LossReport, Reason

HOLD_OVERLAPS = [name for name in FORMATS if name != "conll"]
HOLD_ANY_ID = [name for name, one in FORMATS.items() if not one.writes_folder]
REPORTS = Path(__file__).parents[3] / "shared" / "reports"

relaxed = settings(deadline=None, max_examples=40)
quick = settings(deadline=None, max_examples=8)


def there_and_back(gold: list[Document], *formats: str) -> list[Document]:
    """The documents after they were written and read in each format; nothing may be lost on the way."""
    losses = LossReport()
    with tempfile.TemporaryDirectory() as folder:
        for number, fmt in enumerate(formats):
            path = Path(folder) / f"{number}{FORMATS[fmt].suffix}"
            assert save_annotations(gold, path, fmt, losses=losses) == len(gold)
            gold = list(load_annotations(path, fmt, losses=losses))
    assert not losses.losses
    return gold


@pytest.mark.parametrize("fmt", HOLD_OVERLAPS)
@given(gold=batches())
@relaxed
def test_a_format_gives_back_what_it_was_given(fmt, gold):
    assert there_and_back(gold, fmt) == gold


@given(gold=batches(overlapping=False))
@relaxed
def test_conll_gives_back_spans_that_do_not_overlap(gold):
    assert there_and_back(gold, "conll") == gold


@pytest.mark.parametrize(("one", "other"), list(permutations(FORMATS, 2)))
@given(data=st.data())
@quick
def test_a_pair_of_formats_loses_nothing_that_both_can_hold(one, other, data):
    gold = data.draw(batches(overlapping="conll" not in (one, other)))
    assert there_and_back(gold, one, other, one) == gold


@pytest.mark.parametrize("fmt", HOLD_ANY_ID)
@given(doc_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), gold=documents(overlapping=False))
@quick
def test_a_format_of_one_file_keeps_any_document_id(fmt, doc_id, gold):
    gold = Document(doc_id, gold.text, gold.spans, gold.relations)
    assert there_and_back([gold], fmt) == [gold]


@given(gold=documents())
@relaxed
def test_conll_counts_every_span_and_relation_that_it_cannot_hold(gold):
    losses = LossReport()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.conll"
        save_annotations([gold], path, "conll", losses=losses)
        (back,) = load_annotations(path, "conll", losses=losses)
    counts = losses.counts()
    assert back.text == gold.text
    assert set(back.spans) <= set(gold.spans)
    assert counts[Reason.OVERLAP] == len(gold.spans) - len(back.spans)
    assert counts[Reason.MISSING_SPAN] == len(gold.relations) - len(back.relations)


@pytest.mark.parametrize("fmt", [name for name in FORMATS if name != "label-studio-predictions"])
def test_what_is_written_is_recognised(fmt, tmp_path, losses):
    gold = [Document("a", "受理12件。", [Span(2, 5, "CASE")]), Document("b", "无")]
    path = tmp_path / f"x{FORMATS[fmt].suffix}"
    save_annotations(gold, path, fmt, losses=losses)
    assert detect_format(path) == fmt
    assert list(load_annotations(path, losses=losses)) == gold


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_folder_of_files_is_read_in_the_order_of_names(fmt, tmp_path, losses):
    one = FORMATS[fmt]
    for name in ("b", "a"):
        target = tmp_path / "in" / (f"{name}{one.suffix}" if not one.writes_folder else name)
        save_annotations([Document(name, f"办结{name}")], target, fmt, losses=losses)
    texts = [document.text for document in load_annotations(tmp_path / "in", fmt, losses=losses)]
    assert texts == ["办结a", "办结b"]


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_span_given_twice_is_written_once(fmt):
    span = Span(0, 2, "NAME")
    gold = Document("a", "受理12件", [span, span, Span(2, 5, "CASE")], [Relation(Span(2, 5, "CASE"), span, "Measures")])
    assert there_and_back([gold], fmt) == [Document("a", gold.text, set(gold.spans), gold.relations)]


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the real reports do not lie beside this checkout")
@pytest.mark.parametrize("fmt", FORMATS)
def test_the_real_reports_survive_every_format(fmt):
    losses = LossReport()
    gold = list(load_annotations(REPORTS, "brat", losses=losses))
    spans = [span for document in gold for span in document.spans]
    assert not losses.losses
    assert len(gold) == 13
    assert sum(span.label != "NAME" for span in spans) == 558
    assert sum(span.label == "NAME" for span in spans) == 541
    assert there_and_back(gold, fmt, "brat") == gold
