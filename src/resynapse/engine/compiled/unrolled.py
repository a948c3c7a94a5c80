"""Recurrent networks in the compiled engine: training, scores, activity and spread, by passes through batches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import TrainingPhase
from resynapse.engine.compiled.gru_passes import GruPasses
from resynapse.engine.compiled.kernels.lanes import LANES
from resynapse.engine.compiled.kernels.sequences import Place, spread_groups
from resynapse.engine.compiled.passes import Float32, Passes, Sequences, Sizes
from resynapse.engine.compiled.rnn_passes import RnnPasses
from resynapse.modulation import Modulation
from resynapse.networks import Architecture, Gru, Rnn
from resynapse.networks.base import FloatArray, Network
from resynapse.randomness import TILE, Key
from resynapse.task import Split


def has_time(architecture: Architecture) -> bool:
    """Whether it has state, and so kernels of its own."""
    return isinstance(architecture, (Gru, Rnn))


def passes(network: Network, inputs: Sequences, samples: int, *, learns: bool) -> Passes:
    """The passes of a network's architecture, for batches of at most so many samples."""
    every = _reads_every_step(network)
    sizes = Sizes(
        steps=inputs.steps,
        given=len(inputs.values),
        groups=-(-samples // LANES),
        read=inputs.steps if every else 1,
        learns=learns,
    )
    kind = GruPasses if isinstance(network.architecture, Gru) else RnnPasses
    return kind(network, sizes)


def train(network: Network, data: Split, phase: TrainingPhase, at: Collection[int]) -> Iterator[tuple[int, Network]]:
    """Train, yielding (epochs done, network) at each epoch count of `at`."""
    last = max(at, default=0)
    inputs = Sequences.of(data.inputs)
    samples = data.labels.size
    own = passes(network, inputs, min(phase.batch_size, samples), learns=True) if last else None
    targets = None if data.targets is None else data.targets.reshape(-1, *data.targets.shape[-2:]).astype(np.float32)
    step = 0
    for epoch in range(last + 1):
        if epoch in at:
            yield epoch, network if own is None or epoch == 0 else own.arrays.to_network()
        if epoch == last or own is None:
            return
        modulation = phase.schedule[epoch]
        order = phase.order(epoch, samples)
        for begin in range(0, samples, phase.batch_size):
            batch = order[begin : begin + phase.batch_size]
            # samples of a class silence the same units, so that they share groups; noise keeps its address
            sample = np.argsort(data.labels[batch], kind="stable")
            batch = batch[sample]
            own.forward(inputs, batch, modulation, Place(*words_of(phase.noise), 0, step, sample))
            aims = np.zeros((0, 0, 0), np.float32) if targets is None else np.ascontiguousarray(targets[..., batch])
            own.learn(data.labels[batch], aims, modulation, phase.learning_rate)
            step += 1
        phase.pause()


def respond(
    network: Network,
    inputs: NDArray[np.float64],
    modulation: Modulation,
    noise: Key | None,
    noise_scale: Mapping[str, FloatArray] | None,
) -> Float32:
    """Class scores, (classes, samples), or (steps, classes, samples) where every step is read out."""
    found = [
        _samples(own.readout.scores, network.classes, samples)
        for own, samples in _tiles(network, inputs, modulation, noise, noise_scale)
    ]
    scores = np.concatenate(found, axis=-1)
    return scores if _reads_every_step(network) else scores[0]


def activity(network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
    """By site, the mean absolute activity."""
    sums = dict.fromkeys(network.architecture.sites, 0.0)
    for own, samples in _tiles(network, inputs, modulation):
        for site, seen in own.activity().items():
            one = _samples(seen, network.architecture.sites[site], samples)
            sums[site] += float(np.abs(one, dtype=np.float64).sum())
    cells = inputs.shape[-1] * Sequences.of(inputs).steps
    return {site: sums[site] / (units * cells) for site, units in network.architecture.sites.items()}


def spread(network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
    """By site, the SD over samples and steps of each unit's activation."""
    sites = network.architecture.sites
    first: dict[str, FloatArray] = {}
    sums = {site: np.zeros((2, units)) for site, units in sites.items()}
    for own, samples in _tiles(network, inputs, modulation):
        for site, seen in own.activated().items():
            one = _samples(seen, sites[site], samples).astype(np.float64)
            apart = one - first.setdefault(site, one[0, :, :1])
            sums[site] += apart.sum(axis=(0, 2)), (apart**2).sum(axis=(0, 2))
    cells = inputs.shape[-1] * Sequences.of(inputs).steps
    # rounding can leave a variance below zero
    return {site: np.sqrt(np.maximum(two / cells - (one / cells) ** 2, 0.0)) for site, (one, two) in sums.items()}


def words_of(key: Key | None) -> tuple[np.uint32, np.uint32]:
    """Low and high word of a stream's key; zeros for none."""
    word = 0 if key is None else key.philox_key
    return np.uint32(word & 0xFFFFFFFF), np.uint32(word >> 32)


def _tiles(
    network: Network,
    inputs: NDArray[np.float64],
    modulation: Modulation,
    noise: Key | None = None,
    noise_scale: Mapping[str, FloatArray] | None = None,
) -> Iterator[tuple[Passes, int]]:
    """The passes after each tile of samples, and how many samples it has."""
    given, total = Sequences.of(inputs), inputs.shape[-1]
    own = passes(network, given, min(TILE, total), learns=False)
    for tile, begin in enumerate(range(0, total, TILE)):
        chosen = np.arange(begin, min(begin + TILE, total))
        place = Place(*words_of(noise), tile, 0, np.arange(chosen.size))
        own.forward(given, chosen, modulation, place, noise_scale)
        yield own, chosen.size


def _samples(groups: Float32, units: int, samples: int) -> Float32:
    out = np.empty((len(groups), units, samples), dtype=np.float32)
    spread_groups(groups, units, samples, out)
    return out


def _reads_every_step(network: Network) -> bool:
    architecture = network.architecture
    assert isinstance(architecture, (Gru, Rnn))
    return architecture.readout == "every"
