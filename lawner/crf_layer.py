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
        with torch.no_grad():
            every, of_tags, of_steps = _expected(scores, transitions, there)
        mean = (of_tags * scores).sum() + (of_steps * transitions).sum()  # its gradient is that of `every`
        return (mean - gold + (every - mean).detach()) / counted.sum().clamp(min=1)


def _expected(scores: Any, transitions: Any, there: Any) -> tuple[Any, Any, Any]:
    """The sum over all tag sequences, and how often each tag and each step is to be expected, by forward–backward.

    To write the gradient down takes a third of the time of following hundreds of small operations back.

    Args:
        scores: Of every tag.
        transitions: From a tag (row) to the next.
        there: Which places count; they stand at the beginning of each row.

    Shapes:
        scores: ``(batch, seq, n_tags)``
        there: ``(batch, seq)``
        result: ``()``, ``(batch, seq, n_tags)``, ``(n_tags, n_tags)``

    Source: Rabiner 1989, with probabilities scaled at every place.
    """
    torch = heavy("torch")
    tiny, longest = torch.finfo(torch.float32).tiny, scores.shape[1]
    most = scores.amax(2)
    factors = (scores - most[:, :, None]).exp().transpose(0, 1).contiguous()
    step, counts = transitions.exp(), there.t()[:, :, None].float().contiguous()
    forward, scales = torch.empty_like(factors), torch.empty_like(counts)
    state = factors[0]
    for place in range(longest):
        if place:
            state = (state @ step) * factors[place]
        torch.sum(state, 1, keepdim=True, out=scales[place])
        state = torch.div(state, scales[place].clamp_(min=tiny), out=forward[place])
    ahead = factors[1:] / scales[1:] * counts[1:]  # weights of the next place, none behind the end
    ending, back_step = 1 - counts[1:], step.t().contiguous()
    backward = torch.ones_like(factors)
    state = backward[-1]
    for place in range(longest - 2, -1, -1):
        state = torch.addcmul(ending[place], ahead[place] * state @ back_step, counts[place + 1], out=backward[place])
    every = ((scales.squeeze(2).log() + most.t()) * counts.squeeze(2)).sum()
    of_tags = (forward * backward * counts).transpose(0, 1)
    of_steps = step * (forward[:-1].flatten(0, 1).t() @ (ahead * backward[1:]).flatten(0, 1))
    return every, of_tags, of_steps


def _forget(config: Any) -> None:
    """Take the transitions out of a config, if there are any."""
    if hasattr(config, TRANSITIONS):
        delattr(config, TRANSITIONS)


def _set(model: Any, values: Any) -> None:
    """Register transitions with a model."""
    torch = heavy("torch")
    table = torch.tensor(np.asarray(values), dtype=torch.float32, device=model.device)
    model.register_parameter(TRANSITIONS, torch.nn.Parameter(table))
