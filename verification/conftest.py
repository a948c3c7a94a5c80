"""The slow tier: a whole replication, made once and kept in a run folder so that checks can be repeated."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.analysis.published import Comparison

FOLDER = Path("resynapse-runs")
SUBJECTS = 10


def _note(text: str) -> None:
    print(f"verification: {text}", file=sys.stderr)


@pytest.fixture(scope="session")
def replication() -> rs.Run:
    """Ten subjects of switch-relapse, seed 0, as `resynapse replicate` runs them."""
    return rs.run(rs.load("switch-relapse"), subjects=SUBJECTS, out=FOLDER / "switch-relapse-seed0", note=_note)


@pytest.fixture(scope="session")
def comparison(replication: rs.Run) -> Comparison:
    """The replication beside the published tables."""
    return replication.compare()
