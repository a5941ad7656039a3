from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser

import pytest
import typer
from tiny_models import write_tagger
from typer.testing import CliRunner

from lawner import DEFAULT_LABELS, Document, LabelSet, Relation, Span
from lawner.commands.evaluate import evaluate_cli
from lawner.errors import ConfigError, LawnerError
from lawner.evaluation import (
    RULES,
    SECOND_READING,
    compare_table,
    evaluate,
    evaluate_systems,
    read_gold,
    to_markdown,
)
from lawner.evaluation_page import render_page
from lawner.formats import save_annotations
from lawner.losses import LossReport
from lawner.mistakes import COLUMNS


@pytest.fixture
def pair(report):
    """A reading with one value cut short and one name missed."""
    value = next(span for span in report.spans if report.text_of(span) == "112件")
    name = next(span for span in report.spans if report.text_of(span) == "按期办结率")
    cut = Span(value.start, value.end - 1, value.label)
    spans = {cut, *report.spans} - {value, name}
    relations = [
        Relation(cut if one.head == value else one.head, one.tail, one.label)
        for one in report.relations
        if one.tail != name
    ]
    return report, report.with_spans(spans, relations)


def test_a_report_counts_what_is_right(pair):
    report = evaluate([pair], DEFAULT_LABELS)
    tp = {name: one.score.tp for name, one in report.estimates.items()}
    assert tp == {
        "typed values": 4,
        "typed values, overlap": 5,
        "names": 4,
        "names, overlap": 4,
        "indicators": 3,
        "equal quantities": 4,
    }
    assert report.label_rows["NAME"]["recall"] == 0.8
    assert report.to_dict()["errors"] == {"boundary": 1, "type": 0, "missed": 1, "spurious": 0, "wrong link": 0}
    assert json.loads(json.dumps(report.to_dict()))["measures"]["indicators"]["f1"] == pytest.approx(2 * 3 / 9)


def test_a_perfect_reading_is_perfect(report):
    found = evaluate([(report, report)] * 2, DEFAULT_LABELS)
    assert {one.score.f1 for one in found.estimates.values()} == {1.0}
    assert found.mistakes == ()


def test_nothing_to_evaluate_is_an_error():
    with pytest.raises(LawnerError, match="no documents"):
        evaluate([], DEFAULT_LABELS)


def test_rules_and_a_second_reading_stand_beside_the_system(pair, report):
    reports = evaluate_systems("mine", [pair], DEFAULT_LABELS, second_reading=[report])
    assert list(reports) == ["mine", RULES, SECOND_READING]
    assert reports[SECOND_READING].estimates["indicators"].score.f1 == 1.0
    assert [row[0] for row in compare_table(reports)] == ["F1", "mine", RULES, SECOND_READING]


def test_a_second_reading_of_other_texts_is_refused(pair):
    with pytest.raises(LawnerError, match="second reading has no document"):
        evaluate_systems("mine", [pair], DEFAULT_LABELS, second_reading=[Document("x", "别的")])


def test_rules_are_left_out_for_other_labels():
    document = Document("a", "12件", [Span(0, 3, "COUNT")])
    assert list(evaluate_systems("mine", [(document, document)], LabelSet(("COUNT",)))) == ["mine"]


def test_a_markdown_table_escapes_bars():
    assert to_markdown([["", "a|b"], ["x", "1"]]) == "|  | a\\|b |\n| --- | ---: |\n| x | 1 |\n"


@pytest.mark.parametrize(
    ("split", "split_file", "message"),
    [
        pytest.param("exam", None, "'exam' is no split", id="unknown split"),
        pytest.param(None, "index.csv", "only with a split", id="file without a split"),
        pytest.param("validation", "index.csv", "no document here is in the split", id="empty split"),
    ],
)
def test_splits_that_cannot_be_kept_are_refused(brat_folder, split, split_file, message):
    _write_splits(brat_folder)
    path = brat_folder / split_file if split_file else None
    with pytest.raises(ConfigError, match=message):
        read_gold(brat_folder, labels=DEFAULT_LABELS, losses=LossReport(), split=split, split_file=path)


def test_one_split_is_kept(brat_folder):
    ids = _write_splits(brat_folder)
    found = read_gold(brat_folder, labels=DEFAULT_LABELS, losses=LossReport(), split="test")
    assert [document.doc_id for document in found] == ids[:1]


