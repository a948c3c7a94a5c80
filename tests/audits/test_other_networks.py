"""Other networks and tasks: one thing is other in each, and its claims are not run with it."""

from __future__ import annotations

import resynapse as rs
from resynapse.audits.other_networks import settings


def test_each_setting_changes_the_network_or_the_task_and_keeps_the_arms(synthetic: rs.Protocol) -> None:
    found = dict(settings(synthetic, whole=True))
    assert found["half-width"].hidden == tuple(width // 2 for width in synthetic.hidden)
    assert len(found["one-more-layer"].hidden) == len(synthetic.hidden) + 1
    assert found["digits"].task.classes == 10
    for other in found.values():
        assert (set(other.arms), other.claims, dict(other.variants)) == (set(synthetic.arms), (), {})


def test_unless_whole_the_follow_up_ends_after_two_durations(synthetic: rs.Protocol) -> None:
    for _, other in settings(synthetic, whole=False):
        assert [node.at for node in other.follow_up if node.at] == [(1, 2)]
