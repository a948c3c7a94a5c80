"""Errors that a user can cure: one family, a place, a value, and the nearest valid name."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse import errors
from resynapse.errors import (
    ProtocolError,
    ResynapseError,
    RunFolderError,
    RunInterruptedError,
    SubjectError,
    Where,
    dotted,
    nearest,
)

ARMS = ("untreated", "ketamine", "ssri", "neurosteroid")

names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
indices = st.integers(0, 20)
places: st.SearchStrategy[Where] = st.builds(
    lambda top, rest: (top, *rest), names, st.lists(st.one_of(names, indices), max_size=6)
)


@pytest.mark.parametrize("kind", [ProtocolError, RunFolderError, SubjectError, RunInterruptedError])
def test_whatever_a_user_can_cure_is_caught_as_one_kind(kind: type[ResynapseError]) -> None:
    with pytest.raises(ResynapseError, match="the cure"):
        raise kind("the cure")


def test_every_exception_of_the_package_belongs_to_the_family() -> None:
    own = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, BaseException)]
    assert ResynapseError in own
    assert all(issubclass(c, ResynapseError) for c in own)


@pytest.mark.parametrize("kind", [ValueError, KeyError, RuntimeError, KeyboardInterrupt])
def test_a_defect_of_the_program_is_not_taken_for_a_mistake_of_the_user(kind: type[BaseException]) -> None:
    assert not issubclass(ResynapseError, kind)
    assert not issubclass(kind, ResynapseError)


@given(st.text(), places)
def test_a_protocol_error_says_the_place_before_the_problem_and_keeps_it(problem: str, where: Where) -> None:
    error = ProtocolError(problem, where)
    assert str(error) == f"{dotted(where)}: {problem}"
    assert error.where == where


@given(st.text())
def test_a_protocol_error_without_a_place_is_the_problem_alone(problem: str) -> None:
    error = ProtocolError(problem)
    assert str(error) == problem
    assert error.where == ()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ((), ""),
        (("name",), "name"),
        (("arms", "ketamine"), "arms.ketamine"),
        (("arms", "ketamine", 1, "regrow"), "arms.ketamine[1].regrow"),
        (("follow_up", 4, "fork", 0, "prune_more", "of_active"), "follow_up[4].fork[0].prune_more.of_active"),
        (("task", "centres", 2, 1), "task.centres[2][1]"),
        ((3, "train"), "[3].train"),
    ],
)
def test_a_place_reads_like_the_path_to_it(where: Where, words: str) -> None:
    assert dotted(where) == words


@given(places)
def test_a_place_can_be_read_back(where: Where) -> None:
    parts: list[str | int] = []
    for key in dotted(where).split("."):
        name, *positions = key.replace("]", "").split("[")
        parts += [name, *map(int, positions)]
    assert tuple(parts) == where


@given(places, names)
def test_a_deeper_place_begins_with_the_place_above_it(where: Where, name: str) -> None:
    assert dotted((*where, name)) == f"{dotted(where)}.{name}"
    assert dotted((*where, 7)) == f"{dotted(where)}[7]"


@given(st.sampled_from(ARMS), st.data())
def test_a_lost_letter_is_forgiven(arm: str, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(arm) - 1))
    assert repr(arm) in nearest(arm[:lost] + arm[lost + 1 :], ARMS)


@given(st.sampled_from(ARMS), st.data())
def test_two_swapped_letters_are_forgiven_in_a_long_name(arm: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(arm) - 2))
    swapped = arm[:at] + arm[at + 1] + arm[at] + arm[at + 2 :]
    assert nearest(swapped, ARMS).startswith("did you mean ")
    assert repr(arm) in nearest(swapped, ARMS)


@given(names, st.lists(names, min_size=1, max_size=6, unique=True))
def test_only_names_that_are_allowed_are_offered(name: str, allowed: list[str]) -> None:
    said = nearest(name, allowed)
    if said.startswith("allowed: "):
        assert said == "allowed: " + ", ".join(allowed)
        # nothing near: every allowed name shares less than the cutoff with it
        assert all(difflib.SequenceMatcher(None, a, name).ratio() < 0.6 for a in allowed)
    else:
        offered = said.removeprefix("did you mean ").removesuffix("?").split(" or ")
        assert {o.strip("'") for o in offered} <= set(allowed)
        assert 1 <= len(offered) <= 3


@given(st.lists(names, min_size=1, max_size=6, unique=True), st.data())
def test_a_name_that_is_allowed_is_the_first_to_be_offered(allowed: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(allowed))
    assert nearest(name, allowed).startswith(f"did you mean {name!r}")


def test_several_near_names_are_offered_best_first() -> None:
    said = nearest("acc_clear", ["acc_standard", "acc_clean", "acc_cleared", "gain"])
    assert said.startswith("did you mean 'acc_cleared' or 'acc_clean'")
    assert "gain" not in said


def test_no_more_than_three_near_names_are_offered() -> None:
    assert nearest("acc_internal", [f"acc_internal_{sd}" for sd in range(9)]).count("'acc_internal_") == 3


@pytest.mark.parametrize("name", [None, 7, 0.5, False, {}])
def test_what_is_no_name_at_all_is_answered_with_what_is_allowed(name: object) -> None:
    assert nearest(name, iter(("prune", "regrow"))) == "allowed: prune, regrow"


def test_advice_fits_on_one_line() -> None:
    assert "\n" not in nearest("ketamin", ARMS)
    assert "\n" not in nearest("zzz", ARMS)
