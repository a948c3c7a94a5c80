"""The plain PyTorch twin of the acute phases as a cohort of its own, one file a subject, so that it can be resumed.

    python -m benchmarks.twin FOLDER --subjects 20
    python -m benchmarks.twin FOLDER --subjects 40 --arms 1

The second runs the untreated arm alone, with the same numbers, in a tenth of the time.
`verification/test_torch_twin.py` and `docs/differences.md` read what it writes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

FIRST_SEED = 1000
"""Of torch's generator; the subject's number is added."""


Cell = tuple[str, str, str]
"""arm, condition, outcome."""


def subject_file(folder: Path, subject: int) -> Path:
    """The file of one subject: a list of (arm, condition, outcome, value)."""
    return folder / f"twin-{subject}.json"


def read(folder: Path) -> dict[Cell, list[float]]:
    """Values of every (arm, condition, outcome) over the finished subjects, in their order."""
    found: dict[Cell, list[float]] = {}
    numbers = sorted(int(path.stem.rpartition("-")[2]) for path in folder.glob("twin-*.json"))
    for number in numbers:
        for arm, condition, outcome, value in json.loads(subject_file(folder, number).read_text("utf-8")):
            found.setdefault((arm, condition, outcome), []).append(float(value))
    return found


def compute(folder: Path, subjects: int, arms: int = 4) -> None:
    """Run the subjects that have no file yet, on one thread each, in the first `arms` arms."""
    import torch

    from benchmarks.torch_loop import ARMS, run_subject

    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    for subject in range(subjects):
        path = subject_file(folder, subject)
        if path.exists():
            continue
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(run_subject(FIRST_SEED + subject, maintenance=False, arms=ARMS[:arms])), "utf-8")
        draft.replace(path)
        print(f"{subject + 1} of {subjects} twins", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the subjects' files are; finished ones are kept")
    parser.add_argument("--subjects", type=int, default=20)
    parser.add_argument("--arms", type=int, default=4, help="how many arms, untreated first")
    options = parser.parse_args(arguments)
    compute(options.folder, options.subjects, options.arms)


if __name__ == "__main__":
    main()
