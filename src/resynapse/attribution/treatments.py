"""A treatment as its components, each of which can be taken from another arm; and back to steps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from resynapse.controls.exposure import within
from resynapse.errors import ProtocolError
from resynapse.modulation import NEUTRAL, Activation
from resynapse.plasticity import TieRule
from resynapse.protocol import Drug, Mark, Node, Protocol, Regrow, Train
from resynapse.protocol.node import Path
from resynapse.protocol.prose.wording import in_words
from resynapse.protocol.routes import RouteStep
from resynapse.protocol.steps import Assess, Step

_S = TypeVar("_S", bound=Step)
Ramp = float | tuple[float, float]
"""One value, or the first and the last one of a training phase, whatever its length."""
ORDER = ("drug", "regrow", "train")
"""The steps that a treatment can be taken apart into, in this order, each once at most."""


@dataclass(frozen=True, slots=True)
class Regrowth:
    """How much is regrown; `stream` names its random numbers."""

    of_pruned: float
    init_sd: float
    stream: str

    def __str__(self) -> str:
        return f"{self.of_pruned:g} of the pruned"


@dataclass(frozen=True, slots=True)
class Guidance:
    """Where it is regrown."""

    by: str = "random"
    batches: int = 30
    ties: TieRule = "keyed"

    def __str__(self) -> str:
        return "random" if self.by == "random" else f"by {self.by}, {self.batches} batches"


@dataclass(frozen=True, slots=True)
class Inhibition:
    """Tonic inhibition before training, and over it where it changes."""

    before: float = NEUTRAL.inhibition
    during: Ramp | None = None

    def after(self, learning: Learning | None) -> float:
        """In force when the treatment is over."""
        return self.before if self.during is None else end(self.during, learning)

    def __str__(self) -> str:
        return in_words(self.before if self.during is None else self.during)


@dataclass(frozen=True, slots=True)
class Learning:
    """How long and at which rate the treatment trains; `stream` names its random numbers."""

    epochs: int
    rate: float
    stream: str

    def __str__(self) -> str:
        return f"{self.epochs} epochs at {self.rate:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What a treatment consists of, one field a component.

    Parameters
    ----------
    marked : whether change is measured from its beginning.
    regrowth, learning : None where it has none.
    guidance : random where nothing is regrown.
    gain_in_training : over its training; of a treatment that does not train, its gain.
    gain_at_the_test : in force when the treatment is over.
    noise : sd of internal noise in training.
    """

    marked: bool = False
    regrowth: Regrowth | None = None
    guidance: Guidance = Guidance()
    gain_in_training: Ramp = NEUTRAL.gain
    gain_at_the_test: float = NEUTRAL.gain
    activation: Activation = NEUTRAL.activation
    inhibition: Inhibition = Inhibition()
    layers: tuple[int, ...] | None = None
    learning: Learning | None = None
    noise: Ramp = 0.0

    def taking(self, other: Treatment, components: Collection[str]) -> Treatment:
        """The same treatment with some components of another one."""
        return replace(self, **{name: getattr(other, name) for name in components})

    def in_words(self, component: str) -> str:
        """One component."""
        value = getattr(self, component)
        if component == "layers":
            return "all" if value is None else in_words(value)
        return "none" if value is None else str(value) if not isinstance(value, (float, tuple)) else in_words(value)

    @property
    def path(self) -> Path:
        """The steps behind the components; those of a treatment that `treatment` read do what the treatment does."""
        trained = self.learning is not None
        before = self.gain_in_training if trained else self.gain_at_the_test
        constant = None if isinstance(before, tuple) else before
        reached = end(before, self.learning)
        inhibited = self.inhibition.after(self.learning) if trained else self.inhibition.before
        steps: list[Node] = [Node(step=Mark())] if self.marked else []
        steps += _drug(
            gain=None if constant == NEUTRAL.gain else constant,
            inhibition=None if self.inhibition.before == NEUTRAL.inhibition else self.inhibition.before,
            activation=None if self.activation == NEUTRAL.activation else self.activation,
            layers=self.layers,
        )
        if self.regrowth is not None:
            how, where = self.regrowth, self.guidance
            regrow = Regrow.model_validate(
                {"of_pruned": how.of_pruned, "init_sd": how.init_sd}
                | {"by": where.by, "batches": where.batches, "ties": where.ties}
            )
            steps.append(Node(step=regrow, stream=how.stream))
        if self.learning is not None:
            train = Train(
                epochs=self.learning.epochs,
                lr=self.learning.rate,
                noise_sd=self.noise,
                gain=self.gain_in_training if isinstance(self.gain_in_training, tuple) else None,
                inhibition=self.inhibition.during,
            )
            steps.append(Node(step=train, stream=self.learning.stream))
        final = self.inhibition.after(self.learning)
        steps += _drug(
            gain=None if self.gain_at_the_test == reached else self.gain_at_the_test,
            inhibition=None if final == inhibited else final,
        )
        return tuple(steps)


