"""The packages, built once, and a run to export."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import resynapse as rs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that is made from it."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)], check=True)
    return out


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that `export` writes of one small run."""
    out = tmp_path_factory.mktemp("export")
    run = rs.run(rs.load("demo"), subjects=2, out=out / "run")
    run.export(out / "crate", crate=True, notebook=True, figures=True)
    return out / "crate"
