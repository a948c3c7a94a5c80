"""From what a page asks for to the command that does it: names, folders, and a copy of the protocol that stays.

A run keeps the very file that it was started with, as `NAME@DIGEST.yaml`: later changes of the protocol do not reach
it, and the same command goes on with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resynapse.cohort import Cohort
from resynapse.controls import controlled
from resynapse.errors import ResynapseError
from resynapse.lab.commands.cost import Planned
from resynapse.lab.context import Lab
from resynapse.lab.reading.protocols import MINE, protocol_of
from resynapse.lab.security.tables_inside import check_change, check_tables
from resynapse.lab.workspace.found import Found
from resynapse.lab.workspace.workspace import PROTOCOLS, RUNS
from resynapse.protocol import Protocol, amended, dumps, library, load
from resynapse.runs.admission import engine_for
from resynapse.runs.store.folder import Manifest, RunFolder

MOST_SUBJECTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A run that a page asks for.

    Parameters
    ----------
    source, name : of the protocol, as in its address.
    controls, changes : as `--control` and `--set` take them.
    """

    source: str
    name: str
    subjects: int
    seed: int = 0
    workers: int | None = None
    controls: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def protocol(self, lab: Lab) -> Protocol:
        """The protocol with its changes and controls, checked.

        Raises
        ------
        ResynapseError : it cannot be run as it is asked for.
        """
        protocol = protocol_of(lab.workspace, self.source, self.name)
        for change in self.changes:
            check_change(change, lab.workspace)
            protocol = amended(protocol, change)
        for control in self.controls:
            protocol = controlled(protocol, control)
        check_cohort(protocol, self.subjects, self.seed)
        return protocol

    def planned(self, lab: Lab) -> Planned:
        """What it takes.

        Raises
        ------
        ResynapseError : as for the protocol.
        """
        return Planned(self.protocol(lab), self.subjects, self.workers)


def check_cohort(protocol: Protocol, subjects: int, seed: int) -> None:
    """Refuse a cohort that cannot be run here.

    Raises
    ------
    ResynapseError : why.
    """
    if not 1 <= subjects <= MOST_SUBJECTS:
        raise ResynapseError(f"{subjects} subjects is not possible here; give 1 to {MOST_SUBJECTS}")
    Cohort(size=subjects, root_seed=seed).check(protocol)


def start(lab: Lab, wanted: Wanted) -> Path:
    """Start a run, or let it wait.

    Raises
    ------
    ResynapseError : it cannot be run as it is asked for.
    """
    protocol = wanted.protocol(lab)
    argument = kept(lab, wanted.source, wanted.name)
    folder = folder_for(lab, wanted, protocol)
    arguments = [
        "run", argument, "--subjects", str(wanted.subjects), "--seed", str(wanted.seed),
    ]  # fmt: skip
    if wanted.workers is not None:
        arguments += ["--workers", str(wanted.workers)]
    arguments += [word for control in wanted.controls for word in ("--control", control)]
    arguments += [word for change in wanted.changes for word in ("--set", change)]
    asked = lab.queue.add(protocol.title or protocol.name, arguments, folder)
    lab.log.command(asked.command(lab.workspace.root))
    return folder


def kept(lab: Lab, source: str, name: str) -> str:
    """What a command calls the protocol: its library name, or a copy of its file that does not change."""
    if source != MINE:
        return name
    file = lab.workspace.protocol(name)
    text = file.read_text("utf-8")
    check_tables(text, lab.workspace, file.parent, file.name)
    stem = f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    path = file.with_name(f"{stem}.yaml")
    if not path.exists():
        lab.workspace.write(path, text)
    argument = path.relative_to(lab.workspace.root).as_posix()
    lab.log.file(argument, text)
    return argument


def folder_for(lab: Lab, wanted: Wanted, protocol: Protocol) -> Path:
    """The run folder: one that holds this very run, or a new one."""
    parts = [protocol.name, *wanted.controls, mark_of(wanted.changes)]
    return folder_of(lab, parts, Manifest(protocol, wanted.seed, engine_for(protocol), wanted.subjects, ()))


def mark_of(changes: Sequence[str]) -> str:
    """What the name of a run folder says about changed values."""
    return f"set{hashlib.sha256(chr(10).join(changes).encode()).hexdigest()[:6]}" if changes else ""


def folder_of(lab: Lab, parts: Sequence[str], wanted: Manifest) -> Path:
    """The folder named after `parts` that holds this very run, or a new one."""
    name = "-".join(filter(None, [*parts, f"seed{wanted.root_seed}"]))
    base = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:120]
    for number in range(1, 1000):
        folder = lab.workspace.root / RUNS / (base if number == 1 else f"{base}-{number}")
        if not folder.exists():
            return lab.workspace.inside(folder)
        manifest = folder / "manifest.json"
        if manifest.exists() and RunFolder(folder).manifest().identity == wanted.identity:
            return lab.workspace.inside(folder)
    raise ResynapseError(f"{RUNS}: a thousand folders are named {base}; move some away")


def is_shipped(protocol: Protocol) -> bool:
    """Whether a protocol is one of the library, unchanged."""
    return protocol.name in library() and load(protocol.name) == protocol


def frozen(lab: Lab, protocol: Protocol) -> str:
    """What a command calls a protocol that was run: its library name, or a file that does not change."""
    if is_shipped(protocol):
        return protocol.name
    text = dumps(protocol)
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in protocol.name)[:60]
    path = lab.workspace.root / PROTOCOLS / f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}.yaml"
    if not path.exists():
        lab.workspace.write(path, text)
    argument = path.relative_to(lab.workspace.root).as_posix()
    lab.log.file(argument, text)
    return argument


def again(lab: Lab, found: Found, *, subjects: int | None = None) -> None:
    """The same command again: it goes on where it stopped, with more subjects if they are asked for.

    Raises
    ------
    ResynapseError : its command is not known here, or the cohort would shrink.
    """
    asked = lab.queue.of(found.path)
    if asked is None:
        raise ResynapseError(f"{found.name}: was not started here; type its command again where it was started")
    arguments = list(asked.words)
    if subjects is not None:
        if not found.subjects <= subjects <= MOST_SUBJECTS:
            raise ResynapseError(f"subjects: a cohort never shrinks; give {found.subjects} or more, got {subjects}")
        arguments[arguments.index("--subjects") + 1] = str(subjects)
    made = lab.queue.add(asked.title, arguments, found.path)
    lab.log.command(made.command(lab.workspace.root))
