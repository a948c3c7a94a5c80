"""The multilayer perceptron: the published network (article, Methods, network)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

from resynapse.errors import ProtocolError
from resynapse.modulation import FloatArray, Modulation, activate, slope, transmitted
from resynapse.networks.base import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.randomness import Key, uniforms
from resynapse.task import Task

MOST_LAYERS, MOST_UNITS = 100, 1_000_000
"""Most hidden layers, and most units of one; what a machine can hold is asked before a run (`runs.planning.memory`)."""


def _bounds(schema: dict[str, Any]) -> None:
    """What a JSON Schema says besides the types; `Perceptron` itself explains a refusal."""
    schema["properties"]["hidden"].update(items={"type": "integer", "minimum": 1}, minItems=1)


@dataclass(frozen=True, kw_only=True)
class Perceptron(Architecture):
    """Fully connected layers, each with a bias; every hidden layer is a site.

    Parameters
    ----------
    hidden : widths of the hidden layers, 1 or more of them.

    Layer l, counted from 1, has the connection ``weights.l`` of shape (units, inputs) and the values ``biases.l``; the
    activity of hidden layer l is the site ``hidden.l``.

    Raises
    ------
    ProtocolError : no layer, too many of them, or a width that is not possible.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "json_schema_extra": _bounds}
    kind: ClassVar[str] = "perceptron"
    title: ClassVar[str] = "fully connected network"

    hidden: tuple[int, ...] = (512, 512, 256)

    def __post_init__(self) -> None:
        where = ("network", "hidden")
        if not self.hidden:
            raise ProtocolError("no hidden layer is there; give at least one width", where)
        if len(self.hidden) > MOST_LAYERS:
            raise ProtocolError(f"{len(self.hidden)} hidden layers; at most {MOST_LAYERS} are possible", where)
        for index, width in enumerate(self.hidden):
            if width > MOST_UNITS:
                raise ProtocolError(f"{width} units; at most {MOST_UNITS} are possible", (*where, index))
            if width < 1:
                raise ProtocolError(f"{width} is not possible: a layer has at least 1 unit", (*where, index))

    @property
    def sites(self) -> dict[str, int]:
        """Units of every hidden layer."""
        return {f"hidden.{layer}": width for layer, width in enumerate(self.hidden, 1)}

    def widths(self, task: Task) -> tuple[int, ...]:
        """Inputs, hidden widths, classes."""
        return (task.features, *self.hidden, task.classes)

    def connections(self, task: Task) -> dict[str, tuple[int, int]]:
        """Shape (units, inputs) of every layer."""
        return {f"weights.{n}": (units, inputs) for n, (inputs, units) in enumerate(pairwise(self.widths(task)), 1)}

    def initialise(self, key: Key, task: Task) -> Network:
        """All connections, weights and biases uniform in +-1/sqrt(inputs of the layer), float64."""
        return initialise(key, self.widths(task), self)

    def forward(self, network: Network, inputs: FloatArray, modulation: Modulation, noise: Noise = NO_NOISE) -> Trace:
        """Layer by layer: ``W h + b``, then the rule of `transmitted` on hidden layers."""
        incoming, activated = [inputs], {}
        *hidden, (weights, biases) = zip(network.weights, network.biases, strict=True)
        for number, (site, (w, b)) in enumerate(zip(self.sites, hidden, strict=True)):
            here = modulation.at(site)
            activated[site] = activate(w @ incoming[-1] + b[:, None], here.activation)
            standard = noise.normals(number, *activated[site].shape) if here.noisy else None
            incoming.append(transmitted(activated[site], here, standard, noise.scales.get(site)))
        scores = weights @ incoming[-1] + biases[:, None]
        return Trace(scores, dict(zip(self.sites, incoming[1:], strict=True)), activated, kept=incoming)

    def backward(
        self, network: Network, trace: Trace, slopes: FloatArray, modulation: Modulation
    ) -> dict[str, FloatArray]:
        """Backpropagation: ``dL/dW = delta h^T``, ``delta`` carried down through the activation and its scale."""
        found: dict[str, FloatArray] = {}
        delta, sites = slopes, list(self.sites)
        for layer in reversed(range(len(network.masks))):
            found[f"weights.{layer + 1}"] = delta @ trace.kept[layer].T
            found[f"biases.{layer + 1}"] = delta.sum(axis=1)
            if layer > 0:
                site = sites[layer - 1]
                before = modulation.at(site)
                delta = (network.weights[layer].T @ delta) * slope(trace.activated[site], before.activation)
                delta *= before.scale
        return found

    def describe(self, task: Task) -> str:
        """All widths, inputs first."""
        return "-".join(map(str, self.widths(task)))

    def variations(self) -> dict[str, Architecture]:
        """Half the width, and one more layer."""
        return {
            "half-width": replace(self, hidden=tuple(max(1, width // 2) for width in self.hidden)),
            "one-more-layer": replace(self, hidden=(self.hidden[0], *self.hidden)),
        }


def widths(network: Network) -> tuple[int, ...]:
    """Inputs, hidden widths and classes of a network of layers, such as (2, 512, 512, 256, 4)."""
    return (network.weights[0].shape[1], *(w.shape[0] for w in network.weights))


def initialise(key: Key, widths: Sequence[int], architecture: Architecture | None = None) -> Network:
    """A network of fully connected layers, weights and biases uniform in +-1/sqrt(inputs of the layer), float64.

    Parameters
    ----------
    key : the subject's stream for initialisation.
    widths : inputs, hidden widths, classes; at least three entries, all positive.
    architecture : of the network; by default a perceptron of these widths.

    Source: article, Methods, network (the usual default of a linear layer).
    """
    weights: dict[str, FloatArray] = {}
    biases: dict[str, FloatArray] = {}
    for layer, (inputs, units) in enumerate(pairwise(widths)):
        bound = inputs**-0.5
        drawn = uniforms(key.of("weights"), units, inputs, layer=layer)
        weights[f"weights.{layer + 1}"] = bound * (2.0 * drawn - 1.0)
        biases[f"biases.{layer + 1}"] = bound * (2.0 * uniforms(key.of("biases"), units, 1, layer=layer)[:, 0] - 1.0)
    return Network.dense(architecture or Perceptron(hidden=tuple(widths[1:-1])), weights, biases)
