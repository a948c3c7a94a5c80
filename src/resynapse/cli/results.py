"""Commands that read a run: its table and the comparison with the publication."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close
from resynapse.cli.console import grid, paged, say
from resynapse.cli.options import RunPath, open_run
from resynapse.disclaimer import SHORT_DISCLAIMER

if TYPE_CHECKING:
    from resynapse.api import Run
    from resynapse.publication.agreement import Agreement


@app.command
def compare(
    run_folder: RunPath,
    /,
    *,
    format: Annotated[Literal["text", "csv", "json"], Parameter(help="How to print.")] = "text",
) -> None:
    """Print every published cell beside the run (means, SDs, differences, ratios of SDs) and how far they agree."""
    opened = open_run(run_folder)
    found = opened.agreement()
    if format == "text":
        from resynapse.report.sections.agreement import shown_words

        with paged():
            print_comparison(found)
        close(run_folder, shown_words(found), f"resynapse report {run_folder}")
        return
    if format == "csv":
        sys.stdout.write(found.frame().write_csv())
        print(SHORT_DISCLAIMER, file=sys.stderr)
        return
    import json
    from dataclasses import asdict

    from resynapse.report.sections.agreement import agreement_words

    comparison = found.comparison
    content = {
        "disclaimer": SHORT_DISCLAIMER,
        "protocol": comparison.protocol,
        "changed": comparison.changed,
        "said": agreement_words(found),
        "agrees": comparison.count("agrees"),
        "differs": comparison.count("differs"),
        "expected_by_chance": comparison.expected_by_chance,
        "separate": found.separate,
        "joint": None if found.joint is None else asdict(found.joint),
        "tracks": [asdict(track) for track in found.tracks],
        "tests": [asdict(test) for test in found.tests],
        "cells": found.frame().to_dicts(),
    }
    print(json.dumps(content, indent=2, allow_nan=False))


@app.command
def table(
    run_folder: RunPath,
    /,
    *,
    format: Annotated[
        Literal["csv", "markdown"], Parameter(help="Every value as CSV, or means and SDs as Markdown.")
    ] = "csv",
) -> None:
    """Print the results of a run: protocol,variant,subject,arm,condition,outcome,value."""
    opened = open_run(run_folder)
    if format == "csv":
        sys.stdout.write(opened.table().write_csv())
        print(SHORT_DISCLAIMER, file=sys.stderr)
        return
    from resynapse.report.page.tables import article_tables

    for one in article_tables(opened.protocol, opened.table()):
        print(one.markdown())
    print(f"_{SHORT_DISCLAIMER}_")


def print_article_tables(done: Run) -> None:
    """Print a run in the form of the article's tables."""
    from resynapse.report.page.tables import article_tables

    for one in article_tables(done.protocol, done.table()):
        grid(one)


def print_comparison(found: Agreement) -> None:
    """Print a run beside the published tables."""
    from resynapse.report.sections.agreement import agreement_tables, agreement_words

    for one in agreement_tables(found):
        grid(one)
    for sentence in agreement_words(found):
        say(sentence)
    say(SHORT_DISCLAIMER)


def print_reference(done: Run) -> None:
    """Print which tests of a run can separate arms, in one sentence."""
    from resynapse.analysis.cells import Cells
    from resynapse.analysis.separability import reference_sentence, separability

    sentence = reference_sentence(separability(Cells.of(done.table()), done.protocol))
    if sentence:
        say(sentence)
