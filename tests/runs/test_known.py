"""What was found of a network stays with it, and goes with it."""

from __future__ import annotations

from dataclasses import replace

from resynapse.networks import Network
from resynapse.runs.known import KEPT, Known
from resynapse.task import TaskData


def test_answers_belong_to_one_network_and_its_sets(fresh: Network, data: TaskData) -> None:
    known = Known()
    known.of(fresh, data)["a question"] = 1.0
    assert known.of(fresh, data) == {"a question": 1.0}
    assert known.of(fresh, replace(data)) == {}
    equal = fresh.astype(fresh.weights[0].dtype)
    assert known.of(equal, data) == {}


def test_the_networks_asked_for_last_are_kept(fresh: Network, data: TaskData) -> None:
    known = Known()
    known.of(fresh, data)["a question"] = 1.0
    others = [fresh.astype("float64") for _ in range(KEPT)]
    for one in others[:-1]:
        known.of(one, data)
    assert known.of(fresh, data)
    for one in others:
        known.of(one, data)
    assert not known.of(fresh, data)
    assert len(known.kept) == KEPT
