"""What is shipped went over everything, keeps the share of its CRF, and tags."""

from __future__ import annotations

import pytest
import typer
import yaml
from tiny_training import make_documents, settings_of, write_base, write_gold

from lawner import fitting
from lawner.config import parse_config
from lawner.formats import save_annotations
from lawner.losses import LossReport
from lawner.tagger import Tagger
from lawner.train_config import TrainConfig
from lawner.training import train

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def finishing(import_script):
    pytest.importorskip("torch")
    pytest.importorskip("pycrfsuite")
    return import_script("finish_tagger")


@pytest.fixture
def place(tmp_path):
    """A tagger, the gold it came from, and real reports."""
    write_base(tmp_path / "base")
    write_gold(tmp_path / "gold")
    settings = settings_of(tmp_path)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    train(parse_config(settings, TrainConfig, place="test"), tmp_path / "model")
    save_annotations(make_documents()[:1], tmp_path / "real", "brat", losses=LossReport())
    return tmp_path


def test_everything_that_was_held_out_is_gone_over(finishing, place, monkeypatch, capsys):
    fits, fitted = [], []
    fit, fit_crf = fitting.fit, finishing.fit_crf
    monkeypatch.setattr(fitting, "fit", lambda *given, **more: fits.append(given[1]) or fit(*given, **more))
    monkeypatch.setattr(finishing, "fit_crf", lambda *given, **more: fitted.append(given[0]) or fit_crf(*given, **more))
    crf = place / "model" / "crf.npz"
    had_crf = crf.is_file()
    finishing.main(
        place / "model", place / "real", place / "out", place / "tiny.yaml", passes=2, slower=0.5, rehearse=1
    )
    (splits,) = fits
    held_out = ["report-0", "report-2", "report-3"]  # the real one, the validation and the test split
    trained = [document.doc_id for document in splits.train]
    assert all(trained.count(name) >= 2 for name in held_out) and len(trained) == 8
    assert len(fitted) == had_crf
    tagger = Tagger.from_pretrained(place / "out", engine="torch", precision="fp32")
    assert (tagger.crf is not None) == had_crf
    settings = yaml.safe_load((place / "out" / "lawner.yaml").read_text(encoding="utf-8"))
    assert settings["documents"] == {"train": 5} and settings["finished"] == {"passes": 2, "documents": 4}
    assert settings["training"]["learning_rate"] == pytest.approx(0.5 * TrainConfig().training.learning_rate)
    assert "written" in capsys.readouterr().out


def test_a_model_that_is_not_there_is_one_sentence_and_leaves_nothing(finishing, place, capsys):
    with pytest.raises(typer.Exit):
        finishing.main(place / "none", place / "real", place / "out", place / "tiny.yaml")
    assert capsys.readouterr().err.startswith("error: ")
    assert not (place / "out").exists()
