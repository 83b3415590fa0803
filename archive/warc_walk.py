"""Walking WARC files from their start to their end, past what is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import RecordDamagedError, RecordMissingError
from archive.warc_member import WarcMember, read_member
from archive.warc_writer import OPEN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

WARC_SUFFIX = ".warc.gz"

_MAGIC = b"\x1f\x8b\x08"
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a file in which no record can be read."""

    warc_file: str
    offset: int
    length: int
    problem: str


def warc_files(warc_dir: Path, prefix: str = "") -> list[Path]:
    """Return the finished WARC files of an archive in the order of their names."""
    return sorted(warc_dir.glob(f"{prefix}*{WARC_SUFFIX}"))


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
    offset = start
    while True:
        try:
            member = read_member(file, offset, name)
        except RecordDamagedError as error:
            end = _next_record(file, offset + 1, name)
            yield Damage(name, offset, end - offset, str(error))
            offset = end
            continue
        if member is None:
            return
        try:
            yield member
        finally:
            member.close()
        offset += member.place.warc_length


def _next_record(file: IO[bytes], start: int, name: str) -> int:
    """Return where the next whole record begins behind *start*, or where the file ends."""
    at, held = start, b""
    file.seek(start)
    while piece := file.read(_PIECE):
        held += piece
        behind = file.tell()
        found = -1
        while (found := held.find(_MAGIC, found + 1)) != -1:
            if _is_record(file, at + found, name):
                return at + found
        keep = min(len(held), len(_MAGIC) - 1)
        at, held = at + len(held) - keep, held[len(held) - keep :]
        file.seek(behind)
    return file.seek(0, 2)


def _is_record(file: IO[bytes], offset: int, name: str) -> bool:
    try:
        member = read_member(file, offset, name)
    except RecordDamagedError:
        return False
    if member:
        member.close()
    return member is not None
