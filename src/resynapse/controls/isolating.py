"""Which control isolates a changed value: read off from what every control does to the two routes of an arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from resynapse.controls.control import Control
from resynapse.controls.registry import controls
from resynapse.protocol.routes import Route, stops
from resynapse.protocol.steps import Assess, Enrol, Step
from resynapse.protocol.tree import Protocol

Steps = Counter[tuple[str, Step]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A control for a changed value.

    Parameters
    ----------
    control : its name; empty where none isolates the change.
    why : one sentence.
    """

    control: str
    why: str


def isolating(protocol: Protocol, changed: Protocol, arm: str) -> Proposal:
    """The control that leaves a change as it is and takes away most of what else is done to the arm.

    Where no control does that, one that holds another constant of the changed steps; then one that takes the change
    itself away, which can only show that the changed part matters at all.

    Parameters
    ----------
    protocol, changed : without and with the changed value.
    arm : where its effect is looked for.
    """
    before, after = protocol.routes[arm], changed.routes[arm]
    touched = {step.kind for _, step in _steps(before) - _steps(after)}
    if not touched:
        return Proposal(control="", why=f"the changed value does not reach the arm {arm}")
    measuring = all(_looks(step) for _, step in _steps(before) - _steps(after))
    ranked = []
    for order, (control, first, second) in enumerate(_controlled(protocol, changed, arm)):
        lost = _steps(before) - _steps(first)
        taken = [step.kind for _, step in lost.elements() if not _looks(step)]
        survives = first != second
        removes = survives and not measuring and (control.role, control.action) == ("ablation", "remove")
        others = [kind for kind in taken if kind not in touched]
        if removes and others:
            ranked.append(((0, -len(taken), order), control, _keeps(control, others)))
        elif survives and control.role == "nuisance" and touched & {step.kind for _, step in lost}:
            why = f"{control.name} keeps the change and compares it in another way: {control.isolates}"
            ranked.append(((1, 0, order), control, why))
        elif not survives:
            why = f"{control.name} takes the change itself away, so it only shows whether that part matters at all"
            ranked.append(((2, lost.total(), order), control, why))
    if not ranked:
        return Proposal(control="", why="no control takes this value, or what is done beside it, away")
    _, control, why = min(ranked, key=lambda one: one[0])
    return Proposal(control=control.name, why=why)


def takes_away(protocol: Protocol, changed: Protocol, arm: str, name: str) -> bool:
    """Whether an arm is the same without and with a changed value once a control is added: then nothing can differ."""
    return any(c.name == name and first == second for c, first, second in _controlled(protocol, changed, arm))


def _controlled(protocol: Protocol, changed: Protocol, arm: str) -> Iterator[tuple[Control, Route, Route]]:
    """Every control that changes the arm, and the arm's two routes in it."""
    for control in controls().values():
        if control.role not in ("nuisance", "ablation"):
            continue
        made = [
            next((one.route(which.routes[arm]) for one in control.variants(which).values() if one.of == arm), None)
            for which in (protocol, changed)
        ]
        if made[0] is not None and made[1] is not None and made[0] != protocol.routes[arm]:
            yield control, made[0], made[1]


def _keeps(control: Control, others: list[str]) -> str:
    kinds = [kind.replace("_", " ") for kind in dict.fromkeys(others)]
    named = " and ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
    return f"{control.name} keeps the change and takes {named} away: an effect that stays does not need {named}"


def _steps(route: Route) -> Steps:
    return Counter((stop.section, stop.step) for stop in stops(route) if stop.step is not None)


def _looks(step: Step) -> bool:
    return isinstance(step, (Assess, Enrol))
