"""Steps that measure and select; they leave the network as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator
from typing_extensions import override

from resynapse.errors import ProtocolError
from resynapse.outcomes import BATTERY, outcome
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps.base import Step
from resynapse.protocol.when import When

ENROLLED = "enrolled"
"""The outcome that selection stores: 100 or 0."""
_NOISE = {
    "scaled": "scaled to activation",
    "own": "in units of each unit's own SD",
    "calibrated": "calibrated to the intact network",
}
"""What internal noise of an assessment is relative to, where it is not absolute."""


class Mark(Step):
    """Remember the network as it is now: outcomes of change are measured from here.

    Source: docs/model.md, Outcomes.
    """

    kind: ClassVar[str] = "mark"

    @override
    def phrase(self) -> str:
        return "mark: change is measured from here"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, marked=state.network)


class Assess(Step):
    """Measure outcomes at a named condition; the state stays as it is.

    Source: docs/model.md, Outcomes.
    """

    kind: ClassVar[str] = "assess"
    shorthand: ClassVar[str] = "condition"
    condition: str = Field(
        min_length=1,
        pattern=r"^[^=,/\s]+$",
        description="name of the condition; below `at` it becomes condition=count",
        json_schema_extra={"source": "choice"},
    )
    outcomes: tuple[str, ...] = Field(
        default=BATTERY,
        min_length=1,
        description="names of the outcomes, or `name as other` to store one under another name; by default the battery",
    )
    draws: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        default=1,
        description="independent noise draws; an accuracy under noise is their mean",
        json_schema_extra={"unit": "draws", "source": "choice"},
    )
    first_draw: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        default=1,
        description="number of the first noise draw; another one measures the same with other noise",
        json_schema_extra={"unit": "draws", "source": "choice"},
    )
    noise: Literal["absolute", "scaled", "own", "calibrated"] = Field(
        default="absolute",
        description="internal noise as its name says; `scaled` to the state's activation relative to the induction's; "
        "`own`, in units of each unit's own SD over the test set; or `calibrated`, input noise too in units of the "
        "strength at which the subject's intact network keeps three quarters of its accuracy above chance",
        json_schema_extra={"source": "choice"},
    )

    @field_validator("outcomes")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                outcome(name)
            except ProtocolError as error:
                raise ValueError(str(error)) from None
        return names

    @property
    def stored(self) -> tuple[str, ...]:
        """The names that the values are stored under."""
        return tuple(outcome(name).name for name in self.outcomes)

    @override
    def phrase(self) -> str:
        remarks = [f"mean of {self.draws} noise draws"] if self.draws > 1 else []
        remarks += [f"from noise draw {self.first_draw}"] if self.first_draw > 1 else []
        remarks += [f"noise {_NOISE[self.noise]}"] if self.noise in _NOISE else []
        return f"assess: {', '.join([self.condition, *remarks])}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return state


class Enrol(Step):
    """Select subjects: where the comparison is false, nothing after this is done or measured in this arm.

    On a side path it ends the side path alone. Stored is `enrolled`, 100 or 0, so that its mean is a % of those
    who were assessed for eligibility.
    """

    kind: ClassVar[str] = "enrol"
    shorthand: ClassVar[str] = "when"
    stored: ClassVar[tuple[str, ...]] = (ENROLLED,)
    when: str = Field(
        description="a comparison with what was measured last, such as acc_combined >= 90",
        json_schema_extra={"source": "choice"},
    )
    condition: str = Field(
        default="enrolment",
        min_length=1,
        pattern=r"^[^=,/\s]+$",
        description="name of the point where it is decided",
        json_schema_extra={"source": "choice"},
    )

    @field_validator("when")
    @classmethod
    def _comparison(cls, text: str) -> str:
        try:
            return str(When.parse(text))
        except ProtocolError as error:
            raise ValueError(str(error)) from None

    @property
    def criterion(self) -> When:
        """The comparison."""
        return When.parse(self.when)

    @override
    def phrase(self) -> str:
        named = "" if self.condition == "enrolment" else f", decided at {self.condition}"
        return f"continue only with {self.when}{named}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return state
