"""Passes of a recurrent network through batches: what architectures share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.compiled.kernels.lanes import LANES, zeros
from resynapse.engine.compiled.kernels.matrices import Gradients
from resynapse.engine.compiled.kernels.sequences import Place, Readout, gather, read, read_back, slopes
from resynapse.engine.compiled.trained_arrays import Arrays, padded
from resynapse.modulation import Modulation
from resynapse.networks.base import FloatArray, Network

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Inputs in steps.

    Parameters
    ----------
    values : float32 of shape (steps, features, samples), or one step that repeats.
    steps : how many there are.
    """

    values: Float32
    steps: int

    @classmethod
    def of(cls, inputs: NDArray[np.float64]) -> Sequences:
        """Inputs of shape (features, samples) or (steps, features, samples)."""
        each = inputs if inputs.ndim == 3 else inputs[None]
        # a task whose point repeats gives a view of one step
        kept = each[:1] if each.strides[0] == 0 else each
        return cls(np.ascontiguousarray(kept, dtype=np.float32), len(each))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What scratch depends on.

    Parameters
    ----------
    steps : of a sequence.
    given : steps of the inputs, 1 where one repeats.
    groups : of 16 samples in a batch.
    read : steps that are read out.
    learns : whether gradients are taken.
    """

    steps: int
    given: int
    groups: int
    read: int
    learns: bool

    def scratch(self, units: int, *steps: int) -> Float32:
        """Of every step, (steps, groups, units or more, 16)."""
        return zeros(*steps, self.groups, padded(units), LANES)


def noise_of(here: Modulation, steps: int) -> tuple[Float32, Float32]:
    """Mean and SD of the noise in every step."""
    each = [here.in_step(time) for time in range(steps)]
    return np.array([m.noise_offset for m in each], np.float32), np.array([m.noise_sd for m in each], np.float32)


def scale_of(noise_scale: Mapping[str, FloatArray] | None, site: str, units: int) -> Float32:
    """What the noise of a site is multiplied by in each unit."""
    given = (noise_scale or {}).get(site)
    return np.ones(units, dtype=np.float32) if given is None else np.array(given, dtype=np.float32)


class Passes(ABC):
    """Passes of one network through batches in groups of 16 samples."""

    def __init__(self, network: Network, sizes: Sizes, gates: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.arrays = Arrays(network, gates)
        features = next(iter(network.masks.values())).shape[1]
        self.batch = sizes.scratch(features, sizes.given)
        classes, last = network.masks["readout"].shape
        learning = sizes.read if sizes.learns else 1
        self.readout = Readout(
            scores=sizes.scratch(classes, sizes.read),
            above=sizes.scratch(last, learning),
            chosen=np.zeros((sizes.groups, last), dtype=np.int32),
            counts=np.zeros(sizes.groups, dtype=np.int64),
            rows=np.zeros((sizes.groups, classes), dtype=np.int32),
            row_count=np.zeros(sizes.groups, dtype=np.int64),
            on=np.zeros(classes, dtype=np.int64),
        )
        self.gradients = self._scratch_of_gradients() if sizes.learns else None

    def _scratch_of_gradients(self) -> Gradients:
        dense = [matrix for matrix in self.arrays.matrices.values() if matrix.dense]
        samples = self.sizes.steps * self.sizes.groups * LANES
        most = max((one.rows // one.gates for one in dense), default=0)
        return Gradients(
            turned=zeros(samples * max((one.width for one in dense), default=0)),
            chosen=np.zeros(samples * most, dtype=np.int32),
            deltas=zeros(samples * max((padded(one.rows) for one in dense), default=0)),
            start=np.zeros(self.sizes.steps * most + 1, dtype=np.int64),
        )

    @abstractmethod
    def through(self, modulation: Modulation, place: Place, noise_scale: Mapping[str, FloatArray] | None) -> None:
        """Run `self.batch` through all steps of the hidden layers."""

    @abstractmethod
    def back(self, modulation: Modulation) -> None:
        """Gradients of the hidden layers from `self.readout.above`."""

    @abstractmethod
    def activity(self) -> dict[str, Float32]:
        """By site, what units passed on in the last pass, (steps, groups, units or more, 16)."""

    @abstractmethod
    def activated(self) -> dict[str, Float32]:
        """By site, the output of the activation, likewise."""

    def forward(
        self,
        inputs: Sequences,
        chosen: NDArray[np.int64],
        modulation: Modulation,
        place: Place,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> None:
        """Scores of the chosen samples, in `self.readout.scores`."""
        gather(inputs.values, chosen, self.batch)
        self.through(modulation, place, noise_scale)
        *_, last = self.activity().values()
        read(self.arrays.matrices["readout"], self.arrays.bias("readout_bias"), last, self.readout)

    def learn(self, labels: NDArray[np.int64], targets: Float32, modulation: Modulation, learning_rate: float) -> None:
        """One step of Adam by the batch that `forward` saw."""
        readout = self.arrays.matrices["readout"]
        slopes(self.readout, readout.rows, labels, targets)
        *_, last = self.activity().values()
        read_back(readout, self.arrays.bias_gradient("readout_bias"), last, self.readout, self.gradients)
        self.back(modulation)
        self.arrays.update(learning_rate)
