"""What other installed packages add to the vocabulary of protocols."""

from __future__ import annotations

from resynapse.cli.app import app
from resynapse.cli.console import say
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def plugins() -> None:
    """List the plug-ins that were found, from which package, and what is skipped and why."""
    import warnings

    from resynapse.analysis.part_registry import groups
    from resynapse.audits.sections import sections
    from resynapse.controls import controls
    from resynapse.plugins import GROUPS, found
    from resynapse.protocol import plugins_here

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this command says it itself
        plugins_here()
        groups()
        sections()
        controls()
    listed = list(found())
    for plugin in listed:
        say(f"{plugin}: skipped, {plugin.problem}" if plugin.problem else str(plugin))
    if not listed:
        say(f"no plug-in is installed (entry-point groups {', '.join(GROUPS.values())})")
    say(SHORT_DISCLAIMER)
