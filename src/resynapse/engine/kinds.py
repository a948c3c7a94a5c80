"""Every engine by name, with all that the rooms above need to know of it before it is loaded."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from resynapse.engine.base import Engine
from resynapse.errors import ResynapseError
from resynapse.networks import Architecture, Gru, Perceptron, Rnn
from resynapse.plugins import admit, unknown
from resynapse.randomness import TILE

Note = Callable[[str], None]
Watch = Callable[[float, str], None]
"""Receives, again and again, the share of a preparation that is done and a line about it."""


class EngineAliasWarning(FutureWarning):
    """The requested engine name is kept for old files only."""


def no_note(text: str) -> None:
    """Discard the message."""


def nothing_to_prepare(architecture: Architecture, note: Note, watch: Watch | None) -> None:
    """Any network can be computed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineKind:
    """An engine that can be chosen by name. A package brings one as entry point of the group ``resynapse.engines``.

    Parameters
    ----------
    name : as the user chooses it.
    build : makes the engine; it receives a function for remarks, and imports what it needs only then.
    supports : given an architecture and the samples of a training step, one line that says why the engine cannot take
        them; empty if it can.
    bytes_per_weight : bytes of a weight at rest: the value, its mask, its scar.
    columns : most samples of one pass that are in memory at a time; None for whole sets.
    most_updates : updates of connections (epochs x samples x connections) up to which a figure trains again.
    packages : distributions that decide its numbers, besides numpy and scipy.
    in_thread : it computes in the thread that calls it, so that the time of this thread says what something costs.
    remark : sentence for the limitations of a report; empty for none.
    prepare : makes ready what networks of an architecture need, before the engine is built; it receives a function for
        remarks, such as that kernels are compiled, which takes a while, and one that watches how far this is.
    """

    name: str
    build: Callable[[Note], Engine]
    supports: Callable[[Architecture, int], str]
    bytes_per_weight: int
    columns: int | None = None
    most_updates: float = 1e11
    packages: tuple[str, ...] = ()
    in_thread: bool = True
    remark: str = ""
    prepare: Callable[[Architecture, Note, Watch | None], None] = nothing_to_prepare


def _compiled(_: Note, *, fold: bool = True) -> Engine:
    from resynapse.engine.compiled.engine import CompiledEngine

    return CompiledEngine(fold=fold)


def _unfolded(note: Note) -> Engine:
    return _compiled(note, fold=False)


def _make_kernels_ready(architecture: Architecture, note: Note, watch: Watch | None) -> None:
    from resynapse.engine.compiled.folding import HIDDEN_LAYERS
    from resynapse.engine.compiled.kernels.warm_up import FOLDED, PERCEPTRON, RECURRENT, make_ready

    families = [RECURRENT]
    if isinstance(architecture, Perceptron):
        families = [PERCEPTRON, FOLDED] if len(architecture.hidden) == HIDDEN_LAYERS else [PERCEPTRON]
    make_ready(note, *families, watch=watch)


def _compiled_supports(architecture: Architecture, batch_size: int) -> str:
    # a class derived from one of them may have another forward rule
    if type(architecture) not in (Perceptron, Gru, Rnn):
        return f"the compiled engine has no kernels for network {architecture.kind}"
    return f"batch_size {batch_size} is above the compiled engine's {TILE}" if batch_size > TILE else ""


def _jax(_: Note) -> Engine:
    from resynapse.engine.jax.engine import JaxEngine

    return JaxEngine()


def _jax_supports(_: Architecture, __: int) -> str:
    missing = [name for name in ("jax", "optax") if find_spec(name) is None]
    return f"the jax engine needs {' and '.join(missing)}: pip install 'resynapse[jax]'" if missing else ""


def _reference(_: Note) -> Engine:
    from resynapse.engine.reference import ReferenceEngine

    return ReferenceEngine()


def _reference_supports(architecture: Architecture, _: int) -> str:
    return "" if architecture.has_gradient else f"network {architecture.kind} has no gradient for the reference engine"


