"""One gzip member of a WARC file, read as the record that it holds; blocks of any size, in flat memory."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser, StatusAndHeadersParserException

from archive.errors import RecordDamagedError
from archive.http_message import split_head
from archive.records import RecordPlace
from archive.warc_record import VERSION, labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP_WINDOW = 31
_FIRST_PIECE = 16 * 1024
_LARGEST_PIECE = 1024 * 1024
_IN_MEMORY = 1024 * 1024
_MAX_HEAD = 8 * 1024 * 1024
"""More than the named fields of any record: a URL has 2 MiB at the most where it came by HTTP."""
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class WarcMember:
    """A record as it lies in its file. `close` gives back what its block holds."""

    place: RecordPlace
    headers: tuple[tuple[str, str], ...]
    block: IO[bytes]
    """At its start; beyond 1 MiB in a temporary file."""
    length: int
    """Of the block, in bytes."""
    block_digest: str
    """Computed from the block, not what the record says."""

    def header(self, name: str) -> str | None:
        """Return the value of a named field, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def type(self) -> str:
        """The record's `WARC-Type`, in lower case."""
        return (self.header("WARC-Type") or "").lower()

    def wrong_digest(self) -> str | None:
        """Say that the block isn't what its digest says; None where it is. Base32 may lack its padding."""
        said = self.header("WARC-Block-Digest") or ""
        if not said.startswith("sha256:") or said.rstrip("=") == self.block_digest.rstrip("="):
            return None
        return f"its block has the digest {self.block_digest} and not {said}"

    def close(self) -> None:
        """Give back the memory or the temporary file of the block."""
        self.block.close()


def read_member(file: IO[bytes], offset: int, name: str) -> WarcMember | None:
    """Read the record whose member begins at *offset* of the WARC file *name*; None where the file ends.

    Raises RecordDamagedError when there is no whole gzip member there, or no WARC record in it.
    """
    stream = _Member(file, offset, f"{name} at {offset}")
    pieces = stream.pieces()
    head, rest = _read_head(pieces, stream.where)
    if not head and not stream.read:
        return None
    headers = _parse_head(head, stream.where)
    block, length, digest = _read_block(rest, pieces, stream.where)
    if _value(headers, "Content-Length") != str(length):
        block.close()
        raise RecordDamagedError(f"{stream.where} is not as long as it says")
    place = RecordPlace(_value(headers, "WARC-Record-ID") or "", name, offset, stream.length)
    return WarcMember(place, headers, block, length, digest)


class _Member:
    """The gzip member at one offset, decompressed piece by piece."""

    def __init__(self, file: IO[bytes], offset: int, where: str) -> None:
        self._file = file
        self._offset = offset
        self.where = where
        self.read = 0
        self.length = 0
        """In bytes as compressed; known when all pieces were taken."""

    def pieces(self) -> Iterator[bytes]:
        """Iterate over the member's bytes in pieces of bounded size."""
        self._file.seek(self._offset)
        decompressor, size = isal_zlib.decompressobj(_GZIP_WINDOW), _FIRST_PIECE
        while not decompressor.eof:
            data = self._file.read(size)
            if not data:
                if self.read:
                    raise RecordDamagedError(f"{self.where} is cut off: its gzip member has no end")
                return
            self.read += len(data)
            size = min(size * 2, _LARGEST_PIECE)
            yield from self._decompress(decompressor, data)
        self.length = self.read - len(decompressor.unused_data)

    def _decompress(self, decompressor: isal_zlib.Decompress, data: bytes) -> Iterator[bytes]:
        while data and not decompressor.eof:
            try:
                yield decompressor.decompress(data, _LARGEST_PIECE)
            except isal_zlib.error as error:
                raise RecordDamagedError(f"{self.where} is no gzip member: {error}") from error
            data = decompressor.unconsumed_tail


def _read_head(pieces: Iterator[bytes], where: str) -> tuple[bytes, bytes]:
    """Return the named fields with the empty line behind them, and what was read of the rest."""
    head = bytearray()
    for piece in pieces:
        searched = max(0, len(head) - len(_END))
        head += piece
        if (end := head.find(_END, searched)) != -1:
            end += len(_END)
            return bytes(head[:end]), bytes(head[end:])
        if len(head) > _MAX_HEAD:
            raise RecordDamagedError(f"{where} is no WARC record: its named fields have no end")
    return bytes(head), b""


def _parse_head(head: bytes, where: str) -> tuple[tuple[str, str], ...]:
    try:
        parsed: StatusAndHeaders = StatusAndHeadersParser([VERSION]).parse(_Lines(split_head(head)[0]))
    except (StatusAndHeadersParserException, EOFError) as error:
        raise RecordDamagedError(f"{where} is no WARC record: {error}") from error
    return tuple(parsed.headers)


def _read_block(rest: bytes, pieces: Iterator[bytes], where: str) -> tuple[IO[bytes], int, str]:
    """Return the block, its length and its digest; the two line ends that stand behind it are no part of it."""
    block: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # it is the result
    sha, length, held = hashlib.sha256(), 0, b""
    try:
        for piece in itertools.chain((rest,), pieces):
            held += piece
            ready, held = held[: -len(_END)], held[-len(_END) :]
            block.write(ready)
            sha.update(ready)
            length += len(ready)
    except BaseException:
        block.close()
        raise
    if held != _END:
        block.close()
        raise RecordDamagedError(f"{where} doesn't end as a WARC record does")
    block.seek(0)
    return block, length, labelled(sha)


def _value(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


class _Lines:
    """The bytes of a head as the stream that warcio's parser reads."""

    def __init__(self, head: bytes) -> None:
        self._lines = head.splitlines(keepends=True)

    def readline(self, _size: int = -1) -> bytes:
        return self._lines.pop(0) if self._lines else b""
