"""A web page of records that loads nothing from elsewhere: counts, a table to sort, and the texts with their marks.

Table and texts wait in files of their own beside the page until both are complete, so memory stays flat; and the page
stays usable however many reports there are: past `FULL_TEXT` characters only sentences with records are shown, past
`SHOWN_RECORDS` records the rest is counted only. What is left out is said at the top of the page.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from lawner.document import Document
from lawner.records import Record
from lawner.writers.base import RecordWriter, Written
from lawner.writers.html_page import COLUMNS, LABELS, label_words, report, shown, table_row
from lawner.writers.html_style import N_KINDS, SCRIPT, STYLE

FULL_TEXT = 400_000
"""Characters of reports that are shown whole."""

SHOWN_RECORDS = 10_000
"""Records that are shown."""

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
HEAD = (
    '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f"<title>指标一览 Indicators</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    "<header>\n<h1>指标一览<small>Indicators</small></h1>\n"
)
FOOT = f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"


class HtmlWriter:
    """Collects the rows of the table and the marked reports."""

    def __init__(self, rows: TextIO, texts: TextIO) -> None:
        self.rows, self.texts, self.written = rows, texts, Written()
        self.kinds = {label: index for index, label in enumerate(LABELS)}
        self.counts: Counter[str] = Counter()
        self.room = FULL_TEXT
        self.n_shown = self.n_in_sentences = self.n_without = self.n_unseen = 0

    def write(self, document: Document, records: Sequence[Record]) -> None:
        """Add the records to the table, and the text or the sentences that hold them."""
        self.written.count(document, records)
        self.counts.update(record.label for record in records)
        for record in records:
            self.kinds.setdefault(record.label, len(self.kinds) % N_KINDS)
        chosen = list(enumerate(records[: max(SHOWN_RECORDS - self.n_shown, 0)], self.n_shown + 1))
        self.n_shown += len(chosen)
        self.n_unseen += bool(records) and not chosen
        if not chosen:
            self.n_without += not records
            return
        whole = len(document.text) <= self.room
        self.room -= len(document.text) if whole else 0
        self.n_in_sentences += not whole
        self.rows.writelines(table_row(number, record, self.kinds[record.label]) for number, record in chosen)
        self.texts.writelines(report(document, chosen, self.kinds, whole=whole))

    def front(self) -> Iterator[str]:
        """Everything above the table."""
        yield HEAD
        yield f'<p class="note">{self.written.n_documents:,} 份报告，{self.written.n_records:,} 条指标。'
        yield "鼠标停在标记上，或用 Tab 键移到标记上，可看该条记录；点表头可排序。<br>"
        yield f"{self.written.n_documents:,} reports, {self.written.n_records:,} indicators. "
        yield "Hover a mark, or move to it with Tab, for its record; press a heading to sort.</p>\n"
        yield from self._left_out()
        yield "</header>\n<main>\n<h2>各类数量<small>Counts and colours</small></h2>\n"
        yield '<ul class="bars">\n'
        most = max(self.counts.values(), default=1)
        for label in (label for label in self.kinds if self.counts[label]):
            kind, count = self.kinds[label], self.counts[label]
            share = 100 * count / self.written.n_records
            yield f'<li><mark class="k{kind}">{shown(label_words(label))}</mark>'
            yield f'<span class="fill f{kind}" style="width: {100 * count / most:.1f}%"></span>'
            yield f'<span class="number">{count:,} · {share:.1f}%</span></li>\n'
        yield '<li><mark>名称 NAME</mark><span class="note">数值所衡量的事项 what a value measures</span></li>\n</ul>\n'

    def _left_out(self) -> Iterator[str]:
        """What the page does not show, in words."""
        chinese, english = [], []
        if self.n_without:
            chinese.append(f"{self.n_without:,} 份报告没有指标，未列出")
            english.append(f"{self.n_without:,} reports without indicators are not listed")
        if self.n_in_sentences:
            chinese.append(f"全文超过 {FULL_TEXT:,} 字后，{self.n_in_sentences:,} 份报告只列含指标的句子")
            english.append(f"past {FULL_TEXT:,} characters, {self.n_in_sentences:,} reports show sentences only")
        if hidden := self.written.n_records - self.n_shown:
            chinese.append(
                f"本页只列前 {SHOWN_RECORDS:,} 条，其余 {hidden:,} 条（含 {self.n_unseen:,} 份报告的全部）只计数，"
                "如需全部请写入 .xlsx 或 .csv"
            )
            english.append(
                f"{hidden:,} indicators beyond the first {SHOWN_RECORDS:,} (all those of {self.n_unseen:,} reports) "
                "are only counted: write .xlsx or .csv for all"
            )
        if chinese:
            yield f'<p class="left-out">{"；".join(chinese)}。<br>{"; ".join(english).capitalize()}.</p>\n'


@contextmanager
def open_html(path: Path) -> Iterator[RecordWriter]:
    """A writer of ``.html``."""
    parts = path.with_name(f"{path.name}.rows"), path.with_name(f"{path.name}.texts")
    with ExitStack() as stack:
        rows, texts = (stack.enter_context(part.open("w", encoding="utf-8", newline="\n")) for part in parts)
        writer = HtmlWriter(rows, texts)
        yield writer
    heads = "".join(
        f'<th scope="col" data-kind="{kind}">{chinese}<small>{english}</small></th>'
        for chinese, english, kind in COLUMNS
    )
    with path.open("w", encoding="utf-8", newline="\n") as page:
        page.writelines(writer.front())
        page.write('<h2 id="table">指标表<small>Table</small></h2>\n<div class="table" tabindex="0">\n')
        page.write(f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n")
        _append(parts[0], page)
        page.write('</tbody>\n</table>\n</div>\n<h2 id="texts">原文<small>Texts</small></h2>\n')
        _append(parts[1], page)
        page.write(FOOT)


def _append(part: Path, page: TextIO) -> None:
    """Move a part into the page."""
    with part.open(encoding="utf-8", newline="\n") as stream:
        shutil.copyfileobj(stream, page)
    part.unlink()
