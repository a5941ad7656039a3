"""Web pages: the main text, one block a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawner.errors import MissingExtraError, ReadError
from lawner.files import read_bytes
from lawner.readers._encoding import decode

if TYPE_CHECKING:
    from lxml.html import HtmlElement

DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""", re.I
)
INLINE = (
    "a",
    "abbr",
    "b",
    "big",
    "bdi",
    "bdo",
    "cite",
    "em",
    "font",
    "i",
    "ins",
    "label",
    "mark",
    "o:p",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
    "wbr",
)
HIDDEN = ("script", "style", "noscript", "template", "iframe", "svg", "select", "head")
BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "dt",
        "dd",
        "ul",
        "ol",
        "dl",
        "tr",
        "table",
        "tbody",
        "thead",
        "caption",
        "blockquote",
        "pre",
        "form",
        "fieldset",
        "hr",
        "center",
        "head",
        "item",
        "list",
        "row",
        "quote",
        "body",
        "html",
    ]
)
CELLS = frozenset(("td", "th", "cell"))
SOFT_BREAK = re.compile(
    r"(?<=[^\x00-\x7f])[ \t]*[\r\n]\s*(?=[^\x00-\x7f]|\d)|(?<=\d)[ \t]*[\r\n]\s*(?=[^\x00-\x7f]|[\d%.])"
)
MIN_CHARACTERS = 200


def read(path: Path) -> Iterator[tuple[str, str]]:
    """The main text of a page: declared charset first, navigation left out, tables as lines with TABs between cells.

    Inline tags leave no trace, so a number that a page splits over several ``<span>`` stays one number.

    Raises:
        MissingExtraError: If the packages for it are not installed.
        ReadError: If the page is empty or has no text.
    """
    data = read_bytes(path)
    match = DECLARED.search(data[:4096])
    declared = (match[1] or match[2]).decode("ascii") if match else None
    yield "", main_text(decode(data, path=path, declared=declared), path=path)


def main_text(source: str, *, path: Path) -> str:
    """The main text of a page given as decoded HTML.

    Where the extraction finds too little (a page that is all table, a short notice), all visible text is given.
    """
    try:
        import trafilatura
        from lxml import etree, html
    except ImportError:
        raise MissingExtraError("reading .html", package="trafilatura", extra="docs") from None
    without_declaration = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)
    try:
        tree = html.document_fromstring(without_declaration, parser=html.HTMLParser(huge_tree=True))
    except (etree.ParserError, ValueError) as error:
        raise ReadError(f"no page can be read from this ({error})", path=path) from None
    _flatten(tree)
    everything = "\n".join(_lines(tree))
    if not everything:
        raise ReadError("the page has no text; it may be built by scripts, so save the page from a browser", path=path)
    markup = html.tostring(tree, encoding="unicode")
    extracted = trafilatura.bare_extraction(
        markup, favor_recall=True, include_tables=True, include_comments=False, include_links=False, deduplicate=False
    )
    body: Any = getattr(extracted, "body", None)
    main = "\n".join(_lines(body)) if body is not None else ""
    return main if len(main) >= min(MIN_CHARACTERS, len(everything) / 2) else everything


def _flatten(tree: HtmlElement) -> None:
    """Take out what is never read, dissolve inline tags, fold white space."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in HIDDEN:
            if element.getparent() is not None and element.tag != "html":
                element.drop_tree()
        elif element.tag in INLINE and element.getparent() is not None:
            element.drop_tag()
    for element in tree.iter():
        if element.tag != "pre":
            element.text = _fold(element.text)
        element.tail = _fold(element.tail)


def _fold(text: str | None) -> str | None:
    """White space as a browser shows it; a line break of the source between Chinese characters or digits is none."""
    if not text:
        return text
    return re.sub(r"[ \t\r\n\f]+", " ", SOFT_BREAK.sub("", text))


def _lines(root: Any) -> list[str]:
    """The text of an element, a line per block; the cells of a row stand in one line with TABs between."""
    lines: list[str] = []
    current: list[str] = []

    def close() -> None:
        line = "".join(current).strip(" \t\n")
        if line:
            lines.append(line)
        current.clear()

    def visit(element: Any, in_row: bool) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""
        row = in_row or tag in ("tr", "row")
        if tag in ("br", "lb"):
            close() if not in_row else current.append(" ")
        elif tag in CELLS and current:
            current.append("\t")
        elif tag in BLOCKS and not in_row:
            close()
        if element.text:
            current.append(element.text.replace("\n", " ") if in_row else element.text)
        for child in element:
            visit(child, row)
            if child.tail and child.tail.strip("\n"):
                current.append(child.tail.strip("\n"))
        if tag in BLOCKS and not in_row:
            close()

    visit(root, False)
    close()
    return lines
