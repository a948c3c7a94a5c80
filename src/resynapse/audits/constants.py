"""The constants of a protocol that someone chose, and how each is moved: scaled, or set to the same in every arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from resynapse.protocol import Decay, Protocol
from resynapse.protocol.routes import Route, stops
from resynapse.protocol.steps import Step
from resynapse.protocol.variants import Change, Set

Move = Callable[[Any, float, Step], Any]
"""The new value from the present one, a level and the step that has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant: the fields that hold it, and how far it can reasonably be moved.

    Parameters
    ----------
    name : in words.
    places : (step, field) pairs that hold it.
    section : of the protocol; empty for all.
    move : how a level changes a value.
    low, high : range of the level.
    levels : that a sweep takes; `fine` those of a full audit.
    logarithmic : whether the range is a ratio.
    absolute : whether a level is the value itself, equal for all arms, and not a factor.
    """

    name: str
    places: tuple[tuple[str, str], ...]
    move: Move
    section: str = ""
    low: float = 0.5
    high: float = 1.5
    levels: tuple[float, ...] = (0.5, 1.5)
    fine: tuple[float, ...] = (0.5, 0.75, 1.25, 1.5)
    logarithmic: bool = False
    absolute: bool = False

    def removes(self, level: float) -> bool:
        """Whether a level removes what the constant describes, and is not a value like others."""
        return level == 0 and not self.absolute

    def level(self, share: float) -> float:
        """The level at a share of the range, 0 to 1."""
        if self.logarithmic:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + share * (self.high - self.low)

    def changes(self, route: Route, level: float) -> tuple[Change, ...]:
        """The changes that move it in one arm; none where the arm has no such constant, or several values of it."""
        made = []
        for kind, field in self.places:
            found = [s for s in self.steps(route, kind) if getattr(s, field) is not None]
            values = {repr(getattr(step, field)) for step in found}
            if len(values) == 1:
                old = getattr(found[0], field)
                new = self.move(old, level, found[0])
                if new is not None and new != old:
                    made.append(Set(step=kind, section=self.section, set={field: new}))
        return tuple(made)

    def steps(self, route: Route, kind: str) -> Iterator[Step]:
        """The steps of this kind in the section."""
        for stop in stops(route):
            inside = not self.section or stop.section == self.section
            if stop.step is not None and stop.step.kind == kind and inside:
                yield stop.step


def _each(value: Any, function: Callable[[float], float]) -> Any:
    """A function on a number, or on both ends of a ramp."""
    if isinstance(value, tuple):
        return tuple(round(function(v), 12) for v in value)
    return round(function(value), 12)


def _scaled(value: Any, level: float, _: Step) -> Any:
    return _each(value, lambda v: v * level)


def _capped(value: Any, level: float, _: Step) -> Any:
    return _each(value, lambda v: min(1.0, v * level))


def _from_one(value: Any, level: float, _: Step) -> Any:
    """What differs from 1 is scaled: a gain or an inhibition of 1 is none."""
    return _each(value, lambda v: 1.0 + (v - 1.0) * level)


def _left(_: Any, level: float, step: Step) -> Any:
    """Protection lost a step so that this share of full protection is left after the washout."""
    return round((1.0 - level) / step.steps, 12) if isinstance(step, Decay) and step.steps else None


CONSTANTS: tuple[Constant, ...] = (
    Constant(
        name="protection left at the test",
        places=(("decay", "per_step"),),
        move=_left,
        low=0.0,
        high=1.0,
        levels=(0.0, 0.5),
        fine=(0.0, 0.25, 0.5, 0.75),
        absolute=True,
    ),
    Constant(name="depth of the lesion", places=(("prune_more", "of_active"), ("lesion", "of_active")), move=_capped),
    Constant(name="gain", places=(("drug", "gain"), ("train", "gain")), section="treatment", move=_from_one),
    Constant(
        name="inhibition",
        places=(("drug", "inhibition"), ("train", "inhibition")),
        section="treatment",
        move=_from_one,
        levels=(0.0, 0.5, 1.5),
        fine=(0.0, 0.5, 0.75, 1.25, 1.5),
    ),
    Constant(
        name="learning rate of the treatment",
        places=(("train", "lr"),),
        section="treatment",
        move=_scaled,
        high=2.0,
        levels=(0.5, 2.0),
        fine=(0.25, 0.5, 2.0, 4.0),
        logarithmic=True,
    ),
    Constant(
        name="noise of the treatment",
        places=(("train", "noise_sd"),),
        section="treatment",
        move=_scaled,
        levels=(0.0, 0.5, 1.5),
        fine=(0.0, 0.5, 0.75, 1.25, 1.5),
    ),
    Constant(
        name="share regrown",
        places=(("regrow", "of_pruned"),),
        section="treatment",
        move=_capped,
        levels=(0.0, 0.5, 1.5),
        fine=(0.0, 0.25, 0.5, 0.75, 1.25, 1.5),
    ),
    Constant(
        name="connections left by pruning",
        places=(("prune", "sparsity"),),
        section="induction",
        move=lambda value, level, _: _each(value, lambda v: 1.0 - (1.0 - v) * level),
        high=2.0,
        levels=(0.5, 2.0),
        fine=(0.5, 0.75, 1.5, 2.0),
        logarithmic=True,
    ),
    Constant(
        name="learning rate of maintenance",
        places=(("train", "lr"),),
        section="follow_up",
        move=_scaled,
        low=0.1,
        high=10.0,
        levels=(10.0,),
        fine=(0.1, 10.0),
        logarithmic=True,
    ),
)
"""Every constant that is swept and screened; those that a protocol lacks are left out."""


DUMMY = Constant(
    name="noise draw (dummy)",
    places=(("assess", "first_draw"),),
    move=lambda _, level, __: 1 + round(3 * level),
    low=0.0,
    high=1.0,
    absolute=True,
)
"""Nothing but other noise in every test: what an effect of a constant has to exceed to mean anything."""
FINAL_GAIN = Constant(
    name="gain",
    places=(("drug", "gain"), ("train", "gain")),
    section="treatment",
    move=lambda value, level, _: (value[0], level) if isinstance(value, tuple) else level,
    absolute=True,
)
"""The gain at the end of a treatment as a value of its own."""
RELU = Constant(name="activation function", places=(("drug", "activation"),), move=lambda *_: "relu", absolute=True)
"""Every drug with the activation function of the neutral state."""


def gains(protocol: Protocol) -> dict[str, float]:
    """The gain that each arm's treatment ends with; of arms that have one."""
    found, routes = {}, protocol.routes
    for arm in protocol.arms:
        for kind, field in FINAL_GAIN.places:
            for step in FINAL_GAIN.steps(routes[arm], kind):
                value = getattr(step, field)
                if value is not None:
                    found[arm] = float(value[-1] if isinstance(value, tuple) else value)
    return found
