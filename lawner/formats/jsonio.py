"""JSON as annotation tools write it, read with messages that say where and what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawner.errors import AnnotationError
from lawner.files import MAX_LINE_BYTES, read_utf8
from lawner.formats.base import read_head
from lawner.formats.raw import half_character
from lawner.losses import LossReport, Reason

JsonObject = dict[str, Any]
TOKEN = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"\s*(:)?|\\?\Z)|[{}\[\]]', re.DOTALL)
"""A string (with the colon after a key) or a bracket; a string that is cut off reaches to the end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a JSON value stands.

    Attributes:
        path: The file.
        line: Its line counted from 1; 0 where the format has no lines to point to.
        within: Words that say where in the file, for formats without lines.
    """

    path: Path
    line: int = 0
    within: str = ""

    def error(self, message: str) -> AnnotationError:
        """An error about this place."""
        words = f"{self.within}: {message}" if self.within else message
        return AnnotationError(words, path=self.path, line=self.line or None)

    def lose(self, losses: LossReport, reason: Reason, detail: str) -> None:
        """Count a loss at this place."""
        losses.add(self.path, self.line, reason, f"{self.within}: {detail}" if self.within else detail)


def json_lines(path: Path) -> Iterator[tuple[Place, JsonObject]]:
    """The objects of a JSON Lines file with their places; blank lines are passed over.

    Raises:
        AnnotationError: If a line is no JSON object or the file holds none at all.
    """
    found = False
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        if not line.strip():
            continue
        found = True
        place = Place(path, number)
        yield place, expect(parse_json(line, place), dict, place)
    if not found:
        raise AnnotationError("the file is empty, but JSON objects, one a line, were expected", path=path)


def parse_json(text: str, place: Place) -> Any:
    """A JSON value.

    Raises:
        AnnotationError: If the text is not JSON, or JSON that no annotation tool writes.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno} " if not place.line else ""
        raise place.error(
            f"this is not complete JSON ({error.msg} at {line}column {error.colno}); "
            "the file may be cut off, so export it again"
        ) from None
    except RecursionError:
        raise place.error("this JSON is nested too deeply to be an annotation") from None
    except ValueError as error:
        raise place.error(f"this JSON cannot be read ({error})") from None


def expect(value: Any, kind: type | tuple[type, ...], place: Place, name: str = "a JSON value") -> Any:
    """The value itself if it is of the expected type.

    Raises:
        AnnotationError: If it is of another type.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
        return value
    wanted = " or ".join("object" if one is dict else one.__name__ for one in kinds)
    found = "object" if isinstance(value, dict) else type(value).__name__
    raise place.error(f"{name} is of type {found}, but {wanted} was expected")


def require(record: Mapping[str, Any], key: str, kind: type | tuple[type, ...], place: Place) -> Any:
    """The value of a key, checked for its type.

    Raises:
        AnnotationError: If the key is missing (the message names the keys found) or holds another type.
    """
    if key not in record:
        found = ", ".join(map(repr, list(record)[:8])) or "no keys"
        raise place.error(f"key {key!r} is missing; found {found}")
    return expect(record[key], kind, place, f"key {key!r}")


def optional_list(record: Mapping[str, Any], key: str, place: Place) -> list[Any]:
    """The list under a key; empty if the key is missing or null."""
    value = record.get(key)
    return [] if value is None else list(expect(value, list, place, f"key {key!r}"))


def require_text(record: Mapping[str, Any], key: str, place: Place) -> str:
    """The text under a key.

    Raises:
        AnnotationError: If it is no text, or holds half a surrogate pair, which no file can store.
    """
    return whole(str(require(record, key, str, place)), f"key {key!r}", place)


def whole(text: str, what: str, place: Place) -> str:
    """The text itself.

    Raises:
        AnnotationError: If it holds half a surrogate pair, which no file can store.
    """
    message = half_character(text, what)
    if message is not None:
        raise place.error(message)
    return text


def listed(value: object) -> list[object]:
    """What stands under a key of any shape, item by item; nothing if it is empty."""
    if isinstance(value, dict):
        return [f"{key}: {item}" for key, item in value.items()]
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def doc_id_of(record: Mapping[str, Any], name: str, place: Place, number: int, *more: Mapping[str, Any]) -> str:
    """The id a record carries as ``doc_id``, or one made of the file's name and the record's id or number.

    Raises:
        AnnotationError: If it holds half a surrogate pair.
    """
    for holder in (record, *more):
        doc_id = holder.get("doc_id")
        if isinstance(doc_id, str) and doc_id:
            return whole(doc_id, "key 'doc_id'", place)
    own = record.get("id")
    return whole(f"{name}-{own if isinstance(own, int | str) and own != '' else number}", "key 'id'", place)


def dump_json(value: object) -> str:
    """JSON on one line, Chinese characters as they are."""
    return json.dumps(value, ensure_ascii=False)


def json_heads(path: Path) -> Iterator[str]:
    """What a file that begins with a JSON object begins with: some of it, then all of a first line that is longer.

    Of an object with a long text, the keys after it show only in the second.
    """
    head = read_head(path).lstrip()
    if head.startswith("{"):
        yield head
        if "\n" not in head:
            yield read_head(path, MAX_LINE_BYTES).lstrip().partition("\n")[0]


def keys_at(head: str, depth: int) -> set[str]:
    """The keys of the first object that lies at a nesting depth of what may be the cut-off beginning of a JSON file.

    Example:
        >>> sorted(keys_at('{"text": "受理", "label": [[0, 2, "CA', 1))
        ['label', 'text']
        >>> keys_at('[{"data": {"text": "受理"}}]', 2)
        {'data'}
    """
    keys: set[str] = set()
    level = 0
    for match in TOKEN.finditer(head):
        symbol = match[0][0]
        if symbol in "{[":
            level += 1
        elif symbol in "}]":
            if level == depth:
                break
            level -= 1
        elif level == depth and match[2]:
            keys.add(match[1])
    return keys
