"""The vocabulary of protocols: small typed steps, each mapping a subject's state to a new state.

A treatment is a list of steps, so combinations, sequences and tapers need no code. A step that advances in epochs or
steps of its own also gives the states along the way (`trajectory`), where side paths may start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import override

from resynapse.engine import TrainingPhase
from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL, Activation, Modulation
from resynapse.outcomes import BATTERY, outcome
from resynapse.plasticity import TieRule, lesion, pick, prune, prune_more, regrow, scar, severity
from resynapse.protocol.state import Setting, State
from resynapse.protocol.when import When
from resynapse.randomness import permutation

Count = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Layer = Annotated[int, Field(ge=1, strict=True, json_schema_extra={"unit": "hidden layer"})]
Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False, json_schema_extra={"unit": "share"})]
NonNegative = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
NonNegativeRamp = NonNegative | tuple[NonNegative, NonNegative]
PositiveRamp = Positive | tuple[Positive, Positive]
Inhibition = Annotated[Positive, Field(le=1)]
InhibitionRamp = Inhibition | tuple[Inhibition, Inhibition]
ENROLLED = "enrolled"
"""The outcome that selection stores: 100 or 0."""


class Step(BaseModel):
    """One thing that is done to a subject.

    `counts` names what the step advances in (``epochs``, ``steps``), or is None for a step that happens at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: ClassVar[str]
    counts: ClassVar[str | None] = None

    def apply(self, state: State, setting: Setting) -> State:
        """The state after the step."""
        raise NotImplementedError

    @property
    def length(self) -> int:
        """How many epochs or steps it advances; 0 for a step that happens at once."""
        return 0

    def trajectory(self, state: State, setting: Setting, at: Collection[int]) -> Iterator[tuple[int, State]]:
        """The states at each count of `at`, in rising order."""
        raise NotImplementedError


class Train(Step):
    """Train the live connections and biases with a new Adam optimiser, the drug state as it is.

    Source: docs/model.md, Training.
    """

    kind: ClassVar[str] = "train"
    counts: ClassVar[str | None] = "epochs"
    epochs: Count = Field(description="passes over the training set", json_schema_extra={"unit": "epochs"})
    lr: NonNegative = Field(description="learning rate of Adam")
    noise_sd: NonNegativeRamp = Field(
        default=0.0,
        description="sd of internal noise during this phase only; [first epoch, last epoch] is a linear ramp",
        json_schema_extra={"unit": "activity"},
    )
    gain: PositiveRamp | None = Field(
        default=None,
        description="gain over the phase, kept afterwards; [first epoch, last epoch] is a linear ramp",
    )
    inhibition: InhibitionRamp | None = Field(
        default=None,
        description="tonic inhibition over the phase, kept afterwards; [first epoch, last epoch] is a linear ramp",
        json_schema_extra={"source": "choice"},
    )

    @property
    @override
    def length(self) -> int:
        return self.epochs

    @override
    def apply(self, state: State, setting: Setting) -> State:
        for _, after in self.trajectory(state, setting, [self.epochs]):
            state = after
        return state

    @override
    def trajectory(self, state: State, setting: Setting, at: Collection[int]) -> Iterator[tuple[int, State]]:
        schedule = [self._in_force(state.modulation, epoch) for epoch in range(self.epochs)]
        phase = TrainingPhase(
            schedule=schedule,
            learning_rate=self.lr,
            batch_size=setting.batch_size,
            key=setting.key,
            pause=setting.pause,
        )
        for done, network in setting.engine.train(state.network, setting.data.train, phase, at):
            reached = schedule[done - 1] if done else state.modulation
            kept = replace(state.modulation, gain=reached.gain, inhibition=reached.inhibition)
            yield done, replace(state, network=network, modulation=kept)

    def _in_force(self, modulation: Modulation, epoch: int) -> Modulation:
        part = epoch / (self.epochs - 1) if self.epochs > 1 else 0.0
        return replace(
            modulation,
            gain=modulation.gain if self.gain is None else _along(self.gain, part),
            inhibition=modulation.inhibition if self.inhibition is None else _along(self.inhibition, part),
            noise_sd=_along(self.noise_sd, part),
        )


class Prune(Step):
    """Prune every layer to a sparsity, weakest connections first: the model of depression.

    Source: docs/model.md, Pruning.
    """

    kind: ClassVar[str] = "prune"
    sparsity: float = Field(
        ge=0,
        lt=1,
        strict=True,
        allow_inf_nan=False,
        description="share of connections to be without",
        json_schema_extra={"unit": "share"},
    )

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=prune(state.network, self.sparsity))


class PruneMore(Step):
    """Prune a share of the connections that are still active: the structural relapse test.

    Source: docs/model.md, Pruning.
    """

    kind: ClassVar[str] = "prune_more"
    of_active: Share = Field(description="share of the active connections to prune")

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=prune_more(state.network, self.of_active))


class Lesion(Step):
    """Remove an exact number of active connections from every layer.

    Source: docs/model.md, Pruning.
    """

    kind: ClassVar[str] = "lesion"
    of_active: Share = Field(description="share of each layer's active connections; the count is rounded down")
    by: Literal["smallest", "random"] = Field(default="smallest", description="the weakest ones, or uniformly")

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=lesion(state.network, self.of_active, setting.key, by=self.by))


