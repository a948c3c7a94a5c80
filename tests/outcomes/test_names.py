"""The names that assessments write, and what they are stored under."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resynapse.outcomes import OutcomeName, catalogue, outcome

WORDS = st.text("abcdefghijklmnopqrstuvwxyz_0123456789.", min_size=1)


@given(WORDS, WORDS | st.just(""))
def test_a_printed_name_parses_to_itself(measured: str, alias: str) -> None:
    name = OutcomeName(measured, alias)
    assert OutcomeName.parse(str(name)) == name
    assert name.stored == (alias or measured)


@given(st.floats(0, 1e6), WORDS)
def test_an_outcome_at_another_strength_keeps_its_family_and_its_alias(strength: float, alias: str) -> None:
    louder = OutcomeName("acc_biased_1.0", alias).at(round(strength, 3))
    found = outcome(louder.measured)
    assert (found.family, louder.alias) == ("acc_biased", alias)
    assert found.strength is not None
    assert abs(found.strength - strength) <= 1e-3 + 1e-5 * strength


def test_two_spellings_of_a_strength_are_one_outcome() -> None:
    one, other = outcome("acc_internal_1"), outcome("acc_internal_1.0")
    assert (one.family, one.strength, one.title) == (other.family, other.strength, other.title)


def test_every_outcome_of_the_catalogue_has_a_title_of_its_own() -> None:
    titles = [one.title for one in catalogue()]
    assert len(set(titles)) == len(titles)
    assert not any("_" in title for title in titles)
