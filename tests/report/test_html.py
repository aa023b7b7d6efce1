"""The HTML report: whole, and deaf to whatever the text says."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest

from classifier.report.html import HtmlRows
from classifier.schema import Sentence, Verdict

Labels = tuple[str, ...]


class Outline(HTMLParser):
    """Tags in order, their attributes, and all text within marks and articles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.marked: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked[-1] += data


def report(labels: Labels, *verdicts: Verdict) -> str:
    stream = io.BytesIO()
    rows = HtmlRows(stream, labels)
    for verdict in verdicts:
        rows.write(verdict)
    assert not stream.getvalue(), "written as a whole, at the end"
    rows.close()
    return stream.getvalue().decode()


def test_marks(verdict: Verdict, labels: Labels) -> None:
    outline = Outline(report(labels, verdict))
    key = [*labels, "several"]
    assert outline.marked == [*key, "Order our tea\nnow!", "It cures gout."]
    assert "Velour tea" in outline.text
    assert "It is green." in outline.text
    titles = [value for name, value in outline.attributes if name == "title"]
    assert titles == [
        "promotional: 0.95 (flagged)\nunsupported_claim: 0.04\ncall_to_action: Order",
        "promotional: 0.61 (flagged)\nunsupported_claim: 0.88 (flagged)\n"
        "severity 3, cure_or_guarantee.cure: Says that a complaint is cured, ended or gone, or never "
        "comes back\n"
        "disease_claim: cures gout\ndisease_claim: gout",
    ]


def test_a_review_band(reviewed: Verdict, verdict: Verdict, labels: Labels) -> None:
    html = report(labels, reviewed)
    assert '<b>0.90</b><td class="n">1<td class="n"><span class="review">0.90</span>' in html
    assert "promotional 0.90 (flagged), unsupported_claim 0.90 (to review)" in html
    assert html.count('<mark class="review"') == 2, "in the key and in the text"
    assert "to review" not in report(labels, verdict)


def test_hostile_text_stays_text(hostile: Verdict, failure: Verdict, labels: Labels) -> None:
    sentence = Sentence(0, 1, hostile.flags, hostile.scores)
    quiet = Verdict("a", "b c", hostile.flags, hostile.scores, (sentence,))
    wild = Outline(report(labels, hostile, failure))
    tame = Outline(report(labels, quiet, Verdict("a", "", error="b")))
    assert wild.tags == tame.tags, "no text makes a tag"
    assert [name for name, _ in wild.attributes] == [name for name, _ in tame.attributes]
    assert wild.marked[-1] == hostile.id
    assert wild.text.count(hostile.id) == 7, "id twice, text thrice, model, error"
    assert {"script", "img"}.isdisjoint(wild.tags)


def test_self_contained(verdict: Verdict, labels: Labels) -> None:
    found = report(labels, verdict)
    assert found.startswith("<!doctype html>")
    assert "http" not in found
    assert not {"src", "href"} & {n for n, v in Outline(found).attributes if not v.startswith("#")}


def test_links_lead_to_articles(verdict: Verdict, failure: Verdict, labels: Labels) -> None:
    attributes = Outline(report(labels, verdict, failure, verdict)).attributes
    links = [value.removeprefix("#") for name, value in attributes if name == "href"]
    assert links == [value for name, value in attributes if name == "id"] == ["r1", "r2", "r3"]


@pytest.mark.parametrize("n", [0, 1, 5])
def test_any_number_of_labels(n: int) -> None:
    names = tuple(f"label{i}" for i in range(n))
    scores = dict.fromkeys(names, 0.5)
    sentences = tuple(Sentence(i, i + 1, (name,), scores) for i, name in enumerate(names))
    found = Outline(report(names, Verdict("x", "abcdefgh", names, scores, sentences)))
    assert found.marked[-n:] == list("abcde"[:n]) if n else found.marked == []


def test_no_pages(labels: Labels) -> None:
    assert "0 records" in report(labels)


def test_text_that_cannot_be_encoded(labels: Labels) -> None:
    assert "bad ? id" in report(labels, Verdict("\udc80", "", error="bad \ud800 id"))
