"""Tables that a protocol names lie in the workspace: a page must not make the server read other files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resynapse.errors import ProtocolError
from resynapse.lab.workspace.workspace import Workspace
from resynapse.protocol import Protocol, loads
from resynapse.protocol.files.library import loads_value
from resynapse.protocol.files.safe_yaml import read


def load_inside(path: Path, workspace: Workspace) -> Protocol:
    """The protocol of a file of the workspace, its tables checked before they are read.

    Raises
    ------
    ProtocolError : it cannot be read, or names a table elsewhere.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ProtocolError(f"{path.name}: no readable text file; replace it") from None
    return loads_inside(text, workspace, path.parent, path.name)


def loads_inside(text: str, workspace: Workspace, folder: Path, source: str) -> Protocol:
    """The same of a text; its paths begin at `folder`."""
    check_tables(text, workspace, folder, source)
    return loads(text, source=source, folder=folder)


def check_tables(text: str, workspace: Workspace, folder: Path, source: str) -> None:
    """Refuse a protocol that names a table outside the workspace.

    Raises
    ------
    ProtocolError : with the line and the cure.
    """
    try:
        document = read(text)
    except ProtocolError:
        return  # the loader says what is wrong with it
    for where, named in _tables(document.value, ()):
        if not _inside(folder / named, workspace.root):
            line = document.line(where)
            raise ProtocolError(f"{source} line {line}: table {named!r} is outside the workspace; put a copy into it")


def check_change(assignment: str, workspace: Workspace) -> None:
    """The same of one change, as `--set` takes it."""
    path, _, text = assignment.partition("=")
    value = loads_value(text, source=path)
    found = [named for _, named in _tables(value, tuple(path.strip().split(".")))]
    if path.strip() == "task.path":
        found.append(str(value))
    for named in found:
        if not _inside(workspace.root / named, workspace.root):
            raise ProtocolError(f"table {named!r} is outside the workspace; put a copy into it")


def _inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root)


def _tables(value: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a document names a table, and its path: that of a task, and those of columns of traits."""
    if isinstance(value, dict):
        if where[-1:] == ("task",) and isinstance(value.get("path"), str):
            yield (*where, "path"), value["path"]
        if "column" in value and isinstance(value.get("of"), str):
            yield (*where, "of"), value["of"]
        for key, inner in value.items():
            yield from _tables(inner, (*where, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _tables(inner, (*where, index))
