"""Annotated documents and built datasets as what a tagger is trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import TEXT, write_tokenizer, write_wordpiece
from tiny_training import make_documents, write_gold

from lawner.augmentation import Augmentation
from lawner.conversion import DatasetOptions, convert
from lawner.dataset import write_dataset
from lawner.dataset_reading import is_dataset, read_dataset
from lawner.document import Document, Relation, Span
from lawner.encoding import Encoder
from lawner.errors import ConfigError, LawnerError
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.losses import LossReport, Reason
from lawner.train_config import DataConfig, WindowConfig
from lawner.training_data import IGNORED, augmented_epochs, load_splits, settle_windows, tag_tokens, to_examples

pytest.importorskip("datasets")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Encoder]:
    """A character tokenizer and a WordPiece one."""
    folder = tmp_path_factory.mktemp("encoders")
    write_tokenizer(folder / "characters")
    write_wordpiece(folder / "pieces")
    return {name: Encoder.from_pretrained(folder / name) for name in ("characters", "pieces")}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write_gold(tmp_path / "gold")


def config_of(gold: Path, **changes: Any) -> DataConfig:
    return replace(DataConfig(annotations=gold, splits=gold.with_name("splits.csv")), **changes)


# --------------------------------------------------------------------------------------------------------------- splits


def test_documents_fall_into_the_splits_of_the_file(gold: Path) -> None:
    losses = LossReport()
    splits, labels = load_splits(config_of(gold), losses)
    assert labels == DEFAULT_LABELS
    assert sorted(document.doc_id for document in splits.train) == ["report-0", "report-1"]
    assert [document.doc_id for document in splits.validation + splits.test] == ["report-2", "report-3"]
    assert not losses and losses.notes == []


def test_without_a_file_documents_are_split_by_ratio(gold: Path) -> None:
    splits, _ = load_splits(config_of(gold, splits=None, ratio=(0.5, 0.25, 0.25)), LossReport())
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [2, 1, 1]


def test_further_documents_are_all_for_training(gold: Path, tmp_path: Path) -> None:
    extra = write_gold(tmp_path / "more" / "gold")
    losses = LossReport()
    splits, _ = load_splits(config_of(gold, extra=(extra,)), losses)
    assert len(splits.train) == 2 + 4
    assert "documents share long lines with the validation or test split" in losses.notes[0]


def test_a_share_of_the_documents_is_the_same_every_time_and_part_of_a_greater_one(gold: Path) -> None:
    half = [load_splits(config_of(gold, share=0.5), LossReport())[0].train for _ in range(2)]
    whole = load_splits(config_of(gold), LossReport())[0].train
    assert half[0] == half[1] == whole[:1]


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        pytest.param(
            {2: ""}, {}, "document report-2 has no split; add a line for it, or set data.splits", id="no split"
        ),
        pytest.param({2: "train"}, {}, "no document falls into the split validation; training needs some", id="empty"),
        pytest.param({0: "test", 1: "test"}, {}, "no document falls into the split train", id="no training"),
        pytest.param({}, {"splits": Path("none.csv")}, "none.csv: there is no such file of splits", id="no file"),
        pytest.param({}, {"splits": None, "ratio": (0.5, 0.1, 0.1)}, "data.ratio: shares 0.5", id="ratio"),
        pytest.param({}, {"splits": None, "ratio": (1.0, 0.0, 0.0)}, "into the split validation", id="all to train"),
    ],
)
def test_splits_that_cannot_be_trained_on_are_one_sentence(
    gold: Path, rows: dict[int, str], changes: dict[str, Any], message: str
) -> None:
    names = {0: "train", 1: "train", 2: "validation", 3: "test"} | rows
    lines = "".join(f"report-{number},{split}\n" for number, split in names.items() if split)
    gold.with_name("splits.csv").write_text(f"id,split\n{lines}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_splits(config_of(gold, **changes), LossReport())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_label_that_no_training_document_has_is_named(gold: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text("spans: [CASE, COUNT, RATE, AMOUNT, NAME, LAW]\nrelations: [Measures]\n")
    with pytest.raises(ConfigError, match="the label LAW occurs in no training document; annotate some, or give"):
        load_splits(config_of(gold, labels=tmp_path / "labels.yaml"), LossReport())


def test_a_text_on_two_sides_is_noted(gold: Path) -> None:
    for suffix in (".txt", ".ann"):
        (gold / f"report-2{suffix}").write_bytes((gold / f"report-0{suffix}").read_bytes())
    losses = LossReport()
    load_splits(config_of(gold), losses)
    assert losses.notes == ["report-0 and report-2 have the same text but fall into different splits"]


# ------------------------------------------------------------------------------------------------------ built datasets


@pytest.mark.parametrize("target", ["dataset", "parquet"])
def test_a_dataset_that_was_converted_trains_as_its_source_does(gold: Path, tmp_path: Path, target: str) -> None:
    built = tmp_path / "built"
    options = DatasetOptions(split_file=tmp_path / "splits.csv", max_characters=60)
    convert(gold, built, to_format=target, options=options)
    assert is_dataset(built) and not is_dataset(gold)
    losses = LossReport()
    # the splits of the dataset hold, whatever the settings say
    from_built, _ = load_splits(DataConfig(annotations=built, splits=Path("none.csv")), losses)
    from_gold, _ = load_splits(config_of(gold), LossReport())
    assert from_built == from_gold
    assert losses.notes == [f"{built}: splits are those of the dataset"]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document whose spans lie apart, with relations between them."""
    text = draw(st.text("件同比1２。\n𠮷a", min_size=1, max_size=120))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    label = st.sampled_from(DEFAULT_LABELS.spans)
    spans = [Span(start, end, draw(label)) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    pairs = draw(st.sets(st.tuples(st.sampled_from(spans), st.sampled_from(spans)), max_size=4)) if spans else set()
    return Document("d", text, spans, [Relation(head, tail, "Measures") for head, tail in pairs])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(documents(), st.integers(5, 40), st.booleans())
def test_what_is_written_as_a_dataset_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, document: Document, most: int, parquet: bool
) -> None:
    folder = tmp_path_factory.mktemp("round") / "built"
    losses = LossReport()
    write_dataset(
        [document],
        folder,
        splits={"d": "validation"},
        labels=DEFAULT_LABELS,
        losses=losses,
        max_characters=most,
        parquet=parquet,
    )
    parts = read_dataset(folder, DEFAULT_LABELS)
    assert (parts["train"], parts["test"]) == ([], [])
    (found,) = parts["validation"]
    assert (found.doc_id, found.text) == ("d", document.text)
    lost_spans = sum(loss.reason is Reason.CUT and "→" not in loss.detail for loss in losses)
    lost_relations = sum("→" in loss.detail for loss in losses)
    assert set(found.spans) <= set(document.spans) and set(found.relations) <= set(document.relations)
    assert len(found.spans) == len(document.spans) - lost_spans
    assert len(found.relations) == len(document.relations) - lost_relations


