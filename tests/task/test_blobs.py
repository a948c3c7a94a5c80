"""The published task: four noisy classes in the plane, drawn afresh for every simulated subject."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from resynapse.randomness import Key
from resynapse.task import PUBLISHED_CENTRES, GaussianBlobs, Split, TaskData

quick = settings(max_examples=25)

KEY = Key(0, 0, "data")
SPLITS = ("train", "test", "clean")
sizes = st.integers(1, 300)
coordinate = st.floats(-10, 10, allow_nan=False).map(lambda x: round(x, 3))
keys = st.builds(Key, st.integers(0, 100), st.integers(0, 100), st.just("data"))


@st.composite
def tasks(draw: st.DrawFn) -> GaussianBlobs:
    features = draw(st.integers(1, 4))
    point = st.tuples(*[coordinate] * features)
    return GaussianBlobs(
        centres=tuple(draw(st.lists(point, min_size=2, max_size=6))),
        sd=draw(st.floats(0, 3)),
        train=draw(sizes),
        test=draw(sizes),
        clean=draw(sizes),
    )


@pytest.fixture(scope="module")
def published() -> TaskData:
    return GaussianBlobs().draw(KEY)


def deviations(split: Split) -> NDArray[np.float64]:
    """Inputs minus the centre of their class."""
    centres: NDArray[np.float64] = np.array(PUBLISHED_CENTRES).T
    return split.inputs - centres[:, split.labels]


def same(one: Split, other: Split) -> bool:
    return np.array_equal(one.inputs, other.inputs) and np.array_equal(one.labels, other.labels)


@quick
@given(tasks(), keys)
def test_a_set_has_one_column_and_one_label_per_sample(task: GaussianBlobs, key: Key) -> None:
    data = task.draw(key)
    for name in SPLITS:
        split: Split = getattr(data, name)
        assert split.inputs.shape == (task.features, getattr(task, name))
        assert split.labels.shape == (getattr(task, name),)
        assert split.inputs.dtype == np.float64
        assert split.labels.dtype == np.int64
        assert split.inputs.flags.c_contiguous
        assert set(split.labels.tolist()) <= set(range(task.classes))


@quick
@given(tasks(), keys)
def test_every_clean_sample_is_the_centre_of_its_class(task: GaussianBlobs, key: Key) -> None:
    clean = task.draw(key).clean
    np.testing.assert_array_equal(clean.inputs.T, np.array(task.centres)[clean.labels])


@quick
@given(tasks(), keys)
def test_the_same_subject_draws_the_same_sets_again(task: GaussianBlobs, key: Key) -> None:
    one, other = task.draw(key), task.draw(key)
    assert all(same(getattr(one, name), getattr(other, name)) for name in SPLITS)


@quick
@given(keys, sizes, sizes)
def test_a_larger_set_begins_with_the_smaller_one(key: Key, few: int, more: int) -> None:
    small, large = GaussianBlobs(test=few).draw(key).test, GaussianBlobs(test=few + more).draw(key).test
    assert same(small, Split(large.inputs[:, :few], large.labels[:few]))


@quick
@given(keys, sizes, sizes)
def test_the_size_of_one_set_changes_no_other(key: Key, few: int, many: int) -> None:
    one = GaussianBlobs(train=few, test=50, clean=20).draw(key)
    other = GaussianBlobs(train=many, test=50, clean=20).draw(key)
    assert same(one.test, other.test)
    assert same(one.clean, other.clean)


@quick
@given(keys, st.floats(0.01, 5))
def test_more_noise_moves_the_same_samples_further_in_the_same_direction(key: Key, sd: float) -> None:
    tight = GaussianBlobs(sd=sd, train=40, test=40).draw(key)
    wide = GaussianBlobs(sd=2 * sd, train=40, test=40).draw(key)
    np.testing.assert_array_equal(wide.test.labels, tight.test.labels)
    # one rounding each of centre + noise, of at most 3 + 10 * 6.4 in size
    rounding = 4 * np.spacing(3.0 + 10.0 * 6.4)
    np.testing.assert_allclose(deviations(wide.test), 2 * deviations(tight.test), rtol=0, atol=rounding)


@quick
@given(keys)
def test_without_noise_the_test_set_holds_the_centres_alone(key: Key) -> None:
    data = GaussianBlobs(sd=0.0, train=30, test=30).draw(key)
    assert not deviations(data.train).any()
    assert not deviations(data.test).any()


@quick
@given(tasks())
def test_features_and_classes_are_read_off_the_centres(task: GaussianBlobs) -> None:
    assert (task.classes, task.features) == np.array(task.centres).shape


def test_the_published_sets_have_12_000_4_000_and_2_000_samples_in_the_plane(published: TaskData) -> None:
    assert published.train.inputs.shape == (2, 12_000)
    assert published.test.inputs.shape == (2, 4_000)
    assert published.clean.inputs.shape == (2, 2_000)


def test_the_published_centres_are_the_four_corners_in_the_order_of_the_classes() -> None:
    task = GaussianBlobs()
    assert task.centres == ((-3.0, -3.0), (3.0, 3.0), (-3.0, 3.0), (3.0, -3.0))
    assert (task.features, task.classes, task.sd) == (2, 4, 0.8)


def test_the_clean_set_has_exactly_four_distinct_points(published: TaskData) -> None:
    points = {tuple(p) for p in published.clean.inputs.T.tolist()}
    assert points == set(PUBLISHED_CENTRES)


@pytest.mark.parametrize("name", SPLITS)
def test_classes_are_equally_likely_but_not_balanced(published: TaskData, name: str) -> None:
    labels = getattr(published, name).labels
    counts = np.bincount(labels, minlength=4)
    # 5 sigma of a binomial count of share 1/4
    assert np.max(np.abs(counts - labels.size / 4)) < 5 * np.sqrt(labels.size * 0.25 * 0.75)
    assert len(set(counts.tolist())) > 1


def test_class_counts_vary_between_subjects_as_a_uniform_draw_does() -> None:
    task = GaussianBlobs(train=1, test=400, clean=1)
    counts = [np.bincount(task.draw(Key(0, s, "data")).test.labels, minlength=4) for s in range(150)]
    spread = float(sum(((c - 100.0) ** 2 / 100.0).sum() for c in counts))
    # chi-square of 3 degrees a subject, refused by 1 correct task in a million; balanced classes would give 0
    degrees = 3 * len(counts)
    assert stats.chi2.cdf(spread, degrees) > 5e-7
    assert stats.chi2.sf(spread, degrees) > 5e-7


@pytest.mark.parametrize("name", ["train", "test"])
def test_the_clouds_are_centred_on_their_class_with_sd_0_8(published: TaskData, name: str) -> None:
    split: Split = getattr(published, name)
    for label in range(4):
        for deviation in deviations(split)[:, split.labels == label]:
            n = deviation.size
            # 5 sigma of a mean, and of a variance of normal numbers
            assert abs(deviation.mean()) < 5 * 0.8 / np.sqrt(n)
            assert abs(deviation.var() / 0.64 - 1) < 5 * np.sqrt(2 / n)


def test_the_noise_is_normal_and_isotropic(published: TaskData) -> None:
    deviation = deviations(published.train) / 0.8
    assert stats.kstest(deviation.ravel(), "norm").pvalue > 1e-6
    # 5 sigma of the correlation of independent coordinates
    assert abs(np.corrcoef(deviation[0], deviation[1])[0, 1]) < 5 / np.sqrt(12_000)


def test_labels_are_unrelated_to_the_noise(published: TaskData) -> None:
    deviation, labels = deviations(published.train), published.train.labels.astype(np.float64)
    for coordinate_noise in deviation:
        # 5 sigma of a correlation
        assert abs(np.corrcoef(coordinate_noise, labels)[0, 1]) < 5 / np.sqrt(12_000)


def test_training_and_test_sets_are_independent_draws(published: TaskData) -> None:
    train, test = deviations(published.train)[:, :4_000], deviations(published.test)
    # 5 sigma of a correlation of independent numbers
    assert abs(np.corrcoef(train.ravel(), test.ravel())[0, 1]) < 5 / np.sqrt(8_000)
    agreement = float(np.mean(published.train.labels[:4_000] == published.test.labels))
    # 5 sigma of the share of chance agreement, 1/4
    assert abs(agreement - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 4_000)


def test_the_three_sets_draw_their_labels_apart() -> None:
    data = GaussianBlobs(train=500, test=500, clean=500).draw(KEY)
    for one, other in combinations((data.train, data.test, data.clean), 2):
        # 5 sigma of the share of chance agreement, 1/4; a shared stream would give 1
        assert abs(float(np.mean(one.labels == other.labels)) - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 500)


def test_every_subject_has_its_own_sets() -> None:
    task = GaussianBlobs(train=500, test=500, clean=500)
    one, other = (task.draw(Key(0, subject, "data")) for subject in (0, 1))
    assert not set(one.train.inputs.ravel().tolist()) & set(other.train.inputs.ravel().tolist())
    for name in SPLITS:
        # chance agreement of 500 labels in 4 classes has share 1/4; identical labels would give 1
        agreement = float(np.mean(getattr(one, name).labels == getattr(other, name).labels))
        assert abs(agreement - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 500)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"centres": ((0.0, 0.0),)}, "two or more points"),
        ({"centres": ((0.0, 0.0), (1.0,))}, "same number of coordinates"),
        ({"centres": ((), ())}, "two or more points"),
        ({"centres": ((0.0,), (float("nan"),))}, "finite"),
        ({"centres": ((0.0,), (float("inf"),))}, "finite"),
        ({"sd": -0.1}, r"sd is -0\.1; it must be 0 or more"),
        ({"sd": float("nan")}, "sd is nan"),
        ({"sd": float("inf")}, "sd is inf"),
        ({"train": 0}, "train is 0; at least 1"),
        ({"test": -3}, "test is -3; at least 1"),
        ({"clean": 0}, "clean is 0; at least 1"),
    ],
)
def test_a_task_that_cannot_be_drawn_is_refused_with_its_value(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GaussianBlobs(**fields)
