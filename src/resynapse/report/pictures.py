"""The figures of a run as a page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from resynapse.report.beside import Drawer
from resynapse.report.figures import FIGURES, Kind, draw
from resynapse.report.figures.inline import inline
from resynapse.report.figures.stack import stack
from resynapse.report.figures.style import numbers_csv, render
from resynapse.report.page.section import Picture
from resynapse.report.run_data import RunData

STACKED = frozenset(FIGURES) - {"trial"}
"""Figures whose panels stand as a page has room for them; the trial is drawn once more for a narrow screen."""
NETWORKS = "connections"
"""The figure for which networks are computed again."""


def every_picture(run_data: RunData, ready: Future[object] | None, beside: Drawer | None = None) -> dict[str, Picture]:
    """Every figure that applies, by its name.

    Parameters
    ----------
    ready : done when the networks of the figure that shows them are there; None where no figure does.
    beside : a process that draws some of the figures; what it does not give is drawn here.
    """
    kinds = {name: kind for name, kind in FIGURES.items() if not kind.lacks(run_data)}
    promised = frozenset() if beside is None else beside.names
    made = {name: picture(run_data, kind) for name, kind in kinds.items() if name not in {*promised, NETWORKS}}
    if ready is not None:
        ready.result()
        made[NETWORKS] = picture(run_data, kinds[NETWORKS])
    if beside is not None:
        made.update(beside.pictures())
    return {name: made[name] if name in made else picture(run_data, kind) for name, kind in kinds.items()}


@contextmanager
def networks(run_data: RunData) -> Iterator[Future[object] | None]:
    """Networks that a figure shows are computed again beside everything else: kernels leave the interpreter free."""
    if FIGURES[NETWORKS].lacks(run_data):
        yield None
        return
    first = run_data.cells.subjects[0]  # read before two threads do
    with ThreadPoolExecutor(1, f"subject {first}") as pool:
        yield pool.submit(lambda: run_data.traced)


def picture(run_data: RunData, kind: Kind) -> Picture:
    """One figure, drawn."""
    drawn, phone = draw(run_data, kind.name, columns=1), ""
    if kind.name in STACKED:
        svg = stack(drawn, kind.name)
    else:
        phone = inline(render(drawn, "svg"), f"{kind.name}-phone", drawn.alt)
        drawn = draw(run_data, kind.name)
        svg = inline(render(drawn, "svg"), kind.name, drawn.alt)
    csv = numbers_csv(drawn).replace("<", "")
    return Picture(name=kind.name, title=kind.title, caption=drawn.caption, svg=svg, phone=phone, csv=csv)
