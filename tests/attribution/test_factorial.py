"""The factorial: the mixture of everything is the first arm and that of nothing the second, bit for bit."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import resynapse as rs
from resynapse.attribution.factorial import MOST, Factorial, factorial
from resynapse.errors import ProtocolError
from resynapse.protocol import Protocol, dump, library, parse
from resynapse.protocol.routes import epochs

ACUTE, LATER = "acc_internal_1.0 at acute", "acc_biased_1.0 at maintenance"
UNEVEN = """
base: demo
name: uneven
task: {kind: gaussian-blobs, train: 512, test: 300, clean: 40}
network: {hidden: [24, 20, 12]}
arms:
  untreated: null
  fast: [{drug: {gain: 1.25, inhibition: 0.8}}, {regrow: {of_pruned: 0.5, batches: 3}}, {train: {epochs: 2, lr: 1e-3}}]
  slow: [{train: {epochs: 5, lr: 1e-4, noise_sd: [0.5, 0.0], gain: [1.0, 1.6], inhibition: [1.0, 0.9]}}]
  nothing: []
  ketamine: null
  ssri: null
  neurosteroid: null
follow_up:
  - assess: {condition: acute, outcomes: [acc_combined, acc_biased_1.0, gain]}
  - fork: [{lesion: {of_active: 0.4, by: random}}, {assess: {condition: lesioned, outcomes: [acc_combined]}}]
  - stabilise: {protection: 1.0}
    skip: [nothing]
  - train: {epochs: 6, lr: 1e-3}
    skip: [nothing]
    at: [2, 4, 6]
    fork:
      - discontinue: {}
      - decay: {steps: 50, per_step: 0.002}
        arms: [fast]
      - decay: {steps: 50, per_step: 0.015}
        arms: [slow]
      - lesion: {of_active: 0.2, by: random}
      - assess: {condition: maintenance, outcomes: [acc_biased_1.0, protection, acc_combined]}
  - sweep: {epochs: [2, 4, 6]}
    do: [assess: {condition: maintenance, outcomes: [acc_biased_1.0, protection, acc_combined]}]
    arms: [nothing]
