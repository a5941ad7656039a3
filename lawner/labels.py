"""The closed label set: which span and relation labels exist, and the tag ids that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels a project marks.

    Attributes:
        spans: Span labels in a fixed order; tag ids follow from it.
        relations: Relation labels.
        name: The span label that names what a value measures, if the set has one; all others are then values.

    Example:
        >>> LabelSet(("CASE", "NAME")).tags
        ('O', 'B-CASE', 'I-CASE', 'B-NAME', 'I-NAME')
    """

    spans: tuple[str, ...]
    relations: tuple[str, ...] = ()
    name: str | None = "NAME"

    def __post_init__(self) -> None:
        """Refuse labels that are empty, repeated, or cannot stand in a tag or a file."""
        for kind, labels in (("span", self.spans), ("relation", self.relations)):
            if len(set(labels)) != len(labels):
                raise ValueError(f"{kind} labels repeat: {', '.join(labels)}")
            for label in labels:
                if not label or label == OUTSIDE or any(character.isspace() for character in label):
                    raise ValueError(f"{label!r} cannot be a {kind} label: it is empty, 'O' or holds white space")
        if not self.spans:
            raise ValueError("a label set needs at least one span label")
        if self.name is not None and self.name not in self.spans:
            object.__setattr__(self, "name", None)

    @property
    def tags(self) -> tuple[str, ...]:
        """IOB2 tags in the order of their ids, ``"O"`` first."""
        return (OUTSIDE, *(f"{prefix}-{label}" for label in self.spans for prefix in "BI"))

    @property
    def tag_ids(self) -> dict[str, int]:
        """Tag to id, the inverse of `tags`."""
        return {tag: tag_id for tag_id, tag in enumerate(self.tags)}

    @property
    def values(self) -> tuple[str, ...]:
        """The span labels that are values."""
        return tuple(label for label in self.spans if label != self.name)

    @classmethod
    def from_tags(cls, tags: Sequence[str]) -> LabelSet:
        """The label set whose `tags` hold the given ones, labels in order of first appearance."""
        return cls(tuple(dict.fromkeys(tag[2:] for tag in tags if tag != OUTSIDE)))


DEFAULT_LABELS = LabelSet(("CASE", "COUNT", "RATE", "AMOUNT", "NAME"), ("Measures",))
