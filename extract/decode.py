"""Bytes to characters, in the order of the WHATWG standard: BOM, HTTP header, meta, detection.

Two things are done that a browser does not do, each recorded in `repair`: a page that says UTF-8 and
is something else is decoded as what it is, and so is a page that says something else and is UTF-8.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from extract.charset_detection import detect_charset, disproof_of_windows_1252
from extract.charsets import STATEFUL, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, Charset, resolve
from extract.prescan import prescan, xml_declaration

_BOMS = ((codecs.BOM_UTF8, UTF_8), (codecs.BOM_UTF16_LE, UTF_16LE), (codecs.BOM_UTF16_BE, UTF_16BE))
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_MULTI_BYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NO_FIRST_BYTES = bytes(range(0xC2))
"""Of a multi-byte sequence of valid UTF-8."""
_STRAYS = {0xDC00 + byte: WINDOWS_1252.decode(bytes([byte])) for byte in range(0x80, 0x100)}
"""What the error handler `surrogateescape` makes of a byte that is no UTF-8, and what it is as windows-1252."""
_FIT_SAMPLE = 262_144
_UTF16_SAMPLE = 2048
_UTF16_ZEROS = 0.02
"""Of bytes: markup and spaces have a zero byte for each character even where the text is Chinese."""
# Fewer multi-byte sequences than these may be valid UTF-8 by chance in text that says otherwise.
_UTF8_PROOF_SINGLE_BYTE = 1
_UTF8_PROOF_MULTI_BYTE = 4


@dataclass(frozen=True, slots=True)
class Decoded:
    """Characters, and how they were made from bytes."""

    text: str
    charset: str | None
    """The encoding that was used, by the standard's name; None where there were no bytes."""
    repair: str | None
    """What the page had wrong about its encoding, and what was done about it."""


def decode(body: bytes, *, content_type: str | None = None) -> Decoded:
    """Decode *body*; never raises. *content_type* is the HTTP header's value."""
    if not body:
        return Decoded("", None, None)
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return _accept(body[len(bom) :], charset, None)
    declared = _declared(body, content_type)
    is_utf8, sequences = _utf8_evidence(body)
    if is_utf8:
        return _decode_utf8(body, declared, sequences)
    return _decode_legacy(body, declared, sequences)


def _declared(body: bytes, content_type: str | None) -> list[tuple[str, Charset]]:
    """Return what the page says of itself, as pairs of source and encoding, the most trusted first."""
    header = _HEADER.search(content_type or "")
    says = (
        ("HTTP header", resolve(header[1]) if header else None),
        ("meta", prescan(body)),
        ("XML declaration", xml_declaration(body)),
    )
    return [(source, charset) for source, charset in says if charset]


def _utf8_evidence(body: bytes) -> tuple[bool, int]:
    """Return whether *body* is valid UTF-8, and how many multi-byte sequences it has."""
    if body.isascii():
        return True, 0
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False, len(_MULTI_BYTE.findall(body))
    return True, len(body.translate(None, _NO_FIRST_BYTES))


def _decode_utf8(body: bytes, declared: list[tuple[str, Charset]], sequences: int) -> Decoded:
    """Decode valid UTF-8, unless the page says otherwise and there is too little to prove it wrong."""
    if hidden := _hidden(body, declared):
        return _accept(body, hidden, None)
    source, charset = declared[0] if declared else ("", UTF_8)
    if charset == UTF_8:
        return _accept(body, UTF_8, None)
    if sequences == 0 and not charset.is_utf and charset.name not in STATEFUL:
        return _accept(body, charset, None)
    proof = _UTF8_PROOF_SINGLE_BYTE if charset.is_single_byte or charset.is_utf else _UTF8_PROOF_MULTI_BYTE
    if sequences and sequences < proof:
        return _accept(body, charset, None)
    return _accept(body, UTF_8, f"charset: {source} says {charset.name}, the bytes are utf-8")


def _hidden(body: bytes, declared: list[tuple[str, Charset]]) -> Charset | None:
    """Return an encoding that hides in ASCII bytes: UTF-16 without a BOM, or a declared one whose escapes are there."""
    if utf_16 := _utf_16(body):
        return utf_16
    return next((charset for _, charset in declared if STATEFUL.get(charset.name, body + b"-") in body), None)


def _utf_16(body: bytes) -> Charset | None:
    sample = body[:_UTF16_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) <= _UTF16_ZEROS * len(sample) or min(even, odd) > max(even, odd) // 8:
        return None
    return UTF_16LE if odd > even else UTF_16BE


def _decode_legacy(body: bytes, declared: list[tuple[str, Charset]], sequences: int) -> Decoded:
    """Decode what is not valid UTF-8: what is declared if it fits, else what the bytes look like."""
    if hidden := _hidden(body, declared):
        return _accept(body, hidden, None)
    for source, charset in declared:
        if not charset.is_utf and charset.name not in STATEFUL and _fits(body, charset):
            first, wrong = declared[0]
            note = None if wrong == charset else f"charset: {first} says {wrong.name}, {source} fits"
            if charset == WINDOWS_1252 and (found := disproof_of_windows_1252(body)):
                return _accept(body, found, f"charset: {source} says {charset.name}, the bytes are {found.name}")
            return _accept(body, charset, note)
    text, invalid = _mostly_utf8(body) if sequences else ("", 0)
    if sequences > invalid:
        return Decoded(text, UTF_8.name, f"charset: {invalid} invalid bytes in utf-8 read as windows-1252")
    charset = detect_charset(body)
    if not declared:
        return _accept(body, charset, None)
    source, wrong = declared[0]
    return _accept(body, charset, f"charset: {source} says {wrong.name}, the bytes are {charset.name}")


def _fits(body: bytes, charset: Charset) -> bool:
    """Return whether *body* decodes as *charset*, but for a stray error in every thousand bytes."""
    if charset.is_single_byte:
        return True
    sample = body[:_FIT_SAMPLE]
    return charset.decode(sample).count("\ufffd") <= len(sample) // 1000


def _mostly_utf8(body: bytes) -> tuple[str, int]:
    """Decode as UTF-8 with each invalid byte read as windows-1252; return also how many there were."""
    text = body.decode("utf-8", "surrogateescape")
    return text.translate(_STRAYS), len(re.findall("[\udc80-\udcff]", text))


def _accept(body: bytes, charset: Charset, repair: str | None) -> Decoded:
    """Decode *body* as *charset*, each byte that does not fit becoming U+FFFD."""
    return Decoded(charset.decode(body), charset.name, repair)
