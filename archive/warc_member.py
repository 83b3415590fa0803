"""One gzip member of a WARC file, read as the record that it holds; blocks of any size, in flat memory."""

from __future__ import annotations

import hashlib
import itertools
import re
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
_MOST_FIELDS = 1000
"""The standard has some twenty."""
_END = b"\r\n\r\n"
_DECIMAL = re.compile(r"[0-9]{1,18}")


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
    length = _length(headers, stream.where)
    block, digest = _read_block(length, rest, pieces, stream.where)
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
    if head.count(b"\n") > _MOST_FIELDS:
        raise RecordDamagedError(f"{where} is no WARC record: it has more than {_MOST_FIELDS} named fields")
    try:
        parsed: StatusAndHeaders = StatusAndHeadersParser([VERSION]).parse(_Lines(split_head(head)[0]))
    except (StatusAndHeadersParserException, EOFError) as error:
        raise RecordDamagedError(f"{where} is no WARC record: {error}") from error
    return tuple(parsed.headers)


def _length(headers: tuple[tuple[str, str], ...], where: str) -> int:
    said = _value(headers, "Content-Length") or ""
    if not _DECIMAL.fullmatch(said):
        raise RecordDamagedError(f"{where} is no WARC record: it doesn't say its length")
    return int(said)


def _read_block(length: int, rest: bytes, pieces: Iterator[bytes], where: str) -> tuple[IO[bytes], str]:
    """Return the block and its digest; the two line ends that stand behind it are no part of it."""
    block: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # it is the result
    sha, left, behind = hashlib.sha256(), length, b""
    try:
        for piece in itertools.chain((rest,), pieces):
            block.write(piece[:left])
            sha.update(piece[:left])
            behind += piece[left:]
            left = max(0, left - len(piece))
            if len(behind) > len(_END):  # however much there is of it
                break
    except BaseException:
        block.close()
        raise
    if left or behind != _END:
        block.close()
        raise RecordDamagedError(f"{where} is not as long as it says")
    block.seek(0)
    return block, labelled(sha)


def _value(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


class _Lines:
    """The bytes of a head as the stream that warcio's parser reads."""

    def __init__(self, head: bytes) -> None:
        self._lines = iter(head.splitlines(keepends=True))

    def readline(self, _size: int = -1) -> bytes:
        return next(self._lines, b"")
