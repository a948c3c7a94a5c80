"""Where a run comes from: what decides its numbers, what it was made with, and the command that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from resynapse.protocol import dump, library, load
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData
from resynapse.version import __version__


def provenance(run_data: RunData) -> Section:
    """Seed, engine, digests, sessions and the command to reproduce."""
    manifest = run_data.manifest
    facts = (
        ("protocol", run_data.protocol.name),
        ("root seed", str(manifest.root_seed)),
        ("engine", manifest.engine),
        ("subjects", f"{len(run_data.cells.subjects)} finished of {manifest.subjects}"),
        ("identity (SHA-256 of what decides the numbers)", manifest.identity),
        ("digest of the table of results", manifest.results or "not written: the run is unfinished"),
        ("report made by", f"resynapse {__version__}"),
    )
    needs, command = command_to_reproduce(run_data)
    return Section(
        title="Provenance",
        sentences=(needs,) if needs else (),
        code=(("The command that makes this run again", command),),
        tables=(
            TextTable("What decides the numbers", ("fact", "value"), facts),
            TextTable(
                "Sessions that worked on the run",
                ("started", "commit", "versions", "machine"),
                tuple(_session(one) for one in manifest.sessions),
            ),
        ),
    )


def command_to_reproduce(run_data: RunData) -> tuple[str, str]:
    """What must be done before, empty for nothing; and the command."""
    manifest, protocol = run_data.manifest, run_data.protocol
    shipped = protocol.name in library() and dump(load(protocol.name)) == dump(protocol)
    name = protocol.name if shipped else f"{protocol.name}.yaml"
    needs = "" if shipped else f"Save the protocol file, which stands under Methods, as {name} first."
    words = [
        "resynapse", "run", name, "--subjects", str(manifest.subjects), "--seed", str(manifest.root_seed),
        "--engine", manifest.engine, "--out", f"{protocol.name}-again",
    ]  # fmt: skip
    return needs, shlex.join(words)


def _session(one: Mapping[str, object]) -> tuple[str, ...]:
    commit = str(one.get("commit") or "no checkout")
    versions, hardware = one.get("versions"), one.get("hardware")
    return (
        str(one.get("started", "")),
        f"{commit[:12]}{', with uncommitted changes' if one.get('dirty') else ''}, sources {one.get('sources', '')}",
        _listed(versions),
        _listed(hardware),
    )


def _listed(facts: object) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.items()) if isinstance(facts, Mapping) else ""
