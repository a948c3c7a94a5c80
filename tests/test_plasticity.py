"""Structural plasticity: pruning and scars, as statements about which connections are left."""

from __future__ import annotations

import math
from fractions import Fraction
from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.random_networks import (
    assert_same,
    counts,
    depressed,
    drawn,
    fresh,
    keys,
    networks,
    published,
    quick,
    row,
    seeds,
    shares,
    sparsities,
)

from resynapse.networks.base import BoolArray, Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import SPARSITY_CAP, prune, prune_more, prune_to, regrow, scar
from resynapse.randomness import Key, uniforms

__all__ = ["depressed", "published"]


def test_pruning_the_published_network_to_95_percent_keeps_52_13108_6554_and_52(depressed: Network) -> None:
    assert counts(depressed) == [52, 13_108, 6_554, 52]


@quick
@given(networks, sparsities)
def test_pruning_never_re_opens_a_connection(network: Network, sparsity: float) -> None:
    pruned = prune(network, sparsity)
    for before, after in zip(network.masks.values(), pruned.masks.values(), strict=True):
        assert not (after & ~before).any()


@quick
@given(fresh, sparsities)
def test_a_dense_layer_loses_the_asked_share_to_within_one_connection(network: Network, sparsity: float) -> None:
    for kept, mask in zip(counts(prune(network, sparsity)), network.masks.values(), strict=True):
        # n - ceil(S (n - 1)) lies between (1 - S) n - 1 and (1 - S) n + S; the last bit is for rounding
        assert abs(kept - (1 - sparsity) * mask.size) <= 1 + 1e-9


@quick
@given(networks, sparsities)
def test_what_is_pruned_is_weaker_than_what_is_kept(network: Network, sparsity: float) -> None:
    pruned = prune(network, sparsity)
    for weights, before, after in zip(network.weights, network.masks.values(), pruned.masks.values(), strict=True):
        lost, kept = np.abs(weights[before & ~after]), np.abs(weights[after])
        if lost.size and kept.size:
            assert lost.max() < kept.min()


@quick
@given(networks, sparsities, sparsities)
def test_more_sparsity_keeps_a_subset(network: Network, one: float, other: float) -> None:
    low, high = sorted((one, other))
    for dense, sparse in zip(prune(network, low).masks.values(), prune(network, high).masks.values(), strict=True):
        assert not (sparse & ~dense).any()


