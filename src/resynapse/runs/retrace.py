"""The connections of one subject before and after each structural step, computed again: a run keeps no networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.cohort import Subject
from resynapse.engine import engine, engine_kind
from resynapse.errors import ResynapseError
from resynapse.protocol import Protocol, Regrow, Step, Train
from resynapse.protocol.routes import Route
from resynapse.runs.store.folder import Manifest
from resynapse.runs.walk import reached
from resynapse.runs.workers.blas import single_threaded_blas


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The connections at one moment.

    Parameters
    ----------
    step : the structural step that has just been done; None for the network before the first one.
    masks, weights : per layer, shape (units, inputs).
    """

    step: Step | None
    masks: tuple[NDArray[np.bool_], ...]
    weights: tuple[NDArray[np.floating], ...]


def structural_arm(protocol: Protocol) -> str:
    """The arm that shows most: the first that regrows connections in its treatment, or else the first of all."""
    arms = list(protocol.arms)
    grows = [a for a in arms if any(isinstance(node.step, Regrow) for node in protocol.arms[a])]
    return (grows or arms)[0]


def too_much(manifest: Manifest, arm: str) -> str:
    """Why the stages cannot be shown; empty where they can."""
    route = _before_follow_up(manifest.protocol, arm)
    if not route:
        return "no connection is pruned or regrown before the follow-up"
    protocol = manifest.protocol
    connections = sum(units * inputs for units, inputs in protocol.network.connections(protocol.task).values())
    epochs = sum(stop.step.length for stop in route if isinstance(stop.step, Train))
    limit = engine_kind(manifest.engine).most_updates
    work = float(epochs) * protocol.task.sizes.train * connections
    return (
        "" if work <= limit else f"to compute the networks again would take {work:.2g} updates; the limit is {limit:g}"
    )


def stages(manifest: Manifest, arm: str, number: int) -> tuple[Stage, ...]:
    """The connections of subject `number` before the first structural step of an arm, and after each of them.

    Raises
    ------
    ResynapseError : `too_much`, or what a walk may raise.
    """
    reason = too_much(manifest, arm)
    if reason:
        raise ResynapseError(reason)
    stops = len(_before_follow_up(manifest.protocol, arm))
    protocol = manifest.protocol
    chosen = engine(manifest.engine, batch_size=protocol.batch_size, architecture=protocol.network)
    subject = Subject(manifest.root_seed, number)
    found: list[Stage] = []
    with single_threaded_blas():
        before = subject.network(manifest.protocol)
        for stop, state in reached(manifest.protocol, arm, stops, subject, chosen):
            after = state.network
            if stop.step is not None and stop.step.structural:
                if not found:
                    found.append(Stage(step=None, masks=tuple(before.masks.values()), weights=before.weights))
                found.append(Stage(step=stop.step, masks=tuple(after.masks.values()), weights=after.weights))
            before = after
    return tuple(found)


def _before_follow_up(protocol: Protocol, arm: str) -> Route:
    """The arm's route up to its last structural step before the follow-up; empty where it has none."""
    route = [stop for stop in protocol.routes[arm] if stop.section != "follow_up"]
    last = max((i for i, stop in enumerate(route) if stop.step is not None and stop.step.structural), default=-1)
    return tuple(route[: last + 1])
