"""Twelve weeks of a web that changes: what is said of each link at the end of each, and that it can be said afresh."""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from durability import Lane
from mockserver.crawling import make_archive
from reading_archive import printed
from scripted_web import WEEKS, ScriptedLink, links, pages
from scripted_web.running import START, WEEK, Week, crawl, extract, rows_of, run_week
from scripted_web.server import ScriptedWeb

from archive.words import Health, Via

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@pytest.mark.parametrize("week", range(1, WEEKS + 1))
def test_health_is_identical_when_computed_afresh(weeks: list[Week], week: int) -> None:
    assert weeks[week - 1].afresh == weeks[week - 1].rows


@pytest.mark.parametrize("week", range(1, WEEKS + 1))
def test_audit_counts_what_the_script_says(weeks: list[Week], week: int) -> None:
    found = weeks[week - 1].audit
    assert found.tally.health == Counter(link.health[week - 1][0] for link in links())
    assert {link.url: link.measured for link in found.links} == {link.url: link.health[week - 1][0] for link in links()}
    assert found.stale == []


def test_rebuilt_catalogue_says_the_same(weeks: list[Week], folder: ArchiveFolder) -> None:
    before = by_record(folder)
    folder.catalogue_path.unlink()
    printed(folder, "rebuild", "--json")
    assert by_record(folder) == before
    assert {url: row.health for url, row in weeks[-1].rows.items()} == {url: said[0] for url, said in before.items()}


def test_scripts_are_many_and_in_many_languages() -> None:
    assert len(links()) == 200
    assert len({link.url for link in links()}) == 200
    assert len({link.script for link in links()}) >= 25
    assert len({pages.texts()[link.text].language for link in links()}) >= 15
    assert {health for link in links() for health, _ in link.health} == set(Health) - {Health.UNCHECKED}


def by_record(folder: ArchiveFolder) -> dict[str, tuple[str | None, ...]]:
    """Return by URL what the catalogue says, the capture by its record: a rebuilt catalogue may number anew."""
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        rows = connection.execute(
            """SELECT url, health, health_since, health_rule, record_id
            FROM sources JOIN captures ON captures.id = health_capture_id"""
        )
        return {url: tuple(rest) for url, *rest in rows}


def _wrong(link: ScriptedLink, weeks: list[Week]) -> str:
    """Return in which week something else was said of a link first, and what; nothing where that was never so."""
    for number, (week, expected) in enumerate(zip(weeks, link.health, strict=True), 1):
        row = week.rows[link.url]
        since = (datetime.fromisoformat(row.since) - START) // WEEK + 1 if row.since else 0
        if (row.health, since) != expected:
            return f"week {number}: {link.url} is {row}, not {expected}"
    return ""


def test_what_fails_is_looked_at_after_three_days_and_seven(lane: Lane, tmp_path: Path) -> None:
    """Also where the server says that all is well, and only the page's words don't."""
    some = [_first("stays"), _first("dies-in-week-5"), _first("only-says-so")]
    stays, dies, says_so = (link.url for link in some)
    folder = make_archive(tmp_path / "archive", [stays, dies, says_so])
    lost: set[str] = {dies, says_so}
    expected = {0: {stays, *lost}, 2.9: set(), 3.1: lost, 10: set(), 10.2: lost, 30.1: {stays}, 40.3: lost}
    with ScriptedWeb(some) as web:
        web.week = 5
        took: dict[float, set[str]] = {}
        for day in expected:
            seen = captured(folder)
            ended = crawl(lane, web, folder, START + timedelta(days=day))
            assert ended.status == 0, ended.output
            extract(folder)
            took[day] = {url for url, count in captured(folder).items() if count > seen[url]}
            if day == 3.1:
                assert {url: row.health for url, row in rows_of(folder).items() if url != stays} == {
                    dies: Health.FAILING,
                    says_so: Health.FAILING,
                }
    assert took == expected
    assert {url: row.health for url, row in rows_of(folder).items()} == {
        stays: Health.LIVE,
        dies: Health.DEAD,
        says_so: Health.DEAD,
    }


def _first(script: str) -> ScriptedLink:
    return next(link for link in links() if link.script == script)


def captured(folder: ArchiveFolder) -> Counter[str]:
    """Return by URL how often its page was asked for."""
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        rows = connection.execute(
            "SELECT url, COUNT(*) FROM captures JOIN sources ON sources.id = source_id WHERE via = ? GROUP BY url",
            (Via.HTTP,),
        )
        return Counter(dict(rows))
