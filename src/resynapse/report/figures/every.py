"""Every figure of a run as files, each with its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.report.figures import FIGURES, draw
from resynapse.report.figures.style import numbers_csv, render

if TYPE_CHECKING:
    from resynapse.report.figures.style import Format
    from resynapse.report.run_data import RunData


def every_figure(run_data: RunData, folder: Path, format: Format) -> Iterator[tuple[str, list[Path]]]:
    """Draw what applies: a line about each figure, and its files; none with the reason where it does not apply.

    Raises
    ------
    ResynapseError : the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ResynapseError(f"{folder} is a file; every figure goes into a folder")
    folder.mkdir(parents=True, exist_ok=True)
    for kind in FIGURES.values():
        reason = kind.lacks(run_data)
        if reason:
            yield f"{kind.name}: not of this run: {reason}", []
            continue
        drawn = draw(run_data, kind.name)
        path = folder / f"{kind.name}.{format}"
        path.write_bytes(render(drawn, format))
        numbers = numbers_csv(drawn)
        if not numbers:
            yield f"{path}", [path]
            continue
        beside = path.with_suffix(".csv")
        beside.write_text(f"# {SHORT_DISCLAIMER}\n{numbers}", "utf-8")
        yield f"{path}, and its numbers as .csv", [path, beside]
