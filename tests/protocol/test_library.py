"""The published family: each protocol says what the publication did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.protocol import LIBRARY_GROUPS, Scar, Step, dumps, library, loads
from resynapse.protocol.routes import Route, RouteStep, assessments
from resynapse.runs.admission import engine_for
from resynapse.runs.walk import walk

RECORDS = {
    "demo": "",
    "gru-demo": "",
    "gru-kindling": "10.5281/zenodo.18323482",
    "working-memory": "10.1073/pnas.2121331119",
    "digits-switch-relapse": "10.5281/zenodo.18298989",
    "fragility": "10.5281/zenodo.18209002",
    "cliff": "10.5281/zenodo.18214082",
    "courses": "10.5281/zenodo.18246390",
    "mechanisms": "10.5281/zenodo.18290014",
    "dose": "10.5281/zenodo.18290014",
    "manic-switch": "10.5281/zenodo.18292021",
    "chronic-stress": "10.5281/zenodo.18295517",
    "switch-relapse": "10.5281/zenodo.18298989",
    "kindling": "10.5281/zenodo.18304566",
    **dict.fromkeys(
        (
            "bridge",
            "half-doses",
            "partial-responders",
            "rescue",
            "ssri-stabilised",
            "taper",
            "washout",
            "withdrawal",
        ),
        "10.5281/zenodo.18298989",
    ),
    "repeated-courses": "10.5281/zenodo.18246390",
}
"""Where each, or what it is built on, was published; the sweeps of `dose` are code of the record of `mechanisms`."""


def stops(route: Route) -> Iterator[RouteStep]:
    for stop in route:
        yield stop
        yield from stops(stop.fork)


def steps(name: str, arm: str) -> list[Step]:
    return [stop.step for stop in stops(rs.load(name).routes[arm]) if stop.step is not None]


def trains(name: str, arm: str) -> list[tuple[int, float]]:
    return [(s.epochs, s.lr) for s in steps(name, arm) if isinstance(s, rs.Train)]


def test_every_protocol_stands_on_one_shelf() -> None:
    assert sorted(name for names in LIBRARY_GROUPS.values() for name in names) == library()


@pytest.mark.parametrize("name", library())
def test_every_protocol_reads_back_and_cites(name: str) -> None:
    protocol = rs.load(name)
    assert loads(dumps(protocol)) == protocol
    assert protocol.cite == RECORDS[name]
    assert protocol.title
    assert protocol.name == name


@pytest.mark.parametrize("name", library())
def test_every_protocol_runs_in_miniature(name: str) -> None:
    small = miniature(name)
    chosen = engine(engine_for(small), architecture=small.network, batch_size=small.batch_size)
    rows = walk(small, Subject(0, 0), chosen)
    assert {row.arm for row in rows} == set(small.routes)


@pytest.mark.parametrize("name", ["mechanisms", "chronic-stress"])
def test_mechanisms_have_no_gain(name: str) -> None:
    protocol = rs.load(name)
    found = [s for arm in protocol.arms for s in steps(name, arm)]
    assert all(s.gain is None for s in found if isinstance(s, (rs.Train, rs.Drug)))
    (drug,) = {s for s in steps(name, "neurosteroid") if isinstance(s, rs.Drug)}
    assert (drug.inhibition, drug.activation) == (0.7, "tanh")


def test_chronic_stress_prunes_and_maintains_eight_times() -> None:
    maintenance = {"untreated": [], "ketamine": [(5, 5e-4)], "ssri": [(20, 1e-5)], "neurosteroid": [(10, 5e-4)]}
    treatment = {"untreated": [], "ketamine": [(15, 5e-4)], "ssri": [(100, 1e-5)], "neurosteroid": [(10, 5e-4)]}
    for arm, cycle in maintenance.items():
        assert trains("chronic-stress", arm) == [(20, 1e-3), *treatment[arm], *cycle * 8]
        more = [s.of_active for s in steps("chronic-stress", arm) if isinstance(s, rs.PruneMore)]
        # the test of relapse_drop stands aside
        assert more == [0.4, *[0.1] * 8]
        recorded = [c for c, _ in assessments(rs.load("chronic-stress").routes[arm]) if c.startswith("cycle")]
        assert recorded == [f"cycle={c}" for c in range(9)]
    noise = [s.noise_sd for s in steps("chronic-stress", "ssri") if isinstance(s, rs.Train)]
    assert noise == [0.0, (0.5, 0.0), *[(0.3, 0.0)] * 8]
    assert sum(isinstance(s, rs.Regrow) for s in steps("chronic-stress", "ketamine")) == 1


def test_kindling_begins_with_the_acute_tests_of_switch_relapse() -> None:
    published, kindled = (rs.load(name) for name in ("switch-relapse", "kindling"))
    for arm in published.arms:
        tests = [
            [
                (test, step.outcomes)
                for test, step in assessments(of.routes[arm])
                if test in ("acute", "off", "lesioned")
            ]
            for of in (published, kindled)
        ]
        (_, battery), *others = tests[0]
        assert tests[1] == [("acute", (*battery, "scar_fraction")), *others]
    assert set(published.derived) <= set(kindled.derived)


def test_kindling_has_the_longitudinal_part_of_switch_relapse_aside() -> None:
    published, kindled = (rs.load(name) for name in ("switch-relapse", "kindling"))

    def longitudinal(of: rs.Protocol, arm: str) -> list[RouteStep]:
        stretch = [s for s in stops(of.routes[arm]) if isinstance(s.step, rs.Train) and s.step.epochs == 300]
        return [replace(s, stream="", fork=tuple(replace(f, stream="") for f in s.fork)) for s in stretch]

    for arm in published.arms:
        assert longitudinal(kindled, arm) == longitudinal(published, arm)
        # nothing of it is met on the way of the cycles
        trunk = [s.step for s in kindled.routes[arm]]
        assert not any(isinstance(step, (rs.Stabilise, rs.Decay, rs.Discontinue)) for step in trunk)
        named = [s.stream for s in stops(kindled.routes[arm]) if isinstance(s.step, rs.Train) and s.step.epochs == 300]
        assert set(named) <= {"follow_up/maintenance"}


def test_kindling_lowers_the_bias_and_scars_on_relapse() -> None:
    for arm in ("untreated", "ketamine", "ssri", "neurosteroid"):
        probes = [
            outcome.removeprefix("acc_biased_").removesuffix(" as stress_test")
            for condition, step in assessments(rs.load("kindling").routes[arm])
            for outcome in step.outcomes
            if condition.startswith("cycle=") and "biased" in outcome
        ]
        assert [float(p) for p in probes] == [1.5, 1.3, 1.1, 0.9, 0.7, 0.5]
        episodes = [s for s in stops(rs.load("kindling").routes[arm]) if s.when is not None]
        assert [str(s.when) for s in episodes] == ["stress_test < 60"] * 6
        scars = [s.step for s in episodes if isinstance(s.step, Scar)]
        assert {(s.of_active, s.by, s.at_least, s.within) for s in scars} == {(0.05, "smallest", 1, (0.02, 0.2))}
    aside = (300, 1e-6)
    assert trains("kindling", "ketamine") == [(20, 1e-3), (15, 5e-4), aside, *[(20, 5e-4)] * 5]
    assert trains("kindling", "ssri") == [(20, 1e-3), (100, 1e-5), aside, *[(20, 1e-5)] * 5]
    assert trains("kindling", "neurosteroid") == [(20, 1e-3), (10, 5e-4), aside, *[(20, 5e-4)] * 5]
    assert [s.of_pruned for s in steps("kindling", "ketamine") if isinstance(s, rs.Regrow)] == [0.5, *[0.3] * 5]


def test_the_untreated_arm_is_probed_wherever_a_treated_one_is_followed() -> None:
    for name in library():
        protocol = rs.load(name)
        followed = {
            arm: {c for c, _ in assessments(route) if c.split("=")[0] in ("maintenance", "cycle", "autonomy")}
            for arm, route in protocol.routes.items()
        }
        for arm, conditions in followed.items():
            assert conditions <= followed.get("untreated", set()), (name, arm)
    assert not any(isinstance(s, rs.Stabilise) for s in steps("switch-relapse", "untreated"))
    assert trains("switch-relapse", "untreated") == [(20, 1e-3)]


def test_dose_levels() -> None:
    dose = [s.of_pruned for s in steps("dose", "ketamine") if isinstance(s, rs.Regrow)]
    assert dose == [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    lengths = [e for e, lr in trains("dose", "ssri") if lr == 1e-5]
    assert lengths == [10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200]
    inhibition = [s.inhibition for s in steps("dose", "neurosteroid") if isinstance(s, rs.Drug)]
    assert inhibition == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
    lesions = {
        s.model_dump_json() for arm in rs.load("dose").arms for s in steps("dose", arm) if isinstance(s, rs.Lesion)
    }
    assert lesions == {'{"of_active":0.4,"by":"smallest"}'}


def test_courses() -> None:
    for arm, number, share, epochs in (
        ("1x0.6", 1, 0.6, 15), ("3x0.4", 3, 0.4, 5), ("6x0.4", 6, 0.4, 5), ("10x0.4", 10, 0.4, 5), ("1x1.0", 1, 1.0, 20),
    ):  # fmt: skip
        assert [s.of_pruned for s in steps("courses", arm) if isinstance(s, rs.Regrow)] == [share] * number
        assert trains("courses", arm)[1:] == [(epochs, 5e-4)] * number
    conditions = [c for c, _ in assessments(rs.load("courses").routes["consolidation"]) if c[:5] in ("acute", "lesio")]
    assert conditions == [f"{c}={e}" for e in (0, 5, 10, 15, 20) for c in ("acute", "lesioned")]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("fragility", [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99]),
        ("cliff", [0, 0.5, 0.7, 0.8, 0.9, 0.93, 0.95, 0.97, 0.99]),
        ("courses", [0, 0.5, 0.7, 0.8, 0.9, 0.93, 0.95, 0.97, 0.99]),
    ],
)
def test_sweeps_of_pruning(name: str, levels: list[float]) -> None:
    conditions = [c for c, _ in assessments(rs.load(name).routes["untreated"]) if c.startswith("depth")]
    assert conditions == [f"depth={level}" for level in levels]
    assert [s.by for s in steps(name, "random-regrowth") if isinstance(s, rs.Regrow)] == ["random"]
