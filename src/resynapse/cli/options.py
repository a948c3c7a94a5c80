"""The options that several commands share, and how a protocol or a run is found from them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, Token

from resynapse.cli.completion import protocol_names
from resynapse.cli.console import subjects_in_words

if TYPE_CHECKING:
    from resynapse.api import Run
    from resynapse.protocol import Protocol


def whole(_: object, tokens: Sequence[Token]) -> int:
    """A whole number; a fraction is refused, not rounded."""
    text = tokens[0].value
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(f"{text} is no whole number")
    return int(text)


def time_span(_: object, tokens: Sequence[Token]) -> float:
    """Seconds of a span of time such as 90s or 1.5h."""
    from resynapse.errors import ResynapseError
    from resynapse.runs.planning.budget import span

    try:
        return span(tokens[0].value)
    except ResynapseError as error:
        raise ValueError(str(error)) from None


ProtocolName = Annotated[
    str, Parameter(help="A library protocol or the path of a YAML file.", completer=protocol_names)
]
Subjects = Annotated[int, Parameter(help="The size of the cohort, such as `--subjects 10`.", converter=whole)]
Workers = Annotated[
    int | None, Parameter(converter=whole, help="Subjects at a time; by default the cores this process may use.")
]
Seed = Annotated[int, Parameter(converter=whole, help="Root seed of all randomness.")]
EngineName = Annotated[
    str | None,
    Parameter(
        help="`compiled` (fast), `jax` (any network), `reference` (slow, literal: it defines the model), "
        "or that of a plug-in; by default the first that can compute the protocol."
    ),
]
Dask = Annotated[
    str | None,
    Parameter(help="Compute on Dask: `local` for worker processes here, or a scheduler's address."),
]
Controls = Annotated[
    list[str] | None,
    Parameter(
        name="--control",
        help="Add a control beside every arm that it changes; may be given more than once (`resynapse controls`).",
        negative=(),
    ),
]
Changes = Annotated[
    list[str] | None,
    Parameter(
        name="--set",
        help="Change one value, as in `--set arms.ketamine.regrow.of_pruned=0.25`; may be given more than once.",
        negative=(),
    ),
]
RunPath = Annotated[Path, Parameter(help="A run folder.")]


def load_protocol(name: str, changes: Sequence[str] | None, controls: Sequence[str] | None) -> Protocol:
    """The protocol that a name, `--set` and `--control` ask for."""
    from resynapse.protocol import amended, load

    protocol = load(name)
    for change in changes or []:
        protocol = amended(protocol, change)
    return with_controls(protocol, controls)


def with_controls(protocol: Protocol, controls: Sequence[str] | None) -> Protocol:
    """The protocol with the variants of `--control`."""
    from resynapse.controls import controlled

    for name in controls or []:
        protocol = controlled(protocol, name)
    return protocol


def is_run(name: str) -> bool:
    """Whether a name that may be a protocol is the folder of a run."""
    from resynapse.runs.store.file_names import MANIFEST

    return (Path(name) / MANIFEST).is_file()


def open_run(path: Path) -> Run:
    """The run in a folder; missing subjects are reported on standard error."""
    from resynapse.api import Run

    opened = Run(path)
    missing = opened.folder.unfinished()
    if missing:
        print(
            f"resynapse: {path}: still to come: {missing} of {subjects_in_words(opened.manifest.subjects)}",
            file=sys.stderr,
        )
    return opened
