"""Controls of the noise's scale: in units of each unit's own spread, or as loud as in the pruned network."""

from __future__ import annotations

import warnings

import pytest

import resynapse as rs
from resynapse.audits.perturbations import amended_for_audit
from resynapse.cohort import Subject
from resynapse.controls import CONTROLS, controlled
from resynapse.controls.registry import RENAMED, RenamedWarning
from resynapse.engine import Engine
from resynapse.protocol import dumps, loads
from resynapse.protocol.variants import Set
from resynapse.runs.walk import walk

SUBJECT = Subject(5, 1)


def values(protocol: rs.Protocol, engine: Engine) -> dict[tuple[str, str, str], float]:
    return {(r.arm, r.condition, r.outcome): r.value for r in walk(protocol, SUBJECT, engine)}


def test_own_scale_noise_measures_every_assessment_after_the_induction_otherwise_and_trains_nothing(
    tiny: rs.Protocol, compiled: Engine
) -> None:
    after = controlled(tiny, "own-scale-noise")
    own = tuple(Set(step="assess", section=s, set={"noise": "own"}) for s in ("treatment", "follow_up"))
    assert [v.changes for v in after.variants.values()] == [own] * len(tiny.arms)
    assert loads(dumps(after)) == after
    plain, found = values(tiny, compiled), values(after, compiled)
    assert {key: value for key, value in found.items() if key in plain} == plain
    for outcome in ("sparsity", "gain"):
        assert found["ssri:own-scale-noise", "acute", outcome] == plain["ssri", "acute", outcome]
    moved = [o for o in ("acc_combined", "acc_biased_1.0", "acc_internal_1.0")
             if found["ketamine:own-scale-noise", "acute", o] != plain["ketamine", "acute", o]]  # fmt: skip
    assert moved


def test_under_own_scale_a_published_probe_is_the_probe_in_own_sds(tiny: rs.Protocol, compiled: Engine) -> None:
    probe = tiny.with_outcomes("acute", ["acc_internal_1.0"])
    own = controlled(probe, "own-scale-noise")
    found = values(own, compiled)
    again = values(probe.with_outcomes("acute", ["acc_snr_1.0"]), compiled)
    for arm in tiny.arms:
        acute = found[f"{arm}:own-scale-noise", "acute", "acc_internal_1.0"]
        # 300 samples, two draws: 4 standard errors of a difference of shares are at most 16 points
        assert acute == pytest.approx(again[arm, "acute", "acc_snr_1.0"], abs=16)


def test_the_former_name_does_the_same_and_warns(tiny: rs.Protocol, compiled: Engine) -> None:
    with pytest.warns(RenamedWarning, match="scaled-noise is now called pruned-scale-noise"):
        former = controlled(tiny, "scaled-noise")
    now = controlled(tiny, "pruned-scale-noise")
    assert [v.changes for v in former.variants.values()] == [v.changes for v in now.variants.values()]
    assert list(former.variants) == [name.replace("pruned-scale", "scaled") for name in now.variants]
    one, other = values(former, compiled), values(now, compiled)
    assert {(a.replace("scaled", "pruned-scale"), c, o): v for (a, c, o), v in one.items()} == other


def test_files_with_the_former_name_open_as_before_without_a_word(tiny: rs.Protocol) -> None:
    with pytest.warns(RenamedWarning):
        text = dumps(controlled(tiny, "scaled-noise"))
    assert "control: scaled-noise" in text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened = loads(text)
    assert opened.variants["ketamine:scaled-noise"].control == "scaled-noise"


def test_claims_with_the_former_name_are_still_audited(tiny: rs.Protocol) -> None:
    with pytest.warns(RenamedWarning):
        tree, rows = amended_for_audit(tiny, ["ketamine:scaled-noise"], "quick")
    assert "ketamine:scaled-noise" in tree.variants
    assert "scaled-noise" in {row.name for row in rows}
    without, _ = amended_for_audit(tiny, [], "quick")
    assert "ketamine:scaled-noise" not in without.variants


def test_what_equalises_is_a_nuisance_and_what_is_louder_a_sweep() -> None:
    assert CONTROLS["own-scale-noise"].role == "nuisance"
    assert CONTROLS["pruned-scale-noise"].role == "sweep"
    assert set(RENAMED.values()) <= set(CONTROLS)
    assert not set(RENAMED) & set(CONTROLS)
