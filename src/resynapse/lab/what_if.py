"""Changed values and their control: which values there are, and the runs that answer."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from resynapse.controls import controlled
from resynapse.controls.isolating import Proposal, isolating
from resynapse.controls.registry import controls
from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab
from resynapse.lab.starting import folder_of, frozen
from resynapse.lab.tables_inside import check_change
from resynapse.lab.workspace import Found
from resynapse.protocol import STEPS, Protocol, amended, dump
from resynapse.protocol.prose.parameters import unit_of
from resynapse.protocol.prose.titles import titles_of
from resynapse.runs.job import find
from resynapse.runs.store.folder import Manifest

NO_CONTROL = "No control chosen"
MOST_CHANGES = 6
"""Values that are changed at once."""
INDUCTION, FOLLOW_UP = "Before treatment, alike in every arm", "Afterwards, alike in every arm"


class Value(NamedTuple):
    """A number of a step, or a first and a last one.

    Parameters
    ----------
    now : the numbers.
    group : the arm or the part of the protocol that it is in, by its title.
    words : its step and name, and what it is now with its unit.
    """

    now: tuple[float, ...]
    group: str
    words: str

    @property
    def others(self) -> list[str]:
        """Other values to try, near it first."""
        ways: list[Callable[[float], float]] = [lambda v: v * 1.1, lambda v: v / 2, lambda v: int(v) + 1]
        made = [[f"{way(one):g}" for one in self.now] for way in ways]
        return [one[0] if len(one) == 1 else f"[{', '.join(one)}]" for one in made]


def parameters_of(protocol: Protocol) -> dict[str, Value]:
    """Every number of the protocol's steps by its path for `--set`."""
    document, titles = dump(protocol), titles_of(protocol)
    found: dict[str, Value] = {}
    for arm, path in document["arms"].items():
        found.update(_grouped(titles.arm(arm), f"arms.{arm}", path))
    found.update(_grouped(INDUCTION, "induction", document["induction"]))
    found.update(_grouped(FOLLOW_UP, "follow_up", document["follow_up"]))
    return found


def _grouped(group: str, where: str, path: list[Mapping[str, Any]]) -> Iterator[tuple[str, Value]]:
    """The numbers of one path; a name that occurs twice says its step."""
    numbers = list(_of_path(where, path, ""))
    often = Counter(name for _, name, _, _, _ in numbers)
    for place, name, step, now, unit in numbers:
        which = f" (step {step})" if often[name] > 1 else ""
        is_now = f"{now[0]:g}" if len(now) == 1 else f"[{', '.join(f'{one:g}' for one in now)}]"
        yield place, Value(now, group[:1].upper() + group[1:], f"{name}{which}, now {is_now}{unit}")


def _of_path(
    where: str, path: list[Mapping[str, Any]], above: str
) -> Iterator[tuple[str, str, str, tuple[float, ...], str]]:
    for index, node in enumerate(path):
        step = f"{above}{index + 1}"
        for kind in (key for key in node if key in STEPS):
            properties = STEPS[kind].model_json_schema().get("properties", {})
            for name, value in _numbers(node[kind] or {}):
                unit = unit_of(properties.get(name.partition(".")[0], {}))
                words = f"{kind}: {name}".replace("_", " ")
                yield f"{where}[{index}].{kind}.{name}", words, step, value, "" if unit in ("", "1") else f" {unit}"
        yield from _of_path(f"{where}[{index}].fork", node.get("fork", []), f"{step}.")


def _numbers(fields: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The numbers of a step, also those for each arm, those of a distribution and those of a ramp."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", numbers) for inner, numbers in _numbers(value))
        elif _is_number(value):
            yield name, (value,)
        elif isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
            yield name, tuple(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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
    folder : of its run, where there is one.
    """

    protocol: Protocol
    subjects: int
    seed: int
    engine: str = "compiled"
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


def start_runs(lab: Lab, base: Base, changes: Sequence[str], control: str, *, alone: bool = False) -> Answering:
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
    words = ["--subjects", str(base.subjects), "--seed", str(base.seed), "--engine", base.engine]
    words += ["--control", control] if control else []
    folder = base.folder
    if control or folder is None:
        folder = folder_of(lab, [protocol.name, control], _manifest(base, controlled_base))
        _begin(lab, f"{protocol.name} with {control or 'nothing changed'}", ["run", argument, *words], folder)
    others = []
    for one, changed in made:
        mark = hashlib.sha256("\n".join(one).encode()).hexdigest()[:6]
        other = folder_of(lab, [changed.name, control, f"set{mark}"], _manifest(base, changed))
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


def _manifest(base: Base, protocol: Protocol) -> Manifest:
    return Manifest(protocol, base.seed, base.engine, base.subjects, ())


def _begin(lab: Lab, title: str, words: list[str], folder: Path) -> None:
    """Start a run that is not there and does not go on already."""
    if (folder / "manifest.json").exists() and lab.workspace.run_at(folder).finished:
        return
    before, job = lab.queue.of(folder), find(folder)
    if before is not None and list(before.words) == words and (not before.started or (job is not None and job.alive)):
        return
    asked = lab.queue.add(title, words, folder)
    lab.log.command(asked.command(lab.workspace.root))


def checked_changes(paths: Sequence[str], values: Sequence[str], known: Mapping[str, Value]) -> list[str]:
    """The changes as `--set` takes them.

    Raises
    ------
    ResynapseError : there is no such value, no new one, or one of them twice.
    """
    if not paths or any(path not in known for path in paths):
        raise ResynapseError("path: choose one of the values of the list")
    if len(paths) > MOST_CHANGES:
        raise ResynapseError(f"path: {len(paths)} values at once; at most {MOST_CHANGES} are possible")
    for path in paths:
        if paths.count(path) > 1:
            raise ResynapseError(f"path: {known[path].words.partition(', now')[0]} is changed twice; keep one of them")
    if len(values) != len(paths) or not all(value.strip() for value in values):
        raise ResynapseError("value: give the new value")
    return [f"{path}={value.strip()}" for path, value in zip(paths, values, strict=True)]
