"""Passes of a network of gated recurrent units: embedding, layers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resynapse.engine.compiled.kernels.gru_steps import KEPT, Acting, GruWork, gru_backward, gru_forward
from resynapse.engine.compiled.kernels.lanes import LANES, zeros
from resynapse.engine.compiled.kernels.sequences import (
    Place,
    all_products,
    arrive,
    step_gradients,
    sum_samples,
)
from resynapse.engine.compiled.passes import Float32, Passes, Sizes, noise_of, scale_of
from resynapse.modulation import Modulation
from resynapse.networks import Gru
from resynapse.networks.base import FloatArray, Network

_NOWHERE = zeros(0, 1, 1, 1)
_NO_BIAS = zeros(0)


@dataclass(slots=True)
class _Layer:
    """Scratch of one layer, with input products of every step; a pass takes the part it needs.

    Parameters
    ----------
    arriving : what reached it.
    drawn : noise of one step on its inputs.
    """

    work: GruWork
    arriving: Float32
    drawn: Float32
    now: GruWork | None = None
    reached: Float32 | None = None


class GruPasses(Passes):
    """Passes of a `Gru`."""

    def __init__(self, network: Network, sizes: Sizes) -> None:
        architecture = network.architecture
        assert isinstance(architecture, Gru)
        gates = {name: 3 for name in network.masks if name.startswith(("input", "recurrent"))}
        super().__init__(network, sizes, gates)
        self.sites = architecture.sites
        self.embeds = architecture.embedding > 0
        embedded = architecture.embedding
        self.embedded = sizes.scratch(embedded, sizes.given) if self.embeds else _NOWHERE
        self.below = [
            sizes.scratch(matrix.columns, sizes.steps) if self._asked(layer) and sizes.learns else _NOWHERE
            for layer, matrix in enumerate((self.arrays.matrices[f"input.{n}"] for n in self._numbers), 1)
        ]
        self.layers = [self._layer(n) for n in self._numbers]

    @property
    def _numbers(self) -> range:
        return range(1, len(self.sites) + 1)

    def _asked(self, layer: int) -> bool:
        """Whether something below a layer learns."""
        return layer > 1 or self.embeds

    def _layer(self, number: int) -> _Layer:
        sizes, steps = self.sizes, self.sizes.steps
        units = list(self.sites.values())[number - 1]
        inputs = self.arrays.matrices[f"input.{number}"].columns
        kept = steps if sizes.learns else 0
        groups = sizes.groups
        work = GruWork(
            units=units,
            from_input=sizes.scratch(3 * units, steps),
            states=sizes.scratch(units, steps + 1),
            gates=zeros(steps, groups, units, KEPT, LANES),
            product=sizes.scratch(3 * units),
            chosen=np.zeros((steps + 1, groups, units), dtype=np.int32),
            counts=np.zeros((steps + 1, groups), dtype=np.int64),
            on=np.zeros((steps + 1, units), dtype=np.int64),
            noise=sizes.scratch(units),
            delta=sizes.scratch(3 * units, kept if self.arrays.matrices[f"recurrent.{number}"].dense else min(kept, 1)),
            delta_input=sizes.scratch(3 * units, kept),
            later=sizes.scratch(units, 2),
            rows=np.zeros((groups, 3 * units), dtype=np.int32),
            row_count=np.zeros(groups, dtype=np.int64),
            sums=zeros(4 * units, LANES),
        )
        return _Layer(work, sizes.scratch(inputs, steps), sizes.scratch(inputs))

    def through(self, modulation: Modulation, place: Place, noise_scale: Mapping[str, FloatArray] | None) -> None:
        """Embedding, then layer by layer through all steps."""
        source = self.batch
        if self.embeds:
            all_products(self.arrays.matrices["embedding"], source, self.arrays.bias("embedding_bias"), self.embedded)
            source = self.embedded
        for number, site in enumerate(self.sites, 1):
            layer, here = self.layers[number - 1], modulation.at(site)
            noisy = here.noisy and here.noise_on == "architecture"
            steps = self.sizes.steps if noisy else len(source)
            layer.now = layer.work._replace(
                from_input=layer.work.from_input[:steps], delta_input=layer.work.delta_input[:steps]
            )
            layer.reached = layer.arriving[:steps]
            acting = self._acting(number, modulation, noise_scale)
            arrive(
                source,
                self.arrays.matrices[f"input.{number}"].columns,
                np.float32(here.effective_gain),
                noisy,
                acting.offset,
                acting.noise_sd,
                number - 1,
                place,
                layer.drawn,
                layer.reached,
            )
            all_products(self.arrays.matrices[f"input.{number}"], layer.reached, _NO_BIAS, layer.now.from_input)
            gru_forward(
                self.arrays.matrices[f"recurrent.{number}"],
                self.arrays.bias(f"input_bias.{number}"),
                self.arrays.bias(f"recurrent_bias.{number}"),
                layer.now,
                acting,
                place,
            )
            source = layer.work.states[1:]

    def back(self, modulation: Modulation) -> None:
        """From the last layer to the first, then the embedding."""
        arrays, above = self.arrays, self.readout.above
        for number in reversed(self._numbers):
            layer = self.layers[number - 1]
            assert layer.reached is not None
            below = self.below[number - 1][: len(layer.reached)]
            gru_backward(
                arrays.matrices[f"input.{number}"],
                arrays.matrices[f"recurrent.{number}"],
                arrays.bias_gradient(f"input_bias.{number}"),
                arrays.bias_gradient(f"recurrent_bias.{number}"),
                layer.reached,
                above,
                layer.now,
                self._acting(number, modulation, None),
                below,
                self.gradients,
            )
            above = below
            if below.size:
                above *= np.float32(modulation.at(f"hidden.{number}").effective_gain)
        if self.embeds:
            if len(above) > len(self.batch):
                above = above.sum(axis=0, keepdims=True)
            sum_samples(above, arrays.bias_gradient("embedding_bias"))
            on = np.zeros(len(arrays.bias("embedding_bias")), dtype=np.int64)
            step_gradients(arrays.matrices["embedding"], above, on, self.batch, self.gradients)

    def activity(self) -> dict[str, Float32]:
        """Of each layer."""
        return {site: layer.work.states[1:] for site, layer in zip(self.sites, self.layers, strict=True)}

    def activated(self) -> dict[str, Float32]:
        """The state of each layer before noise, inhibition and activation."""
        found = {}
        for (site, units), layer in zip(self.sites.items(), self.layers, strict=True):
            update, new = layer.work.gates[..., 1, :], layer.work.gates[..., 2, :]
            found[site] = (1 - update) * new + update * layer.work.states[:-1, :, :units]
        return found

    def _acting(self, number: int, modulation: Modulation, noise_scale: Mapping[str, FloatArray] | None) -> Acting:
        site = f"hidden.{number}"
        here = modulation.at(site)
        offset, sd = noise_of(here, self.sizes.steps)
        return Acting(
            relu=here.activation == "relu",
            inhibition=np.float32(here.inhibition),
            shift=np.float32(here.shift),
            on_hidden=here.noisy and here.noise_on == "hidden",
            offset=offset,
            noise_sd=sd,
            unit_scale=scale_of(noise_scale, site, self.sites[site]),
            site=number - 1,
        )
