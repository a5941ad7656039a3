"""Labelling plain text by several taggers: what is selected, how names keep to words, and that files come out."""

from __future__ import annotations

import numpy as np
import pytest

from lawner import DEFAULT_LABELS

TAGS = DEFAULT_LABELS.tags
DENSE = "全年共受理行政复议案件112件，审结98件，开展普法宣传36场次，发放宣传资料5.2万份，受教育群众达12万余人次，满意率98.5%。"  # noqa: E501


@pytest.fixture(scope="module")
def labelling(import_script):
    pytest.importorskip("jieba")
    pytest.importorskip("sklearn_crfsuite")
    return import_script("label_corpus")


def test_paragraphs_with_figures_make_documents(labelling):
    poor = (
        "这一段话里面没有什么数字，只有2023年这个年份和第12条这个序号，所以它不应当被选中来做训练文本，虽然它也足够长。"
    )
    lines = [DENSE, poor, DENSE[:20]] * 60
    documents = list(labelling.dense_documents("s", lines))
    assert [document.doc_id for document in documents] == ["s-001", "s-002"]
    assert sum(document.text.count("\n") for document in documents) == 60
    assert {line for document in documents for line in document.text.splitlines()} == {DENSE}


def scores_of(best: list[str], runner_up: list[str], *, lead: float) -> np.ndarray:
    scores = np.full((len(best), len(TAGS)), -9.0, dtype=np.float32)
    for row, (first, second) in enumerate(zip(best, runner_up, strict=True)):
        scores[row, TAGS.index(second)] = -lead
        scores[row, TAGS.index(first)] = 0.0
    return scores


def test_a_name_that_ends_inside_a_word_is_charged(labelling):
    short = ["B-NAME", "I-NAME", "O", "O"]
    whole = ["B-NAME", "I-NAME", "I-NAME", "O"]
    scores, inside = scores_of(short, whole, lead=0.5), np.array([False, True, True, False])
    assert labelling.decode_with_words(scores, inside, charge=0.0) == short
    assert labelling.decode_with_words(scores, inside, charge=1.0) == whole
    assert labelling.decode_with_words(scores, np.zeros(4, dtype=bool), charge=1.0) == short


def test_without_charge_it_is_the_decoding_of_the_tagger(labelling):
    from lawner.decoding import viterbi

    rng = np.random.default_rng(3)
    for _ in range(50):
        scores = rng.normal(size=(12, len(TAGS))).astype(np.float32)
        found = labelling.decode_with_words(scores, rng.random(12) < 0.5, charge=0.0)
        assert found == [TAGS[tag] for tag in viterbi(scores, DEFAULT_LABELS)]


def test_words_are_those_of_jieba(labelling, project_root):
    from lawner.encoding import Encoder

    encoder = Encoder.from_pretrained(project_root / "models" / "tagger")
    text = "受理群众举报12件"
    assert labelling.inside_words(text, encoder.encode(text)).tolist()[:6] == [False, True, False, True, False, True]


def test_scores_of_characters_go_to_their_tokens(labelling, project_root):
    from lawner import Document
    from lawner.encoding import Encoder

    class Crf:
        def predict_marginals_single(self, rows):
            return [{"O": 0.5, "B-CASE": 0.25} if "0=0" in row else {"B-NAME": 1.0} for row in rows]

    encoder = Encoder.from_pretrained(project_root / "models" / "tagger")
    text = "受理 GDP app\n12件"
    encoding = encoder.encode(text)
    scores = labelling.score_by_crf(Crf(), Document("", text), encoding)
    best = {text[start:end]: TAGS[row.argmax()] for (start, end), row in zip(encoding.offsets, scores, strict=True)}
    assert {token: tag for token, tag in best.items() if token.strip()} == {
        token: "O" if token in "12" else "B-NAME" for token in best if token.strip()
    }
    assert scores.min() == pytest.approx(np.log(labelling.FLOOR))


def test_logits_become_log_probabilities_with_a_floor(labelling):
    logs = labelling.to_logs(np.array([[0.0, np.log(3.0), -50.0]], dtype=np.float32))
    assert np.allclose(np.exp(logs), [[0.25, 0.75, labelling.FLOOR]], atol=1e-5)


def test_of_a_folder_with_an_index_only_the_training_split_is_taken(labelling, project_root):
    from lawner.losses import LossReport

    folder = project_root / "annotations"
    assert len(labelling.load_training([folder], LossReport())) == 213
    assert len(labelling.load_training([folder / "fuyi"], LossReport())) < 7
    whole = folder / "_public"
    assert len(labelling.load_training([whole], LossReport())) == len(list(whole.glob("*.ann"))) > 0


def test_what_cannot_be_used_is_one_sentence_before_any_work(labelling, project_root, tmp_path, capsys):
    import typer

    (tmp_path / "text.txt").write_text(DENSE, encoding="utf-8")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    options = {"train": None, "exclude": None, "crf_share": 0.5, "charge": 1.0}
    for corpus, model, out, message in (
        ("text.txt", project_root / "models" / "tagger", "there", "there"),
        ("no.txt", project_root / "models" / "tagger", "new", "no.txt"),
        ("text.txt", tmp_path / "nowhere", "new", "nowhere"),
    ):
        with pytest.raises(typer.Exit):
            labelling.main(corpus=[str(tmp_path / corpus)], model=[model], out=tmp_path / out, **options)
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


@pytest.mark.parametrize("with_crf", [False, True])
def test_files_come_out_with_spans_and_relations(labelling, project_root, tmp_path, with_crf):
    from lawner.formats import load_annotations, save_annotations
    from lawner.losses import LossReport

    (tmp_path / "text.txt").write_text("\n".join([DENSE] * 3), encoding="utf-8")
    arguments = {"corpus": [str(tmp_path / "text.txt")], "model": [project_root / "models" / "tagger"] * 2}
    if with_crf:
        gold = list(load_annotations(project_root / "annotations" / "fuyi", "brat", losses=LossReport()))[:2]
        save_annotations(gold, tmp_path / "gold", "brat", losses=LossReport())
        arguments["train"] = [tmp_path / "gold"]
    labelling.main(out=tmp_path / "out", exclude=None, crf_share=0.2, charge=1.0, **({"train": None} | arguments))
    (document,) = load_annotations(tmp_path / "out", "brat", losses=LossReport())
    values = {document.text_of(span) for span in document.spans if span.label != "NAME"}
    assert {"112件", "36场次", "98.5%"} <= values
    assert len(document.relations) >= 12
