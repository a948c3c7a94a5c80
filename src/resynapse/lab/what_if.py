"""One changed value and its control: which values there are, and the two runs that answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resynapse.controls import controlled
from resynapse.controls.isolating import Proposal, isolating
from resynapse.errors import ResynapseError
from resynapse.lab.context import Lab
from resynapse.lab.starting import folder_of, frozen
from resynapse.lab.tables_inside import check_change
from resynapse.lab.workspace import Found
from resynapse.protocol import STEPS, Protocol, amended, dump
from resynapse.protocol.prose.parameters import unit_of
from resynapse.runs.store.folder import Manifest

NO_CONTROL = "No control chosen"


def parameters_of(protocol: Protocol) -> dict[str, str]:
    """Every number of the protocol's steps: its path for `--set`, and its value with unit in words."""
    document = dump(protocol)
    found: dict[str, str] = {}
    for arm, path in document["arms"].items():
        found.update(_of_path(f"arms.{arm}", path))
    found.update(_of_path("induction", document["induction"]))
    found.update(_of_path("follow_up", document["follow_up"]))
    return found


def _of_path(where: str, path: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for index, node in enumerate(path):
        for kind in (key for key in node if key in STEPS):
            properties = STEPS[kind].model_json_schema().get("properties", {})
            for name, value in _numbers(node[kind] or {}):
                unit = unit_of(properties.get(name.partition(".")[0], {}))
                yield f"{where}[{index}].{kind}.{name}", f"{value:g}{'' if unit in ('', '1') else f' {unit}'}"
        yield from _of_path(f"{where}[{index}].fork", node.get("fork", []))


def _numbers(fields: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a step, also those for each arm and those of a distribution."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", number) for inner, number in _numbers(value))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name, value


def proposed(protocol: Protocol, path: str, arm: str, value: str = "") -> Proposal:
    """The control for a changed value, also before there is a new one.

    Raises
    ------
    ResynapseError : there is no such value or arm.
    """
    known = parameters_of(protocol)
    if path not in known or arm not in protocol.arms:
        raise ResynapseError("path: choose one of the values and one of the arms of the list")
    now = float(known[path].partition(" ")[0])
    for new in (value.strip(), f"{now * 1.1:g}", f"{now / 2:g}", f"{int(now) + 1}"):
        with suppress(ResynapseError):
            if new and (changed := amended(protocol, f"{path}={new}")) != protocol:
                return isolating(protocol, changed, arm)
    return Proposal(control="", why="no other value was found that is possible here")


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


def start_pair(lab: Lab, base: Base, change: str, control: str) -> tuple[Path, Path]:
    """The run without the change and the one with it, both with the control; what is there is not run again.

    Raises
    ------
    ResynapseError : the change or the control is not possible.
    """
    protocol = base.protocol
    check_change(change, lab.workspace)
    changed = amended(protocol, change)
    if control in {variant.control for variant in protocol.variants.values()}:
        control = ""
    if control:
        protocol, changed = controlled(protocol, control), controlled(changed, control)
    argument = frozen(lab, base.protocol)
    words = ["--subjects", str(base.subjects), "--seed", str(base.seed), "--engine", base.engine]
    words += ["--control", control] if control else []
    folder = base.folder
    if control or folder is None:
        folder = folder_of(lab, [protocol.name, control], _manifest(base, protocol))
        _begin(lab, f"{protocol.name} with {control or 'nothing changed'}", ["run", argument, *words], folder)
    mark = hashlib.sha256(change.encode()).hexdigest()[:6]
    other = folder_of(lab, [changed.name, control, f"set{mark}"], _manifest(base, changed))
    _begin(lab, f"{changed.name} with {change}", ["run", argument, *words, "--set", change], other)
    return folder, other


def _manifest(base: Base, protocol: Protocol) -> Manifest:
    return Manifest(protocol, base.seed, base.engine, base.subjects, ())


def _begin(lab: Lab, title: str, words: list[str], folder: Path) -> None:
    manifest = folder / "manifest.json"
    if manifest.exists() and lab.workspace.run_at(folder).finished:
        return
    asked = lab.queue.add(title, words, folder)
    lab.log.command(asked.command(lab.workspace.root))


def checked_change(path: str, value: str, known: Mapping[str, str]) -> str:
    """The change as `--set` takes it.

    Raises
    ------
    ResynapseError : there is no such value, or no new one.
    """
    if path not in known:
        raise ResynapseError("path: choose one of the values of the list")
    if not value.strip():
        raise ResynapseError("value: give the new value")
    return f"{path}={value.strip()}"
