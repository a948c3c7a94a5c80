"""One reading of a claim: where it stands, and the false-discovery rate of what breaks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.analysis.cells import Cell, Cells
from resynapse.audits.readings import read, results_of, touched
from resynapse.audits.scenarios import Scenario
from resynapse.protocol.claim_tests import Difference, Mean, Test
from resynapse.protocol.claims import Claim, Reading

HARSH = Scenario(name="harsh", arms={"a": "a:harsh"})


def cells(seed: int = 0) -> Cells:
    rng = np.random.default_rng(seed)
    keys = tuple(Cell(arm, "acute", "y") for arm in ("a", "b", "a:harsh", "b:mild"))
    return Cells(np.arange(12), keys, rng.normal((10, 0, 2, 0), 1.0, (12, 4)))


def above(limit: float, arm: str = "a") -> Mean:
    return Mean(of=f"y of {arm} at acute", above=limit)


def test_the_worst_test_of_a_reading_says_where_it_stands() -> None:
    holds, open_, fails, missing = above(5), above(float(cells().values[:, 0].mean())), above(20), above(0, "c")
    worst_last = [(holds, "holds"), (open_, "open"), (fails, "fails"), (missing, "missing")]
    for count in range(1, 5):
        tests, standings = zip(*worst_last[:count], strict=True)
        for order in (tests, tests[::-1]):
            found = read(Reading(tests=order), cells(), (), {})
            assert found.standing == standings[-1]
            assert found.decides.status == found.standing


@given(st.integers(0, 30), st.lists(st.floats(-5, 15), min_size=1, max_size=5))
def test_a_rate_is_never_below_its_p_and_the_order_of_claims_does_not_move_it(seed: int, limits: list[float]) -> None:
    claims = [Claim(id=str(i), statement="s", readings=(Reading(tests=(above(v),)),)) for i, v in enumerate(limits)]
    found, turned = (results_of(order, cells(seed), [HARSH], {}) for order in (claims, claims[::-1]))
    assert found == turned
    for check in (check for (one,) in found.values() for check in one.checks):
        for finding, before, q in zip(check.findings, check.as_run, check.q, strict=True):
            assert (q is None) == (before != "holds")
            assert q is None or (finding.p is not None and q >= finding.p)
        assert not set(check.failures) & set(check.undecided)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (above(0), True),
        (above(0, "b"), False),
        (Difference(of="y of a at acute", minus="y of b at acute", above=0), True),
        # an arm that another control made of the changed one is no longer like it
        (Difference(of="y of a at acute", minus="y of a:part at acute", above=0), False),
    ],
)
def test_a_scenario_touches_what_it_changes_on_both_sides(test: Test, expected: bool) -> None:
    here = cells()
    part = Cell("a:part", "acute", "y")
    here = replace(here, keys=(*here.keys, part), values=np.column_stack([here.values, here.values[:, 0]]))
    assert touched(test, here, HARSH) == expected
