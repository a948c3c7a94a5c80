"""Numbers as they are printed; the rule is that of the analysis."""

from __future__ import annotations

from resynapse.analysis.numbers import number

__all__ = ["number"]
