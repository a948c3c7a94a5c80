"""The Python interface: run a protocol, open a run, compare it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from resynapse.cohort import Cohort
from resynapse.errors import ResynapseError
from resynapse.protocol import Protocol
from resynapse.runs.admission import engine_for
from resynapse.runs.events import Listener, ignore
from resynapse.runs.execute import execute
from resynapse.runs.planning.budget import Budget
from resynapse.runs.progress import Display
from resynapse.runs.store.folder import Manifest, RunFolder

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import xarray as xr

    from resynapse.analysis.analyse import Analysis
    from resynapse.attribution.attribution import Attribution
    from resynapse.attribution.matched import Matching
    from resynapse.audits.audit import Audit
    from resynapse.audits.perturbations import Depth
    from resynapse.publication.agreement import Agreement
    from resynapse.publication.comparison import Comparison


class Run:
    """A run on disk, finished or not.

    Parameters
    ----------
    path : a folder that `run` or the command line made.

    Raises
    ------
    RunFolderError : there is no run in the folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.folder = RunFolder(path)
        self.manifest: Manifest = self.folder.manifest()

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def protocol(self) -> Protocol:
        """The protocol that was run, every default written out."""
        return self.manifest.protocol

    def table(self) -> pl.DataFrame:
        """The tidy table: protocol, variant, subject, arm, condition, outcome, value (accuracies in %)."""
        return self.folder.table()

    def summary(self) -> pl.DataFrame:
        """Mean, SD and n of every arm, condition and outcome; n is 0 in cells that no subject reached."""
        from resynapse.analysis.flow import with_unreached
        from resynapse.analysis.summaries import summary

        return with_unreached(summary(self.table()), self.protocol)

    def flow(self) -> pl.DataFrame:
        """The flow of subjects: arm, point, criterion, and the numbers assessed, enrolled and excluded there.

        Empty for a protocol without `enrol`.
        """
        from resynapse.analysis.flow import flow

        return flow(self.protocol, self.table())

    def compare(self) -> Comparison:
        """The run beside the published tables of its protocol.

        Raises
        ------
        ResynapseError : no published table of this protocol ships with resynapse.
        """
        from resynapse.analysis.library_changes import changes
        from resynapse.publication.comparison import compare

        return compare(self.protocol.name, self.table(), changes(self.protocol))

    def agreement(self) -> Agreement:
        """How far the run agrees with the published tables: equivalence, power, spread, and the cells taken together.

        Raises
        ------
        ResynapseError : no published table of its protocol ships with resynapse.
        """
        from resynapse.publication.agreement import agreement

        return agreement(self.table(), self.protocol)

    def analyse(self, *, difference: float = 5.0) -> Analysis:
        """The statistics of the run: descriptions, paired contrasts, rank orders and what else its protocol allows.

        Parameters
        ----------
        difference : to plan for, in % or points; a hundredth of it in dimensionless outcomes.

        Raises
        ------
        RunFolderError : no subject is finished.
        ResynapseError : the difference is not above 0.
        """
        from resynapse.analysis.analysis_file import analysis_of

        return analysis_of(self.folder, difference=difference)

    def report(self, out: str | Path, *, audit: Audit | None = None) -> Path:
        """Write the run as one HTML page that needs nothing else.

        Parameters
        ----------
        out : file to write.
        audit : an audit of which the run is the tree; by default the run's claims are judged by the controls that it
            contains.

        Raises
        ------
        RunFolderError : no subject is finished.
        """
        from resynapse.report.report import report
        from resynapse.report.run_data import RunData

        path = Path(out)
        path.write_text(report(RunData.of(self.folder), audit=audit), "utf-8")
        return path

    def figure(self, name: str, out: str | Path) -> Path:
        """Draw one figure of the run, such as ``resilience``, to a file that ends in .svg, .pdf or .png.

        Raises
        ------
        ResynapseError : no such figure, the run has none (with the reason), or another ending.
        """
        from resynapse.report.figures import draw
        from resynapse.report.figures.style import format_of, render
        from resynapse.report.run_data import RunData

        path = Path(out)
        format = format_of(path)
        path.write_bytes(render(draw(RunData.of(self.folder), name), format))
        return path

    def export(
        self, out: str | Path, *, crate: bool = False, notebook: bool = False, figures: bool = False
    ) -> list[Path]:
        """Write the run as tidy CSV files and LaTeX tables into a folder.

        Parameters
        ----------
        crate : protocol, manifest and RO-Crate 1.1 metadata too, so that the folder is a Process Run Crate.
        notebook : `again.ipynb` too, which runs the protocol again to the same numbers.
        figures : every figure too, in the folder `figures`.

        Raises
        ------
        ResynapseError : the folder is a run folder or a file, no subject is finished, or a notebook is wanted of a
            run that is not finished.
        """
        from resynapse.report.export import export
        from resynapse.report.run_data import RunData

        return export(RunData.of(self.folder), Path(out), crate=crate, notebook=notebook, figures=figures)

    def to_pandas(self) -> pd.DataFrame:
        """The tidy table as a pandas frame.

        Raises
        ------
        ResynapseError : pandas is not installed.
        """
        from resynapse.analysis.arrays import pandas_frame

        return pandas_frame(self.table())

    def to_xarray(self) -> xr.DataArray:
        """The values by subject, arm, condition and outcome, with titles and units.

        Raises
        ------
        ResynapseError : xarray is not installed.
        """
        from resynapse.analysis.arrays import labelled_array

        return labelled_array(self.table(), self.protocol)

    def _repr_html_(self) -> str:
        """What a notebook shows: the run in a line, its leading outcomes, and the disclaimer."""
        from resynapse.report.notebook import run_html

        return run_html(self.folder, repr(self))

    def __repr__(self) -> str:
        of = self.manifest
        return f"Run({str(self.path)!r}: {of.protocol.name}, {of.subjects} subjects, seed {of.root_seed})"


