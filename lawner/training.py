"""Training a tagger: annotated documents and a pre-trained encoder become a model folder.

documents → splits → `fit` (for each seed) → a standard Hugging Face folder with ``lawner.yaml``, scores, learning curve
and model card, put in place whole.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lawner.base_models import heavy
from lawner.config import dump_config, load_config
from lawner.crf import FILE as CRF_FILE
from lawner.crf import Crf
from lawner.crf_fitting import choose_share, fit_crf
from lawner.errors import OutputError
from lawner.evaluation import Report, evaluate_systems
from lawner.fitting import WATCHED, Fitted, fit, predict, tagging
from lawner.labels import LabelSet
from lawner.losses import LossReport
from lawner.model_card import Run, digest_of, save_model, write_card, write_curve, write_settings
from lawner.outputs import atomic_folder, check_folder
from lawner.train_config import TrainConfig
from lawner.trainer import last_checkpoint
from lawner.training_data import Splits, load_splits, settle_windows

RUN_FILE = "run.yaml"
SeedWatch = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a training run left.

    Attributes:
        folder: The model folder.
        seeds: Per seed, the scores of the best pass on the validation split.
        kept: The seed whose model lies in the folder: the best on the validation split.
        reports: Per split (validation, test), the reports by system.
        documents: Documents per split.
        tokens_per_second: Of the training of the kept seed.
    """

    folder: Path
    seeds: Mapping[int, Mapping[str, float]]
    kept: int
    reports: Mapping[str, Mapping[str, Report]]
    documents: Mapping[str, int]
    tokens_per_second: float


def train(
    config: TrainConfig,
    out: Path,
    *,
    n_seeds: int = 1,
    resume: bool = False,
    force: bool = False,
    losses: LossReport | None = None,
    watch: SeedWatch | None = None,
) -> TrainResult:
    """Train a tagger, several times with different seeds if asked, and write the best one.

    Checkpoints and TensorBoard files lie in ``OUT.run`` while the run lasts; after a kill, `resume` goes on from there.

    Args:
        config: Settings.
        out: The model folder to write.
        n_seeds: How many runs, with seeds counted up from the configured one.
        resume: Go on with the run that was broken off.
        force: Replace a model folder that is there.
        losses: Receives annotations that could not be used.
        watch: Called with the seed and every log line.

    Raises:
        ConfigError: If the data lacks what the settings ask for.
        ModelError: If the base cannot be used.
        OutputError: If the output is there already, or another run lies beside it.
    """
    losses = LossReport() if losses is None else losses
    splits, labels = load_splits(config.data, losses)
    config = replace(config, windows=settle_windows(config.windows, labels, losses))
    if config.crf.train:
        heavy("pycrfsuite")  # to find out now, not after hours
    if not is_first():
        _fit_all(config, splits, labels, work=_run_folder(out), n_seeds=n_seeds, resume=resume, losses=losses)
        return TrainResult(out, {}, config.training.seed, {}, {}, 0.0)
    check_folder(out, force=force)
    work = _open_run(out, config, resume=resume, force=force)
    with _kept_if_begun(work), _disk_in_words(out):
        fits = _fit_all(config, splits, labels, work=work, n_seeds=n_seeds, resume=resume, losses=losses, watch=watch)
        with atomic_folder(out, force=force) as stage:
            result = _write(config, fits, splits, labels, out=out, stage=stage)
            boards = work / f"seed-{result.kept}" / "tensorboard"
            if boards.is_dir():
                shutil.copytree(boards, stage / "tensorboard")
    shutil.rmtree(work)
    return result


