"""Plug-ins join the vocabulary by their entry points; what cannot be used is named, skipped, and breaks nothing."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import resynapse as rs
from resynapse import plugins
from resynapse.audits import sections
from resynapse.cli import main
from resynapse.controls import CONTROLS
from resynapse.errors import ProtocolError, RunFolderError
from resynapse.outcomes.lookup import FAMILIES, OUTCOMES
from resynapse.plugins import GROUPS, PlugInWarning, found
from resynapse.protocol import STEPS, dump, json_schema, parse, plugins_here, plugins_of
from resynapse.protocol.claim_tests import TESTS
from resynapse.runs.store import folder
from resynapse.runs.store.folder import RunFolder
from resynapse.runs.workers.worker import Plan, compute
from resynapse.task import TASKS

Install = Callable[..., None]
HEAD = """
from dataclasses import dataclass, replace
from typing import ClassVar
from resynapse.outcomes import Examination, Family, Outcome
from resynapse.protocol import Share, State, Step
from resynapse.task import GaussianBlobs
"""
DAMP = """
class Damp(Step):
    "Damp."
    kind: ClassVar[str] = "damp"
    by: Share
    def apply(self, state, setting):
        weights = [self.by * w for w in state.network.weights]
        return replace(state, network=state.network.with_weights(weights))
"""
PROTOCOL = "{name: x, arms: {a: [{damp: {by: 0.5}}]}, follow_up: [{assess: {condition: end, outcomes: [sparsity]}}]}"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with entry points on the search path; the vocabulary is as before afterwards."""
    registries = (STEPS, TASKS, OUTCOMES, FAMILIES, TESTS, CONTROLS, sections.JOINED)
    kept = [dict(registry) for registry in registries]
    monkeypatch.setattr(plugins, "_found", {})
    monkeypatch.setattr(plugins, "_joining", set())
    monkeypatch.setattr(plugins, "_installed", plugins._installed.__wrapped__)
    monkeypatch.syspath_prepend(tmp_path)
    modules = set(sys.modules)

    def put(package: str, code: str = "", **entries: str) -> None:
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(HEAD + code)
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        lines = [
            f"[resynapse.{group}]\n{name} = {module}:{where}\n"
            for group, pair in entries.items()
            for name, where in [pair.split("=")]
        ]
        (info / "entry_points.txt").write_text("".join(lines))

    yield put
    for registry, before in zip(registries, kept, strict=True):
        registry.clear()
        registry.update(before)
    for name in set(sys.modules) - modules:
        if Path(getattr(sys.modules[name], "__file__", None) or "").parent == tmp_path:
            del sys.modules[name]


def skipped() -> str:
    """The one warning."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        rs.load("demo")
    (one,) = said
    assert one.category is PlugInWarning
    assert "\n" not in str(one.message)
    return str(one.message)


def test_a_step_joins_the_language_and_its_schema(install: Install) -> None:
    install("damping", DAMP, steps="damp=Damp")
    protocol = rs.loads(PROTOCOL)
    assert parse(dump(protocol)) == protocol
    assert "damp" in json_schema()["$defs"]["node"]["properties"]
    with pytest.raises(ProtocolError, match="unknown key 'bi'; allowed: by"):
        rs.loads(PROTOCOL.replace("by", "bi"))


def test_an_outcome_and_a_family_join(install: Install) -> None:
    code = """
active = Outcome("active", "1", "connections left", lambda seen: float(seen.network.active))
times = Family("active_times", lambda name, by: Outcome(name, "1", "by a number", lambda seen: by * seen.network.active))
"""
    install("count-a", code, outcomes="active=active")
    install("count-b", code, outcomes="active_times=times")
    text = PROTOCOL.replace("sparsity", "active, active_times_2 as twice").replace("damp: {by: 0.5}", "mark: {}")
    protocol = rs.loads(text)
    assert list(plugins_of(protocol)) == ["outcome active", "outcome active_times"]
    small = rs.loads(text.replace("name: x", "name: x, network: {hidden: [3]}, task: {train: 8, test: 8, clean: 8}"))
    values = rs.run(small, subjects=1, workers=1, engine="reference").table()["value"].to_list()
    assert values == [18.0, 36.0]  # 2 x 3 + 3 x 4 connections


def test_a_section_joins_audits_and_one_that_fails_breaks_nothing(install: Install) -> None:
    code = """
