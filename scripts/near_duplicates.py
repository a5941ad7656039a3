"""How often the written reports repeat themselves, and whether they repeat anything they must not.

Run it after adding reports:

    python scripts/near_duplicates.py annotations
    python scripts/near_duplicates.py annotations --against FOLDER     # texts (.txt, .txt.xz) that must not be quoted

A sentence is a near-duplicate if another sentence shares more than 0.6 of their character 5-grams (Jaccard). Digits
count as one character, so that a template with other figures is found.
"""

from __future__ import annotations

import lzma
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lawner.files import walk

SENTENCE_END = re.compile(r"[。！？!?；;\n]")
FULL_WIDTH = str.maketrans(",:;!?()%", "，：；！？（）％")


def normalise(text: str) -> str:
    """Width of punctuation and white space do not make a sentence new."""
    return re.sub(r"\.(?!\d)", "。", re.sub(r"[^\S\n]", "", text)).translate(FULL_WIDTH)


def sentences(text: str, *, shortest: int) -> Iterator[str]:
    """The sentences of a text that have at least `shortest` characters."""
    return (sentence for sentence in SENTENCE_END.split(text) if len(sentence) >= shortest)


def grams(sentence: str) -> frozenset[str]:
    """Character 5-grams, digits as one."""
    plain = re.sub(r"[0-9０-９]+", "0", sentence)
    return frozenset(plain[i : i + 5] for i in range(len(plain) - 4))


def near_duplicates(items: list[str], *, threshold: float) -> list[tuple[int, int, float]]:
    """Pairs of items whose 5-grams overlap by more than `threshold`, found over their rarest grams.

    Returns:
        Index of the later item, index of the earlier one, Jaccard similarity; one pair per later item.
    """
    sets = [grams(item) for item in items]
    frequency = Counter(gram for one in sets for gram in one)
    index: dict[str, list[int]] = defaultdict(list)
    found = []
    for number, one in enumerate(sets):
        if not one:
            continue
        ordered = sorted(one, key=lambda gram: (frequency[gram], gram))
        prefix = ordered[: len(one) - math.ceil(threshold * len(one)) + 1]
        best = (0.0, -1)
        for other in {candidate for gram in prefix for candidate in index[gram]}:
            shared = len(one & sets[other])
            best = max(best, (shared / (len(one) + len(sets[other]) - shared), other))
        if best[0] > threshold:
            found.append((number, best[1], best[0]))
        for gram in prefix:
            index[gram].append(number)
    return found


def read_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every ``.txt`` and ``.txt.xz`` below a folder."""
    for path in walk(folder, accept=lambda file: file.name.endswith((".txt", ".txt.xz"))):
        data = path.read_bytes()
        yield str(path), (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8-sig")


def main(
    folder: Annotated[Path, typer.Argument(help="The written reports.")],
    against: Annotated[list[Path] | None, typer.Option(help="Texts that must not be quoted.")] = None,
    threshold: Annotated[float, typer.Option(help="Similarity above which two sentences are near-duplicates.")] = 0.6,
    shortest: Annotated[int, typer.Option(help="Characters a sentence must have to count.")] = 12,
    quoted: Annotated[int, typer.Option(help="Characters a sentence must have to be a quotation.")] = 15,
    show: Annotated[int, typer.Option(help="How many to list.")] = 10,
) -> None:
    """Print the share of near-duplicate sentences, and quotations of other texts."""
    texts = list(read_texts(folder))
    items = [(name, sentence) for name, text in texts for sentence in sentences(normalise(text), shortest=shortest)]
    pairs = near_duplicates([sentence for _, sentence in items], threshold=threshold)
    print(f"{len(texts):,} texts, {len(items):,} sentences of {shortest} characters or more")
    print(f"near-duplicates (5-gram Jaccard > {threshold}): {len(pairs):,} = {len(pairs) / max(1, len(items)):.2%}")
    for later, earlier, similarity in sorted(pairs, key=lambda pair: -len(items[pair[0]][1]))[:show]:
        print(
            f"  {similarity:.2f} {items[later][0]}: {items[later][1]}\n       {items[earlier][0]}: {items[earlier][1]}"
        )
    if against:
        own = defaultdict(list)
        for name, text in texts:
            for sentence in sentences(normalise(text), shortest=quoted):
                own[sentence].append(name)
        hits: dict[str, str] = {}
        for other in against:
            for name, text in read_texts(other):
                for sentence in sentences(normalise(text), shortest=quoted):
                    if sentence in own:
                        hits.setdefault(sentence, name)
        print(f"sentences of {quoted} characters or more that stand in the other texts too: {len(hits):,}")
        for sentence, name in list(hits.items())[:show]:
            print(f"  {own[sentence][0]} and {name}: {sentence}")


if __name__ == "__main__":
    typer.run(main)
