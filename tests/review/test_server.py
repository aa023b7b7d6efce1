"""The desk over HTTP: who may come in, what a page shows, and that decisions come back."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from review_rows import BOILERPLATE, P, U, rows, write

from classifier.cli import main
from classifier.corpus.labelled import read_labelled
from classifier.errors import DataError
from classifier.review.deciding import Decision, decide
from classifier.review.exporting import export, labelled_pages
from classifier.review.server import Desk
from classifier.review.store import Store
from classifier.review.summary import interval, summary

START = "from classifier.cli import main; main()"


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str


class Browser:
    """A client that keeps its cookie."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.host, self.entry = parts.netloc, f"{parts.path}?{parts.query}"
        self.cookie = ""

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        given = {"Origin": f"http://{self.host}", "Cookie": self.cookie, **headers}
        content = None if body is None else json.dumps(body)
        with closing(http.client.HTTPConnection(self.host, timeout=20)) as connection:
            connection.request(method, path, content, {k: v for k, v in given.items() if v})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            self.cookie = found.get("set-cookie", self.cookie).split(";")[0]
            return Answer(answer.status, found, answer.read().decode())


@contextmanager
def desk(*arguments: object) -> Iterator[tuple[Browser, subprocess.Popen[str]]]:
    command = [sys.executable, "-c", START, "review", "serve", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield Browser(process.stdout.readline().strip()), process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("desk")
    results = write(folder / "verdicts.jsonl", rows())
    with desk(results, "--store", folder / "desk.sqlite", "--reviewer", "ann") as (browser, _):
        assert browser("GET", browser.entry).status == 303
        yield browser


REFUSED = [
    ("GET", "/", {"Host": "evil.example"}, 421),
    ("GET", "/", {"Cookie": "desk=none"}, 403),
    ("GET", "/static/page.js", {"Cookie": "desk=none"}, 403),
    ("POST", "/decide", {"Origin": "http://evil.example"}, 403),
    ("POST", "/decide", {"Origin": ""}, 403),
    ("POST", "/undo", {"Origin": "null"}, 403),
    ("POST", "/decide", {"Content-Length": "9999999"}, 413),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), REFUSED)
