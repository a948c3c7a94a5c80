"""What every engine has to keep, as checks that a package with an engine or an architecture can run.

Each check compares an engine with the reference engine, or with itself, on one small case and raises AssertionError
that names the case. `conform` runs them all:

>>> from resynapse.engine import engine
>>> from resynapse.engine.conformance import conform
>>> conform(engine("reference"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from resynapse.engine.base import Engine, TrainingPhase
from resynapse.engine.reference import ReferenceEngine
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import Architecture, Network, Perceptron
from resynapse.networks.base import FloatArray
from resynapse.plasticity import prune, regrow
from resynapse.randomness import Key
from resynapse.task import GaussianBlobs, Task, TaskData

SMALL = GaussianBlobs(train=640, test=300, clean=40)
SPARSITIES = (0.0, 0.5, 0.9, 0.98)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network, its data and a modulation.

    Parameters
    ----------
    name : as messages call it.
    network : values in float32 precision, so that engines of any precision start from the same numbers.
    key : stream below which noise and batch order lie.
    batch_size : samples of a training step.
    """

    name: str
    network: Network
    data: TaskData
    modulation: Modulation
    key: Key
    batch_size: int = 128

    @property
    def noise(self) -> Key | None:
        """The stream of internal noise, where the modulation has any."""
        return self.key.of("noise") if self.modulation.noise_sd > 0 else None

    @property
    def quiet(self) -> Modulation:
        """The modulation without internal noise."""
        return replace(self.modulation, noise_mean=0.0, noise_sd=0.0)

    def phase(self, epochs: int, learning_rate: float) -> TrainingPhase:
        """A phase of training under the modulation."""
        return TrainingPhase(
            schedule=[self.modulation] * epochs,
            learning_rate=learning_rate,
            batch_size=self.batch_size,
            key=self.key.of("phase"),
        )


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far an engine may be from the reference.

    Parameters
    ----------
    relative, absolute : of scores and activity. By default float32 carries 2**-24 a rounding, and a score sums some
        tens of products through a few layers.
    trained : relative, of trained values; steps of Adam whose gradient is rounding alone are allowed besides.
    """

    relative: float = 2e-5
    absolute: float = 2e-5
    trained: float = 1e-5


DEFAULT_TOLERANCE = Tolerance()
Check = Callable[[Engine, Case, Tolerance], None]


def modulations(architecture: Architecture) -> dict[str, Modulation]:
    """Drug states and noise of every kind, for the sites of an architecture."""
    sites = list(architecture.sites)
    outer = tuple(dict.fromkeys((sites[0], sites[-1])))
    one = (sites[len(sites) // 2],)
    pulse = {
        "pulse on hidden units": Modulation(noise_mean=1.0, noise_sd=0.5, gain=1.3, noise_on="hidden", noise_at=(1,))
    }
    return {
        "neutral": NEUTRAL,
        "gain": Modulation(gain=1.25),
        "tonic inhibition": Modulation(inhibition=0.7, activation="tanh", gain=0.85),
        "noise": Modulation(noise_sd=0.5, gain=1.3),
        "biased noise under protection": Modulation(noise_mean=1.0, noise_sd=1.0, gain=1.6, protection=0.6),
        "stabiliser": Modulation(gain=1.6, protection=1.0, activation="tanh"),
        "drug on one site": Modulation(gain=1.6, inhibition=0.8, activation="tanh", noise_sd=0.3, sites=one),
        "drug on the outer sites": Modulation(gain=1.3, activation="tanh", protection=0.5, sites=outer),
        **(pulse if architecture.noise_in_time else {}),
    }


def cases(architecture: Architecture | None = None, task: Task = SMALL, batch_size: int = 128) -> Iterator[Case]:
    """Every modulation at every sparsity, on a small network."""
    network = architecture or Perceptron(hidden=(24, 20, 12))
    key = Key(11, 3)
    data = task.draw(key.of("data"))
    fresh = network.initialise(key.of("initialisation"), task).astype(np.float32)
    for sparsity in SPARSITIES:
        for name, modulation in modulations(network).items():
            yield Case(
                name=f"{network.kind}, sparsity {sparsity:g}, {name}",
                network=prune(fresh, sparsity),
                data=data,
                modulation=modulation,
                key=key,
                batch_size=batch_size,
            )


def scores_agree(engine: Engine, case: Case, tolerance: Tolerance = DEFAULT_TOLERANCE) -> None:
    """Class scores on the test set, under the case's noise."""
    inputs = case.data.test.inputs
    ours, theirs = (
        one.respond(case.network.astype(one.dtype), inputs, case.modulation, case.noise) for one in _both(engine)
    )
    _close(ours, theirs, tolerance.relative, tolerance.absolute, f"class scores, {case.name}")


