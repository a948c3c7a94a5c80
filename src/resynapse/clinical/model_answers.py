"""The model's answer to each clinical question, read within simulated subjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from resynapse.analysis.cells import Cells, Floats, at_count
from resynapse.analysis.floor_effects import TestedState, at_floor
from resynapse.analysis.intervals import Interval, mean_interval
from resynapse.analysis.parts.dose import trends
from resynapse.analysis.parts.planning import FEWEST
from resynapse.analysis.threshold_rules import probes
from resynapse.protocol import Protocol
from resynapse.protocol.conditions import base
from resynapse.protocol.facts import facts_of

REFERENCE = "untreated"
PROBE = "acc_biased_1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """The model's answer to a question, from one arm.

    Parameters
    ----------
    n, selected_from : simulated subjects it rests on, and those before responders were selected.
    difference, interval : paired by subject; above 0 means yes.
    subjects_yes : subjects whose own difference is above 0.
    answer : ``yes`` or ``no`` if the interval excludes 0, or if all subjects, as many as let a sign-flip p
        reach 5 %, have one and the same difference, which has no interval; else ``undecided``.
    """

    n: int
    selected_from: int
    difference: float
    interval: Interval
    subjects_yes: int
    answer: Literal["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a run replies to a question, from one arm.

    Parameters
    ----------
    model : the answer; None where there is none, for the reason in `note`.
    can_be_asked : False where a state that must have something to lose, or to be compared, is at the floor of its test.
    """

    model: ModelAnswer | None = None
    note: str = ""
    can_be_asked: bool = True


def answer(differences: Floats, selected_from: int) -> ModelAnswer | None:
    """From the differences of the subjects, above 0 for yes; None without any."""
    if not len(differences):
        return None
    interval = mean_interval(differences, "free")
    mean = float(differences.mean())
    constant = interval.low is None and len(differences) >= FEWEST
    answer: Literal["yes", "no", "undecided"] = "undecided"
    if (interval.low is not None and interval.low > 0) or (constant and mean > 0):
        answer = "yes"
    elif (interval.high is not None and interval.high < 0) or (constant and mean < 0):
        answer = "no"
    return ModelAnswer(
        n=len(differences),
        selected_from=selected_from,
        difference=mean,
        interval=interval,
        subjects_yes=int(np.sum(differences > 0)),
        answer=answer,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What an arm says to a question, before it is judged.

    Parameters
    ----------
    differences : of the subjects, above 0 for yes; None where nothing was measured.
    selected_from : subjects before responders were selected.
    note : why there are no differences.
    state : the state that must be above the floor of its test, or there is nothing to lose or to compare.
    """

    differences: Floats | None = None
    selected_from: int = 0
    note: str = ""
    state: TestedState | None = None


def read(question: str, arm: str, cells: Cells, protocol: Protocol) -> Reply:
    """The model's answer to a question from one arm, or why there is none."""
    found = READ[question](arm, cells, protocol)
    if found.differences is None or not len(found.differences):
        return Reply(note=found.note)
    floor = at_floor(found.state, cells, protocol) if found.state is not None else ""
    if floor:
        return Reply(note=f"this run cannot answer it: {floor}", can_be_asked=False)
    return Reply(model=answer(found.differences, found.selected_from), note=found.note)


def _stopping(arm: str, cells: Cells, _: Protocol) -> Read:
    on, off = (cells.column(arm, condition, "acc_combined") for condition in ("acute", "off"))
    untreated = cells.column(REFERENCE, "acute", "acc_combined")
    if on is None or off is None:
        return Read(note="acc_combined was not measured on and off the drug")
    if untreated is None:
        return Read(note=f"no arm {REFERENCE}, against which responders are selected")
    known = ~np.isnan(on - off - untreated)
    chosen = known & (on > untreated)
    return Read(
        differences=(on - off)[chosen],
        selected_from=int(known.sum()),
        note="" if chosen.any() else "no simulated subject responded",
        state=TestedState(name=f"{arm} on the drug", condition="acute", outcome="acc_combined", values=on[chosen]),
    )


def _longer(arm: str, cells: Cells, protocol: Protocol) -> Read:
    for one in probes(cells, protocol):
        if one.arm == arm and one.within == "maintenance" and len(one.counts) >= 3:
            values = one.values[~np.isnan(one.values).any(axis=1)]
            state = TestedState(
                name=f"{arm} after its best duration",
                condition=at_count(one.within, one.counts[-1]),
                outcome=one.rule.of,
                values=values.max(axis=1, initial=0.0),
            )
            return Read(
                differences=trends(values),
                selected_from=len(values),
                state=state if facts_of(one.rule.of, protocol).kind == "accuracy" else None,
            )
    return Read(note="no probe at three durations of maintenance or more")


def _switch(arm: str, cells: Cells, _: Protocol) -> Read:
    treated, untreated = (cells.column(a, "acute", PROBE) for a in (arm, REFERENCE))
    if treated is None or untreated is None:
        return Read(note=f"{PROBE} was not measured at acute in {arm} and {REFERENCE}")
    known = ~np.isnan(untreated - treated)
    return Read(
        differences=(untreated - treated)[known],
        selected_from=int(known.sum()),
        state=TestedState(name=REFERENCE, condition="acute", outcome=PROBE, values=untreated[known]),
    )


def _stabiliser(arm: str, cells: Cells, _: Protocol) -> Read:
    without = f"{arm}:no-protection"
    shared = [
        (key.condition, a, b)
        for key in cells.keys
        if key.arm == arm and base(key.condition) == "maintenance" and key.outcome == PROBE
        and (a := cells.column(*key)) is not None
        and (b := cells.column(without, key.condition, PROBE)) is not None
    ]  # fmt: skip
    if not shared:
        return Read(note="no arm without the stabiliser; run it with --control no-protection")
    kept, bare = (np.mean(columns, axis=0) for columns in ([a for _, a, _ in shared], [b for *_, b in shared]))
    known = ~np.isnan(kept - bare)
    better = np.maximum(kept, bare)[known]
    name = f"{arm} with the stabiliser and without"
    return Read(
        differences=(kept - bare)[known],
        selected_from=int(known.sum()),
        state=TestedState(name=name, condition=shared[-1][0], outcome=PROBE, values=better),
    )


READ = {"stopping": _stopping, "longer treatment": _longer, "switch": _switch, "stabiliser": _stabiliser}
"""By the key of the question."""
