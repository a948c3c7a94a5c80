"""A run is admitted or refused in one place, before anything is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cohort import Cohort
from resynapse.errors import ResynapseError
from resynapse.runs import admission
from resynapse.runs.admission import admit, admit_subject


def test_what_can_be_computed_is_admitted(tiny: rs.Protocol) -> None:
    admit(tiny, Cohort(size=2), "compiled", workers=1, dask=None)
    admit_subject(tiny, "reference")


@pytest.mark.parametrize(
    ("what", "reason"),
    [({"workers": 0}, "0 workers"), ({"engine_name": "compield"}, "compield"), ({"dask": "tcp://a:1"}, "workers")],
)
def test_a_run_that_cannot_be_computed_is_refused_with_the_reason(
    tiny: rs.Protocol, what: dict[str, object], reason: str
) -> None:
    wanted: dict[str, object] = {"engine_name": "compiled", "workers": 2, "dask": None}
    with pytest.raises(ResynapseError, match=reason):
        admit(tiny, Cohort(size=2), **(wanted | what))  # type: ignore[arg-type]


def test_one_subject_is_refused_by_the_engine_too(tiny: rs.Protocol) -> None:
    with pytest.raises(ResynapseError, match="batch_size"):
        admit_subject(replace(tiny, batch_size=100_000), "compiled")


def test_a_run_that_is_refused_leaves_no_trace(
    tiny: rs.Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise ResynapseError("no memory is left")

    monkeypatch.setattr(admission, "check_memory", full)
    with pytest.raises(ResynapseError, match="no memory is left"):
        rs.run(tiny, subjects=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
