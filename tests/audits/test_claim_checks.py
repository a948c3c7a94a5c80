"""Claims of others are checked against the protocol that they are read in."""

from __future__ import annotations

from dataclasses import replace

import pytest

import resynapse as rs
from resynapse.audits.claim_checks import check_claims
from resynapse.audits.claim_library import claims_of
from resynapse.controls.registry import RENAMED, controls
from resynapse.protocol.claim_tests import Mean
from resynapse.protocol.claims import Claim, Reading

PROTOCOL = rs.load("switch-relapse")


def claim(arm: str, among: str = "") -> Claim:
    test = Mean(of=f"acc_standard of {arm} at acute", above=50)
    return Claim(id="c", statement="s", readings=(Reading(tests=(test,), among=among),))


@pytest.mark.parametrize("control", [*controls(), *RENAMED])
def test_every_control_may_be_named_and_by_its_former_name_too(control: str) -> None:
    check_claims(PROTOCOL, [claim(f"ssri:{control}")])


@pytest.mark.parametrize("arm", ["nobody", "ssri:nothing", "nobody:sham"])
def test_an_unknown_arm_or_control_is_refused_by_its_name(arm: str) -> None:
    with pytest.raises(rs.ResynapseError, match=r"nobody|nothing"):
        check_claims(PROTOCOL, [*claims_of(PROTOCOL), claim(arm)])


def test_what_is_not_measured_cannot_select_subjects_and_may_be_claimed() -> None:
    unmeasured = claim("ssri")
    reading = replace(unmeasured.readings[0], tests=(Mean(of="enrolled of ssri at acute", above=0),))
    check_claims(PROTOCOL, [replace(unmeasured, readings=(reading,))])
    with pytest.raises(rs.ResynapseError, match="enrolled"):
        check_claims(PROTOCOL, [claim("ssri", among="enrolled >= 90 at acute")])