@quick
@given(networks, sparsities, sparsities)
def test_pruning_in_two_steps_reaches_what_one_step_does(network: Network, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert_same(prune(prune(network, low), high), prune(network, high))


@quick
@given(networks)
def test_pruning_to_sparsity_zero_is_the_identity(network: Network) -> None:
    assert_same(prune(network, 0.0), network)


@quick
@given(networks, sparsities)
def test_pruning_leaves_the_strength_of_what_is_kept_and_every_bias(network: Network, sparsity: float) -> None:
    pruned = prune(network, sparsity)
    for before, after, mask in zip(network.weights, pruned.weights, pruned.masks.values(), strict=True):
        np.testing.assert_array_equal(after, np.where(mask, before, 0.0))
    for before, after in zip(network.biases, pruned.biases, strict=True):
        np.testing.assert_array_equal(after, before)


@quick
@given(fresh, sparsities)
def test_pruning_ranks_strength_whatever_the_sign(network: Network, sparsity: float) -> None:
    flipped = network.with_weights([-w for w in network.weights])
    for one, other in zip(
        prune(network, sparsity).masks.values(), prune(flipped, sparsity).masks.values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@quick
@given(fresh, sparsities)
def test_each_layer_is_pruned_by_its_own_quantile(network: Network, sparsity: float) -> None:
    scaled = network.with_weights([w * 4.0**layer for layer, w in enumerate(network.weights)])
    for one, other in zip(prune(network, sparsity).masks.values(), prune(scaled, sparsity).masks.values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_quantile_counts_pruned_positions_as_zeros() -> None:
    half = row([0.1, 0.2, 0.3, 0.4, 9.0, 9.0, 9.0, 9.0], [True] * 4 + [False] * 4)
    # the sizes are 0 0 0 0 .1 .2 .3 .4: their 0.6 quantile is 0.12, between the fifth and the sixth
    assert prune(half, 0.6).masks["weights.1"].tolist() == [[False, True, True, True] + [False] * 4]


def test_connections_that_are_as_strong_as_the_threshold_stay() -> None:
    assert prune(row([0.5, -0.5, 0.5, 0.1]), 0.5).masks["weights.1"].tolist() == [[True, True, True, False]]


def test_pruning_works_in_single_precision_as_in_double(published: Network) -> None:
    single = prune(published.astype(np.float32), 0.95)
    assert counts(single) == [52, 13_108, 6_554, 52]
    assert {w.dtype for w in single.weights} == {np.dtype(np.float32)}


@quick
@given(networks, shares.filter(lambda f: f > 0))
def test_prune_more_prunes_every_layer_to_s_plus_f_times_one_minus_s(network: Network, of_active: float) -> None:
    total, active = sum(m.size for m in network.masks.values()), sum(counts(network))
    sparsity = 1.0 - active / total
    assert_same(prune_more(network, of_active), prune(network, min(0.99, sparsity + of_active * (1.0 - sparsity))))


@quick
@given(networks)
def test_prune_more_of_nothing_is_the_identity(network: Network) -> None:
    assert_same(prune_more(network, 0.0), network)


@quick
@given(networks, shares, shares)
def test_prune_more_of_a_larger_share_keeps_a_subset(network: Network, one: float, other: float) -> None:
    low, high = sorted((one, other))
    for dense, sparse in zip(
        prune_more(network, low).masks.values(), prune_more(network, high).masks.values(), strict=True
    ):
        assert not (sparse & ~dense).any()


def test_the_published_relapse_test_takes_two_fifths_of_the_active_connections(depressed: Network) -> None:
    active, total = 19_766, 395_264
    asked = 1 - Fraction(active, total) * (1 - Fraction(2, 5))
    sizes = [m.size for m in depressed.masks.values()]
    # the positions of rank S' (n - 1) and above
    assert counts(prune_more(depressed, 0.4)) == [n - ceil(asked * (n - 1)) for n in sizes]
    # each layer holds (1 - S') n to within one connection
    assert abs(sum(counts(prune_more(depressed, 0.4))) - 0.6 * active) <= len(sizes)


def test_prune_more_asks_for_99_percent_at_most(published: Network) -> None:
    assert SPARSITY_CAP == 0.99
    assert_same(prune_more(published, 1.0), prune(published, 0.99))
    assert prune_more(published, 1.0).active > 0


def test_prune_more_leaves_a_network_beyond_its_cap_alone(published: Network) -> None:
    sparser = prune(published, 0.995)
    assert_same(prune_more(sparser, 0.5), sparser)


def test_a_layer_that_is_denser_than_the_others_loses_more_than_its_share() -> None:
    network = initialise(Key(0, 0, "initialisation"), (20, 20, 20))
    uneven = network.with_masks({"weights.2": prune(network, 0.9).masks["weights.2"]})
    first, second = counts(prune_more(uneven, 0.4))
    assert first < 0.6 * 400
    assert second == counts(uneven)[1]


def random_scars(network: Network, seed: int, share: float) -> dict[str, BoolArray]:
    return {name: lot < share for name, lot in drawn(network, seed, "scars").items()}


@quick
@given(networks, seeds, shares)
def test_a_scar_is_zero_pruned_and_remembered(network: Network, seed: int, share: float) -> None:
    new = random_scars(network, seed, share)
    scarred = scar(network, new)
    for name, added in new.items():
        np.testing.assert_array_equal(scarred.scars[name], network.scars[name] | added)
        np.testing.assert_array_equal(scarred.masks[name], network.masks[name] & ~added)
        np.testing.assert_array_equal(scarred.values[name], np.where(added, 0.0, network.values[name]))
    for before, after in zip(network.biases, scarred.biases, strict=True):
        np.testing.assert_array_equal(before, after)


@quick
@given(networks, seeds, shares)
def test_the_same_scars_twice_are_the_same_scars(network: Network, seed: int, share: float) -> None:
    new = random_scars(network, seed, share)
    assert_same(scar(scar(network, new), new), scar(network, new))


@quick
@given(networks, sparsities, keys, shares)
def test_scars_outlast_pruning_and_regrowth(network: Network, sparsity: float, key: Key, of_pruned: float) -> None:
    grown = regrow(prune(network, sparsity), of_pruned, None, key, init_sd=0.03)
    for before, after, mask in zip(network.scars.values(), grown.scars.values(), grown.masks.values(), strict=True):
        np.testing.assert_array_equal(before, after)
        assert not (mask & after).any()


@quick
@given(seeds, st.integers(2, 60), shares, sparsities)
def test_a_layer_with_scars_prunes_as_if_their_positions_were_not_there(
    seed: int, inputs: int, share: float, sparsity: float
) -> None:
    network = row(uniforms(Key(seed, 0), 1, inputs)[0].tolist())
    lost = random_scars(network, seed, share)["weights.1"]
    if lost.all():
        return
    cut_out = row(network.weights[0][~lost].tolist())
    np.testing.assert_array_equal(
        prune(scar(network, {"weights.1": lost}), sparsity).masks["weights.1"][~lost],
        prune(cut_out, sparsity).masks["weights.1"][0],
    )


def test_the_quantile_that_is_blind_to_scars_would_spare_what_the_aware_one_prunes() -> None:
    half_scarred = scar(
        row([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), {"weights.1": np.array([[True, True, True, False, False, False]])}
    )
    # over 5 and its neighbours the median is 5; over zeros too it would be 2, and nothing would go
    assert prune(half_scarred, 0.5).masks["weights.1"].tolist() == [[False, False, False, False, True, True]]


def test_a_layer_of_scars_alone_stays_silent() -> None:
    silent = scar(row([1.0, 2.0]), {"weights.1": np.array([[True, True]])})
    assert_same(prune(silent, 0.5), silent)
    assert_same(regrow(silent, 1.0, None, Key(0, 0), init_sd=0.03), silent)


@quick
@given(networks, shares)
def test_pruning_to_a_count_leaves_exactly_that_many_and_the_strongest(network: Network, share: float) -> None:
    """The count is rounded down; where more are pruned already, nothing changes."""
    after = prune_to(network, share)
    for name, mask in after.masks.items():
        before = network.masks[name]
        assert (~mask).sum() == max((~before).sum(), math.floor(share * mask.size))
        lost = np.abs(network.values[name])[before & ~mask]
        assert not lost.size or not mask.any() or lost.max() <= np.abs(network.values[name])[mask].min()


@quick
@given(networks, shares)
def test_pruning_to_a_count_touches_named_connections_alone(network: Network, share: float) -> None:
    first, *others = network.masks
    after = prune_to(network, share, [first])
    for name in others:
        np.testing.assert_array_equal(after.masks[name], network.masks[name])
        np.testing.assert_array_equal(after.values[name], network.values[name])
