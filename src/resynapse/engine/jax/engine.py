"""Training, responses and saliency of any architecture by automatic differentiation (JAX, optax).

Numbers are those of the reference engine to single precision: the same order of batches, the same noise by address,
the same Adam. Saliency is computed in double precision, so that the same connections are chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import NDArray

from resynapse.engine.base import BETA1, BETA2, EPSILON, TrainingPhase, activity_of, need_stream, spread_of
from resynapse.engine.jax.modulation import TracedModulation, resolved
from resynapse.engine.jax.noise import TracedNoise, key_words
from resynapse.modulation import Modulation
from resynapse.networks import Architecture, Network, Trace
from resynapse.networks.base import FloatArray
from resynapse.randomness import Key
from resynapse.task import Split
from resynapse.task.losses import part_of

Values = dict[str, Array]
Forms = tuple[tuple[str, Any], ...]
ADAM = optax.scale_by_adam(b1=BETA1, b2=BETA2, eps=EPSILON)


def _pass(
    architecture: Architecture,
    forms: Forms,
    values: Values,
    masks: Values,
    inputs: Array,
    numbers: dict[str, tuple[float, ...]],
    key: Array,
    draw: Array,
    scales: Values,
) -> Trace:
    network = Network(architecture, values, masks, {})
    modulation: Any = TracedModulation(dict(forms), numbers)
    noise: Any = TracedNoise(key, draw, scales)
    return architecture.forward(network, inputs, modulation, noise)


def _loss(scores: Array, labels: Array, targets: Array | None) -> Array:
    """`resynapse.task.losses.loss`, differentiable."""
    if targets is not None:
        return jnp.sum((scores - targets) ** 2) / scores.shape[-1]
    each = optax.softmax_cross_entropy_with_integer_labels(jnp.moveaxis(scores, -2, -1), labels)
    return each.mean()


def _loss_of(values: Values, *, architecture: Architecture, forms: Forms, rest: dict[str, Any]) -> Array:
    seen = _pass(
        architecture, forms, values, rest["masks"], rest["inputs"], rest["numbers"], rest["key"], rest["draw"], {}
    )
    return _loss(seen.scores, rest["labels"], rest["targets"])


@partial(jax.jit, static_argnames=("architecture", "forms"))
def _epoch(
    architecture: Architecture,
    forms: Forms,
    values: Values,
    state: Any,
    masks: Values,
    data: tuple[Array, Array, Array | None],
    batches: Array,
    numbers: dict[str, tuple[float, ...]],
    learning_rate: Array,
    key: Array,
    first: Array,
) -> tuple[Values, Any]:
    """Batches of equal size one after the other; `batches` holds sample indices, shape (batches, samples)."""
    inputs, labels, targets = data

    def step(carried: tuple[Values, Any, Array], chosen: Array) -> tuple[tuple[Values, Any, Array], None]:
        values, state, draw = carried
        rest = {
            "masks": masks,
            "inputs": inputs[..., chosen],
            "labels": labels[chosen],
            "targets": None if targets is None else targets[..., chosen],
            "numbers": numbers,
            "key": key,
            "draw": draw,
        }
        slopes = jax.grad(partial(_loss_of, architecture=architecture, forms=forms, rest=rest))(values)
        moved, state = ADAM.update(slopes, state)
        values = {name: value - learning_rate * moved[name] for name, value in values.items()}
        values = {name: value * masks[name] if name in masks else value for name, value in values.items()}
        return (values, state, draw + 1), None

    (values, state, _), _ = jax.lax.scan(step, (values, state, first), batches)
    return values, state


@partial(jax.jit, static_argnames=("architecture", "forms"))
def _epochs(
    architecture: Architecture,
    forms: Forms,
    values: Values,
    state: Any,
    masks: Values,
    data: tuple[Array, Array, Array | None],
    batches: Array,
    numbers: dict[str, tuple[float, ...]],
    learning_rate: Array,
    key: Array,
    first: Array,
) -> tuple[Values, Any]:
    """`_epoch` of several subjects: the first axis of everything but numbers, rate and place in the stream."""

    def one(values: Values, state: Any, masks: Values, data: Any, batches: Array, key: Array) -> tuple[Values, Any]:
        after: tuple[Values, Any] = _epoch(
            architecture, forms, values, state, masks, data, batches, numbers, learning_rate, key, first
        )
        return after

    together: tuple[Values, Any] = jax.vmap(one)(values, state, masks, data, batches, key)
    return together


def _course(
    epoch_of: Any,
    networks: Sequence[Network],
    data: Sequence[Split],
    phases: Sequence[TrainingPhase],
    at: Collection[int],
) -> Iterator[tuple[int, list[Network]]]:
    """One phase of one subject by `_epoch`, or of several that do the same by `_epochs`."""
    phase, architecture = phases[0], networks[0].architecture

    def joined(parts: Sequence[Any]) -> Any:
        return parts[0] if epoch_of is _epoch else jax.tree.map(lambda *arrays: jnp.stack(arrays), *parts)

    def parted(values: Values) -> list[Network]:
        found = _on_host(values)
        if epoch_of is _epoch:
            return [networks[0].with_values(found)]
        each = range(len(networks))
        return [networks[i].with_values({name: array[i].copy() for name, array in found.items()}) for i in each]

    placed = [_on_device(network) for network in networks]
    values, masks = joined([value for value, _ in placed]), joined([mask for _, mask in placed])
    state = joined([ADAM.init(value) for value, _ in placed])
    sets = joined([_sets(one) for one in data])
    key, step, last = joined([jnp.asarray(key_words(one.noise)) for one in phases]), 0, max(at, default=0)
    samples = data[0].labels.size
    whole = samples // phase.batch_size * phase.batch_size
    for epoch in range(last + 1):
        if epoch in at:
            yield epoch, parted(values) if epoch else list(networks)
        if epoch == last:
            return
        forms, numbers = resolved(phase.schedule[epoch], architecture.sites)
        orders = [one.order(epoch, samples) for one in phases]
        for cut in (slice(0, whole), slice(whole, samples)):
            size = phase.batch_size if cut.start == 0 else samples - whole
            batches = joined([jnp.asarray(order[cut].reshape(-1, size or 1), jnp.int32) for order in orders])
            if batches.size:
                rate, first = jnp.float32(phase.learning_rate), jnp.uint32(step)
                values, state = epoch_of(
                    architecture, forms, values, state, masks, sets, batches, numbers, rate, key, first
                )
                step += batches.shape[-2]
        for one in phases:
            one.pause()


def _sets(data: Split) -> tuple[Array, Array, Array | None]:
    """Inputs, labels and targets of a set, in single precision."""
    targets = None if data.targets is None else jnp.asarray(data.targets, jnp.float32)
    return jnp.asarray(data.inputs, jnp.float32), jnp.asarray(data.labels, jnp.int32), targets


@partial(jax.jit, static_argnames=("architecture", "forms"))
def _seen(architecture: Architecture, forms: Forms, *rest: Any) -> tuple[Array, dict[str, Array], dict[str, Array]]:
    trace = _pass(architecture, forms, *rest)
    return trace.scores, dict(trace.activity), dict(trace.activated)


@partial(jax.jit, static_argnames=("architecture", "forms"))
def _scores(architecture: Architecture, forms: Forms, *rest: Any) -> Array:
    return _pass(architecture, forms, *rest).scores


@partial(jax.jit, static_argnames=("architecture", "forms"))
def _slopes(architecture: Architecture, forms: Forms, values: Values, rest: dict[str, Any]) -> Values:
    found = jax.grad(partial(_loss_of, architecture=architecture, forms=forms, rest=rest))(values)
    return {name: jnp.abs(found[name]) for name in rest["masks"]}


@dataclass(frozen=True, slots=True)
class JaxEngine:
    """Single precision on whatever device JAX finds; every architecture, any batch size."""

    name: str = "jax"
    dtype: type[np.float32] = np.float32

    def train(
        self, network: Network, data: Split, phase: TrainingPhase, at: Collection[int]
    ) -> Iterator[tuple[int, Network]]:
        """Train, yielding (epochs done, network) at each epoch count of `at`."""
        for epoch, (after,) in _course(_epoch, [network], [data], [phase], at):
            yield epoch, after

    def train_many(
        self, networks: Sequence[Network], data: Sequence[Split], phases: Sequence[TrainingPhase], at: Collection[int]
    ) -> Iterator[tuple[int, list[Network]]]:
        """Train subjects that do the same as one batch, yielding (epochs done, networks) at each count of `at`.

        Each has its own network, sets and streams. Its numbers do not depend on who else is in a batch of the same
        size, and are those of `train` to single precision.

        Raises
        ------
        ValueError : architectures, sizes of sets, schedules, rates or sizes of batches differ.
        """
        alike = [
            (n.architecture, d.inputs.shape, d.targets is None, tuple(p.schedule), p.learning_rate, p.batch_size)
            for n, d, p in zip(networks, data, phases, strict=True)
        ]
        if len(set(alike)) != 1:
            raise ValueError(
                "expected one architecture, size of sets, schedule, learning rate and batch size for subjects that are "
                f"trained together, got {len(set(alike))} kinds"
            )
        yield from _course(_epochs, networks, data, phases, at)

    def respond(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> FloatArray:
        """Class scores, shape (classes, samples)."""
        return np.asarray(_scores(*self._arguments(network, inputs, modulation, noise, noise_scale)))

    def trace(
        self,
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None = None,
        noise_scale: Mapping[str, FloatArray] | None = None,
    ) -> Trace:
        """Scores and the activity of every unit by site, in float64."""
        scores, activity, activated = _seen(*self._arguments(network, inputs, modulation, noise, noise_scale))
        return Trace(_double(scores), _doubles(activity), _doubles(activated))

    def spread(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, FloatArray]:
        """By site, the SD over `inputs`, and over steps of time, of each unit's activation."""
        return spread_of(self.trace(network, inputs, modulation))

    def activity(self, network: Network, inputs: NDArray[np.float64], modulation: Modulation) -> dict[str, float]:
        """By site, the mean absolute activity."""
        return activity_of(self.trace(network, inputs, modulation))

    def saliency(
        self,
        network: Network,
        data: Split,
        modulation: Modulation,
        batches: Sequence[NDArray[np.int64]],
    ) -> dict[str, NDArray[np.float64]]:
        """Of each connection, the sum over `batches` of abs(dL/dw), in double precision."""
        forms, numbers = resolved(modulation, network.architecture.sites)
        total = {name: np.zeros(mask.shape) for name, mask in network.masks.items()}
        with jax.enable_x64(True):
            values, masks = _on_device(network, jnp.float64)
            for chosen in batches:
                batch = part_of(data, chosen)
                rest = {
                    "masks": masks,
                    "inputs": jnp.asarray(batch.inputs, jnp.float64),
                    "labels": jnp.asarray(batch.labels),
                    "targets": None if batch.targets is None else jnp.asarray(batch.targets, jnp.float64),
                    "numbers": numbers,
                    "key": jnp.asarray(key_words(None)),
                    "draw": jnp.uint32(0),
                }
                for name, slopes in _slopes(network.architecture, forms, values, rest).items():
                    total[name] += np.asarray(slopes)
        return {name: _rounded(sums) for name, sums in total.items()}

    @staticmethod
    def _arguments(
        network: Network,
        inputs: NDArray[np.float64],
        modulation: Modulation,
        noise: Key | None,
        noise_scale: Mapping[str, FloatArray] | None,
    ) -> tuple[Any, ...]:
        need_stream(modulation, noise)
        forms, numbers = resolved(modulation, network.architecture.sites)
        values, masks = _on_device(network)
        scales = {site: jnp.asarray(scale, jnp.float32) for site, scale in (noise_scale or {}).items()}
        key = jnp.asarray(key_words(noise))
        arriving = jnp.asarray(inputs, jnp.float32)
        return network.architecture, forms, values, masks, arriving, numbers, key, jnp.uint32(0), scales


def _rounded(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums to 36 binary digits: positions that are equal by construction stay equal in any order of summation."""
    mantissa, exponent = np.frexp(sums)
    return np.ldexp(np.round(mantissa * 2.0**36) * 2.0**-36, exponent)


def _on_device(network: Network, dtype: Any = jnp.float32) -> tuple[Values, Values]:
    values = {name: jnp.asarray(value, dtype) for name, value in network.values.items()}
    return values, {name: jnp.asarray(mask) for name, mask in network.masks.items()}


def _on_host(values: Values) -> dict[str, FloatArray]:
    return {name: np.array(value) for name, value in values.items()}


def _double(array: Array) -> FloatArray:
    return np.asarray(array, dtype=np.float64)


def _doubles(arrays: Mapping[str, Array]) -> dict[str, FloatArray]:
    return {site: _double(array) for site, array in arrays.items()}
