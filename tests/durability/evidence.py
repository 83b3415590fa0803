"""What an archive holds, read without any of the archive's own code: zlib, SQL, and fastwarc.

`Evidence.of(folder)` is what is there at one moment, also in the middle of things: the whole gzip members of every
WARC file, finished or not, what stands behind them, and the rows.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OPEN, TORN = ".open", ".torn"


@dataclass(frozen=True, slots=True)
class Record:
    """A WARC record, and where its gzip member lies."""

    file: str
    """The finished file's name, also while it is open."""
    offset: int
    length: int
    member_digest: str
    headers: Mapping[str, str]
    """By name in lower case."""
    block: bytes

    @property
    def id(self) -> str:
        """The `WARC-Record-ID`."""
        return self.headers["warc-record-id"]

    @property
    def type(self) -> str:
        """The `WARC-Type`."""
        return self.headers["warc-type"]

    @property
    def place(self) -> tuple[str, int, int]:
        """File, offset and length."""
        return self.file, self.offset, self.length

    @property
    def host(self) -> str:
        """The host of its target URI."""
        return urlsplit(self.headers["warc-target-uri"]).netloc

    @property
    def is_answer(self) -> bool:
        """Whether it is a response of the most usual kinds."""
        return self.type == "response" and self.block.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4"))

    def says(self) -> dict[str, Any] | None:
        """Return what a `metadata` record or a statement says, or None for any other record."""
        return json.loads(self.block) if self.type in {"metadata", "resource"} else None

    def capture(self) -> dict[str, Any] | None:
        """Return what the `metadata` record of a capture says, or None for any other record."""
        about = self.says()
        return about if about and about["kind"] == "capture" else None


@dataclass(frozen=True, slots=True)
class WarcFile:
    """A file of the series, whatever its state."""

    name: str
    """As it is on disk."""
    digest: str
    records: tuple[Record, ...]
    tail: bytes
    """What stands behind the whole members."""

    @property
    def is_open(self) -> bool:
        """Whether it waits to be finished or salvaged."""
        return self.name.endswith(OPEN)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an archive holds at one moment."""

    files: Mapping[str, WarcFile]
    """`.warc.gz` and `.warc.gz.open`, by their names on disk."""
    torn: tuple[tuple[str, bytes], ...]
    """The files that were set aside: name of the WARC file, and contents."""
    others: tuple[str, ...]
    """Names of all other files in `warc/`."""
    sources: Mapping[int, Mapping[str, Any]]
    captures: Mapping[int, Mapping[str, Any]]
    exchanges: Mapping[int, Mapping[str, Any]]
    statements: Mapping[str, Mapping[str, Any]]
    """The table `ledger`, by record id."""
    problems: tuple[str, ...]
    """What SQLite finds wrong with the catalogue."""
    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    """By record id; more than one is one too many."""

    @classmethod
    def of(cls, folder: Path) -> Evidence:
        """Read the archive at *folder*; nothing in it is changed."""
        files: dict[str, WarcFile] = {}
        torn, others = [], []
        for path in sorted((folder / "warc").iterdir()):
            name, suffix, _ = path.name.partition(TORN)
            if path.name.endswith((".warc.gz", OPEN)):
                files[path.name] = _warc_file(path.name, path.read_bytes())
            elif suffix and not path.name.endswith(".part"):
                torn.append((name, path.read_bytes()))
            else:
                others.append(path.name)
        records: dict[str, tuple[Record, ...]] = {}
        for file in files.values():
            for record in file.records:
                records[record.id] = (*records.get(record.id, ()), record)
        return cls(files, tuple(torn), tuple(others), **_rows(folder / "catalogue.db"), records=records)

    def open_files(self) -> set[str]:
        """Return the names of the files that are not finished."""
        return {name for name, file in self.files.items() if file.is_open}

    def parts(self) -> set[str]:
        """Return the names of files that were not written to their end.

        Not those of torn tails: one whose rest went with the power can never be whole.
        """
        return {name for name in self.others if name.endswith(".part") and TORN not in name}

    def capture_records(self) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Iterate over the `metadata` records of captures, with what they say."""
        return ((record, about) for record, about in self.told() if about["kind"] == "capture")

    def told(self) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Iterate over the records that tell of rows, with what they say."""
        for records in self.records.values():
            for record in records:
                if about := record.says():
                    yield record, about

    def places(self) -> Iterator[tuple[str, str, tuple[str, int, int]]]:
        """Iterate over what the rows point at: the row in words, a record id and its place."""
        for table in ("captures", "exchanges", "statements"):
            for number, row in getattr(self, table).items():
                for prefix in ("", "request_"):
                    if row.get(f"{prefix}record_id"):
                        yield f"{table} {number}", row[f"{prefix}record_id"], _place(row, prefix)


def members(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Iterate over the whole gzip members from the start of *data*: offset, length, contents."""
    offset = 0
    while offset < len(data):
        decompressor = zlib.decompressobj(wbits=31)
        try:
            contents = decompressor.decompress(data[offset:])
        except zlib.error:
            return
        if not decompressor.eof:
            return
        length = len(data) - offset - len(decompressor.unused_data)
        yield offset, length, contents
        offset += length


def faults_by_fastwarc(path: Path) -> list[str]:
    """Return what fastwarc finds wrong with the digests of a finished file."""
    records = ArchiveIterator(str(path), record_types=WarcRecordType.any_type, parse_http=False, fsspec_args=False)
    return [
        f"{path.name}: fastwarc finds the block digest of {record.record_id} wrong"
        for record in records
        if not record.verify_block_digest()
    ]


def _place(row: Mapping[str, Any], prefix: str = "") -> tuple[str, int, int]:
    return row[f"{prefix}warc_file"], row[f"{prefix}warc_offset"], row[f"{prefix}warc_length"]


def _warc_file(name: str, data: bytes) -> WarcFile:
    records, tail = _records(name.removesuffix(OPEN), data)
    return WarcFile(name, hashlib.sha256(data).hexdigest(), records, tail)


@lru_cache(maxsize=512)  # finished files are looked at again and again, and never change
def _records(name: str, data: bytes) -> tuple[tuple[Record, ...], bytes]:
    records = []
    end = 0
    for offset, length, contents in members(data):
        head, _, rest = contents.partition(b"\r\n\r\n")
        named = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        headers = {key.lower(): value for key, value in named}
        block = rest[: int(headers["content-length"])]
        member_digest = hashlib.sha256(data[offset : offset + length]).hexdigest()
        records.append(Record(name, offset, length, member_digest, headers, block))
        end = offset + length
    return tuple(records), data[end:]


def _rows(path: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found: dict[str, Any] = {
            name: {row[key]: dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")}
            for name, table, key in (
                ("sources", "sources", "id"),
                ("captures", "captures", "id"),
                ("exchanges", "exchanges", "id"),
                ("statements", "ledger", "record_id"),
            )
        }
        problems = [str(tuple(row)) for row in connection.execute("PRAGMA foreign_key_check")]
        problems += [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    return {**found, "problems": tuple(problems)}
