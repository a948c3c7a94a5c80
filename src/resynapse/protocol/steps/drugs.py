"""Steps of the drug state: a drug, its end, and the mood stabiliser with its washout."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from typing_extensions import override

from resynapse.modulation import NEUTRAL, Activation
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps.base import Count, Inhibition, Layer, Positive, Share, Step


class Drug(Step):
    """Set the drug state; what is not named stays as it is, also the layers that the drug acts on.

    Source: docs/model.md, Forward rule.
    """

    kind: ClassVar[str] = "drug"
    needs_field: ClassVar[bool] = True
    gain: Positive | None = Field(default=None, description="multiplier of hidden activity")
    inhibition: Inhibition | None = Field(
        default=None, description="tonic inhibition as a multiplier of hidden activity in (0, 1]; 1 is none"
    )
    activation: Activation | None = Field(default=None, description="hidden activation: relu or tanh")
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="hidden layers, counted from 1, that the drug acts on from now on; at first all",
        json_schema_extra={"source": "choice"},
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if all(value is None for _, value in self):
            raise ValueError("name at least one of gain, inhibition, activation and layers")
        if self.layers is not None and list(self.layers) != sorted(set(self.layers)):
            raise ValueError("layers must rise, each named once")
        return self

    @override
    def phrase(self) -> str:
        numbers = {"gain": self.gain, "inhibition": self.inhibition}
        parts = [f"{name} {value:g}" for name, value in numbers.items() if value is not None]
        parts += [str(self.activation)] if self.activation else []
        parts += [f"hidden layers {', '.join(map(str, self.layers))}"] if self.layers else []
        return f"drug on: {', '.join(parts)}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        named = {k: v for k, v in self if v is not None and k != "layers"}
        if self.layers is not None:
            sites = list(state.network.architecture.sites)
            named["sites"] = tuple(sites[layer - 1] for layer in self.layers)
        return replace(state, modulation=replace(state.modulation, **named))


class Discontinue(Step):
    """Stop the drug: the neutral drug state. The stabiliser's protection stays.

    Source: docs/model.md, Forward rule.
    """

    kind: ClassVar[str] = "discontinue"

    @override
    def phrase(self) -> str:
        return "stop the drug"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, modulation=replace(NEUTRAL, protection=state.modulation.protection))


class Stabilise(Step):
    """Give the mood stabiliser: set its protection.

    Source: docs/model.md, Forward rule.
    """

    kind: ClassVar[str] = "stabilise"
    protection: Share = Field(description="protection, 1 is full")

    @override
    def phrase(self) -> str:
        return f"mood stabiliser: protection {self.protection:g}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, modulation=replace(state.modulation, protection=self.protection))


class Decay(Step):
    """Let the stabiliser wash out: its protection falls linearly, not below 0.

    Source: docs/model.md, The protocol switch-relapse.
    """

    kind: ClassVar[str] = "decay"
    counts: ClassVar[str | None] = "steps"
    steps: Count = Field(description="washout steps", json_schema_extra={"unit": "steps"})
    per_step: Share = Field(description="protection lost in each step", json_schema_extra={"unit": "share a step"})

    @override
    def phrase(self) -> str:
        return f"washout: {self.steps} steps, {self.per_step:g} of the protection each"

    @property
    @override
    def length(self) -> int:
        return self.steps

    @override
    def apply(self, state: State, setting: Setting) -> State:
        left = max(0.0, state.modulation.protection - self.steps * self.per_step)
        return replace(state, modulation=replace(state.modulation, protection=left))

    @override
    def trajectory(self, state: State, setting: Setting, at: Collection[int]) -> Iterator[tuple[int, State]]:
        for done in sorted(at):
            yield done, self.model_copy(update={"steps": done}).apply(state, setting)
