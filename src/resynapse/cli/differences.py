"""How two protocols differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.completion import protocol_names
from resynapse.cli.console import say
from resynapse.disclaimer import SHORT_DISCLAIMER

if TYPE_CHECKING:
    from resynapse.protocol import Protocol


@app.command
def diff(
    before: Annotated[
        str, Parameter(help="A library protocol, the path of a YAML file, or a run folder.", completer=protocol_names)
    ],
    after: Annotated[str, Parameter(help="The same; the output says how it differs from the first.")],
    /,
) -> None:
    """List how two protocols differ: place, old value and new value."""
    from resynapse.protocol import differences

    first, second = _found(before), _found(after)
    found = differences(first, second)
    counted = f"{len(found)} difference{'s' * (len(found) > 1)}" if found else "no difference"
    say(f"{after} against {before}: {counted}")
    for sentence in found:
        say(sentence)
    say(SHORT_DISCLAIMER)


def _found(name: str) -> Protocol:
    from resynapse.protocol import load
    from resynapse.runs.store.folder import RunFolder

    return RunFolder(name).manifest().protocol if Path(name).is_dir() else load(name)
