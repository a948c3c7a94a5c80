"""Simple recurrent units with a linear read-out: the network of working-memory studies (docs/recurrent.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from resynapse.modulation import Activation, FloatArray, Modulation, activate, library_of, slope, transmitted
from resynapse.networks.base import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.networks.recurrent import MOST_UNITS, each_step
from resynapse.randomness import Key, normals
from resynapse.task import Task, outputs_of


@dataclass(frozen=True, kw_only=True)
class Rnn(Architecture):
    """One layer of simple recurrent units, read out linearly, without biases: ``h' = act(W x + R h)``.

    Parameters
    ----------
    hidden : units.
    activation : ``tanh`` in every drug state, or ``relu``, which a drug may change.
    readout : ``every`` reads the activity of each step, ``last`` that of the last one.
    weight_sd : SD of the first values of input and read-out, normal around 0.
    recurrent_sd : likewise of the recurrent connections.
    self_connection : added to the first value of each unit's connection with itself.

    The connections are ``input`` (units, features), ``recurrent`` (units, units) and ``readout`` (classes, units), the
    site is ``hidden``. Internal noise, gain, inhibition and stabiliser act on the units in every step, by the rule of
    the perceptron; what a step passes on is also the state of the next.

    Raises
    ------
    ValueError : a number of units that is not possible, or an SD below 0.
    """

    kind: ClassVar[str] = "rnn"
    title: ClassVar[str] = "network of simple recurrent units"
    takes_time: ClassVar[bool] = True
    noise_in_time: ClassVar[bool] = True

    hidden: tuple[int, ...] = (30,)
    activation: Activation = "tanh"
    readout: Literal["last", "every"] = "every"
    weight_sd: float = 0.2
    recurrent_sd: float = 0.1
    self_connection: float = 0.5

    def __post_init__(self) -> None:
        if len(self.hidden) != 1:
            raise ValueError(f"{len(self.hidden)} layers; this architecture has one")
        if not 1 <= self.hidden[0] <= MOST_UNITS:
            raise ValueError(f"{self.hidden[0]} units; a layer has 1 to {MOST_UNITS}")
        if min(self.weight_sd, self.recurrent_sd) < 0:
            raise ValueError("weight_sd and recurrent_sd are 0 or more")

    @property
    def sites(self) -> dict[str, int]:
        """The units."""
        return {"hidden": self.hidden[0]}

    def connections(self, task: Task) -> dict[str, tuple[int, int]]:
        """Shape (units, inputs) of input, recurrent connections and read-out."""
        (units,) = self.hidden
        return {"input": (units, task.features), "recurrent": (units, units), "readout": (outputs_of(task), units)}

    def initialise(self, key: Key, task: Task) -> Network:
        """Normal values; each unit's connection with itself is raised by `self_connection`."""
        sds = {"input": self.weight_sd, "recurrent": self.recurrent_sd, "readout": self.weight_sd}
        values = {
            name: sds[name] * normals(key.of("weights"), *shape, layer=number)
            for number, (name, shape) in enumerate(self.connections(task).items())
        }
        values["recurrent"] = values["recurrent"] + self.self_connection * np.eye(self.hidden[0])
        return Network.dense(self, values, {})

    def here(self, modulation: Modulation) -> Modulation:
        """What acts on the units, with the activation of this network."""
        here = modulation.at("hidden")
        return here if self.activation == "relu" else replace(here, activation="tanh")

    def forward(self, network: Network, inputs: FloatArray, modulation: Modulation, noise: Noise = NO_NOISE) -> Trace:
        """Step by step from a state of zeros; the read-out of every step, or of the last."""
        values, here = network.values, self.here(modulation)
        library = library_of(values["readout"])
        state = library.zeros((self.hidden[0], inputs.shape[-1]), dtype=values["readout"].dtype)
        arriving = list(each_step(inputs))
        before, activated, activity = [], [], []
        random = noise.sequence(0, len(arriving), *state.shape) if here.noisy else [None] * len(arriving)
        for time, (x, standard) in enumerate(zip(arriving, random, strict=True)):
            now = here.in_step(time)
            before.append(state)
            activated.append(activate(values["input"] @ x + values["recurrent"] @ state, here.activation))
            state = transmitted(activated[-1], now, standard if now.noisy else None, noise.scales.get("hidden"))
            activity.append(state)
        every = self.readout == "every"
        scores = [values["readout"] @ h for h in (activity if every else activity[-1:])]
        return Trace(
            library.stack(scores) if every else scores[-1],
            {"hidden": library.stack(activity)},
            {"hidden": library.stack(activated)},
            kept=(arriving, before),
        )

    def backward(
        self, network: Network, trace: Trace, slopes: FloatArray, modulation: Modulation
    ) -> dict[str, FloatArray]:
        """Back-propagation through time."""
        values, here = network.values, self.here(modulation)
        arriving, before = trace.kept
        found = {name: np.zeros_like(value) for name, value in values.items()}
        later = np.zeros_like(before[0])
        for time in reversed(range(len(arriving))):
            if self.readout == "every" or time == len(arriving) - 1:
                here_slopes = slopes[time] if self.readout == "every" else slopes
                found["readout"] += here_slopes @ trace.activity["hidden"][time].T
                later = later + values["readout"].T @ here_slopes
            delta = later * here.scale * slope(trace.activated["hidden"][time], here.activation)
            found["input"] += delta @ arriving[time].T
            found["recurrent"] += delta @ before[time].T
            later = values["recurrent"].T @ delta
        return found

    def describe(self, task: Task) -> str:
        """Inputs, units, classes, such as ``6-30-1``."""
        return "-".join(map(str, (task.features, *self.hidden, outputs_of(task))))

    def variations(self) -> dict[str, Architecture]:
        """Half the units, and twice as many."""
        (units,) = self.hidden
        return {
            "half-width": replace(self, hidden=(max(1, units // 2),)),
            "double-width": replace(self, hidden=(2 * units,)),
        }
