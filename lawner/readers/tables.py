"""Tables of reports: JSON Lines, CSV and Parquet with a column of texts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawner.errors import MissingExtraError, ReadError
from lawner.files import read_bytes

TEXT_COLUMNS = ("text", "content", "正文", "内容", "body")
ID_COLUMNS = ("doc_id", "id", "编号")
PARQUET_BATCH = 256
csv.field_size_limit(2**31 - 1)


def read_jsonl(path: Path) -> Iterator[tuple[str, str]]:
    """A text per line of a JSON Lines file; the key is the line's id, else its number.

    Raises:
        ReadError: If a line is no JSON object with a text.
    """
    data = read_bytes(path)
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ReadError(f"byte {error.start} is not UTF-8; JSON is UTF-8", path=path) from None
    found = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = True
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ReadError(
                f"line {number} is no complete JSON ({getattr(error, 'msg', 'nested too deeply')})", path=path
            ) from None
        if not isinstance(row, dict):
            raise ReadError(f"line {number} holds a {type(row).__name__}; expected an object with a text", path=path)
        text_column, id_column = _columns(list(row), path)
        if not isinstance(row[text_column], str):
            raise ReadError(
                f"line {number}: {text_column} holds a {type(row[text_column]).__name__}, not a text", path=path
            )
        yield str(row[id_column]) if id_column else str(number), row[text_column]
    if not found:
        raise ReadError("the file is empty; JSON objects, one a line, were expected", path=path)


def read_csv(path: Path) -> Iterator[tuple[str, str]]:
    """A text per row of a CSV file with a header; UTF-8 or GB18030, as Excel writes it in China.

    Raises:
        ReadError: If there is no header or no column of texts.
    """
    data = read_bytes(path)
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            content = data.decode("gb18030")
        except UnicodeDecodeError:
            raise ReadError("the file is neither UTF-8 nor GB18030; save it as 'CSV UTF-8'", path=path) from None
    rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = next(rows, None)
        if header is None:
            raise ReadError("the file is empty; a header line was expected", path=path)
        text_column, id_column = _columns(header, path)
        text_at = header.index(text_column)
        id_at = header.index(id_column) if id_column else None
        for number, row in enumerate(rows, 1):
            if not row:
                continue
            if len(row) != len(header):
                raise ReadError(f"row {number} has {len(row)} fields where the header has {len(header)}", path=path)
            yield row[id_at] if id_at is not None else str(number), row[text_at]
    except csv.Error as error:
        raise ReadError(f"this is no CSV file ({error} near line {rows.line_num})", path=path) from None


def read_parquet(path: Path) -> Iterator[tuple[str, str]]:
    """A text per row of a Parquet file, streamed by row group.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        ReadError: If it is no Parquet file or has no column of texts.
    """
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("reading .parquet", package="pyarrow", extra="docs") from None
    try:
        file = parquet.ParquetFile(path)
    except (arrow.ArrowInvalid, OSError) as error:
        raise ReadError(f"this is no Parquet file ({str(error).splitlines()[0]})", path=path) from None
    with file:
        text_column, id_column = _columns(file.schema_arrow.names, path)
        wanted = [text_column] + ([id_column] if id_column else [])
        number = 0
        for batch in file.iter_batches(batch_size=PARQUET_BATCH, columns=wanted):
            texts = batch.column(text_column).to_pylist()
            keys = batch.column(id_column).to_pylist() if id_column else [None] * len(texts)
            for key, text in zip(keys, texts, strict=True):
                number += 1
                if not isinstance(text, str):
                    raise ReadError(f"row {number}: {text_column} holds a {type(text).__name__}, not a text", path=path)
                yield str(key if key is not None else number), text


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
