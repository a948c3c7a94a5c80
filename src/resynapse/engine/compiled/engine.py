"""The compiled engine: the reference's verbs in float32 on the compacted network, with Numba kernels.

It holds no GIL inside a kernel and expects single-threaded BLAS, so a core works on one subject.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import TrainingPhase, need_stream
from resynapse.engine.compiled import unrolled
from resynapse.engine.compiled.compaction import Compact, Structure, compact, parameters_of
from resynapse.engine.compiled.folding import Folded, fold
from resynapse.engine.compiled.kernels.activation import CODES
from resynapse.engine.compiled.kernels.evaluation import add_sizes, scores
from resynapse.engine.compiled.kernels.fold_training import fold_epoch
from resynapse.engine.compiled.kernels.fold_work import fold_workspace
from resynapse.engine.compiled.kernels.forward_backward import Modulations, Work, workspace
from resynapse.engine.compiled.kernels.jit import use_cache
from resynapse.engine.compiled.kernels.lanes import zeros
from resynapse.engine.compiled.kernels.training import train_epoch
from resynapse.engine.compiled.placement import Placement
from resynapse.engine.compiled.unrolled import has_time
from resynapse.engine.reference import ReferenceEngine
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.base import FloatArray, Network, Trace
from resynapse.randomness import TILE, Key
from resynapse.task import Split

_NO_NOISE = (np.uint32(0), np.uint32(0))
_NONE = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a phase is trained: the epoch's kernel, the rearranged network, and the scratch it needs."""

    epoch: Callable[..., int]
    structure: Structure | Folded
    placement: Placement
    scratch: Callable[[Any], Any]

    def workspace(self) -> Any:
        """Scratch of one thread."""
        return self.scratch(self.structure)


