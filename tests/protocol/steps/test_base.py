"""A step carries what is said about it, and a new one needs nothing else."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import Field

import resynapse as rs
from resynapse.protocol import STEPS, Share, Step
from resynapse.report.sections.citations import citations


class Rewire(Step):
    """A step of a user's own."""

    kind: ClassVar[str] = "rewire"
    structural: ClassVar[bool] = True
    cites: ClassVar[tuple[str, ...]] = ("Rewiring: A. Author. 2026.",)
    share: Share = Field(default=0.5, description="share to rewire")


def test_a_new_step_has_a_phrase_and_is_cited_where_it_is_used() -> None:
    assert Rewire(share=0.25).phrase() == "rewire share 0.25"
    protocol = rs.load("demo").with_arm("other", [Rewire(), Rewire()])
    assert list(citations(protocol)).count("Rewiring: A. Author. 2026.") == 1
    assert "Rewiring: A. Author. 2026." not in list(citations(rs.load("demo")))


@pytest.mark.parametrize("kind", STEPS)
def test_a_structural_step_names_the_network_after_it(kind: str) -> None:
    assert STEPS[kind].kind == kind
    assert bool(STEPS[kind].past) == STEPS[kind].structural


def test_regrowth_at_random_cites_no_gradient() -> None:
    assert rs.Regrow(of_pruned=0.5).citations()
    assert not rs.Regrow(of_pruned=0.5, by="random").citations()
