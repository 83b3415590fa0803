"""The files in `warc/`: what their names say, and how one gets its final name."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from archive.errors import WarcWriteError

if TYPE_CHECKING:
    from pathlib import Path

WARC_SUFFIX = ".warc.gz"

OPEN_SUFFIX = ".open"
"""Behind the name of a file that is not finished: the rows of its last records may be missing."""

PART_SUFFIX = ".part"
"""Behind the name of a file that counts for nothing yet, and is removed when its writer dies: all of it or none."""


def warc_files(warc_dir: Path, prefix: str = "") -> list[Path]:
    """Return the finished WARC files of an archive in the order of their names."""
    return sorted(warc_dir.glob(f"{prefix}*{WARC_SUFFIX}"))


def open_warc(warc_dir: Path, name: str) -> io.FileIO:
    """Open the WARC file *name*, finished or not; raises FileNotFoundError when there is neither.

    Whoever writes it may give it its final name at any moment, so that one look at each name could miss it.
    """
    for suffix in ("", OPEN_SUFFIX):
        try:
            return io.FileIO(warc_dir / (name + suffix))
        except FileNotFoundError:
            continue
    return io.FileIO(warc_dir / name)


def size_of(warc_dir: Path, name: str) -> int:
    """Return the size of a WARC file in bytes, finished or not; 0 where it can't be opened."""
    try:
        with open_warc(warc_dir, name) as file:
            return file.seek(0, io.SEEK_END)
    except OSError:
        return 0


def finish_file(directory: Path, name: str) -> None:
    """Give the `.open` file its final name, durably; raises WarcWriteError, also when that name is taken."""
    if (directory / name).exists():
        raise WarcWriteError(f"{directory / name} is there already, beside its unfinished {OPEN_SUFFIX}; move one away")
    try:
        (directory / (name + OPEN_SUFFIX)).rename(directory / name)
        sync_directory(directory)
    except OSError as error:
        raise WarcWriteError(f"{directory / name} cannot be given its final name: {error}") from error


def sync_directory(directory: Path) -> None:
    """Return when the entries of *directory* are on disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
