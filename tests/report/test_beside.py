"""A second process draws the same figures, and where it cannot, the first does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resynapse.report import beside, pictures
from resynapse.report.beside import Drawer, drawing_beside
from resynapse.report.figures import FIGURES
from resynapse.report.pictures import every_picture, picture
from resynapse.report.run_data import RunData
from resynapse.runs.store.folder import RunFolder

NAMES = ("resilience", "forest")


def test_a_second_process_draws_the_same(run: RunFolder, run_data: RunData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "usable_cores", lambda: 2)
    monkeypatch.setattr(beside, "BESIDE", NAMES)
    with drawing_beside(run.path) as drawer:
        assert drawer is not None
        drawn = drawer.pictures()
    assert drawn == {name: picture(run_data, FIGURES[name]) for name in NAMES}


def test_what_a_second_process_does_not_give_is_drawn_here(run_data: RunData, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"], stdout=subprocess.PIPE)
    kinds = {name: FIGURES[name] for name in NAMES}
    monkeypatch.setattr(pictures, "FIGURES", kinds)
    assert every_picture(run_data, None, Drawer(failed, frozenset(NAMES))) == every_picture(run_data, None)


@pytest.mark.parametrize(("cores", "folder"), [(1, "there"), (2, "missing")])
def test_nothing_is_begun_where_it_would_gain_nothing(
    cores: int, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.setattr(beside, "usable_cores", lambda: cores)
    with drawing_beside(tmp_path / folder) as drawer:
        assert drawer is None


def test_a_process_that_is_not_waited_for_is_ended(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "usable_cores", lambda: 2)
    begun: list[Drawer | None] = []

    def interrupted() -> None:
        with drawing_beside(run.path) as drawer:
            begun.append(drawer)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (drawer,) = begun
    assert drawer is not None
    assert drawer.process.poll() is not None
