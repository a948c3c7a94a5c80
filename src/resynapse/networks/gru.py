"""Gated recurrent units with a linear read-out: the network of the recurrent sequel (docs/recurrent.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from resynapse.modulation import FloatArray, Modulation, library_of
from resynapse.networks.base import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.networks.gru_layer import ARRAYS, GruStep, gru_back, gru_step
from resynapse.networks.recurrent import MOST_UNITS, drawn, each_step
from resynapse.randomness import Key, uniforms
from resynapse.task import Task, outputs_of


class _Array(NamedTuple):
    """A connection: its name, that of its bias, its shape, and what the first values are scaled by."""

    name: str
    bias: str
    shape: tuple[int, int]
    scale: int


@dataclass(frozen=True, kw_only=True)
class Gru(Architecture):
    """Layers of gated recurrent units, read out linearly.

    Parameters
    ----------
    hidden : units of each layer, 1 or more layers.
    embedding : units of a linear layer before the first one, 0 for none.
    readout : ``last`` reads the activity of the last step, ``every`` that of each step.

    Layer l, counted from 1, has the connections ``input.l`` (3 units, inputs) and ``recurrent.l`` (3 units, units),
    with the gates reset, update, new one below the other, and a bias for each; ``readout`` has the shape (classes,
    units). Its activity is the site ``hidden.l``. Internal noise acts on the input of a layer, after gain; a probe of
    the hidden units acts on its state. Only the latter can be in units of each unit's own SD.

    Raises
    ------
    ValueError : no layer, or a number of units that is not possible.
    """

    kind: ClassVar[str] = "gru"
    title: ClassVar[str] = "network of gated recurrent units"
    takes_time: ClassVar[bool] = True
    noise_in_time: ClassVar[bool] = True

    hidden: tuple[int, ...] = (384,)
    embedding: int = 0
    readout: Literal["last", "every"] = "last"

    def __post_init__(self) -> None:
        if not self.hidden:
            raise ValueError("hidden names no layer; give at least one number of units")
        for units in (*self.hidden, max(1, self.embedding)):
            if not 1 <= units <= MOST_UNITS:
                raise ValueError(f"{units} units; a layer has 1 to {MOST_UNITS}")
        if self.embedding < 0:
            raise ValueError(f"embedding {self.embedding}; give 0 for none, or a number of units")

    @property
    def sites(self) -> dict[str, int]:
        """Units of every layer."""
        return {f"hidden.{layer}": units for layer, units in enumerate(self.hidden, 1)}

    def _inputs(self, task: Task) -> tuple[int, ...]:
        """Inputs of every layer."""
        return (self.embedding or task.features, *self.hidden[:-1])

    def _arrays(self, task: Task) -> Iterator[_Array]:
        """Every connection with its bias, in the order from inputs to scores."""
        if self.embedding:
            yield _Array("embedding", "embedding_bias", (self.embedding, task.features), task.features)
        for layer, (units, inputs) in enumerate(zip(self.hidden, self._inputs(task), strict=True), 1):
            yield _Array(f"input.{layer}", f"input_bias.{layer}", (3 * units, inputs), units)
            yield _Array(f"recurrent.{layer}", f"recurrent_bias.{layer}", (3 * units, units), units)
        yield _Array("readout", "readout_bias", (outputs_of(task), self.hidden[-1]), self.hidden[-1])

    def connections(self, task: Task) -> dict[str, tuple[int, int]]:
        """Shape (units, inputs) of the embedding, of input and recurrent arrays by layer, and of the read-out."""
        return {one.name: one.shape for one in self._arrays(task)}

    def initialise(self, key: Key, task: Task) -> Network:
        """All values of a layer and of the read-out uniform in +-1/sqrt(units), the embedding in +-1/sqrt(features)."""
        connections: dict[str, FloatArray] = {}
        biases: dict[str, FloatArray] = {}
        for number, one in enumerate(self._arrays(task)):
            bound = one.scale**-0.5
            connections[one.name] = bound * (2.0 * uniforms(key.of("weights"), *one.shape, layer=number) - 1.0)
            bias = uniforms(key.of("biases"), one.shape[0], 1, layer=number)[:, 0]
            biases[one.bias] = bound * (2.0 * bias - 1.0)
        return Network.dense(self, connections, biases)

    def forward(self, network: Network, inputs: FloatArray, modulation: Modulation, noise: Noise = NO_NOISE) -> Trace:
        """Layer by layer through all steps from a state of zeros, then the read-out."""
        values = network.values
        arriving = list(each_step(inputs))
        library = library_of(values["readout"])
        if self.embedding:
            arriving = [values["embedding"] @ x + values["embedding_bias"][:, None] for x in arriving]
        kept: list[list[GruStep]] = []
        for number, (site, units) in enumerate(self.sites.items()):
            here, own = modulation.at(site), _of_layer(values, number + 1)
            state = library.zeros((units, inputs.shape[-1]), dtype=values["readout"].dtype)
            steps: list[GruStep] = []
            random = drawn(noise, here, number, arriving, units=units, scale=noise.scales.get(site))
            for x, one in zip(arriving, random, strict=True):
                steps.append(gru_step(own, x, state, here, one))
                state = steps[-1].activity
            arriving = [step.activity for step in steps]
            kept.append(steps)
        read = arriving if self.readout == "every" else arriving[-1:]
        scores = [values["readout"] @ h + values["readout_bias"][:, None] for h in read]
        return Trace(
            library.stack(scores) if self.readout == "every" else scores[-1],
            {site: library.stack([s.activity for s in steps]) for site, steps in zip(self.sites, kept, strict=True)},
            {site: library.stack([s.state for s in steps]) for site, steps in zip(self.sites, kept, strict=True)},
            kept=(inputs, kept),
        )

    def backward(
        self, network: Network, trace: Trace, slopes: FloatArray, modulation: Modulation
    ) -> dict[str, FloatArray]:
        """Back-propagation through time, from the last layer to the first."""
        values = network.values
        inputs, kept = trace.kept
        last = [step.activity for step in kept[-1]]
        at_scores = list(slopes) if self.readout == "every" else [slopes]
        read = last if self.readout == "every" else last[-1:]
        found = {
            "readout": sum(d @ h.T for d, h in zip(at_scores, read, strict=True)),
            "readout_bias": sum(d.sum(axis=1) for d in at_scores),
        }
        silent = [np.zeros_like(h) for h in last[: len(last) - len(read)]]
        down = [*silent, *(values["readout"].T @ d for d in at_scores)]
        for layer in range(len(self.hidden), 0, -1):
            here = modulation.at(f"hidden.{layer}")
            own, down = gru_back(_of_layer(values, layer), kept[layer - 1], down, here)
            found |= {f"{name}.{layer}": slope for name, slope in own.items()}
        if self.embedding:
            steps = list(each_step(inputs))
            found["embedding"] = sum(d @ x.T for d, x in zip(down, steps, strict=True))
            found["embedding_bias"] = sum(d.sum(axis=1) for d in down)
        return found

    def describe(self, task: Task) -> str:
        """Inputs, units of each layer, classes, such as ``2-384-4``."""
        sizes = (task.features, *([self.embedding] if self.embedding else []), *self.hidden, outputs_of(task))
        return "-".join(map(str, sizes))

    def variations(self) -> dict[str, Architecture]:
        """Half the units, and one more layer."""
        return {
            "half-width": replace(self, hidden=tuple(max(1, units // 2) for units in self.hidden)),
            "one-more-layer": replace(self, hidden=(self.hidden[0], *self.hidden)),
        }


def _of_layer(values: Mapping[str, FloatArray], layer: int) -> dict[str, FloatArray]:
    """The arrays of one layer, counted from 1."""
    return {name: values[f"{name}.{layer}"] for name in ARRAYS}
