"""Virtual populations: distributions per subject, their bounds, and the columns they leave in the results."""

from __future__ import annotations

import re
from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.cohort import Cohort, Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError, SubjectError
from resynapse.protocol import dumps, loads
from resynapse.protocol.population.distributions import Distribution
from resynapse.runs.walk import walk

TEMPLATE = """
name: tiny
task: {{kind: gaussian-blobs, train: 32, test: 32, clean: 8}}
network: {{hidden: [40, 40]}}
induction:
  - prune: {{sparsity: {sparsity}}}
arms:
  one: []
  two: [{{drug: {{gain: {gain}}}}}]
follow_up: [{{assess: {{condition: acute, outcomes: [sparsity, gain]}}}}]
"""


def of(**written: object) -> Distribution:
    return Distribution.parse(written, ())


def results(text: str, number: int = 0) -> dict[tuple[str, str, str], float]:
    rows = walk(loads(text), Subject(0, number), engine("reference"))
    return {(row.arm, row.condition, row.outcome): row.value for row in rows}


@given(st.floats(0.001, 0.999))
def test_quantiles_are_those_of_the_distribution(q: float) -> None:
    assert of(uniform=[2, 4]).at(q) == pytest.approx(2 + 2 * q)
    assert of(normal=[1, 0.5]).at(q) == pytest.approx(NormalDist(1, 0.5).inv_cdf(q))
    assert of(choice=[3, 5]).at(q) == (3 if q < 0.5 else 5)


def test_a_lognormal_is_given_by_its_median() -> None:
    drawn = of(lognormal=[2.0, 0.3])
    assert drawn.at(0.5) == pytest.approx(2.0)
    assert drawn.at(0.9) * drawn.at(0.1) == pytest.approx(4.0)


@given(
    st.floats(1e-9, 1 - 1e-9),
    st.sampled_from([of(normal=[0.95, 0.01], within=[0.9, 0.99]), of(lognormal=[1, 1], within=[0.5, 3])]),
)
def test_bounds_are_kept(q: float, drawn: Distribution) -> None:
    assert drawn.within is not None
    assert drawn.within[0] <= drawn.at(q) <= drawn.within[1]