_SHARED: dict[str, Any] = {
    "supports": _compiled_supports,
    "prepare": _make_kernels_ready,
    "bytes_per_weight": 6,
    "columns": TILE,
    "most_updates": 1e12,
    "packages": ("numba", "llvmlite"),
}
ENGINES: dict[str, EngineKind] = {
    "compiled": EngineKind(
        name="compiled",
        build=_compiled,
        remark="Computed in float32 by the compiled engine, which agrees with the literal one statistically after long "
        "training.",
        **_SHARED,
    ),
    "jax": EngineKind(
        name="jax",
        build=_jax,
        supports=_jax_supports,
        bytes_per_weight=6,
        packages=("jax", "jaxlib", "optax"),
        in_thread=False,
        remark="Computed in float32 by automatic differentiation, which agrees with the literal engine statistically "
        "after long training.",
    ),
    "reference": EngineKind(
        name="reference", build=_reference, supports=_reference_supports, bytes_per_weight=10, most_updates=1e11
    ),
}
"""Every engine by name."""
ALIASES: dict[str, tuple[EngineKind, str]] = {
    "unfolded": (
        EngineKind(name="unfolded", build=_unfolded, **_SHARED),
        "engine unfolded is compiled without folding (a flag for tests and benchmarks); use --engine compiled",
    )
}
"""Names of old run folders that are no engines of their own, and what is warned of when one is asked for."""


def engines() -> dict[str, EngineKind]:
    """Every engine by name, those of installed packages too."""
    admit("engine", _take)
    return ENGINES


def engine_kind(name: str) -> EngineKind:
    """What is known of the engine of this name, aliases included.

    Raises
    ------
    ResynapseError : no engine has the name.
    """
    known = engines()
    if name in ALIASES:
        return ALIASES[name][0]
    if name not in known:
        raise ResynapseError(f"--engine: {unknown('engine', name, known)}")
    return known[name]


def check_engine(name: str, batch_size: int, architecture: Architecture | None = None) -> None:
    """Refuse an engine that is unknown or cannot compute such a network; nothing is loaded for it.

    Raises
    ------
    ResynapseError : names the installed engines that can.
    """
    network = architecture or Perceptron()
    reason = engine_kind(name).supports(network, batch_size)
    if reason:
        able = " or ".join(supporting(network, batch_size))
        raise ResynapseError(f"{reason}; " + (f"use --engine {able}" if able else "no installed engine can"))
    if name in ALIASES:
        warnings.warn(ALIASES[name][1], EngineAliasWarning, stacklevel=3)


def supporting(architecture: Architecture, batch_size: int) -> list[str]:
    """Names of the engines that can compute such a network."""
    return [name for name, kind in engines().items() if not kind.supports(architecture, batch_size)]


def engine(
    name: str,
    *,
    batch_size: int = 1,
    architecture: Architecture | None = None,
    note: Note = no_note,
    watch: Watch | None = None,
) -> Engine:
    """The engine of this name, for training steps of `batch_size`.

    Parameters
    ----------
    architecture : that it has to support; by default a perceptron.
    note : receives remarks, such as that kernels are compiled first.
    watch : is told how far that is.

    Raises
    ------
    ResynapseError : see `check_engine`.
    """
    kind = engine_kind(name)
    if kind.supports(architecture or Perceptron(), batch_size):
        check_engine(name, batch_size, architecture)
    kind.prepare(architecture or Perceptron(), note, watch)
    return kind.build(note)


def _take(name: str, loaded: Any) -> str:
    if not isinstance(loaded, EngineKind):
        return f"{loaded!r} is no resynapse.engine.EngineKind"
    if loaded.name != name:
        return f"its `name` is {loaded.name!r}, the entry point is named {name!r}; give both the same name"
    if name in ENGINES or name in ALIASES:
        return f"the name {name!r} is taken"
    ENGINES[name] = loaded
    return ""