"""


@pytest.fixture(scope="module")
def uneven() -> Protocol:
    """Two arms that differ in nearly everything and in their washout, and one that is treated with nothing."""
    return rs.loads(UNEVEN)


def _values(table: pl.DataFrame, arm: str) -> dict[tuple[int, str, str], float]:
    rows = table.filter(pl.col("arm") == arm)
    return {(s, c, o): v for s, c, o, v in rows.select("subject", "condition", "outcome", "value").iter_rows()}


@pytest.mark.parametrize(
    ("between", "requested"),
    [
        (("fast", "slow"), ["acc_combined at acute", "relapse_drop", "acc_biased_1.0 at maintenance=4"]),
        (("slow", "fast"), ["manic_relapse_probability", "gain at acute"]),
        (("fast", "nothing"), ["acc_combined at maintenance", "acc_biased_1.0 at acute"]),
        (("nothing", "slow"), ["protection at maintenance=6", "acc_combined at lesioned"]),
    ],
)
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_everything_is_the_first_arm_and_nothing_the_second(
    uneven: Protocol, between: tuple[str, str], requested: list[str], engine: str
) -> None:
    tree = factorial(uneven, between, requested)
    subjects = 2 if engine == "compiled" else 1
    mixed = rs.run(tree.protocol.only(between), subjects=subjects, workers=1, engine=engine).table()
    as_it_is = rs.run(uneven.only(between), subjects=subjects, workers=1, engine=engine).table()
    assert (tree.arms[-1], tree.arms[0]) == between
    for arm in between:
        found, own = _values(mixed, arm), _values(as_it_is, arm)
        assert {(o.condition, o.outcome) for o in tree.requested} <= {(c, name) for _, c, name in found}
        assert found == {cell: own[cell] for cell in found}


def test_mixtures_without_regrowth_do_not_know_its_guidance(tree: Factorial) -> None:
    routes = tree.protocol.routes
    keys = [player.key for player in tree.players]
    guidance, regrowth = 1 << keys.index("guidance"), 1 << keys.index("regrowth")
    for mixture, arm in enumerate(tree.arms):
        other = routes[tree.arms[mixture ^ guidance]]
        assert (routes[arm] == other) is (not mixture & regrowth)


def test_every_shared_stretch_is_trained_once_and_what_cannot_matter_is_left_out(tree: Factorial) -> None:
    # 6 epochs of induction; with 3 ways to regrow, 2 gains and 2 noises, 3 or 4 epochs; 2 of maintenance for each
    # treatment at one gain, and at the other in the first arm alone
    assert epochs(tree.protocol.routes) == 6 + 3 * 2 * 2 * (3 + 4) + (3 * 2 * 2 * 2 + 1) * 2


def test_maintenance_lasts_as_long_as_it_is_looked_at(tiny: Protocol) -> None:
    requested = ("acc_biased_1.0 at maintenance", "acc_biased_1.0 at maintenance=4")
    short, long = (factorial(tiny, ["ketamine", "ssri"], [one]) for one in requested)
    assert epochs(long.protocol.routes) - epochs(short.protocol.routes) == 2 * (3 * 2 * 2 * 2 + 1)
    assert [str(one) for one in short.requested] == ["acc_biased_1.0 at maintenance=2"]


def test_a_component_that_cannot_reach_an_outcome_moves_no_bit_of_it(uneven: Protocol) -> None:
    # under full protection, gains of 1.25 and 1.6 are both 1.05, and the test is without drug
    tree = factorial(uneven, ["fast", "slow"], ["acc_biased_1.0 at maintenance", "acc_combined at acute"])
    keys = [player.key for player in tree.players]
    gain = keys.index("gain-at-the-test")
    assert [gain in who for who in tree.reaching] == [False, True]
    same = rs.loads(UNEVEN.replace("arms: [slow]", "skip: [fast, nothing]"))
    both = same.with_arm("other", [*same.arms["slow"], rs.Drug(gain=1.25)]).only(["slow", "other"])
    table = rs.run(both, subjects=2, workers=1).table()
    slow, other = _values(table, "slow"), _values(table, "other")
    later = [cell for cell in other if cell[1].startswith("maintenance")]
    assert len(later) == 2 * 3 * 4
    assert {cell: other[cell] for cell in later} == {cell: slow[cell] for cell in later}
    assert any(other[cell] != slow[cell] for cell in other if cell[1] == "acute")


def test_a_gain_that_the_stabiliser_does_not_cap_reaches_later_outcomes(uneven: Protocol) -> None:
    low = rs.loads(UNEVEN.replace("gain: 1.25", "gain: 0.85"))
    weak = rs.loads(UNEVEN.replace("protection: 1.0", "protection: 0.5"))
    for protocol in (low, weak):
        tree = factorial(protocol, ["fast", "slow"], ["acc_biased_1.0 at maintenance"])
        assert "gain-at-the-test" in [tree.players[i].key for i in tree.reaching[0]]


def test_an_outcome_before_the_washout_is_not_attributed_to_it(uneven: Protocol) -> None:
    tree = factorial(uneven, ["fast", "slow"], ["acc_combined at acute", "relapse_drop", "acc_combined at maintenance"])
    keys = [[tree.players[i].key for i in who] for who in tree.reaching]
    assert [("washout" in one) for one in keys] == [False, False, True]


def test_what_follows_a_treatment_is_one_component_where_more_than_the_washout_differs(uneven: Protocol) -> None:
    tree = factorial(uneven, ["fast", "nothing"], ["acc_combined at maintenance"])
    assert tree.players[-1].key == "follow-up"
    assert tree.players[-1].first.startswith("stabilise, train")
    assert tree.players[-1].second == "nothing"


def test_components_that_do_not_differ_are_left_out_and_said(tree: Factorial) -> None:
    assert {"activation function", "inhibition"} <= set(tree.equal)
    assert not {player.name for player in tree.players} & set(tree.equal)


def test_joined_components_are_taken_together(tiny: Protocol) -> None:
    tree = factorial(
        tiny, ["ketamine", "ssri"], [ACUTE], join=[["regrowth", "guidance"], ["noise", "gain-in-training"]]
    )
    assert [player.key for player in tree.players] == [
        "regrowth+guidance", "gain_in_training+noise".replace("_", "-"), "gain-at-the-test", "learning",
    ]  # fmt: skip
    assert len(tree.arms) == 16


def test_the_tree_is_an_ordinary_protocol(tree: Factorial) -> None:
    assert parse(dump(tree.protocol)) == tree.protocol
    assert len(set(tree.arms)) == len(tree.arms) == 2 ** len(tree.players)


def test_any_two_arms_of_the_article_can_be_compared() -> None:
    protocol = rs.load("switch-relapse")
    for first in protocol.arms:
        for second in protocol.arms:
            if first != second:
                made = factorial(
                    protocol, [first, second], ["acc_internal_2.5 at acute", "acc_biased_1.0 at maintenance"]
                )
                assert [o.condition for o in made.requested] == ["acute", "maintenance=25"]
                assert len(made.players) <= MOST


def test_variants_are_arms_too(tiny: Protocol) -> None:
    tree = factorial(rs.controlled(tiny, "no-gain"), ["ketamine", "ketamine:no-gain"], [ACUTE])
    assert [player.key for player in tree.players] == ["gain-in-training", "gain-at-the-test"]


@pytest.mark.parametrize(
    ("between", "requested", "says"),
    [
        (["ketamine", "ketamin"], [], "did you mean 'ketamine'"),
        (["ketamine", "ketamine"], [], "name two different arms"),
        (["ketamine"], [], "name two arms"),
        (["ketamine", "ssri"], ["acc_combind at acute"], "did you mean 'acc_combined'"),
        (["ketamine", "ssri"], ["acc_combined at acut"], "did you mean 'acute'"),
        (["ketamine", "ssri"], ["acc_clean"], "'acc_clean' is not measured after treatment"),
        (["ketamine", "ssri"], ["acc_combined at maintenance"], "not measured at 'maintenance'"),
    ],
)
def test_bad_input_is_named_with_its_cure(tiny: Protocol, between: list[str], requested: list[str], says: str) -> None:
    with pytest.raises(ProtocolError, match=says) as refused:
        factorial(tiny, between, requested)
    assert "\n" not in str(refused.value)


def test_an_outcome_of_one_arm_alone_is_refused() -> None:
    with pytest.raises(ProtocolError, match="only ketamine is assessed there"):
        factorial(rs.load("demo"), ["ketamine", "untreated"], ["acc_combined at off"])


def test_arms_with_two_inductions_are_refused(tiny: Protocol) -> None:
    with pytest.raises(ProtocolError, match="part before their treatment"):
        factorial(rs.controlled(tiny, "healthy"), ["ketamine", "ketamine:healthy"])


def test_too_many_components_are_refused_with_the_cure(uneven: Protocol) -> None:
    with pytest.raises(ProtocolError, match=r"components make .* mixtures; at most .*--join"):
        factorial(
            rs.loads(
                UNEVEN.replace(
                    "gain: 1.25, inhibition: 0.8", "gain: 1.25, inhibition: 0.8, activation: tanh, layers: [1]"
                )
            ),
            ["fast", "slow"],
            ["acc_combined at maintenance"],
        )


def test_arms_that_do_not_differ_before_an_outcome_are_refused(tmp_path: Path) -> None:
    two = rs.loads("base: demo\nname: two\narms: {one: [{drug: {gain: 1.2}}], other: [{drug: {gain: 1.2}}]}")
    with pytest.raises(ProtocolError, match="do not differ in anything that reaches"):
        factorial(two, ["one", "other"])


@pytest.mark.parametrize("name", library())
def test_a_protocol_of_the_library_is_taken_apart_or_refused_in_one_line(name: str) -> None:
    protocol = rs.load(name)
    first, *others = protocol.arms
    refused = []
    for other in others:
        try:
            tree = factorial(protocol, [other, first])
        except ProtocolError as error:
            refused.append(str(error))
            continue
        assert set(tree.protocol.arms) == set(tree.arms)
    assert not any("\n" in text for text in refused)
    assert len(refused) < len(others) or name not in ("demo", "switch-relapse", "manic-switch", "mechanisms")
