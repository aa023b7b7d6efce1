"""The text of HTML files: what a visitor can read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from classifier.read.pages import read_pages
from classifier.read.visible import visible_text
from classifier.schema import Page

MARKED = tomllib.loads(Path(__file__).with_name("html_pages.toml").read_text("utf-8"))["page"]

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


def test_menus_are_dropped_but_buttons_stay() -> None:
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


def test_there_are_enough_marked_pages() -> None:
    assert len({page["name"] for page in MARKED}) == len(MARKED) >= 60


@pytest.mark.parametrize("page", MARKED, ids=lambda page: page["name"])
def test_what_is_seen_stays_and_what_is_not_goes(page: dict[str, Any]) -> None:
    text = visible_text(page["html"])
    assert [words for words in page["calls"] + page["seen"] if words not in text] == []
    assert [
        words
        for words in page["left_out"] + page["unseen"] + page.get("spoken", [])
        if words in text
    ] == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # blocks
        ("<p>a <b>b</b>\n c</p>d<div>e<br>f</div>", "a b c\nd\ne\nf"),
        ("<p>a</p><h2>b</h2><p>c</p><h2><a>d</a></h2>", "a\n\nb\nc\n\nd"),
        ("<ul><li>a<li><p>b</p>c<ul><li>d</ul></ul>", "- a\n- b\nc\n- d"),
        ("<ul><li></li></ul>a<ul><li><h3>b</h3></ul>", "a\n\nb"),
        ("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\nb\nc\nd"),
        ("a<button>b</button>c<a class='my-btn' href>d</a><i role=button>e</i>", "a\nb\nc\nd\ne"),
        ("<input type=SUBMIT value=a><input value=b><input type=image alt=c role=button>", "a\nc"),
        ("a <input type=radio value=b alt=c> d", "a d"),
        ("a <img alt='b'>c<img alt=''><img>", "a b c"),
        ("<select><option>a<option>b</select>", "a\nb"),
        ("<pre>a  b\nc</pre>", "a b\nc"),
        ("a&nbsp;b\u2028c", "a b c"),
        ("H<sub>2</sub>O, <b>Super</b>food", "H2O, Superfood"),
        # elements that a stylesheet would part
        ("<span>Tea</span><span>$24</span> <i>a</i><i>b</i>", "Tea $24 ab"),
        ("<del>$30</del><ins>24</ins><b>ab</b><b>cd</b>", "$30 24 ab cd"),
        # tables
        ("<table><tr><td>a<td>b<tr><td>c<td><b>d</b></table>", "| a | b |\n| c | d |"),
        ("<table><tr><td>a<td><tr><th><th></table>", "a"),
        ("<table><tr><td>a<td>b<p>c</table>", "a\nb\nc"),
        ("<table><tr><td><table><tr><td>a<td>b</table>c<td>d</table>", "| a | b |\nc\nd"),
        ("<td>a<td>b", "a\nb"),
        # what stands for the page
        ("<title>a\n b</title><meta name=Description content='c &amp; d'>e", "a b\nc & d\ne"),
        ("<title>a</title><meta name=description content=b><h1>a</h1>b", "a\nb"),
        ("<svg><title>a</title><text>b</text></svg><title>c</title>", "c\nb"),
        # menus
        ("<nav><a>a</a> <a>b c</a><ul><li><a>Shop now</a></ul>d</nav>", "- Shop now\nd"),
        ("<ul><li><a>a</a><li><a>b</a><ul><li><a>c</a></ul></ul>d", "d"),
        ("<ul><li><a>a</a><li>b</ul>", "- a\n- b"),
        ("<ul><li><a>a</a><li><a>b</a>: c<ul><li><a>d</a></ul></ul>", "- a\n- b: c"),
        ("<ul><li><a>one two three four five</a><li><a>a</a></ul>", "- one two three four five"),
        ("<ul><li><a><h3>a</h3>$5</a></ul>", "a\n$5"),
        ("<nav><table><tr><td><a>a</a><td>b</table></nav>c", "| a | b |\nc"),
        ("<div role=navigation><a>a</a></div><a>b</a>", "b"),
        ("<nav><a>One two</a> <a>three</a> <a>Book a visit</a> <a>four</a></nav>", "Book a visit"),
        ("<nav><a>a</a> » <a>b</a> » here</nav>", "» here"),
        # what is not seen
        ("<p hidden>a<p>b", "b"),
        ("<div hidden><p>a</p><br><div>b</div></div>c", "c"),
        ("<p style='DISPLAY:none'>a</p><p style='visibility : hidden'>b</p>c", "c"),
        ("<p style='backface-visibility:hidden'>a</p><p style=--x-display:none>b", "a\nb"),
        ("<p class='sticky-x trusted-by skip-lazy'>a<p class=cookies-and-cream-bar>b", "a\nb"),
        ("<p class=cookie-law-info-bar>a<p class=js-cookieConsentPopup>b<p>c", "c"),
        ("<p id='a cky-x'>a<p class=cookieconsent>b<p>c", "c"),
        ("<body hidden><main style='display:none'>a</main></body>", "a"),
        ("<dialog>a</dialog><dialog open>b</dialog><p popover>c</p>", "b"),
        ("<p aria-hidden=true>a</p><p aria-hidden=true role=dialog>b</p>", "a"),
        ("<noscript>a</noscript><template><p>b</p></template><textarea>c</textarea>d", "d"),
        ("<p class='x Cookie-Banner'>a</p><p id=onetrust-y>b</p><p class=cookies>c</p>", "c"),
        (
            "<p role=dialog aria-label='Cookies'>a</p><p role=dialog>b</p><p aria-label=cookie>c",
            "b\nc",
        ),
        ("<a class=skip-link>a</a><i class=sr-only>b</i><i class='not-sr-only'>c</i>", "c"),
        ("<!-- a --><script>'<p>b'</script><style>c</style>d", "d"),
        ("<details><summary>a</summary>b</details>", "a\nb"),
        ("", ""),
    ],
)
def test_lines(source: str, text: str) -> None:
    assert visible_text(source) == text


def test_a_character_may_lie_where_pieces_meet() -> None:
    for length in range((1 << 14) - 8, 1 << 14):
        assert visible_text("x" * length + "é&eacute;<b>🌿</b>").endswith("xéé🌿")


def test_elements_may_lie_deep_but_not_without_end() -> None:
    assert visible_text("<div>" * 900 + "a") == "a"
    with pytest.raises(ValueError, match="more than 1,000 deep"):
        visible_text("<div>" * 1100 + "a")


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
