"""The exceptions that resynapse raises for its users.

Every message names what was wrong, the value, its place and the cure, on one line.
The command line prints it unchanged and exits with code 2.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


class ResynapseError(Exception):
    """Base class of errors caused by user input. The command line prints one line and exits with code 2."""


Where = tuple[str | int, ...]
"""Keys and indices from the top of a protocol to one of its parts."""


class ProtocolError(ResynapseError):
    """A protocol that cannot be run as it is written.

    Parameters
    ----------
    problem : what is wrong, the value and the cure.
    where : its place in the protocol; a loader uses it to add the line number of the file.
    """

    def __init__(self, problem: str, where: Where = ()) -> None:
        super().__init__(f"{dotted(where)}: {problem}" if where else problem)
        self.problem = problem
        self.where = where


class RunFolderError(ResynapseError):
    """A run folder that cannot be read, written or continued."""


class SubjectError(ResynapseError):
    """A simulated subject whose walk through the protocol failed."""


class RunInterruptedError(ResynapseError):
    """A run that stopped before its last subject; what is finished is kept."""


class OutOfTimeError(ResynapseError):
    """A budget of time in which not one subject is finished."""


class ClusterError(ResynapseError):
    """Workers that cannot be reached or cannot compute this run."""


class ClusterLostError(ClusterError):
    """A cluster that was lost in the middle of a run; what is finished is kept."""


def dotted(where: Where) -> str:
    """The path of keys and indices as one text.

    >>> dotted(("arms", "ketamine", 1, "regrow"))
    'arms.ketamine[1].regrow'
    """
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def one_line(text: str) -> str:
    r"""The text in one line: names in a file may hold line ends and control characters.

    >>> one_line("a\n")
    'a\\n'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Say which of `allowed` a misspelt `name` may have meant, or list them all.

    >>> nearest("ketamin", ["ketamine", "ssri"])
    "did you mean 'ketamine'?"
    """
    names = list(allowed)
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    # the user may have typed a part of a compound name: switch of manic-switch
    close = close or [n for n in names if difflib.get_close_matches(str(name), re.split(r"[-_]", n), cutoff=0.75)]
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "allowed: " + ", ".join(names)
