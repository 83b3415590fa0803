"""Text without markup, and data that is text: plain text, CSV, Markdown, JSON, feeds and other XML.

Text, CSV and Markdown stay as they are, since that is what a reader quotes. In JSON, characters that are written by
their number are put in. Of XML the text is kept, an element a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from archive.words import Verdict
from extract import mojibake
from extract.decode import decode
from extract.documents.core import day_of
from extract.documents.document import Document
from extract.documents.opendocument import read_flat_opendocument
from extract.documents.package import MAX_PART, local_name, parse_xml, within_tags
from extract.markup import blocks, fold, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.words import Evidence

MAX_BYTES = MAX_PART
"""Beyond them a text is cut, and the evidence says so."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|.)")
_FIRST_SURROGATE, _FIRST_LOW = 0xD800, 0xDC00
_MAX_TAGS = 500_000
_ENTRIES = ("item", "entry")
_BODIES = ("encoded", "content", "description", "summary")
_MARKUP = re.compile(r"<[a-zA-Z/]|&\w+;")


def read_plain(body: bytes, content_type: str | None, rule: str = "plain-text") -> Document:
    """Return text as it is; *rule* names its format."""
    details: Evidence = {"bytes_read": MAX_BYTES} if len(body) > MAX_BYTES else {}
    decoded = decode(body[:MAX_BYTES], content_type=content_type)
    text = decoded.text.strip().replace("\r\n", "\n").replace("\r", "\n")
    if not text:
        return Document("no-visible-text", charset=decoded.charset, verdict=Verdict.EMPTY)
    if rule == "json":
        text = _ESCAPE.sub(_character, text)
    fixed = mojibake.repair(text)
    repair = "; ".join(filter(None, (decoded.repair, fixed.note))) or None
    return Document(rule, fixed.text, details=details, charset=decoded.charset, repair=repair)


def _character(escape: re.Match[str]) -> str:
    """Return the character of an escape in JSON (RFC 8259, 7); quotes, controls and halves stay escaped."""
    code, low = escape[1], escape[2]
    if not code or int(code, 16) < 0x80:  # noqa: PLR2004  # ASCII has quotes and controls
        return escape[0]
    first = int(code, 16)
    if low and _FIRST_SURROGATE <= first < _FIRST_LOW:
        return chr(0x10000 + ((first - _FIRST_SURROGATE) << 10) + int(low, 16) - _FIRST_LOW)
    if low:
        return escape[0]
    return escape[0] if _FIRST_SURROGATE <= first < 0xE000 else chr(first)  # noqa: PLR2004  # the last surrogate


def read_xml(body: bytes, content_type: str | None) -> Document | None:
    """Return the text of XML: a feed's entries, or an element a line; None where it is a page in XHTML."""
    read = within_tags(body[:MAX_BYTES], _MAX_TAGS)
    details: Evidence = {"bytes_read": len(read)} if len(read) < len(body) else {}
    decoded = decode(read, content_type=content_type)
    root = parse_xml(re.sub(r"^\s*<\?xml[^>]*>", "", decoded.text, count=1).encode("utf-8", "replace"))
    if root is None:
        return read_plain(body, content_type)
    name = local_name(root)
    if name == "html":
        return None
    if "opendocument" in root.tag:
        return read_flat_opendocument(root)
    language = root.get("{http://www.w3.org/XML/1998/namespace}lang") or _first(root, "language")
    if name in ("rss", "feed", "RDF"):
        lines = list(_feed(root))
        title = next((_said(element) for element in root.iter("{*}title")), None)
        day = day_of(_first(root, "updated"))
        return Document(
            "feed", "\n".join(lines) or None, title, None, day, language, (), None, details, decoded.charset
        )
    lines = list(_texts(root))
    if not lines:
        return read_plain(body, content_type, "xml")
    title = _first(root, "title")
    return Document("xml", "\n".join(lines), title, None, None, language, (), None, details, decoded.charset)


def _first(root: etree._Element, name: str) -> str | None:
    element = next(root.iter(f"{{*}}{name}"), None)
    return None if element is None else _said(element)


def _said(element: etree._Element) -> str | None:
    return fold("".join(element.itertext())) or None


def _feed(root: etree._Element) -> Iterator[str]:
    """Yield title, date and text of each entry (RSS 2.0; RFC 4287)."""
    for entry in root.iter(*(f"{{*}}{name}" for name in _ENTRIES)):
        parts = {name: _said(part) for part in reversed(entry) if (name := local_name(part))}
        yield from filter(
            None, (parts.get("title"), parts.get("pubDate") or parts.get("published") or parts.get("date"))
        )
        longest = max((parts.get(name) or "" for name in _BODIES), key=len)
        yield from _without_markup(longest)


def _without_markup(text: str) -> Iterator[str]:
    tree = parse(text) if _MARKUP.search(text) else None
    if tree is not None:
        yield from (block.text for block in blocks(tree))
    elif text:
        yield text


def _texts(root: etree._Element) -> Iterator[str]:
    """Yield each run of text between two tags that has any."""
    for element in root.iter(etree.Element):
        own = fold(element.text or "")
        if own:
            yield own
        tail = fold(element.tail or "")
        if tail and element is not root:
            yield tail
