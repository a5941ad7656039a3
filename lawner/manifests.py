"""What the work of a run depends on, and whether it has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from lawner.sources import Source

SAMPLES, SAMPLE_BYTES = 64, 1 << 14

CHANGES: Mapping[str, str] = {
    "lawner": "another version of lawner",
    "model": "another model or engine",
    "settings": "other settings",
    "inputs": "other reports",
}
"""Part of a manifest to what is said of it when it has changed."""


def make_manifest(
    files: Sequence[Source], *, version: str, model: Path, engine: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """What the work of a run depends on, as it is kept in JSON.

    Args:
        files: The reports.
        version: Of lawner.
        model: The folder of the model.
        engine: What runs it.
        settings: Whatever else changes the results.
    """
    inputs = [[str(source.path.absolute()), source.name, source.size, source.changed] for source in files]
    digest = f"{engine} {model_digest(model)}"
    return {"lawner": version, "model": digest, "settings": dict(settings), "inputs": inputs}


def first_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What differs first between two manifests, in words; empty if they are the same."""
    changed = next((key for key in CHANGES if old.get(key) != new[key]), "")
    if changed == "lawner":
        return f"{CHANGES[changed]} ({old.get(changed)}, this is {new[changed]})"
    if changed == "inputs":
        before, now = ({row[0]: row for row in one.get(changed, [])} for one in (old, new))
        first = next((path for path in {**before, **now} if before.get(path) != now.get(path)), "in another order")
        return f"{CHANGES[changed]} ({first}{'' if first in before and first in now else ' is there only once'})"
    return CHANGES.get(changed, "")


def model_digest(folder: Path) -> str:
    """A digest of the files of a model; of large ones, of samples from all over them."""
    digest = sha256()
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.suffix == ".md":
            continue
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode("utf-8", "surrogateescape"))
        with path.open("rb") as stream:
            for index in range(SAMPLES):
                stream.seek(index * size // SAMPLES)
                digest.update(stream.read(SAMPLE_BYTES))
    return digest.hexdigest()
