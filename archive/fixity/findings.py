"""What `verify` finds: faults, and of each file what its records are tied to."""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from archive.storable import storable

if TYPE_CHECKING:
    from collections.abc import Iterator

_ID_BYTES = 16
"""Of the digest of a record id: two of ten million that are equal by chance are out of the question."""


class FaultKind(StrEnum):
    """What sort of thing is wrong."""

    DAMAGED = "damaged"
    """Bytes of a file that are no whole record."""
    MALFORMED = "malformed"
    """A record that is not as WARC 1.1 and this archive write it."""
    DIGEST = "digest"
    """A record whose bytes have another digest than it says."""
    HTTP = "http"
    """A message that is no HTTP, or another than its row says."""
    REFERENCE = "reference"
    """A record that refers to one that isn't there, or is another."""
    DUPLICATE = "duplicate"
    """A record id that two records have."""
    CONTRADICTION = "contradiction"
    """A record and its row say different things."""
    NO_ROW = "no-row"
    """A record without the row that belongs to it."""
    NO_RECORD = "no-record"
    """A row without the record that it names."""
    NO_FILE = "no-file"
    """A file that rows or seals name."""
    CATALOGUE = "catalogue"
    """The catalogue contradicts itself, or can't be read."""
    SEAL = "seal"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written."""

    kind: FaultKind
    problem: str
    file: str | None = None
    """Name within `warc/`, or a path within the archive for what lies elsewhere."""
    offset: int | None = None
    record_id: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it."""
        return asdict(self)

    def __str__(self) -> str:
        """Return it as `FILE at OFFSET (RECORD ID): problem`, as far as it has each."""
        where = self.file or ""
        if self.offset is not None:
            where += f" at {self.offset}"
        if self.record_id is not None:
            where += f" ({self.record_id})"
        return f"{where.strip()}: {self.problem}" if where else self.problem


class Role(StrEnum):
    """What a row names a record as; each row of one table has its own number."""

    CAPTURE = "capture"
    RESPONSE = "response"
    REQUEST = "request"
    STATEMENT = "statement"
    DESCRIBED = "described"
    """An exchange of no capture, which the `metadata` record beside it tells of."""


class RowSet:
    """Row numbers, a bit each in pages: ten million of them take little more than a megabyte."""

    _BITS = 1 << 16

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> bool:
        """Add *number*; tell whether it was new."""
        page = self._pages.setdefault(number // self._BITS, bytearray(self._BITS // 8))
        byte, bit = divmod(number % self._BITS, 8)
        if page[byte] >> bit & 1:
            return False
        page[byte] |= 1 << bit
        return True

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number // self._BITS)
        byte, bit = divmod(number % self._BITS, 8)
        return page is not None and bool(page[byte] >> bit & 1)


@dataclass(slots=True)
class FileFindings:
    """What came of one WARC file."""

    name: str
    size: int = 0
    """In bytes, as far as it was read."""
    sha256: str | None = None
    """Of all its bytes, in hexadecimal; None for an unfinished file, which is still to grow or to be cut."""
    records: int = 0
    faults: list[Fault] = field(default_factory=list)
    rows: dict[Role, array[int]] = field(default_factory=lambda: {role: array("q") for role in Role})
    """The numbers of the rows whose record was found, right or wrong."""
    digests: bytearray = field(default_factory=bytearray)
    """Of the id of each record, one behind the other."""
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    """Of each record."""
    interrupted: int = 0
    """Records of captures that were never finished: no row and no `metadata` record names them."""
    unknown: int = 0
    """Records of kinds that this version doesn't know."""

    def note(self, record_id: str, offset: int) -> None:
        """Count a record, and note where its id is used."""
        self.records += 1
        self.digests += hashlib.blake2b(storable(record_id).encode(), digest_size=_ID_BYTES).digest()
        self.offsets.append(offset)

    def ids(self) -> Iterator[tuple[bytes, int]]:
        """Iterate over (digest of the id, offset) of each record."""
        for number, offset in enumerate(self.offsets):
            yield bytes(self.digests[number * _ID_BYTES : (number + 1) * _ID_BYTES]), offset

    def fault(self, kind: FaultKind, problem: str, offset: int | None = None, record_id: str | None = None) -> None:
        """Add a fault of this file."""
        self.faults.append(Fault(kind, problem, self.name, offset, record_id or None))
