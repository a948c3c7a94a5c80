"""The methods of a run, written from its protocol and from what its statistics used."""

from __future__ import annotations

from collections.abc import Iterator

from resynapse.outcomes import outcome
from resynapse.protocol import Assess, Protocol, dumps
from resynapse.protocol.node import Path
from resynapse.protocol.prose.sentences import Line, change_in_words
from resynapse.report import words
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import MOST_ARMS, RunData
from resynapse.report.sections.statistics import method_sentences


def methods(run_data: RunData) -> Section:
    """Cohort and task, the protocol step by step, outcomes, statistics, and the protocol file itself."""
    protocol = run_data.protocol
    return Section(
        title="Methods",
        sentences=tuple(_cohort(run_data)),
        parts=(
            Section(
                title="Protocol, step by step", parts=tuple(_protocol(protocol)), folded=len(run_data.arms) > MOST_ARMS
            ),
            Section(title="Outcomes", points=tuple(_derived(protocol)), tables=(_outcomes(run_data),)),
            Section(title="Statistics", points=tuple(method_sentences(run_data.analysis))),
        ),
        code=(("The protocol file, every default written out", dumps(protocol)),),
    )


def _cohort(run_data: RunData) -> Iterator[str]:
    protocol, manifest = run_data.protocol, run_data.manifest
    network = protocol.network
    connections = sum(units * inputs for units, inputs in network.connections(protocol.task).values())
    sizes = protocol.task.sizes
    yield (
        f"Each simulated subject is one {network.title} ({network.describe(protocol.task)}, {connections} "
        "connections) with its own initial weights, data, batch order and noise, all from root seed "
        f"{manifest.root_seed}. It learns task {type(protocol.task).__name__} ({sizes.train} training and "
        f"{sizes.test} test samples; {protocol.task.classes} classes) in batches of {protocol.batch_size}. Engine: "
        f"{manifest.engine}."
    )
    yield (
        "Every random number is a function of the seed, the subject and the place where it is used. So all arms of a "
        "subject share the network before treatment and the noise of each test, and a difference between arms is a "
        "difference within the subject."
    )


def _protocol(protocol: Protocol) -> Iterator[Section]:
    def told(path: Path, empty: str = "none") -> tuple[Line, ...]:
        return words.steps(protocol, path, empty, names=True)

    titles = words.titles(protocol)
    yield Section(title="Induction, the same for all arms", outline=told(protocol.induction))
    for name, path in protocol.arms.items():
        yield Section(title=f"Arm: {titles.column(name)}", outline=told(path, "no treatment"))
    for name, variant in protocol.variants.items():
        points = tuple(change_in_words(change) for change in variant.changes)
        said = f"As {titles.arm(variant.of)}, but:"
        yield Section(title=f"Arm: {titles.column(name)}", sentences=(said,), points=points)
    yield Section(title="Follow-up, the same for all arms", outline=told(protocol.follow_up))


def _derived(protocol: Protocol) -> Iterator[str]:
    if protocol.primary:
        said = (f"{words.titles(protocol).at(one.condition, one.outcome)} ({one})" for one in protocol.primary)
        yield f"Primary endpoints, named before the run: {'; '.join(said)}."
    for rule in protocol.derived:
        fields = ", ".join(f"{key} {value}" for key, value in rule if key != "outcome" and value is not None)
        yield f"{rule.outcome} is computed: {rule.kind} {fields}."


def _outcomes(run_data: RunData) -> TextTable:
    rows: dict[str, tuple[str, str, str]] = {}
    for node in run_data.protocol.nodes:
        if isinstance(node.step, Assess):
            for named in node.step.outcomes:
                found = outcome(named)
                rows[found.name] = (found.name, "" if found.unit == "1" else found.unit, found.meaning)
    for rule in run_data.protocol.derived:
        rows[rule.outcome] = (rule.outcome, run_data.unit(rule.outcome).strip(), f"computed from {rule.of}")
    return TextTable("What is measured", ("outcome", "unit", "meaning"), tuple(rows.values()))
