"""The desk as a local web page."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from classifier.errors import ClassifierError, DataError
from classifier.review import queue
from classifier.review.deciding import Decision, decide, undo
from classifier.review.guard import Guard
from classifier.review.pages import Reader
from classifier.review.queue import Query
from classifier.review.store import Store
from classifier.review.summary import summary


class Desk:
    """The desk's pages over one store, for one reviewer.

    Requests are answered one after the other: the store is for one thread, and each takes milliseconds.
    """

    def __init__(self, store: Store, reviewer: str) -> None:
        self._store, self._reviewer = store, reviewer
        self._reader = Reader()
        self._templates = Environment(
            loader=PackageLoader(__package__),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "reviewer": reviewer,
            "orders": queue.ORDERS,
            "states": queue.STATES,
        }

    def app(self) -> ASGIApp:
        """The application."""
        static = StaticFiles(directory=Path(str(files(__package__))) / "static")
        routes = [
            Route("/", self._queue),
            Route("/page/{page:int}", self._page),
            Route("/next", self._next),
            Route("/summary", self._summary),
            Route("/decide", self._decide, methods=["POST"]),
            Route("/undo", self._undo, methods=["POST"]),
            Mount("/static", static),
        ]
        return Starlette(routes=routes, exception_handlers={ClassifierError: _wrong})

    def _render(self, name: str, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(**values))

    async def _queue(self, request: Request) -> Response:
        query = Query.read(request.query_params)
        number = _whole(request.query_params.get("screen", "0"))
        choices = queue.choices(self._store)
        label = query.label or (choices["labels"][:1] or [""])[0]
        bars = queue.histogram(self._store, query, label)
        edge = self._store.one("SELECT thresholds FROM page LIMIT 1")
        counts = queue.counts(self._store, query)
        return self._render(
            "queue.html",
            query=query,
            rows=[self._row(row) for row in queue.screen(self._store, query, number)],
            screen=number,
            last=max(0, (counts[query.state] - 1) // queue.SCREEN),
            counts=counts,
            choices=choices,
            bars=bars,
            label=label,
            edge=orjson.loads(edge["thresholds"]).get(label, {}).get("page") if edge else None,
        )

    def _row(self, row: Any) -> dict[str, Any]:
        labels = self._store.db.execute(
            "SELECT label, score, decision FROM page_label WHERE page = ? ORDER BY label",
            (row["page"],),
        )
        return dict(row) | {"labels": labels.fetchall()}

    async def _page(self, request: Request) -> Response:
        query = Query.read(request.query_params)
        view = self._reader.view(self._store, request.path_params["page"])
        at = _whole(request.query_params.get("at", "-1"))
        return self._render("page.html", query=query, view=view, at=at)

    async def _next(self, request: Request) -> Response:
        query = Query.read(request.query_params)
        after = _whole(request.query_params.get("after", "-1"))
        return RedirectResponse(self._after(query, after if after > 0 else None), 303)

    async def _summary(self, request: Request) -> Response:
        return self._render("summary.html", summary=summary(self._store))

    async def _decide(self, request: Request) -> Response:
        given = await _fields(request)
        page, start, end = (_number(given, name) for name in ("page", "start", "end"))
        labels = given.get("labels") or []
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise DataError("field 'labels' is no list of names")
        decision = Decision(
            kind=str(given.get("kind")),
            labels=tuple(labels),
            claim=given.get("claim") or None,
            note=str(given.get("note") or ""),
        )
        answer = decide(self._store, page, (start, end), decision, self._reviewer)
        return self._answer(answer, page, given)

    async def _undo(self, request: Request) -> Response:
        given = await _fields(request)
        answer = undo(self._store, self._reviewer)
        if answer is None:
            raise DataError("there is no decision of yours to undo")
        return self._answer(answer, answer["page"], given)

    def _answer(self, answer: dict[str, Any], page: int, given: dict[str, Any]) -> Response:
        """What the page needs to go on: the decision in force and, once it is done, the next page."""
        query = Query.read(_parameters(str(given.get("query") or "")))
        current = self._store.one(
            "SELECT d.kind, d.labels, d.claim, d.note, d.reviewer FROM item i"
            " JOIN decision d ON d.decision = i.current WHERE i.item = ?",
            answer["item"],
        )
        decision = dict(current) if current else None
        if decision:
            decision["labels"] = decision["labels"] and orjson.loads(decision["labels"])
        onward = None if answer["open"] else self._after(query, page)
        content = answer | {"decision": decision, "next": onward}
        return Response(orjson.dumps(content), media_type="application/json")

    def _after(self, query: Query, page: int | None) -> str:
        """The address of the next page of the queue, or of the queue where there is none."""
        found = queue.following(self._store, query, page)
        asked = query.address()
        path = "/" if found is None else f"/page/{found}"
        return f"{path}?{asked}" if asked else path


def _parameters(query: str) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(query))


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else -1 if text.startswith("-") else 0


async def _fields(request: Request) -> dict[str, Any]:
    try:
        given = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise DataError(f"the request is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise DataError("the request is no JSON object")
    return given


def _number(given: dict[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int:
        raise DataError(f"field {name!r} is no whole number")
    return value


async def _wrong(request: Request, error: Exception) -> Response:
    content = orjson.dumps({"error": str(error)})
    return Response(content, 400, media_type="application/json")


def serve(store: Store, reviewer: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the desk on 127.0.0.1 until it is interrupted.

    Parameters
    ----------
    store, reviewer
        What is decided on, and by whom.
    port
        0 for any that is free.
    ready
        Called with the link once the desk can be opened.

    Raises
    ------
    OSError
        The port is taken.
    """
    app = Desk(store, reviewer).app()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        own, token = listener.getsockname()[1], secrets.token_urlsafe(32)
        config = uvicorn.Config(
            Guard(app, own, token), log_level="error", access_log=False, server_header=False
        )
        ready(f"http://127.0.0.1:{own}/?token={token}")
        uvicorn.Server(config).run(sockets=[listener])
