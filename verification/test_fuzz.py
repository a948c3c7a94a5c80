"""A thousand library files with changed structure or characters end in a protocol or in one clear line."""

from __future__ import annotations

from hypothesis import given, seed, settings
from tests.protocol.test_fuzz import ends_well, mutated, scrambled


@seed(20260101)
@settings(max_examples=700)
@given(mutated())
def test_a_changed_structure_is_read_or_refused_in_one_line(text: str) -> None:
    ends_well(text)


@seed(20260101)
@settings(max_examples=300)
@given(scrambled())
def test_changed_characters_are_read_or_refused_in_one_line(text: str) -> None:
    ends_well(text)
