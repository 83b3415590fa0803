"""The text of PDF files."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass

import pypdf
from pypdf.errors import PyPdfError

logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_MAX_PAGES = 500
_DATE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF file says, or why it says nothing."""

    text: str | None = None
    title: str | None = None
    author: str | None = None
    created_on: str | None = None
    pages: int = 0
    problem: str | None = None
    """`encrypted`, `damaged`, or `no-text-layer` (a scan)."""


def is_pdf(body: bytes) -> bool:
    """Tell whether *body* begins as a PDF file does (ISO 32000-1, 7.5.2; readers look at the first 1,024 bytes)."""
    return b"%PDF-" in body[:1024]


def read_pdf(body: bytes) -> PdfText:
    """Return the text of *body* page by page, in the order of its content; never raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(pypdf.PdfReader(io.BytesIO(body)))
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OSError) as error:
        # pypdf meets a damaged file with whatever its structure happens to break.
        return PdfText(problem=f"damaged: {type(error).__name__}")


def _read(reader: pypdf.PdfReader) -> PdfText:
    if reader.is_encrypted and not reader.decrypt(""):
        return PdfText(problem="encrypted")
    pages = len(reader.pages)
    texts = [page.extract_text().strip() for page in reader.pages[:_MAX_PAGES]]
    text = "\n\n".join(text for text in texts if text) or None
    about = reader.metadata
    created = about.creation_date if about else None
    return PdfText(
        text=text,
        title=_string(about.title if about else None),
        author=_string(about.author if about else None),
        created_on=created.isoformat()[:_DATE_LENGTH] if created else None,
        pages=pages,
        problem=None if text else "no-text-layer",
    )


def _string(value: object) -> str | None:
    return " ".join(str(value).split()) or None if value else None
