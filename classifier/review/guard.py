"""What keeps the desk to the person who started it.

Another site's page in the same browser can send requests to 127.0.0.1, also under a name of its own
(DNS rebinding). So the ``Host`` must be ours, the ``Origin`` of what changes anything too, and a cookie
must be there that only the link which was printed gives, once.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Nothing but our own files, no inline script or style, no frames, no forms to elsewhere
#: (https://www.w3.org/TR/CSP3/).
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Bytes that a request's body may have: a decision with a long note.
MOST_BYTES = 65_536
_SAFE = ("GET", "HEAD")


class Guard:
    """Lets only requests through that come from our own pages in the browser that opened the link.

    Parameters
    ----------
    app
        What is guarded.
    port
        Where it is served on 127.0.0.1.
    token
        What the link holds; good for one request.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"desk-{port}"  # cookies do not know ports
        self._token: str | None = token
        self._session = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, sealed)

    def _answer(self, scope: Scope) -> Response | None:
        """A refusal, or the way in; ``None`` to let the request through."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse("This host name is not the desk's.", 421)
        origin = headers.get("origin")
        if scope["method"] not in _SAFE:
            if origin != f"http://{host}":
                return PlainTextResponse("This request comes from another site.", 403)
            if not headers.get("content-length", "").isdecimal():
                return PlainTextResponse("How long is this request?", 411)
            if int(headers["content-length"]) > MOST_BYTES:
                return PlainTextResponse("This request is too long.", 413)
        given = scope["query_string"].decode("latin-1").removeprefix("token=")
        if self._token is not None and secrets.compare_digest(
            given.encode("latin-1"), self._token.encode()
        ):
            self._token = None
            answer = RedirectResponse("/", 303)
            answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict")
            return answer
        if not self._has_session(headers.get("cookie", "")):
            return PlainTextResponse(
                "The link to the desk works once, in one browser. Stop 'classifier review serve' and "
                "start it again to get a new one; no decision is lost.",
                403,
            )
        return None

    def _has_session(self, cookies: str) -> bool:
        try:
            held = SimpleCookie(cookies).get(self._cookie)
        except CookieError:
            return False
        return held is not None and secrets.compare_digest(
            held.value.encode(), self._session.encode()
        )
