"""The second baseline: the plain loop's networks batched densely over subjects, all weights stacked for `torch.bmm`.

What a user with some experience would write to fill the cores: one product for all subjects, one fused Adam over the
stacked parameters. The forward rule is that of `benchmarks.torch_loop`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from benchmarks.torch_loop import BATCH, Drug, Net, Set, Watch, unwatched


class Stack(nn.Module):
    """Networks of one shape, weights (subjects, units, inputs) and biases (subjects, 1, units)."""

    def __init__(self, nets: Sequence[Net]) -> None:
        super().__init__()
        layers = range(len(nets[0].layers))
        self.weights = nn.ParameterList(torch.stack([n.weights[i].detach() for n in nets]) for i in layers)
        self.biases = nn.ParameterList(torch.stack([n.biases[i].detach()[None] for n in nets]) for i in layers)
        self.masks = [torch.stack([n.masks[i] for n in nets]) for i in layers]

    def forward(self, x: Tensor, drug: Drug) -> Tensor:
        """Class scores, (subjects, samples, classes), of inputs (subjects, samples, features)."""
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x, weight.transpose(1, 2))
            if i < last:
                x = torch.tanh(x) if drug.tanh else torch.relu(x)
                if drug.noise_sd > 0:
                    x = x + drug.noise_sd * torch.randn_like(x) + drug.noise_mean * (1 - 0.3 * drug.protection)
                x = x * (drug.inhibition * drug.effective_gain) - 0.15 * drug.protection
        return x

    @torch.no_grad()
    def apply_masks(self) -> None:
        """Set pruned weights to zero."""
        for weight, mask in zip(self.weights, self.masks, strict=True):
            weight.mul_(mask)


def train(
    stack: Stack,
    data: Set,
    drugs: Sequence[Drug],
    lr: float,
    watch: Watch = unwatched,
    phase: str = "",
) -> None:
    """Train all subjects in place; sets are (subjects, samples, features) and (subjects, samples).

    Each subject has its own batch order. The loss is the sum over subjects of the mean over the batch, so that each
    gets the gradient it would get alone.
    """
    inputs, labels = data
    subjects, samples = labels.shape
    of = torch.arange(subjects)[:, None]
    adam = torch.optim.Adam(stack.parameters(), lr=lr, fused=True)
    for drug in drugs:
        started = time.perf_counter()
        order = torch.stack([torch.randperm(samples) for _ in range(subjects)])
        for batch in order.split(BATCH, dim=1):
            scores = stack(inputs[of, batch], drug)
            loss = nn.functional.cross_entropy(scores.flatten(0, 1), labels[of, batch].flatten(), reduction="sum")
            adam.zero_grad()
            (loss / batch.shape[1]).backward()
            adam.step()
            stack.apply_masks()
        watch(phase, time.perf_counter() - started)
