"""Rows for records that lack them: after a crash, under an older catalogue, or in a new one.

Rows follow their records in the order of writing, group by group, so what has no row yet is the end of a file. Every
record is looked up first: a second recovery changes nothing.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archive.cdxj import complete_indexes
from archive.errors import ArchiveBusyError
from archive.ledger.catching_up import catch_up
from archive.ledger.file import LEDGER_SERIES, catalogue_errors, remove_parts
from archive.ledger.statements import UNREADABLE, take
from archive.recorded import Problem, RecordedCapture, RecordedExchanges, Stated, crawl_of, recorded
from archive.salvage import Salvaged, salvage
from archive.series import CRAWL_SERIES, crawl_files, import_files
from archive.settings import Settings, settings_of
from archive.warc_files import OPEN_SUFFIX
from archive.words import StatementKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.recorded import Recorded
    from archive.records import RecordPlace

UNKNOWN_TRIGGER = "unknown"
"""Why a crawl was begun of whose start no statement tells."""

MOST_PROBLEMS = 1000
"""How many problems are kept in words; all of them are counted."""

logger = logging.getLogger(__name__)

_REFUSED = (*UNREADABLE, sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)


@dataclass(slots=True)
class Recovered:
    """What got its rows, and what could not."""

    captures: int = 0
    exchanges: int = 0
    """Those of captures included."""
    statements: Counter[StatementKind] = field(default_factory=Counter)
    salvaged: list[Salvaged] = field(default_factory=list)
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    """The first thousand."""

    def add(self, place: RecordPlace, text: str) -> None:
        """Take note of what is wrong with the record at *place*."""
        self.add_problem(Problem(place.warc_file, place.warc_offset, place.record_id, text))

    def add_problem(self, problem: Problem) -> None:
        """Take note of a problem."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


class Recovery:
    """Gives rows in one catalogue to what WARC files have recorded."""

    def __init__(self, catalogue: Catalogue, done: Recovered) -> None:
        self._catalogue = catalogue
        self._done = done

    def take_file(self, path: Path, start: int = 0, watch: Callable[[int], None] | None = None) -> None:
        """Give rows to what the file at *path* has recorded from *start* on; all of them come, or none.

        *watch* is told again and again how many bytes of the file are read. Raises CatalogueError when the catalogue
        can't be written, RecordMissingError when the file can't be opened.
        """
        with catalogue_errors(self._catalogue), self._catalogue.transaction():
            for item in recorded(path, start):
                self._take(item)
                if watch and not isinstance(item, Problem):
                    watch(item.place.warc_offset + item.place.warc_length)

    def take_rest(self, path: Path) -> None:
        """Give rows to what the file of a crawl has recorded behind the last capture that has one."""
        crawl_id = crawl_of(path)
        name = path.name.removesuffix(OPEN_SUFFIX)
        self.take_file(path, self._catalogue.known.end_in(crawl_id, name) if crawl_id else 0)

    def _take(self, item: Recorded) -> None:
        if isinstance(item, Problem):
            self._done.add_problem(item)
            return
        try:
            with self._catalogue.savepoint():
                match item:
                    case RecordedCapture():
                        self._take_capture(item)
                    case RecordedExchanges():
                        self._take_exchanges(item)
                    case Stated():
                        self._take_statement(item)
        except _REFUSED as error:
            self._done.add(item.place, f"it gets no row: {error!r}")

    def _take_capture(self, item: RecordedCapture) -> None:
        known, capture = self._catalogue.known, item.capture
        if known.capture_id(item.place.record_id):
            return
        settings = self._crawl_settings(capture.crawl_id, capture.requested_at, item.place)
        source = self._catalogue.sources.find(item.source_url)
        source_id = source.id if source else self._catalogue.sources.put(item.source_url)
        if known.has_capture(capture.crawl_id, source_id, capture.via):
            self._done.add(item.place, f"{item.source_url} has another capture in crawl {capture.crawl_id}; no row")
            return
        revisit_of = known.capture_id(item.revisit_of)
        capture = replace(capture, source_id=source_id, revisit_of=revisit_of)
        self._catalogue.captures.put(capture, settings)
        self._done.captures += 1
        self._done.exchanges += len(capture.exchanges)
        if source is None:
            self._done.add(item.place, f"no import that is recorded cites {item.source_url}; it is a source now")
        if item.revisit_of and revisit_of is None:
            self._done.add(item.place, f"the capture {item.revisit_of}, whose page came again in it, can't be read")

    def _take_exchanges(self, item: RecordedExchanges) -> None:
        new = [one for one in item.exchanges if not self._catalogue.known.has_exchange(item.crawl_id, one)]
        if new:
            self._crawl_settings(item.crawl_id, new[0].requested_at, item.place)
            self._catalogue.captures.put_exchanges(item.crawl_id, None, new)
            self._done.exchanges += len(new)

    def _take_statement(self, item: Stated) -> None:
        statement = item.statement
        if self._catalogue.ledger.has(statement.place.record_id):
            return
        if statement.kind is StatementKind.CRAWL_FINISHED:
            self._crawl_settings(int(statement.subject), statement.stated_at, item.place)
        take(self._catalogue, statement, item.about)
        self._done.statements[statement.kind] += 1

    def _crawl_settings(self, crawl_id: int, at: str, place: RecordPlace) -> Settings:
        """Return what a crawl was set to; one that has no row gets it, as of *at*."""
        crawl = self._catalogue.crawls.find(crawl_id)
        if crawl is None:
            self._catalogue.crawls.put(crawl_id, at, UNKNOWN_TRIGGER, {}, {})
            self._done.add(place, f"of the start of crawl {crawl_id}, to which it belongs, no record can be read")
        return settings_of(crawl["settings"]) if crawl else Settings()


