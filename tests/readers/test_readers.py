"""Real files of every kind, made here by the libraries that make them elsewhere."""

from __future__ import annotations

import codecs
import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.errors import ReadError
from lawner.readers import Failure, read_documents, read_file
from lawner.readers._encoding import decode
from lawner.readers.pdf import join_lines

PROSE = (
    "云川县2023年法治政府建设年度报告\r\n　　全县共办理行政复议案件112件，其中撤销9件。\r\n"
    "二、存在的问题\r\n执法力量不足。"
)


def read(path) -> str:
    ((key, text),) = read_file(path)
    assert key == ""
    return text


def write(path, data: bytes):
    path.write_bytes(data)
    return path


# ── plain text ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "data",
    [
        PROSE.encode("utf-8"),
        codecs.BOM_UTF8 + PROSE.encode("utf-8"),
        PROSE.encode("gbk"),
        PROSE.encode("gb2312"),
        PROSE.encode("gb18030"),
        codecs.BOM_UTF16_LE + PROSE.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + PROSE.encode("utf-16-be"),
        PROSE.encode("utf-16-le"),
    ],
    ids=["utf-8", "utf-8-mark", "gbk", "gb2312", "gb18030", "utf-16-le", "utf-16-be", "utf-16-without-mark"],
)
def test_text_is_read_as_it_is_in_every_chinese_encoding(tmp_path, data):
    assert read(write(tmp_path / "a.txt", data)) == PROSE


def test_a_rare_character_outside_gbk_is_read_from_gb18030(tmp_path):
    text = "𠮷某申请行政复议，县政府受理1件，全年办理工作有序开展。"
    assert read(write(tmp_path / "a.txt", text.encode("gb18030"))) == text


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufeff"), min_size=1))
def test_any_utf8_text_comes_back_unchanged(text):
    if text.strip():
        assert decode(text.encode("utf-8"), path="a.txt") == text


# ── bad input ─────────────────────────────────────────────────────────────────


def zip_of(**files: bytes) -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return buffer.getvalue()


