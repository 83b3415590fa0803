"""What a crash left behind: `.open` files, made whole again before anything new is written.

The whole gzip members of such a file are kept under its final name; what stands behind them is set aside as
`.torn`. Nothing is ever appended behind a torn member: readers lose all that follows one.
"""

from __future__ import annotations

import filecmp
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isal import isal_zlib

from archive.errors import WarcWriteError
from archive.warc_files import OPEN_SUFFIX, finish_file, sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

TORN_SUFFIX = ".torn"

_PIECE = 1024 * 1024
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class Salvaged:
    """An `.open` file that was finished after a crash."""

    name: str
    kept_bytes: int
    torn_bytes: int


def salvage(warc_dir: Path, series: str, take: Callable[[Path], None]) -> list[Salvaged]:
    """Finish every `.open` file of a *series* in *warc_dir*; the caller holds the lock under which it is written.

    *take* is given each file before it has its final name: it writes the rows that the crash took. When it raises,
    the file stays `.open`, and the next salvage takes it again. Raises WarcWriteError when the disk doesn't allow it.
    """
    try:
        return [_salvage_file(path, take) for path in sorted(warc_dir.glob(f"{series}-*{OPEN_SUFFIX}"))]
    except OSError as error:
        raise WarcWriteError(f"an unfinished file in {warc_dir} cannot be salvaged: {error}") from error


def _salvage_file(path: Path, take: Callable[[Path], None]) -> Salvaged:
    name = path.name.removesuffix(OPEN_SUFFIX)
    with path.open("r+b") as file:
        kept = whole_members(file)
        torn = _set_aside(file, kept, path.parent, name)
        file.truncate(kept)
        os.fsync(file.fileno())
    if kept:
        take(path)
        finish_file(path.parent, name)
    else:
        path.unlink()
        sync_directory(path.parent)
    return Salvaged(name, kept, torn)


def _set_aside(file: IO[bytes], start: int, directory: Path, name: str) -> int:
    file.seek(start)
    tail = file.read(_PIECE)
    if not tail:
        return 0
    target = _free(directory, name)
    # Under its final name only when it is whole: a salvage that is cut short is done again.
    unfinished = target.with_name(target.name + ".part")
    size = len(tail)
    with unfinished.open("wb") as aside:
        while tail:
            aside.write(tail)
            tail = file.read(_PIECE)
            size += len(tail)
        aside.flush()
        os.fsync(aside.fileno())
    if _is_set_aside_already(unfinished, directory, name):  # a salvage was cut short behind this point
        unfinished.unlink()
        return size
    unfinished.rename(target)
    sync_directory(directory)  # before the tail is cut off where it came from
    return size


def _is_set_aside_already(tail: Path, directory: Path, name: str) -> bool:
    others = directory.glob(f"{name}{TORN_SUFFIX}*")
    return any(other != tail and filecmp.cmp(tail, other, shallow=False) for other in others)


def _free(directory: Path, name: str) -> Path:
    """Return a path for a torn tail; one from an earlier crash keeps its own."""
    path, number = directory / (name + TORN_SUFFIX), 2
    while path.exists():
        path = directory / f"{name}{TORN_SUFFIX}.{number}"
        number += 1
    return path


def whole_members(file: IO[bytes]) -> int:
    """Return how many bytes from the start of *file* are whole gzip members, their checksums right."""
    file.seek(0)
    end = 0
    try:
        while member_end := _end_of_member(file, end):
            end = member_end
    except isal_zlib.error:
        return end
    return end


def _end_of_member(file: IO[bytes], start: int) -> int | None:
    """Return where the member that begins at *start* ends, or None when the file ends first."""
    file.seek(start)
    decompressor = isal_zlib.decompressobj(_GZIP_WINDOW)
    while data := file.read(_PIECE):
        while data and not decompressor.eof:
            decompressor.decompress(data, _PIECE)
            data = decompressor.unconsumed_tail
        if decompressor.eof:
            return file.tell() - len(decompressor.unused_data)
    return None
