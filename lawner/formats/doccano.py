"""doccano JSON Lines: sequence labelling, with or without relations, in the keys of its old and new versions.

doccano counts UTF-16 units, its importers often code points; a file is read in the unit that proves right. What lawner
writes is the export with relations, in UTF-16 units, plus the keys ``doc_id`` and, in every entity, ``text``.

Source: https://doccano.github.io/doccano/ and the exporters in ``backend/data_export`` of doccano.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from lawner.document import Document
from lawner.formats.base import Format, load_files
from lawner.formats.jsonio import (
    JsonObject,
    Place,
    doc_id_of,
    dump_json,
    json_heads,
    json_lines,
    keys_at,
    listed,
    optional_list,
    require,
    require_text,
)
from lawner.formats.raw import RawDocument, RawRelation, RawSpan
from lawner.labels import LabelSet
from lawner.losses import LossReport, Reason
from lawner.offsets import OffsetMap, StoredSpan, Unit

UNITS = (Unit.UTF16, Unit.CODE_POINT, Unit.UTF16_LF, Unit.CODE_POINT_LF)
ENTITY_KEYS = ("entities", "label", "labels", "annotations")
UNCARRIED_KEYS = ("Comments", "comments", "cats")


def load(path: Path, *, labels: LabelSet, losses: LossReport) -> Iterator[Document]:
    """Read a file, or every ``.jsonl`` and ``.json`` of a folder.

    Args:
        path: The file or folder.
        labels: The labels to keep.
        losses: Receives what is left behind.

    Yields:
        A document per line; its id is its ``doc_id``, or the name of the file with the line's ``id``.

    Raises:
        AnnotationError: If a line is not what doccano writes.
    """
    return load_files(path, _parse, suffixes=(".jsonl", ".json"), units=UNITS, labels=labels, losses=losses)


def _parse(path: Path, name: str, losses: LossReport) -> Iterator[RawDocument]:
    """The raw documents of one file."""
    for number, (place, record) in enumerate(json_lines(path), 1):
        text = require_text(record, "data" if "text" not in record and "data" in record else "text", place)
        raw = RawDocument(doc_id_of(record, name, place, number), text, path)
        for key in ENTITY_KEYS:
            for item in optional_list(record, key, place):
                if isinstance(item, str):
                    place.lose(losses, Reason.UNSUPPORTED, f"label {item!r} of the whole of {raw.doc_id}")
                else:
                    raw.spans.append(_parse_entity(item, f"#{len(raw.spans) + 1}", place))
        for item in optional_list(record, "relations", place):
            raw.relations.append(_parse_relation(item, place))
        for key in UNCARRIED_KEYS:
            for item in listed(record.get(key)):
                place.lose(losses, Reason.UNSUPPORTED, f"{key}: {item!s:.60} in {raw.doc_id}")
        yield raw


def _parse_entity(item: Any, default_key: str, place: Place) -> RawSpan:
    """An entity as a triple or as an object; a label given by its number is kept as words that match no label."""
    if isinstance(item, list) and len(item) == 3:
        item = dict(zip(("start_offset", "end_offset", "label"), item, strict=True))
    elif not isinstance(item, dict):
        raise place.error(f"{item!s:.60} is no entity; expected [start, end, label] or an object with start_offset")
    start, end = require(item, "start_offset", int, place), require(item, "end_offset", int, place)
    surface = item.get("text")
    return RawSpan(
        str(item.get("id", default_key)),
        _label(item, "label", place),
        StoredSpan(start, end, surface if isinstance(surface, str) else None),
        place.line,
    )


def _parse_relation(item: Any, place: Place) -> RawRelation:
    """A relation between two entities by their ids."""
    if not isinstance(item, dict):
        raise place.error(f"{item!s:.60} is no relation; expected an object with from_id, to_id and type")
    head, tail = (str(require(item, key, (int, str), place)) for key in ("from_id", "to_id"))
    return RawRelation(_label(item, "type", place), head, tail, place.line)


def _label(item: JsonObject, key: str, place: Place) -> str:
    """A label by its name; one by its number, as old versions export it, becomes words."""
    label = require(item, key, (str, int), place)
    return label if isinstance(label, str) else f"number {label}"


def save(documents: Iterable[Document], path: Path, *, losses: LossReport) -> None:  # noqa: ARG001  nothing is lost
    """Write one line per document; entity ids are unique in the file, as doccano's are in a project."""
    entity_ids, relation_ids = count(1), count(1)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for number, document in enumerate(documents, 1):
            stream.write(dump_json(_record(document, number, entity_ids, relation_ids)) + "\n")


def _record(document: Document, number: int, entity_ids: Iterator[int], relation_ids: Iterator[int]) -> JsonObject:
    """One line of the export."""
    mapping = OffsetMap(document.text, Unit.UTF16)
    ids = {span: next(entity_ids) for span in dict.fromkeys(document.spans)}
    return {
        "id": number,
        "doc_id": document.doc_id,
        "text": document.text,
        "entities": [
            {
                "id": entity_id,
                "label": span.label,
                "start_offset": mapping.from_code_point(span.start),
                "end_offset": mapping.from_code_point(span.end),
                "text": document.text_of(span),
            }
            for span, entity_id in ids.items()
        ],
        "relations": [
            {"id": next(relation_ids), "from_id": ids[one.head], "to_id": ids[one.tail], "type": one.label}
            for one in document.relations
        ],
    }


def _sniff(path: Path) -> bool:
    """Whether a file begins with an object that has a text and a list of labels."""
    if path.suffix.lower() not in (".jsonl", ".json"):
        return False
    return any(_is_record(keys_at(head, 1)) for head in json_heads(path))


def _is_record(keys: set[str]) -> bool:
    """Whether an object with these keys is a text with labels."""
    return bool("text" in keys and keys & set(ENTITY_KEYS)) or {"data", "label"} <= keys


FORMAT = Format("doccano", load, save, _sniff, writes_folder=False, suffix=".jsonl")
