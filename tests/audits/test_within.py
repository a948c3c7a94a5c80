"""An audit with a budget of time: the deepest that fits, fewer subjects where none does, and what it left open."""

from __future__ import annotations

from pathlib import Path

import pytest

import resynapse as rs
from resynapse.audits import stages as stages_module
from resynapse.audits.audit import Audit
from resynapse.audits.perform import perform
from resynapse.audits.perturbations import Depth
from resynapse.audits.stages import Stages
from resynapse.audits.within import Wish, fitted
from resynapse.errors import OutOfTimeError
from resynapse.report.sections.undecided import undecided_of_audit
from resynapse.runs.planning.budget import Budget
from resynapse.runs.planning.cost import Estimate

BARE = rs.loads("""
name: bare
task: {kind: gaussian-blobs, train: 128, test: 60, clean: 20}
network: {hidden: [8]}
arms: {a: [{train: {epochs: 2, lr: 5e-3}}, {assess: {condition: acute, outcomes: [acc_standard]}}]}
claims:
- {id: sure, statement: s, tests: [{mean: {of: acc_standard of a at acute, above: 1}}]}
- {id: close, statement: s, tests: [{mean: {of: acc_standard of a at acute, within: [29, 30]}}]}
""")
EACH = 10.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def ten_seconds_a_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages_module.Estimate, "rehearse", classmethod(lambda cls, *_, **__: Estimate(2, EACH)))


def wish(out: Path, depth: Depth | None = None, subjects: int | None = None, seeds: int | None = None) -> Wish:
    return Wish(
        protocol=BARE, claims=BARE.claims, depth=depth, subjects=subjects, seed=0, seeds=seeds, folder=lambda _: out
    )


@pytest.mark.parametrize("seconds", [100, 300, 1000, 10_000, 100_000])
def test_the_deepest_that_fits_is_taken(tmp_path: Path, seconds: int) -> None:
    asked = wish(tmp_path)
    planned, pace = fitted(asked, Budget(seconds, Clock()), workers=1)
    cost = {depth: pace.seconds(Stages.of(asked.planned(depth)).in_order, tmp_path) for depth in ("quick", "standard")}
    assert pace.seconds(Stages.of(planned).in_order, tmp_path) <= seconds
    assert (planned.depth == "quick") == (cost["standard"] > seconds)
    assert planned.subjects == asked.planned(planned.depth).subjects


def test_where_no_depth_fits_the_first_has_as_many_subjects_as_fit(tmp_path: Path) -> None:
    planned, _ = fitted(wish(tmp_path), Budget(6 * EACH + 1, Clock()), workers=1)
    assert (planned.depth, planned.subjects) == ("quick", 6)
    # what is wanted is the most
    planned, _ = fitted(wish(tmp_path, "quick", 3), Budget(1000, Clock()), workers=1)
    assert planned.subjects == 3


def test_what_cannot_have_an_interval_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError, match="within 15 s: no audit of bare with 2 subjects fits, it takes about 20 s"):
        fitted(wish(tmp_path), Budget(15, Clock()), workers=1)


def audited(out: Path, seconds: float, *, seeds: int = 1, ticks: float = 0.0) -> Audit:
    clock = Clock()

    def note(text: str) -> None:
        clock.now += ticks * text.startswith("within")

    return perform(wish(out, "quick", 4, seeds), budget=Budget(seconds, clock), workers=1, note=note)


def test_the_same_audit_goes_on_to_the_whole(tmp_path: Path) -> None:
    part = audited(tmp_path, 3 * EACH)
    assert part.subjects == 3
    assert "3 of 4 subjects, which is what 30 s sufficed for" in part.reduced
    assert "3 of 4 subjects" in undecided_of_audit(part)
    whole = audited(tmp_path, 3 * EACH)
    assert whole.subjects == 4
    assert not any("sufficed" in text for text in whole.reduced)
    bare = perform(wish(tmp_path / "at-once", "quick", 4, 1), workers=1)
    assert whole.claims == bare.claims


def test_runs_that_the_time_did_not_suffice_for_are_named_and_decide_nothing(tmp_path: Path) -> None:
    # every run takes so much longer than planned that only the tree and one seed are finished
    found = audited(tmp_path, 1000.0, seeds=3, ticks=900.0)
    assert found.subjects == 4
    (text,) = (text for text in found.reduced if "did not suffice" in text)
    assert "seed2" in text
    assert text in undecided_of_audit(found)
    assert audited(tmp_path, 1000.0, seeds=3).stability
