"""Serve the laboratory on this machine alone: a port of the loopback interface, or a socket file."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn

from resynapse.errors import ResynapseError
from resynapse.lab.app import application
from resynapse.lab.context import Lab
from resynapse.lab.security.trust import Trust, trusted_hosts
from resynapse.lab.workspace.workspace import Workspace


def _say_at_once(text: str) -> None:
    print(text, flush=True)


def serve(
    folders: Sequence[Path],
    *,
    port: int = 0,
    uds: Path | None = None,
    root_path: str = "",
    trusted_origins: Sequence[str] = (),
    read_only: bool = False,
    browser: bool = True,
    page: str = "",
    say: Callable[[str], None] = _say_at_once,
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    folders : the workspace, then further folders of runs.
    port : of the loopback interface; 0 takes a free one.
    uds : a socket file instead of a port.
    root_path : the prefix that a proxy in front keeps in addresses.
    trusted_origins : of a proxy in front, such as ``https://hub.example.org``.
    page : the page to open first.

    Raises
    ------
    ResynapseError : a folder is missing, or the port is taken.
    """
    root, *others = folders or [Path()]
    for folder in (root, *others):
        if not folder.is_dir():
            raise ResynapseError(f"{folder}: no such folder; make it, or give the folder of your work")
    try:
        origins = trusted_hosts(trusted_origins)
    except ValueError as error:
        raise ResynapseError(str(error)) from None
    # a shell that starts us in the background may have us ignore Ctrl-C, and children would inherit that
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sockets = [_socket_file(uds)] if uds is not None else _loopback(port)
    for one in sockets:
        one.listen()  # from here on a browser waits for its first page, where it would else be refused
    bound = 0 if uds is not None else int(sockets[0].getsockname()[1])
    trust = Trust(port=bound, origins=origins)
    app = application(Lab(workspace=Workspace(root, others), trust=trust, read_only=read_only))
    prefix = f"/{root_path.strip('/')}" if root_path.strip("/") else ""
    address = f"{next(iter(origins))}{prefix}" if uds is not None and origins else f"http://localhost:{bound}{prefix}"
    url = f"{address}/{page}?token={trust.token}"
    say(
        f"The laboratory is open at {url}"
        if uds is None
        else f"The laboratory listens at {uds}; its token is {trust.token}"
    )
    say("Ctrl-C closes it; runs go on without it.")
    if browser and uds is None and _has_display():
        threading.Timer(0.5, lambda: webbrowser.open(url)).start()
    config = uvicorn.Config(
        app,
        root_path=prefix,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="on",
        ws="none",
    )
    # what the last pages still waited for at the end is no error to be shown
    logging.getLogger("uvicorn.error").addFilter(lambda record: not _ended(record))
    try:
        uvicorn.Server(config).run(sockets=sockets)
    except KeyboardInterrupt:
        pass
    finally:
        if uds is not None:
            with suppress(OSError):
                uds.unlink()


def _ended(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return (kind is not None and issubclass(kind, asyncio.CancelledError)) or "graceful shutdown" in record.getMessage()


def _loopback(port: int) -> list[socket.socket]:
    """Sockets of the loopback interface, IPv4 and IPv6 where there is one, on the same port."""
    first = _bound(socket.AF_INET, ("127.0.0.1", port))
    sockets = [first]
    with suppress(OSError, ResynapseError):
        sockets.append(_bound(socket.AF_INET6, ("::1", first.getsockname()[1])))
    return sockets


def _bound(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        made.bind(address)
    except OSError as error:
        made.close()
        raise ResynapseError(f"port {address[1]}: {error.strerror}; give another --port, or leave it out") from None
    made.set_inheritable(False)
    return made


def _socket_file(path: Path) -> socket.socket:
    """A socket file that only its owner may use, from the moment it is there."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        made.bind(str(path))
    except OSError as error:
        made.close()
        raise ResynapseError(f"{path}: {error.strerror}; delete the file, or give another --uds") from None
    finally:
        os.umask(before)
    return made


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
