"""Scores to the best tag sequence that is legal IOB2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lawner.labels import LabelSet
from lawner.tags import TokenSpan

Scores = npt.NDArray[np.float32]
Path = npt.NDArray[np.int64]


def decode(scores: Scores, labels: LabelSet) -> list[TokenSpan]:
    """Token spans of the legal tag sequence with the highest sum of scores.

    Args:
        scores: Log-probabilities or logits of every tag.
        labels: Gives the order of the tags.

    Shapes:
        scores: ``(n_tokens, n_tags)``

    Source: Viterbi 1967, with no scores on the transitions but "allowed" and "forbidden".

    Example:
        >>> decode(np.array([[2, 0, 3], [0, 0, 5.0]]), LabelSet(("CASE",)))
        [(0, 2, 'CASE')]
    """
    return _to_spans(viterbi(scores, labels), labels)


def viterbi(scores: Scores, labels: LabelSet) -> Path:
    """Tag ids of the legal sequence with the highest sum of scores.

    Every token's best tag is the answer wherever that is legal, and the only thing that is not is an I- tag that
    continues nothing. A stretch around it is searched from right to left: as soon as the best way to go on from a token
    begins with a tag that is not I-, that way fits whatever stands before, so the search ends there and loses nothing.

    Args:
        scores: Log-probabilities or logits of every tag.
        labels: Gives the order of the tags: O is 0, B- and I- of the label at position i are 2 i + 1 and 2 i + 2.

    Shapes:
        scores: ``(n_tokens, n_tags)``
        result: ``(n_tokens,)``
    """
    if not len(scores):
        return np.zeros(0, dtype=np.int64)
    if scores.shape[1] != len(labels.tags):
        raise ValueError(f"scores of {scores.shape[1]} tags for a label set of {len(labels.tags)}")
    best: Path = scores.argmax(axis=1)
    inside = (best > 0) & (best % 2 == 0)
    before = np.concatenate([[0], best[:-1]])
    strays = np.flatnonzero(inside & (before != best) & (before != best - 1))
    if len(strays):
        stops = np.append(np.flatnonzero(~inside), len(best))
        ends = stops[np.searchsorted(stops, strays, side="right")]
        settled = len(best)
        for stray, end in zip(strays[::-1].tolist(), ends[::-1].tolist(), strict=True):
            while stray < settled:
                settled = _repair(scores, best, min(end, settled))
    return best


def span_scores(scores: Scores, token_spans: Sequence[TokenSpan], labels: LabelSet) -> list[float]:
    """How sure the model is of each span: the lowest probability that any of its tokens has for its tag.

    Args:
        scores: Log-probabilities or logits of every tag.
        token_spans: In order, as `decode` returns them.
        labels: Gives the order of the tags.

    Shapes:
        scores: ``(n_tokens, n_tags)``

    Example:
        >>> span_scores(np.log([[0.1, 0.8, 0.1], [0.2, 0.1, 0.7]]), [(0, 2, "CASE")], LabelSet(("CASE",)))
        [0.7]
    """
    if not token_spans:
        return []
    starts = np.array([start for start, _, _ in token_spans])
    lengths = np.array([end - start for start, end, _ in token_spans])
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    begin_tag = {label: labels.tag_ids[f"B-{label}"] for label in labels.spans}
    tags = np.repeat([begin_tag[label] + 1 for _, _, label in token_spans], lengths)
    tags[firsts] -= 1
    tokens = np.repeat(starts - firsts, lengths) + np.arange(len(tags))
    rows = scores[tokens].astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    certain = rows[np.arange(len(tags)), tags] - np.log(np.exp(rows).sum(axis=1))
    lowest = np.exp(np.minimum.reduceat(certain, firsts))
    return [round(value, 6) for value in lowest.tolist()]


def _repair(scores: Scores, path: Path, end: int) -> int:
    """Search the best legal tags before `end`, write them into the path, and return where the search ended.

    Args:
        scores: Of the whole document.
        path: The best tags so far; legal from `end` on, where it goes on with a tag that is not I-.
        end: One past the last token to search.
    """
    n_labels = scores.shape[1] // 2
    go_on: list[list[bool]] = []  # per token, last first: whether a span of each label does best to continue
    openings: list[int] = []  # per token, last first: the best tag that is not I-
    most, inner = 0.0, [float("-inf")] * n_labels  # of the token after: best sum from a tag not I-, and from each I-
    place = end
    while True:
        place -= 1
        row = scores[place].tolist()
        go_on.append([value > most for value in inner])
        after = [max(most, value) for value in inner]
        outer = [row[0] + most, *(row[2 * label + 1] + after[label] for label in range(n_labels))]
        inner = [row[2 * label + 2] + after[label] for label in range(n_labels)]
        most = max(outer)
        choice = outer.index(most)
        openings.append(2 * choice - 1 if choice else 0)
        if place == 0 or most >= max(inner):
            break
    tag = openings[-1]
    path[place] = tag
    for index in range(place + 1, end):
        continues = tag and go_on[end - index][(tag - 1) // 2]
        tag = 2 * ((tag - 1) // 2) + 2 if continues else openings[end - 1 - index]
        path[index] = tag
    return place


def _to_spans(path: Path, labels: LabelSet) -> list[TokenSpan]:
    """Token spans of legal tag ids."""
    begins = np.flatnonzero(path % 2 == 1)
    inside = (path > 0) & (path % 2 == 0)
    stops = np.flatnonzero(~np.append(inside, False))  # places that do not continue a span
    ends = stops[np.searchsorted(stops, begins, side="right")]
    names = labels.spans
    return [
        (start, end, names[tag // 2])
        for start, end, tag in zip(begins.tolist(), ends.tolist(), path[begins].tolist(), strict=True)
    ]
