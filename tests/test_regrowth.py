"""Regrowth, as statements about which pruned connections are opened again and with which weights."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from tests.random_networks import (
    FALSE_ALARM,
    assert_same,
    counts,
    depressed,
    drawn,
    fresh,
    keys,
    levels,
    networks,
    opened,
    published,
    quick,
    row,
    seeds,
    shares,
    thinned,
    tie_rules,
)

from resynapse.networks.base import Network
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import TieRule, regrow, scar
from resynapse.randomness import Key

__all__ = ["depressed", "published"]


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
