"""A finished run that has everything, and run folders made of stated values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.protocol import dump, dumps, parse
from resynapse.report.report import report
from resynapse.report.run_data import RunData
from resynapse.runs.store.folder import Manifest, RunFolder
from resynapse.runs.walk import Row

Values = Mapping[tuple[str, str, str], Sequence[float | None]]
Stated = Callable[..., RunFolder]


@pytest.fixture(scope="session")
def small(tiny: rs.Protocol) -> rs.Protocol:
    """The tiny protocol under a name with published tables, so that every part of a report has something to say."""
    text = dumps(tiny).replace("name: tiny", "name: switch-relapse")
    content = dump(rs.loads(text.replace("- acc_internal_1.0\n", "- acc_internal_1.0\n    - acc_internal_2.5\n")))
    # a probe along the trajectory itself, so that there is a time to relapse
    content["follow_up"][-1]["fork"].insert(0, {"assess": {"condition": "kept", "outcomes": ["acc_biased_1.0"]}})
    rule = {"outcome": "below_60", "of": "acc_biased_1.0", "threshold": 60, "within": "kept"}
    content["derived"].append({"below": rule})
    return parse(content)


@pytest.fixture(scope="session")
def run(small: rs.Protocol, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Seven subjects: enough for a bootstrap."""
    return rs.run(small, subjects=7, workers=1, out=tmp_path_factory.mktemp("report") / "run").folder


@pytest.fixture(scope="session")
def run_data(run: RunFolder) -> RunData:
    return RunData.of(run)


@pytest.fixture(scope="session")
def html(run_data: RunData) -> str:
    """The report of that run."""
    return report(run_data)


@pytest.fixture
def stated(tmp_path: Path) -> Stated:
    """Make a run folder from the values of each cell, subject by subject; None where a subject has none."""

    def make(protocol: rs.Protocol, values: Values, *, cohort: int | None = None, seed: int = 0) -> RunFolder:
        folder = RunFolder(tmp_path / f"stated-{seed}-{len(list(tmp_path.iterdir()))}")
        count = max(len(column) for column in values.values())
        folder.keep(Manifest(protocol, seed, "compiled", cohort or count, ()))
        for subject in range(count):
            rows = [
                Row(*key, float(column[subject]))
                for key, column in values.items()
                if subject < len(column) and column[subject] is not None
            ]
            folder.add(subject, rows, protocol.name)
        if cohort is None:
            folder.finish()
        return folder

    return make
