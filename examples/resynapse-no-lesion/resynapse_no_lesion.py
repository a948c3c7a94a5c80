"""A control: every structural test of the follow-up without its loss of connections."""

from __future__ import annotations

from resynapse.controls import Control
from resynapse.protocol import Protocol, Remove
from resynapse.protocol.variants import Made

WITHOUT_LOSS = (Remove(step="prune_more", section="follow_up"), Remove(step="lesion", section="follow_up"))


def no_lesion(protocol: Protocol) -> Made:
    """The same two changes in every arm; arms that they leave as they are get no variant."""
    for arm in protocol.arms:
        yield arm, WITHOUT_LOSS


NO_LESION = Control(
    name="no-lesion",
    role="sweep",
    constant="depth of the lesion",
    action="remove",
    isolates="the structural tests without any loss of connections: what the lesion takes away",
    lacks="no arm has a structural test (prune_more or lesion) in its follow-up",
    make=no_lesion,
)