COMPONENTS = {
    "regrowth": "regrowth",
    "guidance": "guidance of regrowth",
    "gain_in_training": "gain in training",
    "gain_at_the_test": "gain at the test",
    "activation": "activation function",
    "inhibition": "inhibition",
    "layers": "layers of the drug",
    "learning": "learning rate and length",
    "noise": "noise of the treatment",
}
"""The components of a treatment, and their names."""


def treatment(protocol: Protocol, arm: str) -> Treatment:
    """The treatment of an arm as its components; what is only measured on its way is left out.

    Raises
    ------
    ProtocolError : it has other steps, several of a kind or another order, takes steps under a condition, or draws
        numbers for each subject.
    """
    found: dict[str, RouteStep] = {}
    marked = False
    if any(_modulates(stop.step) for stop in protocol.routes[arm] if within(stop) == "induction"):
        raise ProtocolError(f"the induction of {protocol.name} gives a drug, so that no arm is free of it; {_CURE}")
    for stop in protocol.routes[arm]:
        if within(stop) != "treatment" or stop.step is None or isinstance(stop.step, Assess):
            continue
        if stop.when is not None or stop.draws:
            how = f"only when {stop.when}" if stop.when is not None else "with numbers drawn for each subject"
            raise ProtocolError(f"the treatment of {arm} has {stop.step.kind} {how}; {_CURE}")
        if isinstance(stop.step, Mark) and not found:
            marked = True
            continue
        kind = stop.step.kind
        later = [other for other in found if kind in ORDER and ORDER.index(other) >= ORDER.index(kind)]
        if kind not in ORDER or later:
            after = f" after {later[-1]}" if later else ""
            raise ProtocolError(f"the treatment of {arm} has {kind}{after}; {_CURE}")
        found[kind] = stop
    return _of(found, marked)


_CURE = "one of at most one drug, then one regrow, then one train can be taken apart; name another arm"


def _of(found: dict[str, RouteStep], marked: bool) -> Treatment:
    drug = _step(found, Drug) or Drug(gain=NEUTRAL.gain)
    train, regrow = _step(found, Train), _step(found, Regrow)
    if train is not None and train.epochs == 0:
        train = None
    gain = NEUTRAL.gain if drug.gain is None else drug.gain
    made = Treatment(
        marked=marked,
        gain_in_training=gain,
        gain_at_the_test=gain,
        activation=drug.activation or NEUTRAL.activation,
        inhibition=Inhibition(NEUTRAL.inhibition if drug.inhibition is None else drug.inhibition),
        layers=drug.layers,
    )
    if regrow is not None:
        guided = Guidance(regrow.by, regrow.batches, regrow.ties) if regrow.by == "gradient" else Guidance()
        grown = Regrowth(regrow.of_pruned, regrow.init_sd, _stream(found["regrow"]))
        made = replace(made, regrowth=grown, guidance=guided)
    if train is not None:
        learning = Learning(train.epochs, train.lr, _stream(found["train"]))
        during = gain if train.gain is None else train.gain
        made = replace(
            made,
            learning=learning,
            noise=train.noise_sd,
            gain_in_training=during,
            gain_at_the_test=end(during, learning),
            inhibition=replace(made.inhibition, during=train.inhibition),
        )
    return made


def end(ramp: Ramp, learning: Learning | None) -> float:
    """What a ramp reaches; a phase of one epoch stays at its beginning. Without training it is given at its end."""
    if not isinstance(ramp, tuple):
        return ramp
    return ramp[0] if learning is not None and learning.epochs == 1 else ramp[1]


def _modulates(step: Step | None) -> bool:
    ramps = isinstance(step, Train) and not (step.gain is None and step.inhibition is None)
    return isinstance(step, Drug) or ramps


def _step(found: dict[str, RouteStep], kind: type[_S]) -> _S | None:
    step = found[kind.kind].step if kind.kind in found else None
    return step if isinstance(step, kind) else None


def _stream(stop: RouteStep) -> str:
    """The name of a stream within its section."""
    return stop.stream_within


def _drug(**named: object) -> list[Node]:
    given = {name: value for name, value in named.items() if value is not None}
    return [Node(step=Drug.model_validate(given))] if given else []
