"""Every random number is a pure function of its address; what follows from that is tested before any mechanism."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from resynapse import randomness
from resynapse.randomness import LANES, TILE, Key, first_uniforms, normals, permutation, philox, uniforms, words

quick = settings(max_examples=40)

word = st.integers(0, 2**32 - 1)
seeds = st.integers(0, 2**63)
subjects = st.integers(0, 10_000)
labels = st.text("abcxyz/.|0123456789", max_size=30)
keys = st.builds(Key, seeds, subjects, labels)
units = st.integers(1, 9)
samples = st.integers(1, 2 * TILE + 5)

HERE = Key(2026, 3, "induction/train.1/noise")
FALSE_ALARM = 1e-6
"""Share of correct generators that a p-value test would refuse; the streams are keyed, so a pass stays a pass."""


def block(counter: tuple[int, ...], key: int, rounds: int = 10) -> tuple[int, ...]:
    """One Philox block in plain Python numbers."""
    c0, c1, c2, c3 = (np.array([c], dtype=np.uint64) for c in counter)
    return tuple(int(w[0]) for w in philox((c0, c1, c2, c3), key, rounds))


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_philox_gives_the_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, int], answer: tuple[int, ...]
) -> None:
    assert block(counter, key[0] | key[1] << 32) == answer


@quick
@given(st.tuples(word, word, word, word), st.tuples(word, word, word, word), st.integers(0, 2**64 - 1))
def test_two_counters_never_share_a_block_because_philox_is_a_bijection(
    one: tuple[int, ...], other: tuple[int, ...], key: int
) -> None:
    assert (block(one, key) == block(other, key)) == (one == other)


@quick
@given(st.tuples(word, word, word, word), st.integers(0, 2**64 - 1))
def test_a_block_is_four_words_of_32_bits_whatever_the_counter(counter: tuple[int, ...], key: int) -> None:
    assert all(0 <= w < 2**32 for w in block(counter, key))


@quick
@given(st.tuples(word, word, word, word), st.integers(0, 2**64 - 1))
def test_zero_rounds_leave_the_counter_as_it_is(counter: tuple[int, ...], key: int) -> None:
    assert block(counter, key, rounds=0) == counter


@pytest.mark.parametrize("bit", [0, 31, 32, 63, 64, 95, 96, 127])
def test_one_flipped_bit_of_the_counter_flips_half_of_the_bits(bit: int) -> None:
    base = np.arange(256, dtype=np.uint64)
    counter = [base, base * np.uint64(7), base * np.uint64(0), base * np.uint64(0)]
    flipped = list(counter)
    flipped[bit // 32] = counter[bit // 32] ^ np.uint64(1 << bit % 32)
    before = np.array(philox(tuple(counter), HERE.philox_key))
    after = np.array(philox(tuple(flipped), HERE.philox_key))
    share = float(np.bitwise_count(before ^ after).sum()) / (128 * base.size)
    # 5 sigma of a share of independent fair bits
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(128 * base.size)


@pytest.mark.parametrize(
    ("key", "digest"),
    [
        # the digests are those of `printf '7|3|induction/train.1/batches' | b2sum -l 64`
        (Key(7, 3, "induction/train.1/batches"), "01c1e68b4d04a199"),
        (Key(0, 0), "5e8fddcd51d2ed52"),
    ],
)
def test_the_philox_key_is_the_blake2b_digest_of_the_address(key: Key, digest: str) -> None:
    assert key.philox_key.to_bytes(8, "little").hex() == digest


@quick
@given(keys, keys)
@example(Key(1, 11, "x"), Key(11, 1, "x"))
@example(Key(1, 1, "1"), Key(11, 1, ""))
@example(Key(0, 1, "2|x"), Key(0, 12, "x"))
@example(Key(0, 1, "a/b"), Key(0, 1, "ab"))
def test_two_addresses_share_a_philox_key_only_if_they_are_the_same(one: Key, other: Key) -> None:
    assert (one.philox_key == other.philox_key) == (one == other)


@quick
@given(keys)
def test_a_philox_key_has_64_bits(key: Key) -> None:
    assert 0 <= key.philox_key < 2**64


@quick
@given(keys, st.text("abc", min_size=1), st.text("abc", min_size=1))
def test_labels_join_like_a_path_and_keep_seed_and_subject(key: Key, upper: str, lower: str) -> None:
    below = key.of(upper).of(lower)
    assert below == key.of(f"{upper}/{lower}")
    assert (below.root_seed, below.subject) == (key.root_seed, key.subject)
    assert Key(0, 0).of(upper).label == upper


@quick
@given(keys, units, samples)
def test_the_same_address_gives_the_same_numbers_whatever_was_drawn_before(key: Key, rows: int, columns: int) -> None:
    first = words(key, rows, columns, layer=1, draw=2)
    words(key.of("other"), 3, 7)
    np.testing.assert_array_equal(words(key, rows, columns, layer=1, draw=2), first)


@quick
@given(keys, units, samples, units, samples, st.integers(0, 3), st.integers(0, 5))
@example(HERE, 1, TILE, 1, TILE + 1, 0, 0)
@example(HERE, 2, LANES, 2, LANES + 1, 1, 1)
def test_a_smaller_request_is_a_corner_of_a_larger_one(
    key: Key, rows: int, columns: int, more_rows: int, more_columns: int, layer: int, draw: int
) -> None:
    small = normals(key, rows, columns, layer=layer, draw=draw)
    large = normals(key, rows + more_rows, columns + more_columns, layer=layer, draw=draw)
    np.testing.assert_array_equal(small, large[:rows, :columns])


@quick
@given(keys, st.integers(0, 600), units, samples)
def test_a_block_of_units_can_be_drawn_alone(key: Key, first: int, rows: int, columns: int) -> None:
    everything = words(key, first + rows, columns, layer=2, draw=1)
    alone = words(key, rows, columns, layer=2, draw=1, first_unit=first)
    np.testing.assert_array_equal(alone, everything[first:])


@quick
@given(keys, st.integers(0, 500), st.integers(0, 500), st.integers(0, 3), st.integers(0, 10_000))
def test_a_word_stands_where_the_documented_layout_says(
    key: Key, unit: int, sample: int, layer: int, draw: int
) -> None:
    tile, inside = divmod(sample, TILE)
    lane_word, lane = divmod(inside, LANES)
    expected = block((tile * LANES + lane, unit, layer, draw), key.philox_key)[lane_word]
    assert words(key, 1, sample + 1, layer=layer, draw=draw, first_unit=unit)[0, sample] == expected


@quick
@given(keys, units, samples)
def test_words_uniforms_and_normals_have_one_row_per_unit_and_one_column_per_sample(
    key: Key, rows: int, columns: int
) -> None:
    drawn = words(key, rows, columns)
    assert drawn.shape == uniforms(key, rows, columns).shape == normals(key, rows, columns).shape == (rows, columns)
    assert drawn.dtype == np.uint32
    assert drawn.flags.c_contiguous
    assert normals(key, rows, columns).dtype == np.float64


@quick
@given(keys, units, samples)
def test_normals_rise_with_uniforms_and_uniforms_with_words(key: Key, rows: int, columns: int) -> None:
    order = np.argsort(words(key, rows, columns), axis=None, kind="stable")
    assert (np.diff(uniforms(key, rows, columns).ravel()[order]) >= 0).all()
    assert (np.diff(normals(key, rows, columns).ravel()[order]) >= 0).all()


NEIGHBOURS = {
    "label": (HERE.of("a"), 0, 0, HERE.of("b"), 0, 0),
    "label below": (HERE, 0, 0, HERE.of("a"), 0, 0),
    "subject": (Key(0, 1, "x"), 0, 0, Key(0, 2, "x"), 0, 0),
    "seed": (Key(1, 0, "x"), 0, 0, Key(2, 0, "x"), 0, 0),
    "seed and subject swapped": (Key(1, 2, "x"), 0, 0, Key(2, 1, "x"), 0, 0),
    "layer": (HERE, 0, 0, HERE, 1, 0),
    "draw": (HERE, 0, 0, HERE, 0, 1),
    "layer and draw swapped": (HERE, 1, 2, HERE, 2, 1),
}


@pytest.mark.parametrize("pair", NEIGHBOURS.values(), ids=NEIGHBOURS.keys())
def test_neighbouring_addresses_give_unrelated_streams(pair: tuple[Key, int, int, Key, int, int]) -> None:
    key, layer, draw, other_key, other_layer, other_draw = pair
    shape = (64, 1024)
    one = words(key, *shape, layer=layer, draw=draw)
    other = words(other_key, *shape, layer=other_layer, draw=other_draw)
    bits = 32 * one.size
    different = float(np.bitwise_count(one ^ other).sum()) / bits
    # 5 sigma of a share of fair bits, and of the correlation of independent numbers
    assert abs(different - 0.5) < 5 * 0.5 / np.sqrt(bits)
    drawn = normals(key, *shape, layer=layer, draw=draw)
    other_drawn = normals(other_key, *shape, layer=other_layer, draw=other_draw)
    assert abs(correlation(drawn, other_drawn)) < 5 / np.sqrt(one.size)


@quick
@given(keys, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_only_the_same_layer_and_draw_repeat_numbers(
    key: Key, layer: int, draw: int, other_layer: int, other_draw: int
) -> None:
    one, other = words(key, 2, 8, layer=layer, draw=draw), words(key, 2, 8, layer=other_layer, draw=other_draw)
    assert np.array_equal(one, other) == ((layer, draw) == (other_layer, other_draw))


@pytest.mark.parametrize("lag", [1, LANES, TILE])
def test_neighbouring_samples_of_a_unit_are_unrelated(lag: int) -> None:
    drawn = normals(HERE, 64, 1024)
    pairs = 64 * (1024 - lag)
    # 5 sigma of the correlation of `pairs` independent numbers
    assert abs(correlation(drawn[:, lag:], drawn[:, :-lag])) < 5 / np.sqrt(pairs)


def test_neighbouring_units_are_unrelated() -> None:
    drawn = normals(HERE, 257, 512)
    # 5 sigma of the correlation of independent numbers
    assert abs(correlation(drawn[1:], drawn[:-1])) < 5 / np.sqrt(256 * 512)


@pytest.mark.parametrize(
    ("power", "moment", "variance"),
    # moment k of N(0, 1), and the variance of x**k: m(2k) - m(k)**2
    [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_normals_have_the_moments_of_the_normal_distribution(
    seed: int, power: int, moment: float, variance: float
) -> None:
    drawn = normals(Key(seed, 0, "moments"), 128, 2048)
    # 5 sigma of a mean
    assert abs(float(np.mean(drawn**power)) - moment) < 5 * np.sqrt(variance / drawn.size)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_normals_pass_a_kolmogorov_smirnov_test(seed: int) -> None:
    drawn = normals(Key(seed, 0, "distribution"), 64, 1024)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > FALSE_ALARM


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_uniforms_pass_a_kolmogorov_smirnov_test(seed: int) -> None:
    drawn = uniforms(Key(seed, 0, "distribution"), 64, 1024)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > FALSE_ALARM


def test_every_bit_of_a_word_is_fair() -> None:
    drawn = words(HERE, 64, 1024)
    ones = [float(np.mean(drawn >> np.uint32(bit) & np.uint32(1))) for bit in range(32)]
    # 5 sigma of a share of fair bits
    assert np.max(np.abs(np.array(ones) - 0.5)) < 5 * 0.5 / np.sqrt(drawn.size)


def test_the_extreme_words_stay_inside_the_open_interval_and_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    extremes = np.array([[0, 2**32 - 1]], dtype=np.uint32)
    monkeypatch.setattr(randomness, "words", lambda *_args, **_kwargs: extremes)
    low, high = uniforms(HERE, 1, 2)[0]
    assert 0.0 < low < high < 1.0
    assert low == 1.0 - high
    assert np.isfinite(normals(HERE, 1, 2)).all()


@quick
@given(keys, st.integers(1, 500), st.integers(0, 100))
def test_a_permutation_holds_every_index_once(key: Key, n: int, draw: int) -> None:
    order = permutation(key, n, draw=draw)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


@quick
@given(keys, st.integers(1, 200), st.integers(1, 200))
def test_a_longer_permutation_keeps_the_order_of_the_first_indices(key: Key, n: int, more: int) -> None:
    long = permutation(key, n + more)
    np.testing.assert_array_equal(long[long < n], permutation(key, n))


def test_equal_words_are_ordered_by_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    tied = np.array([[9, 4, 9, 4, 4]], dtype=np.uint32)
    monkeypatch.setattr(randomness, "words", lambda *_args, **_kwargs: tied)
    assert permutation(HERE, 5).tolist() == [1, 3, 4, 0, 2]


def test_all_orders_of_four_are_equally_frequent() -> None:
    seen = Counter(tuple(permutation(HERE, 4, draw=draw).tolist()) for draw in range(4_800))
    counts = [seen[order] for order in permutations(range(4))]
    assert sum(counts) == 4_800
    assert stats.chisquare(counts).pvalue > FALSE_ALARM


def test_an_index_is_equally_likely_at_every_place_of_a_published_epoch() -> None:
    n, epochs = 12_000, 100
    places = np.array([np.flatnonzero(permutation(HERE, n, draw=draw) == 77)[0] for draw in range(epochs)])
    # 5 sigma of the mean place, uniform on 0 to n - 1
    assert abs(places.mean() - (n - 1) / 2) < 5 * n / np.sqrt(12 * epochs)


def test_two_epochs_have_unrelated_orders() -> None:
    n = 12_000
    one, other = permutation(HERE, n, draw=0), permutation(HERE, n, draw=1)
    # shared places are Poisson of mean 1: ten or more are as rare as 1e-7
    assert np.count_nonzero(one == other) < 10
    # 5 sigma of a rank correlation, whose variance is 1 / (n - 1)
    assert abs(correlation(one.astype(np.float64), other.astype(np.float64))) < 5 / np.sqrt(n - 1)


def test_the_first_numbers_of_many_streams_are_those_of_each() -> None:
    streams = [Key(3, subject, "trait/depth") for subject in range(20)]
    assert first_uniforms(streams).tolist() == [float(uniforms(key, 1, 1)[0, 0]) for key in streams]
