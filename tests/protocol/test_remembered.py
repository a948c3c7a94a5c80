"""What is computed from unchanged parts is remembered; nothing that changed is taken for what it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

import resynapse as rs
from resynapse.errors import ProtocolError
from resynapse.networks import Perceptron
from resynapse.protocol.remembered import Remembered


def test_the_same_parts_are_computed_once_and_equal_ones_apart() -> None:
    remembered, calls = Remembered[int](10), []

    def result(one: object) -> int:
        return remembered.of((one,), lambda: calls.append(one) or len(calls))  # type: ignore[func-returns-value]

    counts, same_number = (1,), (1.0,)
    assert counts == same_number
    assert [result(counts), result(counts), result(same_number), result(counts)] == [1, 1, 2, 1]


def test_the_latest_results_are_kept_and_no_more() -> None:
    remembered = Remembered[int](2)
    parts = [(n,) for n in range(3)]
    for n, part in enumerate(parts):
        assert remembered.of((part,), lambda n=n: n) == n
    assert remembered.of((parts[0],), lambda: -1) == -1
    assert remembered.of((parts[2],), lambda: -1) == 2


def test_a_changed_protocol_shares_the_routes_that_did_not_change() -> None:
    protocol = rs.load("switch-relapse")
    changed = replace(protocol, arms={**protocol.arms, "ssri": ()})
    for arm in protocol.arms:
        assert (changed.routes[arm] is protocol.routes[arm]) == (arm != "ssri")


def test_a_sound_protocol_does_not_vouch_for_one_with_another_network() -> None:
    steps = [rs.Drug(gain=1.2, layers=(3,)), rs.Assess(condition="deep")]
    sound = replace(rs.load("demo"), network=Perceptron(hidden=(8, 8, 8))).with_arm("deep", steps)
    with pytest.raises(ProtocolError, match="2 hidden layers"):
        replace(sound, network=Perceptron(hidden=(8, 8)))
