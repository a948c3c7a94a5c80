"""The plain baseline: `switch-relapse` as a user would write it in PyTorch from docs/model.md alone.

Dense layers, autograd, Adam, one network at a time, masks re-applied after each step, six separate maintenance runs.
Nothing of resynapse is used and every random number comes from torch, so it is also an independent check of results.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

CENTRES = torch.tensor([[-3.0, -3.0], [3.0, 3.0], [-3.0, 3.0], [3.0, -3.0]])
BATCH = 128
DURATIONS = (25, 50, 100, 150, 200, 300)
DECAY_PER_STEP = {"ketamine": 0.002, "ssri": 0.015, "neurosteroid": 0.008}
DECAY_STEPS = 50
ARMS = ("untreated", *DECAY_PER_STEP)

Set = tuple[Tensor, Tensor]
Row = tuple[str, str, str, float]
"""arm, condition, outcome, value."""
Watch = Callable[[str, float], None]
"""Told the phase and the seconds of every epoch."""


def unwatched(phase: str, seconds: float) -> None:
    """Nobody keeps time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """The drug state and the noise that act on every hidden layer."""

    gain: float = 1.0
    inhibition: float = 1.0
    tanh: bool = False
    protection: float = 0.0
    noise_mean: float = 0.0
    noise_sd: float = 0.0

    @property
    def effective_gain(self) -> float:
        """Gain under the stabiliser's cap."""
        p = self.protection
        return self.gain if p == 0 else min(self.gain, max(1.05, 1.05 + (1 - p) * (self.gain - 1.05)))


