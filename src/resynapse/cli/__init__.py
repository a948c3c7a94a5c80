"""The command line. It parses, calls the Python interface and prints; no science here."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from importlib import import_module

from cyclopts import CycloptsError, MissingArgumentError

from resynapse.cli.app import app
from resynapse.cli.console import complain, note
from resynapse.errors import ClusterLostError, ResynapseError, RunInterruptedError, SubjectError

__all__ = ["app", "main"]
BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
COMMANDS = (
    "demo", "running", "watching", "results", "analyse", "audit", "attribute", "calibrate", "selection", "reporting",
    "protocols", "new", "differences", "plugins", "completion", "upgrade", "lab",
)  # fmt: skip
"""The files of this room that hold commands, in the order of the help page."""

for _name in COMMANDS:
    import_module(f"{__name__}.{_name}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: bad input is one line on standard error and exit code 2."""
    if os.environ.pop("RESYNAPSE_STOPPABLE", None):
        # a shell that starts a server in the background has it ignore Ctrl-C, and so would every job of the server
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        # what a cluster's scheduler sends before it ends a job: as clean a stop as Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, category, filename, lineno, file=None, line=None: note(str(message))
            app(arguments, exit_on_error=False, print_error=False)
    except RunInterruptedError as error:
        complain(f"{error}; to continue, run the same command again", INTERRUPTED)
    except ClusterLostError as error:
        complain(f"{error}; to continue, run the same command again", FAILED)
    except KeyboardInterrupt:
        complain("stopped; finished subjects are kept; to continue, run the same command again", INTERRUPTED)
    except SubjectError as error:
        complain(f"{error}; the same command again tries only these", FAILED)
    except MissingArgumentError as error:
        complain(missing(error), BAD_INPUT)
    except (ResynapseError, CycloptsError) as error:
        complain(str(error), BAD_INPUT)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            return
        complain(f"{error.filename or 'input or output'}: {error.strerror or error}", BAD_INPUT)
    except MemoryError:
        complain("out of memory; use fewer --workers or a smaller network", FAILED)


def missing(error: MissingArgumentError) -> str:
    """What is missing, where, and what to give: the beginning of its own help, which is written for that."""
    argument = error.argument
    if argument is None:
        return str(error)
    lacks = "has no value" if error.keyword or argument.tokens else "is missing"
    what = re.split(r"[;.](?: |$)", argument.parameter.help or "", maxsplit=1)[0]
    give = f"give {what[:1].lower()}{what[1:]}" if what else "give it"
    return f"{' '.join(error.command_chain or ())}: {argument.name} {lacks}; {give}"
