"""Compile the kernels once, in a process of their own, and load them in one order ever after.

A function that several kernels contain exists once per kernel in compiled form, and which copy a process uses depends
on what it compiled or loaded first; copies may round sums differently. A process that compiled its kernels itself could
so differ in the last digits from all later ones. So no process that computes compiles: a child does, and the same
objects are loaded in the same order in every process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

import numpy as np

from resynapse.engine.base import TrainingPhase
from resynapse.engine.compiled.engine import CompiledEngine
from resynapse.engine.compiled.kernels.jit import MARK, forget_unused, use_cache
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs

_lock = Lock()
_done: list[bool] = []


def exercise() -> None:
    """Call every kernel in a fixed order, on networks of a few units."""
    exercise_general()
    exercise_folded()


def _phase(key: Key) -> TrainingPhase:
    return TrainingPhase(schedule=[NEUTRAL], learning_rate=1e-3, batch_size=8, key=key)


def exercise_general() -> None:
    """Call the kernels that serve every network."""
    engine, key = CompiledEngine(), Key(0, 0)
    data = GaussianBlobs(train=8, test=8, clean=1).draw(key)
    network = prune(initialise(key, (2, 4, 4, 4)).astype(np.float32), 0.3)
    for _ in engine.train(network, data.train, _phase(key), [1]):
        pass
    engine.respond(network, data.test.inputs, Modulation(noise_sd=1.0), key)
    engine.activity(network, data.test.inputs, NEUTRAL)
    engine.spread(network, data.test.inputs, NEUTRAL)


def exercise_folded() -> None:
    """Call the kernels of folded phases."""
    engine, key = CompiledEngine(), Key(0, 0)
    folding = initialise(key, (2, 4, 4, 4, 4)).astype(np.float32)
    # without spread every unit agrees within a class, so that the phase is folded
    data = GaussianBlobs(sd=0.0, train=8, test=8, clean=1).draw(key)
    for _ in engine.train(folding, data.train, _phase(key), [1]):
        pass


def make_ready(note: Callable[[str], None]) -> None:
    """See that the kernels are compiled, then load them; nothing is done twice in a process.

    Parameters
    ----------
    note : told when compiling begins, as it takes a while.
    """
    with _lock:
        if _done:
            return
        folder = use_cache()
        if folder is not None and not _is_ready(folder):
            from filelock import FileLock

            with FileLock(folder / ".lock"):
                if not _is_ready(folder):
                    note("compiling the kernels, once for this installation (up to a minute)")
                    words = [sys.executable, "-c", f"from {__name__} import compile_all; compile_all()"]
                    # a child that cannot be started leaves the work to this process
                    subprocess.run(words, check=False, stdin=subprocess.DEVNULL, capture_output=True)
        exercise()
        if folder is not None:
            with suppress(OSError):
                os.utime(folder / MARK)
        _done.append(True)


def compile_all() -> None:
    """Fill the cache by two processes and mark it; then clear away what nobody has used for long."""
    words = [sys.executable, "-c", f"from {__name__} import exercise_folded; exercise_folded()"]
    with suppress(OSError), subprocess.Popen(words, stdin=subprocess.DEVNULL):
        exercise_general()
    exercise()
    folder = use_cache()
    if folder is not None:
        (folder / MARK).write_text(stamp())
        forget_unused(folder)


def stamp() -> str:
    """What Numba knows a source file by: its place and its time; a copied tree has neither."""
    return "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in sorted(Path(__file__).parent.glob("*.py")))


def _is_ready(folder: Path) -> bool:
    mark = folder / MARK
    return mark.exists() and mark.read_text() == stamp()
