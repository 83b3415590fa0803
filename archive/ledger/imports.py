"""The one write path of incidents: statements, sync, and only then the rows; all of an import, or nothing of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from archive.cdxj import complete_indexes
from archive.ledger.file import stating
from archive.recovery import reconcile_imports
from archive.words import Change, StatementKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from archive.catalogue import Catalogue
    from archive.folder import ArchiveFolder
    from archive.ledger.file import LedgerFile
    from archive.records import Incident, Quarantined


class ImportWriter:
    """Takes the records of one import, as long as `importing` lasts."""

    def __init__(self, catalogue: Catalogue, file: LedgerFile) -> None:
        self._catalogue = catalogue
        self._file = file

    def put(self, incident: Incident) -> Change:
        """Write *incident* if it is new or changed, and say which it was. Raises WarcWriteError."""
        change = self._catalogue.incidents.put(incident, self._file.at)
        if change is not Change.UNCHANGED:
            about = {"incident": asdict(incident)}
            self._catalogue.ledger.put(self._file.state(StatementKind.INCIDENT, incident.id, about))
        return change

    def quarantine(self, piece: Quarantined) -> None:
        """Keep what could not be read, if it is new. Raises WarcWriteError."""
        if self._catalogue.incidents.quarantine(piece, self._file.at):
            subject = f"{piece.file}:{piece.line}"
            self._catalogue.ledger.put(self._file.state(StatementKind.QUARANTINED, subject, {"piece": asdict(piece)}))

    def close(self, about: Mapping[str, Any]) -> None:
        """State what the import came to as a whole, unless nothing was new. Raises WarcWriteError."""
        if self._file.statements:
            self._catalogue.ledger.put(self._file.state_import(about))


@contextmanager
def importing(folder: ArchiveFolder) -> Iterator[ImportWriter]:
    """Import into *folder* inside; behind it all of it is on disk, and when anything inside raises, nothing is.

    Waits for another import to end. Raises ArchiveError when the disk doesn't allow it.
    """
    with folder.lock("import", wait=True):
        reconcile_imports(folder)
        with folder.catalogue() as catalogue, stating(catalogue, folder.warc_dir) as file:
            yield ImportWriter(catalogue, file)
        complete_indexes(folder.warc_dir)
