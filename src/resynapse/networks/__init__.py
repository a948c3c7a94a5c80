"""Networks: architectures, and the arrays that they name."""

from __future__ import annotations

from resynapse.networks.base import NO_NOISE, Architecture, Network, Noise, Trace
from resynapse.networks.gru import Gru
from resynapse.networks.perceptron import Perceptron
from resynapse.networks.rnn import Rnn
from resynapse.networks.window import Window

__all__ = [
    "ARCHITECTURES",
    "DEFAULT_ARCHITECTURE",
    "NO_NOISE",
    "Architecture",
    "Gru",
    "Network",
    "Noise",
    "Perceptron",
    "Rnn",
    "Trace",
    "Window",
]

ARCHITECTURES: dict[str, type[Architecture]] = {kind.kind: kind for kind in (Perceptron, Gru, Rnn, Window)}
"""Every kind of architecture by the name it has in protocol files."""
DEFAULT_ARCHITECTURE = Perceptron.kind
"""The kind of a network that names none."""
