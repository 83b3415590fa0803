"""Bytes to characters, in the order of the WHATWG standard: BOM, HTTP header, meta, detection.

Two things are done that a browser does not do, each recorded in `repair`: a page that says UTF-8 and
is something else is decoded as what it is, and so is a page that says something else and is UTF-8.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from extract.charsets import UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, Charset, resolve

_BOMS = ((codecs.BOM_UTF8, UTF_8), (codecs.BOM_UTF16_LE, UTF_16LE), (codecs.BOM_UTF16_BE, UTF_16BE))
# The standard looks at 1,024 bytes; browsers go on to the end of a long head, and so do we.
_PRESCAN_BYTES = 8192
_META = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"^\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';]+)", re.IGNORECASE)
# Each alternative reads no byte twice, so that no page of tags without an end takes long.
_TAG = re.compile(rb"<(?:script|style)\b.*?(?:</(?:script|style)\s*>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_NON_ASCII_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_MULTI_BYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NO_FIRST_BYTES = bytes(range(0xC2))
"""Of a multi-byte sequence of valid UTF-8."""
_DETECTION_SAMPLE = 6000
# What detection may answer: the legacy encodings that the web has used, none of the exotic look-alikes.
_DETECTABLE = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r",
    "shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp949", "iso8859_2",
]  # fmt: skip
# The letters beyond ASCII of languages that were written in windows-1252. Detection by statistics takes
# short German or French for windows-1250, so text that fits one of these alphabets is settled first.
_WESTERN_ALPHABETS = (
    "äöüß",
    "àâæçéèêëîïôœùûüÿ",
    "áéíñóúüª",
    "áâãàçéêíóôõúü",
    "àèéìîòóù",
    "åäöæøéüð",
    "áéëïíóöüèê",
    "àçèéíïòóúü",
    "áðéíóúýþæö",
)
_WESTERN_SHARE = 0.97
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
    found = []
    header = _HEADER.search(content_type or "")
    if header and (charset := resolve(header[1])):
        found.append(("HTTP header", charset))
    head = _COMMENT.sub(b"", body[:_PRESCAN_BYTES])
    for source, pattern in (("meta", _META), ("XML declaration", _XML_DECLARATION)):
        match = pattern.search(head)
        charset = resolve(match[1].decode("ascii", "replace")) if match else None
        if charset:
            # A meta that could be read byte by byte is not in UTF-16 (the standard, prescan, step 15).
            found.append((source, UTF_8 if charset in {UTF_16LE, UTF_16BE} else charset))
    return found


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
    if sequences == 0 and (charset := _stateful(body, declared)):
        return _accept(body, charset, None)
    source, charset = declared[0] if declared else ("", UTF_8)
    proof = _UTF8_PROOF_SINGLE_BYTE if charset.is_single_byte else _UTF8_PROOF_MULTI_BYTE
    if charset == UTF_8 or sequences == 0:
        return _accept(body, UTF_8 if sequences else charset, None)
    if sequences < proof:
        return _accept(body, charset, None)
    return _accept(body, UTF_8, f"charset: {source} says {charset.name}, the bytes are utf-8")


def _stateful(body: bytes, declared: list[tuple[str, Charset]]) -> Charset | None:
    """Return an encoding that hides in ASCII bytes: UTF-16 without a BOM, or ISO-2022-JP."""
    sample = body[:2048]
    if sample.count(0) > len(sample) // 4:
        return UTF_16LE if sample[1::2].count(0) >= sample[0::2].count(0) else UTF_16BE
    if b"\x1b$" in body and any(charset.name == "iso-2022-jp" for _, charset in declared):
        return resolve("iso-2022-jp")
    return None


def _decode_legacy(body: bytes, declared: list[tuple[str, Charset]], sequences: int) -> Decoded:
    """Decode what is not valid UTF-8: what is declared if it fits, else what the bytes look like."""
    for source, charset in declared:
        if charset != UTF_8 and _fits(body, charset):
            first, wrong = declared[0]
            note = None if wrong == charset else f"charset: {first} says {wrong.name}, {source} fits"
            return _accept(body, charset, note)
    text, invalid = _mostly_utf8(body)
    if sequences > invalid:
        return Decoded(text, UTF_8.name, f"charset: {invalid} invalid bytes in utf-8 read as windows-1252")
    if stateful := _stateful(body, declared):
        return _accept(body, stateful, None)
    charset = _detect(body)
    if not declared:
        return _accept(body, charset, None)
    source, wrong = declared[0]
    return _accept(body, charset, f"charset: {source} says {wrong.name}, the bytes are {charset.name}")


def _fits(body: bytes, charset: Charset) -> bool:
    """Return whether *body* decodes as *charset*, but for a stray error in every thousand bytes."""
    if charset.is_single_byte:
        return True
    text = body.decode(charset.codec, "replace")
    return text.count("\ufffd") <= len(body) // 1000


def _mostly_utf8(body: bytes) -> tuple[str, int]:
    """Decode as UTF-8 with each invalid byte read as windows-1252; return also how many there were."""
    text = body.decode("utf-8", "surrogateescape")
    strays = re.findall("[\udc80-\udcff]+", text)
    for stray in sorted(set(strays), key=len, reverse=True):
        text = text.replace(stray, _windows_1252(stray.encode("utf-8", "surrogateescape")))
    return text, sum(map(len, strays))


def _detect(body: bytes) -> Charset:
    """Return the legacy encoding that *body* looks like; windows-1252 where nothing speaks for another."""
    lines = _NON_ASCII_LINE.findall(_TAG.sub(b"\n", body))
    sample = b"\n".join(lines)[:_DETECTION_SAMPLE]
    if not sample:
        return WINDOWS_1252
    if _is_western(sample):
        return WINDOWS_1252
    best = from_bytes(sample, cp_isolation=_DETECTABLE).best()
    return (resolve(best.encoding) if best else None) or WINDOWS_1252


def _is_western(sample: bytes) -> bool:
    """Return whether the letters beyond ASCII are those of one language that used windows-1252."""
    letters = [c for c in _windows_1252(sample).lower() if c > "\x7f" and c.isalpha()]
    if not letters:
        return True
    return any(sum(c in alphabet for c in letters) >= _WESTERN_SHARE * len(letters) for alphabet in _WESTERN_ALPHABETS)


def _accept(body: bytes, charset: Charset, repair: str | None) -> Decoded:
    """Decode *body* as *charset*, each byte that does not fit becoming U+FFFD."""
    if charset == WINDOWS_1252:
        return Decoded(_windows_1252(body), charset.name, repair)
    return Decoded(body.decode(charset.codec, "replace"), charset.name, repair)


def _windows_1252(body: bytes) -> str:
    """Decode as the standard's windows-1252, whose five bytes without a character are C1 controls."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        table = {n: bytes([n]).decode("cp1252", "replace").replace("\ufffd", chr(n)) for n in range(0x80, 0x100)}
        return body.decode("latin-1").translate(table)