def run(
    protocol: Protocol,
    *,
    subjects: int,
    out: str | Path | None = None,
    workers: int | None = None,
    seed: int = 0,
    arms: Sequence[str] | None = None,
    engine: str | None = None,
    dask: str | None = None,
    display: Display | None = None,
    listener: Listener = ignore,
    note: Callable[[str], None] = lambda text: None,
    within: float | None = None,
) -> Run:
    """Run a protocol on a cohort, or continue a run that stopped.

    Parameters
    ----------
    protocol : from `load`, or built in Python.
    subjects : size of the cohort, at least 1; subject numbers begin at 0.
    out : run folder; by default a temporary one, gone when the program ends.
    workers : subjects at a time; by default the cores this process may use.
    seed : root seed of all randomness, 0 or more.
    arms : some of the protocol's arms; the numbers of an arm do not depend on the others.
    engine : ``compiled``, ``jax``, ``reference`` (slow and literal), or that of a plug-in; by default the first that
        can compute the protocol; see `resynapse.engine.engines`.
    dask : ``"local"`` for worker processes on this machine, or the address of a running Dask scheduler such as
        ``"tcp://127.0.0.1:8786"``; by default threads of this process. The numbers are the same.
    display, note : where progress and remarks go; nowhere by default.
    listener : receives every event of the run, such as `resynapse.runs.events.SubjectFinished`.
    within : seconds that this may take; as many subjects as fit are computed, and the same call again goes on.

    Raises
    ------
    ResynapseError : see `resynapse.errors`; what is finished is kept in `out`.

    >>> import resynapse as rs
    >>> rs.run(rs.load("demo").only(["untreated"]), subjects=1).table().columns[3:]
    ['arm', 'condition', 'outcome', 'value']
    """
    if not isinstance(protocol, Protocol):
        raise ResynapseError(f"{protocol!r} is no protocol; load it first: rs.run(rs.load('demo'), subjects=4)")
    budget = None if within is None else Budget(within)
    if arms is not None:
        protocol = protocol.only(arms)
    folder = RunFolder(_temporary() if out is None else out)
    cohort = Cohort(size=subjects, root_seed=seed)
    execute(
        protocol,
        cohort,
        folder,
        workers=workers,
        engine_name=engine_for(protocol, engine),
        dask=dask,
        display=display,
        listener=listener,
        note=note,
        budget=budget,
    )
    return Run(folder.path)


def audit(
    protocol: Protocol | Run,
    *,
    depth: Depth | None = None,
    subjects: int | None = None,
    out: str | Path | Callable[[Depth], Path] | None = None,
    workers: int | None = None,
    seed: int = 0,
    seeds: int | None = None,
    dask: str | None = None,
    claims: str | Path | None = None,
    display: Display | None = None,
    note: Callable[[str], None] = lambda text: None,
    within: float | None = None,
) -> Audit:
    """Judge every claim of a protocol, and find what each conclusion rests on.

    Parameters
    ----------
    protocol : with claims, its own or those that ship for its name; or a run, which is judged as it is, by the
        controls that it contains, and nothing is run.
    depth : ``light``, ``quick``, ``standard`` or ``full``; see docs/audit.md. By default ``quick``, and with
        `within` the deepest one that fits.
    subjects : of the tree; by default 4, 10, 20 or 100 with the depth. With `within`, the most.
    out : folder of the runs, or a function from the depth to it; by default a temporary one, gone when the program
        ends.
    workers, seed, dask, display, note : as in `run`.
    seeds : root seeds, from `seed` on, over which the verdicts are compared; by default 1 at depth quick, 5 at the
        others.
    claims : of another name, or a YAML file of claims.
    within : seconds that this may take; depth and subjects are planned to fit, and the same call again goes on.

    Raises
    ------
    ResynapseError : the protocol claims nothing, or what `run` raises.

    >>> import resynapse as rs
    >>> run = rs.run(rs.load("manic-switch"), subjects=2)
    >>> len(rs.audit(run, claims="switch-relapse").claims)
    26
    """
    from resynapse.audits.audit import of_run
    from resynapse.audits.claim_library import claims_of
    from resynapse.audits.perform import perform
    from resynapse.audits.within import Wish

    if isinstance(protocol, Run):
        return of_run(protocol.protocol, protocol.table(), claims)
    if not isinstance(protocol, Protocol):
        raise ResynapseError(f"{protocol!r} is no protocol; load it first: rs.audit(rs.load('switch-relapse'))")
    if depth not in (None, "light", "quick", "standard", "full"):
        raise ResynapseError(f"depth {depth!r} is not known; allowed: light, quick, standard, full")
    wish = Wish(
        protocol=protocol,
        claims=claims_of(protocol, claims),
        depth=depth,
        subjects=subjects,
        seed=seed,
        seeds=seeds,
        folder=out if callable(out) else partial(_always, _temporary() if out is None else Path(out)),
    )
    return perform(
        wish,
        workers=workers,
        dask=dask,
        display=display,
        note=note,
        budget=None if within is None else Budget(within),
    )


