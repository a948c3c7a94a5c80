"""The command that starts a protocol file from one of the library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resynapse.cli.app import app
from resynapse.cli.closing import close
from resynapse.cli.completion import protocol_names
from resynapse.cli.console import say
from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError

SCHEMA = "resynapse.schema.json"
NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"


@app.command
def new(
    name: Annotated[str, Parameter(help="The name of the new protocol; its file is NAME.resynapse.yaml.")],
    /,
    *,
    base: Annotated[
        str, Parameter(name="--from", help="The library protocol to start from.", completer=protocol_names)
    ] = "demo",
    out: Annotated[Path, Parameter(help="Folder for the file and the schema.")] = Path(),
) -> None:
    """Start a protocol file from a library protocol, with the schema beside it for editors that complete and check."""
    import json

    from resynapse.protocol import json_schema, library, loads
    from resynapse.protocol.files.library import whole_text

    if not re.fullmatch(NAME, name):
        raise ResynapseError(f"name {name!r}: expected letters, digits, - and _, beginning with a letter or digit")
    if base not in library():
        raise ResynapseError(f"--from {base}: no library protocol; there are {', '.join(library())}")
    path = out / f"{name}.resynapse.yaml"
    if path.exists():
        raise ResynapseError(f"{path}: is there already; give another name, or another folder with --out")
    text = re.sub(r"^name:.*$", f"name: {name}", whole_text(base), count=1, flags=re.MULTILINE)
    text = f"# yaml-language-server: $schema={SCHEMA}\n# {SHORT_DISCLAIMER}\n{text}"
    loads(text, str(path))
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    (out / SCHEMA).write_text(json.dumps(json_schema(), indent=1) + "\n", "utf-8")
    say(f"{path} starts as {base}; {SCHEMA} beside it lets an editor complete and check it. {SHORT_DISCLAIMER}")
    close(path, f"The protocol {base} under the name {name}.", f"resynapse show {path}")