def activity_agrees(engine: Engine, case: Case, tolerance: Tolerance = DEFAULT_TOLERANCE) -> None:
    """Mean absolute activity by site, units that reach no output included."""
    inputs = case.data.test.inputs
    ours, theirs = (one.activity(case.network.astype(one.dtype), inputs, case.quiet) for one in _both(engine))
    _named(ours, theirs, f"activity, {case.name}")
    for site in theirs:
        _close(ours[site], theirs[site], tolerance.relative, tolerance.absolute, f"activity of {site}, {case.name}")


def spread_agrees(engine: Engine, case: Case, tolerance: Tolerance = DEFAULT_TOLERANCE) -> None:
    """SD of each unit over the test set, and scores under noise in units of it."""
    inputs = case.data.test.inputs
    found, wanted = (one.spread(case.network.astype(one.dtype), inputs, case.quiet) for one in _both(engine))
    _named(found, wanted, f"spread, {case.name}")
    for site, theirs in wanted.items():
        _close(found[site], theirs, tolerance.relative, tolerance.absolute, f"spread of {site}, {case.name}")
    noisy = replace(case.modulation, noise_mean=0.5, noise_sd=1.0)
    ours, theirs = (
        one.respond(case.network.astype(one.dtype), inputs, noisy, case.key.of("noise"), wanted)
        for one in _both(engine)
    )
    _close(ours, theirs, tolerance.relative, tolerance.absolute, f"scores under noise of each unit, {case.name}")


