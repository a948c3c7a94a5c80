"""The command that opens the laboratory in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.console import say
from resynapse.cli.options import whole
from resynapse.disclaimer import SHORT_DISCLAIMER


@app.command
def lab(
    *folders: Annotated[Path, Parameter(help="The workspace, by default this folder; then other folders of runs.")],
    port: Annotated[int, Parameter(converter=whole, help="Port on this machine alone; by default a free one.")] = 0,
    uds: Annotated[Path | None, Parameter(help="Listen at a socket file of yours, at no port.")] = None,
    root_path: Annotated[str, Parameter(help="The prefix that a proxy in front keeps, such as /user/me/lab.")] = "",
    trusted_origin: Annotated[
        list[str] | None,
        Parameter(help="Origin of a proxy in front, such as https://hub.example.org; may be given again.", negative=()),
    ] = None,
    read_only: Annotated[bool, Parameter(help="Only show; nothing can be started or changed.", negative=())] = False,
    story: Annotated[bool, Parameter(help="Open the guided story of switch-relapse.", negative=())] = False,
    no_browser: Annotated[bool, Parameter(help="Print the address and open no browser.", negative=())] = False,
) -> None:
    """Open the laboratory in a browser: protocols, runs, results (`pip install 'resynapse[lab]'`)."""
    try:
        from resynapse.lab.serve import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("starlette", "uvicorn", "ruamel"):
            raise
        from resynapse.errors import ResynapseError

        raise ResynapseError(f"{error.name} is missing; install it with pip install 'resynapse[lab]'") from None
    say(SHORT_DISCLAIMER)
    serve(
        folders,
        port=port,
        uds=uds,
        root_path=root_path,
        trusted_origins=trusted_origin or (),
        read_only=read_only,
        browser=not no_browser,
        page="story" if story else "",
    )
