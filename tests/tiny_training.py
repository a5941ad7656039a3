"""Tiny encoders, reports and settings to train on in a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from builders import annotated
from tiny_models import SIZES, TEXT, write_tokenizer, write_wordpiece

from lawner.config import parse_config
from lawner.document import Document
from lawner.formats import save_annotations
from lawner.losses import LossReport
from lawner.train_config import TrainConfig

PAIRS = (
    (
        ("1,204件", "CASE", "受理行政复议申请"),
        ("12.5％", "RATE", "同比增长"),
        ("1118件", "CASE", "审结"),
        ("8.7%", "RATE", "直接纠错率"),
    ),
    (
        ("三百余场次", "COUNT", "开展法治宣传"),
        ("１０３５.27万元", "AMOUNT", "挽回经济损失"),
        ("5.67万亿元", "AMOUNT", "GDP"),
    ),
    (("458名", "COUNT", "执法人员"), ("86人", "COUNT", "法律顾问"), ("100%", "RATE", "满意度")),
)
ORDERS = ((0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 2, 1))
SPLITS = ("train", "train", "validation", "test")
NO_AUGMENTATION = dict.fromkeys(("numbers", "names", "places", "punctuation", "sentences", "noise", "widths"), 0.0)


def make_documents() -> list[Document]:
    """Four reports of the same three sentences in different orders: what is learnt from one holds for the others."""
    lines = TEXT.splitlines(keepends=True)
    return [
        annotated(
            f"report-{number}",
            "".join(lines[line] for line in order),
            *(pair for line in order for pair in PAIRS[line]),
        )
        for number, order in enumerate(ORDERS)
    ]


def write_gold(folder: Path) -> Path:
    """Brat files of the reports, and ``splits.csv`` beside their folder."""
    save_annotations(make_documents(), folder, "brat", losses=LossReport())
    rows = "".join(f"report-{number},{split}\n" for number, split in enumerate(SPLITS))
    folder.with_name("splits.csv").write_text(f"id,split\n{rows}", encoding="utf-8")
    return folder


def write_base(folder: Path, *, wordpiece: bool = False, **changes: Any) -> Path:
    """An encoder with random weights as pre-training leaves it."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    n_tokens = (write_wordpiece if wordpiece else write_tokenizer)(folder)
    torch.manual_seed(3)
    sizes = SIZES | {"num_hidden_layers": 1} | changes
    BertForMaskedLM(BertConfig(vocab_size=n_tokens, **sizes)).save_pretrained(folder)
    return folder


def settings_of(folder: Path, **training: Any) -> dict[str, Any]:
    """Settings for the base and the gold in a folder."""
    return {
        "base": str(folder / "base"),
        "data": {"annotations": str(folder / "gold"), "splits": str(folder / "splits.csv")},
        "windows": {"size": 40, "context": 6},
        "training": {"epochs": 2, "batch": 4, "dropout": 0.1, "precision": "fp32", **training},
        "augmentation": NO_AUGMENTATION,
    }


def make_config(folder: Path, **training: Any) -> TrainConfig:
    """`settings_of` as a configuration."""
    return parse_config(settings_of(folder, **training), TrainConfig, place="test")


def environment() -> dict[str, str]:
    """For processes: one thread, no network."""
    return os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}


def lawner(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "lawner", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=environment(), check=False
    )
