"""What every step of a protocol is: small, typed, and mapping a subject's state to a new state.

A treatment is a list of steps, so combinations, sequences and tapers need no code. A step that advances in epochs or
steps of its own also gives the states along the way (`trajectory`), where side paths may start. A step carries all
that describes it: its phrase, what to cite, and whether it changes the connections.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, core_schema

from resynapse.protocol.prose.wording import in_words
from resynapse.protocol.state import Setting, State

Count = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Layer = Annotated[int, Field(ge=1, strict=True, json_schema_extra={"unit": "hidden layer"})]
Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False, json_schema_extra={"unit": "share"})]
NonNegative = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Inhibition = Annotated[Positive, Field(le=1)]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotation of a field that names an entry of a registry; what joins the registry later is allowed then."""

    registry: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._known, core_schema.str_schema(strict=True))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"enum": list(self.registry), "type": "string"}

    def _known(self, name: str) -> str:
        if name not in self.registry:
            *others, last = map(repr, self.registry)
            raise PydanticCustomError("literal_error", f"Input should be {', '.join(others)} or {last}")
        return name


class Step(BaseModel):
    """One thing that is done to a subject.

    Attributes
    ----------
    kind : its name in protocol files.
    counts : what the step advances in (``epochs``, ``steps``); None for a step that happens at once.
    structural : whether it may change which connections there are.
    loses : whether it only takes connections away: what the intact network is spared.
    past : the network after a structural step in one word, such as ``regrown``; empty for ``after KIND``.
    cites : what a protocol that uses the step should cite, one line each.
    shorthand : the field that receives a value written without a mapping; empty for none.
    needs_field : whether a step without any field does nothing, so that a variant leaves it out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    counts: ClassVar[str | None] = None
    structural: ClassVar[bool] = False
    loses: ClassVar[bool] = False
    past: ClassVar[str] = ""
    cites: ClassVar[tuple[str, ...]] = ()
    shorthand: ClassVar[str] = ""
    needs_field: ClassVar[bool] = False

    def apply(self, state: State, setting: Setting) -> State:
        """The state after the step."""
        raise NotImplementedError

    def phrase(self) -> str:
        """The step as a phrase, with every parameter that is not at its default; by default its name and fields."""
        fields = ", ".join(f"{key} {in_words(value)}" for key, value in self if value is not None)
        return f"{self.kind} {fields}".strip()

    def citations(self) -> tuple[str, ...]:
        """What to cite for the step as it is used; by default `cites`."""
        return self.cites

    @property
    def length(self) -> int:
        """How many epochs or steps it advances; 0 for a step that happens at once."""
        return 0

    def trajectory(self, state: State, setting: Setting, at: Collection[int]) -> Iterator[tuple[int, State]]:
        """The states at each count of `at`, in rising order."""
        raise NotImplementedError