@dataclass(frozen=True, slots=True)
class CompiledEngine:
    """Numba kernels, float32; agrees with `ReferenceEngine` (tests/engine/test_agreement.py)."""

    fold: bool = True
    """Whether phases that can be folded are (`engine/compiled/folding.py`); False trains them like all others."""
    dtype: type[np.float32] = np.float32

    def __post_init__(self) -> None:
        use_cache()

    @property
    def name(self) -> str:
        """As the user chooses it."""
        return "compiled" if self.fold else "unfolded"

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Train, yielding (epochs done, network) at each epoch count of `at`."""
        if has_time(network.architecture):
            yield from unrolled.train(network, data, phase, at)
            return
        last = max(at, default=0)
        way = self._way(network, data, phase.schedule[:last])
        parameters = zeros(way.placement.weight_at.size)
        parameters[:] = way.placement.gather(network)
        first, second = zeros(parameters.size), zeros(parameters.size)
        work = way.workspace()
        inputs = data.inputs.astype(np.float32)
        sites = list(network.architecture.sites)
        steps = 0
        for epoch in range(last + 1):
            if epoch in at:
                yield epoch, way.placement.scatter(parameters, network)
            if epoch == last:
                return
            steps = way.epoch(
                way.structure,
                parameters,
                first,
                second,
                inputs,
                data.labels,
                phase.order(epoch, data.labels.size),
                phase.batch_size,
                _modulations(phase.schedule[epoch], sites),
                phase.learning_rate,
                steps,
                *_words(phase.noise),
                work,
            )
            phase.pause()

    def _way(self, network: Network, data: Split, schedule: Sequence[Modulation]) -> _Way:
        noisy = any(m.noise_sd > 0 for m in schedule)
        if self.fold and not noisy and all(m.activation == "relu" for m in schedule):
            folded = fold(network, data, schedule[len(schedule) // 2] if schedule else NEUTRAL)
            if folded is not None:
                return _Way(fold_epoch, folded.structure, folded.placement, fold_workspace)
        small = compact(network, noisy=noisy)
        return _Way(train_epoch, small.structure, small.placement, workspace)

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, float32 of shape (classes, samples)."""
        need_stream(modulation, noise)
        if has_time(network.architecture):
            return unrolled.respond(network, inputs, modulation, noise, noise_scale)
        sites = list(network.architecture.sites)
        if noise_scale is None:
            small = compact(network, noisy=modulation.noisy)
            acting = _modulations(modulation, sites)
        else:
            small = compact(network, noisy=[noise_scale[site] > 0 for site in sites])
            acting = _scaled(modulation, noise_scale, sites, small.structure)
        out = np.empty((network.classes, inputs.shape[1]), dtype=np.float32)
        scores(
            small.structure,
            parameters_of(network, small),
            inputs.astype(np.float32),
            acting,
            *(_NO_NOISE if noise is None else _words(noise)),
            workspace(small.structure),
            out,
        )
        return out

    def trace(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> Trace:
        """Scores and the activity of every unit by site: in float64, as the reference computes them."""
        return ReferenceEngine().trace(network, inputs, modulation, noise, noise_scale)

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        """By site, the mean absolute activity, every unit counted."""
        if has_time(network.architecture):
            return unrolled.activity(network, inputs, modulation)
        sites = network.architecture.sites
        structure, _ = small = compact(network, noisy=False, keep_all=True)
        sums = np.zeros(len(sites))
        for work, samples in self._tiles(network, small, inputs, modulation):
            add_sizes(sums, work.hidden, structure.hidden_at, samples)
        for i, (a, b) in enumerate(pairwise(structure.constant_at[1:])):
            for constant in work.constant_hidden[a:b]:
                sums[i] += abs(constant) * np.float64(inputs.shape[1])
        means = sums / (np.array(list(sites.values())) * inputs.shape[1])
        return dict(zip(sites, map(float, means), strict=True))

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        """By site, the SD over `inputs` of each unit's activation, float64."""
        if has_time(network.architecture):
            return unrolled.spread(network, inputs, modulation)
        sites = list(network.architecture.sites)
        structure, _ = small = compact(network, noisy=True, keep_all=True)
        sums, squares = np.zeros(structure.unit.size), np.zeros(structure.unit.size)
        first: NDArray[np.float64] | None = None
        for work, count in self._tiles(network, small, inputs, modulation):
            activated = work.activated[:, :count].astype(np.float64)
            # of a unit that has one value on all samples exactly nothing is left
            first = activated[:, :1] if first is None else first
            apart = activated - first
            sums += apart.sum(axis=1)
            squares += (apart * apart).sum(axis=1)
        samples = inputs.shape[1]
        # rounding can leave a variance below zero
        every = np.sqrt(np.maximum(squares / samples - (sums / samples) ** 2, 0.0))
        return {site: every[a:b] for site, (a, b) in zip(sites, pairwise(structure.hidden_at), strict=True)}

    def _tiles(
        self, network: Network, small: Compact, inputs: NDArray[np.float64], modulation: Modulation
    ) -> Iterator[tuple[Work, int]]:
        """What the forward pass without noise leaves of each tile, and the samples in it."""
        parameters, work = parameters_of(network, small), workspace(small.structure)
        acting = _modulations(modulation, list(network.architecture.sites))
        for begin in range(0, inputs.shape[1], TILE):
            tile = np.ascontiguousarray(inputs[:, begin : begin + TILE], dtype=np.float32)
            out = np.empty((network.classes, tile.shape[1]), dtype=np.float32)
            scores(small.structure, parameters, tile, acting, *_NO_NOISE, work, out)
            yield work, tile.shape[1]

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> dict[str, NDArray[np.float64]]:
        """By connection, the sum over `batches` of abs(dL/dw): in float64, so that all engines choose the same."""
        return ReferenceEngine().saliency(network, data, modulation, batches)


def _words(key: Key) -> tuple[np.uint32, np.uint32]:
    return np.uint32(key.philox_key & 0xFFFFFFFF), np.uint32(key.philox_key >> 32)


def _modulations(modulation: Modulation, sites: Sequence[str]) -> Modulations:
    each = [modulation.at(site) for site in sites]

    def of(values: Iterable[float]) -> NDArray[np.float32]:
        return np.fromiter(values, dtype=np.float32, count=len(sites))

    return Modulations(
        activation=np.array([CODES[m.activation] for m in each], dtype=np.int64),
        scale=of(m.scale for m in each),
        offset=of(m.noise_offset for m in each),
        noise_sd=of(m.noise_sd for m in each),
        shift=of(m.shift for m in each),
        unit_offset=_NONE,
        unit_sd=_NONE,
    )


def _scaled(
    modulation: Modulation, noise_scale: Mapping[str, FloatArray], sites: Sequence[str], structure: Structure
) -> Modulations:
    """Modulations in which every unit has a noise of its own."""
    quiet = replace(modulation, noise_mean=0.0, noise_sd=0.0)
    scale = np.concatenate(
        [noise_scale[s][structure.unit[a:b]] for s, (a, b) in zip(sites, pairwise(structure.hidden_at), strict=True)]
    ).astype(np.float32)
    return _modulations(quiet, sites)._replace(
        unit_offset=np.float32(modulation.noise_offset) * scale, unit_sd=np.float32(modulation.noise_sd) * scale
    )
