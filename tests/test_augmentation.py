from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawner import DEFAULT_LABELS, Document, Relation, Span
from lawner.augmentation import Augmentation, augment, resample_values
from lawner.layout_variants import add_noise, shuffle_sentences
from lawner.name_pool import NamePool, find_places, place_key
from lawner.number_forms import form_of
from lawner.text_variants import WIDTHS, shift_years, swap_widths, to_width, vary_punctuation

OPERATIONS = [field.name for field in fields(Augmentation)]
OFF = dict.fromkeys(OPERATIONS, 0.0)
BEFORE = [
    ("受理", "", "112件", "CASE"),
    ("办结", "", "9,804 件", "CASE"),
    ("开展“双随机”检查", "", "近300次", "COUNT"),
    ("举办法治讲座", " ", "十二场", "COUNT"),
    ("按期办结率", "为", "98.6%", "RATE"),
    ("同比上升", "", "４.５个百分点", "RATE"),
    ("罚款", "共", "20万至30万元", "AMOUNT"),
]
AFTER = [("18名", "COUNT", "公职律师"), ("三家", "COUNT", "未整改的木器厂"), ("2 件", "CASE", "败诉案件")]
PLAIN = ["坚持依法行政", "2021年3月5日印发〔2021〕12号文件", "其中问题（隐患）不少", "第三次会议", "云川县司法局牵头"]
HEADINGS = ["一、主要做法", "（二）云川县执法情况", "云川县2021年法治政府建设年度报告"]


@st.composite
def reports(draw):
    """A report of headings and paragraphs of clauses with values, names and relations."""
    text, spans, relations = draw(st.sampled_from(["", HEADINGS[2] + "\n"])), [], []

    def add(words, label=""):
        nonlocal text
        span = Span(len(text), len(text) + len(words), label) if label else None
        text += words
        if span:
            spans.append(span)
        return span

    for _ in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            add(draw(st.sampled_from(HEADINGS)) + "\n")
        for _ in range(draw(st.integers(0, 6))):
            kind = draw(st.sampled_from(["before", "after", "plain"]))
            if kind == "before":
                name_text, gap, value_text, label = draw(st.sampled_from(BEFORE))
                name = add(name_text, "NAME")
                add(gap)
                relations.append(Relation(add(value_text, label), name, "Measures"))
            elif kind == "after":
                value_text, label, name_text = draw(st.sampled_from(AFTER))
                relations.append(Relation(add(value_text, label), add(name_text, "NAME"), "Measures"))
            else:
                add(draw(st.sampled_from(PLAIN)))
            add(draw(st.sampled_from(["，", "、", "；", "。", ",", "。"])))
        add(draw(st.sampled_from(["。\n", "。\n\n　　", "！\r\n"])))
    return Document("sifa/a", text, spans, relations)


@pytest.fixture(scope="module")
def pool():
    names = [("审结", "17件"), ("化解纠纷", "31件"), ("维持", "8件"), ("撤销", "7件"), ("立案查处案件", "5件")]
    texts = ["东屿县2020年工作总结\n", "关于海陵县2019年工作的报告\n", "石浦县司法局\n"]
    documents = []
    for number, title in enumerate(texts):
        text, spans, relations = title, [], []
        for name_text, value_text in names:
            name = Span(len(text), len(text) + len(name_text), "NAME")
            value = Span(name.end, name.end + len(value_text), "CASE")
            text += name_text + value_text + "，"
            spans += [name, value]
            relations.append(Relation(value, name, "Measures"))
        documents.append(Document(f"sifa/{number}", text, spans, relations))
    return NamePool.from_documents(documents, DEFAULT_LABELS)


def words(document, label=None):
    """The texts of spans, of one kind or all."""
    return [document.text_of(s) for s in document.spans if label is None or (s.label == "NAME") == (label == "NAME")]


def outside(document):
    """The text without its spans."""
    parts, position = [], 0
    for span in document.spans:
        parts.append(document.text[position : span.start])
        position = span.end
    return "|".join([*parts, document.text[position:]])


def links(document):
    """Relations as positions in the list of spans."""
    index = {span: number for number, span in enumerate(document.spans)}
    return sorted((index[relation.head], index[relation.tail], relation.label) for relation in document.relations)


@given(reports(), st.integers())
def test_nothing_switched_on_changes_nothing(pool, report, seed):
    assert augment(report, settings=Augmentation(**OFF), pool=pool, rng=random.Random(seed)) == report


@settings(max_examples=60)
@given(reports(), st.fixed_dictionaries({name: st.sampled_from([0.0, 0.5, 1.0]) for name in OPERATIONS}), st.integers())
def test_spans_and_relations_are_neither_lost_nor_relabelled(pool, report, shares, seed):
    chosen = Augmentation(**shares)
    variant = augment(report, settings=chosen, pool=pool, rng=random.Random(seed))
    assert Counter(span.label for span in variant.spans) == Counter(span.label for span in report.spans)
    assert Counter(r.head.label for r in variant.relations) == Counter(r.head.label for r in report.relations)
    assert all(span.end <= len(variant.text) for span in variant.spans)
    assert variant == augment(report, settings=chosen, pool=pool, rng=random.Random(seed))
    assert all("\n" not in text and text == text.strip() for text in words(variant))


@given(reports(), st.integers())
def test_resampled_values_keep_their_form_and_all_else(report, seed):
    variant = resample_values(report, label="NAME", share=1.0, rng=random.Random(seed))
    assert list(map(form_of, words(variant, "value"))) == list(map(form_of, words(report, "value")))
    assert words(variant, "NAME") == words(report, "NAME")
    assert outside(variant) == outside(report)
    assert links(variant) == links(report)


