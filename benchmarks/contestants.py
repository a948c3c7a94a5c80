"""Who is timed on a phase: our engine and the two PyTorch baselines. Each call gives seconds a step, by epoch."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.machine import single_threaded_blas
from benchmarks.stages import Stage
from resynapse.engine import engine
from resynapse.modulation import Modulation
from resynapse.networks.base import Network

if TYPE_CHECKING:
    from benchmarks.torch_loop import Drug, Net

Contestant = Callable[[Stage], list[float]]
"""Seconds a step of one subject, one value for each epoch timed; smaller is better."""


def torch_is_there() -> bool:
    """Whether the extra `bench` is installed."""
    return importlib.util.find_spec("torch") is not None


def ours(epochs: int) -> Contestant:
    """The compiled engine on one core."""

    def run(stage: Stage) -> list[float]:
        with single_threaded_blas():
            return _our_epochs(stage, epochs)

    return run


def ours_side_by_side(epochs: int, workers: int = 2) -> Contestant:
    """The compiled engine with a subject on each core: time a step, shared out over the subjects."""

    def run(stage: Stage) -> list[float]:
        barrier = Barrier(workers)

        def one(_: int) -> list[float]:
            barrier.wait()
            return _our_epochs(stage, epochs)

        with single_threaded_blas(), ThreadPoolExecutor(workers) as pool:
            taken = [s for found in pool.map(one, range(workers)) for s in found]
        return [statistics.median(taken) / workers]

    return run


def plain_loop(threads: int, epochs: int) -> Contestant:
    """The plain PyTorch loop on so many threads."""
    import torch

    from benchmarks import torch_loop

    def run(stage: Stage) -> list[float]:
        torch.set_num_threads(threads)
        seconds: list[float] = []
        inputs, labels = _tensors(stage)
        torch_loop.train(
            torch_net(stage.network),
            (torch.from_numpy(inputs), torch.from_numpy(labels)),
            [torch_drug(stage.modulation)] * epochs,
            stage.phase.learning_rate,
            lambda _, taken: seconds.append(taken),
        )
        return [s / stage.steps for s in seconds]

    return run


def dense_batch(threads: int, subjects: int, samples: int) -> Contestant:
    """Subjects stacked for dense batched products, on a part of the training set; time a step of one subject."""
    import torch

    from benchmarks import torch_batch

    def run(stage: Stage) -> list[float]:
        torch.set_num_threads(threads)
        part = stage.part(samples)
        seconds: list[float] = []
        inputs, labels = _tensors(part)
        torch_batch.train(
            torch_batch.Stack([torch_net(stage.network)] * subjects),
            (torch.from_numpy(inputs).repeat(subjects, 1, 1), torch.from_numpy(labels).repeat(subjects, 1)),
            [torch_drug(stage.modulation)],
            stage.phase.learning_rate,
            lambda _, taken: seconds.append(taken),
        )
        return [s / part.steps / subjects for s in seconds]

    return run


def _our_epochs(stage: Stage, epochs: int) -> list[float]:
    """Seconds a step of each epoch but the first, in which the network is compacted."""
    marks = [time.perf_counter()]
    phase = stage.short(1 + epochs, lambda: marks.append(time.perf_counter()))
    for _ in engine("compiled").train(stage.network, stage.data, phase, [1 + epochs]):
        pass
    return list(np.diff(marks)[1:] / stage.steps)


def _tensors(stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    return np.ascontiguousarray(stage.data.inputs.T, dtype=np.float32), stage.data.labels


def torch_drug(modulation: Modulation) -> Drug:
    """The same drug state in the words of the plain loop."""
    from benchmarks.torch_loop import Drug

    return Drug(
        gain=modulation.gain,
        inhibition=modulation.inhibition,
        tanh=modulation.activation == "tanh",
        protection=modulation.protection,
        noise_mean=modulation.noise_mean,
        noise_sd=modulation.noise_sd,
    )


def torch_net(network: Network) -> Net:
    """The same network as the plain loop holds it."""
    import torch

    from benchmarks.torch_loop import Net
    from resynapse.networks.perceptron import widths

    net = Net(widths(network))
    with torch.no_grad():
        for i in range(len(network.weights)):
            net.weights[i].copy_(torch.tensor(network.weights[i]))
            net.biases[i].copy_(torch.tensor(network.biases[i]))
            net.masks[i] = torch.tensor(network.masks[f"weights.{i + 1}"], dtype=torch.float32)
    return net
