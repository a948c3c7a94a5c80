"""Conditions: the text that a run writes is the text that everything else gives back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.analysis.cells import at_count, counted
from resynapse.errors import ProtocolError
from resynapse.protocol import library, load, parse
from resynapse.protocol.conditions import Condition, base, below
from resynapse.protocol.routes import looks

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-_.0123456789", min_size=1).filter(lambda name: not name.isspace())
COUNTS = st.lists(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False), max_size=4)


@given(NAMES, COUNTS)
def test_a_printed_condition_parses_to_itself(name: str, counts: list[int | float]) -> None:
    condition = Condition(name, tuple(counts))
    found = Condition.parse(str(condition))
    assert found == condition
    assert list(map(type, found.counts)) == list(map(type, condition.counts))
    assert str(found) == str(condition)


@pytest.mark.parametrize("name", library())
def test_every_condition_that_a_library_protocol_writes_is_given_back(name: str) -> None:
    for route in load(name).routes.values():
        for written, _ in looks(route):
            assert str(Condition.parse(written)) == written
            if (found := counted(written)) is not None:
                assert at_count(*found) == written
            else:
                assert base(written) == written


@given(st.lists(st.integers(1, 10**12) | st.floats(1e-9, 1e12), min_size=1, max_size=3, unique=True))
def test_the_counts_of_a_sweep_are_written_as_the_statistics_write_them(shares: list[int | float]) -> None:
    path = {"sweep": {"share": shares}, "do": [{"assess": {"condition": "dose", "outcomes": ["sparsity"]}}]}
    try:
        protocol = parse({"name": "x", "arms": {"a": [path]}})
    except ProtocolError:
        return
    written = [condition for condition, _ in looks(protocol.routes["a"])]
    assert [at_count(*found) for one in written if (found := counted(one)) is not None] == written


def test_one_count_has_two_spellings_and_one_value() -> None:
    assert Condition.parse("dose=1.0") == Condition.parse("dose=1")
    assert str(Condition.parse("dose=1.0")) == "dose=1.0"


@given(NAMES, COUNTS)
def test_below_and_within_are_each_others_opposite(name: str, counts: list[int | float]) -> None:
    condition = Condition(name, tuple(counts))
    deeper = Condition.parse(below(str(condition), 7))
    assert (deeper.within, deeper.count) == (condition, 7)


def test_what_is_no_count_belongs_to_the_name() -> None:
    for text in ("dose=high", "dose=", "dose=1_000", "dose= 1"):
        assert Condition.parse(text) == Condition(text)


def test_a_condition_without_counts_means_all_of_them() -> None:
    three = Condition.parse("cycle=3,1")
    assert three.beyond("cycle") == Condition("", (3, 1))
    assert three.beyond("cycle=3,1") == Condition("")
    assert three.beyond("cycle=3") is None
    assert three.beyond("after-cycle") is None
