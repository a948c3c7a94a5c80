"""What the publications tabulate is measured under the names by which their tables are compared."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.protocol.routes import looks
from resynapse.runs.walk import walk

TREATED = ("ketamine", "ssri", "neurosteroid")
ARMS = ("untreated", *TREATED)
INTERNAL = tuple(f"acc_internal_{sd}" for sd in ("0.0", "0.5", "1.0", "1.5", "2.5"))
ACUTE = ("sparsity", "gain", "acc_clean", "acc_standard", "acc_combined", *INTERNAL, "acc_biased_1.0")
DURATIONS = (25, 50, 100, 150, 200, 300)
DEPTHS = (0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
FINE = (*DEPTHS[:5], 0.93, *DEPTHS[5:])


def at(condition: str, counts: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(f"{condition}={count}" for count in counts)


CYCLES = at("cycle", tuple(range(6)))
MONTHS = at("cycle", tuple(range(9)))
PLAIN = ("sparsity", "acc_clean", "acc_standard", "acc_input_1.0", "acc_input_2.0")
KEPT = tuple(f"kept_layer_{layer}" for layer in (1, 2, 3, 4))
CLIFF = (*PLAIN, "acc_combined", "acc_internal_0.3", *INTERNAL[1:])
COURSES = ("acc_clean", "acc_standard", "acc_combined", *INTERNAL[1:3])
SERIES = ("1x0.6", "3x0.4", "6x0.4", "10x0.4", "1x1.0")
LENGTHS = (0, 5, 10, 15, 20)
DOSED = {
    "ketamine": (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "ssri": (10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200),
    "neurosteroid": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9),
}
DOSE = ("dose_l1", "dose_l2", "turnover", "sparsity_change", "acc_combined", "improvement", "improvement_per_dose")
OFF = ("acc_combined", "acc_internal_2.5", "acc_biased_1.0")
TABLES = [
    ("switch-relapse", TREATED, at("maintained", DURATIONS), ("acc_biased_1.0",)),
    ("switch-relapse", TREATED, at("onset", (1, 5, 10)), ("acc_combined",)),
    ("switch-relapse", ("ssri",), at("onset", (15, 25, 50, 100)), ("acc_combined",)),
    ("kindling", ARMS, ("acute",), (*ACUTE, "activation_magnitude", "relapse_drop", "scar_fraction")),
    ("kindling", ARMS, ("adversity",), ("scar_fraction",)),
    ("kindling", ARMS, CYCLES, ("stress_test", "relapse", "severity", "scar_fraction")),
    ("kindling", ARMS, ("autonomy",), ("acc_biased_0.3", "autonomous")),
    ("kindling", TREATED, ("off",), OFF),
    ("kindling", TREATED, at("maintained", DURATIONS), ("acc_biased_1.0",)),
    ("kindling", ARMS, at("maintenance", DURATIONS), ("manic_relapse",)),
    ("kindling", ARMS, ("longitudinal",), ("manic_relapse_probability",)),
    ("kindling", ARMS, ("course",), ("share_of_cycles_relapsed",)),
    ("chronic-stress", ARMS, ("acute",), ("sparsity", *ACUTE[2:5], *INTERNAL, "relapse_drop")),
    ("chronic-stress", TREATED, ("off",), ("acc_combined", "acc_internal_2.5")),
    ("chronic-stress", ARMS, MONTHS, ("sparsity", "acc_combined", "below_80")),
    ("chronic-stress", ARMS, ("course",), ("total_drop", "final_accuracy", "relapsed")),
    ("fragility", ("untreated",), ("intact", "pruned", *at("depth", DEPTHS)), (*PLAIN, *KEPT)),
    ("fragility", ("random-regrowth",), ("recovered",), (*PLAIN, *KEPT, *(k.replace("kept", "regrown") for k in KEPT))),
    ("cliff", ("untreated",), ("intact", "pruned", *at("depth", FINE)), CLIFF),
    ("cliff", ("gradient-regrowth", "random-regrowth"), ("recovered",), CLIFF),
    ("courses", ("untreated",), ("intact", "pruned", *at("depth", FINE)), COURSES),
    ("courses", ("gradient-regrowth", "random-regrowth"), ("recovered",), COURSES),
    ("courses", SERIES, ("acute",), (*COURSES, "relapse_drop")),
    ("courses", SERIES, ("lesioned",), ("acc_combined",)),
    ("courses", ("consolidation",), at("acute", LENGTHS), (*COURSES, "relapse_drop")),
    ("courses", ("consolidation",), at("lesioned", LENGTHS), ("acc_combined",)),
    *(("dose", (arm,), at("dose", levels), (*DOSE, "relapse_drop")) for arm, levels in DOSED.items()),
    ("dose", ("neurosteroid",), at("off", DOSED["neurosteroid"]), ("acc_combined",)),
]


def planned(name: str) -> set[tuple[str, str, str]]:
    """Measured cells, before anything is derived; all of an arm that is never left out."""
    routes = rs.load(name).routes
    return {(arm, c, o) for arm, route in routes.items() for c, step in looks(route) for o in step.stored}


@pytest.mark.parametrize(("name", "arms", "conditions", "outcomes"), TABLES)
def test_the_cells_of_the_tables_are_measured_or_derived(
    name: str, arms: tuple[str, ...], conditions: tuple[str, ...], outcomes: tuple[str, ...]
) -> None:
    derived = {rule.outcome for rule in rs.load(name).derived}
    have = planned(name)
    for cell in product(arms, conditions, outcomes):
        assert cell in have or cell[2] in derived, cell


@cache
def subject(name: str) -> dict[tuple[str, str, str], float]:
    return {(r.arm, r.condition, r.outcome): r.value for r in walk(miniature(name), Subject(2, 0), engine("compiled"))}


@pytest.mark.parametrize("name", ["kindling", "chronic-stress", "courses", "dose"])
def test_what_is_derived_for_the_tables_has_a_value(name: str) -> None:
    have = subject(name)
    # a miniature has other counts; what has none must be there, and every derived name somewhere
    for _, arms, conditions, outcomes in (table for table in TABLES if table[0] == name):
        for arm, condition, outcome in product(arms, conditions, outcomes):
            alike = {c for a, c, o in have if (a, o) == (arm, outcome)}
            assert condition in alike or condition.split("=")[0] in {c.split("=")[0] for c in alike}, (arm, outcome)


def test_scars_only_grow_and_grow_where_a_cycle_relapsed() -> None:
    have = subject("kindling")
    for arm in (*ARMS, "untreated:healthy"):
        before = have[arm, "acute", "scar_fraction"]
        assert before == (0.0 if arm == "untreated:healthy" else have[arm, "adversity", "scar_fraction"])
        for cycle in CYCLES:
            after = have[arm, cycle, "scar_fraction"]
            assert (after > before) == (have[arm, cycle, "relapse"] == 100.0)
            assert after >= before
            assert 0.5 <= have[arm, cycle, "severity"] <= 2.0
            before = after


def test_improvement_is_over_the_same_network_before_treatment() -> None:
    have = subject("dose")
    for arm, levels in DOSED.items():
        for level in levels:
            found = {o: v for (a, c, o), v in have.items() if (a, c) == (arm, f"dose={level}")}
            if not found:
                continue  # lengths of training are shorter in a miniature
            assert found["improvement"] == found["acc_combined"] - have[arm, "pruned", "acc_combined"]
            assert found["improvement_per_dose"] == found["improvement"] / found["dose_l1"]
    assert ("untreated", "dose", "improvement_per_dose") not in have


def test_the_total_drop_runs_from_the_first_to_the_last_cycle() -> None:
    have = subject("chronic-stress")
    for arm in ARMS:
        first, last = (have[arm, f"cycle={c}", "acc_combined"] for c in (0, 8))
        assert have[arm, "course", "total_drop"] == first - last
        assert have[arm, "course", "final_accuracy"] == last
        below = [have[arm, cycle, "below_80"] for cycle in MONTHS]
        assert have[arm, "course", "relapsed"] == max(below)
        assert ("relapse_cycle" in {o for a, c, o in have if a == arm}) == (max(below) > 0)


def test_an_intact_network_is_in_every_protocol_that_has_an_untreated_arm() -> None:
    for name in rs.protocol.library():
        protocol = rs.load(name)
        intact = any(c == "intact" for c, _ in looks(protocol.routes[next(iter(protocol.arms))]))
        if "untreated" in protocol.arms and name not in ("demo", "gru-demo"):
            assert intact or "untreated:healthy" in protocol.variants, name


def test_what_is_kept_and_regrown_are_the_connections_of_each_layer() -> None:
    protocol = miniature("fragility")
    have = subject("fragility")
    sizes = [a * b for a, b in protocol.network.connections(protocol.task).values()]
    for layer, size in enumerate(sizes, 1):
        assert have["untreated", "intact", f"kept_layer_{layer}"] == size
        kept = have["untreated", "pruned", f"kept_layer_{layer}"]
        assert have["random-regrowth", "recovered", f"kept_layer_{layer}"] == kept
        assert have["random-regrowth", "recovered", f"regrown_layer_{layer}"] == int(0.5 * (size - kept))
        assert have["untreated", "recovered", f"regrown_layer_{layer}"] == 0
    total = sum(have["untreated", "pruned", f"kept_layer_{layer}"] for layer in range(1, 5))
    assert have["untreated", "pruned", "sparsity"] == pytest.approx(100 * (1 - total / sum(sizes)), rel=1e-12)
    assert np.isfinite(list(have.values())).all()
