"""Crawls: one row a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from archive.clock import utc_now
from archive.words import Via

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


class Crawls:
    """The table `crawls`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def start(self, trigger: str, settings: Mapping[str, Any], versions: Mapping[str, str]) -> int:
        """Begin a crawl of which there is no statement, and return its id."""
        crawl_id = self.next_id()
        self.put(crawl_id, utc_now(), trigger, settings, versions)
        self._db.commit()
        return crawl_id

    def finish(self, crawl_id: int, ended: str) -> None:
        """End a crawl, with why it ended and how many sources had which outcome."""
        self.end(crawl_id, utc_now(), ended, self.outcomes(crawl_id))
        self._db.commit()

    def next_id(self) -> int:
        """Return the id of the next crawl; it stays so as long as the caller holds the lock of the crawl."""
        return int(self._db.execute("SELECT COALESCE(MAX(id), 0) + 1 AS n FROM crawls").fetchone()["n"])

    def put(
        self, crawl_id: int, started_at: str, trigger: str, settings: Mapping[str, Any], versions: Mapping[str, str]
    ) -> None:
        """Insert the row of a crawl that has begun, unless it is there."""
        self._db.execute(
            "INSERT OR IGNORE INTO crawls (id, started_at, trigger, settings, versions) VALUES (?, ?, ?, ?, ?)",
            (crawl_id, started_at, trigger, json.dumps(settings), json.dumps(versions)),
        )

    def end(self, crawl_id: int, finished_at: str, ended: str, counts: Mapping[str, int]) -> None:
        """Say in the row of a crawl when and why it ended, and how many sources had which outcome."""
        self._db.execute(
            "UPDATE crawls SET finished_at = ?, ended = ?, counts = ? WHERE id = ?",
            (finished_at, ended, json.dumps(counts), crawl_id),
        )

    def outcomes(self, crawl_id: int, via: Via = Via.HTTP) -> dict[str, int]:
        """Return how many captures of a crawl had which outcome, most first: of the sources themselves, or *via*."""
        return self._counts("outcome", crawl_id, via)

    def verdicts(self, crawl_id: int) -> dict[str, int]:
        """Return how many of a crawl's captures of sources got which verdict, most first; some may have none yet."""
        return self._counts("verdict", crawl_id, Via.HTTP)

    def _counts(self, column: str, crawl_id: int, via: Via) -> dict[str, int]:
        rows = self._db.execute(
            f"""SELECT {column} AS name, COUNT(*) AS count FROM captures
                WHERE crawl_id = ? AND via = ? AND {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1""",
            (crawl_id, via),
        )
        return {row["name"]: row["count"] for row in rows}

    def bytes_fetched(self, crawl_id: int) -> int:
        """Return how many bytes the responses of a crawl's captures had on the wire."""
        row = self._db.execute("SELECT COALESCE(SUM(bytes), 0) AS n FROM captures WHERE crawl_id = ?", (crawl_id,))
        return int(row.fetchone()["n"])

    def get(self, crawl_id: int) -> dict[str, Any]:
        """Return the row of a crawl; raises KeyError when there is none."""
        row = self.find(crawl_id)
        if row is None:
            raise KeyError(crawl_id)
        return row

    def find(self, crawl_id: int) -> dict[str, Any] | None:
        """Return the row of a crawl, or None."""
        row = self._db.execute("SELECT * FROM crawls WHERE id = ?", (crawl_id,)).fetchone()
        return dict(row) if row else None

    def last(self) -> dict[str, Any] | None:
        """Return the row of the newest crawl, or None."""
        row = self._db.execute("SELECT * FROM crawls ORDER BY id DESC LIMIT 1").fetchone()
        return dict(row) if row else None
