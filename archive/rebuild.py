"""The catalogue made anew from the WARC files alone.

Imports are read in the order of their numbers, crawls in theirs, captures in the order of writing: so every row is
written in the order in which it was written first, and gets the number that it had. The new catalogue is made beside
the old one, which is kept.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from archive.cdxj import complete_indexes
from archive.errors import ArchiveError, CatalogueError, SchemaTooNewError
from archive.ledger.file import LEDGER_SERIES, catalogue_errors, remove_parts
from archive.recovery import Recovered, Recovery, reconcile_imports
from archive.salvage import salvage
from archive.series import CRAWL_SERIES, crawl_files, import_files
from archive.warc_files import sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.folder import ArchiveFolder

NEW_SUFFIX = ".new"
"""Behind the name of a catalogue that is being made."""

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside its file."""

_NOT_ITS_FAULT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM,
}
"""Errors of SQLite that don't mean that the catalogue is damaged."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuilding came to."""

    done: Recovered = field(default_factory=Recovered)
    files: int = 0
    bytes: int = 0
    damaged: str | None = None
    """What is wrong with the old catalogue, if it could not be read."""
    lost: Counter[str] = field(default_factory=Counter)
    """By WARC file: captures that the old catalogue has and of which no record tells any more."""
    kept: Path | None = None
    """Where the old catalogue is now."""


class Rebuilding:
    """A new catalogue beside the old one: `replay` fills it, `swap` lets it take the old one's place."""

    def __init__(self, archive: ArchiveFolder) -> None:
        self._archive = archive
        self._path = archive.catalogue_path
        self.folder = archive.with_catalogue(self._path.with_name(self._path.name + NEW_SUFFIX))
        """The archive with the new catalogue."""
        self.rebuilt = Rebuilt()

    def prepare(self) -> None:
        """Finish what a crash left, and have recorded what only the old catalogue has, if it can be read.

        Raises SchemaTooNewError when a newer Sourcekeep wrote it.
        """
        self._archive.warc_dir.mkdir(exist_ok=True)
        remove_parts(self._archive.warc_dir)
        for series in (LEDGER_SERIES, CRAWL_SERIES):
            self.rebuilt.done.salvaged += salvage(self._archive.warc_dir, series, lambda _: None)
        if self._path.exists():
            self.rebuilt.damaged = self._bring_over()
        remove(self.folder.catalogue_path)

    def _bring_over(self) -> str | None:
        """State what the old catalogue has and no record tells of; return what is wrong with it, or None."""
        try:
            with self._archive.catalogue() as old, catalogue_errors(old):
                if damage := old.known.damage():
                    return damage
            reconcile_imports(self._archive)
        except SchemaTooNewError:
            raise
        except CatalogueError as error:
            if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in _NOT_ITS_FAULT:
                raise
            return str(error)
        return None

    def sizes(self) -> list[tuple[Path, int]]:
        """Return the files that `replay` reads, in that order, with their sizes in bytes."""
        files = [*import_files(self._archive.warc_dir), *crawl_files(self._archive.warc_dir)]
        return [(path, path.stat().st_size) for _, path in files]

    def replay(self, watch: Callable[[int], None]) -> None:
        """Fill the catalogue; *watch* is told how many bytes of WARC files are behind it. Raises ArchiveError."""
        rebuilt = self.rebuilt
        with self.folder.catalogue() as new:
            recovery = Recovery(new, rebuilt.done)
            for path, size in self.sizes():
                recovery.take_file(path, watch=partial(_watch, watch, rebuilt.bytes))
                rebuilt.files += 1
                rebuilt.bytes += size
                watch(rebuilt.bytes)
        if rebuilt.damaged is None and self._path.exists():
            self._look_for_lost()

    def _look_for_lost(self) -> None:
        with self._archive.catalogue() as old, self.folder.catalogue() as new, catalogue_errors(old):
            for record_id, warc_file in old.known.capture_records():
                if new.known.capture_id(record_id) is None:
                    self.rebuilt.lost[warc_file] += 1

    def swap(self) -> None:
        """Let the new catalogue take the old one's place, which is kept beside it. Raises ArchiveError."""
        with self.folder.catalogue() as new:
            new.checkpoint()
        try:
            _sync(self.folder.catalogue_path)
            if self._path.exists():
                self.rebuilt.kept = _keep(self._path)
            self.folder.catalogue_path.replace(self._path)
            sync_directory(self._path.parent)
        except OSError as error:
            raise ArchiveError(f"the new catalogue can't take the place of {self._path}: {error}") from error
        complete_indexes(self._archive.warc_dir)


@contextmanager
def rebuilding(archive: ArchiveFolder) -> Iterator[Rebuilding]:
    """Make a new catalogue inside, with every lock of the archive; without a `swap`, nothing of it stays.

    Raises ArchiveBusyError while a crawl, an extraction or an import is under way, ArchiveError when the disk doesn't
    allow it.
    """
    with ExitStack() as locks:
        for name in ("crawl", "extract", "import"):
            locks.enter_context(archive.lock(name))
        under_way = Rebuilding(archive)
        try:
            under_way.prepare()
            yield under_way
        finally:
            remove(under_way.folder.catalogue_path)


def remove(path: Path) -> None:
    """Remove a catalogue that was not finished."""
    for suffix in ("", *_BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _keep(path: Path) -> Path:
    """Give the old catalogue a second name, and what SQLite keeps beside it that name too.

    Its first name stays until the new one takes it, so that there is a catalogue at every moment. What stands beside
    it must not: SQLite would take it for the new one's.
    """
    kept = _free(path)
    try:
        os.link(path, kept)
    except OSError:  # no second names on this disk
        path.rename(kept)
    for suffix in _BESIDE:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    sync_directory(path.parent)
    return kept


def _watch(watch: Callable[[int], None], before: int, end: int) -> None:
    watch(before + end)


def _free(path: Path) -> Path:
    """Return a name with the time in it that no file has."""
    stem = f"{path.stem}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    kept, number = path.with_name(stem + path.suffix), 2
    while kept.exists():
        kept = path.with_name(f"{stem}-{number}{path.suffix}")
        number += 1
    return kept


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
