"""Label Studio JSON: a list of tasks with annotations, or with predictions that the tool shows as pre-annotations.

Old versions of the tool count UTF-16 units, new ones code points; a file is read in the unit that proves right. What
lawner writes counts code points and stores the text of every region.

Source: https://labelstud.io/guide/task_format and https://labelstud.io/guide/predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lawner.document import Document
from lawner.formats.base import Format, load_files, read_head, span_keys
from lawner.formats.jsonio import JsonObject, dump_json, json_heads, keys_at
from lawner.formats.label_studio_tasks import parse_tasks
from lawner.formats.raw import RawDocument
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.offsets import Unit

UNITS = (Unit.CODE_POINT, Unit.UTF16, Unit.CODE_POINT_LF, Unit.UTF16_LF)
FROM_NAME, TO_NAME = "label", "text"
MODEL_VERSION = "lawner"


def load(path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
    """Read a file, or every ``.json`` of a folder.

    Of several annotations of a task, the ground truth is taken, else the latest; cancelled ones never. A file in which
    no task has an annotation is read for its predictions, with their scores. A relation without a label takes the only
    relation label of the label set.

    Args:
        path: The file or folder.
        labels: The labels to keep.
        losses: Receives what is left behind, also every annotation that was not taken.

    Yields:
        A document per annotated task; its id is the ``doc_id`` in its data, or the name of the file with the task's id.

    Raises:
        AnnotationError: If the file is not what Label Studio writes.
    """
    unlabelled = labels.relations[0] if len(labels.relations) == 1 else ""

    def parse(file: Path, name: str, losses: LossReport) -> Iterator[RawDocument]:
        """The raw documents of one file."""
        return parse_tasks(file, name, losses, unlabelled)

    return load_files(path, parse, suffixes=(".json",), units=UNITS, labels=labels, losses=losses)


def save(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:  # noqa: ARG001  nothing is lost
    """Write one annotated task per document."""

    def annotation(document: Document, number: int) -> tuple[str, JsonObject]:
        entry = {"id": number, "was_cancelled": False, "ground_truth": False, "result": _results(document)}
        return "annotations", entry

    _write(documents, path, annotation)


def save_predictions(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:  # noqa: ARG001
    """Write one task per document with its spans as a prediction; its score is the mean of theirs."""

    def prediction(document: Document, _number: int) -> tuple[str, JsonObject]:
        scores = [span.score for span in document.spans] or [1.0]
        results = _results(document, scored=True)
        return "predictions", {"model_version": MODEL_VERSION, "score": sum(scores) / len(scores), "result": results}

    _write(documents, path, prediction)


def _write(documents: Iterable[Document], path: Path, make: Callable[[Document, int], tuple[str, JsonObject]]) -> None:
    """Write a list of tasks, one a line."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        separator = "[\n"
        for number, document in enumerate(documents, 1):
            key, entry = make(document, number)
            data = {"text": document.text, "doc_id": document.doc_id}
            stream.write(separator + dump_json({"id": number, "data": data, key: [entry]}))
            separator = ",\n"
        stream.write("\n]\n" if separator == ",\n" else "[]\n")


def _results(document: Document, *, scored: bool = False) -> list[JsonObject]:
    """Spans and relations as results; ids are unique in the task."""
    keys = span_keys(document)
    regions: list[JsonObject] = [
        {
            "id": key,
            "from_name": FROM_NAME,
            "to_name": TO_NAME,
            "type": "labels",
            "value": {"start": span.start, "end": span.end, "text": document.text_of(span), "labels": [span.label]},
            **({"score": span.score} if scored else {}),
        }
        for span, key in keys.items()
    ]
    relations: list[JsonObject] = [
        {
            "type": "relation",
            "from_id": keys[relation.head],
            "to_id": keys[relation.tail],
            "direction": "right",
            "labels": [relation.label],
            **({"score": relation.score} if scored else {}),
        }
        for relation in document.relations
    ]
    return regions + relations


def _sniff(path: Path) -> bool:
    """Whether a file begins with a list of tasks, or with one task."""
    if path.suffix.lower() != ".json":
        return False
    if read_head(path, 4096).lstrip().startswith("["):
        return bool(keys_at(read_head(path), 2) & {"data", "annotations", "predictions", "completions"})
    return any({"data", "annotations"} <= keys_at(head, 1) for head in json_heads(path))


def _never(_path: Path) -> bool:
    """Files with predictions are recognised as `FORMAT`, which reads them too."""
    return False


FORMAT = Format("label-studio", load, save, _sniff, writes_folder=False, suffix=".json")
PREDICTIONS = Format("label-studio-predictions", load, save_predictions, _never, writes_folder=False, suffix=".json")
