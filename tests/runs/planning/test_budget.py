"""A budget of time: what fits is begun, the run stops in time, and goes on to the numbers of a run without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import resynapse as rs
from resynapse.cohort import Cohort
from resynapse.errors import OutOfTimeError, ResynapseError
from resynapse.runs.events import EpochDone, Event, RunFinished, SubjectFinished
from resynapse.runs.execute import execute
from resynapse.runs.planning.budget import Budget, span
from resynapse.runs.planning.cost import Estimate
from resynapse.runs.store.folder import RunFolder


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.integers(1, 10**6), st.sampled_from(["s", "m", "h"]))
def test_a_span_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert span(f"{number}{unit}") == number * {"s": 1, "m": 60, "h": 3600}[unit]


@pytest.mark.parametrize("text", ["", "1", "h", "0m", "-1h", "1d", "1e3s", "inf s", "1 h 5 m", "\u0661s"])
def test_what_is_no_span_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ResynapseError, match="is no span of time") as refused:
        span(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf"), "1h"])
def test_a_budget_is_a_number_of_seconds_above_0(seconds: object, tiny: rs.Protocol) -> None:
    with pytest.raises(ResynapseError, match="a number above 0"):
        rs.run(tiny, subjects=1, within=seconds)  # type: ignore[arg-type]


@given(st.integers(1, 500), st.integers(1, 50), st.integers(1, 50), st.integers(1, 4))
def test_after_the_first_round_only_what_fits_at_the_speed_that_is_seen_is_begun(
    seconds: int, expected: int, true: int, at_once: int
) -> None:
    clock, begun, finished = Clock(), 0, [0]
    budget = Budget(seconds, clock)
    for _ in budget.while_they_fit(range(10_000), expected, at_once, lambda: finished[0]):
        begun += 1
        if begun % at_once == 0:  # a round is computed side by side
            clock.now += true
            finished[0] = begun
    assert begun == at_once * (max(1, seconds // true) if expected <= seconds else 0)


def _executed(
    tiny: rs.Protocol, out: Path, budget: Budget | None, listener: Callable[[Event], None], each: float = 10.0
) -> list[str]:
    notes: list[str] = []
    execute(
        tiny, Cohort(size=6, root_seed=5), RunFolder(out), workers=1, listener=listener, note=notes.append,
        budget=budget, expected=None if budget is None else Estimate(1, each),
    )  # fmt: skip
    return notes


def test_subjects_that_fit_are_finished_and_the_same_run_goes_on(tiny: rs.Protocol, tmp_path: Path) -> None:
    clock, heard = Clock(), []

    def listen(event: Event) -> None:
        heard.append(event)
        clock.now += 10.0 * isinstance(event, SubjectFinished)

    notes = _executed(tiny, tmp_path / "a", Budget(39.0, clock), listen)
    # the first run of an installation says more
    told = [note for note in notes if not note.startswith("compiling")]
    assert told == ["within 39 s: about 3 of 6 subjects fit, 10 s each, 1 at a time"]
    assert RunFolder(tmp_path / "a").finished() == 3
    (end,) = (event for event in heard if isinstance(event, RunFinished))
    assert (end.state, end.error) == ("stopped", "the time of 39 s is over")
    _executed(tiny, tmp_path / "a", None, lambda event: None)
    _executed(tiny, tmp_path / "b", None, lambda event: None)
    tables = [RunFolder(tmp_path / name).table().sort(pl.all()) for name in "ab"]
    assert tables[0].equals(tables[1])


def test_a_run_that_is_slower_than_planned_stops_between_epochs(tiny: rs.Protocol, tmp_path: Path) -> None:
    clock, epochs = Clock(), 0

    def listen(event: Event) -> None:
        nonlocal epochs
        if isinstance(event, EpochDone) and event.subject == 1:
            epochs += event.epochs
            clock.now += 100.0
            time.sleep(0.5)  # a real epoch is longer than the run takes to look at the clock again

    _executed(tiny, tmp_path, Budget(65.0, clock), listen)
    folder = RunFolder(tmp_path)
    assert folder.finished() == 1
    assert folder.unfinished() == 5
    # the time was over with its first epoch; what goes on until the run has seen it is not the whole subject
    assert epochs >= 1


def test_where_no_subject_fits_nothing_is_written(tiny: rs.Protocol, tmp_path: Path) -> None:
    with pytest.raises(
        OutOfTimeError,
        match=r"within 5 s: no subject of tiny fits into the 5 s that are left .* 10 s each; give more time",
    ):
        _executed(tiny, tmp_path, Budget(5.0, Clock()), lambda event: None)
    assert not RunFolder(tmp_path).manifest_path.exists()


def test_a_finished_run_needs_no_time(tiny: rs.Protocol, tmp_path: Path) -> None:
    _executed(tiny, tmp_path, None, lambda event: None)
    _executed(tiny, tmp_path, Budget(0.001, Clock()), lambda event: None)
    assert RunFolder(tmp_path).unfinished() == 0
