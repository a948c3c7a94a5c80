"""Attention over the steps of a task, stated by its forward pass alone: the engine `jax` does the rest."""

from dataclasses import dataclass
from typing import ClassVar

from resynapse.modulation import activate, library_of, transmitted
from resynapse.networks import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.randomness import Key, uniforms


@dataclass(frozen=True, kw_only=True)
class Attention(Architecture):
    """The last step asks every step what it holds: a softmax over steps weighs what the hidden units pass on.

    Parameters
    ----------
    units : of the hidden activity of each step; drugs, noise and stabiliser act on it in every step.
    """

    kind: ClassVar[str] = "attention"
    title: ClassVar[str] = "network with attention over steps"
    takes_time: ClassVar[bool] = True
    units: int = 32

    @property
    def sites(self) -> dict[str, int]:
        """The hidden units."""
        return {"hidden": self.units}

    def connections(self, task) -> dict[str, tuple[int, int]]:
        """Query and key of an input, its hidden units, and the read-out."""
        into = dict.fromkeys(("query", "key", "hidden"), (self.units, task.features))
        return {**into, "readout": (task.classes, self.units)}

    def initialise(self, key: Key, task) -> Network:
        """Weights within one over the root of their inputs, biases 0."""
        shapes = self.connections(task)
        weights = {name: (2 * uniforms(key.of(name), *shape) - 1) / shape[1] ** 0.5 for name, shape in shapes.items()}
        return Network.dense(self, weights, {"bias": 0 * weights["hidden"][:, 0]})

    def forward(self, network: Network, inputs, modulation, noise: Noise = NO_NOISE) -> Trace:
        """One pass over inputs of shape (steps, features, samples); without a time axis they are one step."""
        values, here, library = network.values, modulation.at("hidden"), library_of(network.values["readout"])
        steps = inputs if inputs.ndim == 3 else inputs[None]
        active = activate(values["hidden"] @ steps + values["bias"][:, None], here.activation)
        normals = noise.sequence(0, *active.shape) if here.noisy else None
        hidden = transmitted(active, here, normals, noise.scales.get("hidden"))
        match = ((values["query"] @ steps[-1]) * (values["key"] @ steps)).sum(axis=1) / self.units**0.5
        weight = library.exp(match - match.max(axis=0))
        read = (hidden * (weight / weight.sum(axis=0))[:, None]).sum(axis=0)
        return Trace(values["readout"] @ read, {"hidden": hidden}, {"hidden": active})

    def describe(self, task) -> str:
        """Inputs, units, classes."""
        return f"{task.features}-{self.units}-{task.classes}"
