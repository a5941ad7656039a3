"""Tiny taggers with random weights, as Hugging Face folders."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lawner.labels import DEFAULT_LABELS

SCRIPTS = str(Path(__file__).parents[1] / "scripts")
TEXT = (
    "全年共受理行政复议申请1,204件，同比增长12.5％，审结1118件；直接纠错率8.7%。\n"
    "开展法治宣传三百余场次，为受援人挽回经济损失１０３５.27万元，GDP达到5.67万亿元。\n"
    "(二)强化监督。执法人员458名、法律顾问86人参加ABC公司培训，满意度100%！\n"
)
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
}


def write_tokenizer(folder: Path) -> int:
    """Write lawner's own kind of tokenizer; the size of its vocabulary."""
    sys.path.insert(0, SCRIPTS)
    building: Any = importlib.import_module("build_tokenizer")
    vocabulary: list[str] = building.build_vocabulary([*TEXT.splitlines() * 3, *["APP GDP"] * 40], min_count=3)
    building.build_tokenizer(vocabulary, folder, max_tokens=64)
    return len(vocabulary)


def write_wordpiece(folder: Path) -> int:
    """Write a tokenizer as of bert-base-chinese: lower case, numbers in pieces; the size of its vocabulary."""
    from tokenizers import BertWordPieceTokenizer

    characters = sorted(set(TEXT.lower()) - set(" \n"))
    pieces = ["12", "##04", "##0", "##4", "gdp", "100", *(f"##{c}" for c in "0123456789abcdefg")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *pieces]
    ids = {token: number for number, token in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = BertWordPieceTokenizer(vocab=ids)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizerFast"}))
    return len(ids)


def write_tagger(
    folder: Path, *, tags: Sequence[str] = DEFAULT_LABELS.tags, windows: str = "{size: 40, context: 6}", **changes: Any
) -> Path:
    """Write a tagger that finds something in most places; returns the folder."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    torch.manual_seed(5)
    n_tokens = write_tokenizer(folder)
    config = BertConfig(vocab_size=n_tokens, id2label=dict(enumerate(tags)), **(SIZES | changes))
    config.label2id = {tag: number for number, tag in enumerate(tags)}
    model = BertForTokenClassification(config)
    for name, weight in model.named_parameters():
        if "LayerNorm" not in name:
            torch.nn.init.normal_(weight, std=0.3)
    model.half().save_pretrained(folder)
    if windows:
        (folder / "lawner.yaml").write_text(f"windows: {windows}\n", encoding="utf-8")
    return folder


def edit_json(path: Path, **changes: Any) -> None:
    """Change keys of a JSON file; None takes one away."""
    content = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in (content | changes).items() if value is not None}
    path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def reference_spans(scores: Any) -> list[int]:
    """Tags of a plain Viterbi search over IOB2, token by token."""
    n_tags = scores.shape[1]
    moves = np.array(
        [
            [0.0 if tag % 2 or not tag or prev in (tag, tag - 1) else -np.inf for tag in range(n_tags)]
            for prev in range(n_tags)
        ]
    )
    total, back = moves[0] + scores[0], []
    for row in scores[1:]:
        routes = total[:, None] + moves
        back.append(routes.argmax(axis=0))
        total = routes.max(axis=0) + row
    path = [int(total.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]
