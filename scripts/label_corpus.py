"""Label paragraphs of plain text that are dense in figures by several taggers at once, to train another on them.

Run it to turn public text without gold into training text (self-training); the result goes into ``data.extra``:

    python scripts/label_corpus.py ../shared/corpus/policies_*.txt.xz --model FOLDER --model FOLDER \
        --train annotations --train annotations/_public --exclude ../shared/reports --out build/labelled

The log-probabilities of the models' tags are averaged with those of a character CRF, which is trained here on the
annotated documents that are given; a name that would begin or end inside a word (by jieba) is charged for it. So the
labels know more than any of the models: words, and the CRF's pairs and triples of characters.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import sklearn_crfsuite
import typer
from build_tokenizer import InputError, corpus_files, folds, read_lines
from check_contamination import bare
from compare_taggers import fit_crf
from pretrain_encoder import drop_shared, source_name, word_starts
from written_to_real import features, rows_of

from lawner import DEFAULT_LABELS, Document
from lawner.alignment import to_char_spans
from lawner.crf import log_probabilities
from lawner.encoding import Encoding
from lawner.errors import LawnerError, ModelError
from lawner.formats import load_annotations, save_annotations
from lawner.losses import LossReport
from lawner.outputs import check_folder
from lawner.relations import drop_unused_names, link_values
from lawner.splits import find_split, split_by_file
from lawner.tagger import Tagger
from lawner.tags import is_legal, tags_to_spans

LogProbabilities = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

FIGURE = re.compile(
    r"(?<![0-9第.〔\[（(])[0-9][0-9,]*(?:\.[0-9]+)?[余多]?[万亿]?[余多]?"
    r"(?:%|％|‰|个百分点|[件起宗例人名户家个份次场期条项部元篇批处所辆台])"
)
PARAGRAPH_CHARACTERS = range(50, 650)
"""How long a paragraph may be."""

MIN_FIGURES = 2
"""How many figures it must hold."""

DOCUMENT_CHARACTERS = 3600
"""Characters after which paragraphs of a source make a document."""

FLOOR = 1e-4
"""The least probability that a tagger is taken to give a tag."""

TAGS = DEFAULT_LABELS.tags
NAME_TAGS = (DEFAULT_LABELS.tag_ids["B-NAME"], DEFAULT_LABELS.tag_ids["I-NAME"])


def dense_documents(source: str, lines: Sequence[str]) -> Iterator[Document]:
    """Documents of the paragraphs that hold several figures, in their order."""
    part: list[str] = []
    number = 0
    for line in [*lines, ""]:
        if len(line) in PARAGRAPH_CHARACTERS and len(FIGURE.findall(line)) >= MIN_FIGURES:
            part.append(line)
        if part and (sum(map(len, part)) >= DOCUMENT_CHARACTERS or not line):
            number += 1
            yield Document(f"{source}-{number:03d}", "\n".join(part) + "\n")
            part = []


def score_by_crf(crf: sklearn_crfsuite.CRF, document: Document, encoding: Encoding) -> LogProbabilities:
    """Log-probabilities of the tags of every token; 0 where a token begins at no character that the CRF saw.

    Shapes:
        result: ``(n_tokens, n_tags)``
    """
    token_at = {int(start): index for index, start in enumerate(encoding.offsets[:, 0])}
    scores = np.zeros((len(encoding.ids), len(TAGS)), dtype=np.float32)
    for _, offset, text, _ in rows_of([document]):
        for place, chances in enumerate(crf.predict_marginals_single(features(text))):
            token = token_at.get(offset + place)
            if token is not None:
                scores[token] = [np.log(max(chances.get(tag, 0.0), FLOOR)) for tag in TAGS]
    return scores


def to_logs(scores: LogProbabilities) -> LogProbabilities:
    """Logits as log-probabilities, none below the floor."""
    floored: LogProbabilities = np.maximum(log_probabilities(scores), np.log(FLOOR)).astype(np.float32)
    return floored


def inside_words(text: str, encoding: Encoding) -> Flags:
    """Which tokens begin inside a word, as pre-training has words.

    Shapes:
        result: ``(n_tokens,)``
    """
    table = str.maketrans(folds())
    starts = np.append(word_starts(text.translate(table)), True)
    begun: Flags = starts[encoding.offsets[:, 0]]
    return ~begun


def decode_with_words(scores: LogProbabilities, inside: Flags, *, charge: float) -> list[str]:
    """The best legal tags, where a name that begins or ends at a token inside a word costs a charge.

    Shapes:
        scores: ``(n_tokens, n_tags)``
        inside: ``(n_tokens,)``
    """
    legal = np.array([[0.0 if is_legal(before, tag) else -np.inf for tag in TAGS] for before in TAGS])
    cut = np.zeros_like(legal)
    cut[:, NAME_TAGS[0]] = charge
    for tag in NAME_TAGS:
        cut[tag, :] = charge
    cut[NAME_TAGS, NAME_TAGS[1]] = 0.0
    total = scores[0] + legal[0]
    back = np.zeros(scores.shape, dtype=np.int64)
    for index in range(1, len(scores)):
        routes = total[:, None] + legal - (cut if inside[index] else 0.0)
        back[index] = routes.argmax(axis=0)
        total = routes.max(axis=0) + scores[index]
    path = [int(total.argmax())]
    for row in back[:0:-1]:
        path.append(int(row[path[-1]]))
    return [TAGS[tag] for tag in path[::-1]]


def label(
    documents: Sequence[Document],
    taggers: Sequence[Tagger],
    crf: sklearn_crfsuite.CRF | None,
    *,
    crf_share: float,
    charge: float,
) -> Iterator[Document]:
    """The documents with the spans and relations that the taggers find together.

    Args:
        documents: Plain documents.
        taggers: Models with one tokenizer.
        crf: Trained by `train_crf`, or None.
        crf_share: Its weight in the mean, against 1 - share for the models together.
        charge: For names that begin or end inside a word, in nats.

    Raises:
        ModelError: If a model has other labels, or cuts a text into other tokens than the first.
    """
    for tagger in taggers:
        if tagger.labels.tags != TAGS:
            raise ModelError(f"{tagger.folder.path}: has other labels than {', '.join(DEFAULT_LABELS.spans)}")
    streams = [tagger.score_many(documents) for tagger in taggers]
    for scored in zip(*streams, strict=True):
        document, encoding, _ = scored[0]
        for tagger, (_, other, _) in zip(taggers, scored, strict=True):
            if not np.array_equal(other.offsets, encoding.offsets):
                raise ModelError(f"{tagger.folder.path}: cuts {document.doc_id} into other tokens than the first model")
        scores = np.mean([to_logs(one) for _, _, one in scored], axis=0)
        if crf is not None:
            scores = (1 - crf_share) * scores + crf_share * score_by_crf(crf, document, encoding)
        tags = decode_with_words(scores, inside_words(document.text, encoding), charge=charge)
        spans = to_char_spans(tags_to_spans(tags), encoding.offsets)
        yield drop_unused_names(link_values(document.with_spans(spans), DEFAULT_LABELS), DEFAULT_LABELS)


def load_training(folders: Sequence[Path], losses: LossReport) -> list[Document]:
    """The annotated documents of folders; where an index lies in one or above it, those of the training split."""
    documents: list[Document] = []
    for folder in folders:
        index = next((path / "index.csv" for path in (folder, folder.parent) if (path / "index.csv").is_file()), None)
        found = list(load_annotations(folder, "brat", losses=losses))
        if index and not folder.name.startswith("_"):
            splits = split_by_file(index)
            found = [one for one in found if find_split(splits, one.doc_id) == "train"]
        print(f"{folder}: {len(found)} documents for the CRF", file=sys.stderr)
        documents += found
    return documents


def main(
    corpus: Annotated[list[str], typer.Argument(help="Text files (.txt, .txt.xz), a paragraph a line.")],
    model: Annotated[list[Path], typer.Option(help="Tagger folders; several are averaged.")],
    out: Annotated[Path, typer.Option(help="Folder for the brat files; must not exist.")],
    train: Annotated[list[Path] | None, typer.Option(help="Annotated documents to train the CRF on.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Texts kept for testing; what they share is left out.")
    ] = None,
    crf_share: Annotated[float, typer.Option(min=0, max=1, help="Weight of the CRF.")] = 0.5,
    charge: Annotated[float, typer.Option(min=0, help="For name edges inside words, in nats.")] = 1.0,
) -> None:
    """Select, label, write."""
    losses = LossReport()
    try:
        check_folder(out, force=False)
        kept = "\n".join(bare(read_lines(path)) for path in corpus_files(exclude or []))
        documents: list[Document] = []
        for path in corpus_files(corpus):
            documents += dense_documents(source_name(path), drop_shared(list(read_lines(path)), kept))
        taggers = [Tagger.from_pretrained(folder, precision="fp32") for folder in model]
        crf = fit_crf(load_training(train, losses)) if train else None
        labelled = list(label(documents, taggers, crf, crf_share=crf_share, charge=charge))
        save_annotations(labelled, out, "brat", losses=losses)
    except (LawnerError, InputError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    for loss in losses:
        print(loss, file=sys.stderr)
    n_values = sum(span.label != "NAME" for one in labelled for span in one.spans)
    print(f"{out}: {len(labelled)} documents, {sum(len(one.text) for one in labelled)} characters, {n_values} values")


if __name__ == "__main__":
    typer.run(main)
