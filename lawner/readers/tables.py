"""Tables of reports: JSON Lines, CSV and Parquet with a column of texts. A bad row is told and the next one read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lawner import files
from lawner.errors import MissingExtraError, ReadError

TEXT_COLUMNS = ("text", "content", "正文", "内容", "body")
ID_COLUMNS = ("doc_id", "id", "编号")
PARQUET_BATCH = 256
SURROGATE = re.compile(r"[\ud800-\udfff]")

Row = tuple[str, str] | ReadError
"""The key and text of a row, or why it has none; the error is a value, so that the rows after it are read."""


def read_jsonl(path: Path) -> Iterator[Row]:
    """A text per line of a JSON Lines file; the key is the line's id, else its number.

    Raises:
        ReadError: If the file cannot be read or is empty.
    """
    stream = io.BytesIO(files.read_bytes(path))
    number = 0
    found = False
    while line := stream.readline(files.MAX_LINE_BYTES + 1):
        number += 1
        too_long = len(line) > files.MAX_LINE_BYTES
        if too_long:
            while line and not line.endswith(b"\n"):
                line = stream.readline(files.MAX_LINE_BYTES)
        elif not line.strip(b" \t\r\n\xef\xbb\xbf"):
            continue
        found = True
        yield _too_long(path, number) if too_long else _json_row(line, path, number)
    if not found:
        raise ReadError("the file is empty; JSON objects, one a line, were expected", path=path)


def _json_row(line: bytes, path: Path, number: int) -> Row:
    """The key and text in a line of JSON."""
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return _bad_row(path, number, f"byte {error.start} of the line is not UTF-8; JSON is UTF-8")
    except json.JSONDecodeError as error:
        return _bad_row(path, number, f"this is no complete JSON ({error.msg}); mend the line")
    except RecursionError:
        return _bad_row(path, number, "the JSON is nested too deeply; expected an object with a text")
    except ValueError:  # Python refuses to read numbers of thousands of digits
        return _bad_row(path, number, "the JSON holds a number of thousands of digits; write it as a text")
    if not isinstance(row, dict):
        return _bad_row(path, number, f"the line holds a {type(row).__name__}; expected an object with a text")
    try:
        text_column, id_column = _columns(list(row), path)
    except ReadError as error:
        return _bad_row(path, number, error.reason)
    return _row(path, number, row[text_column], row[id_column] if id_column else None)


def read_csv(path: Path) -> Iterator[Row]:
    """A text per row of a CSV file with a header; UTF-8 or GB18030, as Excel writes it in China.

    Raises:
        ReadError: If there is no header or no column of texts, or a line or cell is so long that the next row is lost.
    """
    data = files.read_bytes(path)
    encoding = next((name for name in ("utf-8-sig", "gb18030") if _fits(data, name)), None)
    if encoding is None:
        raise ReadError("the file is neither UTF-8 nor GB18030; save it as 'CSV UTF-8'", path=path)
    csv.field_size_limit(files.MAX_LINE_BYTES)
    rows = _csv_rows(io.TextIOWrapper(io.BytesIO(data), encoding, newline=""), path)
    header = next(rows, None)
    if header is None:
        raise ReadError("the file is empty; a header line was expected", path=path)
    if isinstance(header, ReadError):
        raise ReadError(header.reason, path=path)
    text_column, id_column = _columns(header, path)
    text_at = header.index(text_column)
    id_at = header.index(id_column) if id_column else None
    for number, row in enumerate(rows, 1):
        if isinstance(row, ReadError):
            yield row
        elif row and len(row) != len(header):
            yield _bad_row(
                path, number, f"the row has {len(row)} fields where the header has {len(header)}; quote its commas"
            )
        elif row:
            yield _row(path, number, row[text_at], row[id_at] if id_at is not None else None)


def _csv_rows(stream: io.TextIOWrapper, path: Path) -> Iterator[list[str] | ReadError]:
    """The header, numbered 0, and the rows of a CSV file, or why one cannot be read."""

    def lines() -> Iterator[str]:
        while line := stream.readline(files.MAX_LINE_BYTES + 1):
            if len(line) > files.MAX_LINE_BYTES:
                raise _too_long(path, number)
            yield line

    number = 0
    rows = csv.reader(lines(), strict=True)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):  # where the next row begins cannot be told from inside a cell
                raise _too_long(path, number) from None
            yield _bad_row(path, number, f"this is no CSV ({error}, line {rows.line_num}); mend the quotes")
        number += 1


def _fits(data: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding, tried without a copy of the whole."""
    stream = io.TextIOWrapper(io.BytesIO(data), encoding)
    try:
        while stream.read(2**20):
            pass
    except UnicodeDecodeError:
        return False
    return True