def recover_crawls(folder: ArchiveFolder, done: Recovered) -> None:
    """Finish the files that a crashed crawl left, and give rows to what is recorded and has none.

    The caller holds the lock of the crawl. Raises ArchiveError when the disk doesn't allow it.
    """
    with folder.catalogue() as catalogue:
        recovery = Recovery(catalogue, done)
        for path in _behind_the_catalogue(catalogue, folder.warc_dir, done):
            recovery.take_rest(path)
        done.salvaged += salvage(folder.warc_dir, CRAWL_SERIES, recovery.take_rest)


def recover_imports(folder: ArchiveFolder, done: Recovered) -> None:
    """Give rows to what imports have recorded and that has none, and finish their files.

    The caller holds the lock of the import. Raises ArchiveError when the disk doesn't allow it.
    """
    remove_parts(folder.warc_dir)
    with folder.catalogue() as catalogue:
        recovery, known = Recovery(catalogue, done), catalogue.ledger.files()
        for number, path in import_files(folder.warc_dir):
            if path.name in known:
                continue
            if number > catalogue.ledger.last_import():
                recovery.take_file(path)
            elif _has_unknown_statement(catalogue, path):  # and is no copy of another
                done.add_problem(_too_late(path, f"import {number}"))
        done.salvaged += salvage(folder.warc_dir, LEDGER_SERIES, recovery.take_file)


def reconcile_imports(folder: ArchiveFolder) -> None:
    """Let the imports' files and the catalogue say the same; the caller holds the lock of the import.

    What can't be read is logged. Raises ArchiveError when the disk doesn't allow it.
    """
    done = Recovered()
    recover_imports(folder, done)
    with folder.catalogue() as catalogue:
        catch_up(catalogue, folder.warc_dir)
    _log(done)


def reconcile(folder: ArchiveFolder) -> Recovered:
    """Let the WARC files and the catalogue say the same, before a crawl; the caller holds its lock.

    An import that is under way has done its own part. What can't be read is logged. Raises ArchiveError when the disk
    doesn't allow it.
    """
    with suppress(ArchiveBusyError), folder.lock("import"):
        reconcile_imports(folder)
    done = Recovered()
    recover_crawls(folder, done)
    _log(done)
    complete_indexes(folder.warc_dir)
    return done


def _log(done: Recovered) -> None:
    if done.captures or done.statements:
        statements = ", ".join(f"{kind} {count}" for kind, count in done.statements.items())
        logger.info("rows for what was recorded and had none: captures %d, %s", done.captures, statements)
    for problem in done.problems:
        logger.warning("%s at %d: %s", problem.warc_file, problem.offset, problem.text)


def _behind_the_catalogue(catalogue: Catalogue, warc_dir: Path, done: Recovered) -> list[Path]:
    """Return the finished files of crawls that the catalogue doesn't know, or knows only the beginning of.

    A catalogue from a backup knows nothing of later crawls, and its last one may have been under way.
    """
    last = catalogue.crawls.last()
    last_id, is_over = (last["id"], last["finished_at"] is not None) if last else (0, True)
    behind = []
    for crawl_id, path in crawl_files(warc_dir):
        if crawl_id > last_id or (crawl_id == last_id and not is_over):
            behind.append(path)
        elif crawl_id and catalogue.crawls.find(crawl_id) is None:
            done.add_problem(_too_late(path, f"crawl {crawl_id}"))
    return behind


def _has_unknown_statement(catalogue: Catalogue, path: Path) -> bool:
    statements = (item for item in recorded(path) if isinstance(item, Stated))
    return any(not catalogue.ledger.has(item.place.record_id) for item in statements)


def _too_late(path: Path, what: str) -> Problem:
    text = f"it is of {what}, and the catalogue is past that; `sourcekeep rebuild` reads all files in their order"
    return Problem(path.name, 0, None, text)
