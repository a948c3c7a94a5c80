"""Commands about protocols: what ships, what a file says, what it costs."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.console import console, grid, say
from resynapse.cli.options import Changes, Controls, ProtocolName, load_protocol, whole
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def protocols() -> None:
    """List the protocols that ship with resynapse."""
    from rich.table import Table

    from resynapse.protocol import LIBRARY_GROUPS, load
    from resynapse.publication.comparison import protocols_with_tables

    published = protocols_with_tables()
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    for group, names in LIBRARY_GROUPS.items():
        drawn.add_row(group)
        for name in names:
            drawn.add_row(f"  {name}", load(name).title + ("; published tables ship" if name in published else ""))
        drawn.add_row()
    console().print(drawn)
    say(SHORT_DISCLAIMER)


@app.command
def show(
    protocol: ProtocolName,
    /,
    *,
    subjects: Annotated[int, Parameter(converter=whole, help="Cohort size for the estimated cost.")] = 10,
    control: Controls = None,
    set: Changes = None,
) -> None:
    """Draw a protocol as a tree, list its parameters, and say what it will cost on this machine."""
    from resynapse.cohort import Cohort
    from resynapse.protocol.prose.outline import draw
    from resynapse.report.page.tables import parameter_table
    from resynapse.runs.admission import admit_subject, engine_for
    from resynapse.runs.planning.cost import Estimate

    chosen = load_protocol(protocol, set, control)
    size = Cohort(size=subjects).size
    admit_subject(chosen, engine_for(chosen))
    console().print(draw(chosen), markup=False)
    grid(parameter_table(chosen))
    estimate = Estimate.rehearse(chosen)
    say(f"\n{estimate.sentence(size)}\n{SHORT_DISCLAIMER}")


@app.command
def controls() -> None:
    """List the controls that `--control` adds to a protocol, and what each isolates."""
    from resynapse.controls import controls as known

    for control in known().values():
        say(f"{control.name}: {control.isolates}")
    say(SHORT_DISCLAIMER)


@app.command
def schema() -> None:
    """Print the JSON Schema of protocol files, for editors that complete and check them."""
    import json

    from resynapse.protocol import json_schema

    print(json.dumps(json_schema(), indent=2))
    print(SHORT_DISCLAIMER, file=sys.stderr)


@app.command
def validate(file: Annotated[str, Parameter(help="A protocol file.")], /) -> None:
    """Check a protocol file without running it; exit code 2 and one line if it cannot be run on this machine."""
    from resynapse.controls.registry import RENAMED
    from resynapse.controls.registry import controls as known_controls
    from resynapse.protocol import load
    from resynapse.protocol.routes import epochs
    from resynapse.runs.admission import able_engines, admit_subject, engine_for

    chosen = load(file, controls=[*known_controls(), *RENAMED])
    able = able_engines(chosen)
    admit_subject(chosen, engine_for(chosen))
    limited = "" if "compiled" in able else f" (for --engine {' or '.join(able)})"
    say(
        f"{file}: valid protocol {chosen.name}{limited}; arms {', '.join(chosen.routes)}; "
        f"{epochs(chosen.routes)} training epochs a subject. {SHORT_DISCLAIMER}"
    )


@app.command
def citations(
    protocol: ProtocolName,
    /,
) -> None:
    """Print what to cite for a protocol: the article, the methods it uses, and resynapse."""
    from resynapse.protocol import load
    from resynapse.report.sections.citations import citations as cited

    for line in cited(load(protocol)):
        say(line)
    say(SHORT_DISCLAIMER)