def built_with(folder: Path, labels: LabelSet = DEFAULT_LABELS) -> Path:
    spans = [Span(0, 2, "CASE"), Span(2, 4, "NAME")]
    document = Document("d", "5件案件。" * 10, spans, [Relation(*spans, "Measures")])
    write_dataset([document], folder, splits={"d": "train"}, labels=labels, losses=LossReport(), max_characters=20)
    return folder


def test_a_dataset_with_other_labels_is_one_sentence(tmp_path: Path) -> None:
    built = built_with(tmp_path / "built", LabelSet(("NAME", "CASE"), ("Measures",)))
    with pytest.raises(LawnerError, match=r"has the tags O, B-NAME, I-NAME, B-CASE, I-CASE, but expected were O, B-C"):
        read_dataset(built, DEFAULT_LABELS)


def test_a_dataset_with_other_relations_is_one_sentence(tmp_path: Path) -> None:
    built = built_with(tmp_path / "built")
    with pytest.raises(LawnerError, match="has the relation Measures, but the label set knows Of"):
        read_dataset(built, LabelSet(DEFAULT_LABELS.spans, ("Of",)))
    assert len(read_dataset(built, LabelSet(DEFAULT_LABELS.spans))["train"][0].relations) == 1


def changed(folder: Path, change: Any) -> Path:
    """The dataset in a folder, changed, in another folder."""
    import datasets

    target = folder.with_name("changed")
    change(datasets.load_from_disk(str(folder))).save_to_disk(str(target))
    return target


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda d: d.remove_columns("relations"), "has no column relations, but doc_id", id="column"),
        pytest.param(lambda d: d["train"], "it is one split alone", id="one split"),
        pytest.param(lambda d: type(d)({"more": d["train"]}), "has a split more; expected train", id="split"),
        pytest.param(lambda d: type(d)(train=d["train"].select([0, 2])), "where 20 was expected", id="row missing"),
        pytest.param(
            lambda d: d.remove_columns("ner_tags").map(lambda row: {"ner_tags": [0] * len(row["text"])}),
            "does not say what its tags are",
            id="plain numbers",
        ),
        pytest.param(
            lambda d: d.map(lambda row: {"ner_tags": [0] * len(row["text"])}),
            "joins what the tags do not mark",
            id="relation without spans",
        ),
        pytest.param(lambda d: d.map(lambda _: {"text": "x"}), "a row of 1 characters and 20 tags", id="tags"),
    ],
)
def test_a_dataset_of_another_kind_is_one_sentence(tmp_path: Path, change: Any, message: str) -> None:
    import datasets

    datasets.disable_progress_bars()
    built = changed(built_with(tmp_path / "built"), change)
    with pytest.raises(LawnerError) as caught:
        read_dataset(built, DEFAULT_LABELS)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_dataset_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"no parquet")
    with pytest.raises(LawnerError, match="this dataset cannot be read"):
        read_dataset(tmp_path, DEFAULT_LABELS)


