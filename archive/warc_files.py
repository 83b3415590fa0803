"""The files in `warc/`: what their names say, and how one gets its final name."""

from __future__ import annotations

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
