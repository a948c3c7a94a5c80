"""Compile the kernels once, in a process of their own, and load them in one order ever after.

A function that several kernels contain exists once per kernel in compiled form, and which copy a process uses depends
on what it compiled or loaded first; copies may round sums differently. A process that compiled its kernels itself could
so differ in the last digits from all later ones. So no process that computes compiles: a child does, and the same
objects are loaded in the same order in every process.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from resynapse.engine.base import TrainingPhase
from resynapse.engine.compiled.engine import CompiledEngine
from resynapse.engine.compiled.kernels.jit import FOLDER
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs

MARK = "ready"
"""Name of the file that says that every kernel lies in the cache, and for which sources."""


def exercise() -> None:
    """Call every kernel in a fixed order, on networks of a few units."""
    engine, key = CompiledEngine(), Key(0, 0)
    data = GaussianBlobs(train=8, test=8, clean=1).draw(key)
    network = prune(initialise(key, (2, 4, 4, 4)).astype(np.float32), 0.3)
    phase = TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-3, batch_size=8, key=key)
    for _ in engine.train(network, data.train, phase, [1]):
        pass
    folding = initialise(key, (2, 4, 4, 4, 4)).astype(np.float32)
    # without spread every unit agrees within a class, so that the phase is folded
    for _ in engine.train(folding, GaussianBlobs(sd=0.0, train=8, test=8, clean=1).draw(key).train, phase, [1]):
        pass
    engine.respond(network, data.test.inputs, Modulation(noise_sd=1.0), key)
    engine.activity(network, data.test.inputs, NEUTRAL)
    engine.spread(network, data.test.inputs, NEUTRAL)


@cache
def make_ready(note: Callable[[str], None]) -> None:
    """See that the kernels are compiled, then load them; nothing is done twice in a process.

    Parameters
    ----------
    note : told when compiling begins, as it takes a while.
    """
    if FOLDER is not None and not _is_ready(FOLDER):
        from filelock import FileLock

        with FileLock(FOLDER / ".lock"):
            if not _is_ready(FOLDER):
                note("compiling the kernels, once for this installation (up to a minute)")
                words = [sys.executable, "-c", f"from {__name__} import compile_all; compile_all()"]
                # a child that cannot be started leaves the work to this process
                subprocess.run(words, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    exercise()


def compile_all() -> None:
    """Fill the cache and mark it."""
    exercise()
    if FOLDER is not None:
        (FOLDER / MARK).write_text(stamp())


def stamp() -> str:
    """What Numba knows a source file by: its place and its time; a copied tree has neither."""
    return "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in sorted(Path(__file__).parent.glob("*.py")))


def _is_ready(folder: Path) -> bool:
    mark = folder / MARK
    return mark.exists() and mark.read_text() == stamp()
