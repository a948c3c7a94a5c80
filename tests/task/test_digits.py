"""Handwritten digits: real data, split by every subject in its own way, as loud beside noise as the published task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resynapse.networks.perceptron import initialise
from resynapse.randomness import Key
from resynapse.task import Digits, GaussianBlobs, Split, TaskData
from resynapse.task.digits import shipped

quick = settings(max_examples=15)
keys = st.builds(Key, st.integers(0, 100), st.integers(0, 100), st.just("data"))
sizes = st.integers(2, 500)


def images(split: Split) -> set[bytes]:
    return {column.tobytes() for column in np.round(split.inputs.T, 9)}


def test_the_images_are_those_that_scikit_learn_ships() -> None:
    from sklearn.datasets import load_digits

    theirs, their_labels = load_digits(return_X_y=True)
    ours, labels = shipped()
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(labels, their_labels)


@quick
@given(keys, sizes, sizes, sizes)
def test_sets_have_the_asked_sizes_and_share_no_image(key: Key, train: int, test: int, clean: int) -> None:
    data = Digits(train=train, test=test, clean=clean).draw(key)
    every: set[bytes] = set()
    for split, samples in ((data.train, train), (data.test, test), (data.clean, clean)):
        assert split.inputs.shape == (64, samples)
        assert split.inputs.flags.c_contiguous
        assert split.labels.shape == (samples,)
        every |= images(split)
    # no two of the shipped images are equal
    assert len(every) == train + test + clean


def test_no_two_shipped_images_are_equal_and_by_default_all_are_used() -> None:
    assert len(np.unique(shipped()[0], axis=0)) == sum(Digits().sizes) == 1797


@quick
@given(keys, sizes, sizes)
def test_a_larger_training_set_holds_the_smaller_one_and_moves_no_other(key: Key, few: int, more: int) -> None:
    small, large = (Digits(train=n, test=50, clean=20).draw(key) for n in (few, few + more))
    np.testing.assert_array_equal(small.train.labels, large.train.labels[:few])
    np.testing.assert_array_equal(small.test.labels, large.test.labels)
    np.testing.assert_array_equal(small.clean.labels, large.clean.labels)


def test_a_label_stays_with_its_image(key: Key) -> None:
    pixels, labels = shipped()
    known = {row.tobytes(): label for row, label in zip(pixels, labels, strict=True)}
    data = Digits().draw(key)
    # the default uses all images, so the extremes of each pixel undo centre and factor
    every = np.concatenate([data.train.inputs, data.test.inputs, data.clean.inputs], axis=1)
    factor = float(np.ptp(every, axis=1).max() / np.ptp(pixels, axis=0).max())
    back = np.round(every / factor + (pixels.min(axis=0) - every.min(axis=1) / factor)[:, None])
    said = np.concatenate([data.train.labels, data.test.labels, data.clean.labels])
    assert [known[column.tobytes()] for column in np.ascontiguousarray(back.T)] == said.tolist()


def test_every_subject_draws_its_own_split_and_draws_it_again() -> None:
    first, again, other = (Digits().draw(Key(0, subject, "data")) for subject in (0, 0, 1))
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    # as many test labels agree as by chance, 1 in 10 of 399, 5 sigma
    agree = np.count_nonzero(first.test.labels == other.test.labels)
    assert abs(agree - 39.9) < 5 * np.sqrt(399 * 0.1 * 0.9)


@quick
@given(keys, st.floats(0.1, 10))
def test_the_training_set_alone_sets_centre_and_scale(key: Key, scale: float) -> None:
    data = Digits(scale=scale).draw(key)
    np.testing.assert_allclose(data.train.inputs.mean(axis=1), 0.0, atol=1e-9 * scale)
    assert np.sqrt(np.mean(data.train.inputs**2)) == pytest.approx(scale)
    # held-out sets are other images: their mean is not exactly that of the training set
    assert np.abs(data.test.inputs.mean(axis=1)).max() > 1e-3 * scale


def test_hidden_units_of_a_fresh_network_hear_digits_as_loud_as_the_published_task() -> None:
    loudness = []
    for task in (GaussianBlobs(), Digits()):
        heard = []
        for subject in range(4):
            own = Key(3, subject)
            data: TaskData = task.draw(own.of("data"))
            network = initialise(own.of("initialisation"), (task.features, 512, task.classes))
            heard.append(np.mean((network.weights[0] @ data.test.inputs) ** 2))
        # a squared uniform has relative sd 0.89, so over 2 x 512 weights of four subjects 1.4 %; that is 7 sigma
        loudness.append(float(np.mean(heard)) / (3.1**2 / 3))
    np.testing.assert_allclose(loudness, 1.0, atol=0.1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"train": 1198, "test": 400}, r"need 1198 \+ 400 \+ 200 images; there are 1797"),
        ({"clean": 0}, "clean is 0; at least 1"),
        ({"train": 10**12}, "at most 100000000 samples"),
        ({"scale": 0.0}, "scale is 0.0; it must be above 0"),
        ({"scale": float("nan")}, "scale is nan"),
    ],
)
def test_a_task_that_cannot_be_drawn_is_refused_with_its_value(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Digits(**fields)
