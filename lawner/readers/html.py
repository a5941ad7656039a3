"""Web pages: the main text, one block a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
HIDDEN = frozenset(("script", "style", "noscript", "template", "iframe", "svg", "select", "head"))
# fmt: off
BLOCKS = frozenset((
    "html", "body", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "main", "header", "footer",
    "nav", "aside", "address", "hgroup", "search", "center", "ul", "ol", "li", "dl", "dt", "dd", "menu", "dir", "pre",
    "blockquote", "figure", "figcaption", "details", "summary", "dialog", "form", "fieldset", "legend", "hr", "caption",
    "table", "tr", "item", "list", "quote",  # the last three are trafilatura's
))
# fmt: on
GROUPS = frozenset(("thead", "tbody", "tfoot"))
CELLS = frozenset(("td", "th"))
BREAKS = frozenset(("br", "lb"))
KEPT = BLOCKS | GROUPS | CELLS | BREAKS
"""Every other tag is inline: it is dissolved, so that it leaves no trace in a number."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What lxml reads but refuses to write."""

# A line break of the source is nothing beside a Chinese character, as there are no words to part. Between two digits
# it stays white space: two numbers never become one.
SOFT_BREAK = re.compile(
    r"(?<=[^\x00-\x7f\d])[ \t]*[\r\n][ \t\r\n\f]*(?=[^\x00-\x7f]|\d)"
    r"|(?<=\d)[ \t]*[\r\n][ \t\r\n\f]*(?=[^\x00-\x7f\d]|%)"
)
TAB = "\N{SYMBOL FOR HORIZONTAL TABULATION}"
"""Stands for a TAB on the way through the extraction, which folds white space."""

PROSE_BREAK = re.compile(r"[。；！？]\s*\n")
MIN_CHARACTERS = 200
MAX_LINES = 3000
"""A page of more lines is a list, not prose; finding its main text would take minutes, so all of it is given."""


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

    Where the extraction finds too little (a page that is all table, a short notice), and where the page is longer than
    any report, all visible text is given.
    """
    try:
        import trafilatura
        from lxml import html
    except ImportError:
        raise MissingExtraError("reading .html", package="trafilatura", extra="docs") from None
    tree = _parse(source, path)
    _flatten(tree)
    for table in reversed(list(tree.iter("table"))):
        _settle_table(table)
    _wrap_loose_text(tree)
    everything = "\n".join(_blocks(tree))
    if not everything:
        raise ReadError("the page has no text; it may be built by scripts, so save the page from a browser", path=path)
    if everything.count("\n") > MAX_LINES:
        return everything
    markup = html.tostring(tree, encoding="unicode")
    try:
        extracted = trafilatura.bare_extraction(
            markup,
            favor_recall=True,
            include_tables=True,
            include_comments=False,
            include_links=False,
            deduplicate=False,
        )
    except RecursionError:
        return everything
    body: Any = getattr(extracted, "body", None)
    main = "\n".join(_blocks(body)) if body is not None else ""
    return main if len(main) >= min(MIN_CHARACTERS, len(everything) / 2) else everything


def _parse(source: str, path: Path) -> HtmlElement:
    """The tree of a page.

    Raises:
        ReadError: If there is none, or the parser gave up before the end of the page.
    """
    from lxml import etree, html

    without_declaration = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)
    parser = html.HTMLParser(huge_tree=True)
    try:
        tree = html.document_fromstring(without_declaration, parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise ReadError(f"no page can be read from this ({error})", path=path) from None
    if parser.error_log.filter_from_fatals():
        reason = parser.error_log.filter_from_fatals()[0].message.split(", use ")[0]
        raise ReadError(
            f"the page cannot be read to its end ({reason}); open it in a browser and save its text", path=path
        )
    return tree


def _flatten(tree: HtmlElement) -> None:
    """Take out what is never read, dissolve inline tags, fold white space."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in HIDDEN:
            if element.getparent() is not None:
                element.drop_tree()
        elif element.tag not in KEPT and element.getparent() is not None:
            element.drop_tag()
    as_it_is = {element for pre in tree.iter("pre") for element in pre.iterdescendants()}
    for element in tree.iter():
        inside = element.tag == "pre" or element in as_it_is
        element.text = _fold(element.text, as_it_is=inside)
        element.tail = _fold(element.tail, as_it_is=element in as_it_is)


def _fold(text: str | None, *, as_it_is: bool) -> str | None:
    """White space as a browser shows it."""
    if not text:
        return text
    text = CONTROL.sub("", text)
    return text if as_it_is else re.sub(r"[ \t\r\n\f]+", " ", SOFT_BREAK.sub("", text))


def _settle_table(table: HtmlElement) -> None:
    """Turn a table into ordinary blocks, before the extraction mixes up its cells: a row of data becomes one block.

    Tables inside this one are settled already.
    """
    for row in list(table.iter("tr")):
        cells = [cell for cell in row.iter(*CELLS) if next(cell.iterancestors("tr", *CELLS)) is row]
        texts = [_blocks(cell) for cell in cells]
        row.tag = "div"
        if _is_data(texts):
            del row[:]
            row.tag = "p"
            row.text = TAB.join("".join(text).replace("\n", " ") for text in texts).rstrip(TAB)
    for part in list(table.iter("table", "caption", *GROUPS, *CELLS)):
        part.tag = "div"


def _wrap_loose_text(tree: HtmlElement) -> None:
    """Make paragraphs of text that follows a block within another block, where the extraction would lose it."""
    for element in list(tree.iter(*BLOCKS)):
        if element.tail and element.tail.strip() and element.getparent() is not None:
            paragraph = element.makeelement("p")
            paragraph.text, element.tail = element.tail, None
            element.addnext(paragraph)
            while (following := paragraph.getnext()) is not None and following.tag in BREAKS:
                paragraph.append(following)


def _is_data(cells: Sequence[Sequence[str]]) -> bool:
    """Whether a row, given as the blocks of each cell, holds data: several cells with a phrase each, no prose."""
    blocks = [block for cell in cells for block in cell]
    return (
        len(blocks) > 1
        and all(len(cell) <= 1 for cell in cells)
        and not any("\t" in block or PROSE_BREAK.search(block) for block in blocks)
    )


def _blocks(root: Any) -> list[str]:
    """The text below an element, block by block; lines of a block stay apart.

    The walk does not recurse: pages are nested deeper than Python's stack.
    """
    from lxml import etree

    found: list[str] = []
    current: list[str] = []

    def close() -> None:
        lines = (line.strip(" \t\r") for line in "".join(current).split("\n"))
        block = "\n".join(line for line in lines if line.strip()).replace(TAB, "\t")
        if block:
            found.append(block)
        current.clear()

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in BREAKS:
            current.append("\n" if event == "start" else "")
        elif element.tag in KEPT:
            close()
        if event == "start":
            current.append(element.text or "")
        elif element is not root:
            current.append(element.tail or "")
    close()
    return found
