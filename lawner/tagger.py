"""Texts to documents with spans and relations: the inference module."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lawner.alignment import to_char_spans
from lawner.crf import FILE as CRF_FILE
from lawner.crf import Crf, chain_scores
from lawner.decoding import decode, span_scores
from lawner.document import Document
from lawner.encoding import Encoder, Encoding
from lawner.engines import Batch, Engine, ModelFolder, Pending, load_engine, open_folder
from lawner.errors import ModelError
from lawner.excerpts import Excerpt, are_numbers, may_have_values
from lawner.labels import OUTSIDE, LabelSet
from lawner.relations import drop_unused_names, link_values
from lawner.span_edges import mend_edges
from lawner.windows import Scores, Window, stitch

TOKENS_PER_BATCH = 1024
N_FRAME = 2  # [CLS] and [SEP]
CERTAIN = np.float32(30.0)
"""Score of the tag that a token outside of all spans has where no model was asked."""
BATCHES_AHEAD = 32
"""Batches' worth of windows that are sorted by length together, and are in memory at a time, twice."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A document on its way.

    Attributes:
        document: As it came.
        excerpt: Its tokens, and those that are read.
        windows: That hold the latter.
        asked: Whether the engine is asked about each window.
        among: Of the tokens that are read, those of the sentences that matter; None for all.
    """

    document: Document
    excerpt: Excerpt
    windows: list[Window]
    asked: list[bool]
    among: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    """Documents whose windows are computed together.

    Attributes:
        jobs: The documents.
        order: Their windows that the engine is asked about, counted through all of them, with the longest first.
        ends: Where each batch of windows ends in that order.
        pendings: The scores of each batch.
    """

    jobs: list[_Job]
    order: list[int]
    ends: list[int]
    pendings: list[Pending]

    def scores(self) -> list[Scores]:
        """The scores of every window in `order` with its special tokens, in the order of the documents."""
        rows: list[Scores] = [np.empty(0, np.float32)] * len(self.order)
        for start, end, pending in zip([0, *self.ends], self.ends, self.pendings, strict=False):
            for index, row in zip(self.order[start:end], pending(), strict=True):
                rows[index] = row
        return rows


class Tagger:
    """Finds values and names in reports.

    Example:
        ``Tagger.from_pretrained().tag("全年受理行政复议案件112件。").spans``
    """

    def __init__(self, folder: ModelFolder, encoder: Encoder, engine: Engine, crf: Crf | None = None) -> None:
        self.folder = folder
        self.crf = crf
        self.transitions = folder.transitions
        self.labels: LabelSet = folder.labels
        self.engine = engine
        self._encoder = encoder
        order = folder.tag_order
        self._tag_order = None if order == tuple(range(len(order))) else np.array(order)
        self._certain = np.where(np.array(self.labels.tags) == OUTSIDE, CERTAIN, np.float32(0))
        self._outside = self._certain[np.argsort(order)]  # in the order of the engine's scores

    @classmethod
    def from_pretrained(
        cls,
        name: Path | str | None = None,
        *,
        engine: str = "auto",
        device: str = "auto",
        precision: str = "auto",
        allow_pickle: bool = False,
        threads: int = 0,
    ) -> Tagger:
        """The tagger of a model folder.

        Args:
            name: A folder or the name of a model on the Hugging Face hub; without it the model that comes with lawner.
            engine: ``"auto"``, ``"onnx"`` or ``"torch"``; see `load_engine`, also for the other options.
            device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
            precision: ``"auto"``, ``"fp32"``, ``"int8"`` or ``"bf16"``.
            allow_pickle: Whether pickled weights, which can run any code when they are loaded, may be used.
            threads: Threads to compute on; 0 for one per processor.

        Raises:
            ModelError: If the model cannot be found, loaded or used; the message says why and what to do.
        """
        folder = open_folder(name, allow_pickle=allow_pickle)
        encoder = Encoder.from_pretrained(folder.path)
        loaded = load_engine(
            folder, engine, device=device, precision=precision, threads=threads, allow_pickle=allow_pickle
        )
        return cls(folder, encoder, loaded, load_crf(folder.path, folder.labels))

    def tag(self, document: Document | str) -> Document:
        """The document (or text) with the spans and relations found in it; those it had are gone."""
        return next(self.tag_many([document]))

    def tag_many(
        self, documents: Iterable[Document | str], *, tokens_per_batch: int = TOKENS_PER_BATCH
    ) -> Iterator[Document]:
        """Tag documents as they come, in their order, with a memory that does not grow with their number.

        If the labels are lawner's own, the model is not asked where no sentence may hold a value: there is no number
        to mark, and a name without a value would be dropped. A model that was trained on such sentences alone reads
        them put together; any other reads all windows in which there is one. Sentences end at line breaks, too.

        Args:
            documents: Documents or texts; a text gets its number as `doc_id`.
            tokens_per_batch: Tokens that are computed together, padding counted in.
        """
        for job, scores in self._score(documents, tokens_per_batch):
            yield self._mark(job, scores)

    def score_many(
        self, documents: Iterable[Document | str], *, tokens_per_batch: int = TOKENS_PER_BATCH
    ) -> Iterator[tuple[Document, Encoding, Scores]]:
        """The scores of every tag for every token, for those who decode themselves or join several models.

        Args:
            documents: Documents or texts; a text gets its number as `doc_id`.
            tokens_per_batch: Tokens that are computed together, padding counted in.

        Returns:
            Each document with its tokens and their scores, in the order of the label set's tags: logits, or where the
            model has transitions or a CRF logarithms of probabilities. Where a model that was trained on sentences
            that may hold values does not read, O is certain.

        Shapes:
            scores: ``(n_tokens, n_tags)``
        """
        for job, scores in self._score(documents, tokens_per_batch, whole=not self.folder.numeric):
            yield job.document, job.excerpt.encoding, scores

    def _score(
        self, documents: Iterable[Document | str], tokens_per_batch: int, *, whole: bool = False
    ) -> Iterator[tuple[_Job, Scores]]:
        """Every document, read whole or where it matters, with its scores.

        One group of documents is computed while Python is busy with another.
        """
        running: deque[_Group] = deque()
        max_tokens = tokens_per_batch * BATCHES_AHEAD
        for jobs in self._jobs(documents, max_tokens=max_tokens, whole=whole):
            running.append(self._start(jobs, tokens_per_batch))
            if len(running) > 1:
                yield from self._finish(running.popleft())
        while running:
            yield from self._finish(running.popleft())

    def _jobs(self, documents: Iterable[Document | str], *, max_tokens: int, whole: bool) -> Iterator[list[_Job]]:
        """Documents encoded and cut, in lists of about that many tokens."""
        jobs: list[_Job] = []
        n_tokens = 0
        numeric = self.folder.numeric and not whole
        skip = are_numbers(self.labels) and not whole and not numeric
        for number, item in enumerate(documents, start=1):
            document = Document(str(number), item) if isinstance(item, str) else item
            encoding = self._encoder.encode(document.text)
            excerpt = Excerpt.of(document.text, encoding, numeric=numeric)
            windows = excerpt.windows(size=self.folder.size, context=self.folder.context)
            among = may_have_values(document.text, encoding) if skip else None
            asked = [among is None or bool(among[one.core_start : one.core_end].any()) for one in windows]
            jobs.append(_Job(document, excerpt, windows, asked, among))
            n_tokens += sum(window.end - window.start for window in windows) + 1
            if n_tokens >= max_tokens:
                yield jobs
                jobs, n_tokens = [], 0
        if jobs:
            yield jobs

    def _start(self, jobs: list[_Job], tokens_per_batch: int) -> _Group:
        """Hand the windows of documents to the engine, longest first."""
        frame = {"cls_id": self._encoder.cls_id, "sep_id": self._encoder.sep_id, "pad_id": self._encoder.pad_id}
        pieces = [
            job.excerpt.part.ids[window.start : window.end]
            for job in jobs
            for window, asked in zip(job.windows, job.asked, strict=True)
            if asked
        ]
        lengths = np.array([len(piece) + N_FRAME for piece in pieces], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable").tolist()
        share = -(-int(lengths.sum()) // self.engine.threads)  # so that a single document keeps all threads busy
        ends = plan_batches(lengths[order], max_tokens=min(tokens_per_batch, share))
        pendings = [
            self.engine.submit(Batch.of([pieces[index] for index in order[start:end]], **frame))
            for start, end in zip([0, *ends], ends, strict=False)
        ]
        return _Group(jobs, order, ends, pendings)

    def _finish(self, group: _Group) -> Iterator[tuple[_Job, Scores]]:
        """The documents of a group with their scores."""
        rows = iter(group.scores())
        for job in group.jobs:
            parts = [
                next(rows)[1 : window.end - window.start + 1]
                if asked
                else np.broadcast_to(self._outside, (window.end - window.start, len(self._outside)))
                for window, asked in zip(job.windows, job.asked, strict=True)
            ]
            scores = stitch(job.windows, parts)
            if self._tag_order is not None and len(scores):
                scores = scores[:, self._tag_order]
            part = job.excerpt.part
            chained = chain_scores(
                scores, part.ids, part.breaks, transitions=self.transitions, crf=self.crf, among=job.among
            )
            yield job, job.excerpt.spread(chained, self._certain)

    def _mark(self, job: _Job, scores: Scores) -> Document:
        """The document with the spans that the scores say and the relations between them."""
        return mark(job.document, job.excerpt.encoding, scores, self.labels)


def load_crf(folder: Path, labels: LabelSet) -> Crf | None:
    """The CRF of a model folder, if it has one.

    Raises:
        ModelError: If the file is broken, or made for other tags.
    """
    path = folder / CRF_FILE
    if not path.is_file():
        return None
    crf = Crf.from_file(path)
    if sorted(crf.tags) != sorted(labels.tags):
        raise ModelError(f"{path}: made for the tags {', '.join(crf.tags)}, which are not the model's; train again")
    return crf if crf.tags == tuple(labels.tags) else crf.in_order(labels.tags)


def mark(document: Document, encoding: Encoding, scores: Scores, labels: LabelSet) -> Document:
    """The document with the spans that the scores of its tokens say and the relations between them.

    Shapes:
        scores: ``(n_tokens, n_tags)``
    """
    token_spans = mend_edges(decode(scores, labels), scores, document.text, encoding.offsets, labels)
    certain = span_scores(scores, token_spans, labels)
    spans = to_char_spans(token_spans, encoding.offsets, certain)
    return drop_unused_names(link_values(document.with_spans(spans), labels), labels)


def plan_batches(lengths: Sequence[int] | npt.NDArray[np.int64], *, max_tokens: int) -> list[int]:
    """Where batches end, in a list of windows with the longest first, so that none holds more than so many tokens.

    Args:
        lengths: Tokens of each window, special ones counted in, descending.
        max_tokens: Tokens of a batch with its padding; a window longer than that is a batch of its own.

    Example:
        >>> plan_batches([5, 5, 4, 2, 2, 2], max_tokens=10)
        [2, 4, 6]
    """
    ends: list[int] = []
    start = 0
    while start < len(lengths):
        start = min(len(lengths), start + max(1, max_tokens // int(lengths[start])))
        ends.append(start)
    return ends
