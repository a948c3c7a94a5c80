"""The command that prints a shell's completion script, and what it offers for the names of protocols."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cyclopts.completion import CompletionContext

from resynapse.cli.app import app


def protocol_names(context: CompletionContext) -> dict[str, str]:
    """Library protocols with their titles, and the YAML files and folders that begin with what is typed."""
    from resynapse.protocol import library, load

    typed = context.incomplete
    found = {name: load(name).title for name in library() if name.startswith(typed)}
    folder = Path(typed if typed.endswith("/") else typed.rpartition("/")[0] or ".")
    if folder.is_dir():
        for path in sorted(one for one in folder.iterdir() if str(one).startswith(typed)):
            if path.suffix in (".yaml", ".yml"):
                found[str(path)] = "protocol file"
            elif path.is_dir() and not path.name.startswith("."):
                found[f"{path}/"] = "folder"
    return found


@app.command
def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the script by which a shell completes commands, options and the names of library protocols.

    bash: `source <(resynapse completion bash)` in ~/.bashrc. zsh: `resynapse completion zsh > ~/.zfunc/_resynapse`,
    with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc. fish: `resynapse completion fish >
    ~/.config/fish/completions/resynapse.fish`.

    Parameters
    ----------
    shell : for which shell.
    """
    print(app.generate_completion(shell=shell))
