"""What a whole recurrent subject takes is summed over every epoch of the protocol."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.recurrent_whole import Epochs, Taken, untrained, whole

from resynapse.engine import engine
from resynapse.networks import Gru
from resynapse.protocol import load
from resynapse.protocol.routes import epochs
from resynapse.task import RepeatedPoint

SMALL = replace(
    load("gru-kindling"),
    network=Gru(hidden=(4,)),
    task=RepeatedPoint(steps=2, train=16, test=8, clean=4),
)


def test_epochs_are_counted_as_the_walk_trains_them() -> None:
    counted, rest = untrained(SMALL, engine("reference"))
    assert sum(one.shared for one in counted.values()) == epochs(SMALL.routes)
    for (section, _), one in counted.items():
        assert (one.published > one.shared) == (section == "maintenance")
    assert rest > 0


def test_a_loop_that_is_as_fast_gains_nothing_but_the_shared_trajectory() -> None:
    text = whole({"a": Epochs(30, 10)}, {"a": Taken(2.0, 1.0, 2.0, 1.0)}, 60, 0.0)
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.startswith("| ")]
    rows = {name: float(ratio) for _, name, _, _, ratio, _ in lines if "loop" in name}
    assert rows["plain loop"] == rows["two plain loops side by side"] == pytest.approx(3)
    assert rows["plain loop, one trajectory"] == pytest.approx(1)
