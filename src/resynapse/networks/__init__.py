"""Networks: architectures, and the arrays that they name."""

from __future__ import annotations

from resynapse.networks.base import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.networks.perceptron import Perceptron

__all__ = [
    "ARCHITECTURES",
    "DEFAULT_ARCHITECTURE",
    "NO_NOISE",
    "Architecture",
    "Network",
    "Noise",
    "Perceptron",
    "Trace",
]

ARCHITECTURES: dict[str, type[Architecture]] = {Perceptron.kind: Perceptron}
"""Every kind of architecture by the name it has in protocol files."""
DEFAULT_ARCHITECTURE = Perceptron.kind
"""The kind of a network that names none."""
