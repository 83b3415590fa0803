"""Whether the evidence is what was written: every WARC file from end to end, and every row beside its record.

Both ways: each record is looked up in the catalogue and held against its row (`archive.fixity.file`, in several
processes), and each row that no record was found for is a fault. Memory stays flat: a bit for each row, and a
temporary table on disk for the record ids, about 30 bytes each; what one file brings is held at a time, and a file
ends near 1 GB.

It may run beside a crawl: rows that come later are left out of account, and unfinished files are read as far as the
rows at the start name them.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from io import BufferedReader
from typing import TYPE_CHECKING, Protocol

from archive.errors import ArchiveError, CatalogueError
from archive.fixity.findings import Fault, FaultKind, FileFindings, Role, RowSet
from archive.fixity.log import FaultLog
from archive.fixity.workers import LARGE, CatalogueTask, FileTask, Task, TextsTask, run_all
from archive.salvage import TORN_SUFFIX
from archive.warc_files import OPEN_SUFFIX, open_warc, size_of, warc_files
from archive.warc_member import read_member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.catalogue.fixity import Extent, PlacedRow
    from archive.folder import ArchiveFolder

_TEXTS_AT_ONCE = 5_000
_NAMED = 3
"""How many of many records that are missing together are named."""

_MISSING = {
    Role.CAPTURE: "the row of capture {} names this record",
    Role.RESPONSE: "the row of exchange {} names this record as its response",
    Role.REQUEST: "the row of exchange {} names this record as its request",
    Role.STATEMENT: "the row {} of the ledger names this record",
}


class Progress(Protocol):
    """What is told of bytes that are done."""

    def plan(self, total: int) -> None:
        """Say how many there will be."""

    def advance(self, count: int) -> None:
        """Say how many more are done."""


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A finished WARC file as it was read."""

    name: str
    bytes: int
    sha256: str
    """In hexadecimal, as `sha256sum` prints it."""
    records: int


@dataclass(slots=True)
class Verification:
    """What was looked at, and what was found."""

    whole: bool
    """Whether all of the archive was looked at, and not some of its files alone."""
    files: int = 0
    records: int = 0
    bytes: int = 0
    rows: int = 0
    texts: int = 0
    faults: FaultLog = field(default_factory=FaultLog)
    notes: list[str] = field(default_factory=list)
    """What is worth knowing and no fault."""
    digests: dict[str, FileDigest] = field(default_factory=dict)
    """Of the finished files, by name."""


def verify(
    folder: ArchiveFolder, progress: Progress, *, files: Collection[str] = (), workers: int | None = None
) -> Verification:
    """Check the archive, or only the WARC *files* of these names. Needs no lock, and no right to write.

    Raises ArchiveError when a name is of no file, the catalogue can't be opened, or temporary files can't be written.
    """
    with folder.catalogue() as catalogue:
        run = _Run(folder, catalogue, frozenset(files))
        try:
            run.prepare()
        except sqlite3.DatabaseError as error:
            run.give_up(error)
            return run.result
        try:
            run.walk(progress, workers)
            run.look_for_records()
        except sqlite3.Error as error:
            raise CatalogueError(f"{catalogue.path} can't be held against the WARC files: {error}") from error
        return run.result


