"""PDF files with a text layer; the lines of a paragraph are joined again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawner.errors import MissingExtraError, ReadError
from lawner.files import read_bytes

PAGE_NUMBER = re.compile(
    r"\s*(?:[-—–－·]\s*)?(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[/／共]\s*(?:共\s*)?\d{1,4}\s*页?)?(?:\s*[-—–－·])?\s*"
)
SENTENCE_END = re.compile(r"[。！？!?；;：:]\s*$")
NEW_BLOCK = re.compile(
    r"\s*(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+[.．、](?!\d)"
    r"|第[一二三四五六七八九十]+[章节条]|[　 ]{2,})"
)
FULL_LINE = 0.85
"""A line at least this share of the longest of its page runs on into the next."""

SHORT_PAGE = 0.7
"""A page whose longest line is below this share of the longest of all is taken for one with few or short lines."""


def read(path: Path) -> Iterator[tuple[str, str]]:
    """The text of a PDF, a line per paragraph; lines that hold only a page number are left out.

    Raises:
        MissingExtraError: If pypdfium2 is not installed.
        ReadError: If the file is no PDF, needs a password, or has no text layer.
    """
    try:
        import pypdfium2
    except ImportError:
        raise MissingExtraError("reading .pdf", package="pypdfium2", extra="docs") from None
    data = read_bytes(path)
    if b"%PDF-" not in data[:1024]:
        raise ReadError("this is no PDF file; it does not begin with %PDF", path=path)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError("the PDF is protected by a password; save a copy without one", path=path) from None
        raise ReadError(f"the PDF is damaged ({error}); open and save it again", path=path) from None
    pages = []
    try:
        for page in document:
            text_page = page.get_textpage()
            pages.append(text_page.get_text_range().splitlines())
            text_page.close()
            page.close()
    except pypdfium2.PdfiumError as error:
        raise ReadError(f"page {len(pages) + 1} of the PDF is damaged ({error})", path=path) from None
    finally:
        document.close()
    text = "\n".join(join_lines(pages))
    if not text.strip():
        raise ReadError(
            f"its {len(pages)} pages have no text layer; it is a scan: recognise the text first, e.g. with ocrmypdf",
            path=path,
        )
    yield "", text


def join_lines(pages: Sequence[Sequence[str]]) -> list[str]:
    """Join the lines of pages to paragraphs.

    A line runs on into the next, over page breaks too, if it is nearly as long as the longest of its page, does not end
    a sentence, and the next one does not begin a numbered block.

    Args:
        pages: The lines of each page.

    Returns:
        Paragraphs in order.

    Example:
        >>> join_lines([["全市办理行政复议案", "件12件。"], ["一、下一步"]])
        ['全市办理行政复议案件12件。', '一、下一步']
    """
    paragraphs: list[str] = []
    runs_on = False
    widest = max((len(line.rstrip()) for lines in pages for line in lines), default=0)
    for lines in pages:
        kept = [line.rstrip() for line in lines if line.strip()]
        for edge in (0, -1):
            if kept and PAGE_NUMBER.fullmatch(kept[edge]):
                del kept[edge]
        longest = max([SHORT_PAGE * widest, *map(len, kept)])
        for line in kept:
            if runs_on and not NEW_BLOCK.match(line):
                paragraphs[-1] += _glue(paragraphs[-1], line) + line.lstrip()
            else:
                paragraphs.append(line.strip())
            runs_on = len(line) >= FULL_LINE * longest and not SENTENCE_END.search(line)
    return paragraphs


def _glue(before: str, after: str) -> str:
    """A space between two Latin words, nothing elsewhere."""
    return (
        " "
        if before[-1:].isascii()
        and before[-1:].isalpha()
        and after.lstrip()[:1].isascii()
        and after.lstrip()[:1].isalpha()
        else ""
    )
