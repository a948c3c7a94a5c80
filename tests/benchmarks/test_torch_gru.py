"""The plain PyTorch loop of the recurrent model and the reference engine compute the same, from independent code."""

from __future__ import annotations

import numpy as np
import pytest

from resynapse.engine.reference import forward, gradient
from resynapse.modulation import NEUTRAL, Modulation
from resynapse.networks import Gru
from resynapse.plasticity import prune
from resynapse.randomness import Key
from resynapse.task import RepeatedPoint

torch = pytest.importorskip("torch")

from benchmarks import torch_gru  # noqa: E402
from benchmarks.contestants import torch_drug  # noqa: E402

MODULATIONS = {
    "neutral": NEUTRAL,
    "gain": Modulation(gain=1.25),
    "tonic inhibition": Modulation(inhibition=0.7, activation="tanh", gain=0.85),
    "stabiliser": Modulation(gain=1.6, protection=1.0),
}


@pytest.mark.parametrize("modulation", MODULATIONS.values(), ids=MODULATIONS.keys())
def test_scores_and_gradients_are_those_of_the_loop(modulation: Modulation, key: Key) -> None:
    task = RepeatedPoint(steps=6, train=40, test=1, clean=1)
    batch = task.draw(key).train
    network = prune(Gru(hidden=(16,)).initialise(key, task), 0.5)
    net = torch_gru.GruNet(16, 6)
    masks = [torch.tensor(mask) for mask in network.masks.values()]
    net.load({name: torch.tensor(value) for name, value in network.values.items()}, masks)
    scores = net(torch.tensor(batch.inputs[0].T, dtype=torch.float32), torch_drug(modulation))
    torch.nn.functional.cross_entropy(scores, torch.tensor(batch.labels)).backward()
    seen = forward(network, batch.inputs, modulation)
    # float32 carries 2**-24 a rounding; values sum some tens of products through six steps and back
    close = {"rtol": 1e-4, "atol": 1e-6}
    np.testing.assert_allclose(scores.detach().numpy().T, seen.scores, **close)
    wanted = gradient(network, seen, batch, modulation)
    for weight, name in zip(net.weights, network.masks, strict=True):
        assert weight.grad is not None
        np.testing.assert_allclose(weight.grad.numpy(), wanted[name], **close)
