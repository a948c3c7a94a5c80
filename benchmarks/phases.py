"""Phase by phase: time a step, rate on live work, share of the machine's limit, and the ratio to the baselines."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.contestants import Contestant, dense_batch, ours, ours_side_by_side, plain_loop, torch_is_there
from benchmarks.machine import Sgemm
from benchmarks.stages import Stage
from benchmarks.tables import Cell, table
from benchmarks.work import full_work, live_dense_work, live_work

OURS, PAIR = "ours", "ours, two at once"
LOOP1, LOOP2, BATCH = "loop, 1 thread", "loop, 2 threads", "dense batch, 2 threads"
ALONE, BOTH = "sgemm alone", "sgemm, both cores"

NOTES = (
    "Medians over rounds, ms a step of one subject; 'two at once' and 'batch': time of both cores over subjects.",
    "live: multiply-adds on live weights; block: full blocks where a layer is run dense; dense: what the loop does.",
    "share: rate on block work over the SGEMM rate, alone on one core, or both cores busy.",
    "x loop1: one core against one thread. x loop2 and x batch: both cores against both cores.",
    "Shares and ratios are taken within a round and then the median, so that drift of the machine cancels.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much is timed.

    Parameters
    ----------
    rounds : every contestant is timed once a round on every phase, in turn, so that drift of the machine cancels.
    epochs : epochs of ours timed in a round; the baselines take one.
    batch_subjects, batch_samples : subjects stacked in the dense batch, and training samples it is timed on.
    torch : time the baselines.
    """

    rounds: int = 5
    epochs: int = 5
    batch_subjects: int = 10
    batch_samples: int = 2560
    torch: bool = field(default_factory=torch_is_there)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One phase, round by round: seconds a step of every contestant, GFLOP/s of SGEMM taken beside them."""

    stage: Stage
    seconds: Mapping[str, list[float]]
    rates: Mapping[str, list[float]]

    def milliseconds(self, contestant: str) -> float | None:
        """Median ms a step of one subject."""
        return 1e3 * statistics.median(self.seconds[contestant]) if contestant in self.seconds else None

    def ratio(self, slow: str, fast: str) -> float | None:
        """How many times faster: the median of the ratios of each round."""
        if slow not in self.seconds or fast not in self.seconds:
            return None
        pairs = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def share(self, work: float, contestant: str, limit: str) -> float:
        """Share in % of the SGEMM rate at which so many multiply-adds a step were done: median over rounds."""
        pairs = zip(self.seconds[contestant], self.rates[limit], strict=True)
        return statistics.median(100 * 2e-9 * work / seconds / rate for seconds, rate in pairs)


def measure(stages: list[Stage], settings: Settings, *, sgemm: bool = True) -> list[Timed]:
    """Time everyone on every phase, round after round; the first, short calls only warm up."""
    contestants = _contestants(settings)
    limits = {ALONE: Sgemm(), BOTH: Sgemm(workers=2)} if sgemm else {}
    timed = [
        Timed(stage=stage, seconds={name: [] for name in contestants}, rates={name: [] for name in limits})
        for stage in stages
    ]
    for contestant in contestants.values():
        contestant(stages[0].part(256))
    for _ in range(settings.rounds):
        for one in timed:
            for name, contestant in contestants.items():
                one.seconds[name].append(statistics.median(contestant(one.stage)))
            for name, limit in limits.items():
                one.rates[name].append(statistics.median(limit()))
    return timed


def _contestants(settings: Settings) -> dict[str, Contestant]:
    found = {OURS: ours(settings.epochs)}
    if settings.torch:
        found[LOOP1] = plain_loop(1, 1)
    found[PAIR] = ours_side_by_side(settings.epochs)
    if settings.torch:
        found[LOOP2] = plain_loop(2, 1)
        found[BATCH] = dense_batch(2, settings.batch_subjects, settings.batch_samples)
    return found


def report(timed: list[Timed], settings: Settings) -> tuple[str, dict[str, Any]]:
    """The tables, and the same for JSON."""
    limits: list[list[Cell]] = []
    ratios: list[list[Cell]] = []
    record = []
    for one in timed:
        row = _limits(one)
        limits.append([one.stage.name, *row.values()])
        ratios.append(
            [
                one.stage.name,
                *(one.milliseconds(name) for name in (OURS, PAIR, LOOP1, LOOP2, BATCH)),
                one.ratio(LOOP1, OURS),
                one.ratio(LOOP2, PAIR),
                one.ratio(BATCH, PAIR),
            ]
        )
        record.append({"phase": one.stage.name, **row, "seconds_a_step": one.seconds, "sgemm_gflops": one.rates})
    rates = {name: [r for one in timed for r in one.rates[name]] for name in (ALONE, BOTH)}
    title = "Phases, and the limit: SGEMM GFLOP/s " + ", ".join(
        f"{where} {statistics.median(rates[name]):.1f} (best {max(rates[name]):.1f})"
        for where, name in (("alone on one core", ALONE), ("on both cores", BOTH))
    )
    head = ["phase", "live M", "block M", "dense M", "ms", "GFLOP/s live", "GFLOP/s block", "share %", "share both %"]
    text = table(title, head, limits)
    head = ["phase", "ours ms", "two at once", "loop1 ms", "loop2 ms", "batch ms", "x loop1", "x loop2", "x batch"]
    text += "\n" + table("Phases against the baselines", head, ratios, NOTES)
    return text, {"settings": asdict(settings), "phases": record}


def _limits(one: Timed) -> dict[str, float]:
    stage = one.stage
    samples = stage.data.labels.size / stage.steps
    live = live_work(stage.network, noisy=stage.noisy).step(samples)
    block = live_dense_work(stage.network, noisy=stage.noisy).step(samples)
    taken = statistics.median(one.seconds[OURS])
    return {
        "live_millions": 1e-6 * live,
        "block_millions": 1e-6 * block,
        "dense_millions": 1e-6 * full_work(stage.network).step(samples),
        "milliseconds": 1e3 * taken,
        "gflops_live": 2e-9 * live / taken,
        "gflops_block": 2e-9 * block / taken,
        "share_percent": one.share(block, OURS, ALONE),
        "share_both_percent": one.share(block, PAIR, BOTH),
    }
