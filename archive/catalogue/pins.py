"""What editors say of links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.health_records import Pin
from archive.words import Health

if TYPE_CHECKING:
    import sqlite3


class Pins:
    """The table `pins`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def all(self) -> dict[int, Pin]:
        """Return by source what editors have pinned its health to."""
        rows = self._db.execute("SELECT source_id, health, reason, pinned_by, pinned_at FROM pins ORDER BY source_id")
        return {row["source_id"]: Pin(**{**dict(row), "health": Health(row["health"])}) for row in rows}

    def put(self, pin: Pin) -> None:
        """Pin the health of a source, in place of an earlier pin. Only `archive.ledger` calls this."""
        self._db.execute(
            "INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?)",
            (pin.source_id, pin.health, pin.reason, pin.pinned_by, pin.pinned_at),
        )

    def drop(self, source_id: int) -> None:
        """Take the pin of a source away. Only `archive.ledger` calls this."""
        self._db.execute("DELETE FROM pins WHERE source_id = ?", (source_id,))
