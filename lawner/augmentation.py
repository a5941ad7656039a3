"""Variants of annotated reports for training, with spans and relations exactly where they belong.

Every operation changes the text through `lawner.edits`; none touches the label of a span or the ends of a relation.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields

from lawner.document import Document
from lawner.edits import Edit, apply_edits, keep_fitting
from lawner.layout_variants import add_noise, shuffle_sentences
from lawner.name_pool import NamePool
from lawner.number_forms import resample_number
from lawner.text_variants import shift_years, swap_widths, vary_punctuation

__all__ = ["Augmentation", "NamePool", "augment", "resample_values"]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often each operation is applied; 0 turns one off.

    Attributes:
        numbers: Share of the values whose digits are re-sampled, in the same form.
        names: Share of the names replaced by another that can stand there.
        places: Share of the documents whose places get other names and whose years are shifted.
        punctuation: Share of the documents with other marks, blanks around numbers, or line breaks.
        sentences: Share of the documents whose sentences and paragraphs change places within a section.
        noise: Share of the documents with page numbers, navigation and other page furniture between paragraphs.
        widths: Share of the documents whose digits, letters or marks change between half and full width.
    """

    numbers: float = 0.3
    names: float = 0.15
    places: float = 0.3
    punctuation: float = 0.2
    sentences: float = 0.2
    noise: float = 0.15
    widths: float = 0.05

    def __post_init__(self) -> None:
        """Refuse shares outside [0, 1]."""
        for setting in fields(self):
            share = getattr(self, setting.name)
            if not 0 <= share <= 1:
                raise ValueError(f"augmentation.{setting.name} is {share}, but must lie between 0 and 1")


def augment(document: Document, *, settings: Augmentation, pool: NamePool, rng: random.Random) -> Document:
    """A variant of the document; the same one for the same state of `rng`.

    Args:
        document: With gold spans and relations.
        settings: How often each operation is applied.
        pool: Names and places to exchange.
        rng: Decides everything.
    """
    if rng.random() < settings.sentences:
        document = shuffle_sentences(document, rng=rng)
    if settings.names:
        document = _edited(document, pool.swap_names(document, share=settings.names, rng=rng))
    if rng.random() < settings.places:
        document = _edited(document, pool.swap_places(document, rng=rng))
        document = shift_years(document, label=pool.label, rng=rng)
    if settings.numbers:
        document = resample_values(document, label=pool.label, share=settings.numbers, rng=rng)
    if rng.random() < settings.punctuation:
        document = vary_punctuation(document, label=pool.label, rng=rng)
    if rng.random() < settings.noise:
        document = add_noise(document, rng=rng)
    if rng.random() < settings.widths:
        document = swap_widths(document, rng=rng)
    return document


def resample_values(document: Document, *, label: str, share: float, rng: random.Random) -> Document:
    """The document with other digits in a share of its values; years, ordinals and other numbers stay as they are.

    Args:
        document: Any.
        label: The span label of names; all other spans are values.
        share: How many of the values.
        rng: Decides which, and their digits.
    """
    edits = [
        Edit(span.start, span.end, resample_number(document.text_of(span), rng=rng))
        for span in document.spans
        if span.label != label and rng.random() < share
    ]
    return _edited(document, edits)


def _edited(document: Document, edits: list[Edit]) -> Document:
    """The document after those edits that can be applied."""
    return apply_edits(document, keep_fitting(document, edits))