class Scar(Step):
    """Turn connections into scars: pruned, and never regrown.

    Severity, where it counts, is ``clip(1 + (gain - 1) + 2 (activation_magnitude - 0.1), 0.5, 2)`` of the state.
    Source: docs/model.md, Scars.
    """

    kind: ClassVar[str] = "scar"
    of_all: Share | None = Field(default=None, description="share of all positions of each layer")
    of_active: Share | None = Field(default=None, description="share of each layer's active connections")
    by: Literal["random", "smallest"] = Field(default="random", description="uniformly, or the weakest ones")
    at_least: Count = Field(
        default=0,
        description="fewest scars of a layer, where it has so many positions",
        json_schema_extra={"unit": "connections"},
    )
    times_severity: bool = Field(default=False, description="multiply the share by the severity of the state")
    within: tuple[Share, Share] = Field(default=(0.0, 1.0), description="bounds of the share after that")

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.of_all is None) == (self.of_active is None):
            raise ValueError("give of_all or of_active, one of them")
        if not self.within[0] <= self.within[1]:
            raise ValueError("within gives the lowest share first")
        return self

    @override
    def apply(self, state: State, setting: Setting) -> State:
        share = self.of_active if self.of_all is None else self.of_all
        share = 0.0 if share is None else share
        if self.times_severity:
            raw = replace(state.modulation, noise_mean=0.0, noise_sd=0.0, protection=0.0)
            activity = setting.engine.activity(state.network, setting.data.test.inputs, raw)
            share *= severity(raw.gain, float(np.mean([*activity.values()])))
        share = min(self.within[1], max(self.within[0], share))
        chosen = pick(
            state.network,
            share,
            setting.key,
            of="all" if self.of_active is None else "active",
            by=self.by,
            at_least=self.at_least,
        )
        return replace(state, network=scar(state.network, chosen))


class Mark(Step):
    """Remember the network as it is now: outcomes of change are measured from here.

    Source: docs/model.md, Outcomes.
    """

    kind: ClassVar[str] = "mark"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, marked=state.network)


class Regrow(Step):
    """Re-open pruned connections where the loss asks for them most (or at random): synaptogenesis.

    Source: docs/model.md, Regrowth.
    """

    kind: ClassVar[str] = "regrow"
    of_pruned: Share = Field(description="share of each layer's pruned connections to re-open")
    by: Literal["gradient", "random"] = Field(
        default="gradient", description="choose by the summed abs(dL/dw), or uniformly"
    )
    batches: Annotated[int, Field(ge=1, strict=True)] = Field(
        default=30, description="training batches of the sum", json_schema_extra={"unit": "batches"}
    )
    init_sd: NonNegative = Field(
        default=0.03, description="sd of the new weights, normal around 0", json_schema_extra={"unit": "weight"}
    )
    ties: TieRule = Field(
        default="keyed",
        description="order among equal scores: a keyed random order, or by index",
        json_schema_extra={"source": "choice"},
    )

    @override
    def apply(self, state: State, setting: Setting) -> State:
        scores = None
        if self.by == "gradient" and self.of_pruned > 0:
            scores = setting.engine.saliency(
                state.network,
                setting.data.train,
                replace(state.modulation, gain=1.0, noise_sd=0.0, noise_mean=0.0),
                self._batches(setting),
            )
        grown = regrow(
            state.network,
            self.of_pruned,
            scores,
            setting.key,
            init_sd=self.init_sd,
            ties=self.ties,
        )
        return replace(state, network=grown)

    def _batches(self, setting: Setting) -> list[NDArray[np.int64]]:
        """The first batches of one epoch after the other, each epoch in an order of its own."""
        samples, size = setting.data.train.labels.size, setting.batch_size
        an_epoch = -(-samples // size)
        batches = []
        for number in range(self.batches):
            epoch, place = divmod(number, an_epoch)
            if place == 0:
                order = permutation(setting.key.of("batches"), samples, draw=epoch)
            batches.append(order[place * size : (place + 1) * size])
        return batches


class Drug(Step):
    """Set the drug state; what is not named stays as it is, also the layers that the drug acts on.

    Source: docs/model.md, Forward rule.
    """

    kind: ClassVar[str] = "drug"
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
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, modulation=replace(NEUTRAL, protection=state.modulation.protection))


class Stabilise(Step):
    """Give the mood stabiliser: set its protection.

    Source: docs/model.md, Forward rule.
    """

    kind: ClassVar[str] = "stabilise"
    protection: Share = Field(description="protection, 1 is full")

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


class Assess(Step):
    """Measure outcomes at a named condition; the state stays as it is.

    Source: docs/model.md, Outcomes.
    """

    kind: ClassVar[str] = "assess"
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
    noise: Literal["absolute", "scaled", "own"] = Field(
        default="absolute",
        description="internal noise as its name says; `scaled` to the state's activation relative to the induction's; "
        "or `own`, in units of each unit's own SD over the test set",
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
    def apply(self, state: State, setting: Setting) -> State:
        return state


class Enrol(Step):
    """Select subjects: where the comparison is false, nothing after this is done or measured in this arm.

    On a side path it ends the side path alone. Stored is `enrolled`, 100 or 0, so that its mean is a % of those
    who were assessed for eligibility.
    """

    kind: ClassVar[str] = "enrol"
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
    def apply(self, state: State, setting: Setting) -> State:
        return state


STEPS: dict[str, type[Step]] = {
    step.kind: step
    for step in (
        Train,
        Prune,
        PruneMore,
        Lesion,
        Scar,
        Mark,
        Regrow,
        Drug,
        Discontinue,
        Stabilise,
        Decay,
        Assess,
        Enrol,
    )
}
"""Every step by the name it has in protocol files."""


def _along(ramp: float | tuple[float, float], part: float) -> float:
    """The value at `part` (0 to 1) of a linear ramp; a number is a flat one."""
    if isinstance(ramp, tuple):
        return (1.0 - part) * ramp[0] + part * ramp[1]
    return ramp
