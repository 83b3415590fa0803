"""Content codings (RFC 9110 8.4.1): undoing gzip, deflate, br and zstd, within a bound."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import brotli

from archive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

try:  # in the standard library from Python 3.14 on
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from backports import zstd

MAX_CONTENT = 256 * 1024 * 1024
"""Decoded bytes beyond which a body counts as a decompression bomb."""

_FIRST_PIECE = 512
_LAST_PIECE = 1024 * 1024


class ContentDecodeError(ArchiveError):
    """A body is not in the content coding that its headers say, or is larger than allowed once decoded."""


def decode_content(body: bytes, coding: str, limit: int = MAX_CONTENT, *, cut: bool = False) -> bytes:
    """Undo one content coding of *body*; raises ContentDecodeError for another format or more than *limit* bytes.

    With *cut*, what is beyond *limit* is left out instead. A body that ends early gives what can be had of it.
    Codings nobody registered are taken as `identity`.
    """
    decoded = _decode(body, coding, limit)
    if len(decoded) > limit and not cut:
        raise ContentDecodeError(f"the body is larger than {limit:,} bytes once decoded")
    return decoded[:limit]


def _decode(body: bytes, coding: str, limit: int) -> bytes:
    """Return at least what *limit* lets through, and a little more where there is more."""
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
    out: bytes = decompressor.process(body, output_buffer_limit=limit + 1)
    while len(out) <= limit and not decompressor.is_finished() and not decompressor.can_accept_more_data():
        out += decompressor.process(b"", output_buffer_limit=limit + 1 - len(out))
    return out


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
    return bytes(out)
