"""Small PDF, Word and Excel files, made by hand."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
EXCEL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def zipped(members: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def word(body: str, **parts: str) -> bytes:
    """A Word file of the XML of a body, and of other parts."""
    xml = {"document": f"<w:body>{body}</w:body>"} | parts
    return zipped({f"word/{n}.xml": f'<w:d xmlns:w="{WORD}">{x}</w:d>' for n, x in xml.items()})


def paragraph(text: str, marks: str = "") -> str:
    return f"<w:p><w:pPr>{marks}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def excel(*sheets: str, strings: Sequence[str] = ()) -> bytes:
    """An Excel file of the XML of the rows of its sheets, and shared strings."""
    xml = {
        f"worksheets/sheet{number}": f"<sheetData>{rows}</sheetData>"
        for number, rows in enumerate(sheets, 1)
    }
    xml["sharedStrings"] = "".join(f"<si><t>{text}</t></si>" for text in strings)
    return zipped({f"xl/{n}.xml": f'<x xmlns="{EXCEL}">{x}</x>' for n, x in xml.items()})


def pdf(*pages: bytes, packed: bool = False, more: Sequence[bytes] = ()) -> bytes:
    """A PDF file of the content streams of its pages, and other objects from number 4 on."""
    first = 4 + len(more)
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *more,
    ]
    for number, content in enumerate(pages):
        data = zlib.compress(content) if packed else content
        filters = b"/Filter /FlateDecode " if packed else b""
        resources = b"<< /Font << /F 3 0 R >> /XObject << /X 4 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources %b /Contents %d 0 R >>"
            % (resources, first + 2 * number + 1)
        )
        objects.append(stream(data, filters))
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n" % (len(places) + 1, table)
    out += b"<< /Size %d /Root 1 0 R >>\n" % (len(places) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % (out.index(b"xref\n0 ")))


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< %b/Length %d >>\nstream\n%b\nendstream" % (entries, len(data), data)


def lines(*texts: str) -> bytes:
    """The content stream that shows lines of text, one below the other."""
    shown = "".join(f"({text}) Tj T* " for text in texts)
    return f"BT /F 12 Tf 14 TL 50 750 Td {shown}ET".encode()
