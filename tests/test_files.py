from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from lawner.errors import AnnotationError, OutputError, ReadError
from lawner.files import describe_passed_over, read_bytes, read_utf8, walk
from lawner.outputs import atomic_file, atomic_folder


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


def test_walk_counts_what_it_passes_over(tmp_path):
    for name in ["a.txt", "b.XLSX", "c.xlsx", "README", "_old/x.txt", "_old/y.txt", ".DS_Store", "~$a.txt", "d/e.csv"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.txt")
    passed_over = Counter()
    accept = lambda path: path.suffix == ".txt"  # noqa: E731
    assert [path.name for path in walk(tmp_path, accept=accept, passed_over=passed_over)] == ["a.txt"]
    assert describe_passed_over(passed_over) == (
        "3 whose name begins with ., _ or ~$, 2 .xlsx, 1 .csv, 1 neither file nor folder, 1 without a suffix"
    )


def test_many_kinds_are_not_all_named():
    assert describe_passed_over(Counter(f".{n}" for n in range(10))).endswith("1 .7, 2 other kinds")
    assert describe_passed_over(Counter()) == "nothing"


def test_walk_refuses_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(ReadError, match="this is neither a file nor a folder; name one"):
        list(walk(tmp_path / "pipe.txt", accept=lambda _: True))


def test_walk_goes_as_deep_as_folders_lie(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    depth = 1200
    for _ in range(depth):
        Path("a").mkdir()
        os.chdir("a")
    Path("x.txt").touch()
    os.chdir(tmp_path)
    found = list(walk(Path("a"), accept=lambda _: True))
    found[0].unlink()
    for n_parts in range(depth, 0, -1):  # pytest cannot remove what lies deeper than Python calls
        Path(*["a"] * n_parts).rmdir()
    assert [len(path.parts) for path in found] == [depth + 1]


@pytest.mark.parametrize(
    ("attribute", "path", "reason"),
    [
        ("iterdir", "closed", "this folder may not be listed; change its permissions or name another"),
        ("is_dir", "closed/x.txt", r"it cannot be looked at (Permission denied); change the permissions of its folder"),
    ],
    ids=["not listable", "not enterable"],
)
def test_walk_reports_what_it_may_not_look_at_and_goes_on(attribute, path, reason, tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "x.txt").touch()
    (tmp_path / "open.txt").touch()
    allowed = getattr(Path, attribute)

    def forbid(self):
        if self == tmp_path / path:
            raise PermissionError(13, "Permission denied")
        return allowed(self)

    monkeypatch.setattr(Path, attribute, forbid)
    seen = []
    accept = lambda path: path.name == "open.txt"  # noqa: E731
    found = list(walk(tmp_path, accept=accept, on_error=lambda path, reason: seen.append((path, reason))))
    assert (found, seen) == ([tmp_path / "open.txt"], [(tmp_path / path, reason)])
    with pytest.raises(ReadError, match=f"{path}: {reason[:20]}"):
        list(walk(tmp_path, accept=accept))


def test_walk_reports_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone")
    with pytest.raises(ReadError, match=r"a\.txt: this link leads nowhere; mend or remove it"):
        names(tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "a.md")
    assert names(tmp_path) == []


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
    (tmp_path / "d" / "x.ann").write_text("old")
    with pytest.raises(RuntimeError), atomic_file(tmp_path / "a.txt", force=True) as stage:
        stage.write_text("half")
        raise RuntimeError
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "d", force=True) as stage:
        (stage / "x.ann").write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "d" / "x.ann").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "d"]


