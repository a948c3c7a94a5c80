"""Steps of learning: a phase of training epochs, another mapping to learn, and a start from the beginning."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from resynapse.engine import TrainingPhase
from resynapse.modulation import Modulation
from resynapse.protocol.prose.wording import in_words
from resynapse.protocol.state import Setting, State
from resynapse.protocol.steps.base import Count, Inhibition, NonNegative, Positive, Step

NonNegativeRamp = NonNegative | tuple[NonNegative, NonNegative]
PositiveRamp = Positive | tuple[Positive, Positive]
InhibitionRamp = Inhibition | tuple[Inhibition, Inhibition]


class Train(Step):
    """Train the live connections and biases with a new Adam optimiser, the drug state as it is.

    Source: docs/model.md, Training.
    """

    kind: ClassVar[str] = "train"
    counts: ClassVar[str | None] = "epochs"
    cites: ClassVar[tuple[str, ...]] = (
        "Optimiser: D. P. Kingma, J. Ba. Adam: a method for stochastic optimization. ICLR 2015. arXiv:1412.6980",
    )
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

    @override
    def phrase(self) -> str:
        parts = [f"train {self.epochs} epoch{'' if self.epochs == 1 else 's'} at rate {self.lr:g}"]
        parts += [f"internal noise sd {in_words(self.noise_sd)}"] if self.noise_sd else []
        parts += [f"gain {in_words(self.gain)}"] if self.gain is not None else []
        parts += [f"inhibition {in_words(self.inhibition)}"] if self.inhibition is not None else []
        return ", ".join(parts)

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


class Remap(Step):
    """Ask for another mapping of the same samples from now on, in training and in every test.

    Tasks with classes have `next-class`, each class answered as the one after it; other tasks state their own. Source:
    docs/recurrent.md, Tasks with time.
    """

    kind: ClassVar[str] = "remap"
    shorthand: ClassVar[str] = "to"
    to: str = Field(description="name of the mapping", json_schema_extra={"source": "choice"})

    @override
    def phrase(self) -> str:
        return f"another mapping from here: {self.to}"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, mapping=self.to)


class Restart(Step):
    """Start over: the subject's network before anything was learnt, with all connections and no scars.

    The drug state stays. Source: docs/recurrent.md, Choices where the sources are silent.
    """

    kind: ClassVar[str] = "restart"
    structural: ClassVar[bool] = True
    past: ClassVar[str] = "started over"

    @override
    def phrase(self) -> str:
        return "start over with the first network"

    @override
    def apply(self, state: State, setting: Setting) -> State:
        return replace(state, network=setting.fresh())


def _along(ramp: float | tuple[float, float], part: float) -> float:
    """The value at `part` (0 to 1) of a linear ramp; a number is a flat one."""
    if isinstance(ramp, tuple):
        return (1.0 - part) * ramp[0] + part * ramp[1]
    return ramp
