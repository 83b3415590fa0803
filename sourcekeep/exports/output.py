"""Where an export goes: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from archive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder


@contextmanager
def output_to(path: Path | None, folder: ArchiveFolder) -> Iterator[BinaryIO]:
    """Open *path* for writing, or standard output for None.

    A file gets its name only when it is whole; until then a file that had it stays as it was. Raises ArchiveError
    when it can't be written, or would stand among the archive's own files.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = path.resolve()
    _check(target, folder)
    try:
        if target.exists() and not target.is_file():  # a device or a named pipe takes bytes, and no other name
            with target.open("wb") as file:
                yield file
            return
        with _whole_or_not_at_all(target) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: {error.strerror or error}") from error


def _check(target: Path, folder: ArchiveFolder) -> None:
    if target.is_dir():
        raise ArchiveError(f"{target} is a folder; name a file with --output")
    home, reports = folder.path.resolve(), folder.reports_dir.resolve()
    if target.is_relative_to(home) and not target.is_relative_to(reports):
        raise ArchiveError(f"{target} is among the archive's own files; write to {reports} or outside of {home}")


@contextmanager
def _whole_or_not_at_all(target: Path) -> Iterator[BinaryIO]:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    finally:  # also after Ctrl-C; once it has its name, there is nothing left to remove
        part.unlink(missing_ok=True)
