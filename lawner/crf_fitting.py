"""The CRF beside the encoder: trained on the same documents, with a share chosen on the validation split."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from lawner.base_models import heavy
from lawner.crf import (
    BUCKET_BITS,
    Crf,
    best_share,
    buckets,
    chain_scores,
    is_numeral,
    number_sentences,
    sentence_starts,
    symbols_and_kinds,
)
from lawner.document import Document
from lawner.encoding import Encoder, Encoding
from lawner.errors import LawnerError
from lawner.excerpts import Excerpt
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.metrics import score_documents
from lawner.tagger import mark
from lawner.train_config import CrfConfig
from lawner.training_data import tag_excerpt

Scored = tuple[Document, Encoding, npt.NDArray[np.float32]]

SHARES = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)
"""Shares that are tried."""


def fit_crf(
    documents: Sequence[Document], encoder: Encoder, labels: LabelSet, config: CrfConfig, *, numeric: bool = False
) -> Crf:
    """A CRF of the sentences with numerals or spans, with share 0.

    Args:
        documents: Training documents, with gold spans.
        encoder: The tokenizer of the encoder that it stands beside.
        labels: Tags.
        config: Settings.
        numeric: Whether the encoder reads only sentences that may hold values, so that no others need be known.

    Raises:
        MissingExtraError: If python-crfsuite is not installed.

    Source: Okazaki 2007 (CRFsuite, L-BFGS with L1 and L2 penalties).
    """
    crfsuite = heavy("pycrfsuite")
    symbols, kinds = symbols_and_kinds(encoder.table.vocabulary if encoder.table else encoder.tokenizer.get_vocab())
    settings = {
        "c1": config.l1,
        "c2": config.l2,
        "max_iterations": config.iterations,
        "feature.minfreq": config.min_count,
    }
    trainer = crfsuite.Trainer(algorithm="lbfgs", params=settings, verbose=False)
    for document in documents:
        excerpt = Excerpt.of(document.text, encoder.encode(document.text), numeric=numeric)
        ids, breaks = excerpt.part.ids, excerpt.part.breaks
        if not len(ids):
            continue
        tags = tag_excerpt(document, excerpt, labels, LossReport())  # what is lost was counted for the encoder
        sentences = number_sentences(len(tags), breaks)
        useful = np.bincount(sentences, is_numeral(kinds[ids]) | (tags > 0)) > 0
        features = buckets(symbols[ids], kinds[ids], sentences).astype(str)
        starts = np.flatnonzero(sentence_starts(sentences)).tolist()
        for start, end, use in zip(starts, [*starts[1:], len(tags)], useful.tolist(), strict=True):
            if use:
                trainer.append(features[start:end].tolist(), [str(tag) for tag in tags[start:end].tolist()])
    weights = np.zeros((1 << BUCKET_BITS, len(labels.tags)), dtype=np.float16)
    transitions = np.zeros((len(labels.tags), len(labels.tags)), dtype=np.float32)
    found = _train(crfsuite, trainer)
    for (bucket, tag), weight in found.state_features.items():
        weights[int(bucket), int(tag)] = weight
    for (one, other), weight in found.transitions.items():
        transitions[int(one), int(other)] = weight
    return Crf(tuple(labels.tags), symbols, kinds, weights, transitions, 0.0)


def choose_share(
    crf: Crf, scored: Sequence[Scored], labels: LabelSet, *, transitions: npt.NDArray[np.float32] | None = None
) -> tuple[Crf, Mapping[float, float]]:
    """The CRF with the share that does best on documents which trained neither it nor the encoder.

    Args:
        crf: The CRF.
        scored: Documents with gold, their tokens and the logits of the encoder alone.
        labels: Tags.
        transitions: The encoder's, if it has any.

    Returns:
        The CRF, and for every share the mean of the F1 of names and of indicators.
    """
    found = {}
    for share in SHARES:
        weigh = functools.partial(chain_scores, transitions=transitions, crf=crf.with_share(share))
        pairs = [
            (gold, mark(gold, encoding, weigh(scores, encoding.ids, encoding.breaks), labels))
            for gold, encoding, scores in scored
        ]
        measures = score_documents(pairs, labels)
        tried = [measures[key].f1 for key in ("names", "pairs") if key in measures]
        found[share] = sum(tried) / max(1, len(tried))
    return crf.with_share(best_share(found)), found


def _train(crfsuite: Any, trainer: Any) -> Any:
    """What CRFsuite has learned."""
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "model"
        try:
            trainer.train(str(path))
            tagger = crfsuite.Tagger()
            tagger.open(str(path))
            found = tagger.info()
        except (crfsuite.CRFSuiteError, OSError) as error:
            raise LawnerError(
                f"the CRF beside the encoder could not be trained ({error}); make room for temporary files and go on "
                "with --resume, or set crf.train=false"
            ) from None
        tagger.close()
    return found
