"""Protocol files of the documentation."""

from __future__ import annotations

from pathlib import Path

import resynapse as rs
from resynapse.protocol.routes import Route, assessments

FILE = Path(__file__).parents[2] / "docs" / "gru-cycles.resynapse.yaml"
OF_MAINTENANCE = ("maintained", "stopped", "maintenance")


def test_the_recurrent_cycles_are_the_sequel_without_its_maintenance() -> None:
    short, whole = rs.load(FILE), rs.load("gru-kindling")

    def tested(route: Route) -> list[tuple[str, object]]:
        return [(at, step) for at, step in assessments(route) if not at.startswith(OF_MAINTENANCE)]

    assert {arm: tested(route) for arm, route in short.routes.items()} == {
        arm: tested(route) for arm, route in whole.routes.items()
    }
    assert (short.network, short.task, short.induction) == (whole.network, whole.task, whole.induction)
    assert {rule.outcome for rule in whole.derived} - {rule.outcome for rule in short.derived} == {
        "manic_relapse",
        "manic_relapse_probability",
    }
