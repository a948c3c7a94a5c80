"""`python -m benchmarks`: measure, print tables, write JSON."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.tables import table
from resynapse.disclaimer import SHORT_DISCLAIMER

PARTS = {
    "start": "import, --help, kernel compilation",
    "phases": "ms a step and share of the machine's limit, phase by phase, against both PyTorch baselines",
    "whole": "the whole protocol against both baselines; runs it for real",
    "profile": "where the time of one subject goes",
    "growth": "time and peak memory against subjects, workers, width, sparsity, epochs",
    "loop": "one whole subject of the plain loop (slow; only when named)",
}
BUSY = 0.3
"""Load from which the machine counts as busy."""
Result = tuple[str, Any]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Benchmarks of resynapse: tables on the terminal, everything as JSON.",
        epilog="parts: " + "; ".join(f"{k}: {v}" for k, v in PARTS.items()) + f". {SHORT_DISCLAIMER}",
    )
    found.add_argument("parts", nargs="*", metavar="PART", help="some of the parts; by default all but loop")
    found.add_argument("--quick", action="store_true", help="a smoke run in less than a minute; numbers mean little")
    found.add_argument("--subjects", type=int, help="subjects of the whole run (10; quick 2)")
    found.add_argument(
        "--workers", type=int, nargs="+", default=[2], help="worker counts of the whole run (2); '1 2' gives the ratio"
    )
    found.add_argument("--rounds", type=int, help="rounds of timing (5; quick 1)")
    found.add_argument("--batch", type=int, help="subjects stacked in the dense batch (10; quick 3)")
    found.add_argument("--no-torch", action="store_true", help="leave the PyTorch baselines out")
    found.add_argument("--flush-denormal", action="store_true", help="let PyTorch flush subnormal numbers to zero")
    found.add_argument("--json", type=Path, default=Path("resynapse-runs/benchmarks.json"), help="where the JSON goes")
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Measure what was asked for."""
    options = parser()
    asked = options.parse_args(words)
    for part in asked.parts:
        if part not in PARTS:
            options.error(f"no part {part!r}; the parts are {', '.join(PARTS)}")
    for name in ("subjects", "rounds", "batch"):
        if getattr(asked, name) is not None and getattr(asked, name) < 1:
            options.error(f"--{name} is {getattr(asked, name)}; give at least 1")
    if min(asked.workers) < 1:
        options.error(f"--workers {min(asked.workers)} is not possible; give at least 1")
    from benchmarks.contestants import torch_is_there

    if "loop" in asked.parts and not torch_is_there():
        options.error("part loop needs PyTorch: pip install 'resynapse[bench]'")
    if not torch_is_there() and not asked.no_torch:
        print(
            "PyTorch is not installed, so the baselines are left out: pip install 'resynapse[bench]'", file=sys.stderr
        )
    measure(asked)
    print(f"\nJSON: {asked.json}\n{SHORT_DISCLAIMER}")
    return 0


def measure(asked: argparse.Namespace) -> None:
    """Run the parts in turn; each is printed and written as soon as it is done."""
    from benchmarks.machine import describe

    machine = describe()
    print(_heading(machine, quick=asked.quick))
    record: dict[str, Any] = {"disclaimer": SHORT_DISCLAIMER, "quick": asked.quick, "machine": machine}
    wanted = asked.parts or [p for p in PARTS if p != "loop"]
    for name, part in _parts(asked).items():
        if name in wanted:
            started = time.perf_counter()
            text, found = part()
            print(text, flush=True)
            record[name] = {"part_seconds": time.perf_counter() - started, "result": found}
            asked.json.parent.mkdir(parents=True, exist_ok=True)
            asked.json.write_text(json.dumps(record, indent=2) + "\n")


def _parts(asked: argparse.Namespace) -> dict[str, Callable[[], Result]]:
    from benchmarks import growth, phases, profile, start, whole
    from benchmarks.contestants import torch_is_there
    from benchmarks.stages import Stage, stages, subject_protocol

    protocol = subject_protocol(quick=asked.quick)
    settings = phases.Settings(
        rounds=asked.rounds or (1 if asked.quick else 5),
        epochs=2 if asked.quick else 5,
        batch_subjects=asked.batch or (3 if asked.quick else 10),
        batch_samples=256 if asked.quick else 2560,
        torch=torch_is_there() and not asked.no_torch,
    )
    if settings.torch:
        import torch

        torch.set_flush_denormal(asked.flush_denormal)
    kept: list[Stage] = []

    def prepared() -> list[Stage]:
        if not kept:
            kept.extend(stages(protocol))
        return kept

    def by_phase() -> Result:
        return phases.report(phases.measure(prepared(), settings), settings)

    def all_of_it() -> Result:
        subjects = asked.subjects or (2 if asked.quick else 10)
        return whole.whole(protocol, prepared(), settings, subjects=subjects, workers=asked.workers)

    return {
        "start": start.measure,
        "phases": by_phase,
        "whole": all_of_it,
        "profile": lambda: profile.measure(protocol),
        "growth": lambda: growth.measure(quick=asked.quick),
        "loop": lambda: whole.loop_subject(protocol),
    }


def _heading(machine: dict[str, Any], *, quick: bool) -> str:
    hardware, versions = machine["hardware"], machine["versions"]
    rows = [
        ["processor", hardware["processor"]],
        ["cores", hardware["cores"]],
        ["load before", machine["load_before"]],
        *([name, versions[name]] for name in ("python", "resynapse", "numpy", "numba", "torch")),
    ]
    title = "Benchmarks of resynapse" + (" (quick: a smoke run, the numbers mean little)" if quick else "")
    busy = (machine["load_before"] or 0.0) > BUSY
    notes = ["The machine is busy with something else: wait, or these numbers (threads above all) mean little."]
    return table(title, ["machine", ""], rows, notes if busy else ())


if __name__ == "__main__":
    sys.exit(main())
