"""A network with another forward rule, and an engine of its own: what a package adds without touching resynapse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from resynapse.engine import EngineKind
from resynapse.engine.reference import ReferenceEngine
from resynapse.modulation import activate, slope, transmitted
from resynapse.networks import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.randomness import Key, uniforms


@dataclass(frozen=True, kw_only=True)
class Leaky(Architecture):
    """One hidden layer whose activation lets a share of the preactivation through: ``act(z) + leak * z``.

    Parameters
    ----------
    units : of the hidden layer.
    leak : share of the preactivation, in [0, 1).
    """

    kind: ClassVar[str] = "leaky"
    title: ClassVar[str] = "leaky network"
    units: int = 64
    leak: float = 0.1

    @property
    def sites(self) -> dict[str, int]:
        """The hidden layer."""
        return {"hidden": self.units}

    def connections(self, task) -> dict[str, tuple[int, int]]:
        """Two matrices."""
        return {"in": (self.units, task.features), "out": (task.classes, self.units)}

    def initialise(self, key: Key, task) -> Network:
        """Weights within one over the root of their inputs, biases 0."""
        shapes = self.connections(task)
        weights = {name: (2 * uniforms(key.of(name), *shape) - 1) / np.sqrt(shape[1]) for name, shape in shapes.items()}
        return Network.dense(self, weights, {f"bias {name}": np.zeros(shape[0]) for name, shape in shapes.items()})

    def forward(self, network: Network, inputs, modulation, noise: Noise = NO_NOISE) -> Trace:
        """One pass."""
        values, here = network.values, modulation.at("hidden")
        z = values["in"] @ inputs + values["bias in"][:, None]
        active = activate(z, here.activation)
        normals = noise.normals(0, *z.shape) if here.noisy else None
        h = transmitted(active + self.leak * z, here, normals, noise.scales.get("hidden"))
        scores = values["out"] @ h + values["bias out"][:, None]
        return Trace(scores, {"hidden": h}, {"hidden": active + self.leak * z}, kept=(inputs, active))

    def backward(self, network: Network, trace: Trace, slopes, modulation) -> dict:
        """The gradient by hand, for the reference engine."""
        here, (inputs, active) = modulation.at("hidden"), trace.kept
        delta = (network.values["out"].T @ slopes) * (slope(active, here.activation) + self.leak) * here.scale
        return {
            "in": delta @ inputs.T,
            "out": slopes @ trace.activity["hidden"].T,
            "bias in": delta.sum(axis=1),
            "bias out": slopes.sum(axis=1),
        }

    def describe(self, task) -> str:
        """Sizes and leak."""
        return f"{task.features}-{self.units}-{task.classes}, leak {self.leak:g}"

    def variations(self) -> Mapping[str, Architecture]:
        """Half the width."""
        return {"half-width": Leaky(units=max(1, self.units // 2), leak=self.leak)}


class Float16(ReferenceEngine):
    """The reference engine, with class scores rounded to half precision: how much precision a conclusion needs."""

    def respond(self, *arguments, **named) -> np.ndarray:
        """Class scores."""
        return super().respond(*arguments, **named).astype(np.float16).astype(np.float64)


FLOAT16 = EngineKind(
    name="float16",
    build=lambda note: Float16("float16"),
    supports=lambda architecture, batch_size: (
        "" if architecture.has_gradient else f"network {architecture.kind} has no gradient for the float16 engine"
    ),
    bytes_per_weight=10,
    remark="Class scores were rounded to half precision.",
)
