"""Reading records back by their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from isal import isal_zlib
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser, StatusAndHeadersParserException

from archive.errors import RecordDamagedError, RecordMissingError
from archive.http_message import HttpMessage, parse_response, split_head
from archive.warc_record import VERSION
from archive.warc_writer import OPEN_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from archive.records import RecordPlace

_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was read: its named fields and its block."""

    headers: tuple[tuple[str, str], ...]
    block: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a named field, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def read_record(warc_dir: Path, place: RecordPlace) -> StoredRecord:
    """Read the record at *place*.

    Raises RecordMissingError when the file or the record isn't there, RecordDamagedError when its bytes are no
    whole gzip member with the record that the place names.
    """
    member = _read_member(warc_dir, place)
    where = f"{place.warc_file} at {place.warc_offset}"
    head, rest = split_head(member)
    try:
        parsed: StatusAndHeaders = StatusAndHeadersParser([VERSION]).parse(_Lines(head))
    except (StatusAndHeadersParserException, EOFError) as error:
        raise RecordDamagedError(f"{where} is no WARC record: {error}") from error
    record = StoredRecord(tuple(parsed.headers), rest[: -len(b"\r\n\r\n")])
    if record.header("WARC-Record-ID") != place.record_id:
        raise RecordMissingError(f"{where} is another record than {place.record_id}")
    if record.header("Content-Length") != str(len(record.block)):
        raise RecordDamagedError(f"{where} is not as long as it says")
    return record


def read_http_response(warc_dir: Path, place: RecordPlace) -> HttpMessage:
    """Read the response at *place*; raises RecordMissingError or RecordDamagedError."""
    return parse_response(read_record(warc_dir, place).block)


def _read_member(warc_dir: Path, place: RecordPlace) -> bytes:
    for suffix in ("", OPEN_SUFFIX, ""):  # the third look: it may have been finished between the first two
        try:
            with (warc_dir / (place.warc_file + suffix)).open("rb") as file:
                file.seek(place.warc_offset)
                data = file.read(place.warc_length)
            break
        except FileNotFoundError:
            continue
    else:
        raise RecordMissingError(f"{warc_dir / place.warc_file} is not there")
    try:
        decompressor = isal_zlib.decompressobj(_GZIP_WINDOW)
        member: bytes = decompressor.decompress(data)
    except isal_zlib.error as error:
        raise RecordDamagedError(f"{place.warc_file} at {place.warc_offset} is no gzip member: {error}") from error
    if not decompressor.eof or decompressor.unused_data:
        raise RecordDamagedError(f"{place.warc_file} at {place.warc_offset} is not one whole gzip member")
    return member


class _Lines:
    """The bytes of a head as the stream that warcio's parser reads."""

    def __init__(self, head: bytes) -> None:
        self._lines = head.splitlines(keepends=True)

    def readline(self, _size: int = -1) -> bytes:
        return self._lines.pop(0) if self._lines else b""
