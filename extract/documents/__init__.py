"""Files that are no pages: PDF, office files, text, data, media. One function reads them all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archive.words import Verdict
from extract.documents import kinds
from extract.documents.book import read_book
from extract.documents.document import BY_BYTES, BY_TYPE, NO_FORMAT, Document
from extract.documents.opendocument import read_opendocument
from extract.documents.package import Package, PackageError
from extract.documents.pdf import is_pdf, read_pdf
from extract.documents.plain import read_plain, read_xml
from extract.documents.rich_text import MAGIC as RTF_MAGIC
from extract.documents.rich_text import read_rich_text
from extract.documents.sheets import read_sheets
from extract.documents.slides import read_slides
from extract.documents.word import read_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.words import Evidence

__all__ = ["Document", "is_binary", "read_document"]

_OPEN_XML: dict[str, Callable[[Package, str, str], Document]] = {
    "docx": read_word,
    "pptx": read_slides,
    "xlsx": read_sheets,
}


def read_document(body: bytes, *, content_type: str | None = None, url: str | None = None) -> Document | None:  # noqa: PLR0911  # a kind of file each
    """Return what *body* says, or None where it is to be read as a page of HTML.

    The first bytes decide, then the media type, then the name in *url*.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if _is_pdf(body):
        return read_pdf(body)
    if body.startswith(kinds.ZIP_MAGIC):
        return _read_package(body)
    if body.startswith(kinds.OLE_MAGIC):
        return _unread(kinds.ole_format(body), body)
    if body.startswith(RTF_MAGIC):
        return read_rich_text(body)
    if kinds.is_media(body, media_type):
        sure = BY_BYTES if kinds.has_media_magic(body) else BY_TYPE
        details: Evidence = {"media_type": media_type or None}
        return Document("media-type", details=details, verdict=Verdict.MEDIA, confidence=sure)
    if packed := kinds.archive_format(body):
        return _unread(packed, body)
    if kinds.is_binary(body):
        details = {"media_type": media_type or None, "bytes": len(body)}
        return Document("binary", problem="unknown-format", details=details, confidence=NO_FORMAT)
    if kinds.is_xml(body, media_type):
        return read_xml(body, content_type)
    rule = kinds.text_format(body, media_type, url)
    return replace(read_plain(body, content_type, rule), confidence=BY_TYPE) if rule else None


def is_binary(body: bytes) -> bool:
    """Tell whether no words stand in *body* as they would on a page, whatever it is."""
    return kinds.is_binary(body) or _is_pdf(body)


def _is_pdf(body: bytes) -> bool:
    return is_pdf(body) and not kinds.is_html(body)


def _read_package(body: bytes) -> Document:
    kind = "zip"
    try:
        package = Package(body)
        kind, main = kinds.package_format(package)
        if kind in _OPEN_XML:
            return _OPEN_XML[kind](package, main, kind)
        if kind == "epub":
            return read_book(package)
        if kind != "zip":
            return read_opendocument(package, kind)
    except PackageError as error:
        return Document(kind, problem=str(error), details={"bytes": len(body)})
    return _unread("zip", body)


def _unread(kind: str, body: bytes) -> Document:
    if kind == "encrypted":
        return Document("ole", problem="encrypted", details={"bytes": len(body)})
    return Document(kind, problem="format-not-supported", details={"bytes": len(body)})
