"""The tables of stated values that tests of the analysis have too."""

from __future__ import annotations

from tests.analysis.conftest import looked_at, switch_relapse, tidy

__all__ = ["looked_at", "switch_relapse", "tidy"]
