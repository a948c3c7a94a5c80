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
from resynapse.networks import Gru, Rnn
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs, RepeatedPoint

_lock = Lock()
_done: list[str] = []
PERCEPTRON, RECURRENT = "perceptron", "recurrent"
"""Families of kernels that have none in common; one is compiled when the first protocol needs it."""


def exercise(family: str) -> None:
    """Call every kernel of a family in a fixed order, on networks of a few units."""
    if family == RECURRENT:
        exercise_recurrent()
    else:
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


def exercise_recurrent() -> None:
    """Call the kernels of networks with state."""
    engine, key = CompiledEngine(), Key(0, 0)
    task = RepeatedPoint(steps=2, train=8, test=8, clean=1)
    data, noisy = task.draw(key), Modulation(noise_sd=1.0)
    for architecture in (Gru(hidden=(17, 2), embedding=2), Rnn(hidden=(17,))):
        network = prune(architecture.initialise(key, task).astype(np.float32), 0.3)
        for _ in engine.train(network, data.train, _phase(key), [1]):
            pass
        engine.respond(network, data.test.inputs, noisy, key)
        engine.activity(network, data.test.inputs, NEUTRAL)


def make_ready(note: Callable[[str], None], family: str = PERCEPTRON) -> None:
    """See that the kernels are compiled, then load them; nothing is done twice in a process.

    Parameters
    ----------
    note : told when compiling begins, as it takes a while.
    family : of the kernels.
    """
    with _lock:
        if family in _done:
            return
        folder = use_cache()
        if folder is not None and not _is_ready(folder, family):
            from filelock import FileLock

            with FileLock(folder / ".lock"):
                if not _is_ready(folder, family):
                    note("compiling the kernels, once for this installation (up to a minute)")
                    words = [sys.executable, "-c", f"from {__name__} import compile_all; compile_all({family!r})"]
                    # a child that cannot be started leaves the work to this process
                    subprocess.run(words, check=False, stdin=subprocess.DEVNULL, capture_output=True)
        exercise(family)
        if folder is not None:
            with suppress(OSError):
                os.utime(folder / _mark(family))
        _done.append(family)


def compile_all(family: str) -> None:
    """Fill the cache and mark it, the perceptron's by two processes; then clear away what nobody has used for long."""
    if family == PERCEPTRON:
        _beside()
    exercise(family)
    folder = use_cache()
    if folder is not None:
        (folder / _mark(family)).write_text(stamp())
        forget_unused(folder)


def _beside() -> None:
    words = [sys.executable, "-c", f"from {__name__} import exercise_folded; exercise_folded()"]
    with suppress(OSError), subprocess.Popen(words, stdin=subprocess.DEVNULL):
        exercise_general()


def _mark(family: str) -> str:
    return MARK if family == PERCEPTRON else f"{MARK}-{family}"


def stamp() -> str:
    """What Numba knows a source file by: its place and its time; a copied tree has neither."""
    return "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in sorted(Path(__file__).parent.glob("*.py")))


def _is_ready(folder: Path, family: str) -> bool:
    mark = folder / _mark(family)
    return mark.exists() and mark.read_text() == stamp()
