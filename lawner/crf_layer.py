"""The CRF layer of a tagger in training: scores from tag to tag, learned together with the encoder.

The model stays a ``BertForTokenClassification``: the scores are a parameter beside it while it trains, and lie in the
config of the folder that is saved, where `lawner.tagger` finds them and other libraries pass them over.

Source: Lample et al. 2016 (a CRF over the scores of a network); Lafferty et al. 2001.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lawner.base_models import heavy
from lawner.engines.folder import TRANSITIONS, WEIGHTS, read_transitions
from lawner.tags import is_legal
from lawner.weights import read_safetensors

ILLEGAL = -4.0
"""Where the score of a transition that IOB2 forbids begins; that of the others at 0."""


def add_transitions(model: Any, tags: Sequence[str]) -> None:
    """Give a model transitions: those in its config, which are taken out of it, else new ones.

    Raises:
        ModelError: If those in the config are broken.
    """
    known = read_transitions(vars(model.config), n_tags=len(tags), place=model.config.name_or_path)
    _forget(model.config)
    if known is None:
        known = np.array([[0.0 if is_legal(tag, after) else ILLEGAL for after in tags] for tag in tags])
    _set(model, known)


def restore_transitions(model: Any, checkpoint: Path) -> None:
    """Give a model that was loaded from a checkpoint of a trainer the transitions that lie there, if there are any."""
    path = checkpoint / WEIGHTS
    found = read_safetensors(path).get(TRANSITIONS) if path.is_file() else None
    if found is not None:
        _set(model, found)


@contextmanager
def in_config(model: Any) -> Iterator[None]:
    """Keep the transitions of a model in its config while the block runs, and nowhere else."""
    found = transitions_of(model)
    _forget(model.config)
    if found is None:
        yield
        return
    setattr(model.config, TRANSITIONS, [[round(score, 5) for score in row] for row in found.tolist()])
    delattr(model, TRANSITIONS)
    try:
        yield
    finally:
        _forget(model.config)
        _set(model, found)


def transitions_of(model: Any) -> npt.NDArray[np.float32] | None:
    """The transitions of a model, from a tag (row) to the next; None if it has none.

    Shapes:
        result: ``(n_tags, n_tags)``
    """
    found = getattr(model, TRANSITIONS, None)
    if found is None:
        return None
    array: npt.NDArray[np.float32] = found.detach().float().cpu().numpy().copy()
    return array


def chain_loss(scores: Any, transitions: Any, labels: Any) -> Any:
    """How improbable the gold tags are: minus the logarithm of their probability as a sequence, per token.

    Args:
        scores: Of every tag.
        transitions: From a tag (row) to the next.
        labels: Tag ids; negative outside the core of a window, whose tokens stand together.

    Shapes:
        scores: ``(batch, seq, n_tags)``
        transitions: ``(n_tags, n_tags)``
        labels: ``(batch, seq)``
        result: ``()``
    """
    torch = heavy("torch")
    with torch.autocast(scores.device.type, enabled=False):
        scores, transitions = scores.float(), transitions.float()
        counted = labels >= 0
        lengths, first = counted.sum(1), counted.int().argmax(1)
        longest = max(1, int(lengths.max()))
        places = (first[:, None] + torch.arange(longest, device=labels.device)).clamp(max=labels.shape[1] - 1)
        there = torch.arange(longest, device=labels.device) < lengths[:, None]
        tags = labels.gather(1, places).clamp(min=0)
        scores = scores.gather(1, places[:, :, None].expand(-1, -1, scores.shape[2]))
        gold = (scores.gather(2, tags[:, :, None]).squeeze(2) * there).sum()
        gold = gold + (transitions[tags[:, :-1], tags[:, 1:]] * there[:, 1:]).sum()
        state, step, tiny = scores[:, 0], transitions.exp(), torch.finfo(torch.float32).tiny
        for place in range(1, longest):
            most = state.max(1, keepdim=True).values
            after = ((state - most).exp() @ step).clamp(min=tiny).log() + most + scores[:, place]
            state = torch.where(there[:, place, None], after, state)
        every = torch.logsumexp(state, 1) * (lengths > 0)
        return (every.sum() - gold) / counted.sum().clamp(min=1)


def _forget(config: Any) -> None:
    """Take the transitions out of a config, if there are any."""
    if hasattr(config, TRANSITIONS):
        delattr(config, TRANSITIONS)


def _set(model: Any, values: Any) -> None:
    """Register transitions with a model."""
    torch = heavy("torch")
    table = torch.tensor(np.asarray(values), dtype=torch.float32, device=model.device)
    model.register_parameter(TRANSITIONS, torch.nn.Parameter(table))