def read_parquet(path: Path) -> Iterator[Row]:
    """A text per row of a Parquet file, streamed by row group.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        ReadError: If it is no Parquet file, is damaged further on, or has no column of texts.
    """
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("reading .parquet", package="pyarrow", extra="docs") from None
    try:
        file = parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError) as error:
        raise ReadError(f"this is no Parquet file ({_first_line(error)})", path=path) from None
    number = 0
    with file:
        text_column, id_column = _columns(file.schema_arrow.names, path)
        wanted = [text_column] + ([id_column] if id_column else [])
        try:
            for batch in file.iter_batches(batch_size=PARQUET_BATCH, columns=wanted):
                names = batch.schema.names  # by place, as a name may stand twice
                texts = batch.column(names.index(text_column))
                keys = batch.column(names.index(id_column)) if id_column else [None] * len(texts)
                for key, text in zip(keys, texts, strict=True):
                    number += 1
                    yield _parquet_row(path, number, text, key)
        except (arrow.ArrowException, OSError) as error:
            raise ReadError(
                f"the file is damaged after row {number} ({_first_line(error)}); write it again", path=path
            ) from None


def _parquet_row(path: Path, number: int, text: Any, key: Any) -> Row:
    """The key and text of a row, given as values of pyarrow."""
    try:
        return _row(path, number, text.as_py(), key.as_py() if key is not None else None)
    except UnicodeDecodeError:
        return _bad_row(path, number, "the text is not UTF-8; write it again")


def _first_line(error: Exception) -> str:
    """What pyarrow says, without its lists of files and settings."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _row(path: Path, number: int, text: object, key: object) -> Row:
    """The key and text of a row if they can be what they are meant to be; an empty key becomes the row's number."""
    if not isinstance(text, str):
        return _bad_row(path, number, f"the text is a {type(text).__name__}; expected a string")
    if len(text) > files.MAX_LINE_BYTES:
        return _too_long(path, number)
    name = "" if key is None else str(key).strip()
    broken = SURROGATE.search(text) or SURROGATE.search(name)
    if broken:
        return _bad_row(
            path, number, f"\\u{ord(broken[0]):04x} is half a character; write the text again from its source"
        )
    return name or str(number), text


def _too_long(path: Path, number: int) -> ReadError:
    """The error for a row that holds more than one report can."""
    limit = f"{files.MAX_LINE_BYTES / 2**20:,.0f} MiB"
    return _bad_row(path, number, f"the row is longer than the {limit} a report may have; split it")


def _bad_row(path: Path, number: int, reason: str) -> ReadError:
    """The error for one row."""
    return ReadError(reason, path=f"{path}:{number}")


def _columns(names: Sequence[str], path: Path) -> tuple[str, str | None]:
    """Which column holds the text and which, if any, the id."""
    by_folded = {name.strip().lower(): name for name in names}
    text_column = next((by_folded[name] for name in TEXT_COLUMNS if name in by_folded), None)
    if text_column is None:
        raise ReadError(
            f"no column of texts; expected one of {', '.join(TEXT_COLUMNS)}, found {', '.join(names) or 'none'}",
            path=path,
        )
    return text_column, next((by_folded[name] for name in ID_COLUMNS if name in by_folded), None)
