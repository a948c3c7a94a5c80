"""The slow tier: a whole replication, made once and kept in a run folder so that checks can be repeated."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.errors import RunFolderError
from resynapse.publication.comparison import Comparison
from resynapse.runs.provenance import sources
from resynapse.runs.store.folder import RunFolder

FOLDER = Path("resynapse-runs")
SUBJECTS = 10


def _note(text: str) -> None:
    print(f"verification: {text}", file=sys.stderr)


def _folder() -> Path:
    """The folder of `resynapse replicate` if these very sources made it, else one of their own."""
    made = FOLDER / "switch-relapse-seed0"
    with contextlib.suppress(RunFolderError):
        if {session.get("sources") for session in RunFolder(made).manifest().sessions} == {sources()}:
            return made
    return FOLDER / f"verification-{sources()}"


@pytest.fixture(scope="session")
def replication() -> rs.Run:
    """Ten subjects of switch-relapse, seed 0, as `resynapse replicate` runs them."""
    return rs.run(rs.load("switch-relapse"), subjects=SUBJECTS, out=_folder(), note=_note)


@pytest.fixture(scope="session")
def comparison(replication: rs.Run) -> Comparison:
    """The replication beside the published tables."""
    return replication.compare()
