"""The tagger finds the same wherever a text stands, whatever stands beside it, and loses nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import TEXT, edit_json, write_tagger

from lawner.alignment import to_char_spans
from lawner.decoding import decode
from lawner.document import Document, Span
from lawner.excerpts import may_have_values
from lawner.export import export_onnx
from lawner.labels import DEFAULT_LABELS
from lawner.relations import drop_unused_names, link_values
from lawner.span_edges import mend_edges
from lawner.tagger import Tagger, mark, plan_batches

pytest.importorskip("torch")

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) not in ",'\"-`~^_|\\"}
texts = st.lists(st.one_of(st.characters(), st.sampled_from([TEXT, TEXT[:50], "1204件", "\ud800", "[MASK]"]))).map(
    "".join
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny tagger with its ONNX file."""
    folder = write_tagger(tmp_path_factory.mktemp("tagger"))
    export_onnx(folder, precision="fp32")
    return folder


@pytest.fixture(scope="module")
def tagger(folder: Path) -> Tagger:
    """The tagger on the default engine."""
    return Tagger.from_pretrained(folder, threads=2)


PLAIN = "坚持统一领导，2023年进一步健全制度体系。"
"""A sentence that holds no value, with a number in it."""


@pytest.fixture(scope="module")
def numeric(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    """The tagger, set to read only sentences that may hold values."""
    copy = tmp_path_factory.mktemp("numeric") / "tagger"
    shutil.copytree(folder, copy)
    (copy / "lawner.yaml").write_text("windows: {size: 30, context: 4, numeric: true}\n")
    return Tagger.from_pretrained(copy, threads=2)


def found(document: Document) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.label) for span in document.spans]


def test_a_text_that_fits_a_window_is_decoded_as_a_whole(tagger, folder):
    from lawner.encoding import Encoder
    from lawner.engines import Batch

    encoder, text = Encoder.from_pretrained(folder), TEXT[:38]
    encoding = encoder.encode(text)
    batch = Batch.of([encoding.ids], cls_id=encoder.cls_id, sep_id=encoder.sep_id, pad_id=encoder.pad_id)
    scores = tagger.engine.run(batch)[0, 1:-1]
    mended = mend_edges(decode(scores, tagger.labels), scores, text, encoding.offsets, tagger.labels)
    expected = to_char_spans(mended, encoding.offsets)
    linked = link_values(Document("1", text, expected), tagger.labels)
    assert tagger.tag(text).spans == drop_unused_names(linked, tagger.labels).spans
    assert len(expected) > 1


def test_engines_find_the_same(folder, tagger):
    torch = Tagger.from_pretrained(folder, engine="torch", device="cpu", precision="fp32")
    assert [found(torch.tag(text)) for text in (TEXT, TEXT * 9)] == [
        found(tagger.tag(text)) for text in (TEXT, TEXT * 9)
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(texts, max_size=12), st.integers(1, 400))
def test_documents_come_in_order_and_each_as_alone(tagger, many, tokens_per_batch):
    tagged = list(tagger.tag_many(many, tokens_per_batch=tokens_per_batch))
    assert [document.text for document in tagged] == many
    assert [document.doc_id for document in tagged] == [str(number) for number in range(1, len(many) + 1)]
    assert [found(document) for document in tagged] == [found(tagger.tag(text)) for text in many]


@settings(max_examples=100, deadline=None)
@given(texts)
def test_any_string_can_be_tagged(tagger, text):
    document = tagger.tag(text)
    assert document.text == text
    assert all(0 <= span.start < span.end <= len(text) and 0 <= span.score <= 1 for span in document.spans)
    assert all(before.end <= after.start for before, after in zip(document.spans, document.spans[1:], strict=False))


def test_half_and_full_width_give_the_same_spans(tagger):
    wide = TEXT.translate(WIDE)
    assert wide != TEXT
    assert found(tagger.tag(wide)) == found(tagger.tag(TEXT))


def test_a_long_document_has_in_its_middle_what_it_has_at_its_beginning(tagger):
    block = TEXT * 100
    copies = 300_000 // len(block) + 1
    spans = found(tagger.tag(block * copies))
    parts = [
        [(start - first, end - first, label) for start, end, label in spans if first <= start < first + len(block)]
        for first in range(0, len(block) * copies, len(block))
    ]
    alone = found(tagger.tag(block))
    middle = [span for span in alone if len(TEXT) * 15 <= span[0] < len(TEXT) * 98]
    assert len(middle) > 100
    assert [[span for span in part if len(TEXT) * 15 <= span[0] < len(TEXT) * 98] for part in parts] == [
        middle
    ] * copies


