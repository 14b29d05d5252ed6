"""Training a network that says whether a passage tells what a question asks."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional

from index.embed import in_bfloat16
from index.errors import TrainingDataError
from index.model.readings import Progress, Reading, Readings

#: Seconds between two states that are kept on disk.
_KEPT_EVERY = 600


@dataclass(frozen=True, slots=True)
class Phase:
    """Pairs of question and passage that are seen, and a rate that falls to almost nothing.

    The rate is that of what `Course.begun` names.
    """

    examples: int
    rate: float


@dataclass(frozen=True, slots=True)
class Course:
    """How a network is trained in every phase."""

    begun: tuple[str, ...]  # how the names of weights begin that were a model's before
    new_rate: float  # of the other weights
    fixed: tuple[str, ...] = ()  # how the names of those begin that stay as they are
    warm_up: int = 100  # steps
    batch: int = 64
    block: int = 4_096  # pairs sorted by length together
    weight_decay: float = 0.02
    seed: int = 1


class Given(Protocol):
    """Makes of readings what a network takes."""

    def batch(self, some: Sequence[Reading]) -> tuple[object, ...]:
        """The arguments of the network's `forward`."""


def fit(
    network: nn.Module,
    readings: Sequence[Reading],
    given: Given,
    course: Course,
    phase: Phase,
    what: str,
    progress: Progress,
    state: Path | None = None,
) -> None:
    """Trains `network` on `readings` for `phase`, of which `what` is the name.

    With `state`, what a training that was cut off had reached by then is kept there, and taken up
    again; raises `TrainingDataError` if that was another training.
    """
    begun: list[nn.Parameter] = []
    new: list[nn.Parameter] = []
    for name, weights in network.named_parameters():
        weights.requires_grad_(not name.startswith(course.fixed))
        if weights.requires_grad:
            (begun if name.startswith(course.begun) else new).append(weights)
    optimizer = torch.optim.AdamW(
        [{"params": begun, "peak": phase.rate}, {"params": new, "peak": course.new_rate}],
        weight_decay=course.weight_decay,
        fused=True,
    )
    batches = _batches(readings, course, random.Random(f"{course.seed} {what}"))  # noqa: S311
    done = steps = 0
    if state and state.exists():
        steps, done = _taken_up(state, network, optimizer)
        for _ in range(steps):
            next(batches)
    network.train()
    kept = time.monotonic()
    while done < phase.examples:
        some = next(batches)
        share = min(1.0, (steps + 1) / course.warm_up)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * share * max(0.02, 1 - done / phase.examples)
        with in_bfloat16():
            found = network(*given.batch(some)).float()
        loss = functional.binary_cross_entropy_with_logits(
            found,
            torch.tensor([float(one.told) for one in some]),
            weight=torch.tensor([one.counts for one in some]),
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        steps, done = steps + 1, done + len(some)
        progress(what, done, phase.examples)
        if state and time.monotonic() - kept > _KEPT_EVERY:
            _keep(state, network, optimizer, steps, done)
            kept = time.monotonic()


def kept_apart(network: nn.Module, readings: Readings, given: Given, size: int) -> dict[str, float]:
    """AUC by kind on what was kept apart, `size` readings at once.

    "reports" is that of all questions on affairs, "twin" that of the answered ones against twins;
    no other number counts them.
    """
    network.train(mode=False)
    found = _aucs(readings.apart, _scores(network, readings.apart, given, size), "all")
    reports = _scores(network, readings.reported, given, size)
    of_affairs = _aucs(readings.reported, reports, "reports")
    return found | {kind: of_affairs[kind] for kind in ("reports", "twin") if kind in of_affairs}


def _keep(
    state: Path, network: nn.Module, optimizer: torch.optim.Optimizer, steps: int, done: int
) -> None:
    part = state.with_suffix(".part")
    held = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**held, "steps": steps, "done": done}, part)
    part.replace(state)


def _taken_up(state: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, int]:
    """Steps and pairs seen by the training whose state is taken up."""
    try:
        held = torch.load(state, weights_only=True)
        network.load_state_dict(held["network"])
        optimizer.load_state_dict(held["optimizer"])
        return int(held["steps"]), int(held["done"])
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise TrainingDataError(
            f"{state}: not the state of this training ({type(error).__name__}); "
            "remove it to begin anew"
        ) from None


def _batches(
    readings: Sequence[Reading], course: Course, chance: random.Random
) -> Iterator[list[Reading]]:
    """All of `readings`, those of like length together, again and again."""
    while True:
        mixed = chance.sample(list(readings), len(readings))
        for begin in range(0, len(mixed), course.block):
            block = sorted(mixed[begin : begin + course.block], key=_length)
            batches = [block[at : at + course.batch] for at in range(0, len(block), course.batch)]
            chance.shuffle(batches)
            yield from batches


def _length(one: Reading) -> int:
    return sum(map(len, one.passage))


@torch.inference_mode()
def _scores(
    network: nn.Module, readings: Sequence[Reading], given: Given, size: int
) -> npt.NDArray[np.float32]:
    found = np.zeros(len(readings), dtype=np.float32)
    order = sorted(range(len(readings)), key=lambda number: _length(readings[number]))
    for begin in range(0, len(order), size):
        some = order[begin : begin + size]
        with in_bfloat16():
            scores = network(*given.batch([readings[number] for number in some]))
        found[some] = scores.float().numpy()
    return found


def _aucs(
    readings: Sequence[Reading], given: npt.NDArray[np.float32], name: str
) -> dict[str, float]:
    """AUC of what is told against all that is not, under `name`, and against each kind of it."""
    kinds = np.array([one.kind for one in readings])
    told = kinds == "told"
    found = {name: float(roc_auc_score(told, given))}
    for kind in sorted({*kinds.tolist()} - {"told"}):
        some = told | (kinds == kind)
        found[kind] = float(roc_auc_score(told[some], given[some]))
    return found
