"""Scars: how many, which, how severity scales them, and that they never regrow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resynapse.cohort import Subject
from resynapse.engine import engine
from resynapse.errors import ProtocolError
from resynapse.protocol import loads
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps import Drug, Lesion, Regrow, Scar
from resynapse.runs.walk import walk

TEMPLATE = """
name: tiny
task: {kind: gaussian-blobs, train: 64, test: 64, clean: 8}
network: {hidden: [12, 10]}
arms: {one: []}
"""
PROTOCOL = loads(TEMPLATE)
SUBJECT = Subject(3, 0)


def setting(stream: str = "scar") -> Setting:
    return Setting(
        engine=engine("reference"),
        data=SUBJECT.data(PROTOCOL),
        batch_size=16,
        key=SUBJECT.key.of(stream),
        pause=lambda: None,
    )


def fresh() -> State:
    return State(SUBJECT.network(PROTOCOL))


def scars(state: State) -> list[int]:
    return [int(s.sum()) for s in state.network.scars.values()]


def test_a_share_of_all_positions_is_rounded_down_layer_by_layer() -> None:
    after = Scar(of_all=0.1).apply(fresh(), setting())
    assert scars(after) == [int(0.1 * m.size) for m in after.network.masks.values()]
    for mask, scarred in zip(after.network.masks.values(), after.network.scars.values(), strict=True):
        assert not (mask & scarred).any()


def test_a_share_of_the_induced_connections_is_the_same_number_in_a_denser_network() -> None:
    induced = Lesion(of_active=0.5).apply(fresh(), setting()).network
    wanted = [int(0.2 * m.sum()) for m in induced.masks.values()]
    for state in (State(induced, induced=induced), replace(fresh(), induced=induced)):
        assert scars(Scar(of_induced=0.2, by="smallest").apply(state, setting())) == wanted
    # within the induction it is the network as it is
    assert scars(Scar(of_induced=0.2).apply(State(induced), setting())) == wanted


def test_random_positions_differ_with_the_stream_and_only_with_it() -> None:
    first, again = (Scar(of_all=0.2).apply(fresh(), setting("a")).network.scars["weights.2"] for _ in range(2))
    other = Scar(of_all=0.2).apply(fresh(), setting("b")).network.scars["weights.2"]
    assert (first == again).all()
    assert (first != other).any()


def test_the_weakest_active_connections_become_scars() -> None:
    before = fresh().network.weights[1]
    after = Scar(of_active=0.25, by="smallest").apply(fresh(), setting())
    scarred = after.network.scars["weights.2"]
    assert np.abs(before[scarred]).max() <= np.abs(before[~scarred]).min()


def test_at_least_so_many() -> None:
    assert scars(Scar(of_active=0.001, by="smallest", at_least=3).apply(fresh(), setting())) == [3, 3, 3]
    assert scars(Scar(of_active=0.0).apply(fresh(), setting())) == [0, 0, 0]


@pytest.mark.parametrize("gain", [0.1, 1.0, 1.6, 5.0])
def test_severity_scales_the_share_as_the_article_says(gain: float) -> None:
    state = Drug(gain=gain).apply(fresh(), setting())
    s = setting()
    activity = s.engine.activity(state.network, s.data.test.inputs, state.modulation)
    severity = float(np.clip(1 + (gain - 1) + 2 * (np.mean([*activity.values()]) - 0.1), 0.5, 2.0))
    after = Scar(of_active=0.05, by="smallest", at_least=1, times_severity=True, within=(0.02, 0.2)).apply(state, s)
    share = float(np.clip(0.05 * severity, 0.02, 0.2))
    assert scars(after) == [max(1, int(share * m.size)) for m in after.network.masks.values()]


def test_the_bounds_hold_after_severity() -> None:
    after = Scar(of_active=0.9, by="smallest", within=(0.0, 0.2)).apply(fresh(), setting())
    assert scars(after) == [int(0.2 * m.size) for m in after.network.masks.values()]


def test_a_scar_never_regrows() -> None:
    scarred = Scar(of_all=0.5).apply(fresh(), setting())
    grown = Regrow(of_pruned=1.0, by="random").apply(scarred, setting("regrow"))
    for mask, scars_ in zip(grown.network.masks.values(), scarred.network.scars.values(), strict=True):
        assert not (mask & scars_).any()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{}", "give of_all, of_active or of_induced, one of them"),
        ("{of_all: 0.1, of_active: 0.1}", "give of_all, of_active or of_induced, one of them"),
        ("{of_all: 0.1, within: [0.5, 0.1]}", "within gives the lowest share first"),
        ("{of_all: 1.5}", "less than or equal to 1"),
        ("{of_all: 0.1, by: weakest}", "'smallest'"),
    ],
)
def test_what_makes_no_scar_is_refused(written: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        loads(TEMPLATE + f"follow_up: [{{scar: {written}}}]")


def test_both_engines_scar_alike() -> None:
    text = TEMPLATE + "follow_up: [{prune: {sparsity: 0.5}}, {scar: {of_all: {uniform: [0, 0.2]}}}, "
    text += "{assess: {condition: c, outcomes: [sparsity]}}]"
    first, second = (
        [r.value for r in walk(loads(text), SUBJECT, engine(name)) if r.condition == "c"]
        for name in ("reference", "compiled")
    )
    assert first == second != [50.0]
