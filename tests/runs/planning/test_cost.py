"""The rehearsal estimates what a protocol will cost from steps it really does."""

from __future__ import annotations

import time

import resynapse as rs
from resynapse.runs.planning.cost import Estimate


def test_an_estimate_counts_epochs_and_is_of_the_order_of_the_truth() -> None:
    demo = rs.load("demo")
    estimate = Estimate.rehearse(demo)
    started = time.perf_counter()
    rs.run(demo, subjects=1, workers=1)
    took = time.perf_counter() - started
    assert estimate.epochs == 146
    # a shared, noisy machine: the estimate must have the right order of magnitude, no more is claimed
    assert took / 10 < estimate.seconds < took * 10


def test_the_sentence_counts_rounds_of_workers() -> None:
    text = Estimate(epochs=10, seconds=60.0).sentence(1)
    assert "10 training epochs a subject" in text
    assert "60 s for a cohort of 1, 1 at a time" in text
