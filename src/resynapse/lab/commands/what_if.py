"""Changed values and their control: which one is proposed, and the runs that answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from resynapse.controls import controlled
from resynapse.controls.isolating import Proposal, isolating
from resynapse.controls.registry import controls
from resynapse.errors import ResynapseError
from resynapse.lab.commands.changeable import parameters_of
from resynapse.lab.commands.cost import Planned
from resynapse.lab.commands.starting import folder_of, frozen, mark_of
from resynapse.lab.context import Lab
from resynapse.lab.security.tables_inside import check_change
from resynapse.lab.workspace.found import Found
from resynapse.protocol import Protocol, amended
from resynapse.runs.admission import engine_for
from resynapse.runs.job import find
from resynapse.runs.store.folder import Manifest

NO_CONTROL = "No control chosen"


def usable_controls(protocol: Protocol) -> dict[str, str]:
    """The controls that change any arm of a protocol, and what each isolates."""
    return {
        name: one.isolates
        for name, one in controls().items()
        if one.role in ("nuisance", "ablation")
        and any(v.route(protocol.routes[v.of]) != protocol.routes[v.of] for v in one.variants(protocol).values())
    }


def proposed(protocol: Protocol, changes: Sequence[tuple[str, str]], arm: str) -> Proposal:
    """The control for changed values, also before they have new ones.

    Parameters
    ----------
    changes : path and new value as text; the value may be empty.

    Raises
    ------
    ResynapseError : there is no such value or arm.
    """
    known = parameters_of(protocol)
    if arm not in protocol.arms or not changes or any(path not in known for path, _ in changes):
        raise ResynapseError("path: choose one of the values and one of the arms of the list")
    changed = protocol
    for path, value in changes:
        for new in (value.strip(), *known[path].others):
            with suppress(ResynapseError):
                if new and (other := amended(changed, f"{path}={new}")) != changed:
                    changed = other
                    break
    if changed == protocol:
        return Proposal(control="", why="no other value was found that is possible here")
    return isolating(protocol, changed, arm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a changed value is compared with.

    Parameters
    ----------
    engine : of its run; empty for the one that the protocol asks for.
    folder : of its run, where there is one.
    """

    protocol: Protocol
    subjects: int
    seed: int
    engine: str = ""
    folder: Path | None = None

    @classmethod
    def of(cls, lab: Lab, found: Found) -> Base:
        """A run."""
        return cls(
            protocol=lab.live.protocol(found), subjects=found.subjects, seed=found.seed,
            engine=str(found.manifest.get("engine", "compiled")), folder=found.path,
        )  # fmt: skip


class Answering(NamedTuple):
    """The folders of the runs that answer.

    Parameters
    ----------
    base, changed : without the changes and with all of them.
    alone : with each of them alone, where there are several.
    """

    base: Path
    changed: Path
    alone: tuple[Path, ...]


def planned_runs(lab: Lab, base: Base, changes: Sequence[str], control: str, alone: bool = False) -> Planned:
    """What the runs take, counted as if none were there yet.

    Raises
    ------
    ResynapseError : a change or the control is not possible.
    """
    for change in changes:
        check_change(change, lab.workspace)
    runs = 1 + (1 if control or base.folder is None else 0) + (len(changes) if alone and len(changes) > 1 else 0)
    return Planned(_with_control(_changed(base.protocol, changes), control), base.subjects, runs=runs)


def start_runs(lab: Lab, base: Base, changes: Sequence[str], control: str, alone: bool = False) -> Answering:
    """The run without the changes and the one with them, all with the control; what is there is not run again.

    Parameters
    ----------
    changes : as `--set` takes them.
    alone : whether each change is run by itself too.

    Raises
    ------
    ResynapseError : a change or the control is not possible.
    """
    protocol = base.protocol
    for change in changes:
        check_change(change, lab.workspace)
    if control in {variant.control for variant in protocol.variants.values()}:
        control = ""
    sets = [tuple(changes), *((one,) for one in changes if alone and len(changes) > 1)]
    made = [(one, _with_control(_changed(protocol, one), control)) for one in sets]
    controlled_base = _with_control(protocol, control)
    argument = frozen(lab, protocol)
    words = ["--subjects", str(base.subjects), "--seed", str(base.seed), "--engine", _engine(base)]
    words += ["--control", control] if control else []
    folder = base.folder
    if control or folder is None:
        folder = folder_of(lab, [protocol.name, control], _manifest(base, controlled_base))
        _begin(lab, f"{protocol.name} with {control or 'nothing changed'}", ["run", argument, *words], folder)
    others = []
    for one, changed in made:
        other = folder_of(lab, [changed.name, control, mark_of(one)], _manifest(base, changed))
        sets_words = [word for change in one for word in ("--set", change)]
        _begin(lab, f"{changed.name} with {', '.join(one)}", ["run", argument, *words, *sets_words], other)
        others.append(other)
    return Answering(folder, others[0], tuple(others[1:]))


def _changed(protocol: Protocol, changes: Sequence[str]) -> Protocol:
    for change in changes:
        protocol = amended(protocol, change)
    return protocol


def _with_control(protocol: Protocol, control: str) -> Protocol:
    return controlled(protocol, control) if control else protocol


def _engine(base: Base) -> str:
    return base.engine or engine_for(base.protocol)


def _manifest(base: Base, protocol: Protocol) -> Manifest:
    return Manifest(protocol, base.seed, _engine(base), base.subjects, ())


def _begin(lab: Lab, title: str, words: list[str], folder: Path) -> None:
    """Start a run that is not there and does not go on already."""
    if (folder / "manifest.json").exists():
        found, place = lab.workspace.run_at(folder), words.index("--subjects") + 1
        if found.finished and found.subjects >= int(words[place]):
            return
        words = [*words[:place], str(max(found.subjects, int(words[place]))), *words[place + 1 :]]
    before, job = lab.queue.of(folder), find(folder)
    if before is not None and list(before.words) == words and (not before.started or (job is not None and job.alive)):
        return
    asked = lab.queue.add(title, words, folder)
    lab.log.command(asked.command(lab.workspace.root))
