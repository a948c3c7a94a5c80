"""What was found of a subject's networks already, so that arms which ask the same of one state share the answer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from resynapse.networks import Network
from resynapse.task import TaskData

KEPT = 6
"""Networks that are kept: a walk comes back from a side path to the state before it, rarely to earlier ones."""


@dataclass(slots=True)
class Known:
    """Answers by network and sets, of the last `KEPT` that were asked for."""

    kept: dict[tuple[int, int], tuple[Network, TaskData, dict[Hashable, Any]]] = field(default_factory=dict)
    """By identity; the objects are held, so that none of later ones has the same."""

    def of(self, network: Network, data: TaskData) -> dict[Hashable, Any]:
        """What is known of the network on these sets, to be added to."""
        place = (id(network), id(data))
        entry = self.kept.pop(place, (network, data, {}))
        self.kept[place] = entry
        if len(self.kept) > KEPT:
            del self.kept[next(iter(self.kept))]
        return entry[2]
