"""The multiply-add counter says what a plain count over connections says."""

from __future__ import annotations

import pytest
from benchmarks.work import Work, full_work, live_dense_work, live_work
from hypothesis import given
from hypothesis import strategies as st

from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key

WIDTHS = st.lists(st.integers(1, 9), min_size=3, max_size=5)


def by_hand(network: Network, *, noisy: bool) -> Work:
    """Connection by connection: does it lead to an output, and does what it carries vary over samples?"""
    layers = len(network.masks.values())

    def reaches(layer: int, unit: int) -> bool:
        if layer == layers:
            return True
        return any(m and reaches(layer + 1, u) for u, m in enumerate(network.masks[f"weights.{layer + 1}"][:, unit]))

    def varies(layer: int, unit: int) -> bool:
        return layer == 0 or noisy or any(network.masks[f"weights.{layer}"][unit])

    per_sample = per_step = 0
    for layer, mask in enumerate(network.masks.values()):
        products = 2 if layer == 0 else 3
        for unit in range(mask.shape[0]):
            for source in range(mask.shape[1]):
                if not mask[unit, source] or not reaches(layer + 1, unit):
                    continue
                # a unit that has no input is computed nowhere: it is a constant for those it feeds
                if not varies(layer + 1, unit):
                    continue
                if varies(layer, source):
                    per_sample += products
                else:
                    per_step += products
    return Work(per_sample=per_sample, per_step=per_step)


@given(WIDTHS, st.floats(0.0, 0.95), st.integers(0, 1000), st.booleans())
def test_live_work_is_the_count_over_connections(widths: list[int], sparsity: float, seed: int, noisy: bool) -> None:
    network = prune(initialise(Key(seed, 0), widths), sparsity)
    assert live_work(network, noisy=noisy) == by_hand(network, noisy=noisy)


@given(WIDTHS, st.floats(0.0, 0.95), st.integers(0, 1000))
def test_blocks_lie_between_live_and_full_work(widths: list[int], sparsity: float, seed: int) -> None:
    network = prune(initialise(Key(seed, 0), widths), sparsity)
    live, block = live_work(network, noisy=False), live_dense_work(network, noisy=False)
    assert live.per_sample <= block.per_sample <= full_work(network).per_sample
    assert live.per_step == block.per_step


@pytest.mark.parametrize("noisy", [False, True])
def test_an_unpruned_network_needs_the_full_work(noisy: bool) -> None:
    network = initialise(Key(0, 0), (2, 5, 4, 3))
    # two products over 2 x 5 weights, three over 5 x 4 and 4 x 3
    assert full_work(network) == Work(per_sample=2 * 10 + 3 * 20 + 3 * 12, per_step=0)
    assert live_work(network, noisy=noisy) == live_dense_work(network, noisy=noisy) == full_work(network)


def test_a_step_adds_both_kinds() -> None:
    assert Work(per_sample=10, per_step=7).step(128) == 1287
