"""The Python interface: a run in one line, a change in three."""

from __future__ import annotations

from pathlib import Path

import pytest

import resynapse as rs
from resynapse.errors import ProtocolError


def test_a_run_gives_its_table_and_summary(tiny: rs.Protocol) -> None:
    run = rs.run(tiny, subjects=2)
    assert run.table().columns == ["protocol", "variant", "subject", "arm", "condition", "outcome", "value"]
    assert run.summary().filter(arm="ssri", condition="acute", outcome="gain").row(0)[3:] == (1.6, 0.0, 2)
    assert "tiny, 2 subjects, seed 0" in repr(run)


def test_a_run_is_opened_again(tiny: rs.Protocol, tmp_path: Path) -> None:
    run = rs.run(tiny, subjects=1, out=tmp_path / "r", arms=["untreated"])
    again = rs.Run(tmp_path / "r")
    assert again.protocol == tiny.only(["untreated"])
    assert again.table().equals(run.table())


def test_an_arm_a_step_and_an_outcome_change_in_three_lines(tiny: rs.Protocol) -> None:
    changed = tiny.with_arm("half dose", [rs.Drug(gain=1.1), rs.Regrow(of_pruned=0.25, batches=3)])
    changed = changed.with_outcomes("acute", ["acc_input_2.0", "sparsity"])
    table = rs.run(changed.only(["ketamine", "half dose"]), subjects=1).table()
    acute = table.filter(condition="acute")
    assert set(acute["outcome"]) == {"acc_input_2.0", "sparsity"}
    half, full = (acute.filter(arm=a, outcome="sparsity")["value"][0] for a in ("half dose", "ketamine"))
    assert half > full


def test_changes_that_name_nothing_are_refused(tiny: rs.Protocol) -> None:
    with pytest.raises(ProtocolError, match="no arm 'ketmine'; did you mean 'ketamine'"):
        tiny.only(["ketmine"])
    with pytest.raises(ProtocolError, match="no condition 'acut'; did you mean 'acute'"):
        tiny.with_outcomes("acut", ["gain"])
    with pytest.raises(ProtocolError, match="unknown outcome 'acc_nothing'"):
        tiny.with_outcomes("acute", ["acc_nothing"])


def test_what_is_no_protocol_or_no_number_of_workers_is_refused(tiny: rs.Protocol) -> None:
    with pytest.raises(rs.ResynapseError, match=r"'demo' is no protocol; load it first"):
        rs.run("demo", subjects=1)  # type: ignore[arg-type]
    with pytest.raises(rs.ResynapseError, match=r"1\.5 workers is not possible"):
        rs.run(tiny, subjects=1, workers=1.5)  # type: ignore[arg-type]
    assert list(tiny.only("ssri").arms) == ["ssri"]


def test_every_public_name_is_there() -> None:
    for name in rs.__all__:
        assert getattr(rs, name) is not None
    assert set(rs.__all__) <= set(dir(rs))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = rs.nothing


def test_a_run_is_reported_drawn_and_exported(tiny: rs.Protocol, tmp_path: Path) -> None:
    run = rs.run(tiny, subjects=2)
    assert rs.DISCLAIMER in run.report(tmp_path / "r.html").read_text("utf-8")
    assert run.figure("trial", tmp_path / "t.pdf").read_bytes().startswith(b"%PDF")
    assert {"results.csv", "README.txt"} <= {path.name for path in run.export(tmp_path / "tables")}
    with pytest.raises(rs.ResynapseError, match=r"no format is known by '\.jpg'; end it in"):
        run.figure("trial", tmp_path / "t.jpg")


def test_a_private_folder_is_used_when_none_is_named(tiny: rs.Protocol) -> None:
    run = rs.run(tiny, subjects=1, arms=["untreated"])
    assert run.path.exists()
    assert run.path.name.startswith("resynapse-")
