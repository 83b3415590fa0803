"""Statements for rows that lack them: of archives older than statements, and of crawls that found the disk full."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from archive.ledger.file import stating
from archive.words import StatementKind

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from archive.catalogue import Catalogue
    from archive.ledger.file import LedgerFile


def catch_up(catalogue: Catalogue, warc_dir: Path) -> int:
    """State what rows of incidents, quarantined pieces and crawls say and no statement does; return how many rows.

    The caller holds the lock of the import. Raises WarcWriteError or CatalogueError.
    """
    ledger = catalogue.ledger
    if not (ledger.unstated_incidents() or ledger.unstated_quarantine() or ledger.unstated_crawls()):
        return 0
    with stating(catalogue, warc_dir) as file:
        # In this order they get their numbers again, also those that nothing cites any more.
        ledger.put(file.state_import({"files": [], "sources": catalogue.known.source_urls()}))
        for incident_id, imported_at, changed_at in ledger.unstated_incidents():
            _state_incident(catalogue, file, incident_id, imported_at, changed_at)
        for piece in ledger.unstated_quarantine():
            _state_quarantined(catalogue, file, piece)
        for crawl in ledger.unstated_crawls():
            _state_crawl(catalogue, file, crawl)
        return file.statements - 1


def _state_incident(
    catalogue: Catalogue, file: LedgerFile, incident_id: str, imported_at: str, changed_at: str
) -> None:
    if incident := catalogue.incidents.get(incident_id):
        about = {"imported_at": imported_at, "incident": asdict(incident)}
        catalogue.ledger.put(file.state(StatementKind.INCIDENT, incident_id, about, changed_at))


def _state_quarantined(catalogue: Catalogue, file: LedgerFile, row: dict[str, Any]) -> None:
    seen_at = row.pop("seen_at")
    subject = f"{row['file']}:{row['line']}"
    catalogue.ledger.put(file.state(StatementKind.QUARANTINED, subject, {"piece": row}, seen_at))


def _state_crawl(catalogue: Catalogue, file: LedgerFile, row: dict[str, Any]) -> None:
    subject, crawl = str(row["id"]), {"crawl": row["id"]}
    started = {name: json.loads(row[name]) for name in ("settings", "versions")}
    started |= {"started_at": row["started_at"], "trigger": row["trigger"]}
    catalogue.ledger.put(file.state(StatementKind.CRAWL_STARTED, subject, crawl | started, row["started_at"]))
    if row["finished_at"] is not None:
        ended = {"finished_at": row["finished_at"], "ended": row["ended"], "counts": json.loads(row["counts"])}
        catalogue.ledger.put(file.state(StatementKind.CRAWL_FINISHED, subject, crawl | ended, row["finished_at"]))
