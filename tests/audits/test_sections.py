"""Sections of an audit: each is an attribute, a key of the JSON, and tables; their runs have names of their own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import resynapse as rs
from resynapse.audits.audit import Audit
from resynapse.audits.perturbations import Depth
from resynapse.audits.plan import plan
from resynapse.audits.sections import sections


def test_every_section_is_an_attribute_and_a_key(audited: Audit) -> None:
    content = json.loads(audited.to_json())
    for section in sections():
        assert len(getattr(audited, section.name)) == len(content[section.name])
    with pytest.raises(AttributeError, match="no 'sensibility'"):
        _ = audited.sensibility


def test_intervals_are_pairs_and_tables_are_rectangular(audited: Audit) -> None:
    content = json.loads(audited.to_json())
    for name in ("claims", "matrix", "rankings", "robustness"):
        assert all(("low" not in row and row["interval"] is None) or len(row["interval"]) == 2 for row in content[name])
    assert audited.tables
    assert all(len(row) == len(table.header) for table in audited.tables for row in table.rows)


@pytest.mark.parametrize("depth", ["quick", "standard", "full"])
def test_runs_of_sections_have_names_of_their_own(synthetic: rs.Protocol, depth: Depth) -> None:
    planned = replace(plan(synthetic, synthetic.claims, depth), seeds=(0, 1, 2))
    stages = [stage for section in sections() for stage in section.stages(planned)]
    names = [stage.name for stage in stages]
    assert len(names) == len({*names, "tree", "map"} - {"tree", "map"})
    assert all(0 < stage.subjects <= max(planned.subjects, 10) for stage in stages)
    # a tree of ten subjects at the root seed is one of the cohorts itself
    assert [stage.seed for stage in stages if stage.seed is not None] == ([1, 2] if depth == "quick" else [0, 1, 2])
    assert ("screening" in names) == (depth != "quick")
    assert ("variance" in names) == (depth == "full")