def training_agrees(
    engine: Engine, case: Case, tolerance: Tolerance = DEFAULT_TOLERANCE, learning_rate: float = 1e-4
) -> None:
    """One epoch of training; pruned positions stay exactly zero.

    Where a gradient is rounding alone, so is the direction of Adam's step: two engines may be apart by twice the
    learning rate a step there. Such values are few: the reference says which, by its sums of abs(dL/dw).
    """
    train, before = case.data.train, case.network
    ((_, ours),) = engine.train(before.astype(engine.dtype), train, case.phase(1, learning_rate), [1])
    ((_, theirs),) = ReferenceEngine().train(before.astype(np.float64), train, case.phase(1, learning_rate), [1])
    for name, mask in before.masks.items():
        assert not np.asarray(ours.values[name])[~mask].any(), f"{name}: a pruned connection is not zero, {case.name}"
    steps = -(-train.labels.size // case.batch_size)
    moved = 0.0
    for name, wanted in theirs.values.items():
        what = f"{name} after an epoch, {case.name}"
        _close(ours.values[name], wanted, tolerance.trained, 2 * steps * learning_rate, what)
        apart = np.abs(ours.values[name] - wanted) > tolerance.trained * np.abs(wanted) + 0.2 * learning_rate
        assert apart.mean() <= 0.01, f"{what}: {100 * apart.mean():.1f} % of values differ"
        moved = max(moved, float(np.abs(wanted - before.values[name]).max()))
    # at the highest sparsity a network without biases may have no path left, and nothing to learn with
    if before.biases or before.sparsity < 0.95:
        assert moved > steps * learning_rate / 4, f"an epoch moved nothing, {case.name}"


def forks_change_nothing(engine: Engine, case: Case, _: Tolerance = DEFAULT_TOLERANCE) -> None:
    """Training with stops on the way is training in one go, bit for bit; count 0 is the network as it was."""
    network = case.network.astype(engine.dtype)
    forked = dict(engine.train(network, case.data.train, case.phase(3, 1e-3), [0, 1, 3]))
    ((__, alone),) = engine.train(network, case.data.train, case.phase(3, 1e-3), [3])
    assert list(forked) == [0, 1, 3], f"counts {list(forked)}, not 0, 1 and 3, {case.name}"
    for name, value in alone.values.items():
        _same(forked[3].values[name], value, f"{name} with and without stops, {case.name}")
        _same(forked[0].values[name], network.values[name], f"{name} before the first epoch, {case.name}")


def the_same_connections_are_regrown(engine: Engine, case: Case, _: Tolerance = DEFAULT_TOLERANCE) -> None:
    """Sums of abs(dL/dw) choose the connections that the reference chooses, exactly."""
    samples = np.arange(2 * case.batch_size)
    batches: list[NDArray[np.int64]] = [samples[: case.batch_size], samples[case.batch_size :]]
    chosen = []
    for one in _both(engine):
        network = case.network.astype(one.dtype)
        scores = one.saliency(network, case.data.train, case.quiet, batches)
        _named(scores, network.masks, f"saliency, {case.name}")
        chosen.append(regrow(network, 0.5, scores, case.key.of("regrow"), init_sd=0.03).masks)
    for name, wanted in chosen[1].items():
        _same(chosen[0][name], wanted, f"connections of {name} after regrowth, {case.name}")


def noise_is_that_of_its_address(engine: Engine, case: Case, tolerance: Tolerance = DEFAULT_TOLERANCE) -> None:
    """A sample has the same noise whatever other samples there are; noise without a stream is refused."""
    network, inputs = case.network.astype(engine.dtype), case.data.test.inputs
    noisy = replace(case.modulation, noise_sd=1.0)
    whole = engine.respond(network, inputs, noisy, case.key.of("noise"))
    part = engine.respond(network, inputs[..., :100], noisy, case.key.of("noise"))
    _close(part, whole[..., :100], tolerance.relative, tolerance.absolute, f"noise of the first samples, {case.name}")
    try:
        engine.respond(network, inputs, noisy)
    except ValueError:
        return
    raise AssertionError(f"noise without a stream is not refused, {case.name}")


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (scores_agree, activity_agrees, spread_agrees, forks_change_nothing, noise_is_that_of_its_address)
}
"""What any engine keeps, whatever the architecture."""
GRADIENT_CHECKS: dict[str, Check] = {
    "training_agrees": training_agrees,
    the_same_connections_are_regrown.__name__: the_same_connections_are_regrown,
}
"""What needs an architecture with a gradient of its own, which the reference engine can train."""


def conform(
    engine: Engine,
    architecture: Architecture | None = None,
    *,
    task: Task = SMALL,
    batch_size: int = 128,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
) -> None:
    """Run every check on every case.

    Raises
    ------
    AssertionError : lists what does not hold, a line each.
    """
    found = []
    for case in cases(architecture, task, batch_size):
        trained = case.network.architecture.has_gradient
        for check in (*CHECKS.values(), *(GRADIENT_CHECKS.values() if trained else ())):
            try:
                check(engine, case, tolerance)
            except AssertionError as error:
                found.append(str(error))
    assert not found, f"engine {engine.name}:\n" + "\n".join(found)


def _both(engine: Engine) -> tuple[Engine, Engine]:
    return engine, ReferenceEngine()


def _named(ours: Mapping[str, object], theirs: Mapping[str, object], what: str) -> None:
    assert list(ours) == list(theirs), f"{what}: names are {', '.join(ours)}, not {', '.join(theirs)}"


def _same(ours: NDArray[np.generic], theirs: NDArray[np.generic], what: str) -> None:
    assert np.array_equal(ours, theirs), f"{what}: not equal"


def _close(ours: FloatArray | float, theirs: FloatArray | float, relative: float, absolute: float, what: str) -> None:
    assert np.shape(ours) == np.shape(theirs), f"{what}: shape {np.shape(ours)}, not {np.shape(theirs)}"
    apart = np.abs(np.asarray(ours, np.float64) - theirs)
    allowed = absolute + relative * np.abs(theirs)
    # written so that NaN is refused
    assert np.all(apart <= allowed), f"{what}: {float(np.max(apart)):.3g} apart, allowed {float(np.min(allowed)):.3g}"
