"""The rehearsal estimates what a protocol will cost from steps it really does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.engine import engine
from resynapse.protocol.routes import epochs
from resynapse.runs.planning.cost import LONG, Estimate, _Rehearsal
from resynapse.runs.progress import Progress


def test_an_estimate_counts_epochs_and_is_of_the_order_of_the_truth() -> None:
    demo = rs.load("demo")
    estimate = Estimate.rehearse(demo)
    started = time.process_time()
    rs.run(demo, subjects=1, workers=1)
    took = time.process_time() - started
    assert estimate.epochs == 146
    # one small subject beside the start of a run: the order of magnitude; verification/test_cost_told.py has the factor
    assert took / 10 < estimate.seconds < took * 10


def test_a_rehearsal_goes_through_the_places_of_a_walk(tiny: rs.Protocol) -> None:
    planned = Estimate.rehearse(tiny).timetable
    assert planned is not None
    progress = Progress(subjects=1, epochs=epochs(tiny.routes))
    rs.run(tiny, subjects=1, listener=progress)
    measured = progress.measured
    assert measured is not None
    assert planned.places == list(measured.places)
    assert list(planned.seconds) == sorted(planned.seconds)
    assert 0 < planned.seconds[-1] <= planned.whole


def test_the_sentence_counts_rounds_of_workers() -> None:
    text = Estimate(epochs=10, seconds=60.0).sentence(1)
    assert "10 training epochs a subject" in text
    assert "60 s for a cohort of 1, 1 at a time" in text


@given(st.integers(1, 5000), st.floats(1e-6, 1.0))
def test_long_work_is_timed_on_a_part_and_costs_what_all_of_it_would(size: int, each: float) -> None:
    clock, done = [0.0], []

    def work(count: int) -> int:
        done.append(count)
        clock[0] += count * each
        return count

    seconds, result = _Rehearsal(engine("reference"), lambda: clock[0])._of_part(size, 256, work)
    assert seconds == pytest.approx(size * each, rel=1e-6)  # work in proportion to its size is told exactly
    assert result == done[-1] == (size if min(size, 256) * each < LONG else min(size, 256))
