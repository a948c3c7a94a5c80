"""A run is a replication where its protocol is that of the library."""

from __future__ import annotations

from dataclasses import replace

from resynapse.analysis.library_changes import changes
from resynapse.controls import controlled
from resynapse.networks import Perceptron
from resynapse.protocol import load


def test_a_changed_protocol_is_no_replication() -> None:
    original = load("switch-relapse")
    assert changes(original) == ()
    assert changes(original.only(["ssri", "untreated"])) == ()
    assert changes(replace(original, network=Perceptron(hidden=(8,)))) == ("network",)
    assert changes(original.with_arm("ketamine", [])) == ("arms",)
    assert changes(original.with_arm("mine", [])) == ()
    assert changes(replace(original, name="mine")) == ()


def test_a_control_leaves_a_replication_one() -> None:
    for control in ("threshold-sweep", "remitters-only", "sham"):
        assert changes(controlled(load("switch-relapse"), control)) == ()
    fewer = replace(load("switch-relapse"), derived=(), primary=())
    assert changes(fewer) == ("derived",)
