"""Reading the tasks of a Label Studio file; see `lawner.formats.label_studio` for the format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lawner.files import MAX_FILE_BYTES, read_utf8
from lawner.formats.jsonio import (
    JsonObject,
    Place,
    doc_id_of,
    expect,
    optional_list,
    parse_json,
    require,
    require_text,
)
from lawner.formats.raw import RawDocument, RawRelation, RawSpan
from lawner.losses import LossReport, Reason
from lawner.offsets import StoredSpan


def parse_tasks(path: Path, name: str, losses: LossReport, unlabelled: str) -> Iterator[RawDocument]:
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
            place = Place(path, within=f"task {number} (id {task['id']!s:.40})")
        entries = _entries(task, ("annotations", "completions") if annotated else ("predictions",))
        chosen = _choose(entries, place, losses)
        if chosen is None:
            place.lose(losses, Reason.NOT_ACCEPTED, "it has no annotation that counts")
            continue
        results = [expect(item, dict, place, "a result") for item in optional_list(chosen, "result", place)]
        text = require_text(data, _text_key(data, results, place), place)
        record = {"id": task.get("id"), "doc_id": data.get("doc_id")}
        raw = RawDocument(doc_id_of(record, name, place, number), text, path)
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
        objects = Counter(str(item.get("to_name")) for item in results if item.get("type") == "labels")
        main = max(objects, key=lambda name: objects[name], default="")
        for item in results:
            kind = item.get("type")
            value = item.get("value")
            if kind == "relation":
                continue
            if kind != "labels" or not isinstance(value, dict) or isinstance(value.get("start"), str):
                self._lose(f"result of type {kind!r}")
            elif str(item.get("to_name")) != main:
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
