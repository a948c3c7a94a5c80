"""Protocols in words: each step as a phrase, each path as an outline in which rounds that repeat are told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from resynapse.protocol import (
    Assess,
    Decay,
    Discontinue,
    Drug,
    Enrol,
    Lesion,
    Mark,
    Node,
    Prune,
    PruneMore,
    Regrow,
    Scar,
    Stabilise,
    Step,
    Train,
)
from resynapse.protocol.node import Path
from resynapse.protocol.prose.sentences import NOISE, Line, counted, describe, lines

_CHOICE = {"random": "at random", "smallest": "weakest first"}
Ramp = float | tuple[float, float]


def percent(share: float) -> str:
    """A share of 0 to 1 in %."""
    return f"{100 * share:g} %"


def phrase(step: Step) -> str:
    """A step as a phrase; one of a user's own by its name and fields."""
    return _PHRASES.get(type(step), describe)(step)


def outline(path: Path) -> Iterator[Line]:
    """A path line by line, each step as a phrase; rounds that repeat are told once."""
    return lines(path, tell=_told)


def _told(node: Node) -> str:
    remarks = []
    if node.arms:
        remarks.append(f"only {', '.join(node.arms)}")
    if node.skip:
        remarks.append(f"not {', '.join(node.skip)}")
    if node.when is not None:
        remarks.append(f"where {node.when}")
    remarks += [f"{'.'.join(map(str, place))} for each subject: {drawn}" for place, drawn in node.draws]
    if node.label:
        remarks.append(f"count {','.join(f'{count:g}' for count in node.label)}")
    if node.at and node.step is not None:
        apart = "" if node.share else ", each run apart"
        remarks.append(f"side path after {counted(node.at)} {node.step.counts}{apart}")
    what = "side path" if node.step is None else phrase(node.step)
    return f"{what} ({'; '.join(remarks)})" if remarks else what


def _train(step: Train) -> str:
    parts = [f"train {step.epochs} epoch{'' if step.epochs == 1 else 's'} at rate {step.lr:g}"]
    parts += [f"internal noise sd {_ramp(step.noise_sd)}"] if step.noise_sd else []
    parts += [f"gain {_ramp(step.gain)}"] if step.gain is not None else []
    parts += [f"inhibition {_ramp(step.inhibition)}"] if step.inhibition is not None else []
    return ", ".join(parts)


def _scar(step: Scar) -> str:
    share = f"{percent(step.of_all)} of all positions" if step.of_all is not None else ""
    share = share or f"{percent(step.of_active or 0)} of the active connections"
    severity = " times severity" if step.times_severity else ""
    return f"scar {share}{severity}, {_CHOICE[step.by]}"


def _drug(step: Drug) -> str:
    parts = [
        f"{name} {value:g}"
        for name, value in (("gain", step.gain), ("inhibition", step.inhibition))
        if value is not None
    ]
    parts += [str(step.activation)] if step.activation else []
    parts += [f"hidden layers {', '.join(map(str, step.layers))}"] if step.layers else []
    return f"drug on: {', '.join(parts)}"


def _regrow(step: Regrow) -> str:
    how = f"by gradient over {step.batches} batches" if step.by == "gradient" else "at random"
    return f"regrow {percent(step.of_pruned)} of the pruned connections {how}"


def _lesion(step: Lesion) -> str:
    return f"remove {percent(step.of_active)} of the active connections, {_CHOICE[step.by]}"


def _assess(step: Assess) -> str:
    remarks = [f"mean of {step.draws} noise draws"] if step.draws > 1 else []
    remarks += [f"noise {NOISE[step.noise]}"] if step.noise in NOISE else []
    return f"assess: {', '.join([step.condition, *remarks])}"


def _ramp(value: Ramp) -> str:
    return " to ".join(f"{end:g}" for end in value) if isinstance(value, tuple) else f"{value:g}"


_PHRASES: dict[type[Step], Callable[..., str]] = {
    Train: _train,
    Prune: lambda step: f"prune to {percent(step.sparsity)} sparsity, weakest first",
    PruneMore: lambda step: f"prune {percent(step.of_active)} of what is left, weakest first",
    Lesion: _lesion,
    Scar: _scar,
    Mark: lambda step: "mark: change is measured from here",
    Regrow: _regrow,
    Drug: _drug,
    Discontinue: lambda step: "stop the drug",
    Stabilise: lambda step: f"mood stabiliser: protection {step.protection:g}",
    Decay: lambda step: f"washout: {step.steps} steps, {step.per_step:g} of the protection each",
    Assess: _assess,
    Enrol: lambda step: f"go on only with {step.when}",
}
