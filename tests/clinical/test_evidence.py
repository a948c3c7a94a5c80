"""The clinical figures that ship: their schema, and draws that follow the published uncertainty."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from resynapse.clinical.evidence import DRAWS, RATIOS, Figure, figure, figures
from resynapse.clinical.literature import literature
from resynapse.errors import ResynapseError

SHAPES = (r"10\.\d{4,9}/\S+", r"PMC\d+", r"PMID \d+", r"NCT\d{8}")


def test_sixty_figures_ship_each_under_its_own_name() -> None:
    assert len(figures()) == 60
    assert len({one.id for one in figures()}) == 60
    assert sum(not one.verified for one in figures()) == 2


@pytest.mark.parametrize("one", figures(), ids=lambda f: f.id)
def test_a_figure_is_complete_and_possible(one: Figure) -> None:
    assert one.domain in ("switch", "relapse", "maintenance", "acute", "onset")
    assert one.measure in (*RATIOS, "proportion", "score_change", "median_days")
    assert one.role in ("held out", "tuned")
    assert one.citation
    assert one.population
    if one.measure == "proportion":
        assert 0 < one.value < 1
    if one.measure in RATIOS:
        assert one.value > 0
    if one.doi_or_pmid:
        assert any(re.fullmatch(shape, one.doi_or_pmid) for shape in SHAPES), one.doi_or_pmid
    assert re.fullmatch(r"(https?://\S+)?", one.source_url)
    assert (one.ci_low is None) == (one.ci_high is None)
    if one.ci_low is not None and one.ci_high is not None:
        assert one.ci_low <= one.value <= one.ci_high
    assert (one.n is None) == (one.n_of == "")
    assert one.n_of in ("", "arm", "whole")
    if "n is whole" in one.note:
        assert one.n_of == "whole"
    assert one.follow_up_weeks is None or one.follow_up_weeks > 0


def test_a_ratio_is_drawn_on_the_log_scale_of_its_interval() -> None:
    one = figure("sw_viktorin_mono")
    drawn = one.draws()
    assert drawn is not None
    sd = np.log(7.19 / 1.12) / (2 * stats.norm.ppf(0.975))
    above = stats.norm.cdf(np.log(2.83) / sd)
    assert np.mean(drawn > 1) == pytest.approx(above, abs=5 * np.sqrt(above * (1 - above) / DRAWS))
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([1.12, 7.19], rel=0.06)


def test_a_proportion_is_drawn_from_its_interval_or_the_size_of_its_arm() -> None:
    interval, arm = figure("re_jelovac_ect").draws(), figure("re_antler_cont").draws()
    assert interval is not None
    assert arm is not None
    assert np.quantile(interval, [0.025, 0.975]) == pytest.approx([0.447, 0.574], abs=0.005)
    low, high = stats.beta.ppf([0.025, 0.975], 0.39 * 238 + 0.5, 0.61 * 238 + 0.5)
    assert np.quantile(arm, [0.025, 0.975]) == pytest.approx([low, high], abs=0.005)


def test_the_size_of_a_whole_review_is_no_uncertainty_of_one_arm() -> None:
    assert figure("re_geddes_stop").draws() is None
    assert figure("sw_tondo_ad").draws() is None
    assert figure("ac_waterfall").draws() is None
    assert replace(figure("re_antler_cont"), n=None).draws() is None


def test_a_figure_is_drawn_alike_every_time() -> None:
    np.testing.assert_array_equal(figure("sw_henry_li").draws(), figure("sw_henry_li").draws())


def test_an_unknown_figure_is_refused_with_its_nearest_name() -> None:
    with pytest.raises(ResynapseError, match="did you mean 'sw_henry_li'"):
        figure("sw_henry_lit")


PAGES = sorted((Path(__file__).parents[2] / "docs").rglob("*.md"))


def test_the_pages_say_how_many_figures_ship() -> None:
    said = [
        int(n) for page in PAGES for n in re.findall(r"(\d+) published (?:clinical )?figures", page.read_text("utf-8"))
    ]
    assert len(said) >= 2
    assert set(said) == {len(figures())}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_prints_a_figure_of_a_study_that_is_left_out_as_unverified(page: Path) -> None:
    """A study named as omitted has no number behind its name."""
    names = [re.search(r"(Baldessarini 2015|Hu 2022|STEP-BD)", line) for line in literature().omitted]
    assert all(names)
    text = " ".join(page.read_text("utf-8").split())
    for name in (found[0] for found in names if found):
        assert not re.search(rf"{name}[^.;,(]{{0,12}}\([^)]*\d", text), name