class _Run:
    """One verification."""

    def __init__(self, folder: ArchiveFolder, catalogue: Catalogue, files: frozenset[str]) -> None:
        self.result = Verification(whole=not files)
        self._folder = folder
        self._catalogue = catalogue
        self._only = files
        self._extent: Extent
        self._tasks: list[Task] = []
        self._found = {role: RowSet() for role in Role}
        self._with_records: set[str] = set()

    def prepare(self) -> None:
        """Note the rows that there are, and then the files: a row's file is there before the row."""
        self._extent = self._catalogue.fixity.extent()
        files = self._files()
        known = {file.name for file in files} | self._extent.files.keys()
        if unknown := sorted(self._only - known):
            raise ArchiveError(f"{self._folder.warc_dir} has no WARC file {unknown[0]!r}")
        if self._only:
            files = [file for file in files if file.name in self._only]
        files.sort(key=lambda file: file.size, reverse=True)  # so that no large one is left for the end
        self._tasks += files
        if not self._only:
            ranges = self._catalogue.fixity.text_ranges(_TEXTS_AT_ONCE)
            self._tasks = [CatalogueTask(), *files, *(TextsTask(after, last) for after, last in ranges)]
            self.result.texts = self._extent.texts
        self.result.files = len(files)
        self.result.rows = self._rows_to_check()

    def _rows_to_check(self) -> int:
        if not self._only:
            return self._extent.rows
        return sum(rows.rows for name, rows in self._extent.files.items() if name in self._only)

    def _files(self) -> list[FileTask]:
        # Unfinished ones first: one that is finished in this very moment is then met twice, and not never.
        unfinished = sorted(self._folder.warc_dir.glob("*" + OPEN_SUFFIX))
        finished = {path.name for path in warc_files(self._folder.warc_dir)}
        tasks = [self._task(name) for name in sorted(finished)]
        for path in unfinished:
            name = path.name.removesuffix(OPEN_SUFFIX)
            if name not in finished:
                tasks.append(self._unfinished(path, name))
            elif path.exists():
                self._fault(FaultKind.NO_FILE, "it is there twice, finished and unfinished", name)
        return tasks

    def _unfinished(self, path: Path, name: str) -> FileTask:
        rows = self._extent.files.get(name)
        self.result.notes.append(
            f"{path.name} is unfinished: a crawl writes it, or was interrupted and the next crawl salvages it; "
            + (f"its first {rows.end:,} bytes, which rows name, were checked" if rows else "no row names it yet")
        )
        return self._task(name, rows.end if rows else 0)

    def _task(self, name: str, end: int | None = None) -> FileTask:
        return FileTask(self._folder.warc_dir, name, size_of(self._folder.warc_dir, name), end)

    def give_up(self, error: sqlite3.DatabaseError) -> None:
        """Say that the catalogue can't be read, so that nothing can be held against it."""
        self._fault(FaultKind.CATALOGUE, f"it can't be read: {error}", self._folder.catalogue_path.name)
        self.result.notes.append(
            "nothing was held against the catalogue; `sourcekeep rebuild` makes it anew from the WARC files"
        )

    def walk(self, progress: Progress, workers: int | None) -> None:
        """Check the files, each record beside its row, and the catalogue by itself."""
        sizes = sum(task.size for task in self._tasks if isinstance(task, FileTask))
        progress.plan(sizes)
        if workers is None:
            workers = os.cpu_count() or 1 if sizes >= LARGE else 1
        for found in run_all(self._folder.catalogue_path, self._tasks, workers, progress.advance):
            if isinstance(found, FileFindings):
                self._take(found)
            else:
                for fault in found:
                    self.result.faults.add(fault)
        self._torn_files()

    def _take(self, found: FileFindings) -> None:
        result = self.result
        result.records += found.records
        result.bytes += found.size
        for fault in found.faults:
            result.faults.add(fault)
        for role, numbers in found.rows.items():
            for number in numbers:
                if not self._found[role].add(number) and role is Role.DESCRIBED:
                    self._fault(FaultKind.DUPLICATE, f"two metadata records tell of exchange {number}", found.name)
        for offset, file, at in self._catalogue.fixity.note_ids(found.name, found.ids()):
            problem = f"the record in {file} at {at} has the same id"
            self._fault(FaultKind.DUPLICATE, problem, found.name, offset, self._record_id(found.name, offset))
        if found.records:
            self._with_records.add(found.name)
        if found.sha256:
            result.digests[found.name] = FileDigest(found.name, found.size, found.sha256, found.records)
        result.notes += _notes(found)

    def _record_id(self, name: str, offset: int) -> str | None:
        with BufferedReader(open_warc(self._folder.warc_dir, name)) as file:
            member = read_member(file, offset, name)
        if member is None:
            return None
        member.close()
        return member.place.record_id

    def look_for_records(self) -> None:
        """Find the rows whose record was not met."""
        together: dict[str, list[PlacedRow]] = {}
        counts: Counter[str] = Counter()
        for role in Role:
            for row in self._catalogue.fixity.placed(role, self._extent.last[role], self._only or None):
                if row.id in self._found[role]:
                    continue
                file = str(row.warc_file)
                if role is Role.DESCRIBED:
                    self._not_described(row)
                elif file in self._with_records:
                    problem = _MISSING[role].format(row.id) + ", and it is not there"
                    self._fault(FaultKind.NO_RECORD, problem, file, row.warc_offset, row.record_id)
                else:
                    counts[file] += 1
                    if counts[file] <= _NAMED:
                        together.setdefault(file, []).append(row)
        for file, rows in together.items():
            self._nothing_of(file, rows, counts[file])

    def _not_described(self, row: PlacedRow) -> None:
        if row.warc_file is None or row.warc_file in self._with_records:
            problem = f"no metadata record tells of exchange {row.id}"
            self._fault(FaultKind.NO_RECORD, problem, row.warc_file, row.warc_offset, row.record_id)

    def _nothing_of(self, file: str, rows: list[PlacedRow], count: int) -> None:
        there = any((self._folder.warc_dir / (file + suffix)).exists() for suffix in ("", OPEN_SUFFIX))
        first = ", ".join(f"{row.record_id} at {row.warc_offset}" for row in rows)
        problem = (
            f"{'none of its records can be read' if there else 'it is not there'}; {count} rows name some: {first}"
        )
        self._fault(FaultKind.NO_FILE, problem + (", ..." if count > len(rows) else ""), file)

    def _torn_files(self) -> None:
        for path in sorted(self._folder.warc_dir.glob(f"*{TORN_SUFFIX}*")):
            self.result.notes.append(f"{path.name} is what a crash left of an unfinished record; no row names it")

    def _fault(
        self,
        kind: FaultKind,
        problem: str,
        file: str | None = None,
        offset: int | None = None,
        record_id: str | None = None,
    ) -> None:
        self.result.faults.add(Fault(kind, problem, file, offset, record_id))


def _notes(found: FileFindings) -> Iterator[str]:
    if found.interrupted:
        yield (
            f"{found.name} has {found.interrupted} records of captures that were interrupted before they were whole; "
            "none of them was ever said to be kept"
        )
    if found.unknown:
        yield f"{found.name} has {found.unknown} records of kinds that this version doesn't know"
    if found.records > 1 and not any(found.rows.values()) and not found.faults:
        yield f"no row names a record of {found.name}"