def test_old_spans_and_relations_are_replaced_and_the_rest_is_kept(tagger):
    document = Document("a/b", TEXT, [Span(0, 1, "OLD")], source="x.txt")
    tagged = tagger.tag(document)
    assert (tagged.doc_id, tagged.text, tagged.source) == ("a/b", TEXT, "x.txt")
    assert found(tagged) == found(tagger.tag(TEXT))
    assert {relation.head for relation in tagged.relations} <= set(tagged.spans)


def test_values_are_linked_to_names(tagger):
    assert {relation.label for relation in tagger.tag(TEXT * 5).relations} == {"Measures"}


def turned_labels(folder: Path, copy: Path) -> Path:
    """The same model with a label set in another order than its outputs."""
    shutil.copytree(folder, copy)
    (copy / "lawner.yaml").write_text(
        "windows: {size: 40, context: 6}\n"
        "labels: {spans: [NAME, CASE, COUNT, RATE, AMOUNT], relations: [Measures], name: NAME}\n"
    )
    return copy


def test_tags_in_another_order_find_the_same(folder, tagger, tmp_path):
    turned = Tagger.from_pretrained(turned_labels(folder, tmp_path / "turned"))
    assert found(turned.tag(TEXT)) == found(tagger.tag(TEXT))


def test_scores_are_in_the_order_of_the_labels_and_decode_to_the_spans(folder, tagger, tmp_path):
    for model in (tagger, Tagger.from_pretrained(turned_labels(folder, tmp_path / "turned"))):
        for document, encoding, scores in model.score_many([TEXT, TEXT * 9]):
            assert scores.shape == (len(encoding.ids), len(model.labels.tags))
            decoded = decode(scores, model.labels)
            kept = mend_edges(decoded, scores, document.text, encoding.offsets, model.labels)
            spans = to_char_spans(kept, encoding.offsets)
            linked = drop_unused_names(link_values(document.with_spans(spans), model.labels), model.labels)
            assert found(linked) == found(model.tag(document))


def test_the_model_is_not_asked_where_no_sentence_has_a_numeral_and_finds_the_same_elsewhere(
    folder, tagger, tmp_path, monkeypatch
):
    plain = "坚持统一领导，进一步健全制度体系，加强队伍建设。" * 20
    block = TEXT * 5
    text = plain + block + plain + block
    asked = 0

    def submit(batch):
        nonlocal asked
        asked += len(batch.lengths)
        return type(tagger.engine).submit(tagger.engine, batch)

    monkeypatch.setattr(tagger.engine, "submit", submit)
    for model in (tagger, Tagger.from_pretrained(turned_labels(folder, tmp_path / "turned"))):
        spans = set(found(model.tag(text)))
        (document, encoding, scores), *_ = model.score_many([text])
        everywhere = set(found(mark(document, encoding, scores, model.labels)))
        barren = [range(len(plain)), range(len(plain + block), len(plain + block + plain))]
        fertile = {span for span in everywhere if not any(span[0] in part for part in barren)}
        assert len(fertile) > 10
        assert fertile <= spans <= everywhere
        assert spans != everywhere
    before = asked
    tagger.tag(plain)
    assert asked == before
    list(tagger.score_many([plain]))
    assert asked > before


def test_sentences_without_values_change_nothing_for_a_tagger_that_does_not_read_them(numeric, monkeypatch):
    lines = TEXT.splitlines(keepends=True) * 8
    text = "".join(lines)
    tokens = []
    submit = numeric.engine.submit
    monkeypatch.setattr(numeric.engine, "submit", lambda batch: tokens.append(batch.lengths.sum() - 2) or submit(batch))
    ((_, _, alone),) = numeric.score_many([text])
    n_alone, tokens[:] = sum(tokens), []
    among = PLAIN * 5 + "".join(line + PLAIN * 3 for line in lines)
    ((_, encoding, scores),) = numeric.score_many([among])
    assert sum(tokens) == n_alone > 100
    read = may_have_values(among, encoding)
    np.testing.assert_allclose(scores[read], alone[may_have_values(text, numeric._encoder.encode(text))], atol=1e-5)
    assert (scores[~read].argmax(axis=1) == 0).all()
    assert numeric.tag(PLAIN * 9).spans == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from([PLAIN, *TEXT.splitlines(keepends=True)]), texts), max_size=9).map("".join))
