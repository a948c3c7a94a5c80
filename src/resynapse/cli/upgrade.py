"""Rewriting files of earlier versions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.console import say
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def upgrade(
    file: Annotated[str, Parameter(help="A protocol file or a file of claims.")],
    /,
    *,
    check: Annotated[bool, Parameter(help="Print what would change, write nothing; exit code 1 if anything.")] = False,
) -> None:
    """Rewrite a file of an earlier version in today's form: former names and keys; comments stay."""
    import difflib

    from resynapse.controls.registry import RENAMED
    from resynapse.errors import ProtocolError
    from resynapse.protocol.files.upgrade import upgraded

    try:
        before = Path(file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProtocolError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or 'no text file'})") from None
    try:
        after = upgraded(before, RENAMED)
    except ProtocolError as error:
        raise ProtocolError(f"{file}: {error}") from None
    if after == before:
        say(f"{file}: nothing to rewrite. {SHORT_DISCLAIMER}")
        return
    if check:
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), file, f"{file}, rewritten", lineterm="")
        print("\n".join(lines))
        say(SHORT_DISCLAIMER)
        sys.exit(1)
    Path(file).write_bytes(after.encode("utf-8"))
    say(f"{file}: rewritten. {SHORT_DISCLAIMER}")
