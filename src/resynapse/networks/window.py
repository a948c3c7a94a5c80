"""The perceptron for tasks with time: fully connected layers that see all steps at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from resynapse.modulation import FloatArray, Modulation
from resynapse.networks.base import NO_NOISE, Network, Noise, Trace
from resynapse.networks.perceptron import Perceptron
from resynapse.task import Task, outputs_of, steps_of


@dataclass(frozen=True, kw_only=True)
class Window(Perceptron):
    """Fully connected layers over the inputs of all steps side by side: no recurrence, for the same tasks.

    Parameters
    ----------
    hidden : widths of the hidden layers, 1 or more of them.
    readout : ``last`` gives one read-out of the whole sequence, ``every`` one for each of its steps.

    Names of connections and sites are those of the perceptron.

    Raises
    ------
    ProtocolError : no layer, too many of them, or a width that is not possible.
    """

    kind: ClassVar[str] = "window"
    title: ClassVar[str] = "fully connected network over all steps"
    takes_time: ClassVar[bool] = True

    readout: Literal["last", "every"] = "last"

    def widths(self, task: Task) -> tuple[int, ...]:
        """Inputs of all steps, hidden widths, outputs of all read-outs."""
        reads = steps_of(task) if self.readout == "every" else 1
        return (steps_of(task) * task.features, *self.hidden, reads * outputs_of(task))

    def forward(self, network: Network, inputs: FloatArray, modulation: Modulation, noise: Noise = NO_NOISE) -> Trace:
        """The pass of the perceptron on all steps side by side, first step first."""
        samples = inputs.shape[-1]
        seen = super().forward(network, inputs.reshape(-1, samples), modulation, noise)
        steps = inputs.shape[0] if inputs.ndim == 3 else 1
        return replace(seen, scores=seen.scores.reshape(steps, -1, samples)) if self.readout == "every" else seen

    def backward(
        self, network: Network, trace: Trace, slopes: FloatArray, modulation: Modulation
    ) -> dict[str, FloatArray]:
        """Backpropagation of the perceptron."""
        return super().backward(network, trace, slopes.reshape(-1, slopes.shape[-1]), modulation)
