"""What a run leaves open: said while subjects are to come, with what more of them would add."""

from __future__ import annotations

import math
import re

import numpy as np
from tests.report.conftest import Stated
from tests.report.pages import words_of

import resynapse as rs
from resynapse.report.report import report
from resynapse.report.run_data import RunData
from resynapse.report.sections.undecided import of_hundred, undecided

KEY = ("acute", "acc_combined")


def _values(*means: float) -> dict[tuple[str, str, str], list[float]]:
    """Nine subjects around each mean, in another order in each arm."""
    around = 5 * np.linspace(-1, 1, 9)
    arms = ("untreated", "ketamine", "ssri")
    return {
        (arm, *KEY): (mean + np.roll(around, 3 * n)).tolist()
        for n, (arm, mean) in enumerate(zip(arms, means, strict=True))
    }


def test_a_finished_run_leaves_nothing_to_come(stated: Stated, small: rs.Protocol) -> None:
    assert undecided(RunData.of(stated(small, _values(50, 50, 50)))) == ""


def test_an_unfinished_run_says_what_is_open_also_on_its_page(stated: Stated, small: rs.Protocol) -> None:
    run_data = RunData.of(stated(small, _values(50, 50, 50), cohort=36))
    text = undecided(run_data)
    assert text.startswith("27 of 36 simulated subjects are still to come. Not decided by 9: which arm leads in ")
    # nine of 36 subjects: the width goes with the root
    assert "about 50 % of their width" in text
    assert text in words_of(report(run_data))
    clear = undecided(RunData.of(stated(small, _values(20, 50, 80), cohort=36)))
    assert clear == "27 of 36 simulated subjects are still to come."


def test_a_hundred_subjects_narrow_an_interval_by_the_root_of_their_number(stated: Stated, small: rs.Protocol) -> None:
    run_data = RunData.of(stated(small, _values(20, 50, 80)))
    form = r"about (\d+) % .* plus or minus ([\d.]+) instead of ([\d.]+) "
    found = re.search(form, of_hundred(run_data))
    assert found
    share, then, now = map(float, found.groups())
    # t quantiles of few subjects are wider than the root alone says, by at most those of nine against many
    assert 100 * math.sqrt(9 / 100) * 1.96 / 2.31 - 1 <= share <= 100 * math.sqrt(9 / 100)
    assert abs(100 * then / now - share) < 2
    assert of_hundred(RunData.of(stated(small, {key: [v] for key, (v, *_) in _values(1, 2, 3).items()}))) == ""
