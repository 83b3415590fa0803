"""The WARC file of one import: all of it counts, or nothing does.

It is `.part` while it is written, and removed when that ends early: what an import says stands in the file that was
imported, and nothing was acknowledged yet. Whole and synced it is `.open`, and from then on its rows come, by the
transaction under way or by the recovery after a crash. With its rows on disk it is finished.
"""

from __future__ import annotations

import importlib.metadata
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from archive.clock import utc_now
from archive.errors import CatalogueError, WarcWriteError
from archive.ledger.statements import append_statement
from archive.warc_files import PART_SUFFIX, finish_file
from archive.warc_writer import WarcWriter
from archive.words import StatementKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from archive.catalogue import Catalogue
    from archive.records import Statement

LEDGER_SERIES = "ledger"
"""What the names of these files begin with."""


class LedgerFile:
    """One file of statements, made with the first of them."""

    def __init__(self, warc_dir: Path, number: int) -> None:
        self._warc_dir = warc_dir
        self._number = number
        info = {"software": f"Sourcekeep/{importlib.metadata.version('sourcekeep')}", "isPartOf": f"import {number}"}
        self._warc = WarcWriter(warc_dir, LEDGER_SERIES, info, open_suffix=PART_SUFFIX)
        self._name = ""
        self.statements = 0
        self.at = utc_now()
        """When the import is: the time of its statements, and of the rows that they tell of."""

    def state(
        self, kind: StatementKind, subject: str, about: Mapping[str, Any], stated_at: str | None = None
    ) -> Statement:
        """Append a statement, of the import's own time if none is given. Raises WarcWriteError."""
        self.statements += 1
        said = {"import": self._number, **about}
        return append_statement(self._warc, kind, subject, said, stated_at or self.at)

    def state_import(self, about: Mapping[str, Any]) -> Statement:
        """Append what is said of the import as a whole. Raises WarcWriteError."""
        return self.state(StatementKind.IMPORT, str(self._number), about)

    def hand_over(self) -> None:
        """Return when all of it is on disk, and outlives this process. Raises WarcWriteError."""
        if self.statements:
            self._name = self._warc.hand_over()

    def finish(self) -> None:
        """Give the file its final name: its rows are on disk. Raises WarcWriteError."""
        if self._name:
            finish_file(self._warc_dir, self._name)

    def discard(self) -> None:
        """Remove a file that was not handed over; where that can't be done, the next import does."""
        self._warc.abandon()
        with suppress(WarcWriteError):
            remove_parts(self._warc_dir)


@contextmanager
def stating(catalogue: Catalogue, warc_dir: Path) -> Iterator[LedgerFile]:
    """Make the statements and the rows of one import inside; both are on disk behind it, or neither is.

    The caller holds the lock of the import. Raises WarcWriteError or CatalogueError when the disk doesn't allow it.
    """
    file = LedgerFile(warc_dir, catalogue.ledger.last_import() + 1)
    try:
        with catalogue_errors(catalogue), catalogue.transaction():
            yield file
            file.hand_over()
    except BaseException:
        file.discard()
        raise
    file.finish()


@contextmanager
def catalogue_errors(catalogue: Catalogue) -> Iterator[None]:
    """Turn what SQLite raises inside into CatalogueError."""
    try:
        yield
    except sqlite3.Error as error:
        raise CatalogueError(f"{catalogue.path} cannot be written: {error}") from error


def remove_parts(warc_dir: Path) -> None:
    """Remove what imports left that ended early; the caller holds the lock of the import."""
    for path in warc_dir.glob(f"{LEDGER_SERIES}-*{PART_SUFFIX}"):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise WarcWriteError(f"{path} cannot be removed: {error}") from error
