"""The cost that is told before a start, beside what the run then takes: within a factor of two on a free machine.

Both are processor time of one thread, so that other work on the machine does not matter.
`pytest verification/test_cost_told.py -s` prints the table; about two minutes of one core.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.lab.commands.cost import Planned, timed

FACTOR = 2.0
SUBJECTS = {"demo": 8, "gru-demo": 8, "digits-switch-relapse": 1, "withdrawal": 1, "switch-relapse": 1}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_cost_told_is_within_a_factor_of_two_of_the_run(name: str, tmp_path: Path) -> None:
    protocol, subjects = rs.load(name), SUBJECTS[name]
    small = rs.load("gru-demo" if name.startswith("gru") else "demo")
    rs.run(small, subjects=1, workers=1, out=tmp_path / "warm")  # imports and kernels are told apart, as the start
    told = timed(Planned(protocol, subjects, workers=1)).subject
    started = time.process_time()
    rs.run(protocol, subjects=subjects, workers=1, out=tmp_path / "run")
    took = (time.process_time() - started) / subjects
    print(f"\n{name}: told {told:.2f} s a subject, took {took:.2f} s, ratio {told / took:.2f}")
    assert 1 / FACTOR < told / took < FACTOR
