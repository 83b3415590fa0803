"""Walking WARC files from their start to their end, past what is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import RecordDamagedError, RecordMissingError
from archive.warc_files import OPEN_SUFFIX
from archive.warc_member import WarcMember, read_member
from archive.warc_record import RecordType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_MAGIC = b"\x1f\x8b\x08"
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a file in which no record can be read."""

    warc_file: str
    offset: int
    length: int
    problem: str


def walk(path: Path, start: int = 0) -> Iterator[WarcMember | Damage]:
    """Iterate over the records of the file at *path* from *start* on, and over the stretches that hold none.

    Each record is closed when the next one is asked for. Raises RecordMissingError when the file can't be opened.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordMissingError(f"{path} can't be read: {error}") from error
    with file:
        yield from walk_stream(file, path.name.removesuffix(OPEN_SUFFIX), start)


def walk_stream(file: IO[bytes], name: str, start: int = 0) -> Iterator[WarcMember | Damage]:
    """Iterate as `walk` does, over a WARC file *name* that is open already."""
    offset, info_id = start, _info_id(_read_at(file, 0, name)) if start else None
    while True:
        try:
            member = read_member(file, offset, name)
        except RecordDamagedError as error:
            end = _next_record(file, offset + 1, name, info_id)
            yield Damage(name, offset, end - offset, str(error))
            offset = end
            continue
        if member is None:
            return
        info_id = info_id or _info_id(member)
        try:
            yield member
        finally:
            member.close()
        offset += member.place.warc_length


def _info_id(member: WarcMember | None) -> str | None:
    """Return the id of the warcinfo record that *member* is, or that it refers to (WARC 1.1, 5.16)."""
    if member is None:
        return None
    return member.place.record_id if member.type == RecordType.WARCINFO else member.header("WARC-Warcinfo-ID")


def _read_at(file: IO[bytes], offset: int, name: str) -> WarcMember | None:
    """Read the record at *offset*, its block closed; None where there is none."""
    try:
        member = read_member(file, offset, name)
    except RecordDamagedError:
        return None
    if member:
        member.close()
    return member


def _next_record(file: IO[bytes], start: int, name: str, info_id: str | None) -> int:
    """Return where the next whole record of this file begins behind *start*, or where the file ends.

    A page may hold a gzip member with a WARC record in it, and incompressible blocks lie in the file as they are: so
    it has to refer to the file's own warcinfo record, whose random id no server knows.
    """
    at, held = start, b""
    file.seek(start)
    while piece := file.read(_PIECE):
        held += piece
        behind = file.tell()
        found = -1
        while (found := held.find(_MAGIC, found + 1)) != -1:
            if _belongs(_read_at(file, at + found, name), info_id):
                return at + found
        keep = min(len(held), len(_MAGIC) - 1)
        at, held = at + len(held) - keep, held[len(held) - keep :]
        file.seek(behind)
    return file.seek(0, 2)


def _belongs(member: WarcMember | None, info_id: str | None) -> bool:
    return member is not None and (info_id is None or _info_id(member) == info_id)
