"""Controls applied one after the other print and parse as one value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resynapse.controls.combined import AND, Combined

NAMES = st.text(min_size=1).filter(lambda name: AND not in name)


@given(st.lists(NAMES, max_size=4).map(tuple))
def test_a_printed_combination_parses_to_itself(names: tuple[str, ...]) -> None:
    assert Combined.parse(str(Combined(names))) == Combined(names)


@given(st.lists(NAMES, max_size=4).map(tuple), NAMES)
def test_what_was_applied_last_comes_off_again(names: tuple[str, ...], name: str) -> None:
    both = Combined(names).then(name)
    assert (both.before, both.last) == (Combined(names), name)
