"""`extract.pdf`: the text of PDF files, or why there is none."""

from __future__ import annotations

import io

import pytest
from extract_pages import ARTICLES
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from archive.records import Verdict
from extract import extract_page
from extract.pdf import is_pdf, read_pdf

LINES = [line.replace("'", "").encode("ascii", "replace").decode() for line in ARTICLES["en"][1][:3]]


def pdf(*pages: list[str], password: str | None = None, owner_only: bool = False) -> bytes:
    """Return a PDF file with a page for each list of lines; an empty list is a page without a text layer."""
    writer = PdfWriter()
    writer.add_metadata(
        {"/Title": "The lift  report", "/Author": "County of Elm", "/CreationDate": "D:20310402080000Z"}
    )
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        if lines:
            font = DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/Font"),
                    NameObject("/Subtype"): NameObject("/Type1"),
                    NameObject("/BaseFont"): NameObject("/Helvetica"),
                }
            )
            fonts = DictionaryObject({NameObject("/F1"): font})
            page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
            stream = DecodedStreamObject()
            shown = " ".join(f"({line.replace('(', ' ').replace(')', ' ')}) Tj 0 -14 Td" for line in lines)
            stream.set_data(f"BT /F1 9 Tf 40 800 Td {shown} ET".encode("latin-1"))
            page[NameObject("/Contents")] = writer._add_object(stream)
    if password is not None or owner_only:
        writer.encrypt(password or "", owner_password="owner", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_text_stands_page_by_page_with_what_the_file_says_of_itself() -> None:
    made = extract_page(pdf(LINES[:2], LINES[2:]), headers={"content-type": "application/pdf"})
    assert made.verdict == Verdict.DOCUMENT
    assert made.text == "\n".join(LINES[:2]) + "\n\n" + LINES[2]
    assert made.evidence == {"rule": "pdf", "pages": 2}
    assert (made.title, made.byline, made.published_on) == ("The lift report", "County of Elm", "2031-04-02")
    assert made.language == "en"


def test_scan_has_no_text_and_says_so() -> None:
    made = extract_page(pdf([], []))
    assert made.verdict == Verdict.DOCUMENT
    assert (made.text, made.language) == (None, None)
    assert made.evidence == {"rule": "pdf", "pages": 2, "problem": "no-text-layer"}


def test_encrypted_file_has_no_text_and_says_so() -> None:
    made = extract_page(pdf(LINES, password="secret"))
    assert (made.verdict, made.text, made.evidence["problem"]) == (Verdict.DOCUMENT, None, "encrypted")


def test_file_that_anyone_may_read_is_read() -> None:
    assert LINES[0] in (read_pdf(pdf(LINES, owner_only=True)).text or "")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_cut_off_file_has_what_is_left_or_says_that_it_is_damaged(share: float) -> None:
    whole = pdf(LINES)
    made = extract_page(whole[: int(len(whole) * share)])
    assert made.verdict == Verdict.DOCUMENT
    assert made.evidence["rule"] == "pdf"
    assert made.text or made.evidence["problem"]


def test_file_is_known_by_its_bytes_whatever_the_server_says() -> None:
    body = b"\r\n" + pdf(LINES)
    assert is_pdf(body)
    assert extract_page(body, headers={"content-type": "text/html"}).evidence["rule"] == "pdf"


def test_error_page_that_says_it_is_a_pdf_is_an_error_page() -> None:
    made = extract_page(b"<p>gone</p>", headers={"content-type": "application/pdf"}, http_status=404)
    assert made.evidence["rule"] == "http-status"


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_files_have_an_answer(data: st.DataObject) -> None:
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=20))
    made = extract_page(b"%PDF-" + bytes(body))
    assert made.verdict == Verdict.DOCUMENT
    assert made.evidence["rule"] == "pdf"


WHOLE = pdf(LINES[:2], LINES[2:])
