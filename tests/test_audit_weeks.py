"""Twelve weeks of a web that changes: what is said of each link at the end of each, and that it can be said afresh."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from durability import Lane
from mockserver.crawling import make_archive
from scripted_web import WEEKS, ScriptedLink, links, pages
from scripted_web.running import WEEK, START, Week, begin_of, rows_of, run_week
from scripted_web.server import ScriptedWeb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.folder import ArchiveFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and waits on pidfds")


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    with pytest.MonkeyPatch.context() as patch:
        # Names that no rule is for fail at once, also where no name server answers.
        patch.setenv("RES_OPTIONS", "timeout:1 attempts:1")
        with Lane() as lane:
            yield lane


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ArchiveFolder:
    return make_archive(tmp_path_factory.mktemp("weeks") / "archive", [link.url for link in links()])


@pytest.fixture(scope="module")
def weeks(lane: Lane, folder: ArchiveFolder) -> list[Week]:
    with ScriptedWeb(links()) as web:
        return [run_week(lane, web, folder, week) for week in range(1, WEEKS + 1)]


def test_crawls_took_every_link_in_every_week(weeks: list[Week]) -> None:
    for week in weeks:
        assert week.ended.status == 0, week.ended.output
        assert {link.url for link in links()} <= set(week.ended.acknowledged.values())


def test_health_at_every_week_is_as_scripted(weeks: list[Week]) -> None:
    wrong = [line for link in links() if (line := _wrong(link, weeks))]
    assert not wrong, "\n".join(wrong)


def _wrong(link: ScriptedLink, weeks: list[Week]) -> str:
    """Return in which week something else was said of a link first, and what; nothing where that was never so."""
    for number, (week, expected) in enumerate(zip(weeks, link.health, strict=True), 1):
        row = week.rows[link.url]
        since = (datetime.fromisoformat(row.since) - START) // WEEK + 1 if row.since else 0
        if (row.health, since) != expected:
            return f"week {number}: {link.url} is {row}, not {expected}"
    return ""
