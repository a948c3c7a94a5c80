"""The ledger: one entry a claim, made of what its readings found."""

from __future__ import annotations

from dataclasses import replace

import resynapse as rs
from resynapse.audits.audit import Audit
from resynapse.audits.ledger import ledger_of
from resynapse.audits.verdicts import VERDICTS


def test_every_claim_has_one_entry_in_order_with_a_known_verdict(audited: Audit, synthetic: rs.Protocol) -> None:
    assert [entry.id for entry in audited.claims] == [claim.id for claim in synthetic.claims]
    assert {entry.verdict for entry in audited.claims} <= set(VERDICTS)
    assert sum(audited.count(verdict) for verdict in VERDICTS) == len(audited.claims)


def test_an_entry_shows_a_number_of_its_own_readings(audited: Audit) -> None:
    for entry in audited.claims:
        found = [f for one in entry.readings for f in (*one.findings, *(f for c in one.checks for f in c.findings))]
        shown = (entry.estimate, entry.low, entry.high, entry.n)
        assert shown in [(f.estimate, f.low, f.high, f.n) for f in found] or entry.estimate is None
        assert entry.estimate is None or entry.low is None or entry.low <= entry.estimate <= (entry.high or 0)


def test_only_a_claim_that_holds_is_broken_and_nothing_is_both_broken_and_undecided(audited: Audit) -> None:
    for entry in audited.claims:
        assert not set(entry.breakers) & set(entry.undecided_in)
        assert not entry.breakers or any(one.standing == "holds" for one in entry.readings)
        assert all(name in entry.sentence for name in entry.breakers) or entry.verdict in ("mixed", "by construction")


def test_other_claims_move_no_estimate(synthetic: rs.Protocol) -> None:
    table = rs.run(replace(synthetic, claims=()), subjects=2, workers=1).table()
    every = {entry.id: entry for entry in ledger_of(synthetic, table)}
    for claim in synthetic.claims:
        (alone,) = ledger_of(replace(synthetic, claims=(claim,)), table)
        assert replace(alone, readings=()) == replace(every[claim.id], readings=())
