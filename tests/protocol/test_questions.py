"""The clinical questions: fair between arms, built from published constants, and told as their pages tell them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.miniatures import miniature

import resynapse as rs
from resynapse.cohort import Subject
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.engine import Engine
from resynapse.protocol import Step, Train, amended
from resynapse.protocol.conditions import base
from resynapse.protocol.files.library import loads_value
from resynapse.protocol.routes import Route, RouteStep, assessments, epochs
from resynapse.runs.walk import Row, walk

QUESTIONS = (
    "bridge",
    "half-doses",
    "partial-responders",
    "repeated-courses",
    "rescue",
    "ssri-stabilised",
    "taper",
    "washout",
    "withdrawal",
)
PAGES = Path(__file__).parents[2] / "docs" / "questions"
MOST_EPOCHS = 1500


def stops(route: Route) -> Iterator[RouteStep]:
    for stop in route:
        yield stop
        yield from stops(stop.fork)


def steps(name: str, arm: str) -> list[Step]:
    return [stop.step for stop in stops(rs.load(name).routes[arm]) if stop.step is not None]


def asked_at(route: Route) -> set[str]:
    """The conditions of an arm; how fast a treatment acts is asked of treatments alone."""
    return {condition for condition, _ in assessments(route) if base(condition) != "onset"}


def walked(name: str, engine: Engine, *changes: str) -> list[Row]:
    small = miniature(name, most=None)
    for change in ("induction[0].train.epochs=2", *changes):
        small = amended(small, change)
    return walk(small, Subject(0, 0), engine)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_arm_and_the_untreated_one_is_assessed_at_the_same_conditions(name: str) -> None:
    conditions = {arm: asked_at(route) for arm, route in rs.load(name).routes.items()}
    assert all(found == conditions["untreated"] for found in conditions.values())


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_untreated_arm_has_no_treatment(name: str) -> None:
    treatments = {s.stream for s in stops(rs.load(name).routes["untreated"]) if s.stream.startswith("treatment")}
    kinds = {stream.split("/")[1].split(".")[0] for stream in treatments}
    # the loss of `repeated-courses` and the tests of `partial-responders` stand in the section of the arms
    tests = {"discontinue", "stabilise", "train", "decay"} if name == "partial-responders" else set()
    assert kinds <= {"assess", "prune_more"} | tests


@pytest.mark.parametrize("name", [n for n in QUESTIONS if n != "washout"])
def test_every_arm_has_the_same_washout(name: str) -> None:
    protocol = rs.load(name)
    washouts = {tuple(s for s in steps(name, arm) if isinstance(s, rs.Decay)) for arm in protocol.arms}
    assert len(washouts) == 1


@pytest.mark.parametrize("name", QUESTIONS)
def test_learning_rates_and_thresholds_are_published_ones(name: str) -> None:
    protocol = rs.load(name)
    rates = {s.lr for arm in protocol.arms for s in steps(name, arm) if isinstance(s, Train)}
    assert rates <= {1e-3, 5e-4, 1e-5, 1e-6}
    published = {"acc_biased_1.0": 60, "acc_combined": 80}
    for rule in protocol.derived:
        if hasattr(rule, "threshold"):
            assert rule.threshold == published[rule.of]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_subject_is_affordable_and_the_index_says_its_cost(name: str) -> None:
    cost = epochs(rs.load(name).routes)
    assert cost <= MOST_EPOCHS
    (row,) = (line for line in (PAGES / "index.md").read_text("utf-8").splitlines() if f"({name}.md)" in line)
    assert row.endswith(f"| {cost} |")


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_page_names_every_condition_and_outcome_and_claims_nothing(name: str) -> None:
    protocol = rs.load(name)
    page = (PAGES / f"{name}.md").read_text("utf-8")
    told = set(re.findall(r"`([^`\n]+)`", page))
    conditions = {base(c) for route in protocol.routes.values() for c in asked_at(route)}
    assert conditions <= told
    assert {rule.outcome for rule in protocol.derived} <= told
    assert set(protocol.arms) <= told
    assert f"resynapse run {name} " in page
    assert SHORT_DISCLAIMER in page
    for word in ("patients", "safer", "validated", "predicts", "trial shows", "proves", "effective in"):
        assert not re.search(rf"\b{word}\b", page, flags=re.IGNORECASE)


@pytest.mark.parametrize("name", [n for n in QUESTIONS if n not in ("partial-responders", "rescue", "washout")])
def test_a_miniature_gives_every_condition_in_every_arm(name: str, compiled: Engine) -> None:
    rows = walked(name, compiled)
    for arm, route in rs.load(name).routes.items():
        assert {c for c, _ in assessments(route)} <= {r.condition for r in rows if r.arm == arm}


def test_a_taper_takes_as_long_as_an_abrupt_stop_and_ends_without_drug() -> None:
    after = {"untreated": (None, None), "ketamine": ((1.25, 1.0), None), "ssri": ((1.6, 1.0), None)}
    after["neurosteroid"] = ((0.85, 1.0), (0.7, 1.0))
    for arm, ramps in after.items():
        withdrawals = [s for s in steps("taper", arm) if isinstance(s, Train) and s.lr == 1e-6]
        pairs = list(zip(withdrawals[::2], withdrawals[1::2], strict=True))
        assert [tapering.epochs for _, tapering in pairs] == [0, 10, 25, 50]
        assert {full.epochs + tapering.epochs for full, tapering in pairs} == {50}
        assert {(tapering.gain, tapering.inhibition) for _, tapering in pairs} == {ramps}
    levels = {
        arm: {s.stream for s in stops(r) if s.stream.endswith("/taper")} for arm, r in rs.load("taper").routes.items()
    }
    assert set(map(tuple, levels.values())) == {("follow_up/taper",)}


def test_courses_differ_in_number_or_in_spacing() -> None:
    def boosters(arm: str) -> list[int]:
        shares = [s.of_pruned for s in steps("repeated-courses", arm) if isinstance(s, rs.Regrow)]
        assert shares[0] == 0.5
        return [cycle for cycle, share in enumerate(shares) if cycle and share]

    def trained(arm: str) -> int:
        return sum(s.epochs for s in steps("repeated-courses", arm) if isinstance(s, Train))

    assert boosters("one-course") == boosters("training-every-2nd") == []
    assert boosters("every-4th") == [4, 8]
    assert boosters("every-2nd") == [2, 4, 6, 8]
    assert boosters("first-four") == [1, 2, 3, 4]
    assert boosters("every-time") == list(range(1, 9))
    assert trained("every-2nd") == trained("first-four") == trained("training-every-2nd")


def test_half_doses_are_halves() -> None:
    protocol = rs.load("half-doses")

    def dose(arm: str) -> dict[str, float]:
        """The strength of every part that an arm has: gain and inhibition as distances from neutral."""
        found = {"gain": 0.0, "inhibition": 0.0, "regrown": 0.0, "noisy epochs": 0.0}
        for node in protocol.arms[arm]:
            step = node.step
            if isinstance(step, rs.Drug):
                found["gain"] = (step.gain or 1.0) - 1.0
                found["inhibition"] = 1.0 - (step.inhibition or 1.0)
            elif isinstance(step, rs.Regrow):
                found["regrown"] = step.of_pruned
            elif isinstance(step, Train) and isinstance(step.gain, tuple):
                assert step.gain[0] == pytest.approx(1.0 + found["gain"])
                found["gain"] = step.gain[1] - 1.0
                found["noisy epochs"] = step.epochs
        return found

    drugs = ("ketamine", "ssri", "neurosteroid")
    for drug in drugs:
        assert dose(f"{drug}-half") == pytest.approx({part: full / 2 for part, full in dose(drug).items()})
    for pair in ("ketamine+neurosteroid", "ketamine+ssri", "ssri+neurosteroid"):
        one, other = (dose(f"{drug}-half") for drug in pair.split("+"))
        assert dose(pair) == pytest.approx({part: one[part] + other[part] for part in one})


def test_rescue_is_given_to_the_relapsed_only(compiled: Engine) -> None:
    rows = walked("rescue", compiled)
    for arm in rs.load("rescue").arms:
        found = {(r.condition, r.outcome): r.value for r in rows if r.arm == arm}
        relapsed = found["loss", "acc_combined"] < 80
        assert found["loss", "relapsed"] == 100 * relapsed
        for kind in ("ketamine", "ssri", "neurosteroid", "training"):
            assert ((f"rescue-{kind}", "gained") in found) == relapsed
    # nothing falls below -1, so nobody is rescued
    never = amended(rs.load("rescue"), "follow_up[4].when=acc_combined < -1")
    rows = walk(miniature(never, most=None), Subject(0, 0), compiled)
    assert not any(r.condition == "rescue-ketamine" for r in rows)
    assert any(r.condition == "rescue-ssri" for r in rows)


@pytest.mark.parametrize("threshold", [0, 101])
def test_only_partial_responders_go_on(threshold: int, compiled: Engine) -> None:
    arms = rs.load("partial-responders").arms
    changes = [f"arms.{arm}[{len(path) - 1}].when=response < {threshold}" for arm, path in arms.items()]
    rows = walked("partial-responders", compiled, *changes)
    conditions = {"response", "acute", "off", "lesioned", "maintained", "withdrawal"} if threshold else {"response"}
    for arm in arms:
        assert {r.condition for r in rows if r.arm == arm} == conditions


def test_an_added_stabiliser_shares_the_course_and_a_finished_washout_is_a_stop(compiled: Engine) -> None:
    rows = walked("ssri-stabilised", compiled)
    found = {(r.arm, r.condition, r.outcome): r.value for r in rows}
    for arm in ("stabiliser", "ssri-stabiliser-added", "ssri-stabiliser-first"):
        left = [found[arm, f"washed-out=25,{step}", "protection"] for step in (10, 25, 50, 67)]
        assert left == pytest.approx([0.85, 0.625, 0.25, 0.0])
        assert found[arm, "kept=25", "protection"] == 1.0
        assert found[arm, "stabiliser-stopped=25", "protection"] == 0.0
    assert found["ssri-stabiliser-added", "kept=25", "effective_gain"] == 1.05
    assert found["ssri-stabiliser-added", "stabiliser-stopped=25", "effective_gain"] == 1.6


def test_the_washout_ends_without_protection_at_any_rate(compiled: Engine) -> None:
    rows = walked("washout", compiled)
    found = {(r.arm, r.condition, r.outcome): r.value for r in rows}
    for arm in rs.load("washout").arms:
        assert found[arm, "washout=0", "protection"] == found[arm, "own-washout=0", "protection"] == 1.0
        assert found[arm, "washout=125", "protection"] == pytest.approx(0.0)
        assert found[arm, "own-washout=500", "protection"] == pytest.approx(0.0)
        first = [s for s in range(0, 126, 5) if found[arm, f"washout={s}", "acc_biased_1.0"] < 60][:1]
        assert [found[k] for k in [(arm, "one-rate", "manic_relapse_step")] if k in found] == first
    assert found["ketamine", "own-washout=50", "protection"] == pytest.approx(0.9)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_a_page_quotes_are_steps_of_the_protocol_in_their_order(name: str) -> None:
    file = (Path(rs.__file__).parent / "protocol" / "library" / f"{name}.yaml").read_text("utf-8")
    quotes = re.findall(r"```yaml\n(.*?)```", (PAGES / f"{name}.md").read_text("utf-8"), flags=re.DOTALL)
    assert quotes
    for quote in quotes:
        part, whole = loads_value(quote, name), loads_value(file, name)
        # a list is a part of the follow-up
        part = part if isinstance(part, dict) else {"follow_up": part}
        paths, known = ({**value.get("arms", {}), "follow_up": value.get("follow_up", [])} for value in (part, whole))
        for path, shown in paths.items():
            left = iter(known[path])
            assert all(step in left for step in shown), path