def is_first() -> bool:
    """Whether this process is the first of those that ``torchrun`` started, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def _run_folder(out: Path) -> Path:
    """Where a run keeps its checkpoints."""
    return out.with_name(out.name + ".run")


def _open_run(out: Path, config: TrainConfig, *, resume: bool, force: bool) -> Path:
    """The folder of a run, which remembers its settings."""
    work, text = _run_folder(out), dump_config(config)
    settings = work / RUN_FILE
    if work.exists():
        if not settings.is_file():
            raise OutputError(f"{work}: checkpoints go here, but lawner did not write what is there; name another -o")
        if not resume and not force and _has_begun(work):
            raise OutputError(f"{work}: a run was broken off here; add --resume to go on, or --force to start again")
        if not resume or not _has_begun(work):
            shutil.rmtree(work)
        elif others := _differences(load_config(settings, TrainConfig), config):
            what = "; ".join(others)
            raise OutputError(
                f"{work}: the run that was broken off had other settings ({what}); take those of {settings}"
            )
    work.mkdir(parents=True, exist_ok=True)
    settings.write_text(text, encoding="utf-8")
    return work


def _differences(before: TrainConfig, now: TrainConfig) -> list[str]:
    """The settings that checkpoints depend on and that are no longer the same, each with both values."""
    old, new = _flat(before), _flat(now)
    return [f"{key} was {old[key]}, now {new[key]}" for key in old if old[key] != new[key]]


def _flat(config: TrainConfig) -> dict[str, object]:
    """Settings by their dotted names, without those of the CRF, which is trained after all checkpoints."""
    found: dict[str, object] = {}
    for key, section in asdict(config).items():
        if key != "crf":
            of_section = section.items() if isinstance(section, dict) else ()
            found |= {f"{key}.{name}": value for name, value in of_section} or {key: section}
    return found


def _has_begun(work: Path) -> bool:
    """Whether a run has come to a checkpoint that it can go on from."""
    return any(last_checkpoint(folder) for folder in work.glob("seed-*"))


@contextmanager
def _kept_if_begun(work: Path) -> Iterator[None]:
    """Remove the folder of a run that fails before its first checkpoint."""
    try:
        yield
    except BaseException:  # also Ctrl-C
        if not _has_begun(work):
            shutil.rmtree(work, ignore_errors=True)
        raise


@contextmanager
def _disk_in_words(out: Path) -> Iterator[None]:
    """Turn what the libraries raise when a file cannot be written into one sentence."""
    broken: type[Exception] = heavy("safetensors").SafetensorError
    try:
        yield
    except (OSError, RuntimeError, broken) as error:
        if type(error) is RuntimeError and "writ" not in str(error):  # torch's only word for a full disk
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise OutputError(f"{out}: writing failed ({reason}); make room, and go on with --resume") from None


def _fit_all(
    config: TrainConfig,
    splits: Splits,
    labels: LabelSet,
    *,
    work: Path,
    n_seeds: int,
    resume: bool,
    losses: LossReport,
    watch: SeedWatch | None = None,
) -> dict[int, Fitted]:
    """A run for every seed."""
    fits: dict[int, Fitted] = {}
    for seed in range(config.training.seed, config.training.seed + n_seeds):
        of_seed = replace(config, training=replace(config.training, seed=seed))
        fits[seed] = fit(
            of_seed,
            splits,
            labels,
            folder=work / f"seed-{seed}",
            losses=LossReport() if fits else losses,
            resume=resume,
            watch=functools.partial(watch, seed) if watch else None,
        )
    return fits


def _write(
    config: TrainConfig, fits: Mapping[int, Fitted], splits: Splits, labels: LabelSet, *, out: Path, stage: Path
) -> TrainResult:
    """Fill the model folder with the best of several runs."""
    kept = max(fits, key=lambda seed: fits[seed].best.get("eval_indicator_f1", 0.0))
    best = fits[kept]
    seeds = {
        seed: {name: one.best[f"eval_{name}"] for name in WATCHED if f"eval_{name}" in one.best}
        for seed, one in fits.items()
    }
    save_model(best.model, config.base, stage)
    crf, shares = _crf_beside(best, config, splits, labels)
    if crf and crf.share:
        crf.save(stage / CRF_FILE)
    parts = {"validation": splits.validation, "test": splits.test}
    reports = {
        name: evaluate_systems(
            "this model",
            predict(best.model, part, encoder=best.encoder, windows=config.windows, labels=labels, crf=crf),
            labels,
        )
        for name, part in parts.items()
        if part
    }
    documents = {"train": len(splits.train)} | {name: len(part) for name, part in parts.items()}
    run = Run(
        replace(config, training=replace(config.training, seed=kept)),
        labels,
        best.history,
        best.seconds,
        best.tokens,
        documents,
        digest_of([*splits.train, *splits.validation, *splits.test]),
        reports,
        seeds,
        shares,
    )
    write_settings(run, stage)
    write_curve(run.history, stage)
    write_card(run, stage)
    return TrainResult(out, seeds, kept, reports, documents, best.tokens / max(best.seconds, 1e-9))


def _crf_beside(
    fitted: Fitted, config: TrainConfig, splits: Splits, labels: LabelSet
) -> tuple[Crf | None, Mapping[float, float]]:
    """The CRF that stands beside a fine-tuned encoder, and how each share did on the validation split."""
    if not config.crf.train:
        return None, {}
    crf = fit_crf(splits.train, fitted.encoder, labels, config.crf, numeric=config.windows.numeric)
    with tagging(fitted.model, encoder=fitted.encoder, windows=config.windows, labels=labels) as tagger:
        transitions, tagger.transitions = tagger.transitions, None  # so that the scores are the encoder's alone
        scored = list(tagger.score_many(splits.validation))
    return choose_share(crf, scored, labels, transitions=transitions)
