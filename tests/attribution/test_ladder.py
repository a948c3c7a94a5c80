"""The ladder of an arm, and what two arms show at equal exposure, change and loss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import resynapse as rs
from resynapse.analysis.cells import Cell, Cells, Floats
from resynapse.attribution.ladder import CHANGE, LOSS, REACHED, Ladder, ladder
from resynapse.attribution.matched import AS_RUN, EXPOSURE, Matching, matching
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ProtocolError
from resynapse.report.sections.matching import matching_sentences, matching_tables

ASKED = ["acc_combined at acute", "acc_biased_1.0 at maintenance"]


@pytest.fixture(scope="module")
def tree(tiny: rs.Protocol) -> Ladder:
    return ladder(tiny, ["ketamine", "ssri"], ASKED)


def test_the_arm_with_the_smaller_exposure_is_moved_and_one_rung_has_the_exposure_of_the_other(
    tiny: rs.Protocol, tree: Ladder
) -> None:
    assert (tree.matched, tree.fixed) == ("ssri", "ketamine")
    assert list(tree.rates) == sorted(tree.rates)
    assert tree.rates[tree.own] == 1e-3
    matched = rs.controlled(tiny, "matched-exposure").variants["ssri:matched-exposure"].changes[0].set["lr"]
    # rates are written with twelve digits
    assert tree.rates[tree.exposed] == pytest.approx(matched, rel=1e-11)
    assert ladder(tiny, ["ssri", "ketamine"], ASKED).protocol == tree.protocol


def test_both_arms_as_they_are_keep_every_bit(tiny: rs.Protocol, tree: Ladder) -> None:
    arms = ["ketamine", "ssri"]
    own = rs.run(tiny.only(arms), subjects=2, workers=1).table()
    there = rs.run(tree.protocol.only(arms), subjects=2, workers=1).table()
    keys = ["subject", "arm", "condition", "outcome"]
    both = there.join(own, on=keys, suffix="_own")
    assert both.height == 2 * 2 * 2
    assert both["value"].to_list() == both["value_own"].to_list()


def _cells(tree: Ladder, change: Floats, loss: Floats, outcome: Floats, fixed: tuple[float, float, float]) -> Cells:
    """A planted ladder, shape (rungs, subjects) each, and the values of the other arm."""
    subjects = change.shape[1]
    columns: dict[Cell, Floats] = {}
    for rung, arm in enumerate(tree.rungs):
        columns[Cell(arm, REACHED, CHANGE)] = change[rung]
        columns[Cell(arm, REACHED, LOSS)] = loss[rung]
        columns |= {Cell(arm, one.condition, one.outcome): outcome[rung] for one in tree.requested}
    columns[Cell(tree.fixed, REACHED, CHANGE)] = np.full(subjects, fixed[0])
    columns[Cell(tree.fixed, REACHED, LOSS)] = np.full(subjects, fixed[1])
    columns |= {Cell(tree.fixed, one.condition, one.outcome): np.full(subjects, fixed[2]) for one in tree.requested}
    return Cells(np.arange(subjects), tuple(columns), np.array(list(columns.values())).T)


def test_planted_dependence_on_dose_vanishes_on_its_own_basis(tree: Ladder) -> None:
    rng = np.random.default_rng(3)
    subjects = 7
    steps = np.linspace(0.0, 9.0, len(tree.rungs))[:, None]
    change = steps + rng.uniform(-0.4, 0.4, (len(tree.rungs), subjects))
    loss = 10.0 - steps**1.5 / 3 + np.zeros(subjects)
    # both arms do what their change makes: 20 + 5 * change; the other arm reaches a change of 6 and a loss out of reach
    found = matching(tree, _cells(tree, change, loss, 20 + 5 * change, (6.0, 20.0, 50.0)), "planted")
    bases = {basis.basis: basis for basis in found.outcomes[0].bases}
    assert bases["equal change"].difference == pytest.approx(0.0, abs=1e-9)
    assert bases[AS_RUN].difference == pytest.approx(30 - 5 * change[tree.own].mean())
    assert bases[EXPOSURE].difference == pytest.approx(30 - 5 * change[tree.exposed].mean())
    assert (bases["equal loss"].n, bases["equal loss"].beyond) == (0, subjects)
    assert bases["equal loss"].difference is None
    assert any("nothing can be said" in text for text in matching_sentences(found))


def test_subjects_out_of_range_are_left_out_and_counted(tree: Ladder) -> None:
    steps = np.linspace(0.0, 9.0, len(tree.rungs))[:, None] * np.array([[1.0, 1.0, 1.0, 0.1]])
    found = matching(tree, _cells(tree, steps, steps, steps, (4.0, 4.0, 4.0)), "planted")
    for basis in found.outcomes[0].bases[2:]:
        assert (basis.n, basis.beyond) == (3, 1)
        assert basis.difference == pytest.approx(0.0, abs=1e-12)
        assert basis.first == pytest.approx(4.0)


@pytest.fixture(scope="module")
def real(tiny: rs.Protocol, tmp_path_factory: pytest.TempPathFactory) -> tuple[Matching, Path]:
    out = tmp_path_factory.mktemp("match") / "out"
    return rs.match(tiny, between=["ssri", "ketamine"], outcomes=ASKED, subjects=3, workers=1, out=out), out


def test_a_real_run_has_the_contrast_as_it_is_and_its_ladder(tiny: rs.Protocol, real: tuple[Matching, Path]) -> None:
    found, out = real
    summary = rs.run(tiny.only(["ketamine", "ssri"]), subjects=3, workers=1).summary()
    for one in found.outcomes:
        own = {
            arm: summary.filter(arm=arm, condition=one.condition, outcome=one.outcome)["mean"].item()
            for arm in ("ssri", "ketamine")
        }
        assert one.bases[0].difference == pytest.approx(own["ssri"] - own["ketamine"], abs=1e-10)
    changes = [rung.change for rung in found.rungs]
    assert changes == sorted(changes)
    assert json.loads((out / "match.json").read_text()) == json.loads(found.to_json())
    assert json.loads(found.to_json())["disclaimer"] == DISCLAIMER
    assert found.frame().height == len(ASKED) * 4
    assert len(matching_tables(found)) == 1 + len(ASKED)


def test_an_arm_that_does_not_train_is_refused(tiny: rs.Protocol) -> None:
    with pytest.raises(ProtocolError, match="untreated is not trained"):
        ladder(tiny, ["ketamine", "untreated"])
