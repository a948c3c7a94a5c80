"""Random networks, scores and comparisons for the tests of structural plasticity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from resynapse.networks.base import BoolArray, FloatArray, Network
from resynapse.networks.perceptron import Perceptron, initialise
from resynapse.plasticity import TieRule, prune, scar
from resynapse.randomness import Key, uniforms

quick = settings(max_examples=60)

PUBLISHED = (2, 512, 512, 256, 4)
FALSE_ALARM = 1e-6
"""Share of correct choices that a p-value test would refuse; the keys are fixed, so a pass stays a pass."""

seeds = st.integers(0, 10_000)
widths = st.lists(st.integers(1, 12), min_size=3, max_size=4).map(tuple)
sparsities = st.floats(0.0, 0.999)
shares = st.floats(0.0, 1.0)
tie_rules: st.SearchStrategy[TieRule] = st.sampled_from(["keyed", "index"])


def drawn(network: Network, seed: int, label: str) -> dict[str, FloatArray]:
    """A uniform number for every position of every connection."""
    masks = enumerate(network.masks.items())
    return {name: uniforms(Key(seed, 0, label), *mask.shape, layer=layer) for layer, (name, mask) in masks}


def thinned(network: Network, seed: int, density: float, scarred: float) -> Network:
    """The network with a random share of its connections kept, and a random share of the others scarred."""
    lot = drawn(network, seed, "masks")
    pruned = network.with_masks({name: u < density for name, u in lot.items()})
    return scar(pruned, {n: (u >= density) & (u < density + scarred * (1 - density)) for n, u in lot.items()})


def levels(network: Network, seed: int, of: int) -> dict[str, FloatArray]:
    """Scores with `of` possible values, so that many are equal."""
    return {name: np.floor(of * lot) for name, lot in drawn(network, seed, "scores").items()}


fresh = st.builds(initialise, st.builds(Key, seeds, st.just(0), st.just("initialisation")), widths)
networks = st.builds(thinned, fresh, seeds, st.floats(0.05, 1.0), st.floats(0.0, 0.8))
keys = st.builds(Key, seeds, st.just(0), st.just("regrow.1"))


def assert_same(one: Network, other: Network) -> None:
    for a, b in zip(
        (*one.weights, *one.biases, *one.masks.values(), *one.scars.values()),
        (*other.weights, *other.biases, *other.masks.values(), *other.scars.values()),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def counts(network: Network) -> list[int]:
    """Active connections per layer."""
    return [int(m.sum()) for m in network.masks.values()]


def opened(before: Network, after: Network) -> list[BoolArray]:
    """Connections that were pruned before and are not after."""
    return [new & ~old for old, new in zip(before.masks.values(), after.masks.values(), strict=True)]


def row(weights: list[float], active: list[bool] | None = None) -> Network:
    """A single unit with the given connections."""
    values = np.array([weights])
    mask = np.ones(values.shape, dtype=np.bool_)
    network = Network(
        Perceptron(), {"weights.1": values, "biases.1": np.zeros(1)}, {"weights.1": mask}, {"weights.1": ~mask}
    )
    return network if active is None else network.with_masks({"weights.1": np.array([active])})


@pytest.fixture(scope="module")
def published() -> Network:
    return initialise(Key(0, 0, "initialisation"), PUBLISHED)


@pytest.fixture(scope="module")
def depressed(published: Network) -> Network:
    return prune(published, 0.95)
