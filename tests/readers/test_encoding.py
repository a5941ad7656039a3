"""Declared encodings, right and wrong."""

from __future__ import annotations

import pytest

from lawner.readers import read_file

PAGE = (
    '<html><head><meta charset="{}"></head><body><p>云川县全年共办理行政复议案件112件，其中撤销9件。</p></body></html>'
)


def read_page(path, data: bytes) -> str:
    path.write_bytes(data)
    ((_, text),) = read_file(path)
    return text


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("utf-16", "utf-8"),
        ("UTF-16LE", "utf-8"),
        ("utf-32", "utf-8"),
        ("iso-8859-1", "utf-8"),
        ("windows-1252", "utf-8"),
        ("gb2312", "utf-8"),
        ("iso-8859-1", "gb18030"),
        ("windows-1252", "gb18030"),
        ("latin-1", "gb18030"),
        ("us-ascii", "gb18030"),
        ("utf-8", "gb18030"),
        ("utf-16", "gb18030"),
        ("undefined", "utf-8"),
        ("undefined", "gb18030"),
        ("hex", "utf-8"),
        ("hex", "gb18030"),
        ("rot13", "gb18030"),
        ("idna", "gb18030"),
        ("unicode_escape", "gb18030"),
        ("no-such", "gb18030"),
    ],
)
def test_a_wrong_declaration_does_no_harm(tmp_path, declared, actual):
    data = PAGE.format(declared).encode(actual)
    assert read_page(tmp_path / "a.html", data) == "云川县全年共办理行政复议案件112件，其中撤销9件。"


def test_a_right_declaration_is_believed(tmp_path):
    big5 = (
        PAGE.replace("云川县全年共办理行政复议案件", "全年共辦理行政複議案件").format("big5").encode("big5", "ignore")
    )
    assert "辦理行政複議" in read_page(tmp_path / "a.html", big5)
    assert read_page(tmp_path / "b.html", '<meta charset="latin-1"><p>un été à Cannes</p>'.encode("latin-1")) == (
        "un été à Cannes"
    )
    # These four bytes of GBK are also UTF-8, of two letters that no report holds.
    assert read_page(tmp_path / "c.html", '<meta charset="gbk"><p>侣侣</p>'.encode("gbk")) == "侣侣"