def test_a_tagger_that_reads_only_some_sentences_finds_spans_in_those_alone(numeric, text):
    document = numeric.tag(text)
    encoding = numeric._encoder.encode(text)
    may = may_have_values(text, encoding)
    for span in document.spans:
        inside = (encoding.offsets[:, 0] < span.end) & (encoding.offsets[:, 1] > span.start)
        assert may[inside].all()
    ((_, encoding, scores),) = numeric.score_many([text])
    assert found(mark(Document("1", text), encoding, scores, numeric.labels)) == found(document)


def test_a_long_document_is_read_alike_by_a_tagger_of_some_sentences(numeric):
    block = (TEXT + PLAIN) * 100
    spans = found(numeric.tag(block * 3))
    start = len(block) + 20 * len(TEXT + PLAIN)
    middle = [(one - len(block), end - len(block), label) for one, end, label in spans if start <= one < 2 * len(block)]
    alone = [span for span in found(numeric.tag(block)) if span[0] >= start - len(block)]
    near_the_end = len(block) - 3 * len(TEXT + PLAIN)
    assert len(alone) > 100
    assert [one for one in middle if one[0] < near_the_end] == [one for one in alone if one[0] < near_the_end]


@pytest.mark.parametrize(
    ("tags", "is_asked"),
    [
        pytest.param((*DEFAULT_LABELS.tags[1:], "O"), False, id="numbers"),
        pytest.param(("O", "B-PENALTY", "I-PENALTY", "B-NAME", "I-NAME"), True, id="other values"),
    ],
)
def test_windows_are_left_out_only_where_labels_are_of_numbers(tags, is_asked, tmp_path, monkeypatch):
    model = Tagger.from_pretrained(write_tagger(tmp_path / "other", tags=tags), engine="torch", precision="fp32")
    asked = []
    submit = model.engine.submit
    monkeypatch.setattr(model.engine, "submit", lambda batch: asked.append(batch) or submit(batch))
    spans = found(model.tag("坚持统一领导，进一步健全制度体系，加强队伍建设。" * 20))
    assert bool(asked) == is_asked
    if not is_asked:
        assert spans == []


@given(texts)
def test_windows_are_asked_about_if_one_of_their_sentences_may_have_values(tagger, text):
    may = may_have_values(text, tagger._encoder.encode(text))
    ((job,),) = tagger._jobs([text], max_tokens=1, whole=False)
    assert job.asked == [bool(may[window.core_start : window.core_end].any()) for window in job.windows]
    ((whole,),) = tagger._jobs([text], max_tokens=1, whole=True)
    assert all(whole.asked) and whole.windows == job.windows


def test_documents_are_tagged_while_others_are_still_to_be_read(tagger):
    read = 0

    def stream():
        nonlocal read
        for _ in range(400):
            read += 1
            yield TEXT

    first = next(tagger.tag_many(stream(), tokens_per_batch=64))
    assert first.text == TEXT
    assert read < 50


def test_nothing_to_tag_gives_nothing(tagger):
    assert list(tagger.tag_many([])) == []
    assert list(tagger.tag_many(["", " \u3000"])) == [Document("1", ""), Document("2", " \u3000")]


def test_a_tokenizer_made_elsewhere_will_do(tmp_path):
    from tiny_models import write_wordpiece

    folder = write_tagger(tmp_path / "foreign", windows="")
    write_wordpiece(folder)
    edit_json(folder / "config.json", max_position_embeddings=64)
    document = Tagger.from_pretrained(folder, engine="torch", device="cpu", precision="fp32").tag(TEXT * 3)
    assert document.spans
    assert document.text_of(document.spans[0]) in TEXT


def test_tagging_loads_neither_torch_nor_transformers(folder):
    heavy = ("torch", "transformers", "datasets", "onnx", "tokenizers", "huggingface_hub")
    code = (
        "import sys\nfrom lawner.tagger import Tagger\n"
        f"print(len(Tagger.from_pretrained({str(folder)!r}).tag({TEXT!r}).spans) > 0)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:2] == ["True", "[]"]


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 120))
def test_batches_hold_every_window_once_and_keep_to_their_budget(lengths, max_tokens):
    ordered = sorted(lengths, reverse=True)
    ends = plan_batches(np.array(ordered), max_tokens=max_tokens)
    starts = [0, *ends[:-1]] if ends else []
    assert (ends[-1] if ends else 0) == len(ordered)
    for start, end in zip(starts, ends, strict=True):
        assert start < end
        assert (end - start) * ordered[start] <= max_tokens or end - start == 1
