"""The headline says one thing at a time, by its own name."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.protocol.derived_outcomes import Below, First
from resynapse.report.run_data import RunData
from resynapse.report.sections.headline import headline_of_run


@pytest.mark.parametrize("name", ["washout", "switch-relapse"])
def test_relapse_is_told_once_an_arm_and_as_a_share_of_networks(name: str) -> None:
    small = miniature(name)
    # even a miniature is well before, above a threshold as low as this
    low = tuple(
        rule.model_copy(update={"threshold": 5.0}) if isinstance(rule, (Below, First)) else rule
        for rule in small.derived
    )
    run = rs.run(replace(small, derived=low), subjects=3)
    text = headline_of_run(RunData.of(run.folder))
    arms = re.findall(r"after ([^;.]+)", text.partition(" among networks that were well before: ")[2])
    assert len(arms) == len(set(arms)) == 4
    # a first step is when, not whether: it is no name of a share
    assert "irst step" not in text
