"""The text of HTML files: what a visitor can read."""

from pathlib import Path
from typing import Any

import pytest

from classifier.read.pages import read_pages
from classifier.schema import Page

PARAGRAPH = (
    "Nettle grows along ditches and field edges in most of the temperate north. Its young leaves "
    "are eaten as soup, and its stems once gave a fibre from which sails were made."
)
SHORT = """<h1>Nettle tea</h1><p>A tea of <b>dried</b>
leaves.</p><ul><li>Organic</li><li>Loose</li></ul>
<table><tr><td>50 g</td><td>4 EUR</td></tr></table><button>Add to basket</button>"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(body: str | bytes, name: str = "a.html", **options: Any) -> Page:
    if isinstance(body, str):
        body = f"<html><body>{body}</body></html>".encode()
    Path(name).write_bytes(body)
    (page,) = read_pages([name], **options)
    return page


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.HTM"])
def test_a_file_is_one_page_that_carries_its_text(name: str) -> None:
    page = read(SHORT, name)
    assert (page.id, page.error, page.carry_text) == (name, None, True)


@pytest.mark.parametrize(
    "body", [SHORT, f"<article>{SHORT}</article>", SHORT + f"<p>{PARAGRAPH}</p>"]
)
def test_blocks_have_lines_of_their_own(body: str) -> None:
    lines = [line.strip("-| ") for line in read(body).text.split("\n")]
    for line in ("Nettle tea", "A tea of dried leaves.", "Organic", "Loose", "Add to basket"):
        assert line in lines
    assert any("50 g" in line for line in lines)


def test_furniture_is_dropped_from_long_pages_but_buttons_stay() -> None:
    menu = (
        "<nav><ul>"
        + "".join(f"<li><a href=/{n}>Menu {n}</a></li>" for n in range(9))
        + "</ul></nav>"
    )
    parts = "".join(
        f"<h2>Part {n}</h2><p>{PARAGRAPH} ({n})</p><button>Buy {n}</button>" for n in range(4)
    )
    text = read(
        f"{menu}<article><h1>Nettle</h1>{parts}</article><script>var x = 'code';</script>"
    ).text
    assert "Menu" not in text
    assert "code" not in text
    assert text.count("Nettle grows") == 4
    assert "\nBuy 2\n" in text
    assert "\nPart 3\n" in text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<div>Only a div</div>", "Only a div"),
        ("<p>First<p>Second", "First\nSecond"),
        ("<button>Buy</button>", "Buy"),
        ("No element at all", "No element at all"),
        ("<p>&eacute;&#x1F33F; &amp; more</p>", "é🌿 & more"),
    ],
)
def test_little_text_is_text(body: str, text: str) -> None:
    assert read(body).text == text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset='utf-8'>", "utf-8"),
        ("", "utf-8"),
        ("<meta charset=ISO-8859-1>", "cp1252"),
        ('<META http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ('<?xml version="1.0" encoding="Shift_JIS"?>', "shift_jis"),
        ("<meta charset='utf-16'>", "utf-8"),
        ("<meta charset='hex'>", "utf-8"),
        ("<meta charset='no-such-thing'>", "utf-8"),
    ],
)
def test_a_declared_encoding_is_honoured(head: str, encoding: str) -> None:
    word = {"cp1251": "чай", "shift_jis": "お茶"}.get(encoding, "thé")
    page = read(f"{head}<html><body><p>Tea: {word}</p></body></html>".encode(encoding))
    assert page.text == f"Tea: {word}"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<p>caf\xe9</p>", "not UTF-8 at byte offset 6"),
        (b"\xef\xbb\xbf<p>caf\xe9</p>", "byte offset 9"),
        (b"<p>a\0b</p>", "NUL"),
        (b"", "no text"),
        (b"<html><body></body></html>", "no text"),
        (b"<html><body><script>x()</script></body></html>", "no text"),
        (b"<" * 10_000, "a.html: "),
        (b"<div>" * 10_000, "a.html: "),
        (b"<p>" + b"x" * 2_000_000, "longer than"),
        (b"<p>" + b"x" * 200 + b"</p>", "200 characters"),
    ],
)
def test_bad_files_are_told(data: bytes, words: str) -> None:
    page = read(data, max_chars=100)
    assert (page.id, page.text) == ("a.html", "")
    assert words in str(page.error)


def test_a_failing_parser_costs_one_page(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.read import html

    def fail(source: str) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr(html, "visible_text", fail)
    (here / "a.html").write_text("<p>t</p>")
    (here / "b.txt").write_text("neighbour")
    first, second = read_pages(["a.html", "b.txt"])
    assert "RecursionError: too deep" in str(first.error)
    assert second.text == "neighbour"


def test_a_fragment_is_read_like_a_document() -> None:
    assert read(b"<p>One</p>").text == "One"
    assert read(b"Words alone").text == "Words alone"


def test_the_heading_above_the_article_stays() -> None:
    parts = "".join(f"<p>{PARAGRAPH} ({n})</p>" for n in range(4))
    text = read(f"<header><h1>Nettle ends gout</h1></header><article>{parts}</article>").text
    assert text.startswith("Nettle ends gout\nNettle grows")
