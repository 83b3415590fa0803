"""Appending records to WARC files, safely: `.open` until finished, one gzip member a record.

A file is made when its first record comes, begins with a warcinfo record, and is finished (synced, renamed) near
1 GB or at the end. A write that fails is cut off again, so that a file never holds half a member behind whole ones.
"""

from __future__ import annotations

import io
import logging
import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from isal import isal_zlib

from archive.cdxj import write_lines
from archive.cdxj_line import index_line
from archive.clock import utc_now
from archive.errors import ArchiveError, WarcWriteError
from archive.records import RecordPlace
from archive.warc_files import OPEN_SUFFIX, PART_SUFFIX, finish_file, sync_directory
from archive.warc_record import RecordType, WarcRecord, digest_of, new_record_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

ROTATE_AT = 1_000_000_000
"""Bytes beyond which a file is finished; the size that the standard's annex C recommends."""

logger = logging.getLogger(__name__)

# Measured by the design: 3,000 pages a second, against 320 for zlib's level 9, at 11 % more bytes.
_LEVEL = 3
_GZIP_WINDOW = 31
_AT_ONCE = 256 * 1024
"""Bytes of a record that are compressed and written in one go."""


class WarcWriter:
    """Writes one series of files, `PREFIX-TIME-NUMBER.warc.gz`. Not safe for several threads."""

    def __init__(
        self,
        directory: Path,
        prefix: str,
        info: Mapping[str, str],
        *,
        rotate_at: int = ROTATE_AT,
        open_suffix: str = OPEN_SUFFIX,
    ) -> None:
        self._directory = directory
        self._prefix = prefix
        self._info = info
        self._rotate_at = rotate_at
        self._open_suffix = open_suffix
        self._started = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self._number = 0
        self._file: BinaryIO | None = None
        self._name = ""
        self._warcinfo_id = ""
        self._size = 0
        self._index: list[bytes] = []
        """The lines of the file's index, so far."""

    def append(self, record: WarcRecord) -> RecordPlace:
        """Append *record* and say where it lies; it is on disk only after `sync`.

        Raises WarcWriteError, with the file cut back to the last whole record.
        """
        try:
            if self._file is None:
                self._open()
            place, named = self._write(record)
        except OSError as error:
            self._cut_back()
            raise WarcWriteError(f"{self._directory / self._name} cannot be written: {error}") from error
        if line := index_line(record.type, named, record.block, place, record.answer):
            self._index.append(line)
        return place

    def rotate_if_full(self) -> None:
        """Finish the file when it has reached its size; the next record opens another."""
        if self._size >= self._rotate_at:
            self.finish()

    def sync(self) -> None:
        """Return when everything appended is on disk; raises WarcWriteError."""
        if self._file is None:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise WarcWriteError(f"{self._directory / self._name} cannot be synced: {error}") from error

    def finish(self) -> None:
        """Sync the file and give it its final name; raises WarcWriteError."""
        if self._file is None:
            return
        self.sync()
        self._file.close()
        self._file = None
        finish_file(self._directory, self._name)
        try:
            write_lines(self._directory / self._name, self._index)
        except ArchiveError as error:  # it is derived, and made again where it is missing
            logger.warning("%s", error)

    def hand_over(self) -> str:
        """Sync a file that was begun as `.part`, let it be `.open`, and return the name that it will have.

        Raises WarcWriteError.
        """
        self.sync()
        self.abandon()
        try:
            self._unfinished().rename(self._directory / (self._name + OPEN_SUFFIX))
            sync_directory(self._directory)
        except OSError as error:
            with suppress(OSError):  # it must not be taken for whole: whoever hands it over is told that it failed
                (self._directory / (self._name + OPEN_SUFFIX)).unlink()
            raise WarcWriteError(f"{self._directory / self._name} cannot be given its name: {error}") from error
        return self._name

    def abandon(self) -> None:
        """Close a file that was not finished; it stays `.open`, for salvage."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _unfinished(self) -> Path:
        return self._directory / (self._name + self._open_suffix)

    def _open(self) -> None:
        self._name = self._free_name()
        self._size = 0
        self._index = []
        self._file = self._unfinished().open("xb", buffering=0)
        self._warcinfo_id = ""
        try:
            sync_directory(self._directory)
            self._warcinfo_id = self._write(_warcinfo(self._name, self._info))[0].record_id
        except OSError:
            self._file.close()
            self._file = None
            self._unfinished().unlink()
            raise

    def _free_name(self) -> str:
        """Return a name that no file has: two crawls may begin within a second, and clocks jump back."""
        while True:
            name = f"{self._prefix}-{self._started}-{self._number:05d}.warc.gz"
            self._number += 1
            if not any((self._directory / (name + suffix)).exists() for suffix in ("", OPEN_SUFFIX, PART_SUFFIX)):
                return name

    def _write(self, record: WarcRecord) -> tuple[RecordPlace, list[tuple[str, str]]]:
        """Write *record*; return where it lies, and its named fields."""
        named = record.named(*([("WARC-Warcinfo-ID", self._warcinfo_id)] if self._warcinfo_id else ()))
        start = self._size
        written = sum(self._raw_write(piece) for piece in _compressed(record.pieces(named)))
        self._size = start + written
        return RecordPlace(record.record_id, self._name, start, written), named

    def _raw_write(self, data: bytes) -> int:
        view = memoryview(data)
        while view and self._file is not None:
            view = view[self._file.write(view) :]
        return len(data)

    def _cut_back(self) -> None:
        """Take away what a failed write left behind the last whole record, as far as the disk allows."""
        if self._file is None:
            return
        try:
            self._file.truncate(self._size)
            self._file.seek(self._size)
        except OSError:
            # Salvage cuts the torn tail off at the next start; until then nothing is appended behind it.
            self._file.close()
            self._file = None


def _compressed(record: Iterable[bytes]) -> Iterator[bytes]:
    """Iterate over the pieces of a *record* as a gzip member, most often in one piece.

    Each call to compress or to write hands the interpreter to the thread that fetches, and waits to get it back.
    """
    compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP_WINDOW)
    gathered: list[bytes] = []
    size = 0
    for piece in record:
        gathered.append(piece)
        size += len(piece)
        if size >= _AT_ONCE:
            yield compressor.compress(b"".join(gathered))
            gathered, size = [], 0
    yield compressor.compress(b"".join(gathered)) + compressor.flush()


def _warcinfo(name: str, info: Mapping[str, str]) -> WarcRecord:
    fields = {"format": "WARC File Format 1.1", **info, "hostname": platform.node()}
    block = "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode("utf-8")
    return WarcRecord(
        RecordType.WARCINFO,
        new_record_id(),
        utc_now(),
        io.BytesIO(block),
        len(block),
        digest_of([block]),
        more=(("WARC-Filename", name),),
    )
