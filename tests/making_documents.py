"""Makes files for the tests of `extract.documents`: PDF with text at places, packages of XML parts."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIXTURES = Path(__file__).parent / "documents"
"""Files of our own words, written by the programs that they are named for."""

ABOUT = {"/Title": "The lift  report", "/Author": "County of Elm", "/CreationDate": "D:20310402080000Z"}
CHAR = 0.5
"""How wide a character of `pdf` is, in sizes of its font (Courier's are 0.6; 0.5 keeps words apart)."""

Placed = tuple[float, float, float, str]
"""Left edge, base line, size, and text."""


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def column(
    lines: Sequence[str], *, left: float = 40, top: float = 800, size: float = 9, pitch: float = 12
) -> list[Placed]:
    """Place *lines* one below the other."""
    return [(left, top - pitch * index, size, line) for index, line in enumerate(lines)]


def pdf(
    *pages: Sequence[Placed],
    about: Mapping[str, str] = ABOUT,
    password: str | None = None,
    owner_only: bool = False,
    turned: Sequence[Placed] = (),
) -> bytes:
    """Return a PDF file with a page for each list; an empty list is a page without anything on it.

    What is *turned* stands on every page, a right angle counter-clockwise.
    """
    writer = PdfWriter()
    writer.add_metadata(dict(about))
    for placed in pages:
        page = writer.add_blank_page(595, 842)
        if placed or turned:
            names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Courier", "/Encoding": "/WinAnsiEncoding"}
            font = DictionaryObject({NameObject(name): NameObject(value) for name, value in names.items()})
            fonts = DictionaryObject({NameObject("/F1"): font})
            page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
            stream = DecodedStreamObject()
            shown = [_shown("1 0 0 1", line) for line in placed] + [_shown("0 1 -1 0", line) for line in turned]
            stream.set_data(b"\n".join(shown))
            page[NameObject("/Contents")] = writer._add_object(stream)
    if password is not None or owner_only:
        writer.encrypt(password or "", owner_password="owner", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def scan(pages: int) -> bytes:
    """Return a PDF file as a scanner makes it: each page is one grey picture over all of it, of lines of black bars."""
    writer = PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(595, 842)
        picture = DecodedStreamObject()
        picture.set_data(b"".join((b"\xff" * 60, b"\xff\x10\x10\xff" * 15)[row // 3 % 2] for row in range(84)))
        about = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}
        picture.update({NameObject(name): NameObject(value) for name, value in about.items()})
        sizes = {"/Width": 60, "/Height": 84, "/BitsPerComponent": 8}
        picture.update({NameObject(name): NumberObject(value) for name, value in sizes.items()})
        pictures = DictionaryObject({NameObject("/Im0"): writer._add_object(picture.flate_encode())})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): pictures})
        shown = DecodedStreamObject()
        shown.set_data(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
        page[NameObject("/Contents")] = writer._add_object(shown)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _shown(matrix: str, line: Placed) -> bytes:
    left, base, size, text = line
    escaped = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return f"BT /F1 {size} Tf {matrix} {left} {base} Tm (".encode() + escaped + b") Tj ET"


def package(parts: Mapping[str, str | bytes], *, stored: Sequence[str] = ()) -> bytes:
    """Return a zip file of *parts*."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            kind = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            file.writestr(zipfile.ZipInfo(name, (2031, 4, 2, 8, 0, 0)), content, kind)
    return written.getvalue()


_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relations(**targets: str) -> str:
    """Return the XML of relations: the kind of each, with the part that it leads to."""
    found = "".join(
        f'<Relationship Id="{kind}" Type="{_RELATIONS}/{kind.rstrip("0123456789")}" Target="{target}"/>'
        for kind, target in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'
    )


def docx(body: str, parts: Mapping[str, str] | None = None, **kinds: str) -> bytes:
    """Return a Word file with *body*, and further *parts* that the main part refers to by *kinds*."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    fallback = "http://schemas.openxmlformats.org/markup-compatibility/2006"

    def whole(name: str, content: str) -> str:
        return f'<w:{name} xmlns:w="{word}" xmlns:mc="{fallback}">{content}</w:{name}>'

    return package(
        {
            "_rels/.rels": relations(officeDocument="word/document.xml"),
            "word/document.xml": whole("document", f"<w:body>{body}</w:body>"),
            "word/_rels/document.xml.rels": relations(**kinds),
            **{f"word/{name}": whole("root", content) for name, content in (parts or {}).items()},
        }
    )
