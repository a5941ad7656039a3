"""Training the CRF beside the encoder, and its share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_models import write_tokenizer, write_wordpiece
from tiny_training import make_documents

from lawner.crf import Crf
from lawner.crf_fitting import SHARES, choose_share, fit_crf
from lawner.decoding import decode
from lawner.encoding import Encoder
from lawner.errors import MissingExtraError
from lawner.labels import DEFAULT_LABELS
from lawner.losses import LossReport
from lawner.train_config import CrfConfig
from lawner.training_data import tag_tokens

pytest.importorskip("pycrfsuite")

GOLD = make_documents()
SETTINGS = CrfConfig(iterations=30, min_count=0)
LABELS = DEFAULT_LABELS


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("encoder")
    write_tokenizer(folder)
    return Encoder.from_pretrained(folder)


@pytest.fixture(scope="module")
def crf(encoder: Encoder) -> Crf:
    return fit_crf(GOLD[:3], encoder, LABELS, SETTINGS)


def test_what_was_learned_is_found_again_in_a_report_that_was_not_seen(crf: Crf, encoder: Encoder) -> None:
    report = GOLD[3]
    encoding = encoder.encode(report.text)
    found = decode(np.log(crf.marginals(encoding.ids, encoding.breaks)), LABELS)
    words = [report.text[encoding.offsets[start, 0] : encoding.offsets[end - 1, 1]] for start, end, _ in found]
    assert words == [report.text_of(span) for span in sorted(report.spans)]
    assert [label for _, _, label in found] == [span.label for span in sorted(report.spans)]


def test_full_width_numbers_are_as_good(crf: Crf, encoder: Encoder) -> None:
    half, full = (encoder.encode(text) for text in ("审结118件；", "审结１１８件；"))
    np.testing.assert_array_equal(crf.marginals(half.ids, half.breaks), crf.marginals(full.ids, full.breaks))


@pytest.mark.parametrize(("certain", "expected"), [(20.0, 0.0), (0.0, 0.1)])
def test_the_share_is_as_great_as_it_helps(certain: float, expected: float, crf: Crf, encoder: Encoder) -> None:
    """An encoder that knows all by itself leaves the CRF nothing; one that knows nothing lets it decide."""
    scored = []
    for report in GOLD:
        encoding = encoder.encode(report.text)
        tags = tag_tokens(report, encoding, LABELS, LossReport())
        scores = np.zeros((len(tags), len(LABELS.tags)), dtype=np.float32)
        scores[np.arange(len(tags)), tags] = certain
        scored.append((report, encoding, scores))
    chosen, tried = choose_share(crf, scored, LABELS)
    assert chosen.share == expected and list(tried) == list(SHARES)
    assert tried[expected] == max(tried.values()) == 1.0
    assert chosen.weights is crf.weights


def test_without_the_library_one_sentence_says_what_to_install(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lawner\[train\]'"):
        fit_crf(GOLD, encoder, LABELS, SETTINGS)


def test_a_wordpiece_tokenizer_will_do(tmp_path: Path) -> None:
    write_wordpiece(tmp_path)
    encoder = Encoder.from_pretrained(tmp_path)
    crf = fit_crf(GOLD, encoder, LABELS, SETTINGS)
    encoding = encoder.encode(GOLD[0].text)
    found = decode(np.log(crf.marginals(encoding.ids, encoding.breaks)), LABELS)
    assert {label for _, _, label in found} == {"CASE", "COUNT", "RATE", "AMOUNT", "NAME"}


@pytest.mark.parametrize("change", [{"iterations": 0}, {"min_count": -1}, {"l1": -0.1}])
def test_impossible_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="iterations must be at least 1"):
        CrfConfig(**change)  # type: ignore[arg-type]
