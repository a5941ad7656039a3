"""Settings from YAML files, checked strictly: an unknown key is an error that names the nearest right one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lawner.errors import ConfigError
from lawner.labels import LabelSet

LABEL_KEYS = ("spans", "relations", "name")


def load_yaml(path: Path) -> dict[str, Any]:
    """The mapping a YAML file holds.

    Raises:
        ConfigError: If the file is missing, is no YAML, or holds anything but a mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{place}: this is not YAML ({getattr(error, 'problem', error)})") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys with values, but found {type(content).__name__}")
    return content


def check_keys(found: Mapping[str, Any], allowed: Sequence[str], *, path: Path, prefix: str = "") -> None:
    """Refuse keys that do not exist.

    Raises:
        ConfigError: For the first unknown key, with the nearest right one.
    """
    for key in found:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known are {', '.join(allowed)}"
            raise ConfigError(f"{path}: unknown key {prefix}{key}; {hint}")


def load_labels(path: Path) -> LabelSet:
    """A label set from a YAML file with the keys ``spans``, ``relations`` and ``name``.

    Raises:
        ConfigError: If a key is unknown or the labels cannot be used.
    """
    content = load_yaml(path)
    check_keys(content, LABEL_KEYS, path=path)
    lists = {}
    for key in ("spans", "relations"):
        value = content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
            raise ConfigError(f"{path}: {key} must be a list of words, but is {value!r}")
        lists[key] = tuple(value)
    name = content.get("name")
    if name is not None and name not in lists["spans"]:
        raise ConfigError(f"{path}: name is {name!r}, which is not among spans")
    try:
        return LabelSet(lists["spans"], lists["relations"], name)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
