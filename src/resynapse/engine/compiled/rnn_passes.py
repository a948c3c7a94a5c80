"""Passes of a network of simple recurrent units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resynapse.engine.compiled.kernels.lanes import zeros
from resynapse.engine.compiled.kernels.rnn_steps import RnnWork, Transmitting, rnn_backward, rnn_forward
from resynapse.engine.compiled.kernels.sequences import Place, all_products
from resynapse.engine.compiled.passes import Float32, Passes, Sizes, noise_of, scale_of
from resynapse.modulation import Modulation
from resynapse.networks import Rnn
from resynapse.networks.base import FloatArray, Network

_NO_BIAS = zeros(0)


class RnnPasses(Passes):
    """Passes of an `Rnn`."""

    def __init__(self, network: Network, sizes: Sizes) -> None:
        architecture = network.architecture
        assert isinstance(architecture, Rnn)
        super().__init__(network, sizes, {})
        self.architecture = architecture
        (units,) = architecture.hidden
        kept = sizes.steps if sizes.learns else 0
        self.work = RnnWork(
            units=units,
            from_input=sizes.scratch(units, sizes.given),
            states=sizes.scratch(units, sizes.steps + 1),
            activated=sizes.scratch(units, sizes.steps),
            product=sizes.scratch(units),
            chosen=np.zeros((sizes.groups, units), dtype=np.int32),
            counts=np.zeros(sizes.groups, dtype=np.int64),
            on=np.zeros(units, dtype=np.int64),
            noise=sizes.scratch(units),
            delta=sizes.scratch(units, kept),
            delta_input=sizes.scratch(units, min(kept, sizes.given)),
            later=sizes.scratch(units, 2),
        )

    def through(self, modulation: Modulation, place: Place, noise_scale: Mapping[str, FloatArray] | None) -> None:
        """All steps."""
        matrices = self.arrays.matrices
        all_products(matrices["input"], self.batch, _NO_BIAS, self.work.from_input)
        rnn_forward(matrices["recurrent"], self.work, self._acting(modulation, noise_scale), place)

    def back(self, modulation: Modulation) -> None:
        """All steps, from the last."""
        rnn_backward(
            self.arrays.matrices["input"],
            self.arrays.matrices["recurrent"],
            self.batch,
            self.readout.above,
            self.work,
            self._acting(modulation, None),
            self.gradients,
        )

    def activity(self) -> dict[str, Float32]:
        """Of the units."""
        return {"hidden": self.work.states[1:]}

    def activated(self) -> dict[str, Float32]:
        """Before noise, inhibition and gain."""
        return {"hidden": self.work.activated}

    def _acting(self, modulation: Modulation, noise_scale: Mapping[str, FloatArray] | None) -> Transmitting:
        here = self.architecture.here(modulation)
        offset, sd = noise_of(here, self.sizes.steps)
        return Transmitting(
            relu=here.activation == "relu",
            scale=np.float32(here.scale),
            shift=np.float32(here.shift),
            noisy=here.noisy,
            offset=offset,
            noise_sd=sd,
            unit_scale=scale_of(noise_scale, "hidden", self.work.units),
        )
