"""Structural plasticity: pruning, regrowth and scars, as statements about which connections are left."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from resynapse.networks.base import BoolArray, FloatArray, Network
from resynapse.networks.perceptron import Perceptron, initialise
from resynapse.plasticity import SPARSITY_CAP, TieRule, prune, prune_more, regrow, scar
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
@given(networks, shares, seeds, keys, tie_rules, st.booleans())
def test_each_layer_regrows_its_share_of_unscarred_pruned_positions_rounded_down(
    network: Network, of_pruned: float, seed: int, key: Key, ties: TieRule, guided: bool
) -> None:
    scores = levels(network, seed, 3) if guided else None
    grown = regrow(network, of_pruned, scores, key, init_sd=0.03, ties=ties)
    for new, mask, scars in zip(opened(network, grown), network.masks.values(), network.scars.values(), strict=True):
        candidates = ~mask & ~scars
        assert not (new & ~candidates).any()
        assert new.sum() == int(of_pruned * int(candidates.sum()))


@quick
@given(networks, shares, seeds, keys, tie_rules, st.integers(1, 50))
def test_the_highest_scores_are_regrown(
    network: Network, of_pruned: float, seed: int, key: Key, ties: TieRule, of: int
) -> None:
    scores = levels(network, seed, of)
    grown = regrow(network, of_pruned, scores, key, init_sd=0.03, ties=ties)
    for score, new, after, scars in zip(
        scores.values(), opened(network, grown), grown.masks.values(), network.scars.values(), strict=True
    ):
        passed_over = ~after & ~scars
        if new.any() and passed_over.any():
            assert score[new].min() >= score[passed_over].max()


@quick
@given(networks, seeds, keys, st.booleans())
def test_regrowing_everything_re_opens_all_but_the_scars(network: Network, seed: int, key: Key, guided: bool) -> None:
    grown = regrow(network, 1.0, levels(network, seed, 3) if guided else None, key, init_sd=0.03)
    for mask, scars in zip(grown.masks.values(), network.scars.values(), strict=True):
        np.testing.assert_array_equal(mask, ~scars)


@quick
@given(networks, seeds, keys)
def test_regrowing_nothing_is_the_identity(network: Network, seed: int, key: Key) -> None:
    assert_same(regrow(network, 0.0, levels(network, seed, 3), key, init_sd=0.03), network)
    assert_same(regrow(network, 0.0, None, key, init_sd=0.03), network)


@quick
@given(networks, shares, shares, seeds, keys, tie_rules, st.booleans())
def test_a_larger_dose_regrows_what_a_smaller_one_did_and_more(
    network: Network, one: float, other: float, seed: int, key: Key, ties: TieRule, guided: bool
) -> None:
    low, high = sorted((one, other))
    scores = levels(network, seed, 3) if guided else None
    few, many = (regrow(network, f, scores, key, init_sd=0.03, ties=ties) for f in (low, high))
    for small, large in zip(few.masks.values(), many.masks.values(), strict=True):
        assert not (small & ~large).any()


def test_scores_at_scars_and_at_active_connections_count_for_nothing() -> None:
    network = scar(
        row([1.0] * 6, [True, False, False, False, False, False]),
        {"weights.1": np.array([[False, True] + [False] * 4])},
    )
    scores = {"weights.1": np.array([[9.0, 9.0, 0.0, 3.0, 1.0, 2.0]])}
    grown = regrow(network, 0.5, scores, Key(0, 0), init_sd=0.03)
    assert grown.masks["weights.1"].tolist() == [[True, False, False, True, False, True]]


def test_the_published_ketamine_dose_re_opens_half_of_each_layer(depressed: Network) -> None:
    grown = regrow(depressed, 0.5, None, Key(0, 0, "regrow.1"), init_sd=0.03)
    sizes = [1_024, 262_144, 131_072, 1_024]
    kept = [52, 13_108, 6_554, 52]
    assert counts(grown) == [k + (n - k) // 2 for n, k in zip(sizes, kept, strict=True)]
    # the published sparsity after the ketamine-like treatment, in % to one decimal
    assert round(100 * grown.sparsity, 1) == 47.5


TIED = row([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [True, True] + [False] * 6)
NO_DEMAND = {"weights.1": np.zeros((1, 8))}


@pytest.mark.parametrize(
    ("scores", "ties"),
    [(NO_DEMAND, "keyed"), (None, "keyed"), (None, "index")],
    ids=["equal scores, keyed", "random", "random, whatever the tie rule"],
)
def test_equal_candidates_have_equal_chances_in_every_combination(
    scores: dict[str, NDArray[np.float64]] | None, ties: TieRule
) -> None:
    chosen: Counter[tuple[int, ...]] = Counter()
    for seed in range(3_000):
        grown = regrow(TIED, 0.34, scores, Key(seed, 0, "regrow.1"), init_sd=0.03, ties=ties)
        chosen[tuple(np.flatnonzero(opened(TIED, grown)[0]).tolist())] += 1
    pairs = [chosen[pair] for pair in combinations(range(2, 8), 2)]
    assert sum(pairs) == 3_000
    assert stats.chisquare(pairs).pvalue > FALSE_ALARM


def test_a_higher_score_goes_before_any_tie_and_the_rest_share_their_chances() -> None:
    demand = {"weights.1": np.array([[0.0] * 5 + [1.0, 0.0, 0.0]])}
    companions: Counter[int] = Counter()
    for seed in range(2_000):
        grown = regrow(TIED, 0.34, demand, Key(seed, 0, "regrow.1"), init_sd=0.03)
        new = set(np.flatnonzero(opened(TIED, grown)[0]).tolist())
        assert 5 in new
        companions.update(new - {5})
    assert sorted(companions) == [2, 3, 4, 6, 7]
    assert stats.chisquare(list(companions.values())).pvalue > FALSE_ALARM


@quick
@given(networks, shares, keys)
def test_index_ties_go_first_row_first_as_a_plain_sort_would(network: Network, of_pruned: float, key: Key) -> None:
    grown = regrow(network, of_pruned, levels(network, 0, 1), key, init_sd=0.03, ties="index")
    for new, mask, scars in zip(opened(network, grown), network.masks.values(), network.scars.values(), strict=True):
        candidates = np.flatnonzero(~mask & ~scars)
        np.testing.assert_array_equal(np.flatnonzero(new), candidates[: int(of_pruned * candidates.size)])


@quick
@given(networks, shares, seeds, keys)
def test_without_ties_the_tie_rule_does_not_matter(network: Network, of_pruned: float, seed: int, key: Key) -> None:
    scores = drawn(network, seed, "scores")
    keyed, index = (regrow(network, of_pruned, scores, key, init_sd=0.03, ties=t) for t in ("keyed", "index"))
    assert_same(keyed, index)


@quick
@given(fresh, seeds, shares, shares, keys)
def test_the_lot_of_a_position_does_not_depend_on_which_others_are_candidates(
    network: Network, seed: int, density: float, of_pruned: float, key: Key
) -> None:
    few = thinned(network, seed, density, 0.0)
    many = thinned(network, seed, density / 2, 0.0)
    chosen = opened(few, regrow(few, of_pruned, None, key, init_sd=0.03))
    among_more = opened(many, regrow(many, of_pruned, None, key, init_sd=0.03))
    for small, large, mask in zip(chosen, among_more, few.masks.values(), strict=True):
        # both are the first of one order of the common candidates, so one holds the other
        common = large & ~mask
        assert not (small & ~common).any() or not (common & ~small).any()


def test_layers_of_one_shape_draw_lots_and_weights_of_their_own() -> None:
    empty = initialise(Key(0, 0, "initialisation"), (20, 20, 20))
    empty = empty.with_masks({name: np.zeros(m.shape, dtype=np.bool_) for name, m in empty.masks.items()})
    grown = regrow(empty, 0.5, None, Key(0, 0, "regrow.1"), init_sd=0.03)
    first, second = grown.masks.values()
    # two independent halves of 400 share 100; 5 sigma of that hypergeometric count
    assert abs(int((first & second).sum()) - 100) < 5 * np.sqrt(400 / 16) + 1
    assert not np.intersect1d(grown.weights[0][first], grown.weights[1][second]).size


def test_two_regrowths_break_their_ties_differently(depressed: Network) -> None:
    first, second = (regrow(depressed, 0.5, None, Key(0, 0, label), init_sd=0.03) for label in ("regrow.1", "regrow.2"))
    for one, other, before in zip(
        opened(depressed, first), opened(depressed, second), depressed.masks.values(), strict=True
    ):
        n = int((~before).sum())
        # two independent halves of n share n/4 positions; 5 sigma of that hypergeometric count
        assert abs(int((one & other).sum()) - n / 4) < 5 * np.sqrt(n / 16) + 1


@quick
@given(networks, shares, shares, seeds, keys)
def test_the_new_weight_of_a_position_does_not_depend_on_the_choice(
    network: Network, one: float, other: float, seed: int, key: Key
) -> None:
    guided = regrow(network, one, levels(network, seed, 4), key, init_sd=0.03)
    at_random = regrow(network, other, None, key, init_sd=0.03)
    for layer, (a, b) in enumerate(zip(opened(network, guided), opened(network, at_random), strict=True)):
        np.testing.assert_array_equal(guided.weights[layer][a & b], at_random.weights[layer][a & b])


@quick
@given(networks, shares, seeds, keys)
def test_what_survived_keeps_its_strength_and_biases_are_left_alone(
    network: Network, of_pruned: float, seed: int, key: Key
) -> None:
    grown = regrow(network, of_pruned, levels(network, seed, 4), key, init_sd=0.03)
    for before, after, old, new in zip(
        network.weights, grown.weights, network.masks.values(), grown.masks.values(), strict=True
    ):
        np.testing.assert_array_equal(after[old], before[old])
        assert after[new & ~old].all()
        assert not after[~new].any()
    for before, after in zip(network.biases, grown.biases, strict=True):
        np.testing.assert_array_equal(after, before)


@quick
@given(networks, shares, keys)
def test_twice_the_initial_sd_doubles_the_new_weights_alone(network: Network, of_pruned: float, key: Key) -> None:
    narrow, wide = (regrow(network, of_pruned, None, key, init_sd=sd) for sd in (0.03, 0.06))
    for layer, new in enumerate(opened(network, narrow)):
        np.testing.assert_array_equal(wide.masks[f"weights.{layer + 1}"], narrow.masks[f"weights.{layer + 1}"])
        np.testing.assert_array_equal(wide.weights[layer][new], 2 * narrow.weights[layer][new])


def test_new_weights_are_normal_with_sd_0_03(depressed: Network) -> None:
    grown = regrow(depressed, 0.5, None, Key(0, 0, "regrow.1"), init_sd=0.03)
    for weights, new in zip(grown.weights, opened(depressed, grown), strict=True):
        assert stats.kstest(weights[new] / 0.03, "norm").pvalue > FALSE_ALARM


def test_new_weights_are_unrelated_to_the_lot_that_chose_them(depressed: Network) -> None:
    grown = regrow(depressed, 0.1, None, Key(0, 0, "regrow.1"), init_sd=0.03)
    new = grown.weights[1][opened(depressed, grown)[1]]
    # 5 sigma of a mean: a lot that also made the weight would choose one tail
    assert abs(new.mean()) < 5 * 0.03 / np.sqrt(new.size)


def test_regrowth_in_single_precision_chooses_the_same_and_rounds_the_weights(depressed: Network) -> None:
    key = Key(0, 0, "regrow.1")
    double = regrow(depressed, 0.2, None, key, init_sd=0.03)
    single = regrow(depressed.astype(np.float32), 0.2, None, key, init_sd=0.03)
    for a, b, one, other in zip(
        double.masks.values(), single.masks.values(), double.weights, single.weights, strict=True
    ):
        np.testing.assert_array_equal(a, b)
        assert other.dtype == np.float32
        np.testing.assert_array_equal(one.astype(np.float32), other)