# ------------------------------------------------------------------------------------------------------------- windows


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(TEXT.splitlines(keepends=True)),
    st.integers(3, 60),
    st.integers(0, 20),
    st.sampled_from(["characters", "pieces"]),
)
def test_every_token_is_counted_in_one_window_and_context_in_none(
    encoders: dict[str, Encoder], lines: list[str], size: int, context: int, name: str
) -> None:
    encoder, text = encoders[name], "".join(lines)
    windows = WindowConfig(size, min(context, (size - 1) // 2), numeric=False)
    start = text.index("审结1118件")
    document = Document("d", text, [Span(start, start + 2, "NAME"), Span(start + 2, start + 7, "CASE")])
    losses = LossReport()
    examples = list(to_examples(document, encoder, windows, labels=DEFAULT_LABELS, losses=losses))
    encoding = encoder.encode(text)
    counted = [one.labels[one.labels != IGNORED] for one in examples]
    ids = [one.input_ids[one.labels != IGNORED] for one in examples]
    assert np.concatenate(ids).tolist() == encoding.ids.tolist()
    assert np.concatenate(counted).tolist() == tag_tokens(document, encoding, DEFAULT_LABELS, losses).tolist()
    assert (np.concatenate(counted) > 0).sum() > 2
    for one in examples:
        assert len(one.input_ids) == len(one.labels) <= windows.size + 2
        assert (one.input_ids[0], one.input_ids[-1]) == (encoder.cls_id, encoder.sep_id)
        assert one.labels[0] == one.labels[-1] == IGNORED


def test_sentences_that_hold_no_value_for_certain_are_left_out(encoders: dict[str, Encoder]) -> None:
    plain = "进一步加强领导。2023年，落实“三项制度”。"
    text = plain + TEXT.splitlines(keepends=True)[0] + plain
    start = text.index("审结1118件")
    spans = [Span(0, 3, "NAME"), Span(start, start + 2, "NAME"), Span(start + 2, start + 7, "CASE")]
    losses, encoder = LossReport(), encoders["characters"]
    windows = WindowConfig(60, 10)
    examples = list(to_examples(Document("d", text, spans), encoder, windows, labels=DEFAULT_LABELS, losses=losses))
    ids = np.concatenate([one.input_ids[one.labels != IGNORED] for one in examples])
    assert ids.tolist() == encoder.encode(text[len(plain) : -len(plain)]).ids.tolist()
    assert sum((one.labels > 0).sum() for one in examples) == len("审结1118件")
    assert [(loss.path, loss.reason, loss.detail) for loss in losses] == [("d", Reason.NOT_READ, "进… at 0")]


def test_all_sentences_are_read_where_values_need_not_be_numbers() -> None:
    losses = LossReport()
    other = LabelSet(("PENALTY", "NAME"), ("Measures",))
    assert settle_windows(WindowConfig(), other, losses) == WindowConfig(numeric=False)
    assert "PENALTY" in losses.notes[0]
    assert settle_windows(WindowConfig(), DEFAULT_LABELS, losses) == WindowConfig()
    assert len(losses.notes) == 1


def test_a_document_without_text_has_no_counted_token(encoders: dict[str, Encoder]) -> None:
    windows = WindowConfig(10, 2)
    examples = to_examples(
        Document("d", ""), encoders["characters"], windows, labels=DEFAULT_LABELS, losses=LossReport()
    )
    assert all((one.labels == IGNORED).all() for one in examples)


def test_a_span_that_ends_within_a_token_is_a_loss(encoders: dict[str, Encoder]) -> None:
    losses = LossReport()
    document = Document("d", "GDP100", [Span(0, 2, "NAME")])
    tag_tokens(document, encoders["pieces"].encode(document.text), DEFAULT_LABELS, losses)
    assert [(loss.path, loss.reason) for loss in losses] == [("d", Reason.UNALIGNED)]


# -------------------------------------------------------------------------------------------------------- augmentation


def test_the_first_pass_is_as_written_and_the_others_vary_in_the_same_way_every_time() -> None:
    gold = make_documents()
    runs = [
        list(augmented_epochs(gold, epochs=3, settings=Augmentation(numbers=1.0), labels=DEFAULT_LABELS, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0][0] == gold == runs[2][0]
    assert runs[0][1] != runs[0][2] and runs[0][1] != gold and runs[0][1] != runs[2][1]
    assert [document.doc_id for document in runs[0][1]] == [document.doc_id for document in gold]
