"""Settings from YAML files, checked strictly: an unknown key is an error that names the nearest right one."""

from __future__ import annotations

import difflib
import math
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from lawner.errors import ConfigError
from lawner.labels import LabelSet

LABEL_KEYS = ("spans", "relations", "name")
UNICODE_BREAKS = frozenset("\x85\u2028\u2029")
Config = TypeVar("Config")


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


def load_config(path: Path, cls: type[Config], overrides: Iterable[str] = ()) -> Config:
    """A configuration file as a dataclass of dataclasses.

    Args:
        path: A YAML file; keys that are missing take the default of the dataclass.
        cls: A frozen dataclass; its ``__post_init__`` may refuse values with a `ValueError`.
        overrides: ``section.key=value`` pairs that go over the file, values as YAML.

    Raises:
        ConfigError: If a key is unknown or missing, or a value has the wrong type or is refused.
    """
    content = load_yaml(path)
    for override in overrides:
        _set(content, override)
    return parse_config(content, cls, place=str(path))


def parse_config(content: Mapping[str, Any], cls: type[Config], *, place: str, prefix: str = "") -> Config:
    """A mapping as a dataclass of dataclasses.

    Args:
        content: Keys and values.
        cls: A frozen dataclass.
        place: What to name in an error, e.g. the file.
        prefix: Path of the mapping within the file, with a dot at the end.

    Raises:
        ConfigError: As `load_config`.
    """
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    check_keys(content, tuple(known), path=Path(place), prefix=prefix)
    hints = get_type_hints(cls)
    values = {key: _convert(value, hints[key], place=place, key=f"{prefix}{key}") for key, value in content.items()}
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise ConfigError(f"{place}: the key {prefix}{name} is missing; add it")
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(f"{place}: {prefix}{str(error).removeprefix(prefix)}") from None


def dump_config(config: object, **more: Any) -> str:
    """A configuration as YAML that `load_config` reads back.

    Args:
        config: A dataclass.
        more: Further keys, written after those of the dataclass.
    """
    if not is_dataclass(config) or isinstance(config, type):
        raise ValueError(f"{config!r} is no dataclass")
    content = _plain(asdict(config)) | _plain(more)
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Quotes strings that hold Unicode's own line breaks, which the plain styles write as they are and lose."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if UNICODE_BREAKS & set(data) else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def _plain(value: Any) -> Any:
    """Tuples as lists and paths as strings, which YAML knows."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.as_posix() if isinstance(value, Path) else value


def _set(content: dict[str, Any], override: str) -> None:
    """Put an override into the content of a file."""
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set {override}: expected section.key=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"--set {override}: the value is not YAML; quote it") from None
    *sections, last = key.split(".")
    for section in sections:
        inner = content.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"--set {override}: {section} is no section but {inner!r}")
        content = inner
    content[last] = value


def _convert(value: Any, kind: Any, *, place: str, key: str) -> Any:
    """A value from YAML as the type of a field."""
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{place}: {key} must be a section with keys, but is {value!r}")
        return parse_config(value, kind, place=place, prefix=f"{key}.")
    if isinstance(kind, types.UnionType):
        if value is None and type(None) in get_args(kind):
            return None
        return _convert(value, next(one for one in get_args(kind) if one is not type(None)), place=place, key=key)
    if get_origin(kind) is tuple:
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(_convert(one, get_args(kind)[0], place=place, key=key) for one in items)
    if kind is float and (number := _to_float(value)) is not None:
        return number
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    if kind is not float and isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise ConfigError(f"{place}: {key} must be {_NOUNS.get(kind, kind.__name__)}, but is {value!r}")


def _to_float(value: Any) -> float | None:
    """A finite number from YAML 1.1, which reads 1e-4 as a string; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


_NOUNS = {
    int: "a whole number",
    float: "a number",
    str: "a word or a text in quotes",
    bool: "true or false",
    Path: "a path",
}
