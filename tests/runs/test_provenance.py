"""A run says what it was made with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resynapse.cores import usable_cores
from resynapse.runs import provenance


def test_versions_name_the_packages_that_decide_the_numbers() -> None:
    found = provenance.versions()
    assert found["python"].startswith("3.")
    assert found["numpy"] != "not installed"
    assert found["resynapse"] != "not installed"


def test_the_commit_is_known_in_a_checkout_and_unknown_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "a" / "b" / "c" / "d.py"))
    assert provenance.commit() == {"commit": None, "dirty": None}
    (tmp_path / "a" / "pyproject.toml").parent.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert provenance.commit() == {"commit": None, "dirty": None}


def test_usable_cores_are_those_of_this_process() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    assert provenance.hardware()["cores"] == usable_cores()


@pytest.mark.parametrize("name", ["a.py", "b/c.yaml", "data/published/table.csv"])
def test_every_source_and_every_table_counts(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "runs" / "provenance.py"))
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    found = set()
    for text in ("one", "two"):
        path.write_text(text)
        found.add(provenance.sources.__wrapped__())
    assert len(found) == 2
