"""Outputs that appear whole or not at all, and never in place of what lawner did not write."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lawner.errors import OutputError

DATASET_NAMES = {"dataset_dict.json", "dataset_info.json", "state.json"}
DATASET_NAMES |= {f"{split}.parquet" for split in ("train", "validation", "test")}
REPORT_NAMES = {"scores.json", "errors.csv", "report.html"}
MODEL_NAMES = {
    "config.json",
    "crf.npz",
    "model.safetensors",
    "model.onnx",
    "model.int8.onnx",
    "lawner.yaml",
    "README.md",
}
MODEL_NAMES |= {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"}
MODEL_NAMES |= {"learning_curve.csv", "learning_curve.png"}
OWN_NAMES = DATASET_NAMES | REPORT_NAMES | MODEL_NAMES


@contextmanager
def atomic_file(target: Path, *, force: bool = False) -> Iterator[Path]:
    """A path to write to that becomes `target` only when the block ends well.

    Args:
        target: The file to make; where it is a symbolic link, the file it points to is made.
        force: Whether to replace a file that is there.

    Raises:
        OutputError: If the target exists (and not `force`), is a folder, or its place cannot be written to.
    """
    with _staging(target, force=force, folder=False) as (stage, place):
        yield stage
        _replace(stage, place)


@contextmanager
def atomic_folder(target: Path, *, force: bool = False) -> Iterator[Path]:
    """A new folder to fill that becomes `target` only when the block ends well; an empty folder there is replaced.

    Args:
        target: The folder to make; where it is a symbolic link, the folder it points to is made.
        force: Whether to replace a folder that holds only what lawner writes into folders.

    Raises:
        OutputError: If the target exists (and not `force`), holds anything else, or its place cannot be written to.
    """
    with _staging(target, force=force, folder=True) as (stage, place):
        stage.mkdir()
        yield stage
        if place.is_dir():
            _refuse_foreign(place)  # what came while the block ran
        old = _old(stage)
        try:
            if place.exists():
                _replace(place, old)
            _replace(stage, place)
        except BaseException:  # also Ctrl-C between the two
            if old.exists() and not place.exists():
                _put_back(old, place)
            raise


def check_folder(target: Path, *, force: bool = False) -> None:
    """Raise now what `atomic_folder` would raise after hours of work; nothing is left there.

    Raises:
        OutputError: As `atomic_folder`.
    """
    with _staging(target, force=force, folder=True):
        pass


@contextmanager
def _staging(target: Path, *, force: bool, folder: bool) -> Iterator[tuple[Path, Path]]:
    """A scratch place on the same file system as the target, removed whatever happens, and the target without links."""
    if target.name in ("", ".."):
        raise OutputError(f"{target}: a new {'folder' if folder else 'file'} needs a name of its own; add one")
    try:
        there = _exists(target)
        place = target.resolve() if target.is_symlink() else target
        is_folder = there and place.is_dir()
        no_file = there and not is_folder and not place.is_file()
        wrong_kind = there and is_folder != folder
        taken = there and not force and not (is_folder and not any(place.iterdir()))
        if folder and force and is_folder:
            _refuse_foreign(place)
        if not (wrong_kind or taken or no_file):
            place.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".lawner.", dir=place.parent))
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{target}: nothing can be written here ({reason}); name another place") from None
    if no_file:
        raise OutputError(f"{target}: this is neither a file nor a folder, and is not replaced; name another place")
    if wrong_kind:
        found, wanted = ("file", "folder") if folder else ("folder", "file")
        raise OutputError(f"{target}: this is a {found}, but a {wanted} is to be written; name a {wanted}")
    if taken:
        raise OutputError(f"{target}: it exists already; name another output or add --force to replace it")
    stage = scratch / place.name
    try:
        yield stage, place
    except OSError as error:
        raise OutputError(f"{target}: writing failed ({error.strerror or error})") from None
    finally:
        if not _old(stage).exists() or place.exists():  # else the old folder is all there is
            shutil.rmtree(scratch, ignore_errors=True)


def _old(stage: Path) -> Path:
    """Where the folder to be replaced waits until its successor is in place."""
    return stage.with_name(stage.name + ".old")


def _put_back(old: Path, place: Path) -> None:
    """Undo the first half of a replacement."""
    try:
        old.replace(place)
    except OSError as error:
        message = f"{place}: the folder that was here could not be put back ({error.strerror}); it lies at {old}"
        raise OutputError(message) from None


def _refuse_foreign(folder: Path) -> None:
    """Raise if a folder holds what lawner does not write into folders, which replacing it would destroy."""
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in sorted(names) + [name for name in folders if (Path(parent) / name).is_symlink()]:
            path = Path(parent) / name
            if path.is_symlink() or not _is_own(path):
                raise OutputError(
                    f"{folder}: it holds {path.relative_to(folder)}, which lawner did not write; name another folder"
                )


def _is_own(path: Path) -> bool:
    """Whether a file is of a kind that lawner writes into folders: brat pairs, tables, datasets, reports, models."""
    if path.suffix == ".txt":
        return path.with_suffix(".ann").is_file()
    if path.suffix == ".tsv":
        with path.open("rb") as stream:
            return stream.read(15) == b"#FORMAT=WebAnno"
    is_board = path.parent.name == "tensorboard" and path.name.startswith("events.out.tfevents.")
    return path.suffix in (".ann", ".arrow") or path.name in OWN_NAMES or is_board


def _raise(error: OSError) -> None:
    """Let `os.walk` fail where it would pass over a folder."""
    raise error


def _exists(target: Path) -> bool:
    """Whether something is there; unlike `Path.exists`, it fails for names that no file can have."""
    try:
        target.stat()
    except FileNotFoundError:
        return False
    return True


def _replace(source: Path, target: Path) -> None:
    """Move finished work into place."""
    try:
        source.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be put in place ({error.strerror}); name another place") from None
