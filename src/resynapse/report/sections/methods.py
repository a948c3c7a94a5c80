"""The methods of a run, written from its protocol and from what its statistics used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resynapse.analysis.families import SETTINGS
from resynapse.analysis.parts.planning import FEWEST
from resynapse.outcomes import outcome
from resynapse.protocol import Assess, Protocol, dumps
from resynapse.protocol.node import Path
from resynapse.protocol.prose.phrases import outline
from resynapse.protocol.prose.sentences import Line, change_in_words
from resynapse.report.page.section import Section
from resynapse.report.page.tables import TextTable
from resynapse.report.run_data import RunData


def methods(run_data: RunData) -> Section:
    """Cohort and task, the protocol step by step, outcomes, statistics, and the protocol file itself."""
    protocol = run_data.protocol
    return Section(
        title="Methods",
        sentences=tuple(_cohort(run_data)),
        parts=(
            Section(title="Protocol, step by step", parts=tuple(_protocol(protocol))),
            Section(title="Outcomes", points=tuple(_derived(protocol)), tables=(_outcomes(run_data),)),
            Section(title="Statistics", points=tuple(_statistics(run_data))),
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
    yield Section(title="Induction, the same for all arms", outline=_told(protocol.induction, "none"))
    for name, path in protocol.arms.items():
        yield Section(title=f"Arm {name}", outline=_told(path, "no treatment"))
    for name, variant in protocol.variants.items():
        points = tuple(change_in_words(change) for change in variant.changes)
        yield Section(title=f"Arm {name}", sentences=(f"As {variant.of}, but:",), points=points)
    yield Section(title="Follow-up, the same for all arms", outline=_told(protocol.follow_up, "none"))


def _told(path: Path, empty: str) -> tuple[Line, ...]:
    return tuple(outline(path)) or ((0, empty),)


def _derived(protocol: Protocol) -> Iterator[str]:
    if protocol.primary:
        yield f"Primary endpoints, named before the run: {'; '.join(map(str, protocol.primary))}."
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


def _statistics(run_data: RunData) -> Iterator[str]:
    analysis = run_data.analysis
    used = Counter(d.interval.method for d in analysis.descriptions if d.interval.method and d.outcome not in SETTINGS)
    if used:
        named = ", ".join(f"{method} ({count} cells)" for method, count in used.most_common())
        yield f"Subjects are the unit of analysis. 95 % intervals of means: {named}."
    else:
        yield "Subjects are the unit of analysis. No interval can be given: see the remarks."
    methods = sorted({c.p_method for c in analysis.contrasts if c.p_method})
    if methods:
        families = sorted({c.family.split(",")[0] for c in analysis.contrasts if c.family})
        yield (
            "Contrasts between arms are paired by subject; d_z is the mean over the SD of the differences, with "
            f"Hedges' correction; p comes from sign-flip permutation ({', '.join(methods)}), adjusted by Holm within "
            f"each pair of arms over {' and '.join(families)}. All other contrasts are exploratory: their p is not "
            "adjusted."
        )
    if analysis.orders:
        yield "Orders: in how many subjects each order of the arms holds, with Clopper-Pearson intervals."
    if analysis.relapse:
        yield (
            "Relapse is a threshold on an outcome. The tests of one subject are not independent: a share over several "
            "of them is taken within the subject first, and intervals are over subjects."
        )
    if analysis.survival:
        yield (
            "Time to relapse: Kaplan-Meier; restricted means are paired by subject; the log-rank test treats arms as "
            "if they were different subjects, and stands beside them for comparison."
        )
    if analysis.dose:
        yield (
            "Along counts: bands hold for all counts of a line together (max-t); trend is a rank correlation within "
            "subjects."
        )
    if analysis.traits:
        yield (
            "Traits: least squares of an outcome on all traits of the arm, with HC3 errors; p adjusted by Holm "
            "over all outcomes and traits of the arm."
        )
    if analysis.plans:
        yield (
            f"Planning: power of a two-sided paired t test at 5 %, from the SD of the paired differences; {FEWEST} "
            "subjects at least, below which the sign-flip p that is reported cannot reach 5 %."
        )
    if analysis.equivalence:
        yield (
            "Against the publication: differences have Welch intervals (printed SDs are population SDs and are "
            "converted); equivalence is tested by two one-sided tests at 5 % with the margin that is printed beside "
            "each cell. Where neither side varies there is no test, and the cell is counted apart."
        )
