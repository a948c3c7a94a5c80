"""Orders, relapse and answers in other scenarios: like is set beside like, and a shift is paired."""

from __future__ import annotations

import polars as pl
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.audits.audit import Audit
from resynapse.audits.matrix import alike, matrix
from resynapse.audits.perturbations import Amendment
from resynapse.audits.rank_orders import rankings
from resynapse.audits.scenarios import Scenario, scenarios
from resynapse.protocol.claims import Claim

PROTOCOL = rs.loads("""
name: p
induction: [{train: {epochs: 1, lr: 1e-3}}]
arms:
  a: [train: {epochs: 2, lr: 1e-3}]
  b: [train: {epochs: 2, lr: 1e-5}]
follow_up:
  - assess: {condition: acute, outcomes: [acc_standard]}
  - train: {epochs: 2, lr: 1e-6}
    at: [1, 2]
    fork: [{assess: {condition: later, outcomes: [acc_standard]}}]
derived:
  - below: {outcome: relapse, of: acc_standard, threshold: 60, within: later}
variants:
  a:other: {of: a, changes: [{step: train, in: treatment, set: {epochs: 1}}], control: other}
claims:
  - id: order
    statement: a is better.
    tests: [{order: {of: acc_standard, at: acute, arms: [a, b]}}]
  - id: grows
    statement: a gets better.
    tests: [{trend: {of: acc_standard of a at later, above: 10}}]
  - id: high
    statement: a is high.
    tests: [{mean: {of: acc_standard of a at later, above: 75}}]
  - id: relapse
    statement: b relapses, a does not.
    tests:
      - mean: {of: relapse of a at later, below: 50}
      - mean: {of: relapse of b at later, above: 50}
""")
CHANGED = Amendment(constant="epochs", action="sweep", role="sweep", name="other", retrains=True, shortened=True)


def cells(other: float, at: tuple[str, ...] = ("later=1",)) -> Cells:
    """Six subjects; `a` has 70 and 90 at its two counts, its variant `other` at the first alone."""
    rows = []
    for subject in range(6):
        of_subject = [("a", "acute", 90.0), ("b", "acute", 80.0), ("a:other", "acute", other)]
        of_subject += [("a", "later=1", 70.0), ("a", "later=2", 90.0), ("b", "later=1", 50.0), ("b", "later=2", 50.0)]
        of_subject += [("a:other", condition, other) for condition in at]
        for arm, condition, value in of_subject:
            rows.append(("p", "", subject, arm, condition, "acc_standard", value + 0.1 * subject))
            if condition != "acute":
                rows.append(("p", "", subject, arm, condition, "relapse", 100.0 * (value < 60)))
    columns = ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    return Cells.of(pl.DataFrame(rows, schema=columns, orient="row"), PROTOCOL)


def claim(name: str) -> Claim:
    return next(c for c in PROTOCOL.claims if c.id == name)


def test_the_run_is_read_over_the_counts_that_a_shortened_world_has() -> None:
    found = {c.claim: c for c in matrix(PROTOCOL.claims, cells(other=70.0), PROTOCOL, [CHANGED])}
    # 70 and 90 are above 75 on average; at the one count that both have, neither is, so that nothing has changed
    assert (found["high"].before, found["high"].after) == ("fails", "fails")
    assert found["high"].as_run == pytest.approx(70.25)
    assert not found["high"].changed
    assert not found["high"].moved
    # and of a trend over one count nothing is said
    assert "grows" not in found


def test_the_shift_is_paired_by_subject() -> None:
    found = {c.claim: c for c in matrix(PROTOCOL.claims, cells(other=85.0), PROTOCOL, [CHANGED])}
    # the values differ between subjects, their differences do not
    assert found["order"].shift == pytest.approx(-5.0)
    assert found["order"].moved
    assert not found["order"].changed
    assert (found["high"].before, found["high"].after) == ("fails", "holds")


def test_alike_leaves_out_what_the_world_lacks() -> None:
    whole = cells(other=70.0)
    (scenario,) = scenarios(PROTOCOL, "other")
    kept = {(c.arm, c.condition) for c in alike(whole, scenario).keys}
    assert ("a", "later=2") not in kept
    assert {("a", "later=1"), ("b", "later=2"), ("a:other", "later=1")} <= kept
    assert alike(whole, Scenario()).keys == whole.keys


def test_orders_and_relapse_stand_as_run_and_in_every_world_that_touches_them() -> None:
    found = {(r.scenario, r.outcome): r for r in rankings(PROTOCOL.claims, cells(other=55.0), PROTOCOL, [CHANGED])}
    as_run, here = found["", "acc_standard"], found["other", "acc_standard"]
    assert (as_run.arms, as_run.changed) == (("a", "b"), False)
    assert (here.arms, here.before, here.changed) == (("b", "a"), ("a", "b"), True)
    assert here.spread == pytest.approx(-25.0)
    relapse = found["other", "relapse"]
    assert relapse.relapse
    assert relapse.means == (100.0, 100.0)
    assert not relapse.changed  # a tie keeps the order as run
    assert found["", "relapse"].means == (100.0, 0.0)


def test_every_world_of_an_audit_that_touches_an_order_is_ranked(audited: Audit) -> None:
    assert {r.scenario for r in audited.rankings} <= {"", *(cell.scenario for cell in audited.matrix)}


@pytest.mark.parametrize(
    ("among", "said"),
    [
        ("acc_standrad >= 0 at acute", "did you mean 'acc_standard'"),
        ("acc_standard >= 0 at acut", "did you mean 'acute'"),
        ("relapse >= 0 at acute", "is not measured at acute"),
    ],
)
def test_a_slip_in_a_selection_is_refused_and_is_no_verdict(among: str, said: str) -> None:
    with pytest.raises(rs.ResynapseError, match=said):
        rs.loads(
            "name: p\narms: {a: [assess: {condition: acute, outcomes: [acc_standard]}]}\nclaims:\n"
            "- id: c\n  statement: s\n  tests: [{mean: {of: acc_standard of a at acute, above: 1}}]\n"
            f"  among: {among}"
        )


def test_a_selection_by_a_derived_outcome_is_known() -> None:
    from resynapse.audits.claim_checks import check_claims
    from resynapse.protocol.claims import Reading

    def chosen(condition: str) -> Claim:
        reading = Reading(tests=claim("high").tests, among=f"relapse < 50 at {condition}")
        return Claim(id="c", statement="s", readings=(reading,))

    check_claims(PROTOCOL, [chosen("later=1")])
    # without its count it would select nobody
    with pytest.raises(rs.ResynapseError, match="did you mean 'later=2' or 'later=1'"):
        check_claims(PROTOCOL, [chosen("later")])
