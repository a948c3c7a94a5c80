"""Probes in a run: published ones are what they were, new ones may have no value, and decisions take that for no."""

from __future__ import annotations

import pytest

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import Engine
from resynapse.protocol import dumps, loads
from resynapse.runs.walk import Row, walk

PUBLISHED = (
    *("acc_standard", "acc_input_1.0", "acc_combined", "acc_internal_0.5", "acc_internal_1.0", "acc_internal_2.5"),
    "acc_biased_1.0",
)
RIGHT = {
    "untreated": ([74, 66, 70, 83, 79, 78, 74], [73, 73]),
    "ketamine": ([292, 273, 130, 122, 96, 83, 79], [80, 83]),
    "ssri": ([73, 73, 85, 79, 79, 79, 73], [72, 71]),
}
"""Right answers of 300 before there were probes in units of own SD: at `acute`, and in the probe at `maintenance`."""


def asked(protocol: rs.Protocol, outcomes: str) -> rs.Protocol:
    """The protocol with other outcomes at `acute`."""
    return protocol.with_outcomes("acute", outcomes.split())


def of(rows: list[Row], arm: str, condition: str) -> dict[str, float]:
    return {r.outcome: r.value for r in rows if (r.arm, r.condition) == (arm, condition)}


@pytest.mark.parametrize("name", ["reference", "compiled"])
def test_published_probes_are_what_they_were(request: pytest.FixtureRequest, tiny: rs.Protocol, name: str) -> None:
    new = ("acc_snr_1.0", "tolerance_snr", "tolerance_internal")
    rows = walk(asked(tiny, " ".join((*new, *PUBLISHED))), Subject(5, 1), request.getfixturevalue(name))
    for arm, (acute, later) in RIGHT.items():
        found = of(rows, arm, "acute")
        assert [round(3 * found[outcome]) for outcome in PUBLISHED] == acute
        probed = [of(rows, arm, f"maintenance={count}")["acc_biased_1.0"] for count in (2, 4)]
        assert [round(3 * value) for value in probed] == later


def test_what_has_no_value_stands_in_no_row_and_takes_no_other_along(tiny: rs.Protocol, compiled: Engine) -> None:
    rows = walk(asked(tiny, "tolerance_internal acc_standard"), Subject(5, 1), compiled)
    found = {arm: of(rows, arm, "acute") for arm in RIGHT}
    # at 25 %, its chance, a network has nothing to lose
    assert found["untreated"].keys() == {"acc_standard"}
    assert found["ketamine"].keys() == {"tolerance_internal", "acc_standard"}


def test_a_decision_on_what_has_no_value_is_no_whatever_it_was_before(compiled: Engine, tiny: rs.Protocol) -> None:
    text = dumps(tiny.only(["untreated"])).partition("follow_up:")[0].replace("arms:\n  untreated: []", "arms: {a: []}")
    induced = text.replace("- prune", "- assess: {condition: begin, outcomes: [tolerance_internal]}\n- prune")
    for side in ("tolerance_internal < 1000", "tolerance_internal >= 0"):
        follow = f"""
follow_up:
  - assess: {{condition: acute, outcomes: [tolerance_internal]}}
  - prune: {{sparsity: 0.98}}
    when: {side}
  - fork: [{{enrol: {{when: {side}}}}}]
  - assess: {{condition: end, outcomes: [sparsity]}}
"""
        rows = walk(loads(induced + follow), Subject(5, 1), compiled)
        assert of(rows, "a", "begin").keys() == {"tolerance_internal"}
        assert of(rows, "a", "acute") == {}
        assert of(rows, "a", "end")["sparsity"] < 95
        assert of(rows, "a", "enrolment") == {"enrolled": 0.0}
