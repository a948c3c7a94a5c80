"""The map is over the two constants with the largest effects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import resynapse as rs
from resynapse.audits.constants import CONSTANTS, DUMMY
from resynapse.audits.region_map import SECTION, SHARES, directions, grid
from resynapse.audits.sensitivity import Index


def index(constant: str, effect: float, quantity: str = "q", arm: str = "") -> Index:
    factor = f"{constant}, {arm}" if arm else constant
    return Index(
        method="Morris", claim="c", quantity=quantity, factor=factor, constant=constant, range="", effect=effect, effect_low=0.0,
        effect_high=effect, signed=0.0, sigma=None, shown=True, n=2,
    )  # fmt: skip


def test_effects_count_relative_to_the_largest_of_their_quantity_and_chance_does_not() -> None:
    small, large, other = (constant.name for constant in CONSTANTS[:3])
    found = [index(small, 1.0, arm="a"), index(other, 0.2), index(large, 1000.0, "r"), index(other, 1.0, "r")]
    found += [index(DUMMY.name, 1e6), index(DUMMY.name, 1e6, "r")]
    assert {constant.name for constant in directions(found)} == {small, large}


def test_the_grid_has_a_point_for_every_pair_of_levels(synthetic: rs.Protocol) -> None:
    along = tuple(c for c in CONSTANTS if c.name in ("protection left at the test", "depth of the lesion"))
    tree = grid(synthetic, along)
    assert len({variant.control for variant in tree.variants.values()}) == len(SHARES) ** 2
    assert set(tree.arms) == set(synthetic.arms)
    assert tree.claims == ()


def test_a_screening_that_tells_no_two_constants_apart_has_no_map_and_says_so() -> None:
    said: list[str] = []
    one = CONSTANTS[0].name
    for found in ((), (index(one, 1.0),)):
        evidence: Any = SimpleNamespace(of=lambda _: [(None, None)], found={"sensitivity": found})
        assert tuple(SECTION.later(evidence, said.append)) == ()
    assert len(said) == 2
    assert all("it needs more subjects" in text for text in said)
