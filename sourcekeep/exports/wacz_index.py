"""The indexes of many WARC files as one, in order, read as it is written."""

from __future__ import annotations

import heapq
import json
import tempfile
from typing import TYPE_CHECKING

from archive.cdxj import index_lines, index_path
from archive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Place = tuple[str, int]
"""The name of a WARC file, and where in it a record begins."""

_AT_ONCE = 100
"""Files that are read at the same time; systems allow a program no more than some hundreds."""


def merged(warcs: Sequence[Path]) -> Iterator[bytes]:
    """Iterate over the lines of the indexes of *warcs* in the order of their bytes.

    The lines of a file without an index are made, and not written beside it.
    """
    groups = [warcs[start : start + _AT_ONCE] for start in range(0, len(warcs), _AT_ONCE)]
    if len(groups) > 1:
        return heapq.merge(*(_spooled(merged(group)) for group in groups))
    return heapq.merge(*map(_lines, warcs))


def place_and_time(line: bytes) -> tuple[Place, str]:
    """Return where the record of an index line lies, and its time as RFC 3339 writes it."""
    _, timestamp, about = line.decode("ascii").split(" ", 2)
    fields = json.loads(about)
    year, month, day = timestamp[:4], timestamp[4:6], timestamp[6:8]
    time = f"{year}-{month}-{day}T{timestamp[8:10]}:{timestamp[10:12]}:{timestamp[12:14]}Z"
    return (fields["filename"], int(fields["offset"])), time


def _lines(warc: Path) -> Iterator[bytes]:
    try:
        with index_path(warc).open("rb") as file:
            yield from file
    except FileNotFoundError:
        yield from sorted(index_lines(warc))
    except OSError as error:
        raise ArchiveError(f"{index_path(warc)} cannot be read: {error}") from error


def _spooled(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Iterate over *lines*, all of them put into a temporary file before the first."""
    with tempfile.TemporaryFile() as file:
        file.writelines(lines)
        file.seek(0)
        yield from file
