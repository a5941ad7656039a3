"""Label Studio JSON: a list of tasks with annotations, or with predictions that the tool shows as pre-annotations.

Old versions of the tool count UTF-16 units, new ones code points; a file is read in the unit that proves right. What
lawner writes counts code points and stores the text of every region.

Source: https://labelstud.io/guide/task_format and https://labelstud.io/guide/predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lawner.document import Document
from lawner.files import MAX_FILE_BYTES, read_utf8
from lawner.formats.base import Format, RawDocument, RawRelation, RawSpan, load_files, read_head, span_keys
from lawner.formats.jsonio import (
    JsonObject,
    Place,
    doc_id_of,
    dump_json,
    expect,
    keys_at,
    optional_list,
    parse_json,
    require,
    require_text,
)
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import StoredSpan, Unit

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
        return _parse(file, name, losses, unlabelled)

    return load_files(path, parse, suffixes=(".json",), units=UNITS, labels=labels, losses=losses)


def _parse(path: Path, name: str, losses: LossReport, unlabelled: str) -> Iterator[RawDocument]:
    """The raw documents of one file."""
    place = Place(path)
    content = read_utf8(path, max_line_bytes=MAX_FILE_BYTES)
    if not content.strip():
        raise place.error("the file is empty, but a JSON list of tasks was expected")
    tasks = parse_json(content, place)
    del content
    tasks = [tasks] if isinstance(tasks, dict) else expect(tasks, list, place, "the file")
    if not tasks:
        raise place.error("the list of tasks is empty")
    annotated = any(_entries(task, ("annotations", "completions")) for task in tasks)
    for number, task in enumerate(tasks, 1):
        place = Place(path, within=f"task {number}")
        expect(task, dict, place, "it")
        if "data" not in task:
            raise place.error(
                "key 'data' is missing; if this is JSON-MIN or CSV, export as JSON, which keeps relations"
            )
        data = require(task, "data", dict, place)
        if "id" in task:
            place = Place(path, within=f"task {number} (id {task['id']})")
        entries = _entries(task, ("annotations", "completions") if annotated else ("predictions",))
        chosen = _choose(entries, place, losses)
        if chosen is None:
            place.lose(losses, Reason.NOT_ACCEPTED, "it has no annotation that counts")
            continue
        results = [expect(item, dict, place, "a result") for item in optional_list(chosen, "result", place)]
        text = require_text(data, _text_key(data, results, place), place)
        record = {"id": task.get("id"), "doc_id": data.get("doc_id")}
        raw = RawDocument(doc_id_of(record, name, number), text, path)
        score = chosen.get("score") if not annotated else None
        _Results(raw, place, losses, unlabelled, is_prediction=not annotated, score=score).parse(results)
        yield raw


def _entries(task: Any, keys: Iterable[str]) -> list[JsonObject]:
    """The annotations or predictions of a task; those that the export names by number only are passed over."""
    entries: list[JsonObject] = []
    for key in keys:
        value = task.get(key) if isinstance(task, dict) else None
        entries += [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    return entries


def _choose(entries: list[JsonObject], place: Place, losses: LossReport) -> JsonObject | None:
    """The annotation that counts: the ground truth, else the latest; the others are counted as losses."""
    valid = [entry for entry in entries if not entry.get("was_cancelled")]
    chosen = max(valid, key=_rank, default=None)
    for entry in entries:
        if entry is not chosen:
            why = "cancelled" if entry.get("was_cancelled") else f"not taken beside {chosen and chosen.get('id')}"
            n_results = len(optional_list(entry, "result", place))
            place.lose(losses, Reason.NOT_ACCEPTED, f"annotation {entry.get('id')} with {n_results} results was {why}")
    return chosen


def _rank(entry: JsonObject) -> tuple[bool, str, int]:
    """Sorts annotations: the best last."""
    own = entry.get("id")
    when = entry.get("updated_at") or entry.get("created_at") or ""
    return bool(entry.get("ground_truth")), str(when), own if isinstance(own, int) else 0


def _text_key(data: JsonObject, results: list[JsonObject], place: Place) -> str:
    """Which key of a task's data holds the text: ``text``, the labelled object's name, or the only one possible."""
    strings = [key for key, value in data.items() if isinstance(value, str) and key != "doc_id"]
    named = [str(item["to_name"]) for item in results if item.get("to_name") in strings]
    if "text" in strings or named:
        return "text" if "text" in strings else named[0]
    if len(strings) > 1:
        values = [item["value"] for item in results if isinstance(item.get("value"), dict)]
        surfaces = [value["text"] for value in values if isinstance(value.get("text"), str)]
        strings = [key for key in strings if surfaces and all(surface in data[key] for surface in surfaces)] or strings
    if len(strings) != 1:
        found = ", ".join(map(repr, data)) or "no keys"
        raise place.error(f"which key of 'data' holds the text? found {found}; name it 'text'")
    return strings[0]


class _Results:
    """The results of one annotation while regions and relations are matched."""

    def __init__(
        self,
        raw: RawDocument,
        place: Place,
        losses: LossReport,
        unlabelled: str,
        *,
        is_prediction: bool,
        score: Any,
    ) -> None:
        self.raw, self.place, self.losses, self.unlabelled = raw, place, losses, unlabelled
        self.is_prediction, self.score = is_prediction, score
        self.regions: dict[str, list[str]] = {}

    def parse(self, results: list[JsonObject]) -> None:
        """Fill the raw document."""
        objects = [item.get("to_name") for item in results if item.get("type") == "labels"]
        main = max(objects, key=objects.count, default=None)
        for item in results:
            kind = item.get("type")
            value = item.get("value")
            if kind == "relation":
                continue
            if kind != "labels" or not isinstance(value, dict) or isinstance(value.get("start"), str):
                self._lose(f"result of type {kind!r}")
            elif item.get("to_name") != main:
                self._lose(f"region of {item.get('to_name')!r}, another text than {main!r}")
            else:
                self._parse_region(item, value)
        for item in results:
            if item.get("type") == "relation":
                self._parse_relation(item)

    def _lose(self, detail: str) -> None:
        """Count a result that is no span."""
        self.place.lose(self.losses, Reason.UNSUPPORTED, f"{detail} in {self.raw.doc_id}")

    def _parse_region(self, item: JsonObject, value: JsonObject) -> None:
        """One span per label of a region."""
        start, end = require(value, "start", int, self.place), require(value, "end", int, self.place)
        surface = value.get("text")
        region = str(item.get("id", f"#{len(self.raw.spans) + 1}"))
        keys = self.regions.setdefault(region, [])
        for label in optional_list(value, "labels", self.place):
            keys.append(f"{region}/{len(keys) + 1}" if keys else region)
            stored = StoredSpan(start, end, surface if isinstance(surface, str) else None)
            score = self._score(item.get("score", value.get("confidence")))
            self.raw.spans.append(RawSpan(keys[-1], str(label), stored, score=score))
        if not keys:
            self._lose(f"region {region} [{start}, {end}) without a label")

    def _parse_relation(self, item: JsonObject) -> None:
        """A relation between two regions, and so between every span of the one and of the other."""
        ends = (
            str(require(item, "from_id", (str, int), self.place)),
            str(require(item, "to_id", (str, int), self.place)),
        )
        pairs = {"left": [ends[::-1]], "bi": [ends, ends[::-1]]}.get(str(item.get("direction")), [ends])
        for label in optional_list(item, "labels", self.place) or [self.unlabelled]:
            for head, tail in pairs:
                self.raw.relations += [
                    RawRelation(str(label), one, other, score=self._score(item.get("score")))
                    for one in self.regions.get(head) or [head]
                    for other in self.regions.get(tail) or [tail]
                ]

    def _score(self, stated: Any) -> float:
        """The score of a result of a prediction: its own, else the prediction's; people are sure of what they mark."""
        if not self.is_prediction:
            return 1.0
        score = stated if isinstance(stated, int | float) else self.score
        return float(score) if isinstance(score, int | float) and 0 <= score <= 1 else 1.0


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
    """Whether a file begins with a list of tasks."""
    head = read_head(path).lstrip() if path.suffix.lower() == ".json" else ""
    return head.startswith("[") and bool(keys_at(head, 2) & {"data", "annotations", "predictions", "completions"})


def _never(_path: Path) -> bool:
    """Files with predictions are recognised as `FORMAT`, which reads them too."""
    return False


FORMAT = Format("label-studio", load, save, _sniff, writes_folder=False, suffix=".json")
PREDICTIONS = Format("label-studio-predictions", load, save_predictions, _never, writes_folder=False, suffix=".json")
