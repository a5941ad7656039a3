"""Build the encoder's tokenizer: one token per Han character, digit and mark; ASCII letters in words.

Run it (or let ``pretrain_encoder.py`` run it) once per corpus, before pre-training: ids belong to the model.

What the tokenizer promises, for every string:

* token offsets are code points of the text as given, half-open, rising and never overlapping;
* every character that is not white space lies in exactly one token: unknown, control, zero-width, private-use and
  astral characters become ``[UNK]``, none is dropped;
* digits are never merged, neither with each other nor with letters;
* white space yields no token, except the line feed, which is the ordinary token ``⏎``;
* full-width ASCII forms are read as their ASCII twins, one character for one, so offsets do not move. The full-width
  comma stays itself: ``1,234`` is one number, ``1，234`` are two.

Upper and lower case stay apart. An ASCII word outside the vocabulary falls apart into letters, as WordPiece does.
"""

from __future__ import annotations

import glob
import lzma
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
NEWLINE_TOKEN = "⏎"
WORD = re.compile("[A-Za-z]{2,}")
PUNCTUATION = "，。、；：？！“”‘’（）《》〈〉「」『』【】〔〕—…·～－％‰℃°×÷±≥≤≠≈²³㎡㎞㎏①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤ〇￥¥€$№§●■▲★→"
VOCABULARY_MULTIPLE = 64


class InputError(Exception):
    """Something the user gave is missing or wrong; the message is one sentence that says what to do."""


def folds() -> dict[str, str]:
    """Return the characters that are read as another one, each with its twin.

    Source: Unicode Standard Annex 15 (NFKC), restricted to single characters of the full-width and small forms.
    """
    table = {"\u2236": ":"}  # the ratio sign, which Chinese typesetting uses as a colon
    for code in (*range(0xFF01, 0xFF5F), *range(0xFE50, 0xFE6C), 0xFFE5):
        character = chr(code)
        twin = unicodedata.normalize("NFKC", character)
        if len(twin) == 1 and twin != character and twin not in (",", "、"):
            table[character] = twin
    return table


def corpus_files(patterns: Iterable[str]) -> list[Path]:
    """Return the text files that the patterns name, sorted.

    Args:
        patterns: Files, folders or glob patterns.

    Raises:
        InputError: If a pattern names no .txt or .txt.xz file.
    """
    found: set[Path] = set()
    for pattern in patterns:
        paths = [Path(name) for name in glob.glob(pattern)]  # noqa: PTH207 -- patterns may be absolute
        files = [f for p in paths for f in (p.iterdir() if p.is_dir() else [p]) if f.name.endswith((".txt", ".txt.xz"))]
        if not files:
            raise InputError(f"{pattern}: no .txt or .txt.xz file there; give a file, a folder or a glob pattern")
        found.update(files)
    return sorted(found)


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a .txt or .txt.xz file without their line breaks, empty lines left out.

    Raises:
        InputError: If the file is not UTF-8 or not a whole xz file.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file if line.strip())
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it to UTF-8") from error
    except (lzma.LZMAError, EOFError) as error:
        raise InputError(f"{path}: not a whole .xz file ({error}); fetch or compress it again") from error


def build_vocabulary(lines: Iterable[str], *, min_count: int) -> list[str]:
    """Return the tokens in the order of their ids.

    Args:
        lines: The corpus.
        min_count: Characters seen less often become ``[UNK]``, unless they are in GB 2312 level 1; ASCII words need
            ten times as many.
    """
    characters: Counter[str] = Counter()
    words: Counter[str] = Counter()
    table = str.maketrans(folds())
    for line in lines:
        folded = line.translate(table)
        characters.update(folded)
        words.update(WORD.findall(folded))
    letters = [chr(code) for code in range(0x21, 0x7F)]
    level_1 = [bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    fixed = [NEWLINE_TOKEN, *letters, *(f"##{letter}" for letter in letters if letter.isalpha())]
    fixed += [*PUNCTUATION.translate(table), *filter(None, level_1)]
    frequent = [c for c, n in sorted(characters.items(), key=lambda item: (-item[1], item[0])) if n >= min_count]
    seen = [c for c in frequent if unicodedata.category(c)[0] not in "CZ"]
    ascii_words = [w for w, n in sorted(words.items(), key=lambda item: (-item[1], item[0])) if n >= 10 * min_count]
    tokens = list(dict.fromkeys([*SPECIAL_TOKENS, *fixed, *seen, *ascii_words]))
    return tokens + [f"[unused{number}]" for number in range(1, 1 + -len(tokens) % VOCABULARY_MULTIPLE)]


def build_tokenizer(vocabulary: list[str], out: Path, *, max_tokens: int = 512, digit_shapes: bool = False) -> None:
    """Write a fast tokenizer that ``AutoTokenizer`` loads: tokenizer.json, tokenizer_config.json, vocab.txt.

    Args:
        vocabulary: As returned by `build_vocabulary`.
        out: Folder to write to, made when missing.
        max_tokens: Longest sequence of the model, in tokens.
        digit_shapes: Read every digit as 0, so that the model sees the shape of a number and not the number.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = {token: number for number, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    pairs = {"\n": NEWLINE_TOKEN, **folds()} | ({str(digit): "0" for digit in range(1, 10)} if digit_shapes else {})
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace(old, new) for old, new in pairs.items()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\s"), "removed"),
            pre_tokenizers.Split(Regex("[A-Za-z]+|[^A-Za-z]"), "isolated"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    out.mkdir(parents=True, exist_ok=True)
    fast.save_pretrained(out)
    settings = out / "tokenizer_config.json"  # name the class that every version of transformers knows
    settings.write_text(settings.read_text().replace("TokenizersBackend", "PreTrainedTokenizerFast"))
    (out / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


def main(
    corpus: Annotated[list[str], typer.Argument(help="Text files, folders or glob patterns.")],
    out: Annotated[Path, typer.Option(help="Folder to write the tokenizer to.")],
    min_count: Annotated[int, typer.Option(min=1, help="Rarer characters become [UNK].")] = 3,
) -> None:
    """Build the tokenizer from text files."""
    try:
        files = corpus_files(corpus)
        vocabulary = build_vocabulary((line for file in files for line in read_lines(file)), min_count=min_count)
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    build_tokenizer(vocabulary, out)
    typer.echo(f"{out}: {len(vocabulary)} tokens from {len(files)} files")


if __name__ == "__main__":
    typer.run(main)
