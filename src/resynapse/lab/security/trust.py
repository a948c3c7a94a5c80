"""Who may talk to the laboratory: every request is refused unless it passes every rule here.

A page of another site can make a browser send requests to a server on this machine, and other users of a shared machine
can reach its ports. So the name in `Host` must be one of ours, `Origin` must be the page's own, every address needs the
token of this session, and what changes anything needs JSON and a second token that only our own pages know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resynapse.disclaimer import SHORT_DISCLAIMER

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
MOST_BYTES = 1_048_576
"""Largest body of a request."""
PUBLIC = frozenset({"/static/lab.css"})
"""Addresses that need no token; every other one does."""
TOKEN_HEADER = "x-resynapse-token"
SAFE = frozenset({"GET", "HEAD"})
POLICY = (
    "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'; "
    "img-src 'self' data:; style-src 'self' 'nonce-{nonce}'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a session trusts. The secrets are made anew for each session and are never written to disk.

    Parameters
    ----------
    port : names the cookie, so that two laboratories on one machine do not take each other's.
    origins : further origins that may be in front of this server, such as ``https://hub.example.org``.
    token : in the address that is printed.
    """

    port: int = 0
    origins: frozenset[str] = frozenset()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return f"resynapse-lab-{self.port}"

    @property
    def page_token(self) -> str:
        """What our own pages send with every change."""
        return hmac.new(self.session.encode(), b"page", hashlib.sha256).hexdigest()

    def host(self, value: str) -> bool:
        """Whether a `Host` names this server; the port may be that of a tunnel."""
        return _name(value) in LOOPBACK | {_name(urlsplit(origin).netloc) for origin in self.origins}

    def origin(self, value: str, host: str) -> bool:
        """Whether an `Origin` is the page's own: its authority equals the `Host`, or it is a trusted one."""
        parts = urlsplit(value)
        return value in self.origins or (parts.scheme in ("http", "https") and bool(host) and parts.netloc == host)


def trusted_origin(text: str) -> str:
    """An origin such as ``https://hub.example.org`` in its canonical form.

    Raises
    ------
    ValueError : it is no origin.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError(f"expected an origin such as https://hub.example.org, got {text!r}")
    return f"{parts.scheme}://{parts.netloc}"


class Gate:
    """The rules in front of an application.

    Parameters
    ----------
    app : what is behind them.
    trust : whom this session trusts.
    """

    def __init__(self, app: ASGIApp, trust: Trust) -> None:
        self.app, self.trust = app, trust

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it in one sentence."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = secrets.token_urlsafe(16)
        scope["state"] = {**scope.get("state", {}), "nonce": nonce}
        guarded = _with_headers(send, nonce)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        await self.app(scope, _limited(receive), guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, method = Headers(scope=scope), scope["method"]
        host = headers.get("host", "")
        if not self.trust.host(host):
            return _refused(421, f"host {host!r} is not this laboratory", "open it as localhost or 127.0.0.1")
        origin = headers.get("origin")
        if origin is not None and not self.trust.origin(origin, host):
            return _refused(403, f"origin {origin!r} is not this page", "start the laboratory with --trusted-origin")
        if method not in SAFE:
            return self._refused_change(headers) if self._known(headers) else _needs_token()
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for key, value in query if key == "token"]
        if given and _same(given[0], self.trust.token):
            return self._entered(scope, [(key, value) for key, value in query if key != "token"])
        if scope["path"] in PUBLIC or self._known(headers):
            return None
        return _needs_token()

    def _known(self, headers: Headers) -> bool:
        from http.cookies import CookieError, SimpleCookie

        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self.trust.cookie)
        return found is not None and _same(found.value, self.trust.session)

    def _refused_change(self, headers: Headers) -> Response | None:
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _refused(403, "this change comes from another site", "use the page itself")
        if not _same(headers.get(TOKEN_HEADER, ""), self.trust.page_token):
            return _refused(403, "this page belongs to an earlier session", "reload it")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _refused(415, "expected application/json", "use the page itself")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return _refused(413, f"more than {MOST_BYTES} bytes", "shorten the protocol")
        return None

    def _entered(self, scope: Scope, rest: list[tuple[str, str]]) -> Response:
        """The token is exchanged for a cookie, and the address no longer shows it."""
        last = scope["path"].rpartition("/")[2] or "."
        response = RedirectResponse(last + (f"?{urlencode(rest)}" if rest else ""), 303)
        root = scope.get("root_path", "").rstrip("/")
        response.set_cookie(self.trust.cookie, self.trust.session, path=root or "/", httponly=True, samesite="strict")
        return response


class TooLargeError(Exception):
    """A body that is longer than it may be."""


def _limited(receive: Receive) -> Receive:
    """A body that said nothing about its length is counted as it comes."""
    count = 0

    async def counted() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > MOST_BYTES:
            raise TooLargeError
        return message

    return counted


def _with_headers(send: Send, nonce: str) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("content-security-policy", POLICY.format(nonce=nonce))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _name(authority: str) -> str:
    """The name in a `Host`, without its port and user."""
    if authority.startswith("["):
        return authority.partition("]")[0].lower() + "]"
    return authority.partition(":")[0].lower().rstrip(".")


def _refused(code: int, problem: str, cure: str) -> Response:
    return JSONResponse({"error": f"{problem}; {cure}", "disclaimer": SHORT_DISCLAIMER}, code)


NO_TOKEN = (
    "this address needs the token of its laboratory; open the address that `resynapse lab` printed, from its start to "
    "its end"
)


def _needs_token() -> Response:
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>resynapse lab</title><main><h1>Not open yet</h1>"
        f"<p>{NO_TOKEN[0].upper()}{NO_TOKEN[1:]}.</p><p>{SHORT_DISCLAIMER}</p></main>",
        401,
    )


def trusted_hosts(origins: Iterable[str]) -> frozenset[str]:
    """Origins in their canonical form."""
    return frozenset(map(trusted_origin, origins))
