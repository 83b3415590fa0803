"""What kind of file a body is: by its first bytes, then by its media type, then by its name."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from extract.documents.package import Package

HEAD = 1024
_BINARY_SHARE = 0.1
_CONTROLS = bytes((*range(9), *range(14, 27), *range(28, 32)))
# WHATWG MIME Sniffing, 6; ISO/IEC 14496-12, 4.3.
_MEDIA_MAGIC = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"OggS\0", b"ID3", b"fLaC", b"\x1aE\xdf\xa3",
    b"II*\0", b"MM\0*", b"\0\0\1\0", b"MThd\0\0\0\x06",
)  # fmt: skip
_ARCHIVE_MAGIC = {
    b"\x1f\x8b": "gzip", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}  # fmt: skip
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams of compound files ([MS-CFB] 2.6.1) that tell what wrote them.
_OLE_STREAMS = {
    "EncryptedPackage": "encrypted", "WordDocument": "doc", "PowerPoint Document": "ppt", "Workbook": "xls",
    "Book": "xls", "__properties_version1.0": "msg", "VisioDocument": "vsd",
}  # fmt: skip
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*|<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\b|(?:\xef\xbb\xbf)?\s*<(?:rss|feed)\b", re.IGNORECASE)
_JSON_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_TEXT_TYPES = {
    "text/plain": "plain-text", "text/csv": "csv", "text/tab-separated-values": "csv", "text/markdown": "markdown",
    "text/x-markdown": "markdown", "application/json": "json", "application/x-ndjson": "json", "text/json": "json",
    "text/calendar": "plain-text", "text/vcard": "plain-text", "text/vtt": "plain-text", "text/css": "plain-text",
    "application/x-subrip": "plain-text", "application/yaml": "plain-text", "text/yaml": "plain-text",
    "text/javascript": "plain-text", "application/javascript": "plain-text",
}  # fmt: skip
_SUFFIXES = {
    ".txt": "plain-text", ".text": "plain-text", ".log": "plain-text", ".csv": "csv", ".tsv": "csv", ".md": "markdown",
    ".markdown": "markdown", ".json": "json", ".ndjson": "json", ".srt": "plain-text", ".vtt": "plain-text",
    ".yaml": "plain-text", ".yml": "plain-text",
}  # fmt: skip
_UNTYPED = frozenset(["", "application/octet-stream", "binary/octet-stream", "application/download", "unknown/unknown"])
_MAIN_PARTS = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"))
_OPENDOCUMENT = {"text": "odt", "spreadsheet": "ods", "presentation": "odp", "graphics": "odg"}


def is_media(body: bytes, media_type: str) -> bool:
    """Tell whether *body* is an image, a sound or a film."""
    by_type = media_type.startswith(("image/", "audio/", "video/"))
    return has_media_magic(body) or (by_type and not is_html(body))


def has_media_magic(body: bytes) -> bool:
    """Tell whether *body* begins as an image, a sound or a film does."""
    if body.startswith(_MEDIA_MAGIC) or body[4:8] == b"ftyp":
        return True
    return body.startswith(b"RIFF") and body[8:12] in (b"WEBP", b"WAVE", b"AVI ")


def is_html(body: bytes) -> bool:
    """Tell whether *body* begins as a page does, whatever the server calls it."""
    return _HTML.match(body[:HEAD]) is not None


def is_xml(body: bytes, media_type: str) -> bool:
    """Tell whether *body* is XML that is no page."""
    if is_html(body) or media_type in ("text/html", "application/xhtml+xml"):
        return False
    if media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
        return True
    return (media_type in _UNTYPED or media_type == "text/plain") and _XML_START.match(body[:HEAD]) is not None


def text_format(body: bytes, media_type: str, url: str | None) -> str | None:
    """Return the rule for text that is no page, or None."""
    if media_type not in ("text/plain", "text/csv") and is_html(body):
        return None
    if media_type in _TEXT_TYPES:
        rule = _TEXT_TYPES[media_type]
        return _SUFFIXES.get(_suffix(url), rule) if rule == "plain-text" else rule
    if media_type.endswith("+json"):
        return "json"
    if media_type in _UNTYPED and (rule := _SUFFIXES.get(_suffix(url), "")):
        return rule
    return None


def archive_format(body: bytes) -> str | None:
    """Return the name of a packed format that is not unpacked, or None."""
    return next((name for magic, name in _ARCHIVE_MAGIC.items() if body.startswith(magic)), None)


def ole_format(body: bytes) -> str:
    """Return what wrote a compound file: `doc`, `xls`, ..., `encrypted` for an Office Open XML file with a password."""
    return next((kind for name, kind in _OLE_STREAMS.items() if name.encode("utf-16-le") in body), "ole")


def package_format(package: Package) -> tuple[str, str]:
    """Return what a zip file holds (`docx`, `odt`, `epub`, ..., or `zip`) and the name of its main part."""
    main = next((name for kind, name in package.relations("").values() if kind == "officeDocument"), "")
    for folder, kind in _MAIN_PARTS:
        if main.startswith(folder) and main in package:
            return kind, main
    declared = package.read("mimetype")[:HEAD].decode("latin-1").strip()
    if declared == "application/epub+zip" or "META-INF/container.xml" in package:
        return "epub", ""
    if declared.startswith("application/vnd.oasis.opendocument.") and "content.xml" in package:
        return _OPENDOCUMENT.get(
            re.split("[.-]", declared.removeprefix("application/vnd.oasis.opendocument."))[0], "odf"
        ), ""
    return "zip", ""


def is_binary(body: bytes) -> bool:
    """Tell whether *body* is no text at all: control characters that no text has (WHATWG MIME Sniffing, 5)."""
    sample = body[:HEAD]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return False
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    utf_16 = sample.count(0) > len(sample) // 4 and not any(1 <= byte < 9 for byte in sample)  # noqa: PLR2004
    return controls > _BINARY_SHARE * len(sample) and not utf_16


def _suffix(url: str | None) -> str:
    try:
        return posixpath.splitext(urlsplit(url or "").path)[1].lower()
    except ValueError:
        return ""
