"""What was done in a session, as a shell script that does it again: `lab.sh` in the workspace."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from resynapse.disclaimer import SHORT_DISCLAIMER

NAME = "lab.sh"
_HEAD = f"#!/bin/sh\n# What was done in the laboratory. {SHORT_DISCLAIMER}\nset -e\n"
_END = "RESYNAPSE_PROTOCOL"


def command_line(arguments: Sequence[str]) -> str:
    """A command as a reader types it.

    >>> command_line(["run", "my protocol.yaml", "--subjects", "4"])
    "resynapse run 'my protocol.yaml' --subjects 4"
    """
    return shlex.join(["resynapse", *arguments])


class SessionLog:
    """The log of a workspace.

    Parameters
    ----------
    root : the workspace.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / NAME
        self._written: dict[str, str] = {}

    def file(self, name: str, text: str) -> None:
        """A file as it was when a command read it; once, as long as it stays the same.

        Parameters
        ----------
        name : path from the workspace, with `/`.
        """
        if self._written.get(name) == text:
            return
        self._written[name] = text
        end = _END
        while end in text:
            end += "_"
        folder = Path(name).parent.as_posix()
        made = "" if folder == "." else f"mkdir -p {shlex.quote(folder)}\n"
        body = text if text.endswith("\n") else f"{text}\n"
        self._append(f"{made}cat > {shlex.quote(name)} <<'{end}'\n{body}{end}\n")

    def command(self, arguments: Sequence[str]) -> None:
        """A command."""
        self._append(f"{command_line(arguments)}\n")

    def remark(self, text: str) -> None:
        """A line for readers alone."""
        self._append(f"# {' '.join(text.split())}\n")

    def _append(self, text: str) -> None:
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8") as file:
            file.write((_HEAD if new else "") + text)