def attribute(
    protocol: Protocol,
    *,
    between: Sequence[str],
    outcomes: Sequence[str] = (),
    at: str | None = None,
    join: Sequence[Sequence[str]] = (),
    subjects: int = 10,
    out: str | Path | None = None,
    workers: int | None = None,
    seed: int = 0,
    dask: str | None = None,
    display: Display | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Attribution:
    """Divide the difference between two arms among the components of their treatments.

    Parameters
    ----------
    between : the first and the second arm; the contrast is the first minus the second.
    outcomes : ``OUTCOME at CONDITION``, or ``OUTCOME`` alone; by default `acc_combined`, `acc_internal_2.5` and
        `acc_biased_1.0`, of these what is measured.
    at : the condition of outcomes that name none; by default the first after treatment.
    join : components that count as one.
    subjects, out, workers, seed, dask, display, note : as in `run`.

    Raises
    ------
    ResynapseError : arms, outcomes or components that cannot be compared, or what `run` raises.

    >>> import resynapse as rs
    >>> found = rs.attribute(rs.load("demo"), between=["ketamine", "ssri"], outcomes=["gain"], subjects=1)
    >>> [round(share.share, 3) for share in found.contrasts[0].shares if share.component == "gain-at-the-test"]
    [-0.35]
    """
    from resynapse.attribution.factorial import factorial
    from resynapse.attribution.perform import Running, attributed

    _check_contrast(protocol, between, outcomes)
    tree = factorial(protocol, between, outcomes, at, join)
    folder = _temporary() if out is None else Path(out)
    running = Running(subjects=subjects, out=folder, workers=workers, seed=seed, dask=dask, display=display, note=note)
    return attributed(tree, protocol.name, running)


def match(
    protocol: Protocol,
    *,
    between: Sequence[str],
    outcomes: Sequence[str] = (),
    at: str | None = None,
    subjects: int = 10,
    out: str | Path | None = None,
    workers: int | None = None,
    seed: int = 0,
    dask: str | None = None,
    display: Display | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Matching:
    """Compare two arms as run and at equal exposure, equal change of connections and equal training loss.

    The arm with the smaller exposure (rate times epochs) is run at several learning rates.

    Parameters
    ----------
    between, outcomes, at, subjects, out, workers, seed, dask, display, note : as in `attribute`.

    Raises
    ------
    ResynapseError : arms or outcomes that cannot be compared, an arm that does not train, or what `run` raises.

    >>> import resynapse as rs
    >>> found = rs.match(rs.load("demo"), between=["ketamine", "neurosteroid"], outcomes=["acc_standard"], subjects=1)
    >>> [basis.basis for basis in found.outcomes[0].bases]
    ['as run', 'equal exposure', 'equal change', 'equal loss']
    """
    from resynapse.attribution.ladder import ladder
    from resynapse.attribution.perform import Running, matched

    _check_contrast(protocol, between, outcomes)
    tree = ladder(protocol, between, outcomes, at)
    folder = _temporary() if out is None else Path(out)
    running = Running(subjects=subjects, out=folder, workers=workers, seed=seed, dask=dask, display=display, note=note)
    return matched(tree, protocol.name, running)


def _check_contrast(protocol: object, between: object, outcomes: object) -> None:
    """Check argument types at run time, for callers without a type checker."""
    if not isinstance(protocol, Protocol):
        raise ResynapseError(f"{protocol!r} is no protocol; load it first: rs.attribute(rs.load('demo'), ...)")
    for one in (between, outcomes):
        if isinstance(one, str):
            raise ResynapseError(f"{one!r} is one text; give a list, as in between=['ketamine', 'ssri']")


def _always(folder: Path, _: Depth) -> Path:
    return folder


def _temporary() -> Path:
    """A folder that lasts as long as this program."""
    import atexit
    import shutil

    path = tempfile.mkdtemp(prefix="resynapse-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)
