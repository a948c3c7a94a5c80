"""In a notebook a run is a short table of titles with the disclaimer, and never fails."""

from __future__ import annotations

from tests.report.conftest import Stated
from tests.report.pages import Page

import resynapse as rs
from resynapse.disclaimer import DISCLAIMER
from resynapse.runs.store.folder import RunFolder


def test_a_run_shows_its_first_means_by_title(run: RunFolder) -> None:
    html = rs.Run(run.path)._repr_html_()
    Page.of(html)
    assert "ketamine-like" in html
    assert DISCLAIMER in html
    assert "NaN" not in html


def test_a_run_without_a_finished_subject_is_a_line(stated: Stated, small: rs.Protocol) -> None:
    folder = stated(small, {("untreated", "acute", "acc_combined"): [50.0]}, cohort=2)
    for part in (folder.path / "parts").iterdir():
        part.unlink()
    html = rs.Run(folder.path)._repr_html_()
    Page.of(html)
    assert DISCLAIMER in html
    assert "<table>" not in html
