from __future__ import annotations

import pytest

from lawner import DEFAULT_LABELS, Document, LabelSet, Relation, Span
from lawner.config import load_labels
from lawner.errors import ConfigError


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 2), (-1, 2)], ids=["empty", "reversed", "negative"])
def test_a_span_that_holds_nothing_is_refused(start, end):
    with pytest.raises(ValueError, match=r"is empty or negative"):
        Span(start, end, "CASE")


def test_a_score_does_not_tell_two_spans_apart():
    assert Span(0, 2, "CASE", 0.3) == Span(0, 2, "CASE")


def test_a_document_orders_its_spans_and_keeps_astral_characters_as_one():
    document = Document("a", "𠮷某案12件", [Span(3, 6, "CASE"), Span(0, 3, "NAME")])
    assert [document.text_of(span) for span in document.spans] == ["𠮷某案", "12件"]


def test_a_document_refuses_a_span_outside_its_text():
    with pytest.raises(ValueError, match=r"a: span \[1, 9\) ends outside the text of 3 characters"):
        Document("a", "12件", [Span(1, 9, "CASE")])


def test_a_document_refuses_a_relation_to_a_span_it_does_not_have():
    value, name = Span(2, 5, "CASE"), Span(0, 2, "NAME")
    with pytest.raises(ValueError, match="joins a span that the document does not have"):
        Document("a", "办案12件", [value], [Relation(value, name, "Measures")])


def test_shifting_a_relation_shifts_both_ends():
    relation = Relation(Span(2, 5, "CASE"), Span(0, 2, "NAME"), "Measures").shift(7)
    assert (relation.head.start, relation.tail.end) == (9, 9)


def test_tag_ids_follow_the_order_of_the_labels():
    assert DEFAULT_LABELS.tag_ids["O"] == 0
    assert DEFAULT_LABELS.tags[9:] == ("B-NAME", "I-NAME")
    assert LabelSet.from_tags(DEFAULT_LABELS.tags).spans == DEFAULT_LABELS.spans


@pytest.mark.parametrize(
    ("spans", "relations", "message"),
    [
        (("CASE", "CASE"), (), "span labels repeat"),
        (("O",), (), "'O' cannot be a span label"),
        (("A B",), (), "'A B' cannot be a span label"),
        ((), (), "at least one span label"),
        (("CASE",), ("",), "'' cannot be a relation label"),
    ],
    ids=["repeated", "outside", "white-space", "none", "empty-relation"],
)
def test_a_label_set_that_cannot_be_tagged_is_refused(spans, relations, message):
    with pytest.raises(ValueError, match=message):
        LabelSet(spans, relations)


def test_the_shipped_label_file_is_the_default_label_set(project_root):
    assert load_labels(project_root / "configs" / "labels.yaml") == DEFAULT_LABELS


def test_every_configuration_file_is_yaml_with_a_mapping(project_root):
    from lawner.config import load_yaml

    files = sorted((project_root / "configs").glob("*.yaml"))
    assert files
    assert all(load_yaml(file) for file in files)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("span: [CASE]", r"labels.yaml: unknown key span; did you mean spans\?"),
        ("spans: CASE", r"spans must be a list of words, but is 'CASE'"),
        ("spans: [CASE]\nname: NAME", r"name is 'NAME', which is not among spans"),
        ("spans: [CASE, CASE]", r"span labels repeat"),
        ("spans: [CASE", r"labels.yaml:\d+: this is not YAML"),
        ("- CASE", r"expected keys with values, but found list"),
        ("", r"expected keys with values, but found NoneType"),
    ],
    ids=["unknown-key", "no-list", "name-unknown", "repeated", "broken-yaml", "a-list", "empty"],
)
def test_a_label_file_with_a_mistake_is_refused_in_one_sentence(tmp_path, content, message):
    path = tmp_path / "labels.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_labels(path)


def test_a_missing_label_file_says_so(tmp_path):
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_labels(tmp_path / "none.yaml")
