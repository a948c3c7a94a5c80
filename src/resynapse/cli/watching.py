"""Commands that look at runs of other processes: watch and runs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.console import complain, console, note, subjects_in_words
from resynapse.disclaimer import SHORT_DISCLAIMER

if TYPE_CHECKING:
    from rich.console import Group

    from resynapse.runs.status import RunStatus

PLAIN_EVERY = 30.0
"""Seconds between plain lines when no subject finishes."""
MOST_GOING_ON = 8
"""Subjects that a live view shows one by one."""


@app.command
def watch(run_folder: Annotated[Path, Parameter(help="A run folder, or that of an audit or attribution.")], /) -> None:
    """Show a run that another process computes, live, until it ends; Ctrl-C leaves the run alone.

    Exit code 0 if the run is finished at the end, 1 if it stopped or failed.
    """
    try:
        last = _live(run_folder) if sys.stdout.isatty() else _plain(run_folder)
    except KeyboardInterrupt:
        note(f"no longer watched; the run continues, see `resynapse watch {run_folder}`")
        return
    print(SHORT_DISCLAIMER, file=sys.stderr)
    if last.state != "finished":
        complain(f"{last.path}: {last.state}{f' ({last.reason})' if last.reason else ''}", 1)


@app.command
def runs(
    folder: Annotated[Path, Parameter(help="Where to look, three levels of folders deep.")] = Path(),
    /,
    *,
    format: Annotated[Literal["text", "json"], Parameter(help="A table, or one JSON object.")] = "text",
) -> None:
    """List the runs in a folder: state, subjects, time left and the outcomes that lead so far."""
    from resynapse.runs.status import runs as listed

    if not folder.is_dir():
        complain(f"{folder}: no such folder; give one that contains runs", 2)
    found = listed(folder)
    if format == "json":
        import json

        content = {"disclaimer": SHORT_DISCLAIMER, "runs": [one.to_dict() for one in found]}
        print(json.dumps(content, indent=2, allow_nan=False))
        return
    if not found:
        print(f"no run in {folder}")
    for one in found:
        _line(one, folder)
    print(SHORT_DISCLAIMER)


def _line(one: RunStatus, folder: Path) -> None:
    """One run in one line, and what leads in a second one; a narrow terminal wraps them."""
    from rich.text import Text

    name = "." if one.path == folder else str(one.path.relative_to(folder))
    screen = console()
    facts = [one.state, one.protocol, _subjects(one), _left(one), one.reason if one.state != "finished" else ""]
    screen.print(Text.assemble((name, "bold"), "  ", ", ".join(fact for fact in facts if fact)), soft_wrap=False)
    if one.leading:
        screen.print(Text(f"    {_leading(one)}", style="dim"))


def _leading(one: RunStatus) -> str:
    """The first leading outcome, arm by arm: ``acc_combined at acute: ketamine 96.1, ssri 92.3``."""
    first = one.leading[0]["endpoint"]
    means = [f"{record['arm']} {record['mean']:.4g}" for record in one.leading if record["endpoint"] == first]
    return f"{first}: {', '.join(means)}"


def _subjects(one: RunStatus) -> str:
    if one.subjects is None:
        return ""
    failed = f", {one.failed} failed" if one.failed else ""
    return f"{'?' if one.done is None else one.done} of {subjects_in_words(one.subjects)}{failed}"


def _left(one: RunStatus) -> str:
    from resynapse.runs.duration import duration

    return "" if one.seconds_left is None else f"{duration(one.seconds_left)} left"


def _plain(folder: Path) -> RunStatus:
    """A line when subjects finished or the state changed, and now and then between."""
    from resynapse.runs.watch import follow

    printed: tuple[object, ...] = ()
    at = 0.0
    for status in follow(folder):
        now = (status.path, status.state, status.done, status.failed)
        if now != printed or time.monotonic() - at >= PLAIN_EVERY:
            printed, at = now, time.monotonic()
            facts = (status.state, status.protocol, _subjects(status), _left(status), status.where)
            print(f"{status.path}: {', '.join(fact for fact in facts if fact)}", flush=True)
    for record in status.leading:
        print(f"{record['endpoint']}, {record['arm']}: {_mean(record)}")
    return status


def _live(folder: Path) -> RunStatus:
    from rich.live import Live

    from resynapse.runs.watch import follow

    with Live(console=console(), auto_refresh=False) as screen:
        for status in follow(folder):
            screen.update(_view(status), refresh=True)
    return status


def _view(one: RunStatus) -> Group:
    """A run on a terminal: progress, current steps, and means so far; lines are cut, not wrapped."""
    from rich.console import Group, RenderableType
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    def line(text: str, style: str = "") -> Text:
        return Text(text, style=style, no_wrap=True, overflow="ellipsis")

    facts = (one.state, _subjects(one), _left(one), one.where)
    bar = Table.grid()
    bar.add_row(ProgressBar(total=1.0, completed=one.share or 0.0, width=40))
    shown: list[RenderableType] = [
        line(f"{one.protocol or one.path}: {', '.join(fact for fact in facts if fact)}", "bold"),
        bar,
    ]
    for subject in one.going_on[:MOST_GOING_ON]:
        phase = f", {subject['arms']}: {subject['stream']}, epoch {subject['epoch']} of {subject['epochs']}"
        shown.append(line(f"  subject {subject['subject']}{phase if subject['stream'] else ''}"))
    if len(one.going_on) > MOST_GOING_ON:
        shown.append(line(f"  and {len(one.going_on) - MOST_GOING_ON} more"))
    if one.leading:
        shown.append(line("mean (SD)" if one.state == "finished" else "mean (SD), not yet a result", "italic"))
    for endpoint in dict.fromkeys(record["endpoint"] for record in one.leading):
        means = {record["arm"]: _mean(record, one.done) for record in one.leading if record["endpoint"] == endpoint}
        wide = max(map(len, means.values()))
        # numbers first: where room is short, names are cut
        shown += [line(endpoint), *(line(f"  {mean:>{wide}}  {arm}") for arm, mean in means.items())]
    return Group(*shown)


def _mean(record: dict[str, Any], done: int | None = None) -> str:
    sd = "" if record["sd"] is None else f" ({record['sd']:.3g})"
    number = "" if record["n"] == done else f", n {record['n']}"
    return f"{record['mean']:.4g}{sd}{number}"
