"""What lies beside the weights of a trained tagger: settings, scores, learning curve, model card."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from lawner.base_models import quiet, save_tokenizer
from lawner.config import dump_config
from lawner.crf import best_share
from lawner.crf_layer import in_config
from lawner.document import Document
from lawner.errors import MissingExtraError
from lawner.evaluation import Report, compare_table, to_markdown
from lawner.labels import LabelSet
from lawner.train_config import TrainConfig

CURVE_COLUMNS = ("step", "loss", "learning_rate", "eval_typed_value_f1", "eval_name_f1", "eval_indicator_f1")


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training run, for its card.

    Attributes:
        config: Settings of the run that is kept.
        labels: Its labels.
        history: Its log lines.
        seconds: Wall time of its training.
        tokens: Tokens that it was trained on.
        documents: Documents per split.
        data_digest: Of texts and gold of all documents.
        reports: Per split, the reports by system.
        seeds: Per seed, the scores on the validation split.
        shares: Per share of the CRF that was tried, the mean F1 of names and indicators on the validation split.
    """

    config: TrainConfig
    labels: LabelSet
    history: Sequence[Mapping[str, float]]
    seconds: float
    tokens: int
    documents: Mapping[str, int]
    data_digest: str
    reports: Mapping[str, Mapping[str, Report]]
    seeds: Mapping[int, Mapping[str, float]]
    shares: Mapping[float, float] = field(default_factory=dict)


def digest_of(documents: Sequence[Document]) -> str:
    """SHA-256 over the texts, spans and relations of documents, whatever their order."""
    parts = sorted(document.digest + repr((document.spans, document.relations)).encode() for document in documents)
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def write_settings(run: Run, folder: Path) -> None:
    """Write ``lawner.yaml``: windows and labels, which the tagger reads, then how the model came about."""
    scores = {
        split: {name: report.to_dict()["measures"] for name, report in reports.items()}
        for split, reports in run.reports.items()
    }
    labels = {"spans": list(run.labels.spans), "relations": list(run.labels.relations), "name": run.labels.name}
    text = dump_config(
        run.config,
        labels=labels,
        documents=dict(run.documents),
        data_sha256=run.data_digest,
        minutes=round(run.seconds / 60, 1),
        tokens_per_second=round(run.tokens / max(run.seconds, 1e-9)),
        validation={seed: {key: round(value, 4) for key, value in s.items()} for seed, s in run.seeds.items()},
        crf_shares={share: round(value, 4) for share, value in run.shares.items()},
        scores=scores,
    )
    (folder / "lawner.yaml").write_text(text, encoding="utf-8")


def write_curve(history: Sequence[Mapping[str, float]], folder: Path) -> None:
    """Write the learning curve as ``learning_curve.csv`` and ``learning_curve.png``.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    rows = [{key: row[key] for key in CURVE_COLUMNS if key in row} for row in history]
    rows = [row for row in rows if len(row) > 1]
    with (folder / "learning_curve.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CURVE_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing the learning curve", package="matplotlib", extra="train") from None
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.subplots()
    right = left.twinx()
    losses = [(row["step"], row["loss"]) for row in rows if "loss" in row]
    left.plot([step for step, _ in losses], [loss for _, loss in losses], color="0.6", label="training loss")
    names = {"eval_typed_value_f1": "typed values", "eval_name_f1": "names", "eval_indicator_f1": "indicators"}
    for key, name in names.items():
        points = [(row["step"], row[key]) for row in rows if key in row]
        right.plot([step for step, _ in points], [score for _, score in points], marker="o", markersize=3, label=name)
    left.set(xlabel="step", ylabel="training loss", ylim=(0, None))
    right.set(ylabel="F1 on the validation split", ylim=(0, 1))
    handles = [*left.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    right.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)
    figure.savefig(folder / "learning_curve.png", dpi=110)


def write_card(run: Run, folder: Path) -> None:
    """Write ``README.md``: what the model is, what it was trained on, how well it does."""
    settings = run.config.training
    parts = [
        "---\nlanguage: zh\nlibrary_name: transformers\npipeline_tag: token-classification\n---\n",
        f"# Indicator tagger\n\nTags {', '.join(run.labels.spans)} (IOB2) in Chinese work reports. Fine-tuned by "
        f"`lawner train` from `{run.config.base}`"
        + (", with weights drawn anew" if run.config.random_weights else "")
        + ". Load it with lawner (`lawner tag --model`), or with transformers as any token-classification model.\n",
        f"## Data\n\n{run.documents.get('train', 0):,} documents for training, "
        f"{run.documents.get('validation', 0):,} for choosing the best pass, {run.documents.get('test', 0):,} for the "
        f"scores below. SHA-256 over texts and gold: `{run.data_digest}`.\n",
        f"## Training\n\n{run.tokens:,} tokens in {run.seconds / 60:.1f} minutes "
        f"({run.tokens / max(run.seconds, 1e-9):,.0f} tokens/s), {settings.epochs} passes at most, {settings.batch} "
        f"windows a step, learning rate {settings.learning_rate:g}. All settings: `lawner.yaml`; "
        "curve: `learning_curve.csv`.\n\n![learning curve](learning_curve.png)\n",
    ]
    if settings.transition_learning_rate:
        parts.append(
            "On top of the encoder lies a CRF layer, trained together with it. Its scores from tag to tag are in "
            "`config.json`, where lawner finds them; other libraries pass them over and tag every token by itself.\n"
        )
    if run.shares:
        best = best_share(run.shares)
        parts.append(
            "A linear-chain CRF beside the encoder was tried and did not help; there is none.\n"
            if not best
            else f"A linear-chain CRF over runs of tokens (`crf.npz`) has {best:.0%} of the say in every tag, which "
            f"did best on the validation split (mean F1 of names and indicators {run.shares[best]:.4f}, without it "
            f"{run.shares.get(0.0, 0.0):.4f}). Other libraries pass it over.\n"
        )
    if len(run.seeds) > 1:
        parts.append(_seed_table(run.seeds))
    for split, reports in run.reports.items():
        if reports:
            table = to_markdown(compare_table(reports))
            parts.append(f"## Scores on the {split} split\n\nF1 with 95 % intervals over documents.\n\n{table}\n")
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def _seed_table(seeds: Mapping[int, Mapping[str, float]]) -> str:
    """The validation scores of every seed, their mean and standard deviation."""
    names = sorted({name for scores in seeds.values() for name in scores})
    rows = [["seed", *names], *([str(seed), *(f"{s[name]:.4f}" for name in names)] for seed, s in seeds.items())]
    columns = [[scores[name] for scores in seeds.values()] for name in names]
    rows.append(["mean ± sd", *(f"{mean(column):.4f} ± {stdev(column):.4f}" for column in columns)])
    return f"## Seeds\n\nF1 on the validation split, of the network alone.\n\n{to_markdown(rows)}\n"


def save_model(model: Any, base: str, folder: Path) -> None:
    """Write weights (float16), config and tokenizer as transformers loads them.

    The config says float32, so that the weights are widened on loading: few processors compute in float16. It
    also holds the scores from tag to tag, where there are any.
    """
    with quiet(), in_config(model):
        model.half().save_pretrained(folder)
        model.float()
        save_tokenizer(base, folder)
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for file in folder.glob("*.safetensors"):  # the library lets nobody but the owner read them
        file.chmod(path.stat().st_mode)
