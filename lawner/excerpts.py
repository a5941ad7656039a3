"""What a model reads of a document: all of it, or only the sentences that may hold values, put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lawner.crf import number_sentences, sentence_starts
from lawner.encoding import Encoding
from lawner.labels import DEFAULT_LABELS, LabelSet
from lawner.numerals import may_hold_values
from lawner.windows import Scores, Window, plan_windows

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """The tokens of a document that a model is asked about.

    Attributes:
        encoding: All tokens.
        kept: Which of them are read, ``(n_tokens,)``.
        part: Those, as if nothing stood between them.
    """

    encoding: Encoding
    kept: Flags
    part: Encoding

    @classmethod
    def of(cls, text: str, encoding: Encoding, *, numeric: bool) -> Excerpt:
        """The excerpt of a text.

        Args:
            text: The text.
            encoding: Its tokens.
            numeric: Whether sentences that hold no values for certain are left out.
        """
        if not numeric:
            return cls(encoding, np.ones(len(encoding.ids), dtype=np.bool_), encoding)
        kept = may_have_values(text, encoding)
        return cls(encoding, kept, encoding.select(kept))

    def windows(self, *, size: int, context: int) -> list[Window]:
        """Windows over the tokens that are read; see `plan_windows`."""
        return plan_windows(len(self.part.ids), size=size, context=context, breaks=self.part.breaks)

    def spread(self, rows: Scores, elsewhere: Scores) -> Scores:
        """Scores of the tokens that are read, put where those stand, with the same scores for all others.

        Shapes:
            rows: ``(n_kept, n_tags)``
            elsewhere: ``(n_tags,)``
            result: ``(n_tokens, n_tags)``
        """
        if self.kept.all():
            return rows
        scores = np.tile(elsewhere.astype(np.float32), (len(self.kept), 1))
        if len(rows):
            scores[self.kept] = rows
        return scores


def are_numbers(labels: LabelSet) -> bool:
    """Whether all values of a label set are numbers and a name without a value is dropped, as with lawner's own."""
    return set(labels.values) <= set(DEFAULT_LABELS.values) and bool(labels.relations)


def may_have_values(text: str, encoding: Encoding) -> Flags:
    """Whether each token stands in a sentence that may hold values."""
    if not len(encoding.ids):
        return np.zeros(0, dtype=np.bool_)
    sentences = number_sentences(len(encoding.ids), encoding.breaks)
    starts = encoding.offsets[sentence_starts(sentences), 0].tolist()
    flags: Flags = np.array(may_hold_values(text, [*starts[1:], len(text)]))[sentences]
    return flags
