"""PDF, Word and Excel files: the text that is found, and what broken or hostile ones come to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import classifier
from classifier.errors import InputError
from classifier.read.pages import read_pages, read_records
from classifier.read.sources import expand
from classifier.report import passed_over
from classifier.schema import Page, RawPage
from document_files import excel, lines, paragraph, pdf, stream, word, zipped

LISTED = '<w:tabs><w:tab w:val="left"/></w:tabs><w:numPr/>'
ONE, TWO = (f"<w:tc>{cell}</w:tc>" for cell in (paragraph("a"), paragraph("b") + paragraph("c")))
ROWS_OF_CELLS = (ONE + ONE, TWO + ONE, ONE + "<w:tc><w:p/></w:tc>")
TABLE = "".join(f"<w:tr>{cells}</w:tr>" for cells in ROWS_OF_CELLS)
BOX = f"<w:p><w:r><w:txbxContent>{paragraph('box')}</w:txbxContent><w:t>host</w:t></w:r></w:p>"
ROWS = (
    '<row><c t="s"><v>1</v></c><c/><c><f>A1*2</f><v>3.5</v></c></row>'
    '<row><c t="inlineStr"><is><t>two\nlines</t></is></c><c t="s"><v>0</v></c></row>'
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name: str, data: bytes, **options: object) -> Page:
    Path(name).write_bytes(data)
    (page,) = read_pages([name], **options)
    assert page.id == name
    return page


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.pdf", pdf(lines("Order now.", "It cures all.")), "Order now.\nIt cures all."),
        ("a.pdf", pdf(lines("one"), lines("two"), packed=True), "one\ntwo"),
        ("a.docx", word(paragraph("One ") + paragraph("two")), "One\ntwo"),
        ("a.docx", word("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/></w:r></w:p>"), "a\tb"),
        ("a.docx", word(paragraph("item", LISTED)), "- item"),
        ("a.docx", word(paragraph("i", '<w:pStyle w:val="ListBullet"/><w:numPr/>')), "- i"),
        ("a.docx", word(paragraph("h", '<w:pStyle w:val="Heading1"/>')), "h"),
        ("a.docx", word(TABLE), "| a | a |\nb\nc\na\na"),
        ("a.docx", word(f"<w:sdt>{paragraph('control')}</w:sdt>"), "control"),
        ("a.docx", word(BOX + f"<w:Fallback>{BOX}</w:Fallback>"), "box\nhost"),
        ("a.docx", word(paragraph("a"), footnotes=paragraph("note")), "a\nnote"),
        ("a.xlsx", excel(ROWS, strings=["s", "t"]), "| t | 3.5 |\ntwo\nlines\ns"),
        ("a.xlsx", excel(*[f"<row><c><v>{n}</v></c></row>" for n in range(12)]), None),
    ],
)
def test_text(name: str, data: bytes, text: str | None) -> None:
    page = read(name, data)
    assert page.error is None
    assert page.text == (text or "\n".join(map(str, range(12))))
    assert page.carry_text


def test_documents_are_parsed_where_they_are_scored() -> None:
    Path("a.pdf").write_bytes(b"anything")
    assert list(read_records(["a.pdf"])) == [RawPage("a.pdf", "a.pdf", b"anything", "pdf")]


LOOP = stream(
    b"/X Do /X Do", b"/Type /XObject /Subtype /Form /Resources << /XObject << /X 4 0 R >> >> "
)
SHARED = '<c t="s"><v>0</v></c>'
LAUGHS = '<!DOCTYPE d [<!ENTITY a0 "lol">{}]><d><p><t>&a9;</t></p></d>'.format(
    "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"", "pdf"),
        ("a.pdf", b"%PDF-1.4 and no more", "pdf"),
        ("a.pdf", pdf(lines("one"))[:-200], "pdf"),
        ("a.pdf", pdf(b""), "no text"),
        ("a.pdf", pdf(b" " * 20_000_000, packed=True), "pdf"),
        ("a.pdf", pdf(lines("x" * 2000) * 9_999, packed=True), "pdf"),
        ("a.docx", b"", "docx"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted"),
        ("a.docx", zipped({"other": ""}), "no text"),
        ("a.docx", word("")[:-30], "docx"),
        ("a.docx", word("<w:p>"), "docx"),
        ("a.docx", word("</w:tc>"), "docx"),
        ("a.docx", word(" " * 20_000_000), "unpacks to 20,000,"),
        ("a.docx", word(paragraph("long " * 300_000)), "more than the 1,000,000 allowed"),
        ("a.docx", zipped({"word/document.xml": LAUGHS}), "docx"),
        ("a.xlsx", excel('<row><c t="s"><v>9</v></c></row>'), "xlsx"),
        ("a.xlsx", excel('<row><c t="s"><v>x</v></c></row>'), "xlsx"),
        ("a.xlsx", excel(f"<row>{SHARED * 999}</row>", strings=["x" * 99_999]), "a row"),
        ("a.xlsx", excel(f"<row>{SHARED}</row>" * 999, strings=["x" * 99_999]), "more than"),
    ],
)  # fmt: skip
def test_what_is_broken_or_hostile_is_a_row_with_an_error(
    name: str, data: bytes, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    page = read(name, data)
    assert page.error is not None
    assert page.error.startswith(name)
    assert words in page.error
    assert len(page.error) < 300
    assert capfd.readouterr() == ("", "")


def test_forms_that_show_themselves_come_to_an_end() -> None:
    page = read("a.pdf", pdf(lines("one") + b" /X Do", more=[LOOP]))
    assert page.text == "one" or page.error


def test_an_encrypted_pdf_is_named() -> None:
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write("a.pdf")
    (page,) = read_pages(["a.pdf"])
    assert "not been decrypted" in (page.error or "")


def test_without_the_extra_the_hint_names_it() -> None:
    code = "import sys; sys.modules['pypdf'] = None; from classifier.read.pages import FORMATS"
    code += "; print(*FORMATS)"
    root = Path(classifier.__file__).parents[1]
    shown = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=root)
    formats = dict.fromkeys(shown.split(), "any")
    assert (".pdf" in formats, ".docx" in formats) == (False, True)
    Path("a.pdf").write_bytes(pdf(lines("one")))
    for given in ("a.pdf", "*.pdf", "."):
        with pytest.raises(InputError, match=r"\[documents\]"):
            expand([given], formats)
    assert "[documents]" in passed_over(["b/a.PDF"], [])
    assert "[documents]" not in passed_over(["a.odt"], [])
