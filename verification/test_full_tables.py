"""Numbers of the dear library protocols at full size stay as they were."""

from __future__ import annotations

import json

import pytest
from tests.golden.tables import machine

from resynapse.outcomes import known
from verification.full_tables import MACHINE, NAMES, computed, golden


@pytest.mark.parametrize("name", NAMES)
def test_numbers_at_full_size_are_those_that_were_kept(name: str) -> None:
    expected, found = golden(name), computed(name)
    assert found.keys() == expected.keys()
    if machine() == json.loads(MACHINE.read_text("utf-8")):
        assert found == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
        return
    # a thousand epochs amplify any other rounding; what follows from the protocol by arithmetic has a few roundings
    for cell, value in expected.items():
        outcome = known(cell[2])
        if outcome is not None and outcome.setting:
            assert found[cell] == pytest.approx(value, rel=1e-6)
