"""lawner: Chinese government and legal work reports, turned into a table of indicators.

Importing the package loads nothing heavy; the readers, formats and models load what they need when they are used.
"""

from lawner.document import Document, Relation, Span
from lawner.errors import LawnerError
from lawner.labels import DEFAULT_LABELS, LabelSet

__version__ = "0.1.0"

__all__ = ["DEFAULT_LABELS", "Document", "LabelSet", "LawnerError", "Relation", "Span", "__version__"]
