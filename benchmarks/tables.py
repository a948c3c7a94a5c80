"""Plain tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | float | int | None


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], notes: Sequence[str] = ()) -> str:
    """A Markdown table whose columns are aligned; numbers to three significant figures."""
    cells = [list(head), *([show(c) for c in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([f"\n{title}\n", lines[0], rule, *lines[1:], *(f"  {n}" for n in ["", *notes] if notes)])


def show(value: Cell) -> str:
    """A cell as text; None is a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        if value == 0 or abs(value) >= 1000:
            return f"{value:.0f}"
        return f"{value:#.3g}".rstrip(".")
    return str(value)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = (c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
    return [first, *others]
