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
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from resynapse.engine.base import TrainingPhase
from resynapse.engine.compiled.engine import CompiledEngine
from resynapse.engine.compiled.kernels.jit import MARK, forget_unused, kernels, use_cache
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import Gru, Rnn
from resynapse.networks.perceptron import initialise
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs, RepeatedPoint

_lock = Lock()
_done: list[str] = []
PERCEPTRON, FOLDED, RECURRENT = "perceptron", "folded", "recurrent"
"""Families of kernels; one is compiled when the first protocol needs it. What perceptrons and folded phases share is
loaded with the perceptron's, which therefore come first."""
LOOK_EVERY = 0.2
"""Seconds between looks at how far compiling is."""
Watch = Callable[[float, str], None]


def exercise(family: str) -> None:
    """Call every kernel of a family in a fixed order, on networks of a few units."""
    {PERCEPTRON: exercise_general, FOLDED: exercise_folded, RECURRENT: exercise_recurrent}[family]()


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


def make_ready(note: Callable[[str], None], *families: str, watch: Watch | None = None) -> None:
    """See that the kernels are compiled, then load them; nothing is done twice in a process.

    Parameters
    ----------
    note : told when compiling begins, as it takes a while.
    families : of the kernels, in the order in which they are loaded.
    watch : receives again and again the share that is compiled, and a line about it.
    """
    with _lock:
        wanted = [family for family in families if family not in _done]
        folder = use_cache() if wanted else None
        if folder is not None and not all(_is_ready(folder, family) for family in wanted):
            from filelock import FileLock

            with FileLock(folder / ".lock"):
                missing = [family for family in wanted if not _is_ready(folder, family)]
                if missing:
                    note("compiling the kernels, once for this installation (up to half a minute)")
                    _compile(missing, folder, watch)
        for family in wanted:
            exercise(family)
            if folder is not None:
                with suppress(OSError):
                    os.utime(folder / _mark(family))
            _done.append(family)


def compile_family(family: str) -> None:
    """Fill the cache with the kernels of a family and mark it."""
    exercise(family)
    folder = use_cache()
    if folder is not None:
        (folder / _mark(family)).write_text(stamp())


def _compile(families: list[str], folder: Path, watch: Watch | None) -> None:
    """Compile families side by side, each in a process; then clear away what nobody has used for long.

    A process that cannot be started, or fails, leaves the work to this one.
    """
    children, nothing = [], subprocess.DEVNULL
    for family in families:
        words = [sys.executable, "-c", f"from {__name__} import compile_family; compile_family({family!r})"]
        with suppress(OSError):
            children.append(subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing))
    many = sum(count(family) for family in families)
    there = len(_kept(folder))
    try:
        while any(child.poll() is None for child in children):
            if watch is not None:
                done = min(len(_kept(folder)) - there, many)
                watch(done / many, f"compiling the kernels, once for this installation: {done} of {many}")
            time.sleep(LOOK_EVERY)
    finally:
        for child in children:
            child.terminate()
            child.wait()
    forget_unused(folder)


def count(family: str) -> int:
    """How many kernels a family has."""
    return sum(family_of(kernel) == family for kernel in kernels())


def family_of(kernel: Any) -> str:
    """The family that a kernel's file belongs to."""
    name = kernel.py_func.__module__.rpartition(".")[2]
    if name.startswith("fold_"):
        return FOLDED
    return RECURRENT if name in ("gru_steps", "rnn_steps", "matrices", "sequences", "tiles") else PERCEPTRON


def _kept(folder: Path) -> list[Path]:
    return list(folder.rglob("*.nbi"))


def _mark(family: str) -> str:
    return MARK if family == PERCEPTRON else f"{MARK}-{family}"


def stamp() -> str:
    """What Numba knows a source file by: its place and its time; a copied tree has neither."""
    return "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in sorted(Path(__file__).parent.glob("*.py")))


def _is_ready(folder: Path, family: str) -> bool:
    mark = folder / _mark(family)
    return mark.exists() and mark.read_text() == stamp()
