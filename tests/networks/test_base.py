"""The simulated network: how it starts, what it counts, and that nothing can change it in place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from resynapse.networks.base import BoolArray, Network
from resynapse.networks.perceptron import initialise
from resynapse.networks.perceptron import widths as widths_of
from resynapse.randomness import Key, uniforms

quick = settings(max_examples=40)

PUBLISHED = (2, 512, 512, 256, 4)
keys = st.builds(Key, st.integers(0, 1000), st.integers(0, 1000), st.just("initialisation"))
widths = st.lists(st.integers(1, 12), min_size=3, max_size=5).map(tuple)
networks = st.builds(initialise, keys, widths)
densities = st.floats(0, 1)


@pytest.fixture(scope="module")
def published() -> Network:
    return initialise(Key(0, 0, "initialisation"), PUBLISHED)


def thinned(network: Network, density: float) -> dict[str, BoolArray]:
    """Masks that keep about a share of the connections."""
    key = Key(0, 0, "masks")
    masks = enumerate(network.masks.items())
    return {name: uniforms(key, *mask.shape, layer=layer) < density for layer, (name, mask) in masks}


@quick
@given(keys, widths)
def test_weights_and_biases_start_within_one_over_the_root_of_fan_in(key: Key, widths: tuple[int, ...]) -> None:
    network = initialise(key, widths)
    for weights, biases, fan_in in zip(network.weights, network.biases, widths[:-1], strict=True):
        assert np.abs(weights).max() < fan_in**-0.5
        assert np.abs(biases).max() < fan_in**-0.5


@quick
@given(keys, widths)
def test_layer_l_maps_width_l_inputs_to_width_l_plus_1_units(key: Key, widths: tuple[int, ...]) -> None:
    network = initialise(key, widths)
    assert widths_of(network) == widths
    assert list(network.architecture.sites.values()) == list(widths[1:-1])
    for layer, weights in enumerate(network.weights):
        shape = (widths[layer + 1], widths[layer])
        name = f"weights.{layer + 1}"
        assert weights.shape == network.masks[name].shape == network.scars[name].shape == shape
        assert network.biases[layer].shape == shape[:1]
        assert weights.dtype == network.biases[layer].dtype == np.float64


@quick
@given(networks)
def test_a_fresh_network_has_every_connection_and_no_scar(network: Network) -> None:
    assert network.active == sum(w.size for w in network.weights)
    assert network.sparsity == 0.0
    assert all(m.all() for m in network.masks.values())
    assert not any(s.any() for s in network.scars.values())


@quick
@given(keys, widths)
def test_a_subject_starts_with_the_same_network_every_time(key: Key, widths: tuple[int, ...]) -> None:
    one, other = initialise(key, widths), initialise(key, widths)
    for a, b in zip((*one.weights, *one.biases), (*other.weights, *other.biases), strict=True):
        np.testing.assert_array_equal(a, b)


@quick
@given(keys, st.integers(1, 8), st.integers(1, 8), st.integers(1, 8))
def test_a_wider_layer_begins_with_the_units_of_the_narrower_one(key: Key, inputs: int, units: int, more: int) -> None:
    narrow, wide = initialise(key, (inputs, units, 3)), initialise(key, (inputs, units + more, 3))
    np.testing.assert_array_equal(narrow.weights[0], wide.weights[0][:units])
    np.testing.assert_array_equal(narrow.biases[0], wide.biases[0][:units])


def test_the_published_network_has_395_264_weights_and_1_284_biases(published: Network) -> None:
    assert widths_of(published) == PUBLISHED
    assert sum(w.size for w in published.weights) == published.active == 395_264
    assert sum(b.size for b in published.biases) == 1_284


@pytest.mark.parametrize("layer", range(4))
def test_starting_weights_and_biases_are_uniform_over_the_whole_interval(published: Network, layer: int) -> None:
    bound = PUBLISHED[layer] ** -0.5
    for values in (published.weights[layer], published.biases[layer]):
        # one correct layer in a million would be refused; the key is fixed, so a pass stays a pass
        assert stats.kstest(values.ravel(), "uniform", (-bound, 2 * bound)).pvalue > 1e-6


def test_no_two_layers_start_alike() -> None:
    network = initialise(Key(0, 0, "initialisation"), (32, 32, 32, 32))
    for arrays in (network.weights, network.biases):
        for one, other in combinations(arrays, 2):
            assert not np.intersect1d(one, other).size


def test_biases_are_not_the_first_weights_again() -> None:
    network = initialise(Key(0, 0, "initialisation"), (32, 32, 32, 32))
    for weights, biases in zip(network.weights, network.biases, strict=True):
        assert not np.intersect1d(weights, biases).size


def test_every_subject_starts_with_its_own_weights() -> None:
    one, other = (initialise(Key(0, s, "initialisation"), (2, 64, 4)) for s in (0, 1))
    a, b = (np.concatenate([w.ravel() for w in n.weights]) for n in (one, other))
    assert not np.intersect1d(a, b).size
    # 5 sigma of the correlation of independent numbers
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(a.size)


@quick
@given(networks, st.sampled_from(["values", "masks", "scars"]))
def test_no_array_of_a_network_can_be_written_to(network: Network, name: str) -> None:
    for array in getattr(network, name).values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("name", ["architecture", "values", "masks", "scars"])
def test_no_field_of_a_network_can_be_replaced_in_place(name: str) -> None:
    network: Any = initialise(Key(0, 0), (2, 3, 4))
    with pytest.raises(FrozenInstanceError):
        setattr(network, name, ())


@quick
@given(networks, densities)
def test_networks_made_from_a_network_are_read_only_too_and_leave_it_alone(network: Network, density: float) -> None:
    before = [a.copy() for a in (*network.weights, *network.biases, *network.masks.values())]
    for made in (
        network.with_masks(thinned(network, density)),
        network.astype(np.float32),
        network.with_weights([2 * w for w in network.weights], [b + 1 for b in network.biases]),
    ):
        assert not any(
            a.flags.writeable for a in (*made.weights, *made.biases, *made.masks.values(), *made.scars.values())
        )
    for a, b in zip((*network.weights, *network.biases, *network.masks.values()), before, strict=True):
        np.testing.assert_array_equal(a, b)


@quick
@given(networks, densities)
def test_sparsity_is_the_share_of_all_connections_that_are_pruned(network: Network, density: float) -> None:
    masks = thinned(network, density)
    pruned = network.with_masks(masks)
    total, kept = sum(m.size for m in masks.values()), sum(int(m.sum()) for m in masks.values())
    assert pruned.active == kept
    # one division and one subtraction of numbers of at most 1
    assert pruned.sparsity == pytest.approx((total - kept) / total, abs=2 * np.finfo(float).eps)
    assert 0.0 <= pruned.sparsity <= 1.0


@quick
@given(networks, densities)
def test_a_mask_silences_what_it_covers_and_nothing_else(network: Network, density: float) -> None:
    masks = thinned(network, density)
    pruned = network.with_masks(masks)
    for before, after, mask in zip(network.weights, pruned.weights, masks.values(), strict=True):
        np.testing.assert_array_equal(after[mask], before[mask])
        assert not after[~mask].any()
    for before, after in zip(network.biases, pruned.biases, strict=True):
        np.testing.assert_array_equal(after, before)


@quick
@given(networks, densities)
def test_other_weights_keep_the_structure_and_unless_given_the_biases(network: Network, density: float) -> None:
    pruned = network.with_masks(thinned(network, density))
    doubled = pruned.with_weights([2 * w for w in pruned.weights])
    assert doubled.masks is pruned.masks
    assert doubled.scars is pruned.scars
    assert all(a is b for a, b in zip(doubled.biases, pruned.biases, strict=True))
    for before, after in zip(pruned.weights, doubled.weights, strict=True):
        np.testing.assert_array_equal(after, 2 * before)
    shifted = pruned.with_weights(pruned.weights, [b + 1 for b in pruned.biases])
    for before, after in zip(pruned.biases, shifted.biases, strict=True):
        np.testing.assert_array_equal(after, before + 1)


@quick
@given(networks, densities)
def test_another_precision_rounds_values_and_keeps_the_structure(network: Network, density: float) -> None:
    pruned = network.with_masks(thinned(network, density))
    single = pruned.astype(np.float32)
    assert {a.dtype for a in (*single.weights, *single.biases)} == {np.dtype(np.float32)}
    for before, after in zip((*pruned.weights, *pruned.biases), (*single.weights, *single.biases), strict=True):
        # half a unit in the last place of float32
        np.testing.assert_allclose(after, before, rtol=2.0**-24, atol=0)
    assert single.sparsity == pruned.sparsity
    assert single.masks is pruned.masks


def test_masks_keep_the_precision_of_the_weights() -> None:
    single = initialise(Key(0, 0), (3, 4, 2)).astype(np.float32)
    pruned = single.with_masks(thinned(single, 0.5))
    assert {w.dtype for w in pruned.weights} == {np.dtype(np.float32)}


def test_masks_of_an_unknown_connection_are_refused() -> None:
    network = initialise(Key(0, 0), (3, 4, 2))
    with pytest.raises(KeyError, match=r"weights\.9"):
        network.with_masks({"weights.9": network.masks["weights.1"]})
