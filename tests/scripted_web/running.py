"""Crawls of the scripted web, week by week, and what the archive says of each link then."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from durability import Order

from archive.clock import as_timestamp
from extract.run import run as make_texts
from sourcekeep.audit.auditing import audit
from sourcekeep.audit.refresh import refresh
from sourcekeep.audit.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from durability import Ended, Lane

    from archive.folder import ArchiveFolder
    from scripted_web.server import ScriptedWeb
    from sourcekeep.audit.auditing import Audit

WEEK = timedelta(days=7)
START = datetime(2031, 1, 6, 9, tzinfo=UTC)
"""When the crawl of the first week begins."""
_PATIENCE = 120.0
"""Seconds after which a crawl counts as hanging."""


class Row(NamedTuple):
    """What the catalogue says of a link."""

    health: str
    since: str | None
    capture_id: int | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Week:
    """What a week's crawl left behind."""

    now: str
    ended: Ended
    rows: dict[str, Row]
    afresh: dict[str, Row]
    """The same, when all was computed again."""
    audit: Audit


def begin_of(week: int) -> datetime:
    """Return when the crawl of a week begins, the first being 1."""
    return START + (week - 1) * WEEK


def run_week(lane: Lane, web: ScriptedWeb, folder: ArchiveFolder, week: int) -> Week:
    """Crawl everything in a week, have texts made, and look at every link."""
    web.week = week
    ended = crawl(lane, web, folder, begin_of(week), "--all")
    extract(folder)
    now = as_timestamp(begin_of(week) + timedelta(hours=1))
    rows = rows_of(folder)
    with folder.catalogue() as catalogue:
        found = audit(catalogue, Scope(everything=True), now)
        refresh(catalogue, afresh=True)
    return Week(now, ended, rows, rows_of(folder), found)


def crawl(lane: Lane, web: ScriptedWeb, folder: ArchiveFolder, at: datetime, *which: str) -> Ended:
    """Run a crawl whose clock says *at* when it begins."""
    rules = [word for rule in web.rules() for word in ("--resolve", rule)]
    return lane.run(
        Order(
            str(folder.path),
            ["crawl", *which, "--no-extract", "--json", *rules],
            clock_jumps={0: at.timestamp() - time.time()},
            hangs_after=_PATIENCE,
        )
    )


def extract(folder: ArchiveFolder) -> None:
    """Have texts made of what came, and links judged."""
    make_texts(folder, workers=1)
    with folder.catalogue() as catalogue:
        refresh(catalogue)


def rows_of(folder: ArchiveFolder) -> dict[str, Row]:
    """Return by URL what the catalogue says."""
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        rows: Iterable[tuple[str, str, str | None, int | None, str | None]] = connection.execute(
            "SELECT url, health, health_since, health_capture_id, health_rule FROM sources"
        )
        return {url: Row(health, since, capture_id, rule) for url, health, since, capture_id, rule in rows}
