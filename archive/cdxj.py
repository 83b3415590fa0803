"""The index beside each finished WARC file, by which replay programs find a record: CDXJ, a line for each response.

Lines (`archive/cdxj_line.py`) are in the order of their bytes, for binary search. A writer makes them as it goes; an
index that is missing is made of the file. It is derived: losing it loses nothing, and `write_index` makes it again.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from archive.cdxj_line import index_line
from archive.errors import ArchiveError
from archive.warc_files import WARC_SUFFIX, sync_directory, warc_files
from archive.warc_walk import Damage, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

INDEX_SUFFIX = ".cdxj"

logger = logging.getLogger(__name__)

_PART = ".part"


def index_path(warc_path: Path) -> Path:
    """Return where the index of a WARC file stands: `NAME.cdxj` beside `NAME.warc.gz`."""
    return warc_path.with_name(warc_path.name.removesuffix(WARC_SUFFIX) + INDEX_SUFFIX)


def index_missing(warc_dir: Path) -> list[Path]:
    """Return the finished WARC files in *warc_dir* that have no index."""
    return [path for path in warc_files(warc_dir) if not index_path(path).exists()]


def write_index(warc_path: Path) -> Path:
    """Write the index of a finished WARC file beside it, whole or not at all, and return its path.

    What is damaged in the file has no line. Raises ArchiveError when the file can't be read or the index can't be
    written.
    """
    return write_lines(warc_path, index_lines(warc_path))


def write_lines(warc_path: Path, lines: Iterable[bytes]) -> Path:
    """Write *lines* as the index of a finished WARC file, sorted, and return its path. Raises ArchiveError."""
    path = index_path(warc_path)
    part = path.with_name(f".{path.name}.{os.getpid()}{_PART}")
    try:
        try:
            with part.open("wb") as file:
                file.writelines(sorted(lines))
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: {error}") from error
    return path


def complete_indexes(warc_dir: Path) -> None:
    """Write the index of each finished WARC file that has none; one that can't be written is left for the next time.

    An index is derived, and whoever needs it makes it: a disk that is full must not fail what is safe on it.
    """
    _remove_parts(warc_dir)
    for path in index_missing(warc_dir):
        try:
            write_index(path)
        except ArchiveError as error:
            logger.warning("%s", error)


def _remove_parts(warc_dir: Path) -> None:
    """Remove what processes left that were killed while they wrote an index."""
    for part in warc_dir.glob(f".*{INDEX_SUFFIX}.*{_PART}"):
        try:
            os.kill(int(part.name.removesuffix(_PART).rpartition(".")[2]), 0)  # asks only whether it is there
        except ProcessLookupError:
            part.unlink(missing_ok=True)
        except (PermissionError, ValueError):  # it is another user's, or no file of ours
            continue


def index_lines(warc_path: Path) -> Iterator[bytes]:
    """Iterate over the lines for the records of a WARC file, in the order of the records."""
    for member in walk(warc_path):
        if not isinstance(member, Damage) and (
            line := index_line(member.type, member.headers, member.block, member.place)
        ):
            yield line