BAD = {
    "empty.txt": (b"", "the file is empty; a report was expected"),
    "blank.txt": (b" \n\n", "the file is empty; a report was expected"),
    "mark.txt": (codecs.BOM_UTF8, "the file is empty; a report was expected"),
    "wide-space.txt": ("\u3000\u3000\r\n".encode("gb18030"), "the file is empty; a report was expected"),
    "binary.txt": (bytes(range(256)) * 8, "this is a binary file, not text"),
    "noise.txt": (bytes(range(0x80, 0x100)) * 9, "the encoding cannot be told"),
    "halfmark.txt": (codecs.BOM_UTF16_LE + b"abc", "the byte order mark says utf-16, but the bytes are not"),
    "nothing.html": (
        b"<html><body><script>x()</script></body></html>",
        "the page has no text; it may be built by scripts",
    ),
    "wide-space.html": ("<p>\u3000\u3000</p>".encode(), "the page has no text"),
    "deep.html": (
        b"<div>" * 3000 + "受理12件".encode(),
        "the page cannot be read to its end (Excessive depth in document: 2048)",
    ),
    "empty.html": (b"", "the file is empty"),
    "picture.docx": (b"\x89PNG\r\n", "this is no Word document (no zip package inside)"),
    "empty.docx": (b"", "the file is empty; a Word document was expected"),
    "locked.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old or password-protected office file"),
    "zip.docx": (zip_of(a=b"1"), "this zip file is no Word document"),
    "broken.docx": (zip_of(**{"[Content_Types].xml": b"<x", "word/document.xml": b"<"}), "this is no Word document ("),
    "bomb.docx": (
        zip_of(**{"[Content_Types].xml": b"", "word/document.xml": b"\0" * (600 * 2**20)}),
        "the document unpacks to 600 MiB",
    ),
    "xml-bomb.docx": (
        zip_of(**{"[Content_Types].xml": b"", "word/document.xml": b"\0" * (200 * 2**20)}),
        "the document's text and formatting unpack to 200 MiB",
    ),
    "text.pdf": (b"just text", "this is no PDF file"),
    "damaged.pdf": (b"%PDF-1.7\nnothing more", "the PDF is damaged"),
    "old.doc": (
        b"\xd0\xcf\x11\xe0",
        ".doc is an old office format; convert it first: soffice --headless --convert-to docx old.doc",
    ),
    "old.wps": (b"\xd0\xcf\x11\xe0", ".wps is an old office format"),
    "empty.jsonl": (b"\n", "the file is empty; JSON objects"),
    "columns.csv": (b"a,b\n1,2\n", "no column of texts; expected one of text, content"),
    "header.csv": (b'"id"x,text\n', "this is no CSV (',' expected after '\"', line 1)"),
    "empty.csv": (b"", "the file is empty; a header line was expected"),
    "bytes.csv": (b"id,text\n1,\xff\xff\n", "the file is neither UTF-8 nor GB18030"),
    "text.parquet": (b"text", "this is no Parquet file"),
    "picture.png": (b"\x89PNG", "suffix .png is not one lawner reads"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_one_sentence(tmp_path, name):
    data, message = BAD[name]
    path = write(tmp_path / name, data)
    with pytest.raises(ReadError) as caught:
        list(read_file(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("lawner.files.MAX_FILE_BYTES", 10)
    with pytest.raises(ReadError, match=r"more than the 0 that are read; split it"):
        list(read_file(write(tmp_path / "a.txt", b"12345678901")))


# ── folders ───────────────────────────────────────────────────────────────────


def test_a_folder_is_walked_in_stable_order_and_a_bad_file_is_reported(tmp_path):
    for name, data in {
        "b/2.txt": PROSE.encode(),
        "b/1.txt": PROSE.encode(),
        "a.pdf": b"x",
        "c.txt": PROSE.encode(),
        "z.png": b"",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    failures: list[Failure] = []
    assert [document.doc_id for document in read_documents(tmp_path, failures=failures)] == ["b/1", "b/2", "c"]
    assert [str(failure) for failure in failures] == [
        f"{tmp_path / 'a.pdf'}: this is no PDF file; it does not begin with %PDF"
    ]
    with pytest.raises(ReadError, match="this is no PDF file"):
        list(read_documents(tmp_path))


def test_two_files_of_one_name_keep_different_ids(tmp_path):
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"text": "乙"}\n{"text": "丙", "id": "x"}\n', encoding="utf-8")
    assert [(d.doc_id, d.text) for d in read_documents(tmp_path)] == [("a#1", "乙"), ("a#x", "丙"), ("a.txt", "甲")]


def test_ids_differ_even_where_a_name_is_another_name_with_its_suffix(tmp_path):
    for name in ("a.html", "a.txt", "a.txt.txt"):
        (tmp_path / name).write_text("全年12件", encoding="utf-8")
    assert [document.doc_id for document in read_documents(tmp_path)] == ["a", "a.txt", "a.txt.txt"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("年报".encode("gbk"), "年报"), ("年报".encode(), "年报"), (b"\xff\xfe", "\ufffd\ufffd")],
    ids=["gbk", "utf-8", "neither"],
)
def test_an_id_from_a_file_name_in_an_old_encoding_can_be_written(tmp_path, name, expected):
    path = tmp_path / os.fsdecode(name + b".txt")
    path.write_text("全年12件", encoding="utf-8")
    (document,) = read_documents(tmp_path)
    assert document.doc_id == expected
    assert document.source == f"{tmp_path}/{expected}.txt"
    path.write_bytes(b"")
    failures: list[Failure] = []
    assert list(read_documents(tmp_path, failures=failures)) == []
    assert failures[0].path == f"{tmp_path}/{expected}.txt"


def test_a_folder_that_may_not_be_listed_is_a_failure_and_the_rest_goes_on(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.txt").write_text("全年12件", encoding="utf-8")
    listed = Path.iterdir

    def iterdir(folder):
        if folder.name == "a":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    failures: list[Failure] = []
    assert [document.doc_id for document in read_documents(tmp_path, failures=failures)] == ["b/1"]
    assert [str(failure) for failure in failures] == [
        f"{tmp_path / 'a'}: this folder may not be listed; change its permissions or name another"
    ]
    with pytest.raises(ReadError, match="this folder may not be listed"):
        list(read_documents(tmp_path))


def test_that_every_report_failed_is_for_the_caller_to_see(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"")
    failures: list[Failure] = []
    assert list(read_documents(tmp_path, failures=failures)) == []
    assert [failure.reason for failure in failures] == ["the file is empty; a report was expected"]


def test_what_no_reader_knows_is_counted_and_the_file_of_splits_is_no_report(tmp_path):
    for name in ("a.txt", "b.xlsx", "c.XLSX", "d.ofd", ".hidden.txt", "index.csv"):
        (tmp_path / name).write_text("id,split\na,train\n", encoding="utf-8")
    passed_over: Counter[str] = Counter()
    failures: list[Failure] = []
    documents = list(read_documents(tmp_path, failures=failures, passed_over=passed_over))
    assert [document.doc_id for document in documents] == ["a"]
    assert failures == []
    assert (passed_over[".xlsx"], passed_over[".ofd"], passed_over[".csv"], passed_over.total()) == (2, 1, 1, 5)


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert [document.doc_id for document in read_documents(tmp_path)] == ["a"]


def test_a_folder_without_reports_says_what_is_read(tmp_path):
    with pytest.raises(ReadError, match=r"no report here; lawner reads \.txt, \.html"):
        list(read_documents(tmp_path))


# ── tables of reports ─────────────────────────────────────────────────────────


def test_a_text_column_is_read_from_every_kind_of_table(tmp_path):
    import pyarrow
    import pyarrow.parquet

    rows = [{"id": "甲", "正文": "全年3件，\r\n其中1件"}, {"id": "乙", "正文": "=5件"}]
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    (tmp_path / "a.csv").write_bytes('id,正文\n甲,"全年3件，\r\n其中1件"\n乙,=5件\n'.encode("gb18030"))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    expected = [("甲", "全年3件，\r\n其中1件"), ("乙", "=5件")]
    assert [list(read_file(tmp_path / f"a.{suffix}")) for suffix in ("jsonl", "csv", "parquet")] == [expected] * 3


# ── web pages ─────────────────────────────────────────────────────────────────

PAGE = """<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>公开</title></head>
<body><div class="nav"><a href="/">首页</a> <a href="/zw">政务公开</a></div>
<div class="main"><h1>云川县2023年法治政府建设年度报告</h1>
<p>　　2023年，
全县共办理行政复议案件<span>1</span><b><span>23</span></b>件，同比
上升<font>12</font>.5%，其中撤销
36件。<br>另起一行，开展执法检查
45次。坚持以人民为中心，统筹推进各项工作，取得了较好成效，
现将有关情况报告如下，全面落实法治政府建设的各项要求。</p>
<table><tr><th>项目</th><th>数量</th></tr><tr><td>行政许可</td><td><p>1,156</p></td></tr></table>
<ul><li>一是强化领导，召开会议3次。</li><li>二是抓好落实。</li></ul>
<p>下一步，我县将继续深入推进各项重点任务落地见效，朱镕某同志出席会议并讲话，
为县域发展提供有力的法治保障和优质服务。</p>
</div><script>var views = 9999;</script><div class="footer">主办单位：云川县人民政府</div></body></html>"""


def test_a_page_gives_its_blocks_as_lines_and_split_numbers_whole(tmp_path):
    text = read(write(tmp_path / "a.html", PAGE.encode("gb18030")))
    lines = text.split("\n")
    assert "　　2023年，全县共办理行政复议案件123件，同比上升12.5%，其中撤销36件。" in lines
    assert any(line.startswith("另起一行，开展执法检查45次。") for line in lines)
    assert "行政许可\t1,156" in lines
    assert "一是强化领导，召开会议3次。" in lines
    assert "朱镕某" in text
    assert "9999" not in text


def test_a_page_that_is_all_table_is_given_whole(tmp_path):
    page = (
        "<html><body><table>"
        + "".join(f"<tr><td>行政处罚第{n}类</td><td>{n}件</td></tr>" for n in range(9))
        + "</table></body></html>"
    )
    assert "行政处罚第8类\t8件" in read(write(tmp_path / "a.html", page.encode("utf-8"))).split("\n")


def test_a_utf8_page_may_say_nothing_of_its_encoding(tmp_path):
    assert "受理12件" in read(write(tmp_path / "a.htm", "<p>全年受理12件</p>".encode()))


# ── Word ──────────────────────────────────────────────────────────────────────


def test_a_word_document_gives_paragraphs_and_tables_in_order_and_merged_cells_once(tmp_path):
    import docx

    document = docx.Document()
    paragraph = document.add_paragraph("全年受理")
    paragraph.add_run("1").bold = True
    paragraph.add_run("2件")
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "合并"
    table.cell(0, 2).merge(table.cell(1, 2)).text = "竖并"
    table.cell(1, 0).text, table.cell(1, 1).text = "许可", "3"
    document.add_paragraph("表后一段")
    document.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").split("\n") == ["全年受理12件", "合并\t竖并", "许可\t3\t", "表后一段"]


def test_a_cell_merged_downwards_leaves_the_columns_below_in_line(tmp_path):
    import docx

    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "处罚"
    for row, texts in enumerate([("罚款", "3"), ("警告", "5"), ("合计", "8")]):
        table.cell(row, 1).text, table.cell(row, 2).text = texts
    document.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").split("\n") == ["处罚\t罚款\t3", "\t警告\t5", "\t合计\t8"]


def test_a_table_of_one_cell_keeps_the_paragraphs_in_it(tmp_path):
    import docx

    document = docx.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    cell.text = "受理12"
    cell.add_paragraph("34件结案")
    document.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").split("\n") == ["受理12", "34件结案"]


def test_inserted_text_counts_and_deleted_text_does_not(tmp_path):
    import docx
    from docx.oxml import parse_xml

    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = docx.Document()
    document.add_paragraph("受理")._p.append(
        parse_xml(f'<w:ins {w} w:id="1" w:author="a"><w:r><w:t>5件</w:t></w:r></w:ins>')
    )
    document.paragraphs[0]._p.append(
        parse_xml(f'<w:del {w} w:id="2" w:author="a"><w:r><w:delText>6件</w:delText></w:r></w:del>')
    )
    document.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx") == "受理5件"


def test_a_word_document_without_text_says_so(tmp_path):
    import docx

    docx.Document().save(tmp_path / "a.docx")
    with pytest.raises(ReadError, match="the document has no text"):
        read(tmp_path / "a.docx")


# ── PDF ───────────────────────────────────────────────────────────────────────


def make_pdf(path, pages: list[list[str]], *, password: str | None = None) -> None:
    """Pages of lines in a Chinese font, as an office prints them."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), encrypt=password)
    for lines in pages:
        canvas.setFont("STSong-Light", 12)
        for number, line in enumerate(lines):
            canvas.drawString(72, 760 - 20 * number, line)
        canvas.showPage()
    canvas.save()


def test_the_lines_of_a_paragraph_are_joined_over_pages_too(tmp_path):
    first = [
        "云川县法治政府建设年度报告",
        "全县坚持依法行政，全年共办理行政复议案件一百",
        "余件，其中撤销9件，同比下降12.5%，切实维护群",
    ]
    second = ["众合法权益。", "二、存在的问题", "执法力量不足。", "- 2 -"]
    make_pdf(tmp_path / "a.pdf", [[*first, "— 1 —"], second])
    assert read(tmp_path / "a.pdf").split("\n") == [
        "云川县法治政府建设年度报告",
        "全县坚持依法行政，全年共办理行政复议案件一百余件，其中撤销9件，同比下降12.5%，切实维护群众合法权益。",
        "二、存在的问题",
        "执法力量不足。",
    ]


def test_a_scan_says_that_it_has_no_text_layer(tmp_path):
    make_pdf(tmp_path / "scan.pdf", [[], []])
    with pytest.raises(ReadError, match="its 2 pages have no text layer; it is a scan"):
        read(tmp_path / "scan.pdf")


def test_a_pdf_with_a_password_says_so(tmp_path):
    make_pdf(tmp_path / "locked.pdf", [["全年12件"]], password="secret")
    with pytest.raises(ReadError, match="the PDF is protected by a password; save a copy without one"):
        read(tmp_path / "locked.pdf")


@given(st.lists(st.lists(st.text(alphabet="全年受理案件，。一、 12", max_size=12), max_size=5), max_size=3))
def test_joining_lines_loses_no_character_but_page_numbers(pages):
    import re

    from lawner.readers.pdf import PAGE_NUMBER

    def flat(lines) -> str:
        return re.sub(r"\s", "", "".join(lines))

    kept = []
    for lines in pages:
        lines = [line for line in lines if line.strip()]
        for edge in (0, -1):
            if lines and PAGE_NUMBER.fullmatch(lines[edge]):
                del lines[edge]
        kept += lines
    assert flat(join_lines(pages)) == flat(kept)
