"""What every simulated network is: an architecture, and the arrays that the architecture names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from resynapse.modulation import FloatArray, Modulation
from resynapse.randomness import Key, normals
from resynapse.task import Task

BoolArray = NDArray[np.bool_]

__all__ = ["NO_NOISE", "Architecture", "BoolArray", "FloatArray", "Network", "Noise", "Trace"]


@dataclass(frozen=True, slots=True)
class Network:
    """One network, immutable.

    Parameters
    ----------
    architecture : which arrays there are, and how they turn inputs into scores.
    values : float array by name; connections first, in the order from inputs to scores.
    masks : of each connection, bool array of its shape (units, inputs); False is a pruned connection, whose value is
        zero. Values without a mask (biases) are never pruned.
    scars : of each connection, bool array of its shape; True is pruned and never regrown.

    The last connection is the read-out: it has a row for each class. The biology it stands for: a connection is a
    synapse, a mask its elimination. Source: article, Methods, network.
    """

    architecture: Architecture
    values: Mapping[str, FloatArray]
    masks: Mapping[str, BoolArray]
    scars: Mapping[str, BoolArray]

    def __post_init__(self) -> None:
        for array in (*self.values.values(), *self.masks.values(), *self.scars.values()):
            # arrays of other libraries are immutable anyway
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    @classmethod
    def dense(
        cls, architecture: Architecture, connections: Mapping[str, FloatArray], others: Mapping[str, FloatArray]
    ) -> Network:
        """A network with all connections and no scars.

        Parameters
        ----------
        connections : values of each connection, shape (units, inputs).
        others : values that are never pruned, such as biases.
        """
        return cls(
            architecture,
            {**connections, **others},
            {name: np.ones(value.shape, dtype=np.bool_) for name, value in connections.items()},
            {name: np.zeros(value.shape, dtype=np.bool_) for name, value in connections.items()},
        )

    @property
    def weights(self) -> tuple[FloatArray, ...]:
        """Values of the connections, in order."""
        return tuple(self.values[name] for name in self.masks)

    @property
    def biases(self) -> tuple[FloatArray, ...]:
        """Values that are never pruned, in order."""
        return tuple(value for name, value in self.values.items() if name not in self.masks)

    @property
    def classes(self) -> int:
        """Number of scores that a sample gets."""
        return int(self.weights[-1].shape[0])

    @property
    def active(self) -> int:
        """Number of connections whose mask is on."""
        return sum(int(np.count_nonzero(m)) for m in self.masks.values())

    @property
    def sparsity(self) -> float:
        """Share of all connections that are pruned, in [0, 1]."""
        return 1.0 - self.active / sum(m.size for m in self.masks.values())

    @property
    def scarred(self) -> float:
        """Share of all positions that are scars, in [0, 1]."""
        return sum(int(np.count_nonzero(s)) for s in self.scars.values()) / sum(s.size for s in self.scars.values())

    def with_values(self, values: Mapping[str, FloatArray]) -> Network:
        """The same structure with other values under some names."""
        return replace(self, values={**self.values, **values})

    def with_weights(self, weights: Sequence[FloatArray], biases: Sequence[FloatArray] = ()) -> Network:
        """The same structure with other values of all connections, and of all others if they are given."""
        others = [name for name in self.values if name not in self.masks] if biases else []
        return self.with_values(dict(zip([*self.masks, *others], [*weights, *biases], strict=True)))

    def with_masks(self, masks: Mapping[str, BoolArray]) -> Network:
        """The same network with other masks under some names; values off the mask become zero."""
        values = {name: np.where(m, self.values[name], self.values[name].dtype.type(0)) for name, m in masks.items()}
        return replace(self, values={**self.values, **values}, masks={**self.masks, **masks})

    def astype(self, dtype: DTypeLike) -> Network:
        """The same network with its values in another precision."""
        return self.with_values({name: value.astype(dtype) for name, value in self.values.items()})


@dataclass(frozen=True, slots=True)
class Noise:
    """The internal noise of one pass: standard normal numbers by address, and what they are multiplied by.

    Parameters
    ----------
    key : stream of the numbers; None where a pass has none.
    draw : number of the pass within the stream.
    scales : by site, what mean and sd of the noise are multiplied by in each unit, shape (units,); 1 where it is
        not named.
    """

    key: Key | None = None
    draw: int = 0
    scales: Mapping[str, FloatArray] = field(default_factory=dict)

    def normals(self, site: int, units: int, samples: int, *, time: int = 0) -> FloatArray:
        """Standard normal numbers, float64 of shape (units, samples), a function of the address alone.

        Parameters
        ----------
        site : number of the site among those of the architecture, from 0.
        time : step of the input sequence, from 0.
        """
        if self.key is None:
            raise ValueError("a modulation with noise_sd above 0 needs a noise stream")
        return normals(self.key, units, samples, layer=site, draw=self.draw, time=time)

    def sequence(self, site: int, steps: int, units: int, samples: int) -> FloatArray:
        """Standard normal numbers of one site in every step, shape (steps, units, samples)."""
        return np.stack([self.normals(site, units, samples, time=time) for time in range(steps)])


NO_NOISE = Noise()
"""Of a pass without internal noise."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one pass computed.

    Parameters
    ----------
    scores : shape (classes, samples), or (steps, classes, samples) where every step is read out.
    activity : by site, what the units pass on, after noise, inhibition, gain and stabiliser; shape (units, samples),
        or (steps, units, samples) where a site has several steps.
    activated : by site, the output of the activation function, before noise; same shape.
    kept : what the architecture's `backward` needs besides.
    """

    scores: FloatArray
    activity: Mapping[str, FloatArray]
    activated: Mapping[str, FloatArray]
    kept: Any = None


class Architecture(ABC):
    """How named arrays turn inputs into scores; the equations of a network, without values.

    A kind of architecture is a frozen, keyword-only dataclass derived from this class. Its fields are the keys of
    `network` in a protocol file, beside ``kind``. `forward` uses array operations only (those of its inputs' own
    namespace), so that an engine by automatic differentiation can trace it; `backward` is for the reference engine.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    kind: ClassVar[str]
    """As `network.kind` names it in protocol files."""
    title: ClassVar[str]
    """In words, for methods sections: ``fully connected network``."""
    takes_time: ClassVar[bool] = False
    """Whether inputs may have steps of time, shape (steps, features, samples)."""
    noise_in_time: ClassVar[bool] = False
    """Whether internal noise can act in some steps of a sequence alone (`Modulation.noise_at`)."""

    @property
    @abstractmethod
    def sites(self) -> Mapping[str, int]:
        """Units of every hidden activity that modulation acts on, by name, in the order from inputs to scores."""

    @abstractmethod
    def connections(self, task: Task) -> Mapping[str, tuple[int, int]]:
        """Shape (units, inputs) of every connection of a network that learns `task`, in order."""

    @abstractmethod
    def initialise(self, key: Key, task: Task) -> Network:
        """A network with all connections before anything is learnt, float64: a function of the key."""

    @abstractmethod
    def forward(self, network: Network, inputs: FloatArray, modulation: Modulation, noise: Noise = NO_NOISE) -> Trace:
        """One pass.

        Parameters
        ----------
        inputs : shape (features, samples), or (steps, features, samples) of a task with time.
        modulation : ``modulation.at(site)`` is what acts on one site.
        """

    def backward(
        self, network: Network, trace: Trace, slopes: FloatArray, modulation: Modulation
    ) -> dict[str, FloatArray]:
        """Gradient of the loss by every name of `network.values`, pruned positions included.

        Parameters
        ----------
        trace : of the pass, from `forward`.
        slopes : derivative of the loss by each score, the shape of the scores.
        """
        raise NotImplementedError(f"architecture {self.kind} states no gradient")

    @property
    def has_gradient(self) -> bool:
        """Whether it states its gradient by hand; else only engines that differentiate by themselves can train it."""
        return type(self).backward is not Architecture.backward

    @abstractmethod
    def describe(self, task: Task) -> str:
        """Its sizes, such as ``2-512-512-256-4``."""

    def variations(self) -> Mapping[str, Architecture]:
        """Architectures of other sizes, by name, in which an audit repeats a conclusion."""
        return {}