class Net(nn.Module):
    """A fully connected classifier with a mask on every weight matrix."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        # the default of nn.Linear is uniform in +-1/sqrt(fan_in), weights and biases
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(widths))
        self.masks = [torch.ones_like(w) for w in self.weights]

    @property
    def weights(self) -> list[Tensor]:
        """The four weight matrices, (units, inputs)."""
        return [cast(Tensor, layer.weight) for layer in self.layers]

    @property
    def biases(self) -> list[Tensor]:
        """The four bias vectors, (units,)."""
        return [cast(Tensor, layer.bias) for layer in self.layers]

    def hidden(self, x: Tensor, drug: Drug) -> Iterator[Tensor]:
        """Activity of each hidden layer, (samples, units)."""
        for layer in self.layers[:-1]:
            x = layer(x)
            x = torch.tanh(x) if drug.tanh else torch.relu(x)
            if drug.noise_sd > 0:
                x = x + drug.noise_sd * torch.randn_like(x) + drug.noise_mean * (1 - 0.3 * drug.protection)
            x = x * (drug.inhibition * drug.effective_gain) - 0.15 * drug.protection
            yield x

    def forward(self, x: Tensor, drug: Drug) -> Tensor:
        """Class scores, (samples, classes)."""
        *_, last = self.hidden(x, drug)
        scores: Tensor = self.layers[-1](last)
        return scores

    @torch.no_grad()
    def apply_masks(self) -> None:
        """Set pruned weights to zero."""
        for weight, mask in zip(self.weights, self.masks, strict=True):
            weight.mul_(mask)

    def sparsity(self) -> float:
        """Share of connections that are pruned."""
        return 1 - sum(float(m.sum()) for m in self.masks) / sum(m.numel() for m in self.masks)


def draw(samples: int, sd: float) -> Set:
    """One set: points around the centres, and their classes."""
    labels = torch.randint(len(CENTRES), (samples,))
    return CENTRES[labels] + sd * torch.randn(samples, 2), labels


def train(
    net: Net,
    data: Set,
    drugs: Sequence[Drug],
    lr: float,
    watch: Watch = unwatched,
    phase: str = "",
) -> None:
    """Train in place with a new Adam; `drugs` gives the drug state of each epoch."""
    inputs, labels = data
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    for drug in drugs:
        started = time.perf_counter()
        for batch in torch.randperm(len(labels)).split(BATCH):
            loss = nn.functional.cross_entropy(net(inputs[batch], drug), labels[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
            net.apply_masks()
        watch(phase, time.perf_counter() - started)


@torch.no_grad()
def prune(net: Net, sparsity: float) -> None:
    """Keep, per layer, what is at or above the quantile of |w| over all positions; re-open nothing."""
    for i, weight in enumerate(net.weights):
        size = weight.abs().double()
        net.masks[i] *= size >= torch.quantile(size.flatten(), sparsity)
    net.apply_masks()


def saliency(net: Net, data: Set, drug: Drug, batches: int = 30) -> list[Tensor]:
    """Sums over training batches of |dL/dw|, noise off and gain 1."""
    inputs, labels = data
    total = [torch.zeros_like(w) for w in net.weights]
    for batch in torch.randperm(len(labels)).split(BATCH)[:batches]:
        loss = nn.functional.cross_entropy(net(inputs[batch], replace(drug, gain=1.0)), labels[batch])
        for sum_, slope in zip(total, torch.autograd.grad(loss, net.weights), strict=True):
            sum_ += slope.abs()
    return total


@torch.no_grad()
def regrow(net: Net, scores: Sequence[Tensor], of_pruned: float) -> None:
    """Open the pruned positions with the highest scores; ties by chance; new weights N(0, 0.03^2)."""
    for weight, mask, score in zip(net.weights, net.masks, scores, strict=True):
        pruned = (mask.flatten() == 0).nonzero().squeeze(1)
        pruned = pruned[torch.randperm(len(pruned))]
        best = score.flatten()[pruned].argsort(descending=True, stable=True)[: int(of_pruned * len(pruned))]
        mask.view(-1)[pruned[best]] = 1
        weight.view(-1)[pruned[best]] = 0.03 * torch.randn(len(best))


@torch.no_grad()
def accuracy(net: Net, data: Set, drug: Drug, *, input_sd: float = 0.0, sd: float = 0.0, mean: float = 0.0) -> float:
    """Accuracy in %, one pass, one noise draw."""
    inputs, labels = data
    if input_sd > 0:
        inputs = inputs + input_sd * torch.randn_like(inputs)
    scores = net(inputs, replace(drug, noise_sd=sd, noise_mean=mean))
    return 100 * float((scores.argmax(1) == labels).float().mean())


@torch.no_grad()
def activation_magnitude(net: Net, data: Set, drug: Drug) -> float:
    """Mean absolute hidden activity on the test set: raw gain, protection ignored."""
    layers = net.hidden(data[0], replace(drug, protection=0.0))
    return float(torch.stack([h.abs().mean() for h in layers]).mean())


def combined(net: Net, test: Set, drug: Drug) -> float:
    """Accuracy under input noise 1.0 and internal noise 0.5."""
    return accuracy(net, test, drug, input_sd=1.0, sd=0.5)


def acute(net: Net, test: Set, clean: Set, drug: Drug) -> Iterator[tuple[str, float]]:
    """The acute outcomes of one arm, the structural relapse test last."""
    yield "sparsity", 100 * net.sparsity()
    yield "gain", drug.gain
    yield "acc_clean", accuracy(net, clean, drug)
    yield "acc_standard", accuracy(net, test, drug)
    before = combined(net, test, drug)
    yield "acc_combined", before
    for sd in (0.0, 0.5, 1.0, 1.5, 2.5):
        yield f"acc_internal_{sd}", accuracy(net, test, drug, sd=sd)
    yield "acc_biased_1.0", accuracy(net, test, drug, sd=1.0, mean=1.0)
    yield "activation_magnitude", activation_magnitude(net, test, drug)
    lesioned = copy.deepcopy(net)
    sparsity = net.sparsity()
    prune(lesioned, min(0.99, sparsity + 0.4 * (1 - sparsity)))
    yield "relapse_drop", before - combined(lesioned, test, drug)


def off_drug(net: Net, test: Set) -> Iterator[tuple[str, float]]:
    """What the neurosteroid-like arm is tested on without its drug."""
    yield "acc_combined", combined(net, test, Drug())
    yield "acc_internal_2.5", accuracy(net, test, Drug(), sd=2.5)
    yield "acc_biased_1.0", accuracy(net, test, Drug(), sd=1.0, mean=1.0)
    yield "activation_magnitude", activation_magnitude(net, test, Drug())


def longitudinal(
    treated: Net, arm: str, drug: Drug, data: Set, test: Set, count: Callable[[int], int], watch: Watch
) -> Iterator[tuple[str, str, float]]:
    """Maintenance, discontinuation and washout: a run of its own for each duration."""
    relapses = []
    for duration in DURATIONS:
        net = copy.deepcopy(treated)
        train(net, data, [replace(drug, protection=1.0)] * count(duration), 1e-6, watch, f"{arm} maintenance")
        after = Drug(protection=max(0.0, 1 - DECAY_STEPS * DECAY_PER_STEP[arm]))
        biased = accuracy(net, test, after, sd=1.0, mean=1.0)
        relapses.append(100.0 * (biased < 60))
        yield f"maintenance={duration}", "acc_biased_1.0", biased
        yield f"maintenance={duration}", "protection", after.protection
        yield f"maintenance={duration}", "effective_gain", after.effective_gain
        yield f"maintenance={duration}", "manic_relapse", relapses[-1]
    yield "longitudinal", "manic_relapse_probability", sum(relapses) / len(relapses)


def treat(net: Net, arm: str, data: Set, count: Callable[[int], int], watch: Watch) -> Drug:
    """Give one arm its treatment, in place; the drug state that stays on."""
    phase = f"{arm} treatment"
    if arm == "ketamine":
        drug = Drug(gain=1.25)
        regrow(net, saliency(net, data, drug), of_pruned=0.5)
        train(net, data, [drug] * count(15), 5e-4, watch, phase)
    elif arm == "ssri":
        ramp = torch.linspace(0, 1, count(100)).tolist()
        train(net, data, [Drug(gain=1 + 0.6 * t, noise_sd=0.5 * (1 - t)) for t in ramp], 1e-5, watch, phase)
        drug = Drug(gain=1.6)
    elif arm == "neurosteroid":
        drug = Drug(gain=0.85, inhibition=0.7, tanh=True)
        train(net, data, [drug] * count(10), 5e-4, watch, phase)
    else:
        drug = Drug()
    return drug


def run_subject(
    seed: int,
    epochs_scale: float = 1.0,
    *,
    hidden: Sequence[int] = (512, 512, 256),
    samples: tuple[int, int, int] = (12_000, 4_000, 2_000),
    maintenance: bool = True,
    arms: Sequence[str] = ARMS,
    watch: Watch = unwatched,
) -> list[Row]:
    """All outcomes of one simulated subject.

    Parameters
    ----------
    seed : of torch's generator.
    epochs_scale : shortens every phase (at least one epoch is left); 1 is the publication.
    samples : of the training, test and clean sets.
    maintenance : run the longitudinal part as well.
    arms : the first of them, in the order of `ARMS`: random numbers come one after the other, so that an arm keeps its
        own only if those before it are run too.
    watch : is told the seconds of every epoch of every phase.
    """
    torch.manual_seed(seed)

    def count(epochs: int) -> int:
        return max(1, round(epochs * epochs_scale))

    data, test, clean = (draw(n, sd) for n, sd in zip(samples, (0.8, 0.8, 0.0), strict=True))
    depressed = Net((2, *hidden, len(CENTRES)))
    train(depressed, data, [Drug()] * count(20), 1e-3, watch, "base")
    prune(depressed, 0.95)
    rows: list[Row] = []
    for arm in arms:
        net = copy.deepcopy(depressed)
        drug = treat(net, arm, data, count, watch)
        rows += [(arm, "acute", outcome, value) for outcome, value in acute(net, test, clean, drug)]
        if arm == "neurosteroid":
            rows += [(arm, "off", outcome, value) for outcome, value in off_drug(net, test)]
        if maintenance and arm != "untreated":
            rows += [(arm, *row) for row in longitudinal(net, arm, drug, data, test, count, watch)]
    return rows
