"""WARC 1.1 records: their headers, digests and identifiers (ISO 28500:2017 and its annotated edition)."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from archive.storable import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.http_message import ResponseHead

VERSION = "WARC/1.1"

_LONGEST_URI = 64 * 1024
"""Characters; programs that read WARC have limits for a field, and eight times this is one of them."""
_PIECE = 256 * 1024
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S")
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"  # reserved characters and %, RFC 3986 2.2


class RecordType(StrEnum):
    """The record types written here (clause 6)."""

    WARCINFO = "warcinfo"
    REQUEST = "request"
    RESPONSE = "response"
    REVISIT = "revisit"
    METADATA = "metadata"
    RESOURCE = "resource"


_CONTENT_TYPE = {
    RecordType.WARCINFO: "application/warc-fields",
    RecordType.REQUEST: "application/http; msgtype=request",
    RecordType.RESPONSE: "application/http; msgtype=response",
    RecordType.REVISIT: "application/http; msgtype=response",
    RecordType.METADATA: "application/json",
    RecordType.RESOURCE: "application/json",
}


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record to be written: *block* is the bytes as they are, from its start."""

    type: RecordType
    record_id: str
    date: str
    block: IO[bytes]
    length: int
    block_digest: str
    target_uri: str | None = None
    more: tuple[tuple[str, str], ...] = field(default=())
    """Further named fields, such as `WARC-IP-Address`."""
    answer: ResponseHead | None = None
    """Of the response that is its block, where that has been read."""

    def named(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """Return the named fields (clause 5), *more* among them."""
        named = [("WARC-Type", str(self.type)), ("WARC-Record-ID", self.record_id), ("WARC-Date", self.date)]
        if self.target_uri is not None:
            named.append(("WARC-Target-URI", self.target_uri))
        named += (*self.more, *more)
        named += [
            ("WARC-Block-Digest", self.block_digest),
            ("Content-Type", _CONTENT_TYPE[self.type]),
            ("Content-Length", str(self.length)),
        ]
        return named

    def pieces(self, named: Iterable[tuple[str, str]]) -> Iterable[bytes]:
        """Iterate over the whole record: head with the fields *named*, block, and the two line ends behind it."""
        yield _head(named)
        self.block.seek(0)
        left = self.length
        while left and (piece := self.block.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
        yield b"\r\n\r\n"


def _head(named: Iterable[tuple[str, str]]) -> bytes:
    """Return the version line and the fields *named*, with the empty line that ends them (clause 4)."""
    return "".join([f"{VERSION}\r\n", *(f"{name}: {value}\r\n" for name, value in named), "\r\n"]).encode()


def new_record_id() -> str:
    """Return a `WARC-Record-ID` that no other record has (clause 5.2)."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def digest_of(pieces: Iterable[bytes]) -> str:
    """Return the SHA-256 of *pieces* as `labelled` writes it."""
    sha = hashlib.sha256()
    for piece in pieces:
        sha.update(piece)
    return labelled(sha)


def labelled(sha: hashlib._Hash) -> str:
    """Return a SHA-256 as a labelled digest in Base32 (clause 5.8; RFC 4648 6)."""
    return "sha256:" + base64.b32encode(sha.digest()).decode("ascii")


def read_pieces(stream: IO[bytes]) -> Iterable[bytes]:
    """Iterate over *stream* from its start in pieces of bounded size."""
    stream.seek(0)
    while piece := stream.read(_PIECE):
        yield piece


def target_uri(url: str) -> str:
    """Return *url* as RFC 3986 wants it in `WARC-Target-URI`: what it doesn't allow is percent-encoded.

    What is no URI at all, and was cited nevertheless, becomes a name of ours that holds it; what is too long for any
    program to read, one that holds its digest. The metadata record of the capture has it as it is.
    """
    url = storable(url)
    if _URI.match(url):
        uri = quote(_LONE_PERCENT.sub("%25", url), safe=_URI_CHARACTERS)
    else:
        uri = "urn:sourcekeep:cited:" + quote(url, safe="")
    if len(uri) <= _LONGEST_URI:
        return uri
    return "urn:sourcekeep:cited:sha256:" + hashlib.sha256(url.encode()).hexdigest()
