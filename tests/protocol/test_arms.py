"""Arms and the controls that change them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resynapse.errors import ProtocolError
from resynapse.protocol import parse
from resynapse.protocol.arms import BY, Arm

NAMES = st.text(min_size=1).filter(lambda name: BY not in name)


@given(NAMES, NAMES | st.just(""))
def test_a_printed_arm_parses_to_itself(name: str, control: str) -> None:
    assert Arm.parse(str(Arm(name, control))) == Arm(name, control)


def test_no_arm_of_a_file_has_the_sign_that_names_a_control() -> None:
    with pytest.raises(ProtocolError, match="'a:b' is no name for an arm"):
        parse({"name": "x", "arms": {"a:b": []}})


def test_a_variant_has_it_only_behind_the_arm_that_it_is_made_of() -> None:
    arms = {"a": [], "b": []}
    assert "a:kept" in parse({"name": "x", "arms": arms, "variants": {"a:kept": {"of": "a"}}}).variants
    with pytest.raises(ProtocolError, match="'a:kept' is no name for a variant of b"):
        parse({"name": "x", "arms": arms, "variants": {"a:kept": {"of": "b"}}})
