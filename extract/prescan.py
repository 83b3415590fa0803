"""What a page's own bytes say of its encoding: the HTML standard's prescan (13.2.3.2), and the XML declaration."""

from __future__ import annotations

import re

from extract.charsets import UTF_8, WINDOWS_1252, Charset, resolve

BYTES = 65_536
"""How far it looks. The standard asks for 1,024 bytes at least; browsers go on to the end of a long head."""

# Every opening of markup that the prescan tells apart; the name of a tag ends with white space, "/" or ">".
_OPENING = re.compile(rb"<!--|<[!?]|</?([a-z][^\s/>]*)|</", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"[\s/]*([^\s/>][^\s/>=]*)\s*(?:(=)\s*(?:([\"'])|([^\s>]*)))?")
_END_OF_TAG = re.compile(rb"[\s/]*>")
_CONTENT = re.compile(rb"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\"'\s;][^\s;]*))", re.IGNORECASE)
_XML = re.compile(rb"<\?xml\b[^>]*?\sencoding\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def prescan(body: bytes) -> Charset | None:
    """Return the encoding that the first meta element names which counts; None where there is none."""
    head = body[:BYTES]
    position = 0
    while opening := _OPENING.search(head, position):
        if opening[0] == b"<!--":
            position = head.find(b"-->", opening.start() + 2) + 3
        elif not opening[1]:
            position = head.find(b">", opening.end()) + 1
        else:
            attributes, position = _attributes(head, opening.end())
            if position and opening[0].lower() == b"<meta" and (charset := _named(attributes)):
                return charset
        if position < opening.end():  # it never ends
            return None
    return None


def xml_declaration(body: bytes) -> Charset | None:
    """Return the encoding of the XML declaration that *body* begins with."""
    match = _XML.match(body[:1024].lstrip())
    return _in_page((match[1] or match[2] or b"").decode("latin-1")) if match else None


def _attributes(head: bytes, position: int) -> tuple[dict[bytes, bytes], int]:
    """Return a tag's attributes, and where it ends; 0 where it doesn't. Of two with one name the first counts."""
    found: dict[bytes, bytes] = {}
    while match := _ATTRIBUTE.match(head, position):
        position = match.end()
        value = match[4] or b""
        if match[3]:
            end = head.find(match[3], position)
            if end < 0:
                return found, 0
            value, position = head[position:end], end + 1
        found.setdefault(match[1].lower(), value)
    end_of_tag = _END_OF_TAG.match(head, position)
    return found, end_of_tag.end() if end_of_tag else 0


def _named(attributes: dict[bytes, bytes]) -> Charset | None:
    """Return what a meta element says: its `charset`, or its `content` if that is the content type."""
    if b"charset" in attributes:
        return _in_page(attributes[b"charset"].decode("latin-1"))
    if attributes.get(b"http-equiv", b"").strip().lower() != b"content-type":
        return None
    match = _CONTENT.search(attributes.get(b"content", b""))
    return _in_page(next(filter(None, match.groups()), b"").decode("latin-1")) if match else None


def _in_page(label: str) -> Charset | None:
    """Return what *label* means inside a page: one that could be read byte by byte is not in UTF-16."""
    charset = resolve(label)
    if charset and charset.name.startswith("utf-16"):
        return UTF_8
    return WINDOWS_1252 if charset and charset.name == "x-user-defined" else charset
