"""HTTP/1.x messages as they were on the wire: tolerant reading, nothing changed.

RFC 9112 for the framing, RFC 9110 for content codings. What a strict parser refuses (bare LF, a missing reason, a
header without a colon) is read as browsers read it, because the bytes are evidence and can't be asked to be better.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import brotli

from archive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

try:  # in the standard library from Python 3.14 on
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from backports import zstd

MAX_CONTENT = 256 * 1024 * 1024
"""Decoded bytes beyond which a body counts as a decompression bomb."""

_MAX_CHUNK_LINE = 64 * 1024
_FIRST_PIECE = 512
_LAST_PIECE = 1024 * 1024
_SWITCHING = 101
_DECIMAL = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]+")


class ContentDecodeError(ArchiveError):
    """A body is not in the content coding that its headers say, or is larger than allowed once decoded."""


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A response as it was received."""

    status: int
    """0 when the status line has no number."""
    reason: str
    version: str
    headers: tuple[tuple[str, str], ...]
    """In order, names as sent, values without surrounding white space; bytes as Latin-1 (RFC 9110 5.5)."""
    payload: bytes
    """Transfer-decoded, still content-encoded: what `WARC-Payload-Digest` is about (annotated WARC 1.1, 5.9)."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def content(self, limit: int = MAX_CONTENT) -> bytes:
        """Return the payload without its content codings; raises ContentDecodeError."""
        body = self.payload
        codings = [
            coding.strip().lower()
            for name, value in self.headers
            if name.lower() == "content-encoding"
            for coding in value.split(",")
        ]
        for coding in reversed(codings):
            body = decode_content(body, coding, limit)
        return body


def split_head(message: bytes) -> tuple[bytes, bytes]:
    """Split a message behind the empty line that ends its head; without one, all of it is head."""
    end = _end_of_head(message, 0)
    return message[:end], message[end:]


def _end_of_head(message: bytes, at: int) -> int:
    """Return where the head that begins *at* ends, its empty line included; the message's end where it has none.

    Lines end with LF, with or without CR before it (RFC 9112 2.2).
    """
    while (end := message.find(b"\n", at)) != -1:
        if message[at:end] in (b"", b"\r"):
            return end + 1
        at = end + 1
    return len(message)


def parse_response(block: bytes) -> HttpMessage:
    """Read the bytes of one response, interim (1xx) responses before it left out; total, for any bytes."""
    start = 0
    while True:
        end = _end_of_head(block, start)
        head = block[start:end]
        status, reason, version = _status_line(head.split(b"\n", 1)[0])
        if status // 100 != 1 or status == _SWITCHING or end == len(block):
            break
        start = end
    headers = tuple(_headers(head))
    return HttpMessage(status, reason, version, headers, _payload(status, headers, block[end:]))


def _status_line(line: bytes) -> tuple[int, str, str]:
    version, _, rest = line.decode("latin-1").strip().partition(" ")
    number, _, reason = rest.strip().partition(" ")
    return _number(number) or 0, reason.strip(), version


def _headers(head: bytes) -> Iterator[tuple[str, str]]:
    name, folds = "", [""]
    for raw in head.split(b"\n")[1:]:
        line = raw.rstrip(b"\r").decode("latin-1")
        if line[:1] in (" ", "\t") and name:
            folds.append(line.strip())  # obs-fold, RFC 9112 5.2
            continue
        if name:
            yield name, " ".join(folds)
        name, colon, value = line.partition(":")
        name, folds = (name.strip(), [value.strip()]) if colon else ("", [""])
    if name:
        yield name, " ".join(folds)


def _payload(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    if status in (204, 304):
        return b""
    codings = ",".join(value for name, value in headers if name.lower() == "transfer-encoding").lower()
    if codings.strip().endswith("chunked"):
        return b"".join(iterate_chunks(body))
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    length = _number(lengths[0]) if lengths else None
    return body if length is None else body[:length]


def _number(text: str) -> int | None:
    """Return the decimal number that *text* is; None for anything else, and for what no length or status can be."""
    return int(text) if _DECIMAL.fullmatch(text) else None


def iterate_chunks(body: bytes) -> Iterator[bytes]:
    """Iterate over the chunks of a chunked body (RFC 9112 7.1), as far as they are whole or begun."""
    at = 0
    while (end := body.find(b"\n", at, at + _MAX_CHUNK_LINE)) != -1:
        size_text = body[at:end].split(b";", 1)[0].strip()
        size = int(size_text, 16) if _CHUNK_SIZE.fullmatch(size_text) else 0
        if size == 0:
            return
        yield body[end + 1 : end + 1 + size]
        at = body.find(b"\n", end + 1 + size) + 1
        if at == 0:
            return


def decode_content(body: bytes, coding: str, limit: int = MAX_CONTENT) -> bytes:
    """Undo one content coding of *body*; raises ContentDecodeError for another format or more than *limit* bytes.

    A body that ends early gives what can be had of it. Codings nobody registered are taken as `identity`.
    """
    try:
        if coding in ("gzip", "x-gzip"):
            return _inflate(body, (zlib.MAX_WBITS | 16,), limit)
        if coding == "deflate":  # zlib by the standard, raw deflate by some servers
            return _inflate(body, (zlib.MAX_WBITS, -zlib.MAX_WBITS), limit)
        if coding == "br":
            return _unbrotli(body, limit)
        if coding == "zstd":
            return _join_streams(body, zstd.ZstdDecompressor, limit)
    except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
        raise ContentDecodeError(f"the body says it is {coding} and is not: {error}") from error
    return body


def _inflate(body: bytes, window_bits: tuple[int, ...], limit: int) -> bytes:
    try:
        return _join_streams(body, lambda: zlib.decompressobj(window_bits[0]), limit)
    except zlib.error:
        if len(window_bits) == 1:
            raise
        return _inflate(body, window_bits[1:], limit)


def _unbrotli(body: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    out = decompressor.process(body, output_buffer_limit=limit + 1)
    while len(out) <= limit and not decompressor.is_finished() and not decompressor.can_accept_more_data():
        out += decompressor.process(b"", output_buffer_limit=limit + 1 - len(out))
    return _within(out, limit)


def _join_streams(body: bytes, start: Callable[[], Any], limit: int) -> bytes:
    """Decompress the streams that *body* is made of (gzip members, RFC 1952 2.2; zstd frames, RFC 8878 3.1).

    Pieces grow with their stream: whole bodies at once would copy the rest anew for each of a million empty streams.
    """
    out, at, size = bytearray(), 0, _FIRST_PIECE
    decompressor = start()
    while at < len(body) and len(out) <= limit:
        piece = body[at : at + size]
        try:
            out += decompressor.decompress(piece, limit + 1 - len(out))
        except (zlib.error, zstd.ZstdError):
            if out and size == _FIRST_PIECE:  # what stands behind a whole stream and is none
                break
            raise
        at, size = at + len(piece), min(size * 2, _LAST_PIECE)
        if decompressor.eof:
            at -= len(decompressor.unused_data)
            decompressor, size = start(), _FIRST_PIECE
    return _within(bytes(out), limit)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise ContentDecodeError(f"the body is larger than {limit} bytes once decoded")
    return body
