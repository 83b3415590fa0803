"""Reading records back by their place."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.content_codings import MAX_CONTENT, ContentDecodeError
from archive.errors import RecordDamagedError, RecordError, RecordMissingError
from archive.http_message import HttpMessage, ResponseHead, payload_pieces, read_head
from archive.warc_files import open_warc
from archive.warc_member import read_member
from archive.warc_record import RecordType, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from archive.records import RecordPlace
    from archive.warc_member import WarcMember


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was read: its named fields and its block."""

    headers: tuple[tuple[str, str], ...]
    block: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a named field, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def read_original(warc_dir: Path, place: RecordPlace, payload_digest: str) -> ResponseHead | None:
    """Return the head of the response at *place* if it can be read and has the payload of that digest, else None."""
    try:
        with open_record(warc_dir, place) as member:
            head = read_head(member.block)
            return head if digest_of(payload_pieces(head, member.block)) == payload_digest else None
    except (RecordError, OSError):
        return None


def head_of(warc_dir: Path, place: RecordPlace) -> ResponseHead | None:
    """Return the head of the response at *place*; None when it can't be read."""
    try:
        with open_record(warc_dir, place) as member:
            return read_head(member.block)
    except (RecordError, OSError):
        return None


@contextmanager
def open_record(warc_dir: Path, place: RecordPlace) -> Iterator[WarcMember]:
    """Read the record at *place*; its block is a stream, so that a large one takes no memory.

    Raises RecordMissingError when the file or the record isn't there, RecordDamagedError when its bytes are no
    whole gzip member with the record that the place names.
    """
    where = f"{place.warc_file} at {place.warc_offset}"
    with _open(warc_dir, place.warc_file) as file:
        member = read_member(file, place.warc_offset, place.warc_file)
    if member is None:
        raise RecordDamagedError(f"{where} is no gzip member: the file ends before it")
    try:
        if member.place.record_id != place.record_id:
            raise RecordMissingError(f"{where} is another record than {place.record_id}")
        if member.place.warc_length != place.warc_length:
            raise RecordDamagedError(
                f"{where} is a member of {member.place.warc_length} bytes, and not of {place.warc_length}"
            )
        if wrong := member.wrong_digest():
            raise RecordDamagedError(f"{where} is not what was written: {wrong}")
        yield member
    finally:
        member.close()


def _open(warc_dir: Path, warc_file: str) -> IO[bytes]:
    try:
        return io.BufferedReader(open_warc(warc_dir, warc_file))
    except FileNotFoundError:
        raise RecordMissingError(f"{warc_dir / warc_file} is not there") from None


def read_record(warc_dir: Path, place: RecordPlace) -> StoredRecord:
    """Read the whole record at *place* into memory; raises what `open_record` raises."""
    with open_record(warc_dir, place) as member:
        return StoredRecord(member.headers, member.block.read())


def read_http_response(
    warc_dir: Path, place: RecordPlace, original: RecordPlace | None = None, *, limit: int = MAX_CONTENT
) -> HttpMessage:
    """Read the response at *place*; where that is a revisit record, its payload is the one of *original*.

    Raises what `open_record` raises, and ContentDecodeError for a payload of more than *limit* bytes.
    """
    with open_record(warc_dir, place) as member:
        head = read_head(member.block)
        if original is None and member.type == RecordType.REVISIT:
            raise RecordMissingError(
                f"{place.warc_file} at {place.warc_offset} only refers to {member.header('WARC-Refers-To')}, "
                "and the catalogue doesn't know where that is"
            )
        if original is None:
            return HttpMessage(head, _within(payload_pieces(head, member.block), limit))
    return HttpMessage(head, read_http_response(warc_dir, original, limit=limit).payload)


def _within(pieces: Iterator[bytes], limit: int) -> bytes:
    payload = bytearray()
    for piece in pieces:
        payload += piece
        if len(payload) > limit:
            raise ContentDecodeError(f"the body is larger than {limit:,} bytes")
    return bytes(payload)
