"""The one write path of pins: the statement, sync, and only then the row.

A pin is an editor's word on a link, for which there is no other evidence than that it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.cdxj import complete_indexes
from archive.ledger.file import stating
from archive.ledger.statements import take
from archive.recovery import reconcile_imports
from archive.words import StatementKind

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder
    from archive.records import Source
    from archive.words import Health


def pin(folder: ArchiveFolder, source: Source, health: Health | None, *, reason: str, by: str) -> None:
    """State that *source* has that *health*, by whom and why; None takes an earlier pin away.

    Waits for an import to end. Raises ArchiveError when the disk doesn't allow it.
    """
    about = {"pin": {"source": source.url, "health": health, "reason": reason, "by": by}}
    with folder.lock("import", wait=True):
        reconcile_imports(folder)
        with folder.catalogue() as catalogue, stating(catalogue, folder.warc_dir) as file:
            catalogue.ledger.put(file.state_import({"files": []}))
            take(catalogue, file.state(StatementKind.PIN, source.url, about), about)
        complete_indexes(folder.warc_dir)
