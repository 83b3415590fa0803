"""Sources, and which of them are due."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from archive.records import Source
from archive.settings import settings_of
from archive.signals import GIVEN_WAY, PROBE_LETTERS
from archive.standing import PARTS, SUCCESSES, VERDICT_RANK, next_due
from archive.urls import host_of, site_of, url_key
from archive.words import Health, Outcome, Via

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_COLUMNS = "s.id, s.url, s.url_key, s.host, s.site, s.health, s.next_due_at, s.best_capture_id, s.last_capture_id"

# Hosts take turns in proportion to what they have, the largest first: so a host with many sources neither holds up
# the others nor is still to be done, one slow page after the other, when all others are.
_IN_TURNS = """(ROW_NUMBER() OVER (PARTITION BY s.host ORDER BY s.id) - 1.0) / COUNT(*) OVER (PARTITION BY s.host),
    COUNT(*) OVER (PARTITION BY s.host) DESC, s.id"""

# A source that no incident cites any more keeps its captures, and is not fetched again.
CITED = "EXISTS (SELECT 1 FROM citations WHERE source_id = s.id)"
# A capture of the day after tomorrow was made under a clock that was wrong, and so is the time that it gave.
_DUE = f"""(s.last_capture_id IS NULL OR s.next_due_at <= :now
    OR (SELECT finished_at FROM captures WHERE id = s.last_capture_id) > strftime('%Y-%m-%dT%H:%M:%fZ', :now, '+1 day'))
    AND {CITED}"""

_WHOLE = ", ".join(f"'{outcome}'" for outcome in sorted(SUCCESSES))
_PART = ", ".join(f"'{outcome}'" for outcome in sorted(PARTS))
_RANKS = " ".join(f"WHEN '{verdict}' THEN {2 * rank}" for verdict, rank in VERDICT_RANK.items())
STANDING_SQL = f"""CASE WHEN outcome IN ({_WHOLE}) THEN CASE verdict {_RANKS} ELSE 0 END
    WHEN outcome IN ({_PART}) THEN MAX(0, CASE verdict {_RANKS} ELSE 0 END - 1) ELSE 0 END"""
"""Over a row of `captures`: 0 for no copy at all, else the higher the better; a whole page stands above a part."""


def of_the_source(row: str) -> str:
    """Return SQL over a *row* of `captures`: what came is the source, and no probe.

    Of a web archive it is so only once it was judged to be what was cited.
    """
    return f"""({row}.via = '{Via.HTTP}'
        OR EXISTS (SELECT 1 FROM mementos m WHERE m.capture_id = {row}.id AND m.url IS NOT NULL))"""


PROBES_IN = f"""via = '{Via.PROBE}' AND asked_url >= :directory AND asked_url < :directory || '{{'
    AND LENGTH(asked_url) = LENGTH(:directory) + {PROBE_LETTERS}"""
"""Over a row of `captures`: a probe of just that directory, found by the index of `asked_url` (`{` is behind `z`)."""

_CHANGES = ", ".join(f"'{change}'" for change in sorted(GIVEN_WAY))
_GAVE_WAY = f"EXISTS (SELECT 1 FROM drifts d WHERE d.capture_id = c.id AND d.change IN ({_CHANGES}))"


class Sources:
    """The table `sources`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def put(self, url: str) -> int:
        """Return the id of the source with *url*'s comparison key, making it if there is none."""
        key = url_key(url)
        row = self._db.execute("SELECT id FROM sources WHERE url_key = ?", (key,)).fetchone()
        if row:
            return int(row["id"])
        host = host_of(url)
        cursor = self._db.execute(
            "INSERT INTO sources (url, url_key, host, site) VALUES (?, ?, ?, ?)",
            (url, key, host, site_of(host) if host else None),
        )
        return int(cursor.lastrowid or 0)

    def get(self, source_id: int) -> Source | None:
        """Return one source, or None."""
        return next(iter(self._select("WHERE s.id = ?", (source_id,))), None)

    def find(self, url: str) -> Source | None:
        """Return the source with *url*'s comparison key, or None."""
        return next(iter(self._select("WHERE s.url_key = ?", (url_key(url),))), None)

    def ended_at(self, url: str) -> Source | None:
        """Return a source whose last capture ended at *url*, behind redirects, or None."""
        tail = "JOIN captures c ON c.id = s.last_capture_id WHERE c.final_url = ? ORDER BY s.id LIMIT 1"
        return next(iter(self._select(tail, (url,))), None)

    def has_site(self, site: str) -> bool:
        """Tell whether any source is of a site, or of a host by that name."""
        found = self._db.execute("SELECT 1 FROM sources WHERE site = :site OR host = :site LIMIT 1", {"site": site})
        return found.fetchone() is not None

    def all(self) -> list[Source]:
        """Return every source that is cited, hosts in turns."""
        return self._select(f"WHERE {CITED} ORDER BY {_IN_TURNS}")

    def due(self, now: str) -> list[Source]:
        """Return the sources that were never captured or whose time has come by *now*, hosts in turns.

        A captured source without a `next_due_at` is never due again (its URL can't be fetched, ever).
        """
        return self._select(f"WHERE {_DUE} ORDER BY {_IN_TURNS}", {"now": now})

    def of_incident(self, incident_id: str) -> list[Source]:
        """Return the sources that an incident cites, in its order."""
        return self._select(
            """JOIN citations c ON c.source_id = s.id WHERE c.incident_id = ?
               GROUP BY s.id ORDER BY MIN(c.position)""",
            (incident_id,),
        )

    def reschedule(self, source_id: int, failing: int) -> None:
        """Set when a source is due again, by its last capture and what was judged of that.

        *failing* is how often in a row its page has come well and was missing by its verdict. Within a transaction.
        """
        row = self._db.execute(
            """SELECT c.outcome, c.finished_at, s.failures, r.settings FROM sources s
                 JOIN captures c ON c.id = s.last_capture_id JOIN crawls r ON r.id = c.crawl_id WHERE s.id = ?""",
            (source_id,),
        ).fetchone()
        if row:
            ended = datetime.fromisoformat(row["finished_at"])
            settings = settings_of(row["settings"])
            due = next_due(Outcome(row["outcome"]), row["failures"], ended, settings, failing=failing)
            self._db.execute("UPDATE sources SET next_due_at = ? WHERE id = ?", (due, source_id))

    def count_due(self, now: str) -> int:
        """Return how many sources `due` would give."""
        row = self._db.execute(f"SELECT COUNT(*) AS n FROM sources s WHERE {_DUE}", {"now": now}).fetchone()
        return int(row["n"])

    def probes_wanted(self, since: str, until: str) -> list[tuple[Source, str]]:
        """Return the directories beside whose pages a probe would say more and that have none from *since* to *until*.

        Each with one of the sources that it would tell of.
        """
        rows = self._db.execute(
            f"""SELECT MIN(s.id) AS id, s.probe_wanted FROM sources s
                WHERE s.probe_wanted IS NOT NULL AND {CITED} AND NOT EXISTS (
                  SELECT 1 FROM captures WHERE {PROBES_IN.replace(":directory", "s.probe_wanted")}
                    AND requested_at BETWEEN ? AND ?)
                GROUP BY s.probe_wanted ORDER BY 1""",
            (since, until),
        ).fetchall()
        found = [(self.get(row["id"]), str(row["probe_wanted"])) for row in rows]
        return [(source, directory) for source, directory in found if source]

    def next_due_after(self, now: str) -> str | None:
        """Return when a source becomes due that isn't by *now*, or None if none ever does."""
        row = self._db.execute(
            f"SELECT MIN(next_due_at) AS due FROM sources s WHERE s.next_due_at > ? AND {CITED}", (now,)
        ).fetchone()
        due: str | None = row["due"]
        return due

    def choose_best(self, source_ids: Iterable[int]) -> None:
        """Let each source's best capture be the one of the highest standing; one of none is never chosen.

        What a web archive keeps stands behind what the source's own server sent, and a text that has taken the place
        of the first one behind that: what was cited is the first.

        Of several it is the one that was seen last: a page that came again unchanged was seen then, and stays the
        capture that holds it.
        """
        self._db.executemany(
            f"""UPDATE sources SET best_capture_id = (
                  SELECT c.id FROM captures c WHERE source_id = :id AND revisit_of IS NULL AND {STANDING_SQL} > 0
                    AND {of_the_source("c")}
                  ORDER BY via = '{Via.HTTP}' DESC, {_GAVE_WAY}, {STANDING_SQL} DESC,
                    MAX(c.id, COALESCE((SELECT MAX(r.id) FROM captures r WHERE r.revisit_of = c.id), 0)) DESC LIMIT 1)
                WHERE id = :id""",
            [{"id": source_id} for source_id in source_ids],
        )

    def _select(self, tail: str, parameters: tuple[object, ...] | dict[str, object] = ()) -> list[Source]:
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM sources s {tail}", parameters)
        return [Source(**{**dict(row), "health": Health(row["health"])}) for row in rows]
