"""HTTP/1.x responses as they were on the wire: tolerant reading, nothing changed, in flat memory.

RFC 9112 for the framing. What a strict parser refuses (bare LF, a missing reason, a header without a colon) is read
as browsers read it, because the bytes are evidence and can't be asked to be better.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from archive.content_codings import MAX_CONTENT, decode_content

if TYPE_CHECKING:
    from collections.abc import Iterator

REDIRECTS = range(300, 400)
"""The class of statuses that lead elsewhere (RFC 9110 15.4)."""

_MAX_HEAD = 4 * 1024 * 1024
"""A head that has not ended by then has no end: twice what a crawl lets through."""
_MAX_CHUNK_LINE = 64 * 1024
_PIECE = 256 * 1024
_HEAD_PIECE = 16 * 1024
"""Bytes read in one go while the head has not ended; with more, a head would take a copy of its body along."""
_SWITCHING = 101
_STATUS_CODE = re.compile(r"[0-9]{3}")
_DECIMAL = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]+")
_EMPTY_LINE = re.compile(rb"\r?\n")
_END_OF_HEAD = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The status line and the header fields of a response."""

    status: int
    """0 when the status line has no number of three digits (RFC 9112 4)."""
    reason: str
    version: str
    headers: tuple[tuple[str, str], ...]
    """In order, names as sent, values without surrounding white space; bytes as Latin-1 (RFC 9110 5.5)."""
    length: int
    """Bytes on the wire until the body begins, interim responses and the empty line included."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A response as it was received."""

    head: ResponseHead
    payload: bytes
    """Transfer-decoded, still content-encoded: what `WARC-Payload-Digest` is about (annotated WARC 1.1, 5.9)."""

    @property
    def status(self) -> int:
        """The status code; 0 when the status line has no number."""
        return self.head.status

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header fields, as `ResponseHead.headers`."""
        return self.head.headers

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        return self.head.header(name)

    def content(self, limit: int = MAX_CONTENT) -> bytes:
        """Return the payload without its content codings; raises ContentDecodeError."""
        body = self.payload
        codings = [coding.strip().lower() for coding in ",".join(self.head.values("Content-Encoding")).split(",")]
        for coding in reversed(codings):
            body = decode_content(body, coding, limit)
        return body


def split_head(message: bytes) -> tuple[bytes, bytes]:
    """Split a message behind the empty line that ends its head; without one, all of it is head."""
    end = _end_of_head(message, 0)
    end = len(message) if end is None else end
    return message[:end], message[end:]


def _end_of_head(message: bytes | bytearray, at: int) -> int | None:
    """Return where the head ends of which a line begins *at*, its empty line included; None where it has no end.

    Lines end with LF, with or without CR before it (RFC 9112 2.2).
    """
    end = _EMPTY_LINE.match(message, at) or _END_OF_HEAD.search(message, at)
    return end.end() if end else None


def parse_response(block: bytes) -> HttpMessage:
    """Read the bytes of one response, interim (1xx) responses before it left out; total, for any bytes."""
    stream = io.BytesIO(block)
    head = read_head(stream)
    return HttpMessage(head, b"".join(payload_pieces(head, stream)))


def read_head(stream: IO[bytes]) -> ResponseHead:
    """Read the head of the response that *stream* holds from its start; total, for any bytes."""
    stream.seek(0)
    held = bytearray()
    start = last = unsearched = 0  # where the head under way begins, the one before it, and the line under way
    while piece := stream.read(_HEAD_PIECE):
        held += piece
        while (end := _end_of_head(held, unsearched)) is not None:
            head = bytes(held[start:end])
            status, reason, version = _status_line(head)
            if status // 100 != 1 or status == _SWITCHING:
                return ResponseHead(status, reason, version, tuple(_headers(head)), end)
            last, start, unsearched = start, end, end
        if len(held) > _MAX_HEAD:
            break
        unsearched = max(unsearched, held.rfind(b"\n") + 1)
    # An interim response behind which there is nothing, or half a status line, is the last that came.
    head = bytes(held[start if b"\n" in held[start:] else last :])
    return ResponseHead(*_status_line(head), tuple(_headers(head)), stream.seek(0, io.SEEK_END))


def _status_line(head: bytes) -> tuple[int, str, str]:
    line, end, _ = head.partition(b"\n")
    if not end:  # cut off: its number may be half of one
        return 0, "", ""
    version, _, rest = line.decode("latin-1").strip().partition(" ")
    number, _, reason = rest.strip().partition(" ")
    return int(number) if _STATUS_CODE.fullmatch(number) else 0, reason.strip(), version


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


def payload_pieces(head: ResponseHead, stream: IO[bytes]) -> Iterator[bytes]:
    """Iterate over the payload of the response that *stream* holds, transfer-decoded, in pieces of bounded size."""
    stream.seek(head.length)
    if head.status in (204, 304):
        return
    codings = ",".join(head.values("Transfer-Encoding")).lower()
    if codings.strip().endswith("chunked"):
        yield from chunk_pieces(stream)
        return
    length = _number(head.header("Content-Length") or "")
    yield from _take(stream, length)


def _number(text: str) -> int | None:
    """Return the decimal number that *text* is; None for anything else, and for what no length or status can be."""
    return int(text) if _DECIMAL.fullmatch(text) else None


def _take(stream: IO[bytes], count: int | None) -> Iterator[bytes]:
    """Iterate over the next *count* bytes, or all that are left, as far as they are there."""
    while count is None or count > 0:
        piece = stream.read(_PIECE if count is None else min(count, _PIECE))
        if not piece:
            return
        count = None if count is None else count - len(piece)
        yield piece


def chunk_pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Iterate over the chunks of a chunked body (RFC 9112 7.1), as far as they are whole or begun."""
    while (line := stream.readline(_MAX_CHUNK_LINE)).endswith(b"\n"):
        size_text = line[:-1].split(b";", 1)[0].strip()
        size = int(size_text, 16) if _CHUNK_SIZE.fullmatch(size_text) else 0
        if size == 0:
            return
        yield from _take(stream, size)
        while (line := stream.readline(_PIECE)) and not line.endswith(b"\n"):
            pass  # what stands between a chunk and the end of its line