@given(reports(), st.integers())
def test_a_swapped_name_stands_in_a_place_of_its_kind(pool, report, seed):
    variant = augment(report, settings=Augmentation(**OFF | {"names": 1.0}), pool=pool, rng=random.Random(seed))
    assert words(variant, "value") == words(report, "value")
    assert outside(variant) == outside(report)
    assert links(variant) == links(report)
    for old, new in zip(report.relations, variant.relations, strict=True):
        if report.text_of(old.tail) != variant.text_of(new.tail):
            assert variant.text_of(new.tail) in pool.names["sifa", *place_key(report, old)]
            assert place_key(variant, new) == place_key(report, old)


def test_names_are_swapped_with_the_pool():
    report = Document("fuyi/b", "受理112件", [Span(0, 2, "NAME"), Span(2, 6, "CASE")])
    report = report.with_spans(report.spans, [Relation(report.spans[1], report.spans[0], "Measures")])
    other = Document("sifa/a", "审结5件", [Span(0, 2, "NAME"), Span(2, 4, "CASE")])
    other = other.with_spans(other.spans, [Relation(other.spans[1], other.spans[0], "Measures")])
    pool = NamePool.from_documents([other], DEFAULT_LABELS)
    variant = augment(report, settings=Augmentation(**OFF | {"names": 1.0}), pool=pool, rng=random.Random(1))
    assert variant.text == "审结112件"


def test_a_place_gets_one_other_name_throughout_and_years_move_together(pool):
    text = "云川县2021年工作总结\n2021年，云川县公安局落实《纲要（2015—2020年）》，较2020年多办12件，云川人满意。"
    report = Document("a", text, [Span(text.index("12件"), text.index("12件") + 3, "CASE")])
    variant = augment(report, settings=Augmentation(**OFF | {"places": 1.0}), pool=pool, rng=random.Random(4))
    place = variant.text[:2]
    assert place in pool.places["县"] and place != "云川"
    assert variant.text.count(place) == 3 and "云川" not in variant.text
    years = [int(year) for year in re.findall(r"(\d{4})年(?!）)", variant.text)]
    assert years[0] == years[1] == years[2] + 1 != 2021
    assert "《纲要（2015—2020年）》" in variant.text
    assert words(variant) == ["12件"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("关于宁川省2021年法治政府建设情况的报告", [("宁川", "省")]),
        ("浙海省云川县司法局工作总结", [("浙海", "省"), ("云川", "县")]),
        ("全市行政执法工作总结", []),
        ("城市管理工作总结", []),
        ("桐山经济开发区工作总结", []),
        ("工作总结\n云川县司法局\n2021年1月5日", [("云川", "县")]),
    ],
    ids=["about", "two", "whole-city", "city-management", "zone", "signature"],
)
def test_places_are_found_in_titles_and_signatures(text, places):
    assert find_places(text) == places


@pytest.mark.parametrize(
    ("text", "form"),
    [("二〇一九年", r"二〇[〇一二].年"), ("二○一九年", r"二○[○一二].年"), ("２０１９年", "２０[０-９]{2}年")],
)
def test_a_shifted_year_is_written_as_before(text, form):
    variants = {shift_years(Document("a", text), label="NAME", rng=random.Random(seed)).text for seed in range(30)}
    assert len(variants) > 3 and text not in variants
    assert all(re.fullmatch(form, variant) for variant in variants)


@given(reports(), st.integers())
def test_noise_leaves_every_line_and_span_whole(report, seed):
    variant = add_noise(report, rng=random.Random(seed))
    lines = iter(variant.text.split("\n"))
    assert all(line in lines for line in report.text.split("\n") if line.strip())
    assert words(variant) == words(report)
    assert links(variant) == links(report)


@given(reports(), st.integers())
def test_shuffled_sentences_are_the_same_sentences(report, seed):
    variant = shuffle_sentences(report, rng=random.Random(seed))
    assert sorted(variant.text) == sorted(report.text)
    assert sorted(words(variant)) == sorted(words(report))
    ends = re.compile(r"(?<=[。！])|\s+")
    assert Counter(filter(None, ends.split(variant.text))) == Counter(filter(None, ends.split(report.text)))


@given(reports(), st.integers())
def test_other_punctuation_changes_no_word(report, seed):
    variant = vary_punctuation(report, label="NAME", rng=random.Random(seed))

    def bare(text):
        return re.sub(r"[^\w%.〔〕]", "", text)

    assert list(map(bare, words(variant))) == list(map(bare, words(report)))
    assert bare(variant.text) == bare(report.text)
    assert links(variant) == links(report)


@given(reports(), st.sets(st.sampled_from(list(WIDTHS))))
def test_widths_there_and_back_give_the_same_document(report, classes):
    half = to_width(report, classes, full=False)
    full = to_width(half, classes, full=True)
    assert to_width(full, classes, full=False) == half
    assert full.spans == half.spans == report.spans


@given(reports(), st.integers())
def test_other_widths_keep_every_offset(report, seed):
    variant = swap_widths(report, rng=random.Random(seed))
    assert (variant.spans, variant.relations) == (report.spans, report.relations)


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_outside_its_bounds_is_refused(share):
    with pytest.raises(ValueError, match=r"augmentation.noise is .*, but must lie between 0 and 1"):
        Augmentation(noise=share)