def test_bounds_truncate_and_do_not_pile_up() -> None:
    values = [of(normal=[0, 1], within=[-1, 1]).at((i + 0.5) / 1000) for i in range(1000)]
    assert len(set(values)) == 1000
    # sd of the standard normal between -1 and 1: sqrt(1 - 2 phi(1) / (2 Phi(1) - 1))
    assert pstdev(values) == pytest.approx(0.5396, abs=2e-3)
    assert fmean(values) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"uniform": [2, 1]}, "expected the lowest value first"),
        ({"uniform": [1]}, "takes two numbers, 1 are given"),
        ({"normal": [1, 0]}, "expected an sd above 0"),
        ({"lognormal": [0, 1]}, "expected a median above 0"),
        ({"normal": [0, 1], "uniform": [0, 1]}, "give one distribution of"),
        ({"normal": [0, 1], "wihtin": [0, 1]}, "did you mean 'within'"),
        ({"normal": [0, 1], "within": [1, 0]}, "expected .lowest, highest., got"),
        ({"uniform": [0, 1], "within": [2, 3]}, "contains no value of this distribution"),
        ({"choice": [1], "within": [0, 2]}, "a choice has no bounds"),
        ({"choice": []}, "a list of numbers"),
        ({"choice": [1, "a"]}, "'a' is no finite number"),
        ({"uniform": [0, 1], "name": "a=b"}, "is no name for a trait"),
    ],
)
def test_what_is_no_distribution_is_refused(written: dict[str, object], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        Distribution.parse(written, ("somewhere",))


def test_every_subject_has_its_own_value_and_all_arms_share_it() -> None:
    text = TEMPLATE.format(sparsity="{uniform: [0.2, 0.8], name: depth}", gain=1.5)
    found = [results(text, number) for number in range(4)]
    depths = [r["one", "trait", "depth"] for r in found]
    assert len(set(depths)) == 4
    for r, depth in zip(found, depths, strict=True):
        assert r["two", "trait", "depth"] == depth
        assert r["one", "acute", "sparsity"] == pytest.approx(100 * depth, abs=1.0)


def test_one_name_in_two_places_is_one_quantile() -> None:
    text = TEMPLATE.format(sparsity="{uniform: [0.2, 0.8], name: response}", gain="{uniform: [1, 2], name: response}")
    for number in range(3):
        found = results(text, number)
        quantile = (found["one", "trait", "response"] - 0.2) / 0.6
        assert found["two", "acute", "gain"] == pytest.approx(1 + quantile)


def test_a_draw_of_one_arm_changes_nothing_in_another() -> None:
    drawn = results(TEMPLATE.format(sparsity=0.5, gain="{choice: [1.1, 1.2]}"))
    plain = results(TEMPLATE.format(sparsity=0.5, gain=1.0))
    assert {k: v for k, v in drawn.items() if k[0] == "one"} == {k: v for k, v in plain.items() if k[0] == "one"}
    assert drawn["two", "trait", "treatment/drug.1.gain"] == drawn["two", "acute", "gain"]
    assert not [k for k in drawn if k[:2] == ("one", "trait")]


def test_a_distribution_of_no_width_equals_its_number() -> None:
    text = TEMPLATE.format(sparsity="{uniform: [0.5, 0.5]}", gain=1.2)
    drawn = {k: v for k, v in results(text).items() if k[1] != "trait"}
    assert drawn == results(TEMPLATE.format(sparsity=0.5, gain=1.2))


@pytest.mark.parametrize("sparsity", ["{uniform: [0.5, 1.5]}", "{choice: [0.5, 2]}", "{normal: [3, 1]}"])
def test_values_that_the_field_cannot_take_are_refused_before_anything_runs(sparsity: str) -> None:
    with pytest.raises(ProtocolError, match=r"line 6: induction\[0\].prune.sparsity: .* is not possible"):
        loads(TEMPLATE.format(sparsity=sparsity, gain=1.0))


def test_counts_are_rounded_and_ramps_may_be_drawn() -> None:
    text = TEMPLATE.format(sparsity=0.5, gain=1.0).replace(
        "one: []", "one: [{train: {epochs: {uniform: [1, 2]}, lr: 1.0e-3, noise_sd: [{uniform: [0, 1]}, 0.0]}}]"
    )
    protocol = loads(text)
    found = results(text)
    names = sorted(name for arm, condition, name in found if (arm, condition) == ("one", "trait"))
    assert names == ["treatment/train.1.epochs", "treatment/train.1.noise_sd.0"]
    assert loads(dumps(protocol)) == protocol


def test_files_keep_distributions() -> None:
    text = TEMPLATE.format(sparsity="{normal: [0.5, 0.1], within: [0.2, 0.8], name: depth}", gain=1.0)
    assert loads(dumps(loads(text))) == loads(text)


DRAWN_LENGTH = """
name: tiny
task: {kind: gaussian-blobs, train: 32, test: 32, clean: 8}
network: {hidden: [6]}
arms: {one: []}
follow_up:
  - STEP
    at: [8]
    fork: [{assess: {condition: probe, outcomes: [sparsity]}}]
"""


@pytest.mark.parametrize(
    ("step", "cure"),
    [
        ("train: {epochs: {choice: [5, 10]}, lr: 0.001}", "count to 5 at most"),
        ("decay: {steps: {uniform: [2, 20]}, per_step: 0.01}", "count to 2 at most"),
        ("train: {epochs: {normal: [10, 1]}, lr: 0.001}", "give the distribution bounds"),
    ],
)
def test_a_side_path_starts_at_a_count_that_every_subject_reaches(step: str, cure: str) -> None:
    text = DRAWN_LENGTH.replace("STEP", step)
    with pytest.raises(ProtocolError, match=rf"follow_up\[0\]\.at: 8 is not possible: .* {cure}"):
        loads(text)
    assert loads(text.replace("at: [8]", "at: [2]").replace("normal: [10, 1]", "normal: [10, 1], within: [5, 20]"))


def test_what_a_subject_cannot_be_is_refused_before_anything_runs() -> None:
    wide = loads(TEMPLATE.format(sparsity="{normal: [0.95, 0.05], name: depth}", gain="2.0"))
    with pytest.raises(ProtocolError, match=r"subject (\d+) draws (1\.\d+) for the trait depth, .* `within: ") as error:
        Cohort(size=10_000).check(wide)
    found = re.search(r"subject (\d+) draws", str(error.value))
    assert found is not None
    first = int(found[1])
    with pytest.raises(SubjectError):
        walk(wide, Subject(0, first), engine("reference"))
    Cohort(size=first).check(wide)
    for number in range(min(first, 3)):
        walk(wide, Subject(0, number), engine("reference"))
    Cohort(size=10_000).check(
        loads(TEMPLATE.format(sparsity="{normal: [0.95, 0.05], within: [0.5, 0.99]}", gain="2.0"))
    )


def test_draws_that_must_suit_each_other_are_looked_at_together() -> None:
    scar = "scar: {of_all: 0.1, within: [{uniform: [0, 0.6], name: low}, {uniform: [0.5, 1], name: high}]}"
    text = TEMPLATE.format(sparsity="0.5", gain="2.0").replace("arms:", f"  - {scar}\narms:")
    with pytest.raises(
        ProtocolError, match=r"draws .* for the trait low, .* for the trait high, .* lowest share first"
    ):
        Cohort(size=1000).check(loads(text))
    Cohort(size=1000).check(loads(text.replace("0.6]", "0.5]")))


def test_a_number_outside_of_steps_is_the_same_for_all() -> None:
    text = TEMPLATE.format(sparsity="0.5", gain="2.0").replace("train: 32", "sd: {normal: [0.8, 0.1]}, train: 32")
    with pytest.raises(ProtocolError, match=r"task\.sd: only a number of a step may differ between subjects"):
        loads(text)
