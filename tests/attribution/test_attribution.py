"""Shares of a contrast: planted truths are found, intervals cover them, and the parts of a real run add up."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom
from tests.attribution.conftest import Planted

import resynapse as rs
from resynapse.attribution.attribution import Attribution, attribution
from resynapse.attribution.factorial import Factorial
from resynapse.disclaimer import DISCLAIMER
from resynapse.errors import ResynapseError, RunFolderError
from resynapse.report.sections.attribution import attribution_sentences, attribution_tables, write_page

PARTS = {"regrowth": 20.0, "gain-at-the-test": -6.0, "learning": 9.0, "noise": -2.0}


def _additive(taken: frozenset[str]) -> float:
    return 40.0 + sum(PARTS.get(key, 0.0) for key in taken)


def _interacting(taken: frozenset[str]) -> float:
    return 40.0 + 30.0 * ({"regrowth", "guidance", "learning"} <= taken)


INTERACTION = dict.fromkeys(("regrowth", "guidance", "learning"), 10.0)
TRUTHS = [(_additive, PARTS), (_interacting, INTERACTION)]


@pytest.mark.parametrize(("value", "truth"), TRUTHS)
def test_planted_truths_are_recovered_exactly(tree: Factorial, planted: Planted, value, truth) -> None:  # type: ignore[no-untyped-def]
    found = attribution(tree, planted(tree, value, np.zeros((6, len(tree.arms)))), "planted", 1)
    for contrast in found.contrasts:
        for share in contrast.shares:
            # 64 values below 100, each with a rounding of a double
            assert share.share == pytest.approx(truth.get(share.component, 0.0), abs=64 * 100 * np.finfo(float).eps)
        assert contrast.total == value(frozenset(s.component for s in contrast.shares)) - value(frozenset())


@pytest.mark.parametrize(("value", "truth"), TRUTHS)
def test_intervals_over_subjects_cover_the_truth_as_often_as_they_say(  # type: ignore[no-untyped-def]
    tree: Factorial, planted: Planted, value, truth
) -> None:
    studies = 300
    rng = np.random.default_rng(1)
    covered = dict.fromkeys((player.key for player in tree.players), 0)
    for _ in range(studies):
        # five subjects have Student's interval, which is exact for these deviations
        cells = planted(tree, value, rng.normal(0, 5, (5, len(tree.arms))))
        for share in attribution(tree, cells, "planted", 1).contrasts[0].shares:
            assert share.low is not None
            assert share.high is not None
            covered[share.component] += share.low <= truth.get(share.component, 0.0) <= share.high
    low, high = binom.ppf([1e-4, 1 - 1e-4], studies, 0.95)
    assert all(low <= count <= high for count in covered.values()), covered


def test_shares_add_up_in_every_subject(tree: Factorial, planted: Planted) -> None:
    rng = np.random.default_rng(2)
    cells = planted(tree, _interacting, rng.normal(0, 20, (8, len(tree.arms))))
    for contrast in attribution(tree, cells, "planted", 1).contrasts:
        first = cells.column(tree.first, contrast.condition, contrast.outcome)
        second = cells.column(tree.second, contrast.condition, contrast.outcome)
        assert first is not None
        assert second is not None
        each = np.array([share.each for share in contrast.shares]).sum(axis=0)
        assert each == pytest.approx(first - second, abs=64 * 200 * np.finfo(float).eps)
        assert sum(share.share for share in contrast.shares) == pytest.approx(contrast.total, abs=1e-12 * 200)


def test_subjects_without_a_value_are_left_out_and_counted(tree: Factorial, planted: Planted) -> None:
    holes = np.zeros((7, len(tree.arms)))
    holes[3, 5] = np.nan
    found = attribution(tree, planted(tree, _additive, holes), "planted", 1).contrasts[0]
    assert found.subjects == (0, 1, 2, 4, 5, 6)
    assert found.missing == 1
    with pytest.raises(RunFolderError, match="no subject has"):
        attribution(tree, planted(tree, _additive, holes[3:4]), "planted", 1)


@pytest.fixture(scope="module")
def real(tiny: rs.Protocol, tmp_path_factory: pytest.TempPathFactory) -> tuple[Attribution, Path]:
    """A real run of three subjects, and its folder."""
    out = tmp_path_factory.mktemp("attribution") / "out"
    requested = ["acc_internal_1.0 at acute", "gain at acute", "sparsity at acute", "acc_biased_1.0 at maintenance"]
    found = rs.attribute(tiny, between=["ketamine", "ssri"], outcomes=requested, subjects=3, out=out, workers=1)
    return found, out


def test_a_real_run_adds_up_and_its_arms_are_those_of_the_protocol(
    tiny: rs.Protocol, real: tuple[Attribution, Path]
) -> None:
    summary = rs.run(tiny.only(["ketamine", "ssri"]), subjects=3, workers=1).summary()
    for contrast in real[0].contrasts:
        for arm, mean in (("ketamine", contrast.first), ("ssri", contrast.second)):
            own = summary.filter(arm=arm, condition=contrast.condition, outcome=contrast.outcome)["mean"].item()
            assert mean == pytest.approx(own, abs=1e-12 * 100)
        each = np.array([share.each for share in contrast.shares]).sum(axis=0)
        assert each.mean() == pytest.approx(contrast.first - contrast.second, abs=64 * 100 * np.finfo(float).eps)


def test_what_a_component_alone_decides_is_its_own_share(real: tuple[Attribution, Path]) -> None:
    shares = {c.outcome: {s.component: s.share for s in c.shares} for c in real[0].contrasts}
    rounding = 64 * 100 * np.finfo(float).eps
    for outcome, owner in (("gain", "gain-at-the-test"), ("sparsity", "regrowth")):
        for component, share in shares[outcome].items():
            whole = sum(shares[outcome].values())
            assert share == pytest.approx(whole if component == owner else 0.0, abs=rounding)
            assert whole != 0


def test_it_is_a_folder_that_goes_on_and_a_page_with_the_disclaimer(
    tiny: rs.Protocol, real: tuple[Attribution, Path]
) -> None:
    found, out = real
    assert json.loads((out / "attribution.json").read_text()) == json.loads(found.to_json())
    said: list[str] = []
    requested = [contrast.name for contrast in found.contrasts]
    again = rs.attribute(tiny, between=["ketamine", "ssri"], outcomes=requested, subjects=3, out=out, note=said.append)
    assert again == found
    assert not any("Estimated" in text for text in said)
    page = write_page(found, out).read_text()
    assert page.count(DISCLAIMER) >= 2
    # terms of the glossary are links
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert all(sentence.split(":")[0] in text for sentence in attribution_sentences(found))
    assert b"not clinical advice" in (out / "waterfall.png").read_bytes()


def test_tables_frame_and_json_hold_the_same_shares(real: tuple[Attribution, Path]) -> None:
    found = real[0]
    content = json.loads(found.to_json())
    assert content["disclaimer"] == DISCLAIMER
    frame = found.frame()
    for contrast, table, plain in zip(found.contrasts, attribution_tables(found), content["contrasts"], strict=True):
        rows = frame.filter(outcome=contrast.outcome, condition=contrast.condition)
        assert rows["share"].to_list() == [share.share for share in contrast.shares]
        assert [one["share"] for one in plain["shares"]] == rows["share"].to_list()
        assert [row[0] for row in table.rows] == [*rows["name"], "difference"]


def test_the_cost_is_said_before_anything_runs(tiny: rs.Protocol) -> None:
    said: list[str] = []
    rs.attribute(tiny, between=["ketamine", "untreated"], subjects=1, workers=1, note=said.append)
    assert "5 components, 32 mixtures" in said[0]
    assert "training epochs a subject" in said[1]


def test_a_wrong_call_is_named(tiny: rs.Protocol) -> None:
    with pytest.raises(ResynapseError, match="is no protocol"):
        rs.attribute("tiny", between=["ketamine", "ssri"])  # type: ignore[arg-type]
    with pytest.raises(ResynapseError, match="give a list"):
        rs.attribute(tiny, between="ketamine,ssri")