def test_strangers_stay_outside(
    running: Browser, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = running(method, path, {} if method == "POST" else None, **headers)
    assert answer.status == status
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_link_works_once(running: Browser) -> None:
    answer = Browser(f"http://{running.host}{running.entry}")("GET", running.entry)
    assert (answer.status, answer.headers.get("set-cookie")) == (403, None)


class _Own(HTMLParser):
    """Collects what a page would load, inline scripts, styles and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("script", "link", "img", "iframe"):
            self.loads.append(given.get("src") or given.get("href") or "inline")
        self.inline += [name for name in given if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("path", ["/", "/?state=all&text=zzz", "/summary", "/page/4", "/page/6"])
def test_pages_hold_nothing_but_our_own_files(running: Browser, path: str) -> None:
    answer = running("GET", path)
    assert answer.status == 200
    found = _Own()
    found.feed(answer.text)
    assert all(load.startswith("/static/") for load in found.loads)
    assert found.inline == []


def test_a_page_shows_its_text_as_text(running: Browser) -> None:
    text = running("GET", "/page/4").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; heals 👍 you" in text
    assert "on 2 pages" in running("GET", "/page/2").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/page/99", 400),
        ("/?order=odd", 400),
        ("/?low=x", 400),
        ("/page/x", 404),
        ("/?screen=99", 200),
    ],
)
def test_odd_addresses(running: Browser, path: str, status: int) -> None:
    assert running("GET", path).status == status


WRONG: list[dict[str, Any] | list[int]] = [
    [],
    {"page": "1", "start": 0, "end": 18, "kind": "accept"},
    {"page": 1, "start": 0, "end": 17, "kind": "accept"},
    {"page": 1, "start": 0, "end": 18, "kind": "odd"},
    {"page": 1, "start": 0, "end": 18, "kind": "relabel", "labels": "promotional"},
]


@pytest.mark.parametrize("given", WRONG)
def test_wrong_decisions_are_refused(running: Browser, given: Any) -> None:
    answer = running("POST", "/decide", given)
    assert answer.status == 400
    assert "error" in json.loads(answer.text)


def test_each_button_names_its_own_key(running: Browser) -> None:
    page = running("GET", "/page/2").text
    buttons = re.findall(r'data-key="([^"]+)"[^>]*>[^<]*<kbd>([^<]+)</kbd>', page)
    assert len(buttons) > 12
    signs = {"Escape": "Esc", "K": "⇧K", "J": "⇧J"}
    assert all(shown == signs.get(key, key.upper()) or shown == key for key, shown in buttons)


def test_decisions_survive_a_kill_and_come_back(results: Path, tmp_path: Path) -> None:
    store = tmp_path / "killed.sqlite"
    with desk(results, "--store", store, "--reviewer", "ann") as (browser, process):
        browser("GET", browser.entry)
        text = "/page/3"
        assert browser("GET", "/next").headers["location"] == text
        given = {"page": 3, "start": 0, "end": 16, "kind": "reject", "claim": "supported"}
        answer = json.loads(browser("POST", "/decide", given).text)
        assert answer["decision"]["claim"] == "supported"
        assert (answer["open"], answer["next"]) == (1, None)
        given = {"page": 3, "start": 17, "end": 17 + len(BOILERPLATE), "kind": "accept"}
        answer = json.loads(browser("POST", "/decide", given).text)
        assert (answer["open"], answer["next"]) == (0, "/page/2")
        process.send_signal(signal.SIGKILL)
    with desk("--store", store, "--reviewer", "ann") as (browser, _):
        browser("GET", browser.entry)
        assert 'data-kind="reject"' in browser("GET", text).text
        for left in (1, 2):
            undone = json.loads(browser("POST", "/undo", {}).text)
            assert (undone["page"], undone["open"], undone["decision"]) == (3, left, None)
        assert browser("POST", "/undo", {}).status == 400


# ----------------------------------------------------------------------------------- the way back


def say(store: Store, page: int, decision: Decision, place: int = 0) -> None:
    query = 'SELECT start, "end" FROM sentence WHERE page = ? AND listed ORDER BY start'
    decide(store, page, tuple(store.db.execute(query, (page,)).fetchall()[place]), decision, "ann")


def test_export_holds_decided_sentences_only(store: Store, tmp_path: Path) -> None:
    say(store, 1, Decision("accept"))
    say(store, 2, Decision("unsure"))
    say(store, 2, Decision("reject", claim="none"), 1)  # stands on page 3 too
    say(store, 4, Decision("relabel", (P,), "supported"))
    decide(store, 1, (19, 29), Decision("missed", (U,)), "ann")
    path = tmp_path / "labels.jsonl"
    result = CliRunner().invoke(main, ["review", "export", "--store", store.path, "-o", str(path)])
    assert result.exit_code == 0, result.output
    data = read_labelled([str(path)])
    found = {
        page.id: [(page.text[s.start : s.end], set(s.labels), s.claim) for s in page.segments]
        for page in data.pages
    }
    assert found == {
        "a": [("Order the tea now!", {P}, None), ("Rain fell.", {U}, "unsupported")],
        "b": [(BOILERPLATE, set(), "none")],
        "c": [(BOILERPLATE, set(), "none")],
        "d": [("<script>alert(1)</script> heals 👍 you", {P}, "supported")],
    }
    assert {page.group for page in data.pages} == {"shop", "clinic", "d"}
    again = CliRunner().invoke(main, ["review", "export", "--store", store.path, "-o", str(path)])
    assert again.exit_code == 2


def test_export_of_nothing_is_refused(store: Store) -> None:
    assert labelled_pages(store)[0] == []
    with pytest.raises(DataError, match="no decision"):
        export(store, "never.jsonl")


def test_purge_by_command(store: Store) -> None:
    arguments = ["review", "purge", "--store", store.path, "--before", "2999-01-01"]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stderr) == (0, "6 texts deleted\n")
    assert Desk(store, "ann")


def test_summary_samples_the_head_of_the_random_order(store: Store) -> None:
    order = [
        (row["page"], row["listed"])
        for row in store.db.execute("SELECT page, listed FROM page WHERE listed ORDER BY draw")
    ]
    for place in range(order[0][1]):
        say(store, order[0][0], Decision("accept"), place)
    for place in range(order[2][1]):
        say(store, order[2][0], Decision("reject"), place)
    found = summary(store)
    assert found.sample_pages == 1  # the third was decided, the second was not
    assert all(of.right == of.sampled for of in found.labels.values())
    assert sum(of.overruled for of in found.labels.values()) > 0
    assert found.reviewers[0][0] == "ann"


INTERVALS = [
    ([], None),
    ([[True]] * 10, (0.722, 1.0)),  # Wilson, 10 of 10
    ([[True], [False]] * 10, (0.299, 0.701)),  # 10 of 20 by single sentences
    (
        [[True] * 5, [False] * 5] * 2,
        (0.125, 0.875),
    ),  # the same, but only four pages: as three sentences
]


@pytest.mark.parametrize(("pages", "expected"), INTERVALS)
def test_intervals(pages: list[list[bool]], expected: tuple[float, float] | None) -> None:
    found = interval(pages)
    assert found == expected if expected is None else found == pytest.approx(expected, abs=6e-3)
