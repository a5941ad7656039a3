"""Word documents: paragraphs and tables in the order of the page."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lawner.errors import MissingExtraError, ReadError
from lawner.files import read_bytes

MAX_UNPACKED_BYTES = 512 * 2**20
MAX_XML_BYTES = 128 * 2**20  # held in memory as a tree many times its size
"""A document that unpacks to more than this is refused: reports do not, bombs do."""

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
CHARACTERS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
GONE = {f"{W}del", f"{W}moveFrom", FALLBACK}


def read(path: Path) -> Iterator[tuple[str, str]]:
    """The text of a ``.docx``, a line per paragraph; a table row is a line with TABs between its cells.

    Inserted text of tracked changes counts, deleted text does not; merged cells come once, and the rows below a cell
    merged downwards have an empty one in its column; text boxes follow the paragraph they hang on.

    Raises:
        MissingExtraError: If python-docx is not installed.
        ReadError: If the file is no Word document, is encrypted, unpacks too large, or has no text.
    """
    try:
        import docx
    except ImportError:
        raise MissingExtraError("reading .docx", package="python-docx", extra="docs") from None
    _check_package(path)
    try:
        body = docx.Document(str(path)).element.body
    except Exception as error:  # python-docx lets errors of zipfile, lxml and its own packages through
        raise ReadError(
            f"this is no Word document ({type(error).__name__}); save it again as .docx", path=path
        ) from None
    text = "\n".join(_block_lines(body))
    if not text.strip():
        raise ReadError("the document has no text; if it holds pictures of pages, recognise the text first", path=path)
    yield "", text


def _check_package(path: Path) -> None:
    """Refuse what is no zip, no Word file, or a bomb, before anything is unpacked."""
    head = read_bytes(path)[:8]
    if not head:
        raise ReadError("the file is empty; a Word document was expected", path=path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReadError(
            "this is an old or password-protected office file; save it as .docx without a password", path=path
        )
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            unpacked = sum(entry.file_size for entry in package.infolist())
            in_xml = sum(entry.file_size for entry in package.infolist() if entry.filename.endswith(".xml"))
    except (zipfile.BadZipFile, OSError, ValueError):
        raise ReadError("this is no Word document (no zip package inside); save it again as .docx", path=path) from None
    if "[Content_Types].xml" not in names or not any(name.startswith("word/") for name in names):
        raise ReadError("this zip file is no Word document; unpack it and name the files in it", path=path)
    if unpacked > MAX_UNPACKED_BYTES:
        raise ReadError(
            f"the document unpacks to {unpacked / 2**20:,.0f} MiB; {MAX_UNPACKED_BYTES / 2**20:,.0f} are allowed",
            path=path,
        )
    if in_xml > MAX_XML_BYTES:
        raise ReadError(
            f"the document's text and formatting unpack to {in_xml / 2**20:,.0f} MiB; "
            f"{MAX_XML_BYTES / 2**20:,.0f} are allowed",
            path=path,
        )


def _block_lines(container: Any) -> Iterator[str]:
    """The lines of a body, a cell or a content control."""
    for child in container:
        if child.tag == f"{W}p":
            yield from _paragraph_lines(child)
        elif child.tag == f"{W}tbl":
            for row in child.iter(f"{W}tr"):
                if next(row.iterancestors(f"{W}tbl")) is child:
                    yield from _row_lines(row)
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag"):
            yield from _block_lines(child)


def _row_lines(row: Any) -> Iterator[str]:
    """A line with TABs between the cells; a row of one cell only frames what is in it, which keeps its own lines."""
    cells = [cell for cell in row.iter(f"{W}tc") if _row_of(cell) is row]
    if len(cells) == 1:
        yield from _block_lines(cells[0])
    else:
        yield "\t".join(map(_cell_text, cells))


def _row_of(cell: Any) -> Any:
    """The row a cell stands in; a cell of a nested table stands in another row than its outer cell."""
    return next(cell.iterancestors(f"{W}tr"))


def _cell_text(cell: Any) -> str:
    """The text of a cell on one line; nothing if it continues the cell above, whose text was given there."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    if merge is not None and merge.get(f"{W}val") != "restart":
        return ""
    return " ".join(line.replace("\n", " ").strip() for line in _block_lines(cell) if line.strip())


def _paragraph_lines(paragraph: Any) -> Iterator[str]:
    """A paragraph, then the text boxes that hang on it."""
    pieces: list[str] = []
    boxes: list[Any] = []
    _collect(paragraph, pieces, boxes)
    yield "".join(pieces)
    for box in boxes:
        yield from _block_lines(box)


def _collect(element: Any, pieces: list[str], boxes: list[Any]) -> None:
    """Gather the characters below an element, in order; text boxes apart."""
    for child in element:
        if child.tag == f"{W}t":
            pieces.append(child.text or "")
        elif child.tag in CHARACTERS:
            pieces.append(CHARACTERS[child.tag])
        elif child.tag == f"{W}txbxContent":
            boxes.append(child)
        elif child.tag not in GONE:
            _collect(child, pieces, boxes)
