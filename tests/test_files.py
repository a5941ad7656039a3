from __future__ import annotations

import os
from pathlib import Path

import pytest

from lawner.errors import AnnotationError, OutputError, ReadError
from lawner.files import atomic_file, atomic_folder, read_bytes, read_utf8, walk


def names(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in walk(root, accept=lambda path: path.suffix == ".txt")]


def test_walk_goes_in_the_order_of_names_and_passes_over_hidden_files(tmp_path):
    for name in ["b.txt", "a/z.txt", "a/y.md", "B.txt", ".git/x.txt", "_draft.txt", "c.txt/d.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["B.txt", "a/z.txt", "b.txt", "c.txt/d.txt"]


def test_walk_gives_a_named_file_whatever_its_suffix(tmp_path):
    path = tmp_path / "_notes.xyz"
    path.touch()
    assert list(walk(path, accept=lambda _: False)) == [path]


def test_walk_ends_where_symbolic_links_form_a_loop(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").touch()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(tmp_path) == ["a/x.txt"]


def test_walk_refuses_what_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="there is no such file or folder"):
        list(walk(tmp_path / "absent", accept=lambda _: True))


def test_walk_refuses_a_name_no_system_allows(tmp_path):
    with pytest.raises(ReadError, match=r"it cannot be looked at \(File name too long\)"):
        list(walk(tmp_path / ("x" * 5000), accept=lambda _: True))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_forbidden_files_and_folders_are_refused(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "secret").touch(mode=0)
    with pytest.raises(ReadError, match="this folder may not be listed; change its permissions"):
        list(walk(tmp_path, accept=lambda _: True))
    with pytest.raises(ReadError, match="this file may not be read; change its permissions"):
        read_bytes(tmp_path / "secret")


def test_permission_errors_are_sentences(tmp_path, monkeypatch):
    def forbid(self, *args):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "secret"
    path.touch()
    monkeypatch.setattr(Path, "read_bytes", forbid)
    monkeypatch.setattr(Path, "iterdir", forbid)
    with pytest.raises(ReadError, match="this file may not be read; change its permissions"):
        read_bytes(path)
    with pytest.raises(ReadError, match="this folder may not be listed; change its permissions"):
        list(walk(tmp_path, accept=lambda _: True))


def test_read_bytes_refuses_folders_missing_and_huge_files(tmp_path, monkeypatch):
    with pytest.raises(ReadError, match="this is not a regular file"):
        read_bytes(tmp_path)
    with pytest.raises(ReadError, match="there is no such file"):
        read_bytes(tmp_path / "absent")
    monkeypatch.setattr("lawner.files.MAX_FILE_BYTES", 2**20)
    path = tmp_path / "huge"
    path.write_bytes(b"x" * (3 * 2**20))
    with pytest.raises(ReadError, match="the file has 3 MiB, more than the 1 that are read; split it"):
        read_bytes(path)


def test_a_file_that_fails_while_it_is_read_is_a_sentence(tmp_path):
    path = tmp_path / "loop"
    path.symlink_to(path)
    with pytest.raises(ReadError, match="the file cannot be read"):
        read_bytes(path)


def test_read_utf8_keeps_line_breaks_and_removes_one_byte_order_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeff\ufeff受\r\n理\r案\n".encode())
    assert read_utf8(path) == "\ufeff受\r\n理\r案\n"


def test_read_utf8_names_the_line_that_is_not(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("受理\n".encode() + "案件".encode("gb18030"))
    with pytest.raises(AnnotationError, match=r"a.txt:2: byte 0x\w\w is not UTF-8"):
        read_utf8(path)


def test_read_utf8_names_the_line_that_is_too_long(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n" + b"b" * 100)
    with pytest.raises(AnnotationError, match=r"a.txt:2: the line has 0 MiB; a line holds one document of at most"):
        read_utf8(path, max_line_bytes=50)
    assert len(read_utf8(path, max_line_bytes=100)) == 102


@pytest.mark.parametrize("force", [False, True])
def test_an_atomic_file_appears_only_at_the_end(tmp_path, force):
    target = tmp_path / "new" / "a.txt"
    with atomic_file(target, force=force) as stage:
        stage.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_block_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("old")
    with pytest.raises(RuntimeError), atomic_file(tmp_path / "a.txt", force=True) as stage:
        stage.write_text("half")
        raise RuntimeError
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "d", force=True) as stage:
        (stage / "x").write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "d" / "x").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "d"]


def test_an_atomic_folder_replaces_an_empty_one_and_others_by_force(tmp_path):
    target = tmp_path / "d"
    target.mkdir()
    for content, force in (("one", False), ("two", True)):
        with atomic_folder(target, force=force) as stage:
            (stage / content).touch()
        assert [path.name for path in target.iterdir()] == [content]
    with pytest.raises(OutputError, match="it exists already"), atomic_folder(target):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_the_old_folder_comes_back_when_the_new_one_cannot_be_put_in_place(tmp_path, monkeypatch):
    target = tmp_path / "d"
    target.mkdir()
    (target / "old").touch()
    whole = Path.replace

    def refuse(self, other):
        if self.name == "d" and Path(other) == target:
            raise OSError(18, "Invalid cross-device link")
        return whole(self, other)

    monkeypatch.setattr(Path, "replace", refuse)
    message = r"cannot be put in place \(Invalid cross-device link\)"
    with pytest.raises(OutputError, match=message), atomic_folder(target, force=True) as stage:
        (stage / "new").touch()
    assert [path.name for path in target.iterdir()] == ["old"]


def test_a_full_disk_is_a_sentence(tmp_path):
    message = r"a.txt: writing failed \(No space left on device\)"
    with pytest.raises(OutputError, match=message), atomic_file(tmp_path / "a.txt"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 300, "nul\0byte"])
def test_a_name_that_cannot_be_written_is_refused(name, tmp_path):
    with pytest.raises(OutputError), atomic_file(tmp_path / name) as stage:
        stage.write_text("x")
    assert list(tmp_path.iterdir()) == []
