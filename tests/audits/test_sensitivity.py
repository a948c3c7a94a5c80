"""Screening: our effects are SALib's, and a quantity that moves by a known amount has this effect."""

from __future__ import annotations

import numpy as np
import pytest
from SALib.analyze import morris as reference

import resynapse as rs
from resynapse.analysis.cells import Cells
from resynapse.audits.sensitivity import (
    _points,
    _problem,
    design,
    elementary_effects,
    factors,
    first_durations,
    indices,
)
from resynapse.audits.trimmed import trimmed


def test_effects_of_a_linear_function_are_its_coefficients_and_those_of_salib() -> None:
    points = _points("Morris", 3, 5)
    coefficients = np.array([2.0, -5.0, 0.0])
    response = points @ coefficients
    effects = elementary_effects(points, response[:, None])
    assert effects.shape == (5, 3, 1)
    assert effects[:, :, 0] == pytest.approx(np.tile(coefficients, (5, 1)))
    crooked = response + 3 * points[:, 0] * points[:, 1] ** 2
    found = reference.analyze(_problem(3), points, crooked, num_levels=4, seed=1)
    ours = elementary_effects(points, crooked[:, None])[:, :, 0]
    assert np.abs(ours).mean(axis=0) == pytest.approx(np.asarray(found["mu_star"], dtype=float))


def test_a_design_is_a_tree_of_variants_with_shared_beginnings(synthetic: rs.Protocol) -> None:
    made = design(synthetic, size=2)
    count = len(factors(first_durations(synthetic, 1)))
    assert made.points.shape == (2 * (count + 1), count)
    assert {v.of for v in made.protocol.variants.values()} == set(synthetic.arms)
    assert not made.protocol.claims


def test_constants_of_the_induction_move_in_all_arms_together(synthetic: rs.Protocol) -> None:
    (pruning,) = (f for f in factors(synthetic) if f.constant.section == "induction")
    assert pruning.arms == tuple(synthetic.arms)


def test_a_variance_design_has_the_size_that_saltelli_gives(synthetic: rs.Protocol) -> None:
    made = design(synthetic, "Sobol", size=2)
    assert len(made.points) == 2 * (len(made.factors) + 2)


def test_effects_rest_on_what_claims_read_alone(synthetic: rs.Protocol) -> None:
    made = design(synthetic, size=2)
    less = trimmed(made.protocol, synthetic.claims)
    tables = [rs.run(tree, subjects=2, workers=1).table() for tree in (made.protocol, less)]
    assert tables[1].height < tables[0].height
    whole, short = (indices(made, synthetic.claims, Cells.of(table)) for table in tables)
    assert whole
    assert short == whole


def test_a_protocol_without_constants_is_refused() -> None:
    bare = rs.loads("name: bare\narms: {a: [assess: acute]}")
    with pytest.raises(rs.ResynapseError, match="no constant that can be moved"):
        design(bare)