def _write_splits(folder):
    ids = [document.doc_id for document in read_gold(folder, labels=DEFAULT_LABELS, losses=LossReport())]
    rows = [f"{doc_id},{'train' if index else 'test'}" for index, doc_id in enumerate(ids)]
    (folder / "index.csv").write_text("id,split\n" + "\n".join(rows) + "\n", "utf-8")
    return ids


class Page(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open and "small" not in self.open:
            self.text += data


def page_of(*pairs) -> tuple[str, Page]:
    html = "".join(render_page("a & b", pairs, DEFAULT_LABELS, tables=[[["", "F1"], ["<x>", "1"]]]))
    page = Page()
    page.feed(html)
    assert not page.open
    return html, page


def test_the_page_shows_both_sides_and_every_mistake(pair):
    _, page = page_of(pair)
    for line in pair[0].text.split("\n"):
        for sentence in re.findall(r"[^。]+。?", line):
            assert page.text.count(sentence) == 2
    wrong = [attributes for tag, attributes in page.tags if tag == "mark" and "wrong" in str(attributes["class"])]
    assert len(wrong) == 3  # the value on both sides, the missed name on one
    sections = [attributes["class"] for tag, attributes in page.tags if tag == "section"]
    assert sections == ["boundary missed"]


def test_the_page_needs_nothing_from_elsewhere(pair):
    html, page = page_of(pair)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe"}
    assert "http" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_everything_on_the_page_is_escaped():
    text = '<script>alert(1)</script>&amp\x00\x1b受理「12件"'
    start = text.index("12")
    gold = Document('<b "x">', text, [Span(start, start + 3, "CASE"), Span(0, 8, "NAME")])
    html, page = page_of((gold, gold.with_spans(())))
    assert not [tag for tag, _ in page.tags if tag in ("script", "b", "x")]
    assert "\x00" not in html
    assert "\x1b" not in html
    assert text.replace("\x00", "\ufffd").replace("\x1b", "\ufffd") in page.text


def test_spans_that_overlap_or_cross_sentences_are_shown_once():
    text = "受理。案件12件。办结"
    gold = Document("a", text, [Span(0, 5, "NAME"), Span(3, 8, "CASE"), Span(5, 8, "COUNT")])
    _, page = page_of((gold, gold.with_spans([Span(5, 8, "COUNT")])))
    assert page.text.count("受理。案件12件。") == 2


@pytest.fixture
def run():
    """Runs the command."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(evaluate_cli)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path, report, pair):
    """Gold, and rows of a reading of it."""
    save_annotations([report], tmp_path / "gold", "brat", losses=LossReport())
    (gold,) = read_gold(tmp_path / "gold", labels=DEFAULT_LABELS, losses=LossReport())
    rows = [{"doc_id": gold.doc_id, "label": "CASE", "start": span.start, "end": span.end} for span in pair[1].spans]
    lines = [json.dumps(row) for row in rows if row["label"]] + ["no row"]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), "utf-8")
    return tmp_path


def test_the_command_scores_predictions_and_writes_a_report(run, files):
    result = run("--predictions", files / "rows.jsonl", files / "gold", "-o", files / "report")
    assert result.exit_code == 0, result.output
    assert "indicators" in result.output
    assert "rows.jsonl:10: line that is not JSON" in result.output
    assert {path.name for path in (files / "report").iterdir()} == {"scores.json", "errors.csv", "report.html"}
    scores = json.loads((files / "report" / "scores.json").read_text("utf-8"))
    assert scores["rows_unused"] == 1
    assert list(scores["others"]) == [RULES]
    with (files / "report" / "errors.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(scores["errors"].values())


def test_the_command_tags_with_a_model(run, files):
    result = run(write_tagger(files / "model"), files / "gold", "--engine", "torch", "-o", files / "report")
    assert result.exit_code == 0, result.output
    assert "model: 1 documents" in result.output
    assert json.loads((files / "report" / "scores.json").read_text("utf-8"))["errors"]["missed"] > 0


def test_the_command_shows_how_far_people_agree(run, files):
    result = run("--predictions", files / "rows.jsonl", "--ceiling", files / "gold", files / "gold")
    assert result.exit_code == 0, result.output
    assert re.search(r"second reading +1\.000", result.output)


@pytest.mark.parametrize("with_predictions", [True, False], ids=["two with predictions", "one without"])
def test_the_command_says_which_arguments_are_missing(run, files, with_predictions):
    arguments = ["--predictions", files / "rows.jsonl", files / "gold", files / "gold"]
    result = run(*(arguments if with_predictions else arguments[2:3]))
    assert result.exit_code == 2
    assert "needed" in result.output