from resynapse.audits.section import AuditSection, Table
counted = AuditSection(
    name="counted",
    judge=lambda evidence: {"claims": len(evidence.planned.claims)},
    tables=lambda found, subjects: [Table("Counted", ("what", "n"), tuple((k, str(v)) for k, v in found.items()))],
)
broken = AuditSection(name="broken", judge=lambda evidence: 1 / 0, tables=lambda found, subjects: ())
claims = AuditSection(name="claims", judge=lambda evidence: (), tables=lambda found, subjects: ())
"""
    install("sections-a", code, audit_sections="counted=counted")
    install("sections-b", code, audit_sections="broken=broken")
    install("sections-c", code, audit_sections="claims=claims")
    claim = "{id: x, statement: x, tests: [{mean: {of: sparsity of a at end, above: 1}}]}"
    small = "network: {hidden: [3]}, task: {train: 8, test: 8, clean: 8}, claims: [" + claim + "]"
    protocol = rs.loads(PROTOCOL.replace("damp: {by: 0.5}", "mark: {}").replace("name: x", f"name: x, {small}"))
    run = rs.run(protocol, subjects=2, workers=1, engine="reference")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        audit = rs.audit(run)
    assert audit.counted == {"claims": 1}
    assert audit.broken == ()
    assert "Counted" in [table.title for table in audit.tables]
    taken, failed = sorted((str(one.message) for one in said), key=len, reverse=True)
    assert "the name 'claims' is taken" in taken
    assert "audit section 'broken' failed and is left out: ZeroDivisionError" in failed


def test_every_kind_of_plug_in_but_a_task_has_an_example_that_the_page_lists() -> None:
    root = Path(__file__).parents[1]
    shown: set[str] = set()
    for file in root.glob("examples/*/pyproject.toml"):
        shown |= set(tomllib.loads(file.read_text("utf-8"))["project"]["entry-points"])
        assert f"`examples/{file.parent.name}`" in (root / "docs" / "extending.md").read_text("utf-8")
    assert shown == set(GROUPS.values()) - {GROUPS["task"]}


def test_an_outcome_is_found_without_a_file(install: Install) -> None:
    install("count-c", 'active = Outcome("active", "1", "", lambda seen: 0.0)', outcomes="active=active")
    assert rs.Assess(condition="end", outcomes=("active",)).stored == ("active",)


def test_a_task_joins(install: Install) -> None:
    install(
        "blobs",
        "@dataclass(frozen=True, kw_only=True)\nclass Near(GaussianBlobs):\n    nearness: float = 2.0",
        tasks="near=Near",
    )
    protocol = rs.loads(
        PROTOCOL.replace("damp: {by: 0.5}", "mark: {}").replace("name: x", "name: x, task: {kind: near, nearness: 3}")
    )
    assert dump(protocol)["task"]["nearness"] == 3.0
    assert list(plugins_of(protocol)) == ["task near"]


@pytest.mark.parametrize(
    ("code", "entry", "why"),
    [
        ("import no_such_module_at_all", "steps=damp=Damp", "no_such_module_at_all"),
        ("raise SystemExit(3)", "steps=damp=Damp", "SystemExit"),
        ("", "steps=damp=Damp", "has no attribute 'Damp'"),
        ("Damp = 3", "steps=damp=Damp", "no class derived from"),
        (DAMP, "steps=train=Damp", "its `kind` is 'damp'"),
        (DAMP.replace('"damp"', '"train"'), "steps=train=Damp", "is taken"),
        (DAMP.replace('"damp"', '"fork"'), "steps=fork=Damp", "is taken"),
        (DAMP.replace("def apply", "def aply"), "steps=damp=Damp", "no method `apply`"),
        (DAMP.replace("    by:", '    counts: ClassVar[str | None] = "rounds"\n    by:'), "steps=damp=Damp", "lacks `length`"),
        ("Near = 3", "tasks=near=Near", "no dataclass"),
        ("@dataclass\nclass Near:\n    x: int", "tasks=near=Near", "lacks features, classes, sizes, draw"),
        ("class Digits2: pass\nfrom resynapse.task import Digits", "tasks=digits=Digits", "is taken"),
        ("one = 3", "outcomes=one=one", "neither an Outcome nor a Family"),
        ('one = Outcome("acc_clean", "1", "", len)', "outcomes=acc_clean=one", "is taken"),
        ('one = Family("acc_internal", len)', "outcomes=acc_internal=one", "is taken"),
        ('one = Outcome("acc_internal_7", "1", "", len)', "outcomes=acc_internal_7=one", "is taken"),
        ('one = Outcome("other", "1", "", len)', "outcomes=one=one", "give both the same name"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_and_skipped(install: Install, code: str, entry: str, why: str) -> None:
    group, _, pair = entry.partition("=")
    before = {**STEPS}
    install("broken", code, **{group: pair})
    said = skipped()
    assert "of broken 1.2 is skipped" in said
    assert why in said
    assert before == STEPS


def test_it_is_said_once(install: Install) -> None:
    install("broken", "import nothing_at_all", steps="damp=Damp")
    skipped()
    rs.load("demo")


def test_of_two_packages_the_first_by_name_gets_it(install: Install) -> None:
    install("second", DAMP, steps="damp=Damp")
    install("first", DAMP, steps="damp=Damp")
    assert "of second 1.2 is skipped: the name 'damp' is taken" in skipped()
    assert plugins_here()["step damp"].startswith("first 1.2 (")


def test_a_protocol_without_its_plug_in_says_so(install: Install) -> None:
    with pytest.raises(ProtocolError, match=r"unknown step 'damp'; allowed: .* plug-in"):
        rs.loads(PROTOCOL)


def test_a_protocol_with_a_skipped_plug_in_says_why(install: Install) -> None:
    install("broken", "import nothing_at_all", steps="damp=Damp")
    with pytest.warns(PlugInWarning), pytest.raises(ProtocolError, match=r"of broken 1.2 is skipped: ModuleNotFound"):
        rs.loads(PROTOCOL)


def test_a_plug_in_that_reads_a_protocol_while_it_is_imported(install: Install) -> None:
    install("reading", DAMP + "import resynapse\nassert resynapse.load('demo')", steps="damp=Damp")
    assert rs.loads(PROTOCOL)


def test_threads_that_read_at_once_all_know_it(install: Install) -> None:
    install("damping", "import time; time.sleep(0.05)\n" + DAMP, steps="damp=Damp")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(str, pool.map(rs.loads, [PROTOCOL] * 8)))) == 1


@pytest.fixture
def made(install: Install, tmp_path: Path) -> Path:
    """A run that uses a plug-in."""
    install("damping", DAMP, steps="damp=Damp")
    small = rs.loads(
        PROTOCOL.replace("name: x", "name: x, network: {hidden: [3]}, task: {train: 8, test: 8, clean: 8}")
    )
    return rs.run(small, subjects=1, workers=1, engine="reference", out=tmp_path / "run").path


def test_a_run_records_the_plug_ins_that_it_used(made: Path) -> None:
    (session,) = RunFolder(made).manifest().sessions
    assert session["plugins"] == {"step damp": plugins_here()["step damp"]}


def test_a_run_whose_plug_in_is_gone_says_so(made: Path) -> None:
    del STEPS["damp"]
    folder._protocol.cache_clear()  # as in another process
    with pytest.raises(RunFolderError, match=r"its protocol cannot be read here.*unknown step 'damp'"):
        rs.Run(made)


def test_a_worker_with_another_plug_in_does_not_compute(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan.of(rs.Run(made).protocol, "reference", 0)
    assert compute(plan, 0).kind == "rows"
    monkeypatch.setattr(plugins, "_found", {"step": (), "task": (), "outcome": ()})
    answer = compute(plan, 0)
    assert (answer.kind, answer.message[:9]) == ("other code", "step damp")


def test_the_command_lists_what_is_used_and_what_is_skipped(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("damping", DAMP, steps="damp=Damp")
    install("broken", "import nothing_at_all", outcomes="one=one")
    with pytest.raises(SystemExit) as ended:
        main(["plugins"])
    assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert "step 'damp' of damping 1.2\n" in out
    assert "outcome 'one' of broken 1.2: skipped, ModuleNotFoundError: No module named 'nothing_at_all'\n" in out
    assert err == ""


def test_the_command_line_names_a_skipped_plug_in_in_one_line(tmp_path: Path, install: Install) -> None:
    install("broken", "import nothing_at_all", steps="damp=Damp")
    command = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from resynapse.cli import main; main(['citations', 'demo'])"
    said = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert said.stderr.startswith("resynapse: plug-in step 'damp' of broken 1.2 is skipped: ")
    assert said.stderr.count("\n") == 1


def test_nothing_is_found_before_a_protocol_is_read(tmp_path: Path, install: Install) -> None:
    install("loud", "print('imported')", steps="damp=Damp")
    for last in ("import resynapse", "from resynapse.cli import main; main(['--help'])"):
        command = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {last}"
        said = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
        assert "imported" not in said.stdout
    assert not list(found())


def test_what_the_page_on_extending_names_can_be_imported() -> None:
    page = (Path(__file__).parents[1] / "docs" / "extending.md").read_text("utf-8")
    rows = re.findall(r"^\| `(resynapse\.\w+)` \| (.*) \|$", page.partition("## What may be used")[2], re.M)
    assert len(rows) > 5
    for module, names in rows:
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(importlib.import_module(module), name), f"{module}.{name}"
