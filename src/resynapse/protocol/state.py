"""The input and output of a step: the state of one subject, and its surroundings (task, streams, baselines)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resynapse.engine import Engine
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import Network
from resynapse.randomness import Key
from resynapse.task import TaskData


@dataclass(frozen=True, slots=True)
class State:
    """One simulated subject at one moment.

    Parameters
    ----------
    network, modulation : the network and what acts on it.
    marked : the network as it was when it was last marked, to measure change from; None before.
    induced : the network at the end of the induction, which noise may be scaled to; None within it.
    mapping : what the task asks for, where it is another mapping than its own (`resynapse.task.mappings_of`).
    intact : the network before its first loss, which noise may be calibrated to; None before that, or if nobody asks.
    """

    network: Network
    modulation: Modulation = NEUTRAL
    marked: Network | None = None
    induced: Network | None = None
    intact: Network | None = None
    mapping: str = ""


def _nobody() -> Network:
    raise ValueError("there is no subject here to start over")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a step may use besides the state.

    Parameters
    ----------
    engine : the three verbs.
    data : the subject's task sets.
    batch_size : samples of a training step.
    key : the step's own random stream.
    pause : called between epochs; it may raise to stop.
    fresh : gives the subject's network before anything was learnt.
    """

    engine: Engine
    data: TaskData
    batch_size: int
    key: Key
    pause: Callable[[], None]
    fresh: Callable[[], Network] = _nobody
