"""A run as a Process Run Crate: what was run, with what, and which files came of it, as RO-Crate 1.1 metadata.

Source: the profile Process Run Crate 0.5 of Workflow Run RO-Crate, on RO-Crate 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resynapse.disclaimer import DISCLAIMER
from resynapse.protocol import dumps
from resynapse.report.run_data import RunData
from resynapse.runs.event_log import events
from resynapse.version import __version__

METADATA = "ro-crate-metadata.json"
RO_CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
RUN_BY = "#resynapse"
NO_LICENCE = "No licence is chosen yet. Whoever publishes this crate puts the address of one here."
FORMATS = {
    ".csv": "text/csv", ".json": "application/json", ".yaml": "application/yaml", ".txt": "text/plain",
    ".tex": "application/x-tex", ".html": "text/html", ".svg": "image/svg+xml", ".ipynb": "application/x-ipynb+json",
}  # fmt: skip
WHAT = {
    "protocol.yaml": "The protocol that was run, every default written out",
    "run-manifest.json": "What decides the numbers, and versions, commit and machine of every session",
    "results.csv": "Every value: subject, arm, condition, outcome",
}

Entity = dict[str, Any]


def crate(run_data: RunData, out: Path, files: Sequence[Path]) -> list[Path]:
    """Write protocol, manifest and the metadata of a crate beside the files of an export.

    Parameters
    ----------
    out : folder of the export, the root of the crate.
    files : what else is in the crate; inside `out`.

    Returns
    -------
    The files that were written.
    """
    texts = {"protocol.yaml": dumps(run_data.protocol), "run-manifest.json": run_data.manifest.to_json()}
    names = [*texts, *(path.relative_to(out).as_posix() for path in files)]
    graph = [*_graph(run_data, sorted(dict.fromkeys(names)))]
    texts[METADATA] = json.dumps({"@context": f"{RO_CRATE}/context", "@graph": graph}, indent=2) + "\n"
    for name, text in texts.items():
        (out / name).write_text(text, "utf-8")
    return [out / name for name in texts]


def _graph(run_data: RunData, names: Sequence[str]) -> Iterator[Entity]:
    manifest, protocol = run_data.manifest, run_data.protocol
    began, ended = _times(run_data)
    title = f"{protocol.name}: {manifest.subjects} simulated networks, seed {manifest.root_seed}"
    action = f"#run-{manifest.identity[:16]}"
    settings = {"subjects": manifest.subjects, "seed": manifest.root_seed, "engine": manifest.engine}
    yield {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": RO_CRATE},
        "about": {"@id": "./"},
    }
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": f"A run of the protocol {protocol.name} with resynapse. {DISCLAIMER}",
        "datePublished": ended,
        "license": {"@id": "#licence"},
        "conformsTo": {"@id": PROFILE},
        "hasPart": _ids(names),
        "mentions": {"@id": action},
    }
    yield {"@id": "#licence", "@type": "CreativeWork", "name": "Licence", "description": NO_LICENCE}
    yield {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    yield {
        "@id": RUN_BY,
        "@type": "SoftwareApplication",
        "name": "resynapse",
        "softwareVersion": _versions(run_data).get("resynapse", __version__),
    }
    made = [name for name in names if name not in ("protocol.yaml", "run-manifest.json")]
    yield {
        "@id": action,
        "@type": "CreateAction",
        "name": f"Run of {title}",
        "description": f"Versions: {', '.join(f'{k} {v}' for k, v in _versions(run_data).items())}",
        "instrument": {"@id": RUN_BY},
        "object": _ids(["protocol.yaml", *(f"#{name}" for name in settings)]),
        "result": _ids(made),
        "startTime": began,
        "endTime": ended,
        **({} if run_data.unfinished else {"actionStatus": "http://schema.org/CompletedActionStatus"}),
    }
    for name, value in settings.items():
        yield {"@id": f"#{name}", "@type": "PropertyValue", "name": name, "value": value}
    for name in names:
        suffix = Path(name).suffix
        yield {
            "@id": name,
            "@type": "File",
            "name": name,
            "description": WHAT.get(name, f"{name} of the export; README.txt names every file"),
            **({"encodingFormat": FORMATS[suffix]} if suffix in FORMATS else {}),
        }


def _ids(names: Sequence[str]) -> list[Entity]:
    return [{"@id": name} for name in names]


def _versions(run_data: RunData) -> dict[str, str]:
    """Versions of the last session that computed."""
    sessions = run_data.manifest.sessions
    return dict(sessions[-1].get("versions", {})) if sessions else {}


def _times(run_data: RunData) -> tuple[str, str]:
    """When the first session began and the last logged event was, ISO 8601; without a log, the table's own age."""
    logged, _ = events(run_data.path)
    results = run_data.path / "results.csv"
    moments = [one["at"] for one in logged if "at" in one]
    moments = moments or [results.stat().st_mtime if results.exists() else run_data.path.stat().st_mtime]
    sessions = run_data.manifest.sessions
    began = sessions[0].get("started") if sessions else None
    return began or _iso(moments[0]), _iso(moments[-1])


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
