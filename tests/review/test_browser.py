"""The desk in a real browser, by keyboard alone. Needs Chromium on the system: ``make test-browser``."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect, sync_playwright
from review_rows import SCRIPT, row, write

START = "from classifier.cli import main; main()"
PAGES = 500
#: What the browser says where the desk was killed.
REFUSED = "ERR_CONNECTION_REFUSED"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    units = [("It cures gout, friends.", "U", 0.9, 3), ("Order it now!", "P", 0.8, 0)]
    made = [row(f"p{n:03}", *units, ("Rain fell.", "", 0, 0), site=f"s{n}") for n in range(PAGES)]
    made[0] = row("script", (f"{SCRIPT} It heals you.", "U", 0.99, 5), ("Rain fell.", "", 0, 0))
    made[1] = row(
        "rtl", ("يشفي الشاي كل مرض", "U", 0.98, 5), ("نزل المطر", "", 0, 0), language="ar"
    )
    return write(tmp_path_factory.mktemp("browser") / "verdicts.jsonl", made)


@contextmanager
def desk(*arguments: object) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    command = [sys.executable, "-c", START, "review", "serve", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().strip(), process
        finally:
            process.kill()


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "there is no Chromium on this system"
    strange: list[str] = []

    def see(request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            strange.append(request.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.on("request", see)
        opened.on("pageerror", lambda error: strange.append(str(error)))
        opened.on("console", lambda line: REFUSED in line.text or strange.append(line.text))
        opened.on("dialog", lambda dialog: strange.append(dialog.message))
        yield opened
        browser.close()
    assert strange == []  # no request leaves, no error, no refused script or style


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def arrived(page: Page, key: str) -> None:
    expect(page.locator(".where")).to_have_text(key)
    expect(page.locator(".s.now")).to_be_visible()  # keys are heard


def test_forty_decisions_by_keyboard(page: Page, results: Path, tmp_path: Path) -> None:
    store, labels = tmp_path / "desk.sqlite", tmp_path / "labels.jsonl"
    with desk(results, "--store", store, "--reviewer", "ann") as (link, process):
        page.goto(link)
        expect(page.get_by_text("500 to decide")).to_be_visible()
        press(page, "Enter")
        expect(page.locator(".s.now")).to_contain_text("<script>alert(1)</script>")
        press(page, "r", "n")  # rejected, no claim: on to the next page
        arrived(page, "rtl")
        expect(page.locator(".text")).to_have_attribute("dir", "auto")
        press(page, "u")
        arrived(page, "p002")
        press(page, "l", "1", "s", "Enter")  # relabelled: promotional, and a supported claim
        expect(page.locator(".s.now")).to_contain_text("Order it now!")
        press(page, "e", "o", "k", "Enter", "a")  # with a note
        arrived(page, "p003")
        press(page, "J", "J", "m", "x", "Enter")  # a missed claim
        expect(page.locator("#verdict")).to_have_text(
            "Missed by the model: unsupported claim; by ann"
        )
        for number in range(3, 21):
            arrived(page, f"p{number:03}")
            press(page, "k", "k", "a")
            expect(page.locator("#open")).to_have_text("1")
            press(page, "a")
        arrived(page, "p021")
        press(page, "z")
        arrived(page, "p020")
        expect(page.locator(".s.now")).to_contain_text("Order it now!")
        press(page, "z")
        expect(page.locator("#verdict")).to_contain_text("Undone.")
        expect(page.locator("#open")).to_have_text("2")
        process.send_signal(signal.SIGKILL)
        process.wait()
        press(page, "a")
        expect(page.locator("#verdict")).to_contain_text("Not kept")
    with desk("--store", store, "--reviewer", "ben") as (link, _):
        page.goto(link)
        expect(page.get_by_text("480 to decide")).to_be_visible()
        page.goto(page.url + "?text=nothing+like+this")
        expect(page.get_by_text("No page is like this.")).to_be_visible()
        page.goto(page.url.partition("?")[0] + "summary")
        expect(page.get_by_text("ann: 39 decisions")).to_be_visible()
    export = ["review", "export", "--store", str(store), "-o", str(labels)]
    subprocess.run([sys.executable, "-c", START, *export], check=True)
    found = {page["id"]: page for page in map(json.loads, labels.read_text("utf-8").splitlines())}
    assert len(found) == 1 + 18  # script, p002 to p019; rtl is unsure
    assert found["script"]["segments"][0]["claim"] == "none"
    assert [s["promotional"] for s in found["p002"]["segments"]] == [True, True]
    assert found["p002"]["segments"][0]["claim"] == "supported"
    assert len(found["p003"]["segments"]) == 3
