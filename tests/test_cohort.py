"""The cohort: a subject is the same alone as in any company, and has nothing in common with another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resynapse.cohort import Cohort, Subject
from resynapse.errors import ResynapseError
from resynapse.networks import Perceptron
from resynapse.protocol import Protocol
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs

quick = settings(max_examples=25)

SMALL = Protocol(
    name="small",
    task=GaussianBlobs(train=40, test=30, clean=20),
    network=Perceptron(hidden=(6, 5)),
    arms={"untreated": (), "sham": ()},
)

sizes = st.integers(1, 30)
seeds = st.integers(0, 2**40)
subjects = st.builds(Subject, seeds, st.integers(0, 1000))


def everything(subject: Subject, protocol: Protocol = SMALL) -> list[NDArray[np.generic]]:
    """All arrays that a subject starts with."""
    data, network = subject.data(protocol), subject.network(protocol)
    splits = (data.train, data.test, data.clean)
    return [*(a for s in splits for a in (s.inputs, s.labels)), *network.weights, *network.biases]


def assert_same(one: list[NDArray[np.generic]], other: list[NDArray[np.generic]]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@quick
@given(sizes, seeds)
def test_a_cohort_has_its_size_in_subjects_numbered_from_0(size: int, seed: int) -> None:
    cohort = list(Cohort(size=size, root_seed=seed))
    assert [s.number for s in cohort] == list(range(size))
    assert {s.root_seed for s in cohort} == {seed}


@quick
@given(sizes, sizes, seeds)
def test_a_larger_cohort_begins_with_the_smaller_one(size: int, more: int, seed: int) -> None:
    small, large = list(Cohort(size=size, root_seed=seed)), list(Cohort(size=size + more, root_seed=seed))
    assert large[:size] == small


@quick
@given(st.integers(1, 8), st.integers(0, 7), seeds)
def test_a_subject_alone_equals_the_same_subject_inside_any_cohort(size: int, number: int, seed: int) -> None:
    company = list(Cohort(size=number + size, root_seed=seed))
    for subject in company[:number]:
        subject.data(SMALL)
    assert_same(everything(company[number]), everything(Subject(seed, number)))


@quick
@given(sizes, seeds)
def test_a_cohort_can_be_gone_through_again(size: int, seed: int) -> None:
    cohort = Cohort(size=size, root_seed=seed)
    assert list(cohort) == list(cohort)


@quick
@given(subjects)
def test_all_that_is_random_about_a_subject_hangs_below_its_key(subject: Subject) -> None:
    assert subject.key == Key(subject.root_seed, subject.number, "")


@quick
@given(subjects)
def test_task_and_network_are_shaped_by_the_protocol(subject: Subject) -> None:
    data, network = subject.data(SMALL), subject.network(SMALL)
    assert (data.train.labels.size, data.test.labels.size, data.clean.labels.size) == (40, 30, 20)
    assert SMALL.network.describe(SMALL.task) == "2-6-5-4"
    assert [w.shape for w in network.weights] == [(6, 2), (5, 6), (4, 5)]
    assert network.sparsity == 0.0
    assert {w.dtype for w in network.weights} == {np.dtype(np.float64)}


@quick
@given(subjects)
def test_arms_that_are_added_or_removed_change_no_subject(subject: Subject) -> None:
    more = SMALL.with_arm("another", [])
    fewer = SMALL.only(["sham"])
    assert_same(everything(subject, more), everything(subject))
    assert_same(everything(subject, fewer), everything(subject))


@quick
@given(subjects)
def test_the_network_does_not_depend_on_the_task_s_samples_nor_the_samples_on_the_network(subject: Subject) -> None:
    larger = Protocol(
        name="larger",
        task=GaussianBlobs(train=40, test=30, clean=20),
        network=Perceptron(hidden=(9,)),
        arms={"sham": ()},
    )
    resampled = Protocol(
        name="resampled", task=GaussianBlobs(train=7, sd=2.0), network=Perceptron(hidden=(6, 5)), arms={"sham": ()}
    )
    np.testing.assert_array_equal(subject.data(larger).train.inputs, subject.data(SMALL).train.inputs)
    for one, other in zip(subject.network(resampled).weights, subject.network(SMALL).weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "company",
    [[Subject(0, n) for n in range(4)], [Subject(s, 0) for s in range(4)], [Subject(1, 2), Subject(2, 1)]],
    ids=["subjects of a cohort", "first subjects of four seeds", "seed and number swapped"],
)
def test_no_two_subjects_share_a_sample_or_a_weight(company: list[Subject]) -> None:
    for one, other in combinations(company, 2):
        assert not np.intersect1d(one.data(SMALL).train.inputs, other.data(SMALL).train.inputs).size
        for mine, theirs in zip(one.network(SMALL).weights, other.network(SMALL).weights, strict=True):
            assert not np.intersect1d(mine, theirs).size


@pytest.mark.parametrize("size", [0, -1])
def test_a_cohort_of_nobody_is_refused(size: int) -> None:
    with pytest.raises(ResynapseError, match=f"expected at least 1 subject, got {size}"):
        Cohort(size=size)


def test_a_negative_seed_is_refused_with_its_value() -> None:
    with pytest.raises(ResynapseError, match="expected a seed of 0 or more, got -7"):
        Cohort(size=1, root_seed=-7)


def test_the_smallest_cohort_is_one_subject_of_seed_0() -> None:
    assert list(Cohort(size=1)) == [Subject(0, 0)]
