"""The benchmarks time the phases that the publication has, as many epochs of them."""

from __future__ import annotations

import pytest
from benchmarks.__main__ import main
from benchmarks.child import miniature, varied
from benchmarks.stages import stages, subject_protocol
from benchmarks.tables import table

import resynapse as rs


def test_switch_relapse_has_seven_kinds_of_phase_and_2620_published_epochs() -> None:
    found = stages(subject_protocol(quick=True))
    assert {s.name: s.published_epochs for s in found} == {
        "base": 20,
        "ketamine treatment": 15,
        "ketamine maintenance": 825,
        "ssri treatment": 100,
        "ssri maintenance": 825,
        "neurosteroid treatment": 10,
        "neurosteroid maintenance": 825,
    }
    assert sum(s.published_epochs for s in found) == 2620
    assert sum(s.shared_epochs for s in found) == 1045
    assert [s.name for s in found if s.noisy] == ["ssri treatment"]


def test_a_phase_is_timed_under_its_own_modulation() -> None:
    of = {s.name: s for s in stages(subject_protocol(quick=True))}
    assert of["ssri treatment"].modulation.noise_sd == pytest.approx(0.25, abs=0.01)
    assert of["ssri maintenance"].modulation.gain == 1.6
    assert of["neurosteroid maintenance"].modulation.activation == "tanh"
    assert of["ketamine maintenance"].modulation.protection == 1.0


def test_a_varied_protocol_keeps_its_phases() -> None:
    short = varied(rs.load("switch-relapse"), 0.8, 1)
    trained = [n.step for n in short.nodes if isinstance(n.step, rs.Train)]
    assert {step.epochs for step in trained} == {1}
    assert len(trained) == 5
    assert [n.step.sparsity for n in short.nodes if isinstance(n.step, rs.Prune)] == [0.8]
    assert list(miniature().arms) == ["regrown", "noisy"]


def test_tables_line_up() -> None:
    lines = table("T", ["a", "b"], [["x", 0.123456], ["longer", None]]).splitlines()[3:]
    assert len({len(line) for line in lines}) == 1
    assert lines[2] == "| x      | 0.123 |"


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["phase"])
    assert "no part 'phase'" in capsys.readouterr().err
