"""Controls: named changes to a protocol that isolate what a result rests on."""

from __future__ import annotations

from resynapse.controls.control import Control
from resynapse.controls.registry import CONTROLS, controlled, controls

__all__ = ["CONTROLS", "Control", "controlled", "controls"]