def test_an_atomic_folder_replaces_an_empty_one_and_others_by_force(tmp_path):
    target = tmp_path / "d"
    target.mkdir()
    for content, force in (("one.ann", False), ("two.ann", True)):
        with atomic_folder(target, force=force) as stage:
            (stage / content).touch()
        assert [path.name for path in target.iterdir()] == [content]
    with pytest.raises(OutputError, match="it exists already"), atomic_folder(target):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_the_old_folder_comes_back_when_the_new_one_cannot_be_put_in_place(tmp_path, monkeypatch):
    target = tmp_path / "d"
    target.mkdir()
    (target / "old.ann").touch()
    whole = Path.replace

    def refuse(self, other):
        if self.name == "d" and Path(other) == target:
            raise OSError(18, "Invalid cross-device link")
        return whole(self, other)

    monkeypatch.setattr(Path, "replace", refuse)
    message = r"cannot be put in place \(Invalid cross-device link\)"
    with pytest.raises(OutputError, match=message), atomic_folder(target, force=True) as stage:
        (stage / "new").touch()
    assert [path.name for path in target.iterdir()] == ["old.ann"]
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_ctrl_c_between_the_old_folder_and_the_new_one_puts_the_old_one_back(tmp_path, monkeypatch):
    target = tmp_path / "d"
    target.mkdir()
    (target / "old.ann").touch()
    whole = Path.replace

    def interrupt(self, other):
        moved = whole(self, other)
        if self == target:
            raise KeyboardInterrupt
        return moved

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt), atomic_folder(target, force=True) as stage:
        (stage / "new.ann").touch()
    assert [path.name for path in target.iterdir()] == ["old.ann"]
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_an_old_folder_that_cannot_be_put_back_is_kept_and_named(tmp_path, monkeypatch):
    target = tmp_path / "d"
    target.mkdir()
    (target / "old.ann").touch()
    whole = Path.replace

    def refuse(self, other):
        if Path(other) == target:
            raise OSError(13, "Permission denied")
        return whole(self, other)

    monkeypatch.setattr(Path, "replace", refuse)
    message = r"could not be put back \(Permission denied\); it lies at (.*)"
    with pytest.raises(OutputError, match=message) as caught, atomic_folder(target, force=True) as stage:
        (stage / "new.ann").touch()
    kept = Path(str(caught.value).rpartition(" lies at ")[2])
    assert [path.name for path in kept.iterdir()] == ["old.ann"]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["a.txt", "a.ann", "2023/b.txt", "2023/b.ann"], id="brat"),
        pytest.param(["a.tsv"], id="webanno"),
        pytest.param(
            ["dataset_dict.json", "train/data-0.arrow", "train/state.json", "train/dataset_info.json"], id="arrow"
        ),
        pytest.param(["train.parquet", "validation.parquet", "test.parquet"], id="parquet"),
    ],
)
def test_force_replaces_what_lawner_wrote(names, tmp_path):
    for name in names:
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#FORMAT=WebAnno TSV 3.3\n")
    with atomic_folder(tmp_path / "d", force=True) as stage:
        (stage / "new.ann").touch()
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["new.ann"]


@pytest.mark.parametrize(
    "name",
    [
        "notes.docx",
        "report.txt",
        "table.tsv",
        "prices.parquet",
        "sub/.git/config",
        "index.csv",
        "data.json",
        "x.arrow/y",
    ],
)
def test_force_replaces_no_folder_with_other_files(name, tmp_path):
    path = tmp_path / "d" / name
    path.parent.mkdir(parents=True)
    path.write_text("precious")
    (tmp_path / "d" / "a.ann").touch()
    message = f"d: it holds {name}, which lawner did not write; name another folder"
    with pytest.raises(OutputError, match=message), atomic_folder(tmp_path / "d", force=True):
        pass
    assert path.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_force_replaces_no_folder_with_links(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "more").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="it holds more, which"), atomic_folder(tmp_path / "d", force=True):
        pass


def test_a_file_that_comes_while_the_block_runs_is_not_replaced(tmp_path):
    target = tmp_path / "d"
    with pytest.raises(OutputError, match=r"it holds late\.docx"), atomic_folder(target, force=True):
        target.mkdir()
        (target / "late.docx").touch()
    assert [path.name for path in target.iterdir()] == ["late.docx"]


@pytest.mark.parametrize("force", [False, True])
def test_a_link_as_target_is_written_through(force, tmp_path):
    (tmp_path / "real").mkdir()
    for name, make in (("a.csv", atomic_file), ("d", atomic_folder)):
        link = tmp_path / f"link-{name}"
        link.symlink_to(tmp_path / "real" / name)
        with make(link, force=force) as stage:
            (stage / "x.ann" if make is atomic_folder else stage).write_text("new")
        assert link.is_symlink()
    assert (tmp_path / "real" / "a.csv").read_text() == (tmp_path / "real" / "d" / "x.ann").read_text() == "new"


@pytest.mark.parametrize("make", [atomic_file, atomic_folder])
@pytest.mark.parametrize("force", [False, True])
def test_a_device_or_pipe_as_target_is_refused(make, force, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, Path("/dev/null")):
        message = f"{target}: this is neither a file nor a folder, and is not replaced; name another place"
        with pytest.raises(OutputError, match=message), make(target, force=force):
            pass
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", [".", ".."])
def test_a_folder_without_a_name_of_its_own_is_refused(name):
    message = "a new folder needs a name of its own; add one"
    with pytest.raises(OutputError, match=message), atomic_folder(Path(name), force=True):
        pass


def test_a_loop_of_links_as_target_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OutputError, match="nothing can be written here"), atomic_file(tmp_path / "loop", force=True):
        pass


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
