"""The command line: every command, every refusal in one line, and the disclaimer everywhere."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

import resynapse as rs
from resynapse.cli import app, main
from resynapse.protocol import dumps

COMMANDS = (
    "demo", "new", "replicate", "run", "watch", "runs", "compare", "table", "analyse", "audit", "attribute", "match", "calibrate", "protocols", "show", "validate",
    "citations", "controls", "schema", "flow", "plugins", "diff", "upgrade", "figure", "report", "export", "completion", "lab",
)  # fmt: skip


def call(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = 0
    try:
        main(list(words))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, tiny: rs.Protocol) -> Path:
    path = tmp_path_factory.mktemp("cli") / "tiny.yaml"
    path.write_text(dumps(tiny))
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny: rs.Protocol) -> Path:
    return rs.run(tiny, subjects=2, out=tmp_path_factory.mktemp("cli") / "run").path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The protocol with published tables, shrunk to run in a moment."""
    text = dumps(rs.load("manic-switch"))
    for long, short in (
        ("train: 12000", "train: 256"),
        ("- 512\n  - 512\n  - 256", "- 16\n  - 16\n  - 8"),
        ("epochs: 100", "epochs: 2"),
    ):
        assert long in text
        text = text.replace(long, short)
    return rs.run(rs.loads(text), subjects=2, out=tmp_path_factory.mktemp("cli") / "published").path


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_says_what_this_is_not(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(*command.split(), "--help", capsys=capsys)
    assert code == 0
    assert "not clinical advice" in " ".join(out.split())


def test_every_command_is_listed_and_tested(capsys: pytest.CaptureFixture[str]) -> None:
    names = {name for name in app if not name.startswith("-")}
    assert names == set(COMMANDS)


def test_figures_are_listed_with_the_reason_why_others_are_not(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call("figure", str(finished), capsys=capsys)
    assert code == 0
    assert "trial: The trial" in out
    assert "forest: not of this run: no published table of protocol 'tiny'" in out
    assert "not clinical advice" in out


def test_every_figure_is_written_with_its_numbers(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = call("figure", str(finished), "--all", "--out", str(finished / "all"), capsys=capsys)
    assert code == 0
    drawn = {path.stem for path in (finished / "all").glob("*.svg")}
    assert {"overview", "trial", "pairs"} <= drawn
    for path in (finished / "all").glob("*.csv"):
        assert path.stem in drawn
        first, header, *rows = path.read_text("utf-8").splitlines()
        assert first.startswith("# Simulated output")
        assert "," in header
        assert rows


@pytest.mark.parametrize(("words", "begins"), [((), b"<?xml"), (("--format", "pdf"), b"%PDF"), ("png", b"\x89PNG")])
def test_a_figure_is_written(
    words: tuple[str, ...] | str, begins: bytes, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"f.{words}" if isinstance(words, str) else tmp_path / "f"
    more = ("--out", str(path)) if isinstance(words, str) else words
    code, out, _ = call("figure", str(finished), "trial", *more, capsys=capsys)
    assert code == 0
    assert "not clinical advice" in out
    written = path if isinstance(words, str) else finished / "figures" / f"trial.{words[1] if words else 'svg'}"
    assert written.read_bytes().startswith(begins)


def test_reports_and_exports_are_written(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, name in (
        (("report", str(finished), "--out", str(tmp_path / "r.html")), "r.html"),
        (("report", str(finished), str(finished), "--out", str(tmp_path / "two.html")), "two.html"),
        (("export", str(finished), "--out", str(tmp_path / "e")), "e/README.txt"),
    ):
        code, out, _ = call(*words, capsys=capsys)
        assert code == 0
        assert "not clinical advice" in out
        assert rs.DISCLAIMER in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (("figure", "RUN", "tria"), "did you mean 'trial'"),
        (("figure", "RUN", "forest"), "no published table"),
        (("figure", "RUN", "trial", "--out", "a.jpg"), "end it in .svg, .pdf or .png"),
        (("figure", "RUN", "trial", "--out", "a.png", "--format", "pdf"), "leave one of them out"),
        (("figure", "RUN", "--format", "pdf"), "give --all, or one of overview"),
        (("figure", "RUN", "trial", "--all"), "leave one of them out"),
        (("export", "RUN", "--out", "RUN"), "give another folder"),
        (("report", "nowhere"), "no run here"),
        (("run", "demo", "--subjects", "2", "--out", "nowhere", "--within", "1x"), "such as 90s or 1.5h"),
        (("audit", "switch-relapse", "--within", "0m"), "a number above 0 with s, m or h"),
        (("report", "RUN", "--out", "/nowhere/r.html"), "No such file"),
    ],
)
def test_what_cannot_be_reported_is_one_line(
    words: tuple[str, ...], cure: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(*(str(finished) if word == "RUN" else word for word in words), capsys=capsys)
    assert code == 2
    assert cure in err
    assert err.count("\n") == 1


def test_a_run_is_made_resumed_and_tabulated(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", str(file), "--subjects", "2", "--out", str(tmp_path / "r"), "--arms", "untreated,ssri")
    code, out, err = call(*words, capsys=capsys)
    assert code == 0
    assert "not clinical advice" in out
    assert "2 of 2 subjects" in err
    code, _, err = call(*words, capsys=capsys)
    assert code == 0
    assert "2 of 2 subjects are there already" in err
    code, out, err = call("table", str(tmp_path / "r"), capsys=capsys)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert out.splitlines()[0] == "protocol,variant,subject,arm,condition,outcome,value"
    assert {r["arm"] for r in rows} == {"untreated", "ssri"}
    assert {r["subject"] for r in rows} == {"0", "1"}
    assert "not clinical advice" in err


def test_tables_come_as_markdown(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("table", str(finished), "--format", "markdown", capsys=capsys)
    assert code == 0
    assert "| untreated | ketamine |" in out
    assert "not clinical advice" in out


def test_a_comparison_comes_as_text_csv_and_json(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = call("compare", str(published), capsys=capsys)
    assert code == 0
    assert "54 published cells" in text
    assert "not clinical advice" in text
    code, out, err = call("compare", str(published), "--format", "csv", capsys=capsys)
    assert len(list(csv.DictReader(io.StringIO(out)))) == 54
    assert "not clinical advice" in err
    code, out, _ = call("compare", str(published), "--format", "json", capsys=capsys)
    content = json.loads(out)
    assert len(content["cells"]) == 54
    assert content["agrees"] + content["differs"] == 54
    assert "\n".join(content["said"]) in text
    assert {cell["conclusion"] for cell in content["cells"] if cell["outcome"] == "gain"} == {None}
    assert {"standing", "detectable", "sd_ratio", "smallest_margin"} <= content["cells"][0].keys()
    assert "not clinical advice" in content["disclaimer"]


def test_statistics_come_as_text_json_and_csv(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = call("analyse", str(finished), "--outcome", "acc_combined", capsys=capsys)
    assert code == 0
    assert "Contrasts between arms, paired by subject" in text
    assert "acc_biased" not in text
    assert "not clinical advice" in text
    code, out, _ = call("analyse", str(finished), "--format", "json", capsys=capsys)
    content = json.loads(out)
    assert content["subjects"] == 2
    assert content["clinical"]["absent"]
    assert "not clinical advice" in content["disclaimer"]
    code, out, err = call("analyse", str(finished), "--format", "csv", capsys=capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {"description", "contrast", "order", "relapse"} <= {r["part"] for r in rows}
    assert "not clinical advice" in err


def test_parts_of_the_statistics_come_alone_with_the_same_numbers(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, whole, _ = call("analyse", str(finished), "--format", "csv", capsys=capsys)
    code, out, _ = call("analyse", str(finished), "--format", "csv", "--part", "orders", "--part", "clinical",
                         capsys=capsys)  # fmt: skip
    assert code == 0
    assert {r["part"] for r in csv.DictReader(io.StringIO(out))} == {"order", "clinical"}
    assert set(out.splitlines()) <= set(whole.splitlines())
    code, text, _ = call("analyse", str(finished), "--part", "plans", capsys=capsys)
    assert "Subjects needed" in text
    assert "Contrasts between arms" not in text
    assert "not clinical advice" in text


def test_an_unknown_part_of_the_statistics_is_refused_in_one_line(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call("analyse", str(finished), "--part", "contrast", capsys=capsys)
    assert code == 2
    assert err.splitlines() == ["resynapse: no part 'contrast' of the statistics; did you mean 'contrasts'?"]


def test_the_difference_to_plan_for_can_be_set(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needed = {}
    for wanted in ("2", "20"):
        _, out, _ = call("analyse", str(finished), "--format", "csv", "--part", "plans", "--difference", wanted,
                          capsys=capsys)  # fmt: skip
        rows = [r for r in csv.DictReader(io.StringIO(out)) if r["quantity"] == "for_power"]
        assert {r["note"] for r in rows} <= {f"for a difference of {d:g}" for d in (float(wanted), float(wanted) / 100)}
        needed[wanted] = sum(float(r["value"]) for r in rows)
    assert needed["2"] > needed["20"]
    code, _, err = call("analyse", str(finished), "--difference", "0", capsys=capsys)
    assert code == 2
    assert err.splitlines() == ["resynapse: points = 0 is not possible: a difference to plan for is a number above 0"]


def test_statistics_of_an_unknown_outcome_are_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call("analyse", str(finished), "--outcome", "acc_combind", capsys=capsys)
    assert code == 2
    assert err.splitlines() == ["resynapse: no outcome 'acc_combind' in this run; did you mean 'acc_combined'?"]


def test_replicating_a_finished_run_prints_tables_and_comparison_although_cells_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], published: Path
) -> None:
    shrunk = rs.Run(published).protocol
    monkeypatch.setattr("resynapse.protocol.load", lambda name: shrunk)
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("replicate", "manic-switch", "--subjects", "2", capsys=capsys)
    assert code == 0
    assert "Table 1" in out
    assert "54 published cells" in out
    assert " differs" in out
    assert (tmp_path / "resynapse-runs" / "manic-switch-seed0" / "results.parquet").exists()


def test_replicating_a_protocol_without_published_tables_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call("replicate", "demo", "--subjects", "1", "--out", str(tmp_path / "r"), capsys=capsys)
    assert code == 0
    assert "acc_combined" in out
    assert "No published table of protocol 'demo'" in out
    assert "Traceback" not in err


def test_protocols_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("protocols", capsys=capsys)
    assert code == 0
    for name in rs.library():
        [line] = [line for line in out.splitlines() if line.startswith(f"  {name} ")]
        assert rs.load(name).title in line
        assert ("published tables ship" in line) == (name in ("switch-relapse", "manic-switch"))


def test_a_protocol_is_shown_as_a_tree_with_its_cost(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("show", str(file), capsys=capsys)
    assert code == 0
    for part in (
        "ketamine",
        "regrow 50 % of the pruned connections",
        "side path after 2, 4 epochs",
        "25 training epochs a subject",
        "Estimated cost",
    ):
        assert part in out


def test_what_no_machine_can_hold_is_not_valid_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large.yaml"
    large.write_text("name: large\nbase: demo\nnetwork: {hidden: [1000000, 1000000]}\n")
    said = [call(command, str(large), capsys=capsys) for command in ("validate", "show")]
    assert said[0] == said[1]
    assert said[0][0] == 2
    assert "needs about 104 TB of memory" in said[0][2]


def test_a_file_is_validated(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("validate", str(file), capsys=capsys)[0] == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: x\narms:\n  a:\n    - prune: {sparsity: 1.5}\n")
    code, _, err = call("validate", str(bad), capsys=capsys)
    assert code == 2
    assert "bad.yaml line 4: arms.a[0].prune.sparsity: 1.5 is not possible" in err


def test_citations_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call("citations", "switch-relapse", capsys=capsys)
    assert code == 0
    assert "10.5281/zenodo.18298989" in out


REFUSED = (
    (("shwo",), "show"),
    (("run", "demo", "--subjects", "0", "--out", "{tmp}/r"), "expected at least 1 subject, got 0"),
    (("run", "demo", "--subjects", "two", "--out", "{tmp}/r"), "--subjects"),
    (("run", "demo", "--subjects", "1"), "run: --out is missing; give the run folder"),
    (("run", "demo"), "run: --subjects is missing; give the size of the cohort, such as `--subjects 10`"),
    (("run", "demo", "--subjects"), "run: --subjects has no value; give the size of the cohort"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--workers", "0"), "0 workers is not possible"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--seed", "-1"), "expected a seed of 0 or more, got -1"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--arms", "ketamin"), "did you mean 'ketamine'?"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--arms", ""), "no arm is named"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--engine", "gpu"), "--engine"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--dask", "lokal"), "no address of a Dask scheduler"),
    (("replicate", "demo", "--out", "{tmp}/r", "--dask", "tcp://127.0.0.1:1", "--workers", "2"), "--workers 2 is not"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/file/r"), "cannot be written"),
    (("run", "dmeo", "--subjects", "1", "--out", "{tmp}/r"), "did you mean 'demo'?"),
    (("replicate", "swich"), "did you mean"),
    (("run", "demo", "--subjects", "1.5", "--out", "{tmp}/r"), "1.5 is no whole number"),
    (("run", "demo", "--subjects", "1", "--out", "{tmp}/r", "--seed", "0.6"), "0.6 is no whole number"),
    (("show", "demo", "--subjects", "0"), "expected at least 1 subject, got 0"),
    (("show", "demo", "--subjects", "-1"), "expected at least 1 subject, got -1"),
    (("show", "{tmp}/none.yaml"), "no such file"),
    (("table", "{tmp}/none"), "no run here"),
    (("compare", "{tmp}"), "no run here"),
    (("table", "{tmp}", "--format", "xls"), "--format"),
    (("audit", "demo"), "claims nothing"),
    (("audit", "switch-relapse", "--depth", "deep"), "--depth"),
    (("citations",), "PROTOCOL"),
    (("validate", "{tmp}/file"), "expected a mapping, got"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[" ".join(w) for w, _ in REFUSED])
def test_bad_input_is_one_line_and_exit_code_2(
    words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("just text")
    code, out, err = call(*(w.format(tmp=tmp_path) for w in words), capsys=capsys)
    assert code == 2
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_comparison_of_an_unpublished_protocol_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call("compare", str(finished), capsys=capsys)
    assert code == 2
    assert "no published table" in err


def test_a_run_is_judged_as_it_is(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claiming = tmp_path / "claiming.yaml"
    test = "{mean: {of: acc_combined of untreated at acute, above: 99.9}}"
    claiming.write_text(f"{file.read_text()}\nclaims: [{{id: best, statement: It is best., tests: [{test}]}}]\n")
    run = rs.run(rs.load(str(claiming)), subjects=2, out=tmp_path / "run").path
    code, out, _ = call("audit", str(run), capsys=capsys)
    assert code == 0
    assert re.search(r"best +not supported +- ", out)
    assert out.rstrip().endswith(f"resynapse report {run}")
    code, out, _ = call("audit", str(run), "--format", "json", capsys=capsys)
    assert json.loads(out)["claims"][0]["verdict"] == "not supported"
    code, out, err = call("audit", str(run), "--subjects", "3", capsys=capsys)
    assert (code, out) == (2, "")
    assert err == f"resynapse: --subjects 3: {run} is a run, which is judged as it is; leave --subjects out\n"


def test_a_recurrent_publication_without_published_tables_prints_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.yaml"
    small.write_text(
        "name: gru-kindling\nbase: gru-kindling\nnetwork: {kind: gru, hidden: [6]}\n"
        "task: {kind: repeated-point, steps: 2, train: 32, test: 16, clean: 4}\n"
    )
    words = ("replicate", str(small), "--subjects", "1", "--workers", "1", "--out", str(tmp_path / "run"))
    code, out, _ = call(*words, capsys=capsys)
    assert code == 0
    assert "No published table of protocol 'gru-kindling' ships with resynapse" in out
    for line in ("cycle=5 severity", "cycle=5 scar_fraction", "cycle=5 stress_test", "maintenance=300 acc_biased_1.0"):
        assert line in out


def test_a_subject_that_fails_gives_exit_code_1(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wild = tmp_path / "wild.yaml"
    wild.write_text(file.read_text().replace("lr: 0.005", "lr: 1.0e30"))
    code, _, err = call("run", str(wild), "--subjects", "1", "--out", str(tmp_path / "r"), capsys=capsys)
    assert code == 1
    assert "training diverged" in err
    assert "Traceback" not in err


def test_protocols_differ_in_words_also_those_of_runs(
    file: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call("diff", str(file), str(finished), capsys=capsys)
    assert (code, out.splitlines()[0]) == (0, f"{finished} against {file}: no difference")
    other = tmp_path / "other.yaml"
    other.write_text(file.read_text().replace("sparsity: 0.9", "sparsity: 0.5"))
    _, out, _ = call("diff", str(finished), str(other), capsys=capsys)
    assert out.splitlines()[1] == "induction.prune.sparsity: 0.9 -> 0.5"
    code, _, err = call("diff", str(file), str(tmp_path), capsys=capsys)
    assert code == 2
    assert "no run here" in err


def test_show_lists_every_parameter(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call("show", str(file), "--subjects", "1", capsys=capsys)
    row = next(line.split() for line in out.splitlines() if "regrow.batches" in line)
    assert row == ["arm", "ketamine:", "regrow.batches", "3", "batches", "30", "the", "model,", "Regrowth:", "assumed"]
    assert "Estimated cost" in out


def test_help_is_quick() -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "resynapse", "--help"], capture_output=True, check=True)
    # a loaded machine may be ten times slower than a quiet one, on which this takes a fifth of a second
    assert time.perf_counter() - started < 5.0


def test_tables_fit_a_narrow_terminal(published: Path) -> None:
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
    words = [sys.executable, "-m", "resynapse", "compare", str(published)]
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=inside, stderr=subprocess.DEVNULL, env=env)
    os.close(inside)
    shown = bytearray()
    with contextlib.suppress(OSError):
        while part := os.read(outside, 4096):
            shown += part
    assert process.wait(timeout=60) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert max(map(len, lines)) <= 60
    text = " ".join(" ".join(lines).split())
    for name in (
        "published",
        "ours",
        "verdict differs",
        "activation_magnitude",
        "not clinical advice",
        "Cells that differ",
    ):
        assert name in text


def test_every_table_is_a_grid_in_a_pipe(published: Path) -> None:
    words = [sys.executable, "-m", "resynapse", "compare", str(published)]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    lines = said.stdout.splitlines()
    titles = [line for line in lines if "published and ours" in line or "Cells that differ" in line]
    assert len(titles) > 3
    assert sum("─" in line for line in lines) == len(titles)
