"""Titles that a protocol file gives to its arms, conditions and outcomes; they change no number."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class GivenTitles(BaseModel):
    """Plain language for readers, by name. What has none here is given a title from the tree and the outcomes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    arms: Mapping[str, str] = Field(default_factory=dict, description="titles of arms and variants")
    conditions: Mapping[str, str] = Field(
        default_factory=dict, description="titles of conditions; each {} becomes one count, the outermost first"
    )
    outcomes: Mapping[str, str] = Field(default_factory=dict, description="titles of outcomes, derived ones too")

    def __bool__(self) -> bool:
        """Whether any title is given."""
        return bool(self.arms or self.conditions or self.outcomes)
