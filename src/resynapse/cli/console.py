"""What commands print: prose, tables that fit the terminal, and complaints of one line."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from rich.console import Console

    from resynapse.report.page.tables import TextTable


def grid(table: TextTable) -> None:
    """Print a table; where the terminal is too narrow for its columns, row after row with named values."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    screen = console()
    drawn = Table(title=Text(table.title), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for index, name in enumerate(table.header):
        drawn.add_column(Text(name), justify="left" if index == 0 else "right")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    if screen.measure(drawn, options=screen.options.update(max_width=1000)).maximum <= screen.width:
        screen.print(drawn)
        return
    screen.print(Text(table.title, style="italic"))
    for first, *rest in table.rows:
        named = [f"{name} {cell}" for name, cell in zip(table.header[1:], rest, strict=True) if cell]
        screen.print(Text("  ".join([first, *named])))
    screen.print()


def console() -> Console:
    """Standard output, as wide as the terminal; in a pipe every table is a grid."""
    from rich.console import Console

    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=1000)


class _Held(io.StringIO):
    """Text on its way to a terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def paged() -> Iterator[None]:
    """Send what is longer than the screen through a pager, on a terminal alone; elsewhere everything is printed.

    The pager is that of the variable PAGER, else `less`; an empty PAGER means none.
    """
    import shutil

    command = shlex.split(os.environ.get("PAGER", "less"))
    if not (sys.stdin.isatty() and sys.stdout.isatty() and command and shutil.which(command[0])):
        yield
        return
    held, screen = _Held(), sys.stdout
    try:
        with redirect_stdout(held):
            yield
    finally:
        text = held.getvalue()
        if sys.exc_info()[0] is None and text.count("\n") >= shutil.get_terminal_size().lines:
            # colours pass, and the text stays on the screen when the pager ends
            env = {"LESS": "FRX", **os.environ}
            import subprocess

            subprocess.run(command, input=text.encode(), env=env, check=False)
        else:
            screen.write(text)
            screen.flush()


def subjects_in_words(count: int) -> str:
    """`1 subject`, `2 subjects`."""
    return "1 subject" if count == 1 else f"{count} subjects"


def say(text: str) -> None:
    """Print prose: wrapped between words on a terminal, unchanged in a pipe."""
    if sys.stdout.isatty():
        from rich.text import Text

        console().print(Text(text))
    else:
        print(text)


def note(text: str) -> None:
    """Print one line on standard error."""
    print(f"resynapse: {' '.join(text.split())}", file=sys.stderr)


def complain(text: str, code: int) -> NoReturn:
    """Print one line on standard error and end with an exit code."""
    note(text)
    raise SystemExit(code)
