"""The catalogue: one SQLite file, and the only place with SQL.

    with Catalogue(path) as catalogue:
        with catalogue.transaction():
            catalogue.incidents.put(incident)

It is safe for several processes at once: readers never wait (WAL), writers wait for each other up to a minute.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from sqlite_utils import Database

from archive.catalogue.captures import Captures
from archive.catalogue.comparisons import Comparisons
from archive.catalogue.copies import Copies
from archive.catalogue.crawls import Crawls
from archive.catalogue.fixity import Fixity
from archive.catalogue.full_text import FullText
from archive.catalogue.histories import Histories
from archive.catalogue.incidents import Incidents
from archive.catalogue.known import Known
from archive.catalogue.ledger import Ledger
from archive.catalogue.pending import Pending
from archive.catalogue.pins import Pins
from archive.catalogue.quotations import Quotations
from archive.catalogue.recurrence import Recurrence
from archive.catalogue.reports import Reports
from archive.catalogue.sources import Sources
from archive.catalogue.texts import Texts
from archive.errors import CatalogueError
from archive.schema import bring_up_to_date, check_up_to_date

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

__all__ = ["Catalogue"]

_BUSY_SECONDS = 60.0


class Catalogue:
    """An open catalogue; made if missing, its schema brought up to date. One that can't be written is read.

    Belongs to the thread that opened it. Raises CatalogueError when *path* is no catalogue, SchemaTooNewError
    when a newer Sourcekeep wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.read_only = path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        """Whether it can't be written here."""
        try:
            self._connection = (
                _connect_to_read(path) if self.read_only else sqlite3.connect(path, timeout=_BUSY_SECONDS)
            )
        except sqlite3.Error as error:
            raise CatalogueError(f"{path} cannot be opened: {error}") from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise CatalogueError(f"{path} cannot be used as a catalogue: {error}") from error
        except CatalogueError:
            self.close()
            raise
        self.path = path
        self.incidents = Incidents(self._connection)
        self.sources = Sources(self._connection)
        self.crawls = Crawls(self._connection)
        self.fixity = Fixity(self._connection)
        self.captures = Captures(self._connection)
        self.ledger = Ledger(self._connection)
        self.known = Known(self._connection)
        self.pending = Pending(self._connection)
        self.texts = Texts(self._connection)
        self.full_text = FullText(self._connection)
        self.quotations = Quotations(self._connection)
        self.copies = Copies(self._connection)
        self.histories = Histories(self._connection)
        self.comparisons = Comparisons(self._connection)
        self.pins = Pins(self._connection)
        self.recurrence = Recurrence(self._connection)
        self.reports = Reports(self._connection)

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        if self.read_only:
            check_up_to_date(Database(self._connection, execute_plugins=False))
            return
        _write_ahead(self._connection)
        # FULL: a row that was acknowledged survives a power cut; one sync for each group of captures is cheap.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        with self.transaction():
            bring_up_to_date(Database(self._connection, execute_plugins=False))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one transaction, rolled back when anything inside raises.

        It takes the write lock at once: a transaction that read first could not wait for another writer
        (SQLITE_BUSY_SNAPSHOT is not subject to the busy time-out).
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Within a transaction, take back what is done inside when anything inside raises, and that alone."""
        self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO part")
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("RELEASE part")

    def checkpoint(self) -> None:
        """Bring everything into the one file; raises CatalogueError while somebody else has it open."""
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise CatalogueError(f"{self.path} is in use by another program")

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY_SECONDS)


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a catalogue that this user can't write, such as one on a read-only disk.

    SQLite can read a WAL database there only when told that nobody writes it; with a WAL beside it, somebody may.
    """
    immutable = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{immutable}", uri=True, timeout=_BUSY_SECONDS)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL, waiting for others: this one statement fails at once where all others wait."""
    until = time.monotonic() + _BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)
